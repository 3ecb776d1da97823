/* limiter.c: a hash of small sets. A source lives in one of the few cells of its
 * set; the hash is keyed with a random number, so nobody can aim at a set. */
#include "net/limiter.h"
#include "base/id.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4 };

struct cell {
    uint64_t source; /* 0: free */
    int64_t last;    /* [ms, monotonic] */
    double tokens;
};

struct limiter {
    double rate, burst; /* tokens a second; most a cell holds */
    uint64_t seed;
    size_t sets; /* a power of two */
    struct cell *cells;
};

static void destroy(void *obj)
{
    struct limiter *limiter = obj;

    free(limiter->cells);
}

int limiter_alloc(struct limiter **limiterp, double rate, double burst, size_t sources)
{
    struct limiter *limiter;

    if (!(rate > 0) || !(burst >= 1))
        return EINVAL;
    limiter = mem_alloc(sizeof *limiter, destroy);
    if (!limiter)
        return ENOMEM;
    limiter->rate = rate;
    limiter->burst = burst;
    id_random(&limiter->seed, sizeof limiter->seed);
    for (limiter->sets = 1; limiter->sets * WAYS < sources;)
        limiter->sets *= 2;
    limiter->cells = calloc(limiter->sets * WAYS, sizeof *limiter->cells);
    if (!limiter->cells) {
        mem_unref(limiter);
        return ENOMEM;
    }
    *limiterp = limiter;
    return 0;
}

/* The address as a number that is never 0: IPv4 with a bit that no prefix of the
 * global IPv6 space has beside it, or an IPv6 /64. */
static uint64_t source_of(const struct sockaddr_storage *from)
{
    uint64_t source = 0;

    if (from->ss_family == AF_INET)
        return UINT64_C(1) << 32 |
               ((const struct sockaddr_in *)(const void *)from)->sin_addr.s_addr;
    if (from->ss_family == AF_INET6)
        memcpy(&source, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
               sizeof source);
    return source ? source : 1;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static struct cell *cell_of(struct limiter *limiter, uint64_t source, int64_t now)
{
    struct cell *set = limiter->cells + (mix(source ^ limiter->seed) & (limiter->sets - 1)) * WAYS;
    struct cell *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].source == source)
            return &set[i];
        if (!set[i].source || (oldest->source && set[i].last < oldest->last))
            oldest = &set[i];
    }
    *oldest = (struct cell){.source = source, .last = now, .tokens = limiter->burst};
    return oldest;
}

bool limiter_admit(struct limiter *limiter, const struct sockaddr_storage *source, int64_t now)
{
    struct cell *cell = cell_of(limiter, source_of(source), now);

    if (now > cell->last) {
        cell->tokens += (double)(now - cell->last) * limiter->rate / 1000.0;
        if (cell->tokens > limiter->burst)
            cell->tokens = limiter->burst;
        cell->last = now;
    }
    if (cell->tokens < 1)
        return false;
    cell->tokens -= 1;
    return true;
}
