/* put.c: the frame that goes out. */
#include "audio/g711.h"
#include "net/addr.h"
#include "stream/private.h"

#include <assert.h>
#include <string.h>

static void encode(const struct stream *stream, uint8_t *payload, const int16_t *frame)
{
    bool ulaw = stream->params.format.codec == CODEC_PCMU;

    if (!frame)
        memset(payload, ulaw ? G711_ULAW_SILENCE : G711_ALAW_SILENCE, STREAM_FRAME);
    else if (ulaw)
        g711_ulaw_encode(payload, frame, STREAM_FRAME);
    else
        g711_alaw_encode(payload, frame, STREAM_FRAME);
}

bool stream_put(struct stream *stream, unsigned rate, const int16_t *frame, unsigned frames)
{
    uint8_t payload[STREAM_FRAME];
    int16_t keys[STREAM_FRAME];
    enum keys_sound instead;

    assert(rate == 8000);
    (void)rate;
    stream->timestamp += frames * STREAM_FRAME;
    if (!stream->connected || !addr_is_set(&stream->params.remote))
        return false;
    if (!stream->params.send) /* digits wait, too */
        return false;
    instead = keys_out_tick(stream, keys);
    if (instead == KEYS_SENT)
        return true;
    encode(stream, payload, instead == KEYS_INSTEAD ? keys : frame);
    carrier_send(stream, payload, sizeof payload, stream->params.payload_type, !stream->started,
                 stream->timestamp);
    stream->started = true;
    return true;
}

const struct codec_format *stream_shareable(const struct stream *stream)
{
    (void)stream;
    return NULL;
}

bool stream_put_coded(struct stream *stream, const uint8_t *payload, size_t size, unsigned frames)
{
    (void)stream;
    (void)payload;
    (void)size;
    (void)frames;
    return false;
}
