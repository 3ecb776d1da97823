/* limiter.h: how often one source may do something: a token bucket a source.
 * Memory is fixed; when more sources come than it holds, the one that was away
 * longest among its neighbours is forgotten. Used by one thread at a time. */
#ifndef OFFHOOK_NET_LIMITER_H
#define OFFHOOK_NET_LIMITER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter;

/* Each source may do `burst` things at once and `rate` a second in the long run;
 * room for about `sources` of them. Released with mem_unref(). EINVAL for a rate
 * or burst that is not positive; ENOMEM. */
int limiter_alloc(struct limiter **limiter, double rate, double burst, size_t sources);

/* Takes one token of the source at `now` [ms, monotonic]; false: none is left.
 * A source is an IPv4 address or the first 64 bits of an IPv6 one; ports do not
 * count. */
bool limiter_admit(struct limiter *limiter, const struct sockaddr_storage *source, int64_t now);

#endif
