/* dead.c: webhooks that were given up: asked for, and pruned when they are old or too many. */
#include "store/inside.h"

#include <errno.h>

enum { SLICE_ROWS = 1000 };

static int dead(struct store *store, struct op *op)
{
    const struct store_dead_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.seq = ?", NULL, query->seq},
        {"t.lane = ?", query->lane, 0},
        {"instr(t.url, ?) = 1", query->url, 0},
        {"t.died >= ?", NULL, query->died_from},
    };
    const struct selection selection = {
        .table = DEAD, CONDITIONS(conditions), .order = "seq", .is_number = true};

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_dead(struct store *store, const struct store_dead_query *query,
                   store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {
        offsetof(struct store_dead_query, application), offsetof(struct store_dead_query, lane),
        offsetof(struct store_dead_query, url), offsetof(struct store_dead_query, page.key)};
    static const struct question question = QUESTION(dead, store_dead_query, texts);

    return ask_post(store, &question, query, answer, arg);
}

/* Pruning. */

struct pruning {
    const char *application;
    int64_t before, most;
};

static const char too_old[] = "DELETE FROM dead WHERE seq IN (SELECT seq FROM dead WHERE died < ?2"
                              " AND (?1 IS NULL OR application = ?1) ORDER BY died LIMIT ?3)";
static const char too_many[] =
    "DELETE FROM dead WHERE seq IN (SELECT seq FROM dead WHERE application = ?1"
    " ORDER BY seq DESC LIMIT ?3 OFFSET ?2)";

static int drop_slice(struct store *store, const char *sql, const char *application, int64_t number,
                      int64_t *went)
{
    sqlite3_stmt *statement = NULL;
    int rc = statement_take(store, sql, &statement);

    if (rc == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, application, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 2, number);
        sqlite3_bind_int(statement, 3, SLICE_ROWS);
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_DONE)
        *went += sqlite3_changes(store->db);
    statement_give(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

static int prune(struct store *store, struct op *op);

static const size_t pruning_texts[] = {offsetof(struct pruning, application)};
static const struct question prune_question = QUESTION(prune, pruning, pruning_texts);

static int prune(struct store *store, struct op *op)
{
    const struct pruning *pruning = (const void *)op->data;
    int err = drop_slice(store, too_old, pruning->application, pruning->before, &op->count);

    if (!err && pruning->application)
        err = drop_slice(store, too_many, pruning->application, pruning->most, &op->count);
    if (!err && !(op->rows = json_array()))
        err = ENOMEM;
    /* nobody counts: go on behind what was posted meanwhile */
    if (!err && op->count >= SLICE_ROWS && !op->answer && !store->stopping)
        ask_post(store, &prune_question, pruning, NULL, NULL);
    return err;
}

int store_prune_dead(struct store *store, const char *application, int64_t before, int64_t most,
                     store_answer_h *answer, void *arg)
{
    const struct pruning pruning = {application, before, most};

    return ask_post(store, &prune_question, &pruning, answer, arg);
}
