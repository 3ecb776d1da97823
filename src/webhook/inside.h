/* inside.h: lanes, deliveries and destinations (private to the room; control thread).
 *
 *   a lane:    idle ──> uncommitted ──> ready ──> busy ──2xx──> next delivery, or gone
 *                            ^            ^        │
 *                            │            └─ backoff <── anything else
 *                       (row not durable)
 *
 * A lane has one request in flight at most. A destination (one server) lets a bounded
 * number of its lanes be busy, few while it does not answer at all, so a dead server
 * holds up its own lanes and nothing else. Of a long backlog the bodies stay in the
 * outbox: beyond HELD bytes a delivery keeps its number only, and its row is read when
 * its turn comes. */
#ifndef OFFHOOK_WEBHOOK_INSIDE_H
#define OFFHOOK_WEBHOOK_INSIDE_H

#include "base/list.h"
#include "http/jwt.h"
#include "webhook/webhook.h"

#include <stdatomic.h>

/* without memory an element is not added (its hh.tbl is NULL), instead of exit() */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    WEBHOOK_MAGIC = 0x77686b73,
    LANES_AT_ONCE = 48,
    LANES_WHILE_DEAD = 4,
    FIRST_RETRY = 250,  /* [ms] */
    LAST_RETRY = 60000, /* [ms] */
    REVIVAL = 1000,     /* [ms] over which the lanes of a server that is back are spread */
    HELD = 32 << 20,    /* [bytes] */
    REPLY_MOST = 1 << 20
};

/* A row of the outbox, in memory. Counted; its texts lie behind it. */
struct content {
    const char *application, *url, *method, *body;
    bool trusted, is_signed;
    int64_t created;
    size_t bytes;
};

struct delivery {
    struct list node; /* of its lane, in order of seq */
    int64_t seq;
    struct destination *destination; /* counted by users */
    struct content *content;         /* NULL: only in the store */
};

/* Why a try failed: nobody there, the server said so, or we could not. */
enum failure { FAILURE_DEAD, FAILURE_REFUSED, FAILURE_OURS };

enum lane_state { LANE_IDLE, LANE_UNCOMMITTED, LANE_READY, LANE_BUSY, LANE_BACKOFF };

struct lane {
    UT_hash_handle hh;
    struct webhook *webhook;
    enum lane_state state;
    struct list node; /* of what its state says: uncommitted, ready, backoff */
    struct list deliveries, watchers;
    unsigned tries;     /* of the first delivery */
    bool dead;          /* the last try met no server */
    struct timer timer; /* of the backoff */
    bool kept;          /* a callback runs: not to be freed */
    char name[];
};

struct destination {
    UT_hash_handle hh;
    struct list ready, backoff;
    unsigned busy, users;
    bool dead;    /* no connection, or no reply: a few lanes go on trying */
    bool pumping; /* lanes are let go just now */
    char name[];  /* "http://host:port" */
};

struct webhook {
    unsigned magic;
    struct webhook_conf conf;
    char *api_key;
    struct jwt_key *key; /* NULL: no secret */
    bool stopped;
    struct lane *lanes;               /* hash by name */
    struct destination *destinations; /* hash by name */
    struct list uncommitted;          /* lanes whose first delivery is not durable yet */
    struct list askings;
    struct webhook_counts counts;
    int64_t last;              /* seq read at start */
    atomic_bool posted;        /* a wake-up is on its way */
    _Atomic int64_t committed; /* the seq up to which rows are durable */
};

/* content.c */
int content_alloc(struct content **content, const struct store_outbox *row);
int content_of_json(struct content **content, const json_t *row);

/* lane.c */
int lane_add(struct webhook *webhook, const struct store_outbox *row);
void lane_committed(struct webhook *webhook);
void lane_free_all(struct webhook *webhook);
void lane_done(struct lane *lane, struct destination *destination);
void lane_failed(struct lane *lane, struct destination *destination, enum failure failure);
struct delivery *lane_first(const struct lane *lane);
int lane_watch(struct webhook *webhook, const char *name, unsigned patience, loop_h *done,
               void *arg);

/* send.c: sends the first delivery of a lane; ends in lane_done() or lane_failed(). */
void lane_send(struct lane *lane);

/* request.c */
char *request_query_url(const char *url, const json_t *fields);
/* A token of webhooks that are signed. body NULL: none is sent. */
char *request_token(const struct jwt_key *key, const char *api_key, const char *application,
                    const char *body, int64_t now, const char *id);
/* The URL as it may be shown: no query, no password. */
char *request_shown_url(const char *url);

/* ask.c */
void ask_stop_all(struct webhook *webhook);

#endif
