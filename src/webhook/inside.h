/* inside.h: lanes, deliveries and destinations (private to the room; control thread).
 *
 *   a lane:    idle ──> uncommitted ──> ready ──> busy ──2xx──> next delivery, or gone
 *                            ^            ^        │
 *                            │            └─ backoff <── anything else
 *                       (row not durable)
 *
 * A lane has one request in flight at most; a refusal sends it into a backoff of its own.
 * A destination (one server) lets a bounded number of its lanes be busy. One that did not
 * answer a few times in a row is dead:
 *
 *   alive ──DEATH tries in a row met nobody──> dead ──any word of it──> alive
 *     window: lanes_at_once                    rounds of PROBES tries,   window: PROBES,
 *                                              250 ms … 10 s apart       one more a reply
 *
 * and its lanes wait ready, however many: what a dead server costs does not grow with them.
 * So a dead server holds up its own lanes and nothing else. Of a long backlog the bodies stay in
 * the outbox: beyond HELD bytes a delivery keeps its number only, and its row is read when its turn
 * comes. */
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
    DEATH = 3,          /* tries in a row */
    PROBES = 4,         /* tries of a round */
    FIRST_RETRY = 250,  /* [ms] */
    LAST_RETRY = 60000, /* [ms] of a lane */
    LAST_ROUND = 10000, /* [ms] of a dead server */
    HELD = 32 << 20,    /* [bytes] */
    REPLY_MOST = 1 << 20,
    SUCCESS_FIRST = 200,
    SUCCESS_LAST = 205
};

/* A row of the outbox, in memory. Counted; its texts lie behind it. */
struct content {
    const char *application, *url, *method, *body;
    bool trusted, is_signed;
    unsigned connect_timeout, timeout; /* [ms]; 0: those of all */
    size_t bytes;
};

struct delivery {
    struct list node;                /* of its lane, in order of seq */
    int64_t seq, created;            /* wall [ms] */
    struct destination *destination; /* counted by users */
    struct content *content;         /* NULL: only in the store */
};

/* Why a try failed: nobody there (or only one who says "later"), the server refused this
 * event, or we could not. */
enum failure { FAILURE_AWAY, FAILURE_REFUSED, FAILURE_OURS };

enum lane_state { LANE_IDLE, LANE_UNCOMMITTED, LANE_READY, LANE_BUSY, LANE_BACKOFF };

struct lane {
    UT_hash_handle hh;
    struct webhook *webhook;
    enum lane_state state;
    struct list node; /* of what its state says: uncommitted, ready, backoff */
    struct list deliveries, watchers;
    unsigned tries, refusals; /* of the first delivery */
    struct timer timer;       /* of the backoff */
    bool kept;                /* a callback runs: not to be freed */
    bool unwanted;            /* the first delivery is given up if its try fails */
    int status;               /* its last reply's; 0: none came */
    char *application;        /* mem; whose lane it is, "": nobody's */
    char name[];
};

struct destination {
    UT_hash_handle hh;
    struct webhook *webhook;
    struct list fresh, again; /* lanes that are ready: before their first try, and after */
    bool turn;                /* of `again` next */
    unsigned busy, users;
    unsigned window;   /* lanes that may be busy */
    unsigned failures; /* in a row */
    bool dead;
    unsigned rounds, probes; /* while dead: rounds so far, tries that this one has left */
    struct timer timer;      /* while dead: of the next round */
    bool pumping;            /* lanes are let go just now */
    char why[64];            /* it is said not to answer */
    char name[];             /* "http://host:port" */
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
    struct list askings, replays;
    struct timer sweep; /* over lanes whose first delivery is too old */
    struct webhook_counts counts;
    int64_t last;              /* seq read at start */
    atomic_bool posted;        /* a wake-up is on its way */
    _Atomic int64_t committed; /* the seq up to which rows are durable */
};

/* content.c */
int content_alloc(struct content **content, const struct store_outbox *row);
int content_of_json(struct content **content, const json_t *row);

/* destination.c */
/* Counted: destination_unuse() it. NULL: out of memory. */
struct destination *destination_of(struct webhook *webhook, const char *url);
void destination_unuse(struct destination *destination);
/* "http://host:port" of a URL; mem, NULL: out of memory. */
char *destination_name(const char *url);
/* The lane, on no list, is to be sent when it is its turn. */
void destination_ready(struct destination *destination, struct lane *lane);
void destination_pump(struct destination *destination);
/* A try of it is over: it said something; nobody was there. */
void destination_spoke(struct destination *destination);
void destination_silent(struct destination *destination);
/* The server of the URL answered a question: lanes that hold it for dead are let go. */
void destination_heard(struct webhook *webhook, const char *url);
/* A status that says "later", for whatever is asked. */
bool destination_is_later(int status);
/* 250 ms, 500 ms … `last`, each up to a quarter more or less. */
int64_t destination_delay(unsigned tries, int64_t last);

/* lane.c */
int lane_add(struct webhook *webhook, const struct store_outbox *row);
void lane_committed(struct webhook *webhook);
void lane_free_all(struct webhook *webhook);
/* The try of a busy lane's first delivery is over: it was taken; it is given up and buried;
 * or it is to be tried again. */
void lane_done(struct lane *lane, struct destination *destination);
void lane_given_up(struct lane *lane, struct destination *destination);
void lane_failed(struct lane *lane, struct destination *destination, enum failure failure);
struct delivery *lane_first(const struct lane *lane);
/* Takes the first delivery off a lane that waits for a try, which is idle then. */
void lane_drop_first(struct lane *lane);
void lane_next(struct lane *lane); /* moves an idle lane on; it may be freed by that */
int lane_watch(struct webhook *webhook, const char *name, unsigned patience, loop_h *done,
               void *arg);

/* dead.c */
/* The first delivery of the lane is dead, says the log and the store; it is still there. is_all:
 * the reason is nothing but `why`; else what its last try met follows. */
void dead_bury(const struct lane *lane, const char *why, bool is_all);
void dead_sweep(void *arg); /* the webhook: buries what is too old, now and then */

/* sign.c */
/* "Bearer …" for a request with this body (NULL: none), mem; NULL: there is no secret. 0 or
 * ENOMEM. */
int sign_request(const struct webhook *webhook, const char *application, const char *body,
                 char **bearer);

/* webhook.c: a row for the outbox, and its lane. */
int webhook_put(struct webhook *webhook, struct store_outbox *row);

/* send.c: sends the first delivery of a lane; ends in lane_done() or lane_failed(). */
void lane_send(struct lane *lane);

/* reply.c: why the body of a reply is no NCCO; mem. json: what it is, or NULL and error. */
char *reply_fault(const struct fetch_reply *reply, const json_t *json, const json_error_t *error);

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
