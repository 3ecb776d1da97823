/* open.c: opening and closing the database. */
#include "store/inside.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static char reason_text[512];

static int fail(const char **reason, int err, const char *url, const char *what)
{
    snprintf(reason_text, sizeof reason_text, "%s: %s", url, what);
    *reason = reason_text;
    return err;
}

static void destroy(void *obj)
{
    struct store *store = obj;

    for (unsigned i = 0; i < TABLES; i++)
        sqlite3_finalize(store->put[i]);
    for (unsigned i = 0; i < DROP_STEPS; i++)
        sqlite3_finalize(store->drop[i]);
    statement_drop_all(store);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    sqlite3_finalize(store->rollback);
    if (sqlite3_close(store->db) != SQLITE_OK)
        log_error("store", "close: %s", sqlite3_errmsg(store->db));
    if (store->lock >= 0)
        close(store->lock);
    mem_unref(store->loop);
    pthread_mutex_destroy(&store->watch_lock);
}

/* Two daemons on one database would deliver each event twice. */
static int take_lock(struct store *store, const char *path)
{
    char name[4096];

    if (strcmp(path, ":memory:") == 0)
        return 0;
    snprintf(name, sizeof name, "%s-lock", path);
    store->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        return errno;
    return flock(store->lock, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
}

static int prepare(struct store *store)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } fixed[] = {
        {&store->begin, "BEGIN IMMEDIATE"},
        {&store->commit, "COMMIT"},
        {&store->rollback, "ROLLBACK"},
    };
    int rc = drop_prepare(store);

    for (unsigned i = 0; i < TABLES && rc == SQLITE_OK; i++) {
        char *sql = table_put_sql(&tables[i]);

        if (!sql)
            return ENOMEM;
        rc =
            sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &store->put[i], NULL);
        free(sql);
    }
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(store->db, fixed[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                fixed[i].statement, NULL);
    return rc == SQLITE_OK ? 0 : EIO;
}

/* A conversation's row is written now and then, its events at once: after a crash the
 * row may be behind, and no event id may be given twice. */
static int catch_up(struct store *store)
{
    static const char sql[] =
        "UPDATE conversation SET sequence ="
        " (SELECT max(id) FROM event WHERE event.conversation = conversation.id)"
        " WHERE coalesce(sequence, 0) <"
        " (SELECT max(id) FROM event WHERE event.conversation = conversation.id)";

    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : EIO;
}

/* The greatest seq ever given, whether its row is still there or not. */
static int read_seq(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'",
                                -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        store->seq = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EIO;
}

static int open_database(struct store *store, const char *url, const char **reason)
{
    const char *path = url + strlen("sqlite:"), *what = NULL;
    int err = take_lock(store, path), rc;

    if (err)
        return fail(reason, err, url,
                    err == EWOULDBLOCK ? "is in use by another offhookd" : strerror(err));
    rc = sqlite3_open_v2(path, &store->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(store->db, 2000);
        rc = sqlite3_exec(store->db,
                          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA journal_size_limit = 33554432;"
                          /* indexes stay in memory, and a page is written back once for many
                           * commits: 32 MiB of cache, a checkpoint each 16 MiB */
                          "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096;",
                          NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK)
        return fail(reason, EIO, url, store->db ? sqlite3_errmsg(store->db) : "out of memory");
    err = store_migrate(store->db, &what);
    if (err)
        return fail(reason, err, url, what);
    err = prepare(store);
    if (!err)
        err = catch_up(store);
    if (!err)
        err = read_seq(store);
    return err ? fail(reason, err, url, sqlite3_errmsg(store->db)) : 0;
}

/* The thread takes no signal: those are the main thread's. */
static int start_thread(struct store *store)
{
    sigset_t all, old;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_create(&store->thread, NULL, store_run, store);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!err)
        pthread_setname_np(store->thread, "store");
    return err;
}

int store_open(struct store **storep, const char *url, struct loop *control, const char **reason)
{
    struct store *store;
    int err;

    if (strncmp(url, "sqlite:", 7) != 0 || !url[7])
        return fail(reason, EINVAL, url, "is no sqlite:FILE");
    store = mem_alloc(sizeof *store, destroy);
    if (!store)
        return fail(reason, ENOMEM, url, "out of memory");
    store->magic = STORE_MAGIC;
    store->control = control;
    store->lock = -1;
    pthread_mutex_init(&store->watch_lock, NULL);
    store->end = &store->first;
    store->batch_end = &store->batch;
    atomic_store(&store->healthy, true);
    err = open_database(store, url, reason);
    if (!err) {
        err = loop_alloc(&store->loop);
        if (!err)
            err = start_thread(store);
        if (err)
            fail(reason, err, url, strerror(err));
    }
    if (err)
        mem_unref(store);
    else
        *storep = store;
    return err;
}

static void stop(void *arg)
{
    struct store *store = arg;

    store->stopping = true;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    MAGIC_CHECK(store, STORE_MAGIC);
    assert(!store->together);
    while (loop_post(store->loop, stop, store))
        usleep(1000); /* out of memory: what is queued must still be written */
    pthread_join(store->thread, NULL);
    mem_unref(store);
}

bool store_healthy(const struct store *store)
{
    return atomic_load(&((struct store *)store)->healthy);
}
