/* keys_in.c: telephone-events that come in (RFC 4733). All packets of one key carry
 * the timestamp of its beginning, so copies and stragglers are told by it; a key
 * whose end packets were all lost ends when nothing more comes. A key held longer
 * than a 16-bit duration goes on in a new segment right behind the old one. */
#include "stream/private.h"

enum {
    QUIET = 10, /* [frames] without a packet of the key: it was released */
    END = 0x80, /* bit of the second byte */
    CODES = 16
};

static void release(struct stream *stream)
{
    struct keys_in *keys = &stream->keys_in;

    keys->down = false;
    stream->events.digit("0123456789*#ABCD"[keys->code], (keys->base + keys->duration) / 8,
                         stream->arg);
}

static void press(struct stream *stream, uint8_t code, uint32_t timestamp)
{
    struct keys_in *keys = &stream->keys_in;
    bool goes_on = keys->down && keys->code == code && keys->duration &&
                   timestamp == keys->timestamp + keys->duration;

    if (keys->down && !goes_on)
        release(stream);
    keys->base = goes_on ? keys->base + keys->duration : 0;
    keys->down = keys->any = true;
    keys->code = code;
    keys->timestamp = timestamp;
    keys->duration = 0;
}

void keys_in_take(struct stream *stream, const struct packet *packet)
{
    struct keys_in *keys = &stream->keys_in;
    const uint8_t *event = packet->payload;
    int32_t newer = (int32_t)(packet->timestamp - keys->timestamp);
    uint16_t duration;

    if (packet->payload_size < 4) {
        stream->invalid++;
        return;
    }
    if (event[0] >= CODES) /* flash and tones: no keys */
        return;
    if (keys->any && (newer < 0 || (newer == 0 && !keys->down)))
        return; /* a copy or a straggler of a key that was told */
    if (!keys->any || newer > 0)
        press(stream, event[0], packet->timestamp);
    duration = (uint16_t)(event[2] << 8 | event[3]);
    if (duration > keys->duration)
        keys->duration = duration;
    keys->quiet = 0;
    if (event[1] & END)
        release(stream);
}

void keys_in_tick(struct stream *stream)
{
    struct keys_in *keys = &stream->keys_in;

    if (keys->down && ++keys->quiet >= QUIET)
        release(stream);
}
