/* guard.c: two hashes of small sets, of sources and of users; a cell is a bucket that leaks. The
 * hash is keyed with a random number, so nobody can aim at a set. */
#include "registrar/guard.h"
#include "base/id.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, SETS = 2048 };
enum { CALM = 86400000 }; /* [ms] without a failure, after which a source is as good as new */

struct cell {
    uint64_t key; /* 0: free */
    int64_t last; /* [ms, monotonic] */
    int64_t until;
    double failures;
    unsigned times; /* it was silenced */
};

struct guard {
    uint64_t seed;
    struct cell *sources, *users; /* SETS of WAYS each */
    struct guard_counts counts;
};

static void destroy(void *obj)
{
    struct guard *guard = obj;

    free(guard->sources);
    free(guard->users);
}

int guard_alloc(struct guard **guardp)
{
    struct guard *guard = mem_alloc(sizeof *guard, destroy);

    if (!guard)
        return ENOMEM;
    id_random(&guard->seed, sizeof guard->seed);
    guard->sources = calloc((size_t)SETS * WAYS, sizeof *guard->sources);
    guard->users = calloc((size_t)SETS * WAYS, sizeof *guard->users);
    if (!guard->sources || !guard->users) {
        mem_unref(guard);
        return ENOMEM;
    }
    *guardp = guard;
    return 0;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static uint64_t key_of_source(const struct guard *guard, const struct sockaddr_storage *source)
{
    const struct sockaddr_in *four = (const void *)source;
    const struct sockaddr_in6 *six = (const void *)source;
    uint64_t key = 0;

    if (source->ss_family == AF_INET)
        key = UINT64_C(1) << 32 | four->sin_addr.s_addr;
    else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        key = UINT64_C(1) << 32 | six->sin6_addr.s6_addr32[3];
    else
        memcpy(&key, &six->sin6_addr, sizeof key);
    key = mix(key ^ guard->seed);
    return key ? key : 1;
}

static uint64_t key_of_user(const struct guard *guard, const char *user)
{
    uint64_t key = guard->seed;

    while (*user)
        key = mix(key ^ (unsigned char)*user++);
    return key ? key : 1;
}

static struct cell *find(struct cell *cells, uint64_t key)
{
    struct cell *set = cells + (key & (SETS - 1)) * WAYS;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
    }
    return NULL;
}

/* The one that was quiet longest gives its place. */
static struct cell *take(struct cell *cells, uint64_t key, int64_t now)
{
    struct cell *known = find(cells, key), *set = cells + (key & (SETS - 1)) * WAYS;
    struct cell *oldest = set;

    if (known)
        return known;
    for (int i = 0; i < WAYS; i++) {
        if (!set[i].key) {
            oldest = &set[i];
            break;
        }
        if (set[i].last < oldest->last)
            oldest = &set[i];
    }
    *oldest = (struct cell){.key = key, .last = now};
    return oldest;
}

/* One more failure, less those that time has forgotten. */
static void add(struct cell *cell, int64_t now)
{
    if (now - cell->last >= CALM)
        cell->times = 0;
    cell->failures -= (double)(now - cell->last) / GUARD_FORGET;
    if (cell->failures < 0)
        cell->failures = 0;
    cell->failures += 1;
    cell->last = now;
}

static int64_t silence(struct guard *guard, struct cell *source, int64_t now)
{
    int64_t length = GUARD_SHORTEST;

    for (unsigned i = 0; i < source->times && length < GUARD_LONGEST; i++)
        length *= 2;
    if (length > GUARD_LONGEST)
        length = GUARD_LONGEST;
    source->times++;
    source->until = now + length;
    guard->counts.silenced++;
    return length;
}

bool guard_silences(struct guard *guard, const struct sockaddr_storage *source, int64_t now)
{
    const struct cell *cell = find(guard->sources, key_of_source(guard, source));

    return cell && now < cell->until;
}

int64_t guard_tried(struct guard *guard, const struct sockaddr_storage *source, const char *user,
                    bool right, int64_t now)
{
    struct cell *from, *at;

    if (right) { /* forgives nothing: one good password does not pay for guessing at others */
        guard->counts.right++;
        return 0;
    }
    guard->counts.wrong++;
    from = take(guard->sources, key_of_source(guard, source), now);
    at = take(guard->users, key_of_user(guard, user), now);
    add(from, now);
    add(at, now);
    if (from->failures <= GUARD_FAILURES - 1 && at->failures <= GUARD_USER - 1)
        return 0;
    return silence(guard, from, now);
}

void guard_counts(const struct guard *guard, struct guard_counts *counts)
{
    *counts = guard->counts;
}
