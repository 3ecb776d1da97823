/* put.c: the frame that goes out. RTP time follows the clock, whatever is sent. */
#include "net/addr.h"
#include "stream/private.h"

#include <assert.h>
#include <string.h>

static void send_sound(uint8_t *payload, size_t size, int offset, void *arg)
{
    struct stream *stream = arg;
    int units = (int)codec_clock(&stream->params.format) / 1000;

    if (size)
        carrier_send(stream, payload, size, stream->params.payload_type, !stream->talking,
                     stream->timestamp + (uint32_t)(offset * units));
    stream->talking = size > 0;
}

static bool flows(const struct stream *stream)
{
    return stream->connected && stream->coding && stream->params.send &&
           addr_is_set(&stream->params.remote);
}

/* Ticks that were skipped are silence where a packet has begun, else nothing. */
static void fill(struct stream *stream, unsigned rate, unsigned skipped)
{
    unsigned tick = codec_clock(&stream->params.format) / 50;

    while (skipped && flows(stream) && sending_waits(stream->coding->sending)) {
        stream->timestamp += tick;
        sending_take(stream->coding->sending, rate, NULL, send_sound, stream);
        skipped--;
    }
    stream->timestamp += skipped * tick;
}

/* What is not sent any more is not sent later. */
static void stop(struct stream *stream)
{
    stream->talking = false;
    if (stream->coding)
        sending_drop(stream->coding->sending);
}

static void pass(struct stream *stream, unsigned rate, unsigned frames)
{
    assert(frames);
    fill(stream, rate, frames - 1);
    stream->timestamp += codec_clock(&stream->params.format) / 50;
    reports_tick(stream, frames);
    if (!flows(stream))
        stop(stream); /* digits wait, too */
}

bool stream_put(struct stream *stream, unsigned rate, const int16_t *frame, unsigned frames)
{
    uint64_t before = stream->packets_out;
    int16_t keys[STREAM_FRAME];
    enum keys_sound instead;

    pass(stream, rate, frames);
    if (!flows(stream))
        return false;
    instead = keys_out_tick(stream, keys);
    if (instead == KEYS_SENT)
        sending_drop(stream->coding->sending);
    else if (instead == KEYS_INSTEAD)
        sending_take(stream->coding->sending, 8000, keys, send_sound, stream);
    else
        sending_take(stream->coding->sending, rate, frame, send_sound, stream);
    return stream->packets_out != before;
}

const struct codec_format *stream_shareable(const struct stream *stream)
{
    const struct sending *sending = flows(stream) ? stream->coding->sending : NULL;

    if (!sending || sending_ptime(sending) != 20 || !keys_out_idle(stream))
        return NULL;
    return &stream->params.format;
}

unsigned stream_expected_loss(const struct stream *stream)
{
    return flows(stream) ? sending_expected_loss(stream->coding->sending) : 0;
}

bool stream_put_coded(struct stream *stream, const uint8_t *payload, size_t size, unsigned frames)
{
    uint8_t room[STREAM_HEADER + CODEC_BYTES_MAX];

    assert(size <= CODEC_BYTES_MAX);
    pass(stream, codec_rate(&stream->params.format), frames);
    if (!flows(stream))
        return false;
    send_sound(memcpy(room + STREAM_HEADER, payload, size), size, 0, stream);
    return size > 0;
}

static void drop_packet(uint8_t *packet, size_t size, int offset, void *arg)
{
    (void)packet;
    (void)size;
    (void)offset;
    (void)arg;
}

void stream_prime(struct stream *stream, unsigned rate, const int16_t *frame)
{
    if (flows(stream) && sending_ptime(stream->coding->sending) == 20)
        sending_take(stream->coding->sending, rate, frame, drop_packet, NULL);
}

void stream_effort(struct stream *stream, unsigned complexity)
{
    if (stream->coding)
        sending_effort(stream->coding->sending, complexity);
}
