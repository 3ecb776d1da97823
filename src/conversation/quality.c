/* quality.c: how the sound of a leg is, as JSON. */
#include "conversation/private.h"
#include "base/clock.h"

#include <math.h>

enum { FRAMES_A_MINUTE = 3000 };

#define MOS_BEST 4.41 /* of the E-model: nothing lost, no delay */

/* Figures are for people: more than three places say nothing. */
static json_t *rounded(double value)
{
    return json_real(isfinite(value) ? round(value * 1000) / 1000 : 0);
}

static double percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

static double expected_of(const struct stream_stats *stats)
{
    return (double)(stats->packets_in + stats->lost);
}

static double mos_told(const struct stream_stats *stats)
{
    return round(stats->mos * 100) / 100;
}

/* Of what is told, so that who reckons finds the same. */
static int percentage(const struct stream_stats *stats)
{
    int value = (int)(100 * mos_told(stats) / MOS_BEST + 0.5);

    return value > 100 ? 100 : value;
}

/* Bursts a minute of sound. */
static double burst_rate(const struct stream_stats *stats)
{
    double frames = (double)(stats->frames_in + stats->frames_concealed);

    return frames > 0 ? (double)stats->bursts * FRAMES_A_MINUTE / frames : 0;
}

/* Packets that were not heard as they were sent. */
static json_int_t flaws(const struct stream_stats *stats)
{
    uint64_t missing = stats->lost + stats->late;

    return (json_int_t)(missing > stats->frames_recovered ? missing - stats->frames_recovered : 0);
}

json_t *quality_json(const struct stream_stats *stats)
{
    double expected = expected_of(stats);
    json_t *quality = json_object();

    json_object_set_new(quality, "mos_score", json_real(mos_told(stats)));
    json_object_set_new(quality, "quality_percentage", json_integer(percentage(stats)));
    json_object_set_new(quality, "jitter_min_var", rounded(stats->jitter_min));
    json_object_set_new(quality, "jitter_max_var", rounded(stats->jitter_max));
    json_object_set_new(quality, "jitter_loss_rate",
                        rounded(percent((double)stats->late, expected)));
    json_object_set_new(quality, "jitter_burst_rate", rounded(burst_rate(stats)));
    json_object_set_new(quality, "flaw_total", json_integer(flaws(stats)));
    json_object_set_new(quality, "packet_cnt", json_integer((json_int_t)stats->packets_in));
    json_object_set_new(quality, "packet_loss_perc",
                        rounded(percent((double)stats->lost, expected)));
    return quality;
}

/* [ms] that `share` of the frames took at most, evenly spread within their class. What took
 * longer than the last bound is told as that. */
static double percentile(const uint64_t delay[STREAM_DELAYS], uint64_t frames, double share)
{
    double wanted = share * (double)frames, below = 0, low = 0;

    for (int i = 0; i < STREAM_DELAYS - 1; i++) {
        double high = stream_delay_bounds[i], count = (double)delay[i];

        if (count > 0 && below + count >= wanted)
            return low + (high - low) * (wanted - below) / count;
        below += count;
        low = high;
    }
    return low;
}

static json_t *delay_json(const uint64_t delay[STREAM_DELAYS])
{
    json_t *classes = json_array(), *json = json_object();
    uint64_t frames = 0;

    for (int i = 0; i < STREAM_DELAYS; i++) {
        json_t *class = json_object();

        frames += delay[i];
        json_object_set_new(class, "up_to",
                            i < STREAM_DELAYS - 1 ? json_integer(stream_delay_bounds[i])
                                                  : json_null());
        json_object_set_new(class, "frames", json_integer((json_int_t)delay[i]));
        json_array_append_new(classes, class);
    }
    json_object_set_new(json, "frames", json_integer((json_int_t)frames));
    if (frames) {
        json_object_set_new(json, "p50", rounded(percentile(delay, frames, 0.5)));
        json_object_set_new(json, "p95", rounded(percentile(delay, frames, 0.95)));
        json_object_set_new(json, "p99", rounded(percentile(delay, frames, 0.99)));
    }
    json_object_set_new(json, "histogram", classes);
    return json;
}

static json_t *packets_json(const struct stream_stats *stats)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "received", (json_int_t)stats->packets_in,
                     "sent", (json_int_t)stats->packets_out, "lost", (json_int_t)stats->lost,
                     "late", (json_int_t)stats->late, "duplicate", (json_int_t)stats->duplicate,
                     "reordered", (json_int_t)stats->reordered, "invalid",
                     (json_int_t)stats->invalid, "strange", (json_int_t)stats->strange);
}

static json_t *frames_json(const struct stream_stats *stats)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "heard", (json_int_t)stats->frames_in,
                     "concealed", (json_int_t)stats->frames_concealed, "recovered",
                     (json_int_t)stats->frames_recovered, "comfort_noise",
                     (json_int_t)stats->frames_comfort, "adjusted",
                     (json_int_t)stats->frames_adjusted, "bursts", (json_int_t)stats->bursts);
}

json_t *quality_report(const struct stream_stats *stats)
{
    double loss = percent((double)stats->lost, expected_of(stats));

    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:{s:o,s:o,s:o},s:o,s:o,s:{s:o,s:o},s:o}", "mos",
                     rounded(stats->mos), "r_factor", rounded(stats->r_factor), "packets",
                     packets_json(stats), "loss", rounded(loss), "frames", frames_json(stats),
                     "jitter", "now", rounded(stats->jitter), "min", rounded(stats->jitter_min),
                     "max", rounded(stats->jitter_max), "jitter_buffer", rounded(stats->depth),
                     "round_trip", rounded(stats->round_trip), "peer", "loss",
                     rounded(stats->peer_loss), "jitter", rounded(stats->peer_jitter),
                     "bridge_delay", delay_json(stats->delay));
}

json_t *trouble_json(const struct leg_trouble *trouble)
{
    json_t *types = json_array();
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:o}", "problem", leg_problem_text(trouble->problem), "state",
                  trouble->on ? "began" : "ended", "severity",
                  trouble->harmless ? "info" : "warning", "since", iso_time(trouble->since));

    for (unsigned i = 0; i < trouble->type_count; i++)
        json_array_append_new(types, json_integer(trouble->types[i]));
    if (!trouble->on)
        json_object_set_new(body, "ended", iso_time(clock_wall_ms()));
    json_object_set_new(body, "text", json_string(trouble->text));
    if (*trouble->expected)
        json_object_set_new(body, "expected", json_string(trouble->expected));
    if (*trouble->seen)
        json_object_set_new(body, "seen", json_string(trouble->seen));
    if (trouble->type_count)
        json_object_set(body, "payload_types", types);
    json_decref(types);
    return body;
}
