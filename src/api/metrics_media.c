/* metrics_media.c: sound in /metrics. All of it are sums that workers and legs keep anyway: no
 * worker is asked, and no leg is walked to. */
#include "api/metrics.h"

#include <inttypes.h>

static void write_load(FILE *out, const struct workers *workers)
{
    struct workers_load load;

    workers_load(workers, &load);
    metrics_gauge(out, "media_workers", "Media threads.", load.workers);
    metrics_gauge(out, "media_ports", "RTP ports open.", load.ports);
    metrics_gauge(out, "media_rooms", "Mixers.", load.rooms);
    metrics_gauge(out, "media_straight_ports", "RTP ports that hear each other past the mixer.",
                  load.straight);
    metrics_gauge(out, "media_fill_ratio", "Share of its time the busiest media thread works.",
                  load.fill);
    metrics_head(out, "media_worker_fill_ratio", "gauge",
                 "Share of its time each media thread works.");
    for (unsigned i = 0; i < load.workers; i++)
        fprintf(out, "offhook_media_worker_fill_ratio{worker=\"%u\"} %.15g\n", i,
                workers_fill(workers, i));
    metrics_counter(out, "media_ticks_total", "Ticks of 5 ms.", (double)load.ticks);
    metrics_counter(out, "media_late_ticks_total", "Ticks that began late.",
                    (double)load.late_ticks);
    metrics_counter(out, "media_skipped_ticks_total", "Ticks left out.",
                    (double)load.skipped_ticks);
    metrics_counter(out, "media_packets_in_total", "RTP packets received.",
                    (double)load.packets_in);
    metrics_counter(out, "media_packets_out_total", "RTP packets sent.", (double)load.packets_out);
    metrics_counter(out, "media_late_parts_total",
                    "Frames of a part of a conversation that another part did not wait for.",
                    (double)load.late_parts);
    metrics_counter(out, "media_ring_full_total", "Messages that found a full ring.",
                    (double)load.ring_full);
}

static void write_packets(FILE *out, const struct workers_sound *sound)
{
    metrics_counter(out, "media_packets_lost_total", "RTP packets that never came.",
                    (double)sound->lost);
    metrics_counter(out, "media_packets_late_total", "RTP packets that came too late to be heard.",
                    (double)sound->late);
    metrics_counter(out, "media_packets_strange_total",
                    "Packets from addresses that are no peer's.", (double)sound->strange);
    metrics_counter(out, "media_packets_invalid_total",
                    "Packets that are no RTP, or of a payload type that was not agreed.",
                    (double)sound->invalid);
}

static void write_frames(FILE *out, const struct workers_sound *sound)
{
    static const char name[] = "media_frames_total";
    const struct {
        const char *kind;
        uint64_t count;
    } rows[] = {
        {"heard", sound->frames},        {"concealed", sound->concealed},
        {"recovered", sound->recovered}, {"comfort_noise", sound->comfort},
        {"adjusted", sound->adjusted},
    };

    metrics_head(out, name, "counter",
                 "Frames of 20 ms heard as sent, concealed, told by FEC, of comfort noise, or "
                 "dropped or made up for the clock.");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        fprintf(out, "offhook_%s{kind=\"%s\"} %" PRIu64 "\n", name, rows[i].kind, rows[i].count);
}

static void write_delay(FILE *out, const struct workers_sound *sound)
{
    double bounds[STREAM_DELAYS - 1];

    for (int i = 0; i < STREAM_DELAYS - 1; i++)
        bounds[i] = stream_delay_bounds[i] / 1000.0;
    metrics_histogram(out, &(struct metrics_histogram){
                               .name = "bridge_delay_seconds",
                               .help = "From the arrival of sound to its way out to the others.",
                               .bounds = bounds,
                               .counts = sound->delay,
                               .classes = STREAM_DELAYS,
                               .sum = sound->delay_sum});
}

static void write_ended(FILE *out, const struct leg_sums *sums)
{
    metrics_histogram(
        out, &(struct metrics_histogram){"leg_mos", "Score (E-model) of legs that ended.",
                                         leg_mos_bounds, sums->mos, LEG_MOS, sums->mos_sum});
    metrics_histogram(out, &(struct metrics_histogram){
                               "leg_loss_percent", "Packets that never came of legs that ended.",
                               leg_loss_bounds, sums->loss, LEG_LOSS, sums->loss_sum});
    metrics_histogram(out, &(struct metrics_histogram){
                               "leg_jitter_milliseconds",
                               "Largest interarrival jitter (RFC 3550) of legs that ended.",
                               leg_jitter_bounds, sums->jitter, LEG_JITTER, sums->jitter_sum});
}

static void write_problems(FILE *out, const struct leg_sums *sums)
{
    static const char name[] = "media_problems_total";

    metrics_head(out, name, "counter", "Legs that were not heard, by what was wrong.");
    for (int i = 0; i < STREAM_PROBLEMS; i++)
        fprintf(out, "offhook_%s{problem=\"%s\"} %" PRIu64 "\n", name,
                leg_problem_text((enum stream_problem)i), sums->problems[i]);
}

void metrics_media(FILE *out, const struct api_conf *conf)
{
    const struct leg_sums *sums = &bridge_plane(conf->bridge)->sums;
    struct workers_sound sound;

    write_load(out, conf->workers);
    workers_sound(conf->workers, &sound);
    write_packets(out, &sound);
    write_frames(out, &sound);
    write_delay(out, &sound);
    write_ended(out, sums);
    write_problems(out, sums);
}
