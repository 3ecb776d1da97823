/* keys_in.c: telephone-events that come in (RFC 4733). All packets of one key carry
 * the timestamp of its beginning, so copies and stragglers are told by it; a key
 * whose end packets were all lost ends with the next key, or when nothing more comes.
 * A key held longer than a 16-bit duration goes on in a new segment behind the old
 * one (2.5.1.3), also when packets at the seam were lost. Durations count in units of the
 * event's clock. */
#include "stream/private.h"

enum {
    QUIET = 10,       /* [frames] without a packet of the key: it was released */
    FORGOTTEN = 100,  /* [frames] without an event: an older timestamp is no straggler's */
    SEAM = 240,       /* [ms] of a segment's end that may be lost */
    SEGMENT = 0x8000, /* [units] a segment is longer than; a shorter one ended */
    END = 0x80,       /* bit of the second byte */
    CODES = 16
};

static void release(struct stream *stream)
{
    struct keys_in *keys = &stream->keys_in;

    keys->down = false;
    stream->events.digit("0123456789*#ABCD"[keys->code],
                         (keys->base + keys->duration) / stream_event_units(&stream->params),
                         stream->arg);
}

/* Is an event that begins at `timestamp` a further segment of the last one? */
static bool goes_on(const struct stream *stream, uint8_t code, uint32_t timestamp)
{
    const struct keys_in *keys = &stream->keys_in;
    uint32_t seam = SEAM * stream_event_units(&stream->params);
    uint32_t length = timestamp - keys->timestamp;
    uint32_t missing = length - keys->duration;

    return !keys->ended && keys->code == code && keys->duration &&
           (missing == 0 || (length >= SEGMENT && length <= UINT16_MAX && missing <= seam));
}

static void begin(struct stream *stream, uint8_t code, uint32_t timestamp)
{
    struct keys_in *keys = &stream->keys_in;

    if (keys->any && goes_on(stream, code, timestamp)) {
        keys->base += timestamp - keys->timestamp;
    } else {
        if (keys->down)
            release(stream);
        keys->base = 0;
        keys->down = keys->any = true;
        keys->ended = false;
        keys->code = code;
    }
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
    if (keys->any && newer < 0 && keys->quiet < FORGOTTEN)
        return; /* a straggler of a key that was told */
    if (!keys->any || newer)
        begin(stream, event[0], packet->timestamp);
    keys->quiet = 0;
    duration = (uint16_t)(event[2] << 8 | event[3]);
    if (duration > keys->duration)
        keys->duration = duration;
    keys->ended = keys->ended || event[1] & END;
    if (keys->ended && keys->down)
        release(stream);
}

void keys_in_tick(struct stream *stream)
{
    struct keys_in *keys = &stream->keys_in;

    if (keys->quiet < FORGOTTEN)
        keys->quiet++;
    if (keys->down && keys->quiet >= QUIET)
        release(stream);
}

void keys_in_doubt(struct stream *stream)
{
    stream->keys_in.quiet = FORGOTTEN;
}

void keys_in_restart(struct stream *stream)
{
    if (stream->keys_in.down)
        release(stream);
    stream->keys_in.any = false;
}
