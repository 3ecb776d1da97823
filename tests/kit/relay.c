/* relay.c: see relay.h. */
#include "relay.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAYS = 1024, SIZE = 1500, BATCH = 64, IDLE = 100 /* [ms] */ };

struct way {
    int fd[2]; /* where it comes in; from where it goes on, connected to `to` */
    struct sockaddr_in from;
    struct impair impair[2]; /* forth, back */
};

struct held {
    double at;       /* [ms] */
    uint64_t number; /* those of one moment go in the order they came */
    struct way *way;
    bool back;
    uint16_t size;
    uint8_t bytes[SIZE];
};

struct relay {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    int epoll;
    bool stop;
    struct way *ways[WAYS];
    unsigned count;
    struct held **heap;
    size_t size;
    uint64_t number, dropped;
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool before(const struct held *a, const struct held *b)
{
    return a->at < b->at || (a->at <= b->at && a->number < b->number);
}

static void push(struct relay *relay, struct held *held)
{
    size_t i = relay->size++;

    for (; i && before(held, relay->heap[(i - 1) / 2]); i = (i - 1) / 2)
        relay->heap[i] = relay->heap[(i - 1) / 2];
    relay->heap[i] = held;
}

static struct held *pop(struct relay *relay)
{
    struct held *first = relay->heap[0], *last = relay->heap[--relay->size];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < relay->size) {
        if (child + 1 < relay->size && before(relay->heap[child + 1], relay->heap[child]))
            child++;
        if (before(last, relay->heap[child]))
            break;
        relay->heap[i] = relay->heap[child];
        i = child;
    }
    relay->heap[i] = last;
    return first;
}

static void send_on(const struct held *held)
{
    const struct way *way = held->way;

    if (!held->back)
        send(way->fd[1], held->bytes, held->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
        sendto(way->fd[0], held->bytes, held->size, MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)&way->from, sizeof way->from);
}

static void hold(struct relay *relay, const struct held *what, double at)
{
    struct held *held = relay->size < RELAY_HELD ? malloc(sizeof *held) : NULL;

    if (!held) {
        relay->dropped++;
        return;
    }
    *held = *what;
    held->at = at;
    held->number = relay->number++;
    push(relay, held);
}

static void take(struct relay *relay, struct way *way, bool back)
{
    struct held held = {.way = way, .back = back};
    struct sockaddr_in from;

    for (int i = 0; i < BATCH; i++) {
        socklen_t length = sizeof from;
        ssize_t size = recvfrom(way->fd[back], held.bytes, SIZE, MSG_DONTWAIT,
                                (struct sockaddr *)&from, &length);
        double at[2];
        unsigned count;

        if (size < 0)
            return;
        if (!back)
            way->from = from;
        held.size = (uint16_t)size;
        count = impair_packet(&way->impair[back], now_ms(), at);
        while (count--)
            hold(relay, &held, at[count]);
    }
}

static void send_due(struct relay *relay)
{
    double now = now_ms();

    while (relay->size && relay->heap[0]->at <= now) {
        struct held *held = pop(relay);

        send_on(held);
        free(held);
    }
}

static int wait_ms(const struct relay *relay)
{
    double left = relay->size ? relay->heap[0]->at - now_ms() : IDLE;

    return left <= 0 ? 0 : left >= IDLE ? IDLE : (int)left + 1;
}

static void *run(void *arg)
{
    struct relay *relay = arg;
    struct epoll_event ready[BATCH];

    pthread_mutex_lock(&relay->lock);
    while (!relay->stop) {
        int timeout = wait_ms(relay), count;

        pthread_mutex_unlock(&relay->lock);
        count = epoll_wait(relay->epoll, ready, BATCH, timeout);
        pthread_mutex_lock(&relay->lock);
        for (int i = 0; i < count; i++)
            take(relay, relay->ways[ready[i].data.u32 / 2], ready[i].data.u32 % 2);
        send_due(relay);
    }
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

int relay_start(struct relay **relayp)
{
    struct relay *relay = calloc(1, sizeof *relay);
    int err = ENOMEM;

    if (!relay)
        return ENOMEM;
    pthread_mutex_init(&relay->lock, NULL);
    relay->heap = calloc(RELAY_HELD, sizeof(struct held *));
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (relay->heap)
        err = relay->epoll < 0 ? errno : pthread_create(&relay->thread, NULL, run, relay);
    if (!err) {
        *relayp = relay;
        return 0;
    }
    if (relay->epoll >= 0)
        close(relay->epoll);
    free(relay->heap);
    free(relay);
    return err;
}

static int open_way(struct way *way, const struct sockaddr_in *to, struct sockaddr_in at[2])
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int room = 1 << 20;

    for (int i = 0; i < 2; i++) {
        way->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (way->fd[i] < 0 || bind(way->fd[i], (struct sockaddr *)&here, sizeof here) < 0)
            return errno;
        setsockopt(way->fd[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    if (connect(way->fd[1], (const struct sockaddr *)to, sizeof *to) < 0)
        return errno;
    for (int i = 0; i < 2; i++) {
        socklen_t length = sizeof at[i];

        if (getsockname(way->fd[i], (struct sockaddr *)&at[i], &length) < 0)
            return errno;
    }
    return 0;
}

static void close_way(struct way *way)
{
    for (int i = 0; i < 2; i++)
        if (way->fd[i] >= 0)
            close(way->fd[i]);
    free(way);
}

static int watch(struct relay *relay, struct way *way)
{
    int err = relay->count == WAYS ? EAGAIN : 0;

    for (uint32_t i = 0; i < 2 && !err; i++) {
        struct epoll_event in = {.events = EPOLLIN, .data.u32 = relay->count * 2 + i};

        if (epoll_ctl(relay->epoll, EPOLL_CTL_ADD, way->fd[i], &in) < 0)
            err = errno;
    }
    if (!err)
        relay->ways[relay->count++] = way;
    return err;
}

int relay_add(struct relay *relay, const struct sockaddr_in *to, const struct impair_conf *forth,
              const struct impair_conf *back, struct sockaddr_in *in, struct sockaddr_in *out)
{
    struct way *way = calloc(1, sizeof *way);
    struct sockaddr_in at[2];
    int err;

    if (!way)
        return ENOMEM;
    way->fd[0] = way->fd[1] = -1;
    impair_start(&way->impair[0], forth);
    impair_start(&way->impair[1], back);
    err = open_way(way, to, at);
    if (!err) {
        pthread_mutex_lock(&relay->lock);
        err = watch(relay, way);
        pthread_mutex_unlock(&relay->lock);
    }
    if (err) {
        close_way(way);
        return err;
    }
    *in = at[0];
    *out = at[1];
    return 0;
}

void relay_counts(struct relay *relay, struct relay_counts *counts)
{
    pthread_mutex_lock(&relay->lock);
    *counts = (struct relay_counts){.dropped = relay->dropped};
    for (unsigned i = 0; i < relay->count; i++) {
        const struct impair *forth = &relay->ways[i]->impair[0], *back = &relay->ways[i]->impair[1];

        counts->forth += forth->packets;
        counts->forth_lost += forth->lost;
        counts->back += back->packets;
        counts->back_lost += back->lost;
    }
    pthread_mutex_unlock(&relay->lock);
}

void relay_stop(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    relay->stop = true;
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
    for (unsigned i = 0; i < relay->count; i++)
        close_way(relay->ways[i]);
    while (relay->size)
        free(pop(relay));
    close(relay->epoll);
    free(relay->heap);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}
