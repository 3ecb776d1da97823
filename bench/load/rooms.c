/* rooms.c: calls in, sings, measures, calls out. */
#include "bench/load/rooms.h"
#include "base/clock.h"
#include "bench/load/run.h"
#include "bench/load/server.h"
#include "bench/load/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 20 }; /* of 1 ms; leg i sends in slot i mod 20 */
static const int64_t SLOT_NS = 1000000;
static const int64_t SECOND_NS = 1000000000;
static const int64_t LATE_NS = 500000000;
static const int64_t SETTLE_NS = 300000000;
static const double HANG_UP_RATE = 400; /* calls a second */

static void enter(struct rooms *rooms, enum phase phase)
{
    rooms->phase = phase;
    rooms->phase_began = clock_mono_ns();
}

static void on_up(unsigned number, const struct sockaddr_in *media, void *arg)
{
    struct rooms *rooms = arg;

    rooms->up++;
    /* A leg that cannot send is told by its listeners, who miss it. */
    (void)leg_start(&rooms->choir.legs[number], media);
}

static void on_over(unsigned number, bool well, void *arg)
{
    struct rooms *rooms = arg;
    (void)well;

    leg_stop(&rooms->choir.legs[number]);
    rooms->over++;
}

/* How many of all should have begun by now, at so many a second. */
static unsigned due(const struct rooms *rooms, double rate)
{
    double spent = (double)(clock_mono_ns() - rooms->phase_began) / 1e9;
    double count = spent * rate + 1;

    return count < rooms->choir.count ? (unsigned)count : rooms->choir.count;
}

static void start_plain(struct rooms *rooms, unsigned number)
{
    struct sockaddr_in peer = rooms->options->server;

    peer.sin_port = htons((uint16_t)(ntohs(peer.sin_port) + 2 * number));
    on_up(number, &peer, rooms);
}

static void call_more(struct rooms *rooms)
{
    const struct options *options = rooms->options;

    for (unsigned until = due(rooms, options->rate); rooms->begun < until; rooms->begun++) {
        struct leg *leg = &rooms->choir.legs[rooms->begun];

        if (options->plain)
            start_plain(rooms, rooms->begun);
        else
            caller_invite(&rooms->caller, rooms->begun, rooms->numbers[leg->room],
                          ntohs(leg->address.sin_port));
    }
    if (rooms->over == rooms->choir.count)
        enter(rooms, DONE);
    else if (rooms->up + rooms->over >= rooms->choir.count)
        enter(rooms, WARMING);
}

static void open_window(struct rooms *rooms)
{
    enter(rooms, MEASURING);
    if (!rooms->options->voice) {
        rooms->choir.window.from = wire_now();
        rooms->choir.window.to = rooms->choir.window.from + rooms->options->seconds * SECOND_NS;
    }
    rooms->cpu_from = server_cpu(rooms->options->pid);
    rooms->own_from = own_cpu();
}

static void close_window(struct rooms *rooms)
{
    rooms->cpu_to = server_cpu(rooms->options->pid);
    rooms->own_to = own_cpu();
    rooms->rss_up = server_rss(rooms->options->pid);
    rooms->measured = clock_mono_ns() - rooms->phase_began;
    enter(rooms, SETTLING);
}

static void hang_up_more(struct rooms *rooms)
{
    for (unsigned until = due(rooms, HANG_UP_RATE); rooms->ended < until; rooms->ended++) {
        if (rooms->options->plain)
            on_over(rooms->ended, true, rooms);
        else
            caller_bye(&rooms->caller, rooms->ended);
    }
    if (rooms->over >= rooms->choir.count)
        enter(rooms, DONE);
}

static void advance(struct rooms *rooms)
{
    int64_t spent = clock_mono_ns() - rooms->phase_began;

    switch (rooms->phase) {
    case CALLING:
        call_more(rooms);
        break;
    case WARMING:
        if (spent >= rooms->options->warmup * SECOND_NS)
            open_window(rooms);
        break;
    case MEASURING:
        if (spent >= rooms->options->seconds * SECOND_NS)
            close_window(rooms);
        break;
    case SETTLING:
        if (spent >= SETTLE_NS)
            enter(rooms, HANGING_UP);
        break;
    case HANGING_UP:
        hang_up_more(rooms);
        break;
    case DONE:
        break;
    }
}

/* A machine that cannot sing so much in the time there is: what is far behind is left out, or we
 * would never get to anything else. */
static void leave_out(struct rooms *rooms, int64_t now)
{
    int64_t late = now - rooms->pace_began - rooms->slots * SLOT_NS;
    unsigned frames = late > LATE_NS ? (unsigned)(late / (SLOTS * SLOT_NS)) : 0;

    rooms->slots += (int64_t)frames * SLOTS;
    if (frames && rooms->phase == MEASURING) {
        rooms->left_out += frames;
        histogram_add(&rooms->lateness, late);
    }
    for (unsigned i = 0; frames && i < rooms->choir.count; i++)
        leg_pause(&rooms->choir.legs[i], frames);
}

