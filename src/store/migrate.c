/* migrate.c: the tables, as steps from one version to the next. A step, once released,
 * never changes; a change of the tables is a new step. */
#include "store/inside.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE conversation (id TEXT PRIMARY KEY, application TEXT NOT NULL, name TEXT,"
    " display_name TEXT, image_url TEXT, state TEXT, properties TEXT, transient INTEGER,"
    " created INTEGER, updated INTEGER, sequence INTEGER) WITHOUT ROWID;"
    "CREATE TABLE user (id TEXT PRIMARY KEY, application TEXT NOT NULL, name TEXT,"
    " display_name TEXT, data TEXT, created INTEGER) WITHOUT ROWID;"
    "CREATE TABLE member (id TEXT PRIMARY KEY, conversation TEXT NOT NULL,"
    " application TEXT NOT NULL, \"user\" TEXT, state TEXT, data TEXT, created INTEGER)"
    " WITHOUT ROWID;"
    "CREATE INDEX member_by_conversation ON member (conversation);"
    "CREATE TABLE event (application TEXT NOT NULL, conversation TEXT NOT NULL,"
    " id INTEGER NOT NULL, type TEXT NOT NULL, \"from\" TEXT, \"to\" TEXT, body TEXT,"
    " timestamp INTEGER NOT NULL, PRIMARY KEY (conversation, id));"
    "CREATE INDEX event_by_time ON event (timestamp);"
    "CREATE TABLE leg (id TEXT PRIMARY KEY, application TEXT NOT NULL, conversation TEXT,"
    " type TEXT, direction TEXT, status TEXT, \"from\" TEXT, \"to\" TEXT, detail TEXT, rate TEXT,"
    " price TEXT, network TEXT, created INTEGER NOT NULL, start INTEGER, \"end\" INTEGER,"
    " duration INTEGER, live INTEGER NOT NULL);"
    "CREATE INDEX leg_by_application ON leg (application, created);"
    "CREATE INDEX leg_by_time ON leg (created);"
    "CREATE INDEX leg_by_conversation ON leg (conversation);"
    "CREATE INDEX leg_live ON leg (id) WHERE live;"
    /* AUTOINCREMENT: the greatest seq ever is remembered, so that none comes twice */
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL,"
    " application TEXT, url TEXT NOT NULL, method TEXT, body TEXT, trusted INTEGER,"
    " is_signed INTEGER, created INTEGER, attempts INTEGER);",

    /* seq: the order of commit. What follows `application` in an index makes counting and
     * filtering by it possible without the row; ids come in order in each. */
    "CREATE TABLE application (id TEXT PRIMARY KEY, name TEXT, data TEXT, created INTEGER,"
    " updated INTEGER) WITHOUT ROWID;"
    "CREATE TABLE number (msisdn TEXT PRIMARY KEY, country TEXT, application TEXT, data TEXT,"
    " created INTEGER) WITHOUT ROWID;"
    "CREATE INDEX number_by_application ON number (application);"
    "ALTER TABLE conversation ADD COLUMN data TEXT;"
    "CREATE INDEX conversation_by_application ON conversation (application, id, created, state);"
    "CREATE INDEX conversation_by_name ON conversation (application, name);"
    "ALTER TABLE user ADD COLUMN system INTEGER NOT NULL DEFAULT 0;"
    /* so far users came with calls only */
    "UPDATE user SET system = 1;"
    "CREATE INDEX user_listed ON user (application, id, created, system) WHERE NOT system;"
    "CREATE INDEX user_by_name ON user (application, name) WHERE NOT system;"
    "CREATE INDEX user_system ON user (created) WHERE system;"
    "CREATE INDEX member_by_user ON member (\"user\");"
    "CREATE TABLE event_2 (seq INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL,"
    " conversation TEXT NOT NULL, id INTEGER NOT NULL, type TEXT NOT NULL, \"from\" TEXT,"
    " \"to\" TEXT, body TEXT, deleted INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
    " UNIQUE (conversation, id));"
    "INSERT INTO event_2 (application, conversation, id, type, \"from\", \"to\", body, deleted,"
    " timestamp) SELECT application, conversation, id, type, \"from\", \"to\", body, 0, timestamp"
    " FROM event ORDER BY rowid;"
    "DROP TABLE event;"
    "ALTER TABLE event_2 RENAME TO event;"
    "CREATE INDEX event_by_application ON event (application);" /* and, as in each, by seq */
    "CREATE INDEX event_by_time ON event (timestamp);"
    "DROP INDEX leg_by_application;"
    "CREATE INDEX leg_by_application ON leg (application, id, created);"
    "DROP INDEX leg_by_conversation;"
    "CREATE INDEX leg_by_conversation ON leg (conversation, id);"
    "CREATE TABLE reply (application TEXT NOT NULL, \"key\" TEXT NOT NULL, fingerprint TEXT,"
    " status INTEGER, body TEXT, created INTEGER NOT NULL, PRIMARY KEY (application, \"key\"))"
    " WITHOUT ROWID;"
    "CREATE INDEX reply_by_time ON reply (created);",

    "CREATE TABLE recording (id TEXT PRIMARY KEY, application TEXT NOT NULL,"
    " conversation TEXT NOT NULL, data TEXT, created INTEGER) WITHOUT ROWID;",
    /* dead: webhooks that were given up, under the seq they had; never given again */
    "ALTER TABLE outbox ADD COLUMN connect_timeout INTEGER;"
    "ALTER TABLE outbox ADD COLUMN timeout INTEGER;"
    "CREATE TABLE dead (seq INTEGER PRIMARY KEY, lane TEXT NOT NULL, application TEXT,"
    " url TEXT NOT NULL, method TEXT, body TEXT, trusted INTEGER, is_signed INTEGER,"
    " created INTEGER, attempts INTEGER, connect_timeout INTEGER, timeout INTEGER,"
    " died INTEGER NOT NULL, reason TEXT);"
    "CREATE INDEX dead_by_application ON dead (application);" /* and by seq */
    "CREATE INDEX dead_by_time ON dead (died);",

    "CREATE TABLE registration (id TEXT PRIMARY KEY, application TEXT NOT NULL,"
    " \"user\" TEXT NOT NULL, data TEXT, created INTEGER, expires INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX registration_by_user ON registration (\"user\");",
};

static int version_of(sqlite3 *db, int *version)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : EIO;
}

int store_migrate(sqlite3 *db, const char **reason)
{
    int version = 0, last = (int)(sizeof steps / sizeof *steps);
    char pragma[64];

    if (version_of(db, &version)) {
        *reason = sqlite3_errmsg(db);
        return EIO;
    }
    if (version > last) {
        *reason = "was made by a newer version of offhook";
        return EINVAL;
    }
    if (version && version < last) /* it may take a while */
        log_info("store", "bringing the tables from version=%d to=%d", version, last);
    for (; version < last; version++) {
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d; COMMIT", version + 1);
        if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, steps[version], NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, pragma, NULL, NULL, NULL) != SQLITE_OK) {
            *reason = sqlite3_errmsg(db);
            return EIO;
        }
    }
    return 0;
}
