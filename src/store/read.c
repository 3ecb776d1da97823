/* read.c: reading whole tables at start, on the opener's thread. */
#include "store/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>

typedef void each_h(const void *row, void *call);

static int each(struct store *store, enum table_name table, const char *rest, each_h *run,
                void *call)
{
    _Alignas(max_align_t) char row[sizeof(struct store_leg)];
    sqlite3_stmt *statement = NULL;
    char *sql;
    int rc;

    MAGIC_CHECK(store, STORE_MAGIC);
    _Static_assert(sizeof(struct store_leg) >= sizeof(struct store_conversation) &&
                       sizeof(struct store_leg) >= sizeof(struct store_outbox),
                   "a leg is the largest row");
    if (atomic_load(&store->used)) /* the database is the store thread's by now */
        return EBUSY;
    sql = table_get_sql(&tables[table], false, rest);
    if (!sql)
        return ENOMEM;
    rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    free(sql);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc != SQLITE_ROW)
            break;
        table_read(&tables[table], statement, row);
        run(row, call);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

/* Each table has its own type of callback; a call carries it and its argument. */
#define EACH(noun, name, table, rest)                                            \
    struct noun##_call {                                                         \
        store_##noun##_h *each;                                                  \
        void *arg;                                                               \
    };                                                                           \
    static void call_##noun(const void *row, void *arg)                          \
    {                                                                            \
        const struct noun##_call *call = arg;                                    \
        call->each(row, call->arg);                                              \
    }                                                                            \
    int store_each_##name(struct store *store, store_##noun##_h *run, void *arg) \
    {                                                                            \
        struct noun##_call call = {run, arg};                                    \
        return each(store, table, rest, call_##noun, &call);                     \
    }

EACH(conversation, conversation, CONVERSATION, "ORDER BY created, id")
EACH(user, user, USER, "ORDER BY created, id")
EACH(member, member, MEMBER, "ORDER BY created, id")
EACH(leg, live_leg, LEG, "WHERE live ORDER BY created, id")
EACH(outbox, outbox, OUTBOX, "ORDER BY seq")
