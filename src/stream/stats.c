/* stats.c: what is told of a stream: counters, delays, and what they make of a conversation. */
#include "stream/private.h"
#include "stream/quality.h"

enum {
    LOOK = 50,       /* [frames]: a second */
    SETTLED = 100,   /* [packets] until the least jitter is looked for */
    FRAME_MS = 20,   /* [ms] */
    MIXING_WAIT = 10 /* [ms] for the next tick, where no delay was measured */
};

const unsigned stream_delay_bounds[STREAM_DELAYS - 1] = {1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100};

unsigned stream_delay_class(int64_t delay)
{
    unsigned class = 0;

    while (class < STREAM_DELAYS - 1 &&
           delay > (int64_t)stream_delay_bounds[class] * INT64_C(1000000))
        class ++;
    return class;
}

int64_t stream_heard(struct stream *stream, int64_t now)
{
    struct measure *measure = &stream->measure;
    int64_t delay = now - stream->heard_at;

    if (!stream->heard_at)
        return 0;
    stream->heard_at = 0;
    if (delay < 1) /* the wall clock was set */
        delay = 1;
    measure->delay[stream_delay_class(delay)]++;
    measure->delays++;
    measure->delay_sum += delay;
    return delay;
}

/* Frames; those of a gap that goes on may turn out to be a pause. */
static uint64_t concealed_of(const struct stream *stream)
{
    return stream->counts.concealed +
           (stream->coding ? playout_concealed(&stream->coding->playout) : 0);
}

static void count_runs(struct stream *stream)
{
    struct measure *measure = &stream->measure;
    uint64_t concealed = concealed_of(stream);
    bool gap = concealed > measure->concealed;

    measure->runs += gap && !measure->gap;
    measure->gap = gap;
    measure->concealed = concealed;
}

static double jitter_of(const struct stream *stream)
{
    return stream->sequence.jitter * 1000 / codec_clock(&stream->params.format);
}

void stream_look(struct stream *stream)
{
    struct measure *measure = &stream->measure;
    double jitter;

    if (!stream->connected)
        return;
    count_runs(stream);
    if (++stream->watch.frame < LOOK)
        return;
    stream->watch.frame = 0;
    jitter = jitter_of(stream);
    if (stream->sequence.received >= SETTLED &&
        (!measure->jitter_min || jitter < measure->jitter_min))
        measure->jitter_min = jitter;
    problem_look(stream);
}

/* [ms] that a packet of theirs holds: what was heard of all, spread over them. */
static double packet_length(const struct stream_stats *stats)
{
    double frames = (double)(stats->frames_in + stats->frames_concealed);
    double packets = (double)(stats->packets_in + stats->lost);

    return frames > packets ? FRAME_MS * frames / packets : FRAME_MS;
}

/* [ms] from mouth to ear, as far as it can be known: the network's half of a round trip, packet
 * and codec, the ring and the wait for the mixer. */
static double delay_of(const struct stream *stream, const struct stream_stats *stats)
{
    const struct measure *measure = &stream->measure;
    double here = stats->depth + MIXING_WAIT;

    if (measure->delays)
        here = (double)measure->delay_sum / (double)measure->delays / 1e6;
    return stats->round_trip / 2 + packet_length(stats) +
           quality_lookahead(stream->params.format.codec) + here;
}

static void judge(const struct stream *stream, struct stream_stats *stats)
{
    double missing = (double)(stats->lost + stats->late) - (double)stats->frames_recovered;
    double expected = (double)(stats->packets_in + stats->lost);
    double heard = (double)(stats->frames_in + stats->frames_concealed);
    struct quality quality = {
        .codec = stream->params.format.codec,
        .loss = missing > 0 ? missing * 100 / expected : 0,
        .burst =
            quality_burst((double)stats->frames_concealed, heard, (double)stream->measure.runs),
        .delay = delay_of(stream, stats),
    };

    if (!stats->packets_in)
        return;
    if (quality.loss > 100)
        quality.loss = 100;
    stats->r_factor = quality_r(&quality);
    stats->mos = quality_mos(stats->r_factor);
}

static void copy_delays(const struct stream *stream, struct stream_stats *stats)
{
    for (int i = 0; i < STREAM_DELAYS; i++)
        stats->delay[i] = stream->measure.delay[i];
}

void stream_stats(const struct stream *stream, struct stream_stats *stats)
{
    const struct sequence *sequence = &stream->sequence;
    double clock = codec_clock(&stream->params.format) / 1000.0; /* [1/ms] */

    *stats = (struct stream_stats){
        .packets_in = sequence->received,
        .bytes_in = stream->bytes_in,
        .packets_out = stream->packets_out,
        .bytes_out = stream->bytes_out,
        .lost = sequence->lost,
        .late = stream->counts.late,
        .duplicate = sequence->duplicate,
        .reordered = sequence->reordered,
        .invalid = stream->invalid,
        .strange = stream->strange,
        .jitter = sequence->jitter / clock,
        .jitter_min = stream->measure.jitter_min,
        .jitter_max = sequence->jitter_max / clock,
        .round_trip = stream->reports.round_trip,
        .peer_loss = stream->reports.peer_loss,
        .peer_jitter = stream->reports.peer_jitter,
        .frames_in = stream->counts.frames_in,
        .frames_concealed = concealed_of(stream),
        .frames_recovered = stream->counts.recovered,
        .frames_comfort = stream->counts.comfort,
        .frames_adjusted = stream->counts.adjusted,
        .bursts = stream->counts.bursts,
        .depth = stream->coding ? playout_depth(&stream->coding->playout) / 1000.0 : 0,
    };
    copy_delays(stream, stats);
    judge(stream, stats);
}
