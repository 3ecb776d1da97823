/* inside.h: what the files of the store share (private to the room). A row is copied
 * by the poster into one operation; the store thread collects operations into groups,
 * runs a group as one transaction, and only then tells who waits for it. */
#ifndef OFFHOOK_STORE_INSIDE_H
#define OFFHOOK_STORE_INSIDE_H

#include "store/store.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>

enum {
    STORE_MAGIC = 0x73746f72,
    GROUP_ROWS = 64,   /* rows that are not waited for any longer */
    GROUP_MS = 5,      /* how long the first row of a group waits at most */
    GROUP_MOST = 4096, /* rows of one transaction: the slower the disk, the larger the group */
    RETRY_MS = 100,    /* between tries while the database refuses */
    CLOSE_MS = 3000    /* how long store_close() goes on trying */
};

enum column_kind { COLUMN_TEXT, COLUMN_JSON, COLUMN_INT, COLUMN_UINT, COLUMN_BOOL };
enum column_flags {
    COLUMN_FIXED = 1, /* never changes after the first put */
    COLUMN_HIDDEN = 2 /* not in answers */
};

struct column {
    const char *name;
    size_t offset; /* in the row's struct */
    enum column_kind kind;
    unsigned flags;
};

enum table_name { CONVERSATION, USER, MEMBER, EVENT, LEG, OUTBOX, TABLES };

struct table {
    const char *name, *key; /* key: the columns of the primary key */
    size_t size;            /* of the row's struct */
    const struct column *columns;
    unsigned count;
};

extern const struct table tables[TABLES];

enum op_kind { OP_PUT, OP_DROP, OP_DONE, OP_FENCE, OP_ASK };

struct op;
/* Answers an ask: fills rows and count. 0 or EIO. */
typedef int ask_h(struct store *store, struct op *op);

struct op {
    struct op *next;
    struct store *store;
    enum op_kind kind;
    bool joined;           /* one transaction with the next one */
    enum table_name table; /* put */
    size_t bytes;          /* held of STORE_QUEUE */
    int64_t seq;           /* done */
    loop_h *fenced;        /* fence */
    ask_h *ask;            /* ask, to rows */
    store_answer_h *answer;
    sem_t *waiter; /* instead of an answer: the asker sleeps, and frees the op */
    void *arg;     /* of fenced and answer */
    int err;
    json_t *rows;
    int64_t count;
    _Alignas(max_align_t) char data[]; /* the row's struct, an id, or a query; its texts */
};

struct store {
    unsigned magic;
    struct loop *control, *loop;
    pthread_t thread;
    int lock;             /* descriptor of FILE-lock; -1: none */
    atomic_size_t queued; /* bytes */
    atomic_bool healthy, used;
    int64_t seq;       /* control thread: the last one given */
    unsigned together; /* control thread, as the batch: depth of store_together() */
    struct op *batch, **batch_end;
    pthread_mutex_t watch_lock;
    store_outbox_h *committed; /* watch_lock */
    void *committed_arg;       /* watch_lock */

    sqlite3 *db; /* store thread, from here on (before anything was posted: the opener) */
    sqlite3_stmt *put[TABLES], *drop_conversation, *drop_members, *done, *begin, *commit, *rollback;
    struct op *first, **end; /* the group and what waits behind it */
    unsigned rows;           /* of them */
    bool urgent;             /* a fence or ask waits */
    bool broken, stopping;
    int64_t since, retry; /* mono [ms]: the first row's arrival; the next try */
};

/* commit.c */
void *store_run(void *arg);
int store_post(struct store *store, struct op *op);
void store_post_batch(struct store *store, struct op *first);
void op_free(struct op *op);

/* write.c */
struct op *op_alloc(struct store *store, enum op_kind kind, size_t data);

/* table.c: all malloced text is the caller's */
char *table_put_sql(const struct table *table);
char *table_get_sql(const struct table *table, bool answer, const char *rest);
int table_bind(const struct table *table, sqlite3_stmt *statement, const void *row);
void table_read(const struct table *table, sqlite3_stmt *statement, void *row);
json_t *table_json(const struct table *table, sqlite3_stmt *statement);
size_t table_copy_size(const struct table *table, const void *row);
void table_copy(const struct table *table, void *to, const void *row);

/* migrate.c */
int store_migrate(sqlite3 *db, const char **reason);

#endif
