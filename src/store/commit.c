/* commit.c: the store thread. It collects what was posted; a group of rows is one
 * transaction, run when it is full, when it is old, or when somebody waits for it.
 * A group that the database refuses stays as it is and is tried again. */
#include "store/inside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

void op_free(struct op *op)
{
    atomic_fetch_sub_explicit(&op->store->queued, op->bytes, memory_order_relaxed);
    free(op);
}

static bool is_row(const struct op *op)
{
    return op->kind != OP_FENCE && op->kind != OP_ASK;
}

/* What somebody waits for must come, even when memory is short just now. */
static void post_surely(struct loop *loop, loop_h *run, void *arg)
{
    while (loop_post(loop, run, arg))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Control thread. */
static void give_answer(void *arg)
{
    struct op *op = arg;

    if (op->answer)
        op->answer(op->err, op->rows, op->count, op->arg);
    else
        json_decref(op->rows);
    free(op);
}

static void answer(struct store *store, struct op *op, int err)
{
    op->err = err;
    if (err) {
        json_decref(op->rows);
        op->rows = NULL;
        op->count = 0;
    }
    atomic_fetch_sub_explicit(&store->queued, op->bytes, memory_order_relaxed);
    if (op->waiter)
        sem_post(op->waiter);
    else
        post_surely(store->control, give_answer, op);
}

/* Store thread: one posted operation. */
static void take(void *arg)
{
    struct op *op = arg;
    struct store *store = op->store;

    if (op->kind == OP_ASK && store->broken) {
        answer(store, op, EIO);
        return;
    }
    if (!store->first)
        store->since = clock_mono_ms();
    op->next = NULL;
    *store->end = op;
    store->end = &op->next;
    if (is_row(op))
        store->rows++;
    else
        store->urgent = true;
}

int store_post(struct store *store, struct op *op)
{
    int err;

    atomic_fetch_add_explicit(&store->queued, op->bytes, memory_order_relaxed);
    atomic_store_explicit(&store->used, true, memory_order_relaxed);
    err = loop_post(store->loop, take, op);
    if (err)
        op_free(op);
    return err;
}

/* Store thread: operations that belong together. */
static void take_batch(void *arg)
{
    struct op *op = arg;

    while (op) {
        struct op *next = op->next;

        op->joined = next != NULL;
        take(op);
        op = next;
    }
}

void store_post_batch(struct store *store, struct op *first)
{
    for (struct op *op = first; op; op = op->next)
        atomic_fetch_add_explicit(&store->queued, op->bytes, memory_order_relaxed);
    atomic_store_explicit(&store->used, true, memory_order_relaxed);
    post_surely(store->loop, take_batch, first);
}

static int step(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);

    sqlite3_reset(statement);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int run_row(struct store *store, const struct op *op)
{
    sqlite3_stmt *statement = store->put[op->table];
    int rc;

    switch (op->kind) {
    case OP_PUT:
        rc = table_bind(&tables[op->table], statement, op->data);
        return rc == SQLITE_OK ? step(statement) : rc;
    case OP_DROP:
        return drop_run(store, op);
    default:
        return SQLITE_OK;
    }
}

/* The row itself is bad, and would be for ever. */
static bool is_row_fault(int rc)
{
    return rc == SQLITE_CONSTRAINT || rc == SQLITE_TOOBIG || rc == SQLITE_MISMATCH ||
           rc == SQLITE_RANGE;
}

/* One transaction of the rows before `end`. */
static int run_rows(struct store *store, struct op *end)
{
    int rc = step(store->begin);

    for (struct op *op = store->first; rc == SQLITE_OK && op != end; op = op->next) {
        if (!is_row(op))
            continue;
        rc = run_row(store, op);
        if (is_row_fault(rc)) {
            log_error("store", "a row of table %s was refused: %s",
                      op->kind == OP_PUT ? tables[op->table].name : "?", sqlite3_errmsg(store->db));
            rc = SQLITE_OK;
        }
    }
    if (rc == SQLITE_OK)
        rc = step(store->commit);
    return rc;
}

static void set_broken(struct store *store, int rc)
{
    const char *why = sqlite3_errmsg(store->db);

    if (!store->broken)
        log_error("store", "cannot write, trying again: %s rc=%d rows=%u",
                  sqlite3_errcode(store->db) == rc ? why : sqlite3_errstr(rc), rc, store->rows);
    if (!sqlite3_get_autocommit(store->db))
        step(store->rollback);
    store->broken = true;
    store->retry = clock_mono_ms() + RETRY_MS;
    atomic_store(&store->healthy, false);
}

/* Nobody who asks waits for a disk to come back. */
static void refuse_asks(struct store *store)
{
    struct op **place = &store->first, *op;

    while ((op = *place)) {
        if (op->kind == OP_ASK) {
            *place = op->next;
            answer(store, op, EIO);
        } else {
            place = &op->next;
        }
    }
    store->end = place;
}

static void tell_committed(struct store *store, const struct store_outbox *row)
{
    pthread_mutex_lock(&store->watch_lock);
    if (store->committed)
        store->committed(row, store->committed_arg);
    pthread_mutex_unlock(&store->watch_lock);
}

/* Tells who waits for an operation that is durable now. */
static void finish(struct store *store, struct op *op)
{
    switch (op->kind) {
    case OP_PUT:
        if (op->table == OUTBOX)
            tell_committed(store, (const void *)op->data);
        break;
    case OP_FENCE:
        post_surely(store->control, op->fenced, op->arg);
        break;
    case OP_ASK:
        answer(store, op, op->ask(store, op));
        return;
    default:
        break;
    }
    op_free(op);
}

/* Runs the first group: all that waits, if it is not very much. False: it was refused. */
static bool flush(struct store *store)
{
    struct op *end = store->first;
    unsigned rows = 0;
    bool joined = false;
    int rc = SQLITE_OK;

    while (end && (joined || rows < GROUP_MOST || !is_row(end))) {
        joined = end->joined;
        rows += is_row(end);
        end = end->next;
    }
    if (rows)
        rc = run_rows(store, end);
    if (rc != SQLITE_OK) {
        set_broken(store, rc);
        refuse_asks(store);
        return false;
    }
    if (store->broken)
        log_info("store", "writes again rows=%u", store->rows);
    store->broken = false;
    atomic_store(&store->healthy, true);
    store->rows -= rows;
    while (store->first != end) {
        struct op *op = store->first;

        store->first = op->next;
        finish(store, op);
    }
    if (!store->first) {
        store->end = &store->first;
        store->urgent = false;
    }
    store->since = clock_mono_ms();
    return true;
}

static bool is_due(const struct store *store)
{
    if (!store->first)
        return false;
    if (store->broken)
        return clock_mono_ms() >= store->retry;
    return store->rows >= GROUP_ROWS || store->urgent || store->stopping ||
           clock_mono_ms() >= store->since + GROUP_MS;
}

/* How long the thread may sleep [ms]; -1: until something is posted. */
static int pause_of(const struct store *store)
{
    int64_t until = store->broken ? store->retry : store->since + GROUP_MS;
    int64_t now = clock_mono_ms();

    if (!store->first)
        return -1;
    return until > now ? (int)(until - now) : 0;
}

/* What could not be written although it was tried to the last. */
static void drop_all(struct store *store)
{
    if (store->rows)
        log_error("store", "closed although the database refuses: rows_lost=%u", store->rows);
    while (store->first) {
        struct op *op = store->first;

        store->first = op->next;
        op_free(op);
    }
}

void *store_run(void *arg)
{
    struct store *store = arg;
    int64_t last = 0;

    while (!store->stopping || store->first) {
        loop_wait(store->loop, pause_of(store));
        while (is_due(store) && flush(store))
            ;
        if (store->stopping && !last)
            last = clock_mono_ms() + CLOSE_MS;
        if (store->stopping && store->broken && clock_mono_ms() >= last)
            break;
    }
    drop_all(store);
    return NULL;
}
