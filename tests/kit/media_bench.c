/* media_bench.c: the media plane alone under load: N ports in rooms of K, driven by
 * any RTP generator. Prints "IP PORT" of each port, one a line, to a file, then runs
 * until it is stopped; leg i is expected to send from BASE + 2i.
 * MIXED=1 in the environment: rooms of two are mixed, too.
 *
 *     media_bench LEGS PER_ROOM FILE [BASE [LOW]] */
#include "base/loop.h"
#include "base/mem.h"
#include "net/addr.h"
#include "worker/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void count_closed(const struct stream_stats *stats, void *arg)
{
    struct stream_stats *total = arg;

    total->packets_in += stats->packets_in;
    total->lost += stats->lost;
    total->late += stats->late;
    total->reordered += stats->reordered;
    total->frames_in += stats->frames_in;
    total->frames_concealed += stats->frames_concealed;
}

static int open_leg(struct workers *workers, struct media_room *room, FILE *file, unsigned leg,
                    uint16_t base, struct stream_stats *total)
{
    static const struct media_events events = {.closed = count_closed};
    struct stream_params params = {
        .format = {CODEC_PCMU}, .ptime = 20, .send = true, .receive = true};
    struct media_port *port;
    int err = media_port_open(workers, &events, total, &port);

    if (err)
        return err;
    addr_parse(&params.remote, "127.0.0.1", (uint16_t)(base + 2 * leg));
    media_port_connect(port, &params);
    media_port_join(port, room);
    fprintf(file, "127.0.0.1 %u\n", media_port_number(port));
    return 0;
}

static void print_load(const struct workers *workers)
{
    struct workers_load load;

    workers_load(workers, &load);
    printf("ticks %lu late %lu skipped %lu in %lu out %lu ring_full %lu\n", load.ticks,
           load.late_ticks, load.skipped_ticks, load.packets_in, load.packets_out, load.ring_full);
}

int main(int argc, char **argv)
{
    unsigned legs = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
    unsigned per_room = argc > 2 ? (unsigned)atoi(argv[2]) : 2;
    FILE *file = argc > 3 ? fopen(argv[3], "w") : stdout;
    uint16_t base = (uint16_t)(argc > 4 ? atoi(argv[4]) : 20000);
    uint16_t low = (uint16_t)(argc > 5 ? atoi(argv[5]) : 10000);
    struct workers_conf conf = {
        .port_low = low, .port_high = (uint16_t)(low + 9999), .straight = !getenv("MIXED")};
    struct stream_stats total = {0};
    struct media_room *room = NULL;
    struct workers *workers;
    struct loop *loop;
    int err = loop_alloc(&loop);

    addr_parse(&conf.address, "127.0.0.1", 0);
    if (!err)
        err = workers_start(&workers, &conf, loop);
    for (unsigned i = 0; i < legs && !err; i++) {
        if (i % per_room == 0) {
            mem_unref(room);
            err = media_room_alloc(workers, &room);
        }
        if (!err)
            err = open_leg(workers, room, file, i, base, &total);
    }
    if (err) {
        fprintf(stderr, "media_bench: error %d\n", err);
        return 1;
    }
    fclose(file);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    while (!stopped)
        loop_wait(loop, 200);
    mem_unref(room);
    print_load(workers);
    workers_stop(workers);
    loop_run(loop);
    printf("in %lu lost %lu late %lu reordered %lu frames %lu concealed %lu alive %zu\n",
           total.packets_in, total.lost, total.late, total.reordered, total.frames_in,
           total.frames_concealed, mem_alive());
    mem_unref(loop);
    return 0;
}
