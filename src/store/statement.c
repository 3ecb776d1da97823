/* statement.c: the statements of questions, kept prepared: making one out of its text costs
 * as much as answering a small question. The last used stands first, and the last in the row
 * makes room. */
#include "store/inside.h"

#include <string.h>

int statement_take(struct store *store, const char *sql, sqlite3_stmt **statement)
{
    unsigned i = 0;
    int rc;

    while (i < STATEMENTS && store->kept[i] && strcmp(sqlite3_sql(store->kept[i]), sql) != 0)
        i++;
    if (i < STATEMENTS && store->kept[i]) {
        *statement = store->kept[i];
    } else {
        *statement = NULL;
        rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
        if (rc != SQLITE_OK)
            return rc;
        if (i == STATEMENTS)
            sqlite3_finalize(store->kept[--i]);
    }
    for (; i; i--)
        store->kept[i] = store->kept[i - 1];
    store->kept[0] = *statement;
    return SQLITE_OK;
}

void statement_give(sqlite3_stmt *statement)
{
    if (!statement)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

void statement_drop_all(struct store *store)
{
    for (unsigned i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(store->kept[i]);
}
