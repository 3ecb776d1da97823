/* prune.c: what has outlived its use goes, oldest first, a bounded slice at a time, so
 * that writes and questions get through between. A slice looks at a bounded number of
 * rows, whether they may go or not; the next one begins where it came to. */
#include "store/inside.h"

#include <errno.h>

enum { SLICE_ROWS = 1000, SWEEPS = 2 };

/* A kind of rows, in the order of a time of theirs. */
struct sweep {
    const char *table, *key, *time;
    const char *among;    /* of which rows the index of the time knows */
    const char *outlived; /* of those before ?3, of application ?4 or, NULL, of any */
};

/* A question that is asked again and again until all has ended. */
struct pruning {
    struct store_prune_query query;
    int64_t from[SWEEPS]; /* this far it came */
    bool ended[SWEEPS];
};

static const struct sweep history[SWEEPS] = {
    {"leg", "rowid", "created", "true",
     "NOT live AND \"end\" < ?3 AND (?4 IS NULL OR application = ?4)"},
    {"event", "seq", "timestamp", "true",
     "(?4 IS NULL OR application = ?4) AND NOT EXISTS"
     " (SELECT 1 FROM conversation WHERE conversation.id = event.conversation)"},
};
static const struct sweep leftovers[SWEEPS] = {
    {"reply", "application, \"key\"", "created", "true", "true"},
    {"user", "id", "created", "system",
     "NOT EXISTS (SELECT 1 FROM member WHERE member.\"user\" = user.id)"},
};

/* The time up to which a slice goes: that of the last row it looks at. */
static int find_end(struct store *store, const struct sweep *sweep, int64_t from, int64_t before,
                    int64_t *to, bool *is_last)
{
    sqlite3_stmt *statement = NULL;
    char sql[512];
    int rc;

    snprintf(sql, sizeof sql,
             "SELECT %s FROM %s WHERE %s AND %s > ?1 AND %s < ?2 ORDER BY %s LIMIT 1 OFFSET ?3",
             sweep->time, sweep->table, sweep->among, sweep->time, sweep->time, sweep->time);
    rc = statement_take(store, sql, &statement);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, from);
        sqlite3_bind_int64(statement, 2, before);
        sqlite3_bind_int(statement, 3, SLICE_ROWS - 1);
        rc = sqlite3_step(statement);
    }
    *is_last = rc == SQLITE_DONE;
    *to = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : before - 1;
    statement_give(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EIO;
}

/* Many rows of one time may be more than a slice: there is no end to it then. */
static int drop_between(struct store *store, const struct sweep *sweep, int64_t from, int64_t to,
                        const struct store_prune_query *query, int *went)
{
    sqlite3_stmt *statement = NULL;
    char sql[768];
    int rc;

    snprintf(sql, sizeof sql,
             "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s AND %s > ?1 AND %s <= ?2"
             " AND %s LIMIT ?5)",
             sweep->table, sweep->key, sweep->key, sweep->table, sweep->among, sweep->time,
             sweep->time, sweep->outlived);
    rc = statement_take(store, sql, &statement);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, from);
        sqlite3_bind_int64(statement, 2, to);
        sqlite3_bind_int64(statement, 3, query->before);
        sqlite3_bind_text(statement, 4, query->application, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 5, SLICE_ROWS);
        rc = sqlite3_step(statement);
    }
    *went = rc == SQLITE_DONE ? sqlite3_changes(store->db) : 0;
    statement_give(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

static int slice(struct store *store, struct op *op, const struct sweep *sweeps, unsigned i)
{
    struct pruning *pruning = (void *)op->data;
    bool is_last = false;
    int64_t to = 0;
    int went = 0, err;

    err = find_end(store, &sweeps[i], pruning->from[i], pruning->query.before, &to, &is_last);
    if (!err)
        err = drop_between(store, &sweeps[i], pruning->from[i], to, &pruning->query, &went);
    op->count += went;
    if (!err && went < SLICE_ROWS) {
        pruning->from[i] = to;
        pruning->ended[i] = is_last;
    }
    return err;
}

/* One slice of each; when somebody counts, until something went. */
static int run(struct store *store, struct op *op, const struct sweep *sweeps,
               const struct question *again)
{
    struct pruning *pruning = (void *)op->data;
    bool ended;
    int err = 0;

    do {
        ended = true;
        for (unsigned i = 0; i < SWEEPS && !err; i++) {
            if (!pruning->ended[i])
                err = slice(store, op, sweeps, i);
            ended = ended && pruning->ended[i];
        }
    } while (!err && !ended && op->answer && !op->count);
    if (!err && !(op->rows = json_array()))
        err = ENOMEM;
    /* nobody counts: go on behind what was posted meanwhile */
    if (!err && !ended && !op->answer && !store->stopping)
        ask_post(store, again, pruning, NULL, NULL);
    return err;
}

static const size_t texts[] = {offsetof(struct pruning, query.application)};

static int prune_history(struct store *store, struct op *op)
{
    static const struct question again = QUESTION(prune_history, pruning, texts);

    return run(store, op, history, &again);
}

static int prune_leftovers(struct store *store, struct op *op)
{
    static const struct question again = QUESTION(prune_leftovers, pruning, texts);

    return run(store, op, leftovers, &again);
}

int store_prune(struct store *store, const struct store_prune_query *query, store_answer_h *answer,
                void *arg)
{
    static const struct question question = QUESTION(prune_history, pruning, texts);
    const struct pruning pruning = {.query = *query, .from = {INT64_MIN, INT64_MIN}};

    return ask_post(store, &question, &pruning, answer, arg);
}

int store_prune_rest(struct store *store, int64_t before, store_answer_h *answer, void *arg)
{
    static const struct question question = QUESTION(prune_leftovers, pruning, texts);
    const struct pruning pruning = {.query = {.before = before}, .from = {INT64_MIN, INT64_MIN}};

    return ask_post(store, &question, &pruning, answer, arg);
}
