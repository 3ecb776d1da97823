/* write.c: posting: each write is copied whole and handed to the store thread. */
#include "store/inside.h"
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

static int put(struct store *store, enum table_name table, const void *row)
{
    struct op *op;
    size_t size = table_copy_size(&tables[table], row);

    MAGIC_CHECK(store, STORE_MAGIC);
    if (atomic_load_explicit(&store->queued, memory_order_relaxed) + size > STORE_QUEUE)
        return ENOSPC;
    op = op_alloc(store, OP_PUT, size);
    if (!op)
        return ENOMEM;
    op->table = table;
    table_copy(&tables[table], op->data, row);
    return write_op(store, op);
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

int store_outbox_put(struct store *store, struct store_outbox *row)
{
    int err;

    row->seq = store->seq + 1;
    err = put(store, OUTBOX, row);
    if (!err)
        store->seq++;
    return err;
}

int store_conversation_drop(struct store *store, const char *id)
{
    size_t size = strlen(id) + 1;
    struct op *op = op_alloc(store, OP_DROP, size);

    MAGIC_CHECK(store, STORE_MAGIC);
    if (!op)
        return ENOMEM;
    memcpy(op->data, id, size);
    return write_op(store, op);
}

int store_outbox_done(struct store *store, int64_t seq)
{
    struct op *op = op_alloc(store, OP_DONE, 0);

    MAGIC_CHECK(store, STORE_MAGIC);
    if (!op)
        return ENOMEM;
    op->seq = seq;
    return store_post(store, op);
}

int store_fence(struct store *store, loop_h *done, void *arg)
{
    struct op *op = op_alloc(store, OP_FENCE, 0);

    MAGIC_CHECK(store, STORE_MAGIC);
    assert(!store->together);
    if (!op)
        return ENOMEM;
    op->fenced = done;
    op->arg = arg;
    return store_post(store, op);
}

void store_outbox_watch(struct store *store, store_outbox_h *committed, void *arg)
{
    pthread_mutex_lock(&store->watch_lock);
    store->committed_arg = arg;
    store->committed = committed;
    pthread_mutex_unlock(&store->watch_lock);
}
