/* private.h: what the files of trunk/ share. */
#ifndef OFFHOOK_TRUNK_PRIVATE_H
#define OFFHOOK_TRUNK_PRIVATE_H

#include "base/list.h"
#include "base/mem.h"
#include "net/limiter.h"
#include "trunk/trunk.h"

#include <assert.h>

enum { TRUNKS_MAGIC = 0x74726b73, TRUNK_MAGIC = 0x74726b31, TRUNK_FAILURES = 16 };
enum { TARGETS = 16 /* of one proxy */ };

/* One address of a proxy; attempts hold references. */
struct trunk_target {
    struct trunk_proxy *proxy; /* NULL: it is one of the proxy's no more */
    char hop[TRUNK_LINE];      /* "": where the proxy's URI says */
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
    uint64_t tried, answered, failed, over_capacity, over_rate, inbound; /* calls */
    struct trunk_failure failures[TRUNK_FAILURES];                       /* a ring */
    unsigned failure_count;                                              /* ever */
};

struct trunks { /* control thread */
    unsigned magic;
    struct loop *loop;
    struct ua *ua;
    const struct conf *conf;
    struct trunk **list;
    unsigned count;
};

/* proxy.c */
int proxy_alloc(struct trunk_proxy **proxy, struct trunk *trunk, const char *uri);
bool target_is_open(const struct trunk_target *target);
/* The host of a SIP URI, without port and brackets of IPv6 kept: its length. */
size_t proxy_host(const char *uri, const char **host);

#endif
