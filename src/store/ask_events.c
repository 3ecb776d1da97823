/* ask_events.c: the events of a conversation, and the log of an application's.
 *
 * Why nothing is skipped in the log: seq is given when a row is inserted, and rows are
 * inserted by one thread, a transaction after the other. The same thread answers, between
 * two transactions. So whatever it has not seen yet will get a greater seq than all it
 * has seen; no transaction can commit a smaller one later. AUTOINCREMENT keeps the
 * greatest seq ever given, so that none comes again after its event was pruned. */
#include "store/inside.h"

#include <errno.h>

static const char sender[] = "LEFT JOIN member AS m ON m.id = t.\"from\""
                             " LEFT JOIN user AS u ON u.id = m.\"user\"";
static const struct attachment attachments[] = {{USER, "u", "from_user"}};

static int events(struct store *store, struct op *op)
{
    const struct store_events_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.conversation = ?", query->conversation, 0},
        {"+t.application = ?", query->application, 0}, /* "+": not by its index */
        {"t.id >= ?", NULL, query->start_id},
        {"t.id <= ?", NULL, query->end_id},
        {"t.type = ?", query->type, 0},
        {"NOT t.deleted", NULL, query->exclude_deleted},
    };
    const struct selection selection = {
        .table = EVENT,
        CONDITIONS(conditions),
        .is_number = true,
        .joins = sender,
        .attachments = attachments,
        .attached = 1,
    };

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_events(struct store *store, const struct store_events_query *query,
                     store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {offsetof(struct store_events_query, application),
                                   offsetof(struct store_events_query, conversation),
                                   offsetof(struct store_events_query, type),
                                   offsetof(struct store_events_query, page.key)};
    static const struct question question = QUESTION(events, store_events_query, texts);

    return ask_post(store, &question, query, answer, arg);
}

/* The greatest seq ever given. */
static int last_seq(struct store *store, int64_t *seq)
{
    sqlite3_stmt *statement = NULL;
    int rc =
        statement_take(store, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", &statement);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    *seq = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    statement_give(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EIO;
}

static int entries(struct store *store, struct op *op)
{
    const struct store_log_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.seq > ?", NULL, query->after},
    };
    const struct selection selection = {
        .table = EVENT,
        CONDITIONS(conditions),
        .order = "seq",
        .is_number = true,
        .joins = sender,
        .attachments = attachments,
        .attached = 1,
    };
    const struct store_page page = {.limit = query->limit, .cursor = true};
    int err = 0;

    if (query->limit > 0)
        err = page_answer(store, op, &selection, &page);
    else if (!(op->rows = json_array()))
        err = ENOMEM;
    return err ? err : last_seq(store, &op->count);
}

int store_ask_log(struct store *store, const struct store_log_query *query, store_answer_h *answer,
                  void *arg)
{
    static const size_t texts[] = {offsetof(struct store_log_query, application)};
    static const struct question question = QUESTION(entries, store_log_query, texts);

    return ask_post(store, &question, query, answer, arg);
}
