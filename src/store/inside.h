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
#include <stdio.h>

enum {
    STORE_MAGIC = 0x73746f72,
    GROUP_ROWS = 64,   /* rows that are not waited for any longer */
    GROUP_MS = 5,      /* how long the first row of a group waits at most */
    GROUP_MOST = 4096, /* rows of one transaction: the slower the disk, the larger the group */
    RETRY_MS = 100,    /* between tries while the database refuses */
    STATEMENTS = 48,   /* kept prepared, of questions */
    CLOSE_MS = 3000    /* how long store_close() goes on trying */
};

enum column_kind { COLUMN_TEXT, COLUMN_JSON, COLUMN_INT, COLUMN_UINT, COLUMN_BOOL };
enum column_flags {
    COLUMN_FIXED = 1,  /* never changes after the first put */
    COLUMN_HIDDEN = 2, /* not in answers */
    COLUMN_GIVEN = 4   /* by the database: only in answers */
};

struct column {
    const char *name;
    size_t offset; /* in the row's struct */
    enum column_kind kind;
    unsigned flags;
};

enum table_name {
    APPLICATION,
    NUMBER,
    CONVERSATION,
    USER,
    MEMBER,
    EVENT,
    LEG,
    REPLY,
    RECORDING,
    REGISTRATION,
    OUTBOX,
    DEAD,
    TABLES
};

struct table {
    const char *name, *key; /* key: the columns of the primary key */
    size_t size;            /* of the row's struct */
    const struct column *columns;
    unsigned count;
};

extern const struct table tables[TABLES];

/* What changes rows otherwise than by a put: a few statements each, in drop.c. */
enum drop_name {
    DROP_APPLICATION,
    DROP_NUMBER,
    DROP_CONVERSATION,
    DROP_USER,
    DROP_RECORDING,
    DROP_REGISTRATION,
    DROP_LIVE, /* of a leg, which stays */
    DROP_EVENT,
    DROP_OUTBOX,
    DROP_BURY,
    DROP_DEAD
};
enum { DROP_STEPS = 21 }; /* statements of them all */

struct drop {
    const char *id;
    int64_t number;
    const char *body;
    int64_t at, count;
};

enum op_kind { OP_PUT, OP_DROP, OP_FENCE, OP_ASK };

struct op;
/* Answers an ask: fills rows and count. 0 or EIO. */
typedef int ask_h(struct store *store, struct op *op);

struct op {
    struct op *next;
    struct store *store;
    enum op_kind kind;
    bool joined;           /* one transaction with the next one */
    enum table_name table; /* put */
    enum drop_name drop;   /* drop */
    size_t bytes;          /* held of STORE_QUEUE */
    loop_h *fenced;        /* fence */
    ask_h *ask;            /* ask, to rows */
    store_answer_h *answer;
    sem_t *waiter; /* instead of an answer: the asker sleeps, and frees the op */
    void *arg;     /* of fenced and answer */
    int err;
    json_t *rows;
    int64_t count;
    _Alignas(max_align_t) char data[]; /* the row's struct, a struct drop or a query; its texts */
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
    sqlite3_stmt *put[TABLES], *drop[DROP_STEPS], *begin, *commit, *rollback;
    sqlite3_stmt *kept[STATEMENTS];
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

/* drop.c */
int drop_prepare(struct store *store);
int drop_run(struct store *store, const struct op *op);

/* table.c: all malloced text is the caller's */
char *table_put_sql(const struct table *table);
/* Of whole rows, for table_read(). rest: of the statement, after the table's name. */
char *table_get_sql(const struct table *table, const char *rest);
/* The columns of an answer, for table_json(), into room [bytes] that is enough; its length. */
size_t table_write_answer(const struct table *table, char *out, size_t room, const char *alias);
int table_bind(const struct table *table, sqlite3_stmt *statement, const void *row);
void table_read(const struct table *table, sqlite3_stmt *statement, void *row);
/* *place: the first column; moves on behind the last. NULL: out of memory. */
json_t *table_json(const struct table *table, sqlite3_stmt *statement, int *place);
size_t table_copy_size(const struct table *table, const void *row);
void table_copy(const struct table *table, void *to, const void *row);

/* ask.c: a kind of question: its query's struct, the texts in it by their offsets, and
 * who answers it on the store thread. */
struct question {
    ask_h *run;
    size_t size;
    const size_t *texts;
    size_t count;
};
#define QUESTION(run, query, texts)                                           \
    {                                                                         \
        (run), sizeof(struct query), (texts), sizeof(texts) / sizeof *(texts) \
    }

/* Any thread. The query and its texts are copied. */
int ask_post(struct store *store, const struct question *question, const void *query,
             store_answer_h *answer, void *arg);

/* page.c: the rows of a table that match */

/* Given when its text is there, or else its number is not 0. Columns are written "t.name";
 * a "?" stands for the text or number. */
struct condition {
    const char *sql;
    const char *text;
    int64_t number;
};

/* A row of another table that belongs to a row, as an object in it: absent when there is
 * none. Its table's first column is its key. */
struct attachment {
    enum table_name table;
    const char *alias, *name;
};

struct selection {
    enum table_name table;
    const struct condition *conditions;
    size_t count;
    const char *order; /* column of the order, and of a page's key; NULL: "id" */
    bool is_number;    /* that column is one of numbers */
    const char *joins; /* SQL of the attachments' tables, or NULL */
    const struct attachment *attachments;
    size_t attached;
};
#define CONDITIONS(list) .conditions = (list), .count = sizeof(list) / sizeof *(list)

/* Fills the answer. 0, EIO or ENOMEM. */
int page_answer(struct store *store, struct op *op, const struct selection *selection,
                const struct store_page *page);

/* statement.c: store thread. rc of SQLite; what was taken is given back before the next is taken.
 */
int statement_take(struct store *store, const char *sql, sqlite3_stmt **statement);
void statement_give(sqlite3_stmt *statement); /* may be NULL */
void statement_drop_all(struct store *store);

/* migrate.c */
int store_migrate(sqlite3 *db, const char **reason);

#endif
