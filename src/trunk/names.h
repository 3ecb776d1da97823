/* names.h: what the host of a SIP URI stands for: NAPTR, SRV and addresses, as RFC 3263 has them
 * found. A thread of its own asks (c-ares); who asks gets the answer on the control thread. */
#ifndef OFFHOOK_TRUNK_NAMES_H
#define OFFHOOK_TRUNK_NAMES_H

#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_PLACES = 16, NAMES_HOP = 96, NAMES_WHY = 96 };

struct names_place {
    char hop[NAMES_HOP]; /* "sip:192.0.2.1:5060;transport=udp" */
    unsigned priority, weight;
};
struct names_answer {
    struct names_place places[NAMES_PLACES];
    unsigned count; /* 0: none was found */
    unsigned ttl;   /* [s] it is good for */
    bool by_srv;
    char why[NAMES_WHY]; /* of none: what the servers said */
};
typedef void names_h(const struct names_answer *answer, void *arg);

struct names;
/* servers: "ADDRESS:PORT"; none: the system's. Control thread, all of it. */
int names_start(struct names **names, struct loop *control, const char *const *servers,
                size_t count);
/* `done` comes exactly once, later, on control: also after names_stop(), with none. EINVAL: the URI
 * has no host; ENOMEM. */
int names_ask(struct names *names, const char *uri, names_h *done, void *arg);
/* Is there anything to ask? Not about a numeric host. */
bool names_is_numeric(const char *uri);
/* Ends the thread; what was asked is answered with none at the control loop's next turn. */
void names_stop(struct names *names);

#endif
