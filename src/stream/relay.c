/* relay.c: from one stream straight to another, as it comes: no decoding, no wait for the tick.
 *
 * The listener's line of time and numbers goes on over the change, both ways: at the beginning the
 * next sound of the speaker that was not played yet is tied to what the listener gets next, and
 * at the end the play-out goes on behind the last packet that went. So not a sample is missing
 * or heard twice. When the speaker's numbers or times jump, they are tied anew.
 *
 *   off ──begin──> on ──a key, a payload the other has not agreed on──> stopped
 *    └─────────────┴──────────────────────end─────────────────────────────┘ */
#include "audio/g711.h"
#include "stream/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_TIME = 20000000, /* [ns] */
    QUIET = 50,            /* [frames] without a packet: nothing flows */
    BURST = 16,            /* [frames] that may wait to be played at the beginning */
    OLD = 100,             /* [packets] after which no packet of before the beginning can come */
    FAR = 1,               /* [s] off the clock: another line of time */
    WAIT_MAX = 6           /* [frames], the longest packet */
};

static uint32_t frame_of(const struct stream *stream)
{
    return codec_clock(&stream->params.format) / 50;
}

static uint32_t ticks_of(const struct stream *stream, int64_t time)
{
    return (uint32_t)(time * codec_clock(&stream->params.format) / 1000000000);
}

static int64_t time_of(const struct stream *stream, uint32_t ticks)
{
    return (int64_t)ticks * 1000000000 / codec_clock(&stream->params.format);
}

static bool is_g711(const struct stream *stream)
{
    return stream->params.format.codec == CODEC_PCMU || stream->params.format.codec == CODEC_PCMA;
}

static unsigned ptime_of(const struct stream *stream)
{
    return stream->params.ptime ? stream->params.ptime : 20;
}

static bool ready(const struct stream *stream)
{
    return stream->connected && stream->coding && stream->latch.locked && stream->params.send &&
           stream->params.receive && stream->idle < QUIET && !stream->keys_in.down &&
           keys_out_idle(stream) && stream->relay.state != RELAY_STOPPED && !stream->secrets.in &&
           !stream->secrets.out && (is_g711(stream) || stream->watch.hush < QUIET);
}

bool stream_can_relay(const struct stream *a, const struct stream *b)
{
    return ready(a) && ready(b) && codec_same(&a->params.format, &b->params.format) &&
           ptime_of(a) == ptime_of(b);
}

/* Less than a frame: a packet of its own. */
static void send_rest(struct stream *from, struct stream *to)
{
    uint8_t packet[STREAM_HEADER + STREAM_FRAME], *payload = packet + STREAM_HEADER;
    int16_t samples[STREAM_FRAME_MAX];
    size_t count = playout_rest(&from->coding->playout, samples);

    if (!count || !is_g711(to)) /* of others the few samples are left out */
        return;
    if (to->params.format.codec == CODEC_PCMU)
        g711_ulaw_encode(payload, samples, count);
    else
        g711_alaw_encode(payload, samples, count);
    carrier_pass(to, payload, count, to->params.payload_type, false, carrier_next(to),
                 from->relay.their_end);
    from->relay.their_end += (uint32_t)count;
}

/* What waits to be played goes out at once. */
static void send_waiting(struct stream *from, struct stream *to)
{
    unsigned rate = codec_rate(&from->params.format);
    int16_t frame[STREAM_FRAME_MAX];

    for (int i = 0; i < BURST && playout_holds(&from->coding->playout); i++) {
        bool sound = stream_get(from, rate, frame);

        stream_put(to, rate, sound ? frame : NULL, 1);
        from->relay.until += FRAME_TIME;
    }
    from->relay.their_end = to->timestamp + frame_of(to);
    send_rest(from, to);
}

static void begin(struct stream *from, struct stream *to, int64_t now)
{
    struct relay *relay = &from->relay;

    relay->state = RELAY_ON;
    relay->until = now + FRAME_TIME;
    send_waiting(from, to);
    relay->tied = from->coding->playout.running;
    relay->our_end = from->coding->playout.play;
    relay->shift = relay->their_end - relay->our_end;
    relay->ssrc = from->latch.ssrc;
    relay->highest = from->sequence.highest;
    relay->first = (uint16_t)(relay->highest + 1);
    relay->number_shift = (uint16_t)(carrier_next(to) - relay->first);
    relay->count = 0;
    relay->last_at = relay->our_end;
    relay->last_size = 0;
    relay->fresh = false;
    relay->heard = 0;
}

