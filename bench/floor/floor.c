/* floor.c: the least a bridge can cost on this machine: for each leg one receive, one
 * send and its share of a mix every 20 ms, with a socket a leg on one epoll, and
 * nothing else: no SIP, no RTP checks, no jitter buffer, one thread. What `load
 * --plain` finds here is what the daemon's cost a leg is held against.
 *
 *     floor LEGS PER_ROOM PORT SPEAKERS      leg i is bound to 127.0.0.1:PORT + 2 i
 *
 * The first SPEAKERS legs of a room are mixed. The others all hear the same, which is encoded
 * once; what they send is received and dropped. */
#include "audio/g711.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    HEADER = 12,
    FRAME = 160, /* [samples] and [bytes]: 20 ms of PCMU */
    GROUPS = 20, /* rooms are mixed in turns of 1 ms, spread over the 20 */
    TURN_NS = 1000000,
    BATCH = 64,
    PRIORITY = 10
};

struct leg {
    int fd;
    bool known, fresh; /* the peer's address; a frame to mix */
    bool speaks;
    uint16_t sequence;
    uint8_t packet[HEADER + FRAME];
    int16_t samples[FRAME];
};

struct floor {
    struct leg *legs;
    unsigned count, per_room, speakers;
    int epoll, timer;
    unsigned turn;
};

static int leg_open(struct floor *floor, struct leg *leg, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = leg};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    leg->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (leg->fd < 0 || bind(leg->fd, (struct sockaddr *)&address, sizeof address))
        return errno;
    return epoll_ctl(floor->epoll, EPOLL_CTL_ADD, leg->fd, &event) ? errno : 0;
}

/* The first packet tells where the peer is; from then on both ways are bare. */
static void leg_read(struct leg *leg)
{
    uint8_t packet[1500];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    ssize_t got;

    if (leg->known)
        got = recv(leg->fd, packet, sizeof packet, 0);
    else
        got = recvfrom(leg->fd, packet, sizeof packet, 0, (struct sockaddr *)&peer, &size);
    if (got < HEADER + FRAME)
        return;
    if (!leg->known)
        leg->known = connect(leg->fd, (struct sockaddr *)&peer, size) == 0;
    if (!leg->speaks)
        return;
    g711_ulaw_decode(leg->samples, packet + HEADER, FRAME);
    leg->fresh = true;
}

static int16_t clip(int32_t value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

/* What one hears whose own voice is `own` (NULL: silent) in the sum. */
static void encode(uint8_t out[FRAME], const int32_t *sum, const int16_t *own)
{
    int16_t heard[FRAME];

    for (unsigned i = 0; i < FRAME; i++)
        heard[i] = clip(own ? sum[i] - own[i] : sum[i]);
    g711_ulaw_encode(out, heard, FRAME);
}

static void leg_send(struct leg *leg)
{
    uint32_t timestamp = htonl((uint32_t)leg->sequence * FRAME);
    uint16_t sequence = htons(leg->sequence++);

    leg->packet[0] = 0x80;
    memcpy(leg->packet + 2, &sequence, sizeof sequence);
    memcpy(leg->packet + 4, &timestamp, sizeof timestamp);
    memcpy(leg->packet + 8, &leg->fd, sizeof leg->fd);
    (void)!send(leg->fd, leg->packet, sizeof leg->packet, 0);
}

static void room_mix(struct leg *legs, unsigned count)
{
    int32_t sum[FRAME] = {0};
    uint8_t common[FRAME];

    for (unsigned leg = 0; leg < count; leg++) {
        for (unsigned i = 0; i < FRAME && legs[leg].fresh; i++)
            sum[i] += legs[leg].samples[i];
    }
    encode(common, sum, NULL);
    for (unsigned leg = 0; leg < count; leg++) {
        if (legs[leg].fresh)
            encode(legs[leg].packet + HEADER, sum, legs[leg].samples);
        else
            memcpy(legs[leg].packet + HEADER, common, FRAME);
        if (legs[leg].known)
            leg_send(&legs[leg]);
        legs[leg].fresh = false;
    }
}

static void take_turn(struct floor *floor)
{
    unsigned first = floor->turn++ % GROUPS * floor->per_room;

    for (; first < floor->count; first += GROUPS * floor->per_room) {
        unsigned left = floor->count - first;

        room_mix(&floor->legs[first], left < floor->per_room ? left : floor->per_room);
    }
}

static void serve(struct floor *floor)
{
    struct epoll_event events[BATCH];
    int count = epoll_wait(floor->epoll, events, BATCH, -1);

    for (int i = 0; i < count; i++) {
        uint64_t turns = 0;

        if (events[i].data.ptr)
            leg_read(events[i].data.ptr);
        else if (read(floor->timer, &turns, sizeof turns) == sizeof turns)
            while (turns--)
                take_turn(floor);
    }
}

static int floor_open(struct floor *floor, unsigned port)
{
    struct itimerspec every = {{0, TURN_NS}, {0, TURN_NS}};
    struct epoll_event event = {.events = EPOLLIN};
    int err = 0;

    floor->legs = calloc(floor->count, sizeof *floor->legs);
    floor->epoll = epoll_create1(EPOLL_CLOEXEC);
    floor->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!floor->legs || floor->epoll < 0 || floor->timer < 0)
        return errno;
    if (timerfd_settime(floor->timer, 0, &every, NULL) ||
        epoll_ctl(floor->epoll, EPOLL_CTL_ADD, floor->timer, &event))
        return errno;
    for (unsigned i = 0; i < floor->count && !err; i++) {
        floor->legs[i].speaks = i % floor->per_room < floor->speakers;
        err = leg_open(floor, &floor->legs[i], port + 2 * i);
    }
    return err;
}

/* As the daemon's media workers do, where it is allowed. */
static void run_in_real_time(void)
{
    (void)!sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
}

static unsigned number(const char *text)
{
    unsigned long value = text ? strtoul(text, NULL, 10) : 0;

    return value > 0 && value <= UINT16_MAX ? (unsigned)value : 0;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    struct floor floor = {0};
    unsigned port = argc == 5 ? number(argv[3]) : 0;
    int err;

    floor.count = argc == 5 ? number(argv[1]) : 0;
    floor.per_room = argc == 5 ? number(argv[2]) : 0;
    floor.speakers = argc == 5 ? number(argv[4]) : 0;
    if (!floor.count || !floor.per_room || !floor.speakers || !port ||
        port + 2 * floor.count > UINT16_MAX) {
        fprintf(stderr, "usage: floor LEGS PER_ROOM PORT SPEAKERS\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    err = floor_open(&floor, port);
    if (err) {
        fprintf(stderr, "floor: %s\n", strerror(err));
        free(floor.legs);
        return 1;
    }
    run_in_real_time();
    fprintf(stderr, "ready\n");
    for (;;)
        serve(&floor);
}
