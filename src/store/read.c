/* read.c: reading whole tables at start. While nothing was written the database is the
 * opener's, who reads it; afterwards the store thread reads while the opener waits. */
#include "store/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef void each_h(const void *row, void *call);

struct reading {
    enum table_name table;
    const char *rest; /* of the statement, after the table's name */
    each_h *run;
    void *call;
};

static int read_rows(struct store *store, const struct reading *reading)
{
    const struct table *table = &tables[reading->table];
    _Alignas(max_align_t) char row[sizeof(struct store_leg)];
    sqlite3_stmt *statement = NULL;
    char *sql;
    int rc;

    _Static_assert(sizeof(struct store_leg) >= sizeof(struct store_conversation) &&
                       sizeof(struct store_leg) >= sizeof(struct store_outbox),
                   "a leg is the largest row");
    sql = table_get_sql(table, reading->rest);
    if (!sql)
        return ENOMEM;
    rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    free(sql);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc != SQLITE_ROW)
            break;
        table_read(table, statement, row);
        reading->run(row, reading->call);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : EIO;
}

static int ask_rows(struct store *store, struct op *op)
{
    return read_rows(store, (const struct reading *)(const void *)op->data);
}

static int each(struct store *store, enum table_name table, const char *rest, each_h *run,
                void *call)
{
    struct reading reading = {table, rest, run, call};
    struct op *op;
    sem_t done;
    int err;

    MAGIC_CHECK(store, STORE_MAGIC);
    if (!atomic_load(&store->used))
        return read_rows(store, &reading);
    op = op_alloc(store, OP_ASK, sizeof reading);
    if (!op)
        return ENOMEM;
    memcpy(op->data, &reading, sizeof reading);
    sem_init(&done, 0, 0);
    op->ask = ask_rows;
    op->waiter = &done;
    err = store_post(store, op);
    if (!err) {
        while (sem_wait(&done) != 0)
            ;
        err = op->err;
        free(op);
    }
    sem_destroy(&done);
    return err;
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

EACH(application, application, APPLICATION, "ORDER BY created, id")
EACH(number, number, NUMBER, "ORDER BY msisdn")
EACH(conversation, conversation, CONVERSATION, "ORDER BY created, id")
EACH(user, user, USER, "ORDER BY created, id")
EACH(member, member, MEMBER, "ORDER BY created, id")
EACH(leg, live_leg, LEG, "WHERE live ORDER BY created, id")
EACH(recording, recording, RECORDING, "ORDER BY created, id")
EACH(registration, registration, REGISTRATION, "ORDER BY created, id")
EACH(outbox, outbox, OUTBOX, "ORDER BY seq")