/* All that `from` has said is heard, or waits in whole packets of `to`. */
static bool in_step(const struct stream *from, const struct stream *to)
{
    const struct playout *playout = &from->coding->playout;

    return !(playout->running && playout->gap) && !sending_waits(to->coding->sending);
}

bool stream_relay_begin(struct stream *a, struct stream *b, int64_t now)
{
    if (!in_step(a, b) || !in_step(b, a))
        return false;
    begin(a, b, now);
    begin(b, a, now);
    return true;
}

/* Frames of silence that passed since more was due. */
static uint32_t frames_late(const struct relay *relay, int64_t now)
{
    return now > relay->until ? (uint32_t)((now - relay->until) / FRAME_TIME) : 0;
}

/* A new beginning of the speaker: it goes on where the listener is by the clock. */
static void tie(struct stream *from, const struct stream *to, const struct packet *packet)
{
    struct relay *relay = &from->relay;

    relay->their_end += frames_late(relay, packet->arrival) * frame_of(to);
    relay->shift = relay->their_end - packet->timestamp;
    relay->first = packet->sequence;
    relay->highest = (uint16_t)(packet->sequence - 1);
    relay->number_shift = (uint16_t)(carrier_next(to) - packet->sequence);
    relay->ssrc = packet->ssrc;
    relay->tied = true;
    relay->count = 0;
}

static bool goes_on(const struct stream *from, const struct packet *packet)
{
    const struct relay *relay = &from->relay;
    int ahead = (int16_t)(uint16_t)(packet->sequence - relay->highest);
    int32_t off = (int32_t)(packet->timestamp - relay->our_end -
                            ticks_of(from, packet->arrival - relay->until));

    return relay->tied && packet->ssrc == relay->ssrc && abs(ahead) <= SEQUENCE_JUMP &&
           abs(off) <= (int32_t)codec_clock(&from->params.format) * FAR;
}

/* Sound that was concealed before the beginning. */
static bool is_old(const struct relay *relay, const struct packet *packet)
{
    return relay->count < OLD && (int16_t)(uint16_t)(packet->sequence - relay->first) < 0;
}

/* Is it digital silence? Of other codecs that is not known without decoding. */
static void look_at(struct stream *from, const struct packet *packet)
{
    int16_t samples[STREAM_FRAME];

    for (size_t at = 0; at < packet->payload_size; at += STREAM_FRAME) {
        size_t left = packet->payload_size - at, n = left < STREAM_FRAME ? left : STREAM_FRAME;

        if (from->params.format.codec == CODEC_PCMU)
            g711_ulaw_decode(samples, packet->payload + at, n);
        else
            g711_alaw_decode(samples, packet->payload + at, n);
        problem_hear(from, samples, (unsigned)n);
    }
}

/* Frames of sound that went are frames heard. */
static void count(struct stream *from, uint32_t length)
{
    struct relay *relay = &from->relay;

    relay->heard += length;
    from->counts.frames_in += relay->heard / frame_of(from);
    relay->heard %= frame_of(from);
}

/* What is missing before a packet is concealed by who hears it. */
static void count_hole(struct stream *from, const struct packet *packet, uint32_t length)
{
    uint32_t missing = (uint16_t)(packet->sequence - from->relay.highest - 1) * length;
    uint32_t frames = (missing + frame_of(from) - 1) / frame_of(from);

    from->counts.concealed += frames;
    from->counts.bursts += frames > 1;
}

/* The newest packet went. */
static void note(struct stream *from, const struct packet *packet, bool noise)
{
    struct relay *relay = &from->relay;
    uint32_t length = 0;

    if (!noise)
        length = playout_length(&from->coding->playout, packet->payload, packet->payload_size);
    count_hole(from, packet, length);
    relay->highest = packet->sequence;
    relay->our_end = packet->timestamp + length;
    relay->their_end = relay->our_end + relay->shift;
    relay->until = packet->arrival + time_of(from, length);
    relay->last_at = packet->timestamp;
    relay->last_size = packet->payload_size;
    if (noise || relay->last_size > sizeof relay->last)
        relay->last_size = 0;
    memcpy(relay->last, packet->payload, relay->last_size);
    relay->fresh = true;
    relay->noise = noise;
    count(from, length);
    if (!noise && is_g711(from))
        look_at(from, packet);
}

