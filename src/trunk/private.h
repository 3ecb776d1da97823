/* private.h: what the files of trunk/ share. */
#ifndef OFFHOOK_TRUNK_PRIVATE_H
#define OFFHOOK_TRUNK_PRIVATE_H

#include "base/list.h"
#include "base/mem.h"
#include "net/limiter.h"
#include "trunk/names.h"
#include "trunk/trunk.h"

#include <assert.h>

enum { TRUNKS_MAGIC = 0x74726b73, TRUNK_MAGIC = 0x74726b31, TRUNK_FAILURES = 16 };
enum { TARGETS = NAMES_PLACES /* of one proxy */ };

/* One address of a proxy; attempts hold references. */
struct trunk_target {
    struct trunk_proxy *proxy; /* NULL: it is one of the proxy's no more */
    char hop[NAMES_HOP];       /* "": where the proxy's URI says */
    unsigned priority, weight; /* RFC 2782 */
    bool down;
    unsigned failed, good; /* in a row */
    int64_t shut;          /* mono [ms] up to which it asked to be left alone; 0: it did not */
    int64_t asked;         /* wall [ms] of the last answer to OPTIONS, or of none; 0: never */
    int status, err;       /* of it */
    unsigned ms;           /* it took */
    bool pinging;
};

struct trunk_proxy {
    struct trunk *trunk; /* NULL: it is gone */
    char *uri;
    struct trunk_target *targets[TARGETS];
    unsigned count; /* at least one */
    struct timer refresh;
    bool asking;         /* the names */
    char why[NAMES_WHY]; /* it has no better answer; "": it has */
    bool by_srv;
    int64_t resolved; /* wall [ms] of the last good answer; 0: none yet, or it is numeric */
    unsigned ttl;     /* [s] of it */
};

struct trunk_registration {
    struct registration *handle; /* NULL: none */
    char *signature;             /* of what it was made from */
    enum registration_state state;
    int status; /* of the last response; 0: none */
    char phrase[64];
    unsigned expires, retry; /* [s] */
    int64_t at;              /* wall [ms] of the last change */
    struct sockaddr_storage seen_as;
};

/* A call that was refused. */
struct trunk_failure {
    int64_t at; /* wall [ms] */
    int status, err;
    char uri[TRUNK_WORD], from[TRUNK_WORD], phrase[64], warning[TRUNK_WORD], codecs[TRUNK_WORD],
        theirs[TRUNK_WORD];
};

struct trunk { /* control thread */
    unsigned magic;
    struct trunks *trunks; /* NULL: gone from the configuration, or all have stopped */
    const struct conf_trunk *conf;
    struct trunk_proxy **proxies;
    unsigned proxy_count;
    unsigned calls; /* at once, both ways */
    struct limiter *limiter;
    struct timer ping;
    struct trunk_registration registration;
    uint64_t tried, answered, failed, over_capacity, over_rate, inbound; /* calls */
    struct trunk_failure failures[TRUNK_FAILURES];                       /* a ring */
    unsigned failure_count;                                              /* ever */
};

struct trunks { /* control thread */
    unsigned magic;
    struct loop *loop;
    struct ua *ua;
    struct names *names; /* NULL: there are none, or it has not started */
    const struct conf *conf;
    struct trunk **list;
    unsigned count;
};

/* proxy.c */
int proxy_alloc(struct trunk_proxy **proxy, struct trunk *trunk, const char *uri);
void proxy_begin(struct trunk_proxy *proxy); /* asks what its name stands for, if it has one */
void proxy_end(struct trunk_proxy *proxy);   /* of a trunk that goes, or of none any more */
/* Its targets in the order of RFC 2782: by priority, those of one at random by their weights. */
unsigned proxy_order(const struct trunk_proxy *proxy, struct trunk_target *order[TARGETS]);
bool target_is_open(const struct trunk_target *target);
/* The host of a SIP URI, without port and brackets of IPv6 kept: its length. */
size_t proxy_host(const char *uri, const char **host);

/* attempt.c */
const char *trunk_own_user(const struct conf_trunk *conf); /* who we are there; or "" */
/* URIs of a preloaded Route; "": none. */
void trunk_write_route(const struct conf_trunk *conf, char *out, size_t size);

/* describe.c */
json_t *failure_json(const struct trunk_failure *failure);
unsigned trunk_targets(const struct trunk *trunk, unsigned *open);

/* health.c */
void health_begin(struct trunk *trunk); /* by its configuration, also a new one */
void health_end(struct trunk *trunk);
void target_told(struct trunk_target *target, int status, int err);
/* The OPTIONS that a target is asked by; route is written. */
void target_write_ping(const struct trunk_target *target, char route[1024], struct ua_ping *ping);

/* registering.c */
void registering_begin(struct trunk *trunk); /* likewise */
void registering_end(struct trunk *trunk);

/* route.c: an empty one; NULL: out of memory. */
struct trunk_route *trunk_route_make(void);

#endif
