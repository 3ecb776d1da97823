/* freshness.h: how long a reply may be used again, by its header fields (RFC 9111). */
#ifndef OFFHOOK_PLAYER_FRESHNESS_H
#define OFFHOOK_PLAYER_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

enum { FRESHNESS_GUESS = 60 }; /* [s] of a reply that says nothing */

/* Fields as they came; NULL or "": absent. */
struct freshness_fields {
    const char *cache_control, *age, *expires, *date;
};

struct freshness {
    bool store;   /* false: not to be kept at all */
    int64_t left; /* [ms] it may be used without a question; up to a year */
};

/* We are a shared cache: s-maxage goes before max-age, that before Expires. `now`: wall clock [ms],
 * where the reply has no Date. */
struct freshness freshness_of(const struct freshness_fields *fields, int64_t now);

#endif
