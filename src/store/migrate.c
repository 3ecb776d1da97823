/* migrate.c: the tables, as steps from one version to the next. A step, once released,
 * never changes; a change of the tables is a new step. */
#include "store/inside.h"

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
