/* ports.c: which pair next. The search starts at a random pair and goes round, so
 * that a number comes back as late as the range allows. Resting pairs wait in a
 * queue in the order of their due times, which all lie one rest ahead. */
#include "net/ports.h"
#include "base/id.h"
#include "base/list.h"
#include "base/mem.h"
#include "net/addr.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MAX = 256 /* packets read off a resting socket at once */ };

struct pair {
    struct list node; /* in ports.resting */
    int64_t due;      /* [ms, monotonic] of the rest's end */
    int rtp, rtcp;
    bool busy; /* open or resting */
};

struct ports { /* control thread */
    struct sockaddr_storage address;
    uint16_t first; /* RTP number of pairs[0] */
    unsigned rest;  /* [ms] */
    size_t count, cursor, busy;
    struct list resting;
    struct pair *pairs;
};

static void shut(struct pair *pair)
{
    close(pair->rtp);
    close(pair->rtcp);
}

static void destroy(void *obj)
{
    struct ports *ports = obj;

    list_each (node, &ports->resting)
        shut(list_entry(node, struct pair, node));
    free(ports->pairs);
}

int ports_alloc(struct ports **portsp, const struct sockaddr_storage *address, uint16_t low,
                uint16_t high, unsigned rest)
{
    unsigned first = (low + 1u) & ~1u;
    struct ports *ports;
    uint32_t random;

    if (!low || high < first + 1)
        return EINVAL;
    ports = mem_alloc(sizeof *ports, destroy);
    if (!ports)
        return ENOMEM;
    list_init(&ports->resting);
    ports->address = *address;
    ports->first = (uint16_t)first;
    ports->rest = rest;
    ports->count = (high - first + 1u) / 2;
    id_random(&random, sizeof random);
    ports->cursor = random % ports->count;
    ports->pairs = calloc(ports->count, sizeof *ports->pairs);
    if (!ports->pairs) {
        mem_unref(ports);
        return ENOMEM;
    }
    *portsp = ports;
    return 0;
}

static int bind_one(int *fdp, const struct sockaddr_storage *address, uint16_t number)
{
    struct sockaddr_storage at = *address;
    int err, fd = socket(at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    addr_set_port(&at, number);
    if (bind(fd, (struct sockaddr *)&at, addr_size(&at)) < 0) {
        err = errno;
        close(fd);
        return err;
    }
    *fdp = fd;
    return 0;
}

static int bind_pair(struct ports *ports, size_t index, struct ports_pair *pair)
{
    uint16_t number = (uint16_t)(ports->first + 2 * index);
    int err = bind_one(&pair->rtp, &ports->address, number);

    if (err)
        return err;
    err = bind_one(&pair->rtcp, &ports->address, (uint16_t)(number + 1));
    if (err) {
        close(pair->rtp);
        return err;
    }
    pair->number = number;
    ports->pairs[index].busy = true;
    ports->busy++;
    return 0;
}

int ports_open(struct ports *ports, struct ports_pair *pair)
{
    for (size_t i = 0; i < ports->count; i++) {
        size_t index = ports->cursor;
        int err;

        ports->cursor = (ports->cursor + 1) % ports->count;
        if (ports->pairs[index].busy)
            continue;
        err = bind_pair(ports, index, pair);
        if (err != EADDRINUSE && err != EACCES) /* another program's: the next one */
            return err;
    }
    return EAGAIN;
}

void ports_close(struct ports *ports, const struct ports_pair *given, int64_t now)
{
    struct pair *pair = &ports->pairs[(given->number - ports->first) / 2];

    assert(pair->busy && !pair->node.next);
    pair->rtp = given->rtp;
    pair->rtcp = given->rtcp;
    pair->due = now + ports->rest;
    list_append(&ports->resting, &pair->node);
}

/* Empties a socket's queue; tells whether there was anything. */
static bool drain(int fd)
{
    char byte;
    bool any = false;

    for (int i = 0; i < DRAIN_MAX; i++) {
        if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
            any = true;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
    }
    return any;
}

void ports_sweep(struct ports *ports, int64_t now)
{
    list_each (node, &ports->resting) {
        struct pair *pair = list_entry(node, struct pair, node);
        bool quiet;

        if (pair->due > now)
            return;
        list_remove(&pair->node);
        quiet = !drain(pair->rtp);
        quiet = !drain(pair->rtcp) && quiet;
        if (quiet) {
            shut(pair);
            pair->busy = false;
            ports->busy--;
        } else {
            pair->due = now + ports->rest;
            list_append(&ports->resting, &pair->node);
        }
    }
}

size_t ports_busy(const struct ports *ports)
{
    return ports->busy;
}
