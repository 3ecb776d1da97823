/* trunk.h: the trunks of the configuration, alive: where a call may go, in which order, who may be
 * asked now, and what carriers said. Knows no sound. Control thread.
 *
 * A trunk has proxies, in order of trial; a proxy has targets, the addresses its name stands for. A
 * target that does not answer OPTIONS, or told us to stay away for a while (503 with Retry-After),
 * is passed over as long as another one can take the call. */
#ifndef OFFHOOK_TRUNK_TRUNK_H
#define OFFHOOK_TRUNK_TRUNK_H

#include "base/loop.h"
#include "conf/conf.h"
#include "ua/ua.h"

#include <jansson.h>
#include <stdint.h>

struct trunks;
struct trunk;

struct trunks_conf {
    struct loop *loop;
    struct ua *ua; /* NULL: neither registers nor pings */
    const struct conf *conf;
};
/* Configurations must outlive the trunks. ENOMEM. */
int trunks_start(struct trunks **trunks, const struct trunks_conf *conf);
/* Another configuration: a trunk of the same name keeps its state, as far as it is the same.
 * ENOMEM: it is as before. */
int trunks_configure(struct trunks *trunks, const struct conf *conf);
/* Takes back registrations; nothing is told or asked any more. Afterwards mem_unref(). */
void trunks_stop(struct trunks *trunks);

/* NULL: none. Borrowed. trunks may be NULL. */
struct trunk *trunk_find(struct trunks *trunks, const char *name);
/* Of that name, or the first one with a proxy at that host (with port or not). */
struct trunk *trunk_named(struct trunks *trunks, const char *name);
struct trunk *trunk_of_extensions(struct trunks *trunks);
/* Whose calls come from the address. */
struct trunk *trunk_from(struct trunks *trunks, const struct sockaddr_storage *address);
/* The same of who has proved to be that user (inbound_user; NULL: nobody was asked). */
struct trunk *trunk_of_caller(struct trunks *trunks, const struct sockaddr_storage *address,
                              const char *user);
const struct conf_trunk *trunk_conf(const struct trunk *trunk); /* NULL stays NULL */

/* Where a call is tried. */

struct trunk_target;
struct trunk_attempt {
    char *uri;                   /* the request's */
    struct trunk *trunk;         /* NULL: by none */
    struct trunk_target *target; /* of the trunk; NULL: none */
    bool secure;                 /* under SRTP or not at all: the URI had ;media=srtp */
    unsigned timeout;            /* [ms] without an answer until the next is tried; 0: none. With
                                    one, ringing keeps nobody from being tried after it */
};
struct trunk_route { /* released with mem_unref() */
    struct trunk_attempt *attempts;
    unsigned count;
};
/* A number: the trunks with its longest prefix, in the order of the file, each with its proxies.
 * ENOENT: no trunk takes it. */
int trunk_route_phone(struct trunks *trunks, const char *digits, struct trunk_route **route);
/* A user ("": none) at the trunk, as it is (escaped). ENOENT for NULL. */
int trunk_route_user(struct trunk *trunk, const char *user, struct trunk_route **route);
/* SIP URIs by themselves, "sip:a@x;timeout=2000, sip:b@y": each is given its timeout, 2000 to 20000
 * [ms], or 5000; a lone one only what it says. EINVAL: more than 16, or none. */
int trunk_route_uris(const char *uris, struct trunk_route **route);

/* Where the contacts of a 3xx to that attempt lead (URIs with a space between them), as far as its
 * trunk may follow there. EPERM: nowhere. */
int trunk_route_redirect(const struct trunk_attempt *from, const char *contacts,
                         struct trunk_route **route);

/* One more call there; EDQUOT: as many as it may have at once; EAGAIN: as many as it may begin in a
 * second. trunk_end() gives it back. Both take NULL, as no trunk. */
int trunk_begin(struct trunk *trunk);
void trunk_begin_inbound(struct trunk *trunk); /* counts, whatever the capacity */
void trunk_end(struct trunk *trunk);

/* Who calls. */
struct trunk_caller {
    const char *number;   /* digits; NULL: withheld */
    const char *name;     /* instead of a number: a user part; or NULL */
    const char *diverted; /* digits of who was called first, or NULL */
};
enum { TRUNK_WORD = 128, TRUNK_LINE = 400, TRUNK_HEADERS = 5 };
/* What an INVITE to the attempt says of us; texts lie in here, or in the attempt. */
struct trunk_words {
    char from_user[TRUNK_WORD], from_host[TRUNK_LINE / 2 + 60];
    char lines[TRUNK_HEADERS][TRUNK_LINE];
    struct ua_header headers[TRUNK_HEADERS];
    unsigned header_count;
    char route[1024], hop[TRUNK_LINE];
};
/* Fills uri, from_*, route, next_hop and credentials of the target; headers are told in words. */
void trunk_address(const struct trunk_attempt *attempt, const struct trunk_caller *caller,
                   struct trunk_words *words, struct dialog_target *target);

/* What came of it, for every attempt. */
struct trunk_outcome {
    int status;                          /* of the final response; 200: answered */
    int err;                             /* no response came: why (ETIMEDOUT …); else 0 */
    bool cancelled;                      /* we gave up first */
    const char *phrase, *warning, *from; /* or NULL */
    const char *codecs;                  /* ours, as offered, or NULL */
    const char *theirs;                  /* those of the SDP in a refusal, or NULL */
    unsigned retry_after;                /* [s]; 0: not told */
};
void trunk_told(const struct trunk_attempt *attempt, const struct trunk_outcome *outcome);
/* Is another one tried after it, when nothing rang? */
bool trunk_goes_on(const struct trunk_attempt *attempt, int status);

/* Who is called: the request's user; the one of To (NULL: unknown) where that is the name we
 * registered as, since some carriers send all calls there and have the number in To only. */
const char *trunk_called(const struct trunk *trunk, const char *user, const char *to);
/* A number of a trunk's inbound call as rules have it; out is `user` when there are none. */
void trunk_read_number(const struct trunk *trunk, const char *user, char *out, size_t size);

/* For people. */

/* "up", "degraded": some targets are passed over, "down": all are */
const char *trunk_state(const struct trunk *trunk);
/* Its state as REST tells it: decref. */
json_t *trunk_json(const struct trunk *trunk);
json_t *trunks_json(const struct trunks *trunks); /* an array of all */

/* The doctor: asks every target, and tells in sentences what is wrong and which setting to look at:
 * {name, ok, findings: [{level, subject, text, setting}], trunk}. The report is done's to decref;
 * `done` comes exactly once, maybe at once. ESHUTDOWN, ENOMEM: not called. */
typedef void trunk_check_h(json_t *report, void *arg);
int trunk_check(struct trunk *trunk, trunk_check_h *done, void *arg);

/* For /metrics. */
struct trunk_facts {
    const char *name;
    unsigned calls, targets, open;
    bool registers, registered;
    uint64_t inbound, tried, answered, failed, over_capacity, over_rate;
};
void trunks_each(struct trunks *trunks, void (*each)(const struct trunk_facts *facts, void *arg),
                 void *arg);

#endif
