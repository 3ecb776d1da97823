/* keys_out.c: digits we send, as telephone-events (RFC 4733, 2.5) or as tones (Q.23): a
 * packet every 20 ms with the timestamp of the beginning and a growing duration, the end
 * sent three times, then a gap with sound; or frames of both tones, then a gap without.
 *
 *   idle ──digit──> event (TONE updates, ENDS ends) ──> gap ──────────────> idle or next
 *     └─────digit──> tone (TONE frames) ──> gap, silent for its first HUSH ──┘ */
#include "audio/dtmf.h"
#include "stream/bytes.h"
#include "stream/private.h"

#include <ctype.h>
#include <string.h>

enum {
    FRAME_MS = 20,
    TONE = 5, /* [frames] of the key held down */
    ENDS = 3, /* end packets */
    GAP = 4,  /* [frames] between two keys */
    HUSH = 4, /* [frames] of silence after a tone: nobody may fill its pause */
    PAUSE = 25,
    EVENT = 4, /* [bytes] of a telephone-event */
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

unsigned stream_dialling(const struct stream *stream)
{
    return stream->keys_out.count;
}

char stream_tone(const struct stream *stream)
{
    return stream->keys_out.sounding;
}

bool keys_out_idle(const struct stream *stream)
{
    return stream->keys_out.state == KEYS_IDLE && !stream->keys_out.count;
}

void stream_tones(struct stream *stream, bool on)
{
    stream->keys_out.tones = on;
}

static void wait(struct keys_out *keys, unsigned frames, unsigned hush)
{
    keys->state = KEYS_GAP;
    keys->gap = frames;
    keys->hush = hush;
    keys->step = 0;
}

static void begin(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;
    char digit = keys->digits[keys->head];

    keys->head = (keys->head + 1) % KEYS_MAX;
    keys->count--;
    keys->step = 0;
    if (digit == 'p') {
        wait(keys, PAUSE, 0);
    } else if (stream->params.event_payload_type) {
        keys->state = KEYS_EVENT;
        keys->code = code_of(digit);
        keys->timestamp = stream->timestamp;
    } else {
        keys->state = KEYS_TONE;
        keys->digit = (char)toupper((unsigned char)digit);
        dtmf_send(&keys->sender, digit);
    }
}

static void send_event(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;
    unsigned held = keys->step < TONE ? keys->step + 1 : TONE;
    unsigned duration = held * FRAME_MS * stream_event_units(&stream->params);
    uint8_t room[STREAM_HEADER + EVENT], *event = room + STREAM_HEADER;

    event[0] = keys->code;
    event[1] = (uint8_t)(VOLUME | (keys->step >= TONE ? END : 0));
    put16(event + 2, (uint16_t)duration);
    carrier_send(stream, event, EVENT, stream->params.event_payload_type, keys->step == 0,
                 keys->timestamp);
    if (++keys->step == TONE + ENDS)
        wait(keys, GAP, 0);
}

static void make_tone(struct stream *stream, int16_t frame[STREAM_FRAME])
{
    struct keys_out *keys = &stream->keys_out;

    dtmf_fill(&keys->sender, frame, STREAM_FRAME);
    keys->sounding = keys->digit;
    if (++keys->step == TONE)
        wait(keys, GAP, HUSH);
}

/* A new answer takes no events: the key under way is cut off, and what is left goes out as
 * tones or cannot be told. */
static void check(struct stream *stream)
{
    struct keys_out *keys = &stream->keys_out;

    if (stream->params.event_payload_type)
        return;
    if (keys->state == KEYS_EVENT)
        wait(keys, GAP, 0);
    if (keys->tones || keys->state == KEYS_TONE || (!keys->count && keys->state == KEYS_IDLE))
        return;
    keys->count = 0;
    keys->state = KEYS_IDLE;
    stream->events.dialled(stream->arg);
}

enum keys_sound keys_out_tick(struct stream *stream, int16_t frame[STREAM_FRAME])
{
    struct keys_out *keys = &stream->keys_out;

    check(stream);
    keys->sounding = 0;
    if (keys->state == KEYS_GAP && keys->step++ >= keys->gap) {
        keys->state = KEYS_IDLE;
        if (!keys->count)
            stream->events.dialled(stream->arg);
    }
    if (keys->state == KEYS_IDLE && keys->count)
        begin(stream);
    if (keys->state == KEYS_EVENT) {
        send_event(stream);
        return KEYS_SENT;
    }
    if (keys->state == KEYS_TONE) {
        make_tone(stream, frame);
        return KEYS_INSTEAD;
    }
    if (keys->state != KEYS_GAP || keys->step > keys->hush)
        return KEYS_NONE;
    memset(frame, 0, STREAM_FRAME * sizeof *frame);
    return KEYS_INSTEAD;
}
