/* write.c: posting: each write is copied whole and handed to the store thread. */
#include "store/inside.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct op *op_alloc(struct store *store, enum op_kind kind, size_t data)
{
    struct op *op = malloc(sizeof *op + data);

    if (!op)
        return NULL;
    memset(op, 0, sizeof *op);
    op->store = store;
    op->kind = kind;
    op->bytes = sizeof *op + data;
    return op;
}

/* A write: posted at once, or with the others it belongs to. */
static int write_op(struct store *store, struct op *op)
{
    if (!store->together)
        return store_post(store, op);
    op->joined = true;
    *store->batch_end = op;
    store->batch_end = &op->next;
    return 0;
}

void store_together(struct store *store)
{
    MAGIC_CHECK(store, STORE_MAGIC);
    store->together++;
}

void store_together_end(struct store *store)
{
    struct op *first = store->batch;

    MAGIC_CHECK(store, STORE_MAGIC);
    assert(store->together);
    if (--store->together || !first)
        return;
    store->batch = NULL;
    store->batch_end = &store->batch;
    store_post_batch(store, first);
}

static bool is_full(const struct store *store, size_t more)
{
    return atomic_load_explicit(&store->queued, memory_order_relaxed) + more > STORE_QUEUE;
}

static int put(struct store *store, enum table_name table, const void *row)
{
    struct op *op;
    size_t size = table_copy_size(&tables[table], row);

    MAGIC_CHECK(store, STORE_MAGIC);
    if (is_full(store, size))
        return ENOSPC;
    op = op_alloc(store, OP_PUT, size);
    if (!op)
        return ENOMEM;
    op->table = table;
    table_copy(&tables[table], op->data, row);
    return write_op(store, op);
}

int store_application_put(struct store *store, const struct store_application *row)
{
    return put(store, APPLICATION, row);
}

int store_number_put(struct store *store, const struct store_number *row)
{
    return put(store, NUMBER, row);
}

int store_conversation_put(struct store *store, const struct store_conversation *row)
{
    return put(store, CONVERSATION, row);
}

int store_user_put(struct store *store, const struct store_user *row)
{
    return put(store, USER, row);
}

int store_member_put(struct store *store, const struct store_member *row)
{
    return put(store, MEMBER, row);
}

int store_event_put(struct store *store, const struct store_event *row)
{
    return put(store, EVENT, row);
}

int store_leg_put(struct store *store, const struct store_leg *row)
{
    return put(store, LEG, row);
}

int store_reply_put(struct store *store, const struct store_reply *row)
{
    return put(store, REPLY, row);
}

int store_recording_put(struct store *store, const struct store_recording *row)
{
    return put(store, RECORDING, row);
}

int store_registration_put(struct store *store, const struct store_registration *row)
{
    return put(store, REGISTRATION, row);
}

int store_outbox_put(struct store *store, struct store_outbox *row)
{
    int err;

    row->seq = store->seq + 1;
    err = put(store, OUTBOX, row);
    if (!err)
        store->seq++;
    return err;
}

/* Drops are small, and make room: they are taken however much waits. */
static struct op *drop_op(struct store *store, enum drop_name name, const struct drop *drop)
{
    size_t id = drop->id ? strlen(drop->id) + 1 : 0, body = drop->body ? strlen(drop->body) + 1 : 0;
    struct op *op = op_alloc(store, OP_DROP, sizeof *drop + id + body);
    struct drop *copy;

    MAGIC_CHECK(store, STORE_MAGIC);
    if (!op)
        return NULL;
    op->drop = name;
    copy = memcpy(op->data, drop, sizeof *drop);
    if (id)
        copy->id = memcpy(copy + 1, drop->id, id);
    if (body)
        copy->body = memcpy((char *)(copy + 1) + id, drop->body, body);
    return op;
}

static int drop_row(struct store *store, enum drop_name name, const char *id)
{
    struct op *op = drop_op(store, name, &(struct drop){.id = id});

    return op ? write_op(store, op) : ENOMEM;
}

int store_application_drop(struct store *store, const char *id)
{
    return drop_row(store, DROP_APPLICATION, id);
}

int store_number_drop(struct store *store, const char *msisdn)
{
    return drop_row(store, DROP_NUMBER, msisdn);
}

int store_conversation_drop(struct store *store, const char *id)
{
    return drop_row(store, DROP_CONVERSATION, id);
}

int store_user_drop(struct store *store, const char *id)
{
    return drop_row(store, DROP_USER, id);
}

int store_recording_drop(struct store *store, const char *id)
{
    return drop_row(store, DROP_RECORDING, id);
}

int store_registration_drop(struct store *store, const char *id)
{
    return drop_row(store, DROP_REGISTRATION, id);
}

int store_leg_settle(struct store *store, const char *id)
{
    return drop_row(store, DROP_LIVE, id);
}

int store_event_delete(struct store *store, const char *conversation, int64_t id, const char *body)
{
    struct drop drop = {.id = conversation, .number = id, .body = body};
    struct op *op;

    if (is_full(store, strlen(body)))
        return ENOSPC;
    op = drop_op(store, DROP_EVENT, &drop);
    return op ? write_op(store, op) : ENOMEM;
}

int store_outbox_done(struct store *store, int64_t seq)
{
    struct op *op = drop_op(store, DROP_OUTBOX, &(struct drop){.number = seq});

    return op ? store_post(store, op) : ENOMEM;
}

int store_outbox_bury(struct store *store, int64_t seq, unsigned attempts, const char *reason)
{
    struct drop drop = {
        .number = seq, .body = reason, .at = clock_wall_ms(), .count = (int64_t)attempts};
    struct op *op = drop_op(store, DROP_BURY, &drop);

    return op ? store_post(store, op) : ENOMEM;
}

int store_dead_drop(struct store *store, const char *application, int64_t seq)
{
    struct op *op = drop_op(store, DROP_DEAD, &(struct drop){.id = application, .number = seq});

    return op ? write_op(store, op) : ENOMEM;
}

int store_fence(struct store *store, loop_h *done, void *arg)
{
    struct op *op = op_alloc(store, OP_FENCE, 0);

    MAGIC_CHECK(store, STORE_MAGIC);
    if (!op)
        return ENOMEM;
    op->fenced = done;
    op->arg = arg;
    return write_op(store, op);
}

void store_outbox_watch(struct store *store, store_outbox_h *committed, void *arg)
{
    pthread_mutex_lock(&store->watch_lock);
    store->committed_arg = arg;
    store->committed = committed;
    pthread_mutex_unlock(&store->watch_lock);
}