/* Each slot that has come sings, also when we are late. */
static void sing(struct rooms *rooms)
{
    int64_t now = clock_mono_ns();

    leave_out(rooms, now);
    for (; rooms->pace_began + rooms->slots * SLOT_NS <= now; rooms->slots++) {
        if (rooms->phase == MEASURING)
            histogram_add(&rooms->lateness, now - rooms->pace_began - rooms->slots * SLOT_NS);
        for (unsigned i = (unsigned)(rooms->slots % SLOTS); i < rooms->choir.count; i += SLOTS) {
            if (rooms->choir.legs[i].singing)
                leg_sing(&rooms->choir.legs[i]);
        }
    }
}

static void on_tick(void *arg)
{
    struct rooms *rooms = arg;

    sing(rooms);
    caller_tick(&rooms->caller);
    advance(rooms);
}

static int open_legs(struct rooms *rooms)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned port = rooms->options->rtp_port;
    int err = inet_pton(AF_INET, rooms->options->local, &address.sin_addr) == 1 ? 0 : EINVAL;

    for (unsigned i = 0; i < rooms->choir.count && !err; i++) {
        struct leg *leg = &rooms->choir.legs[i];

        if (port > UINT16_MAX)
            return EADDRINUSE;
        address.sin_port = htons((uint16_t)port);
        err = leg_open(leg, &rooms->choir, i, &address);
        port = ntohs(leg->address.sin_port) + 2u;
        if (!err)
            err = watch_add(&rooms->watch, &leg->watcher);
    }
    return err;
}

char *room_number(const char *pattern, unsigned room)
{
    const char *place = strstr(pattern, "%d");
    char *number = NULL;
    int size =
        place ? asprintf(&number, "%.*s%u%s", (int)(place - pattern), pattern, room + 1, place + 2)
              : asprintf(&number, "%s", pattern);

    return size < 0 ? NULL : number;
}

static int open_all(struct rooms *rooms)
{
    static const struct caller_events events = {on_up, on_over};
    const struct options *options = rooms->options;
    unsigned count = (options->legs - 1) / options->per_room + 1;
    int err;

    song_compose(&rooms->choir.song, options_voices(options));
    burst_compose(&rooms->choir.burst);
    rooms->choir.per_room = options->per_room;
    rooms->choir.echo = options->echo;
    rooms->choir.voice = options->voice;
    rooms->choir.delay = options->delay;
    rooms->choir.quiet = options->quiet;
    if (options->voice) /* a sound may begin before all calls are up */
        rooms->choir.window.to = INT64_MAX;
    rooms->choir.count = options->legs;
    rooms->choir.legs = calloc(options->legs, sizeof *rooms->choir.legs);
    rooms->numbers = calloc(count, sizeof *rooms->numbers);
    if (!rooms->choir.legs || !rooms->numbers)
        return ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        rooms->numbers[i] = room_number(options->to, i);
        if (!rooms->numbers[i])
            return ENOMEM;
    }
    err = watch_open(&rooms->watch, on_tick, rooms);
    if (!err)
        err = caller_open(&rooms->caller, &options->server, options->local, options->legs,
                          options->timeout, &events, rooms);
    if (!err)
        err = watch_add(&rooms->watch, &rooms->caller.watcher);
    return err ? err : open_legs(rooms);
}

static void close_all(struct rooms *rooms)
{
    unsigned count = (rooms->options->legs - 1) / rooms->options->per_room + 1;

    for (unsigned i = 0; rooms->choir.legs && i < rooms->choir.count; i++)
        leg_close(&rooms->choir.legs[i]);
    for (unsigned i = 0; rooms->numbers && i < count; i++)
        free(rooms->numbers[i]);
    free(rooms->numbers);
    free(rooms->choir.legs);
    caller_close(&rooms->caller);
    watch_close(&rooms->watch);
}

int rooms_run(const struct options *options)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    struct verdict verdict;
    int err;

    if (!rooms)
        return ENOMEM;
    rooms->options = options;
    rooms->watch = WATCH_CLOSED;
    err = open_all(rooms);
    if (err)
        goto out;
    rooms->rss_before = server_rss(options->pid);
    rooms->pace_began = clock_mono_ns();
    enter(rooms, CALLING);
    while (rooms->phase != DONE)
        watch_wait(&rooms->watch);
    rooms->rss_after = server_rss(options->pid);
    rooms_judge(rooms, &verdict);
    err = rooms_report(rooms, &verdict) ? 0 : EPROTO;
out:
    close_all(rooms);
    free(rooms);
    return err;
}
