/* keys_out.c: digits we send as telephone-events (RFC 4733, 2.5): a packet every
 * 20 ms with the timestamp of the beginning and a growing duration, the end sent
 * three times, then a gap with sound.
 *
 *   idle ──digit──> tone (TONE updates, ENDS ends) ──> gap ──> idle or next */
#include "stream/private.h"

enum {
    TONE = 5, /* [frames] of the key held down */
    ENDS = 3, /* end packets */
    GAP = 4,  /* [frames] between two keys */
    PAUSE = 25,
    END = 0x80,
    VOLUME = 10, /* [-dBm0] */
    NO_KEY = 255
};

static uint8_t code_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint8_t)(digit - '0');
    if (digit >= 'A' && digit <= 'D')
        return (uint8_t)(digit - 'A' + 12);
    if (digit >= 'a' && digit <= 'd')
        return (uint8_t)(digit - 'a' + 12);
    return digit == '*' ? 10 : digit == '#' ? 11 : NO_KEY;
}

void stream_dial(struct stream *stream, const char *digits)
{
    struct keys_out *keys = &stream->keys_out;

    for (; *digits && keys->count < KEYS_MAX; digits++)
        if (*digits == 'p' || code_of(*digits) != NO_KEY)
            keys->digits[(keys->head + keys->count++) % KEYS_MAX] = *digits;
}

static void begin(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;
    char digit = keys->digits[keys->head];

    keys->head = (keys->head + 1) % KEYS_MAX;
    keys->count--;
    keys->step = 0;
    if (digit == 'p') {
        keys->state = KEYS_GAP;
        keys->gap = PAUSE;
    } else {
        keys->state = KEYS_TONE;
        keys->code = code_of(digit);
        keys->timestamp = stream->timestamp;
    }
}

static void send_event(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;
    unsigned held = keys->step < TONE ? keys->step + 1 : TONE;
    unsigned duration = held * STREAM_FRAME;
    uint8_t event[4] = {
        keys->code,
        (uint8_t)(VOLUME | (keys->step >= TONE ? END : 0)),
        (uint8_t)(duration >> 8),
        (uint8_t)duration,
    };

    carrier_send(stream, event, sizeof event, stream->params.event_payload_type, keys->step == 0,
                 keys->timestamp);
    if (++keys->step == TONE + ENDS) {
        keys->state = KEYS_GAP;
        keys->gap = GAP;
        keys->step = 0;
    }
}

/* The peer takes no telephone-events any more: what is left cannot be told. */
static void give_up(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;

    if (!keys->count && keys->state == KEYS_IDLE)
        return;
    keys->count = 0;
    keys->state = KEYS_IDLE;
    stream->events.dialled(stream->arg);
}

bool keys_out_tick(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;

    if (!stream->params.event_payload_type)
        give_up(stream);
    if (keys->state == KEYS_GAP && keys->step++ >= keys->gap) {
        keys->state = KEYS_IDLE;
        if (!keys->count)
            stream->events.dialled(stream->arg);
    }
    if (keys->state == KEYS_IDLE && keys->count)
        begin(stream);
    if (keys->state != KEYS_TONE)
        return false;
    send_event(stream);
    return true;
}
