/* guard.h: who guesses passwords. A source that fails too often is not answered any more for a
 * while, each time for longer: two seconds first, an hour at last. Failures are forgotten with
 * time, one in twenty seconds, so a phone with a wrong password, which tries twice a minute, does
 * not silence its whole office. A user that many sources guess at is guarded more closely: who
 * fails once there is silenced at once, and who knows the password is let in, from wherever.
 *
 * Memory is fixed: when more come than it holds, those that were quiet longest are forgotten.
 * Control thread. */
#ifndef OFFHOOK_REGISTRAR_GUARD_H
#define OFFHOOK_REGISTRAR_GUARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct guard;

enum {
    GUARD_FAILURES = 5,     /* of a source, after which it is silenced */
    GUARD_USER = 20,        /* of a user, after which one is enough */
    GUARD_FORGET = 20000,   /* [ms] for one failure to be forgotten */
    GUARD_SHORTEST = 2000,  /* [ms] of silence */
    GUARD_LONGEST = 3600000 /* [ms] */
};

/* Released with mem_unref(). ENOMEM. */
int guard_alloc(struct guard **guard);

/* Is nobody there answered at `now` [ms, monotonic]? A source is an IPv4 address or the first 64
 * bits of an IPv6 one. */
bool guard_silences(struct guard *guard, const struct sockaddr_storage *source, int64_t now);
/* A password was told, and was right or wrong. Returns for how long [ms] the source is silenced by
 * this; 0: it is not. */
int64_t guard_tried(struct guard *guard, const struct sockaddr_storage *source, const char *user,
                    bool right, int64_t now);

struct guard_counts {
    uint64_t right, wrong, silenced; /* silenced: times that a source was */
};
void guard_counts(const struct guard *guard, struct guard_counts *counts);

#endif
