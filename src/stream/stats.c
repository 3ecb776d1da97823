/* stats.c: what is told of a stream. */
#include "stream/private.h"

const unsigned stream_delay_bounds[STREAM_DELAYS - 1] = {1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100};

void stream_stats(const struct stream *stream, struct stream_stats *stats)
{
    const struct sequence *sequence = &stream->sequence;

    *stats = (struct stream_stats){
        .packets_in = sequence->received,
        .bytes_in = stream->bytes_in,
        .packets_out = stream->packets_out,
        .bytes_out = stream->bytes_out,
        .lost = sequence->lost,
        .late = stream->playout.late_packets,
        .duplicate = sequence->duplicate,
        .reordered = sequence->reordered,
        .invalid = stream->invalid,
        .strange = stream->strange,
        .jitter = sequence->jitter / 8,
        .jitter_max = sequence->jitter_max / 8,
        .round_trip = stream->reports.round_trip,
        .peer_loss = stream->reports.peer_loss,
        .peer_jitter = stream->reports.peer_jitter,
        .frames_in = stream->frames_in,
        .frames_concealed = stream->frames_concealed,
    };
}
