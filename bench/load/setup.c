/* setup.c: calls at a fixed rate: INVITE, 200, ACK, BYE, 200. The sound that comes
 * meanwhile is taken in and dropped. */
#include "base/clock.h"
#include "bench/load/caller.h"
#include "bench/load/run.h"
#include "bench/load/server.h"
#include "bench/load/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAMPLES = 11 }; /* of memory: before, and after each tenth of the calls */

struct setup;

/* The time between a call's ACK and its BYE. */
struct hold {
    struct timer timer;
    struct setup *setup;
};

struct setup {
    const struct options *options;
    struct watch watch;
    struct caller caller;
    struct watcher sink; /* where the server sends sound */
    uint16_t sink_port;
    char **numbers;     /* called, one a room */
    struct hold *holds; /* one a call */
    unsigned begun, over, most_at_once;
    int64_t began, last_begun, ended; /* monotonic [ns] */
    double cpu_from, cpu_to;          /* [s] */
    long rss[SAMPLES];                /* [KiB] */
    unsigned samples;
};

static void drop(void *arg)
{
    struct setup *setup = arg;
    char packet[2048];
    int64_t arrived;

    while (wire_read(setup->sink.fd, packet, sizeof packet, &arrived) >= 0)
        ;
}

static void on_held(void *arg)
{
    struct hold *hold = arg;

    caller_bye(&hold->setup->caller, (unsigned)(hold - hold->setup->holds));
}

static void on_up(unsigned number, const struct sockaddr_in *media, void *arg)
{
    struct setup *setup = arg;
    struct hold *hold = &setup->holds[number];
    (void)media;

    hold->setup = setup;
    if (setup->options->hold == 0 ||
        timer_start(&setup->caller.timers, &hold->timer, setup->options->hold, on_held, hold))
        on_held(hold);
}

static void on_over(unsigned number, bool well, void *arg)
{
    struct setup *setup = arg;
    (void)number;
    (void)well;

    setup->over++;
    while ((uint64_t)setup->over * (SAMPLES - 1) >=
           (uint64_t)setup->options->calls * setup->samples)
        setup->rss[setup->samples++] = server_rss(setup->options->pid);
    if (setup->over == setup->options->calls) {
        setup->ended = clock_mono_ns();
        setup->cpu_to = server_cpu(setup->options->pid);
    }
}

/* Calls go two by two into the same room. */
static void call_more(struct setup *setup)
{
    const struct options *options = setup->options;
    double due = (double)(clock_mono_ns() - setup->began) / 1e9 * options->rate + 1;

    for (; setup->begun < options->calls && setup->begun < due; setup->begun++) {
        caller_invite(&setup->caller, setup->begun,
                      setup->numbers[setup->begun / 2 % options->rooms], setup->sink_port);
        setup->last_begun = clock_mono_ns();
        if (setup->begun + 1 - setup->over > setup->most_at_once)
            setup->most_at_once = setup->begun + 1 - setup->over;
    }
}

static void on_tick(void *arg)
{
    struct setup *setup = arg;

    caller_tick(&setup->caller);
    call_more(setup);
}

static int open_sink(struct setup *setup)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int err;

    if (inet_pton(AF_INET, setup->options->local, &address.sin_addr) != 1)
        return EINVAL;
    address.sin_port = htons((uint16_t)setup->options->rtp_port);
    err = wire_open(&setup->sink.fd, &address);
    setup->sink_port = ntohs(address.sin_port);
    return err ? err : watch_add(&setup->watch, &setup->sink);
}

static int open_all(struct setup *setup)
{
    static const struct caller_events events = {on_up, on_over};
    const struct options *options = setup->options;
    int err;

    setup->numbers = calloc(options->rooms, sizeof *setup->numbers);
    setup->holds = calloc(options->calls, sizeof *setup->holds);
    if (!setup->numbers || !setup->holds)
        return ENOMEM;
    for (unsigned i = 0; i < options->rooms; i++) {
        setup->numbers[i] = room_number(options->to, i);
        if (!setup->numbers[i])
            return ENOMEM;
    }
    err = watch_open(&setup->watch, on_tick, setup);
    if (!err)
        err = caller_open(&setup->caller, &options->server, options->local, options->calls,
                          options->timeout, &events, setup);
    if (!err)
        err = watch_add(&setup->watch, &setup->caller.watcher);
    return err ? err : open_sink(setup);
}

static void close_all(struct setup *setup)
{
    for (unsigned i = 0; setup->numbers && i < setup->options->rooms; i++)
        free(setup->numbers[i]);
    free(setup->numbers);
    free(setup->holds);
    if (setup->sink.fd >= 0)
        close(setup->sink.fd);
    caller_close(&setup->caller);
    watch_close(&setup->watch);
}

static void print_cost(const struct setup *setup)
{
    if (setup->options->pid && setup->cpu_from >= 0 && setup->cpu_to >= 0)
        printf(",\"cpu_ms_per_call\":%.3f",
               (setup->cpu_to - setup->cpu_from) * 1e3 / setup->options->calls);
    printf(",\"rss_kib\":[");
    for (unsigned i = 0; i < setup->samples; i++)
        printf("%s%ld", i ? "," : "", setup->rss[i]);
    printf("]");
}

static bool report(const struct setup *setup)
{
    const struct caller_counts *counts = &setup->caller.counts;
    const struct histogram *times = &setup->caller.setup;
    bool right = counts->failed == 0;

    printf("{\"mode\":\"setup\",\"right\":%s,\"calls\":%u,\"rate\":%.0f,\"hold_ms\":%u",
           right ? "true" : "false", setup->options->calls, setup->options->rate,
           setup->options->hold);
    printf(",\"rate_kept\":%.1f,\"seconds\":%.2f,\"most_at_once\":%u",
           setup->begun / ((double)(setup->last_begun - setup->began) / 1e9 + 1e-3),
           (double)(setup->ended - setup->began) / 1e9, setup->most_at_once);
    printf(",\"failed\":%u,\"last_failure\":%d,\"retransmitted\":%lu", counts->failed,
           counts->last_status, counts->retransmitted);
    printf(",\"setup_ms\":[%.2f,%.2f,%.2f]", histogram_ms(times, 0.5), histogram_ms(times, 0.99),
           histogram_max_ms(times));
    print_cost(setup);
    printf("}\n");
    return right;
}

int setup_run(const struct options *options)
{
    struct setup *setup = calloc(1, sizeof *setup);
    int err;

    if (!setup)
        return ENOMEM;
    setup->options = options;
    setup->watch = WATCH_CLOSED;
    setup->sink = (struct watcher){drop, setup, -1};
    err = open_all(setup);
    if (err)
        goto out;
    setup->cpu_from = server_cpu(options->pid);
    setup->rss[setup->samples++] = server_rss(options->pid);
    setup->began = clock_mono_ns();
    while (setup->over < options->calls)
        watch_wait(&setup->watch);
    err = report(setup) ? 0 : EPROTO;
out:
    close_all(setup);
    free(setup);
    return err;
}