static void pass(struct stream *from, struct stream *to, struct arrival *arrival,
                 const struct packet *packet, bool noise)
{
    struct relay *relay = &from->relay;
    uint8_t *payload = arrival->bytes + (packet->payload - packet->bytes);
    bool marker = packet->bytes[1] >> 7;

    if (!goes_on(from, packet)) {
        tie(from, to, packet);
        marker = true;
    } else if (is_old(relay, packet)) {
        from->counts.late++;
        return;
    }
    if ((int16_t)(uint16_t)(packet->sequence - relay->highest) > 0)
        note(from, packet, noise);
    from->heard_at = packet->arrival;
    carrier_pass(to, payload, packet->payload_size, noise ? packet->type : to->params.payload_type,
                 marker, (uint16_t)(packet->sequence + relay->number_shift),
                 packet->timestamp + relay->shift);
    relay->count++;
}

static void resume(struct stream *stream, uint32_t late)
{
    const struct relay *relay = &stream->relay;
    struct playout_packet last = {.payload = relay->last,
                                  .size = relay->last_size,
                                  .timestamp = relay->last_at,
                                  .arrival = (uint32_t)(relay->until / 1000),
                                  .sequence = relay->highest};

    playout_resume(&stream->coding->playout, &last, relay->our_end + late * frame_of(stream));
}

/* What comes from now on is for the play-out, behind what went. */
static void stop(struct stream *stream, int64_t now)
{
    struct relay *relay = &stream->relay;

    if (relay->state != RELAY_ON)
        return;
    relay->state = RELAY_STOPPED;
    if (relay->tied)
        resume(stream, frames_late(relay, now));
    else
        playout_reset(&stream->coding->playout);
}

int stream_relay_sound(struct stream *from, int16_t *samples)
{
    struct relay *relay = &from->relay;

    if (!relay->fresh || relay->noise)
        return 0;
    relay->fresh = false;
    if (!relay->last_size)
        return -1;
    return (int)decoder_run(from->coding->decoder, samples, STREAM_PACKET_MAX, relay->last,
                            relay->last_size);
}

static bool fits(const struct stream *to, enum packet_kind kind)
{
    switch (kind) {
    case PACKET_PCMU:
        return to->params.format.codec == CODEC_PCMU;
    case PACKET_PCMA:
        return to->params.format.codec == CODEC_PCMA;
    case PACKET_EVENT:
        return false;
    default:
        return true;
    }
}

unsigned stream_relay(struct stream *from, struct stream *to, int64_t now, unsigned *sent)
{
    struct arrival arrival;
    struct packet packet;
    ssize_t size = read_socket(from->rtp, &arrival);
    uint64_t before = to->packets_out;
    enum packet_kind kind;

    *sent = 0;
    if (size < 0)
        return 0;
    from->now = now;
    kind = read_examine(from, &arrival, (size_t)size, &packet);
    if (!fits(to, kind))
        stop(from, now);
    if (kind != PACKET_FOREIGN && from->relay.state == RELAY_ON)
        pass(from, to, &arrival, &packet, kind == PACKET_NOISE);
    else
        read_play(from, &packet, kind);
    *sent = (unsigned)(to->packets_out - before);
    return 1;
}

void stream_relay_tick(struct stream *from, struct stream *to, int64_t now)
{
    const struct relay *relay = &from->relay;

    from->idle++;
    keys_in_tick(from);
    to->timestamp = relay->their_end + ticks_of(to, now - relay->until);
    reports_tick(to, 1);
}

/* Returns the frames until the play-out has to go on. */
static unsigned end(struct stream *from, struct stream *to, int64_t now)
{
    struct relay *relay = &from->relay;
    uint32_t late = frames_late(relay, now);
    int64_t early = relay->until - now;

    stop(from, now);
    relay->state = RELAY_OFF;
    to->timestamp = relay->their_end + late * frame_of(to) - frame_of(to);
    to->talking = true;
    if (early <= 0)
        return 0;
    return early >= WAIT_MAX * (int64_t)FRAME_TIME
               ? WAIT_MAX
               : (unsigned)((early + FRAME_TIME - 1) / FRAME_TIME);
}

unsigned stream_relay_end(struct stream *a, struct stream *b, int64_t now)
{
    unsigned one = end(a, b, now), other = end(b, a, now);

    return one > other ? one : other;
}
