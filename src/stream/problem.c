/* problem.c: why nothing is heard of the peer. Looked at once a second; nothing is said of who
 * holds, is held, or announced a pause (RFC 3389, discontinuous transmission).
 *
 *   SRTP_FAILURE   10 packets that do not authenticate in 2 s, and none that does
 *   WRONG_PAYLOAD  10 packets of unknown types in 2 s, and none of a known one
 *   NAT_MISMATCH   10 packets from elsewhere in 2 s, and none of the peer
 *   NO_PACKETS     none for 2 s from the start, or for 3 s later
 *   SILENCE        all samples of 8 s from the start, or of 20 s later, are digital silence */
#include "stream/private.h"

#include <string.h>

enum {
    NEVER = 100,   /* [frames] */
    STOPPED = 150, /* [frames] */
    MUTE = 400,    /* [frames] of digital silence at first */
    HUSHED = 1000, /* [frames] of it later */
    LEARNING = 4,  /* [looks] that the latch takes to learn who the peer is */
    MANY = 10,     /* [packets] in two looks */
    FAINT = 8,     /* a sample of G.711's silence is no louder */
    SID_G729 = 2,  /* [bytes] at the end of a payload (RFC 3551, 4.5.6) */
    DTX_OPUS = 2   /* [bytes], at most, of a packet of its pauses (RFC 6716, 2.1.9) */
};

void problem_connect(struct stream *stream)
{
    struct watch *watch = &stream->watch;

    watch->seconds = 0;
    watch->frame = 0;
    watch->before = stream->sequence.received;
    watch->hush = 0;
    watch->spoke = watch->paused = false;
    watch->type_count = 0;
    watch->stranger = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
}

/* Does nothing need to come after this packet, until the peer speaks again? */
static bool is_pause(const struct stream *stream, enum packet_kind kind, size_t size)
{
    if (kind != PACKET_SOUND)
        return kind == PACKET_NOISE;
    switch (stream->params.format.codec) {
    case CODEC_G729:
        return size % 10 == SID_G729;
    case CODEC_OPUS:
        return size <= DTX_OPUS;
    default:
        return false;
    }
}

void problem_take(struct stream *stream, enum packet_kind kind, size_t size)
{
    stream->watch.paused = is_pause(stream, kind, size);
    if (stream->watch.paused)
        stream->watch.hush = 0;
}

void problem_unknown(struct stream *stream, const struct packet *packet,
                     const struct sockaddr_storage *from)
{
    struct watch *watch = &stream->watch;

    watch->unknown++;
    watch->stranger = *from;
    for (unsigned i = 0; i < watch->type_count; i++)
        if (watch->types[i] == packet->type)
            return;
    if (watch->type_count < STREAM_TYPES)
        watch->types[watch->type_count++] = packet->type;
}

void problem_strange(struct stream *stream, const struct sockaddr_storage *from)
{
    stream->watch.strange++;
    stream->watch.stranger = *from;
}

void problem_unauthentic(struct stream *stream, const struct sockaddr_storage *from)
{
    stream->watch.unauthentic++;
    stream->watch.stranger = *from;
}

void problem_hear(struct stream *stream, const int16_t *frame, unsigned n)
{
    struct watch *watch = &stream->watch;
    unsigned i = 0;

    while (i < n && frame[i] <= FAINT && frame[i] >= -FAINT)
        i++;
    if (i < n) {
        watch->hush = 0;
        watch->spoke = true;
    } else {
        watch->hush++;
    }
}

/* Is a count higher by many than two looks ago? */
static bool many(uint64_t now, const uint64_t at[2])
{
    return now - at[1] >= MANY;
}

static bool nothing_good(const struct stream *stream)
{
    return stream->sequence.received == stream->watch.came_at[1];
}

static bool nothing_came(const struct stream *stream)
{
    bool never = stream->sequence.received == stream->watch.before;

    return !stream->watch.paused && stream->idle >= (never ? NEVER : STOPPED);
}

/* Somebody sends who may turn out to be the peer behind its NAT (latch.c). */
static bool may_be_learned(const struct stream *stream)
{
    const struct watch *watch = &stream->watch;

    return !stream->latch.locked && watch->seconds < LEARNING &&
           watch->strange > watch->strange_at[0];
}

/* STREAM_PROBLEMS: none. */
static unsigned find(const struct stream *stream)
{
    const struct watch *watch = &stream->watch;

    if (nothing_good(stream) && many(watch->unauthentic, watch->unauthentic_at))
        return STREAM_SRTP_FAILURE;
    if (nothing_good(stream) && many(watch->unknown, watch->unknown_at))
        return STREAM_WRONG_PAYLOAD;
    if (may_be_learned(stream))
        return STREAM_PROBLEMS;
    if (nothing_good(stream) && many(watch->strange, watch->strange_at))
        return STREAM_NAT_MISMATCH;
    if (nothing_came(stream))
        return STREAM_NO_PACKETS;
    if (!watch->paused && watch->hush >= (watch->spoke ? HUSHED : MUTE))
        return STREAM_SILENCE;
    return STREAM_PROBLEMS;
}

static void tell(struct stream *stream, unsigned problem, bool on)
{
    struct watch *watch = &stream->watch;
    struct stream_trouble trouble = {.problem = (enum stream_problem)problem, .on = on};

    watch->on = on;
    watch->problem = (uint8_t)problem;
    if (problem == STREAM_WRONG_PAYLOAD) {
        memcpy(trouble.types, watch->types, sizeof trouble.types);
        trouble.type_count = (uint8_t)watch->type_count;
    }
    if (problem == STREAM_WRONG_PAYLOAD || problem == STREAM_NAT_MISMATCH ||
        problem == STREAM_SRTP_FAILURE)
        trouble.from = watch->stranger;
    if (stream->events.problem)
        stream->events.problem(&trouble, stream->arg);
}

static void shift(uint64_t at[2], uint64_t now)
{
    at[1] = at[0];
    at[0] = now;
}

void problem_look(struct stream *stream)
{
    struct watch *watch = &stream->watch;
    bool expected = stream->params.send && stream->params.receive;
    unsigned now = STREAM_PROBLEMS;

    watch->seconds++;
    if (expected && watch->seconds < 2)
        now = watch->on ? watch->problem : STREAM_PROBLEMS; /* too early to tell */
    else if (expected)
        now = find(stream);
    shift(watch->came_at, stream->sequence.received);
    shift(watch->strange_at, watch->strange);
    shift(watch->unknown_at, watch->unknown);
    shift(watch->unauthentic_at, watch->unauthentic);
    if (stream->idle >= NEVER)
        latch_listen(stream, true);
    if (watch->on && now != watch->problem)
        tell(stream, watch->problem, false);
    if (!watch->on && now != STREAM_PROBLEMS)
        tell(stream, now, true);
}
