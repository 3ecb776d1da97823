/* ask.c: questions, answered on the store thread once what was written before them
 * is durable. */
#include "store/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRUNE_ROWS = 1000, QUERY_TEXT = 512 };

/* A condition on a column: of a text when there is one, else of a number but 0. */
struct condition {
    const char *sql;
    const char *text;
    int64_t number;
};

static bool is_given(const struct condition *condition)
{
    return condition->text || condition->number;
}

/* "WHERE a = ? AND b >= ? …" */
static void write_where(char *out, const struct condition *conditions, size_t count)
{
    const char *word = "WHERE";
    size_t length = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (!is_given(&conditions[i]))
            continue;
        length +=
            (size_t)snprintf(out + length, QUERY_TEXT - length, "%s %s ", word, conditions[i].sql);
        word = "AND";
    }
}

static int bind_conditions(sqlite3_stmt *statement, const struct condition *conditions,
                           size_t count)
{
    int place = 0;

    for (size_t i = 0; i < count; i++) {
        if (conditions[i].text)
            sqlite3_bind_text(statement, ++place, conditions[i].text, -1, SQLITE_STATIC);
        else if (conditions[i].number)
            sqlite3_bind_int64(statement, ++place, conditions[i].number);
    }
    return place;
}

static int count_rows(struct store *store, struct op *op, enum table_name table, const char *where,
                      const struct condition *conditions, size_t count)
{
    sqlite3_stmt *statement = NULL;
    char sql[QUERY_TEXT + 64];
    int rc;

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s %s", tables[table].name, where);
    rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        bind_conditions(statement, conditions, count);
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW)
        op->count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : EIO;
}

/* One page of the rows that match, in the given order, and the count of them all. */
static int page(struct store *store, struct op *op, enum table_name table,
                const struct condition *conditions, size_t count, const char *order, int64_t limit,
                int64_t offset)
{
    char where[QUERY_TEXT], rest[QUERY_TEXT + 128];
    sqlite3_stmt *statement = NULL;
    char *sql;
    int rc, place;

    write_where(where, conditions, count);
    if (count_rows(store, op, table, where, conditions, count))
        return EIO;
    snprintf(rest, sizeof rest, "%s%s LIMIT ? OFFSET ?", where, order);
    sql = table_get_sql(&tables[table], true, rest);
    op->rows = json_array();
    if (!sql || !op->rows) {
        free(sql);
        return ENOMEM;
    }
    rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    free(sql);
    if (rc == SQLITE_OK) {
        place = bind_conditions(statement, conditions, count);
        sqlite3_bind_int64(statement, place + 1, limit > 0 ? limit : -1);
        sqlite3_bind_int64(statement, place + 2, offset > 0 ? offset : 0);
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
            json_array_append_new(op->rows, table_json(&tables[table], statement));
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

static int ask_legs(struct store *store, struct op *op)
{
    const struct store_legs_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"application = ?", query->application, 0},   {"id = ?", query->id, 0},
        {"conversation = ?", query->conversation, 0}, {"status = ?", query->status, 0},
        {"created >= ?", NULL, query->created_from},  {"created <= ?", NULL, query->created_to},
    };

    return page(store, op, LEG, conditions, sizeof conditions / sizeof *conditions,
                query->descending ? "ORDER BY created DESC, id DESC" : "ORDER BY created, id",
                query->limit, query->offset);
}

static int ask_events(struct store *store, struct op *op)
{
    const struct store_events_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"conversation = ?", query->conversation, 0},
        {"application = ?", query->application, 0},
        {"id >= ?", NULL, query->start_id},
        {"id <= ?", NULL, query->end_id},
        {"type = ?", query->type, 0},
    };

    return page(store, op, EVENT, conditions, sizeof conditions / sizeof *conditions,
                query->descending ? "ORDER BY id DESC" : "ORDER BY id", query->limit,
                query->offset);
}

static int ask_outbox(struct store *store, struct op *op)
{
    const struct condition condition = {"seq = ?", NULL, op->seq};

    return page(store, op, OUTBOX, &condition, 1, "", 1, 0);
}

static int delete_before(struct store *store, struct op *op, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, op->seq);
        sqlite3_bind_int(statement, 2, PRUNE_ROWS);
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_DONE)
        op->count += sqlite3_changes(store->db);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

static int prune(struct store *store, struct op *op)
{
    int err =
        delete_before(store, op,
                      "DELETE FROM leg WHERE rowid IN (SELECT rowid FROM leg WHERE created < ?1"
                      " AND \"end\" < ?1 AND NOT live ORDER BY created LIMIT ?2)");

    if (!err)
        err = delete_before(store, op,
                            "DELETE FROM event WHERE rowid IN (SELECT rowid FROM event WHERE"
                            " timestamp < ?1 ORDER BY timestamp LIMIT ?2)");
    op->rows = err ? NULL : json_array();
    /* nobody counts: go on behind what was posted meanwhile */
    if (!err && !op->answer && op->count >= PRUNE_ROWS && !store->stopping)
        store_prune(store, op->seq, NULL, NULL);
    return err;
}

static struct op *question(struct store *store, size_t data, ask_h *ask, store_answer_h *answer,
                           void *arg)
{
    struct op *op;

    MAGIC_CHECK(store, STORE_MAGIC);
    op = op_alloc(store, OP_ASK, data);
    if (!op)
        return NULL;
    op->ask = ask;
    op->answer = answer;
    op->arg = arg;
    return op;
}

/* A query's struct and copies of its texts, which `texts` names by their offsets. */
static int ask(struct store *store, const void *query, size_t size, const size_t *texts,
               size_t count, ask_h *run, store_answer_h *answer, void *arg)
{
    size_t all = size;
    struct op *op;
    char *next;

    for (size_t i = 0; i < count; i++) {
        const char *text = *(const char *const *)(const void *)((const char *)query + texts[i]);

        all += text ? strlen(text) + 1 : 0;
    }
    op = question(store, all, run, answer, arg);
    if (!op)
        return ENOMEM;
    memcpy(op->data, query, size);
    next = op->data + size;
    for (size_t i = 0; i < count; i++) {
        const char **text = (const char **)(void *)(op->data + texts[i]);

        if (!*text)
            continue;
        size = strlen(*text) + 1;
        *text = memcpy(next, *text, size);
        next += size;
    }
    return store_post(store, op);
}

int store_ask_legs(struct store *store, const struct store_legs_query *query,
                   store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {
        offsetof(struct store_legs_query, application), offsetof(struct store_legs_query, id),
        offsetof(struct store_legs_query, conversation), offsetof(struct store_legs_query, status)};

    return ask(store, query, sizeof *query, texts, 4, ask_legs, answer, arg);
}

int store_ask_events(struct store *store, const struct store_events_query *query,
                     store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {offsetof(struct store_events_query, application),
                                   offsetof(struct store_events_query, conversation),
                                   offsetof(struct store_events_query, type)};

    return ask(store, query, sizeof *query, texts, 3, ask_events, answer, arg);
}

static int ask_about(struct store *store, int64_t number, ask_h *run, store_answer_h *answer,
                     void *arg)
{
    struct op *op = question(store, 0, run, answer, arg);

    if (!op)
        return ENOMEM;
    op->seq = number;
    return store_post(store, op);
}

int store_ask_outbox(struct store *store, int64_t seq, store_answer_h *answer, void *arg)
{
    return ask_about(store, seq, ask_outbox, answer, arg);
}

int store_prune(struct store *store, int64_t before, store_answer_h *answer, void *arg)
{
    return ask_about(store, before, prune, answer, arg);
}
