/* drop.c: what goes by its id, with all that belongs to it, and what is marked as gone:
 * a row here is a statement; those of one name run in this order, in one transaction. */
#include "store/inside.h"

/* ?1: the id; ?2: the number; ?3: the body; ?4: the time; ?5: the count */
static const struct {
    enum drop_name name;
    const char *sql;
} steps[] = {
    {DROP_APPLICATION, "UPDATE number SET application = NULL WHERE application = ?1"},
    {DROP_APPLICATION, "DELETE FROM member WHERE conversation IN"
                       " (SELECT id FROM conversation WHERE application = ?1)"},
    {DROP_APPLICATION, "DELETE FROM conversation WHERE application = ?1"},
    {DROP_APPLICATION, "DELETE FROM user WHERE application = ?1 AND NOT system"},
    {DROP_APPLICATION, "DELETE FROM user WHERE application = ?1 AND system"},
    {DROP_APPLICATION, "DELETE FROM dead WHERE application = ?1"},
    {DROP_APPLICATION, "DELETE FROM registration WHERE application = ?1"},
    {DROP_APPLICATION, "DELETE FROM application WHERE id = ?1"},
    {DROP_NUMBER, "DELETE FROM number WHERE msisdn = ?1"},
    {DROP_CONVERSATION, "DELETE FROM member WHERE conversation = ?1"},
    {DROP_CONVERSATION, "DELETE FROM conversation WHERE id = ?1"},
    {DROP_USER, "DELETE FROM registration WHERE user = ?1"},
    {DROP_USER, "DELETE FROM user WHERE id = ?1"},
    {DROP_RECORDING, "DELETE FROM recording WHERE id = ?1"},
    {DROP_REGISTRATION, "DELETE FROM registration WHERE id = ?1"},
    {DROP_LIVE, "UPDATE leg SET live = 0 WHERE id = ?1"},
    {DROP_EVENT, "UPDATE event SET deleted = 1, body = ?3 WHERE conversation = ?1 AND id = ?2"},
    {DROP_OUTBOX, "DELETE FROM outbox WHERE seq = ?2"},
    {DROP_BURY, "INSERT OR REPLACE INTO dead (seq, lane, application, url, method, body, trusted,"
                " is_signed, created, attempts, connect_timeout, timeout, died, reason)"
                " SELECT seq, lane, application, url, method, body, trusted, is_signed, created,"
                " ?5, connect_timeout, timeout, ?4, ?3 FROM outbox WHERE seq = ?2"},
    {DROP_BURY, "DELETE FROM outbox WHERE seq = ?2"},
    {DROP_DEAD, "DELETE FROM dead WHERE application = ?1 AND seq = ?2"},
};

_Static_assert(sizeof steps / sizeof *steps == DROP_STEPS, "one prepared statement each");

int drop_prepare(struct store *store)
{
    int rc = SQLITE_OK;

    for (unsigned i = 0; i < DROP_STEPS && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(store->db, steps[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &store->drop[i], NULL);
    return rc;
}

static int run_step(sqlite3_stmt *statement, const struct drop *drop)
{
    int rc = sqlite3_bind_text(statement, 1, drop->id, -1, SQLITE_STATIC);

    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 1)
        rc = sqlite3_bind_int64(statement, 2, drop->number);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 2)
        rc = sqlite3_bind_text(statement, 3, drop->body, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 3)
        rc = sqlite3_bind_int64(statement, 4, drop->at);
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 4)
        rc = sqlite3_bind_int64(statement, 5, drop->count);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int drop_run(struct store *store, const struct op *op)
{
    int rc = SQLITE_OK;

    for (unsigned i = 0; i < DROP_STEPS && rc == SQLITE_OK; i++) {
        if (steps[i].name == op->drop)
            rc = run_step(store->drop[i], (const void *)op->data);
    }
    return rc;
}
