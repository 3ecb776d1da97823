/* playout.c: where packets go in time. `play` follows the ticks and never stops for what is
 * missing, so sender and play-out keep step over gaps; what lies elsewhere on the line of time
 * than it can begins a new one, with the delay that was learned on the old. */
#include "audio/g711.h"
#include "stream/playout_private.h"
#include "stream/scale.h"

#include <string.h>

enum {
    FAR = 320000,       /* [us] ahead: not the same line of time any more */
    OLD = -2000000,     /* the same, behind */
    ASTRAY = 100000,    /* the same, when sequence numbers jumped too */
    ALONE = 50000,      /* the same, when nothing else is in hand */
    KEEP = 300,         /* [ms] of payload there is room for */
    OVERFULL = 180000,  /* [us] in hand after a burst, at least: jump to the newest */
    BURST = 120000,     /* [us] the same, above what packets waited before */
    AFTER_JUMP = 40000, /* [us] in hand then, at least */
    SPURT = 3           /* [frames] of a pause, at least */
};

/* [bytes] a millisecond of payload takes, at most as a rule. */
static size_t density(const struct codec_format *format)
{
    switch (format->codec) {
    case CODEC_L16:
        return codec_rate(format) * 2 / 1000;
    case CODEC_OPUS:
    case CODEC_SPEEX:
        return 20;
    default:
        return 8; /* also of those who switch to G.711 */
    }
}

/* [bytes] of 20 ms of a codec whose packets can be cut anywhere there; 0: they cannot. */
static size_t slice_of(const struct playout *playout, enum playout_law law)
{
    if (law != PLAYOUT_AGREED)
        return 160;
    switch (playout->format.codec) {
    case CODEC_PCMU:
    case CODEC_PCMA:
    case CODEC_G722:
        return 160;
    case CODEC_G729:
        return 20;
    case CODEC_GSM:
        return 33;
    case CODEC_L16:
        return playout->rate / 25;
    default:
        return 0;
    }
}

/* [samples] that are queued at most: a packet, or a slice of it, on top of what is cut from. */
static size_t queue_size(const struct codec_format *format)
{
    bool whole = format->codec == CODEC_OPUS || format->codec == CODEC_SPEEX;
    unsigned rate = codec_rate(format);

    return rate / 1000 * (whole ? CODEC_MS_MAX : 20) + 3 * scale_longest(rate) + rate / 50;
}

static size_t ring_size(const struct codec_format *format)
{
    return (KEEP * density(format) + 15) / 16 * 16;
}

size_t playout_memory(const struct codec_format *format)
{
    return ring_size(format) + queue_size(format) * sizeof(int16_t);
}

void playout_init(struct playout *playout, const struct codec_format *format, void *memory,
                  struct decoder *decoder, struct decoder *other, struct resample *lift)
{
    memset(playout, 0, sizeof *playout);
    playout->format = *format;
    playout->rate = codec_rate(format);
    playout->clock = codec_clock(format);
    playout->decoder = decoder;
    playout->other = other;
    playout->lift = lift;
    playout->samples = memory;
    playout->capacity = queue_size(format);
    jitter_init(&playout->jitter, (uint8_t *)(playout->samples + playout->capacity),
                ring_size(format));
    playout_reset(playout);
}

void playout_count(struct playout *playout, struct playout_counts *counts)
{
    playout->counts = counts;
}

static struct decoder *decoder_of(const struct playout *playout, enum playout_law law)
{
    return law != PLAYOUT_AGREED && playout->other ? playout->other : playout->decoder;
}

bool playout_knows(const struct playout *playout, const uint8_t *payload, size_t size,
                   enum playout_law law)
{
    return size && decoder_length(decoder_of(playout, law), payload, size) > 0;
}

void playout_restart(struct playout *playout)
{
    jitter_clear(&playout->jitter);
    playout->running = playout->decoded = playout->pause = playout->noisy = false;
    decoder_reset(playout->decoder);
    if (playout->other)
        decoder_reset(playout->other);
}

void playout_reset(struct playout *playout)
{
    playout_restart(playout);
    playout->lagged = playout->ticked = false;
    playout->spread = playout->wary = 0;
    playout->gap = playout->dry = playout->concealed = 0;
    playout->head = playout->end = scale_longest(playout->rate);
    memset(playout->samples, 0, playout->head * sizeof *playout->samples);
    playout->kind = PLAYOUT_SILENT;
    adapt_begin(playout);
}

/* A new line of time. The network is the old one: packets get the delay they had. */
static void begin(struct playout *playout, uint32_t timestamp)
{
    int32_t lag = playout->lagged ? playout->lag / TICK * TICK : 0;

    if (lag > PLAYOUT_DEEPEST * 1000) /* more than that would be FAR again with the next packet */
        lag = PLAYOUT_DEEPEST * 1000;
    if (playout->gap)
        gap_end(playout, false);
    jitter_clear(&playout->jitter);
    playout->running = true;
    playout->decoded = playout->pause = playout->belated = false;
    playout->dry = playout->behind = 0;
    playout->play = timestamp - playout_units(playout, (unsigned)lag / 1000);
    adapt_begin(playout);
}

int32_t playout_depth(const struct playout *playout)
{
    int32_t queued = (int32_t)(playout_queued(playout) * 1000 / (playout->rate / 1000));
    int32_t ahead = playout_us(playout, (int32_t)(playout->newest - playout->play));

    return playout->running && playout->jitter.count && ahead > 0 ? queued + ahead : queued;
}

/* Did timestamps leave their line? Numbers in a row with times that go back are proof, and so is
 * a packet far ahead while nothing else is in hand. */
static bool jumped(struct playout *playout, const struct playout_packet *packet, int32_t ahead)
{
    bool next = packet->sequence == (uint16_t)(playout->newest_sequence + 1);
    bool alone = !playout->jitter.count;

    if (ahead > FAR || ahead < OLD)
        return true;
    if (alone && ahead > playout->lag + ALONE)
        return true;
    if (packet->restart && (ahead > ASTRAY || ahead < -ASTRAY))
        return true;
    return next && (int32_t)(packet->timestamp - playout->newest) < 0;
}

/* The numbers go on and the timestamps tell of a pause: its length there is not the one here. */
static bool ends_pause(struct playout *playout, const struct playout_packet *packet, size_t length)
{
    bool next = packet->sequence == (uint16_t)(playout->newest_sequence + 1);
    uint32_t since = packet->timestamp - playout->newest;

    return playout->dry >= SPURT && (next || playout->pause || playout->noisy) && since > length &&
           !jitter_next(&playout->jitter, playout->play);
}

/* A packet behind the play-out. True when the play-out went back to it: it just missed a tick
 * that had nothing else to play. Where packets come evenly and a tick is in
 * hand, it takes two within two seconds. */
static bool absorb(struct playout *playout, uint32_t timestamp)
{
    uint32_t missed = playout->play - timestamp;

    if (!playout->gap || missed > playout_units(playout, 20) ||
        (int32_t)(timestamp - playout->hole) < 0 || !adapt_absorbs(playout) ||
        jitter_next(&playout->jitter, playout->play))
        return false;
    playout->play = timestamp;
    adapt_absorbed(playout);
    return true;
}

/* In the law that its decoder takes: a step of quantisation more is no loss. */
static const uint8_t *to_law(const struct playout *playout, enum playout_law law,
                             const uint8_t *payload, size_t size, uint8_t out[160])
{
    bool takes_ulaw = playout->other || playout->format.codec == CODEC_PCMU;
    int16_t samples[160];

    if (law == PLAYOUT_AGREED || takes_ulaw == (law == PLAYOUT_PCMU))
        return payload;
    if (takes_ulaw) {
        g711_alaw_decode(samples, payload, size);
        g711_ulaw_encode(out, samples, size);
    } else {
        g711_ulaw_decode(samples, payload, size);
        g711_alaw_encode(out, samples, size);
    }
    return out;
}

static void keep(struct playout *playout, const struct playout_packet *packet, uint32_t timestamp,
                 const uint8_t *payload, size_t size, size_t length)
{
    struct jitter_slot slot = {.timestamp = timestamp,
                               .arrival = packet->arrival,
                               .sequence = packet->sequence,
                               .length = (uint16_t)length,
                               .size = (uint16_t)size,
                               .other = packet->law != PLAYOUT_AGREED && playout->other};
    uint8_t other[160];

    if (size <= sizeof other)
        payload = to_law(playout, packet->law, payload, size, other);
    if ((int32_t)(timestamp + length - playout->play) > 0 &&
        !jitter_at(&playout->jitter, timestamp))
        jitter_put(&playout->jitter, &slot, payload);
}

/* [units] of sound in the payload; 0: it is none. */
static size_t length_of(const struct playout *playout, enum playout_law law, unsigned clock,
                        const uint8_t *payload, size_t size)
{
    unsigned rate = law != PLAYOUT_AGREED && playout->other ? 8000 : playout->rate;
    size_t samples = size ? decoder_length(decoder_of(playout, law), payload, size) : 0;

    return clock > rate ? samples * (clock / rate) : samples / (rate / clock);
}

static void keep_slices(struct playout *playout, const struct playout_packet *packet)
{
    size_t slice = slice_of(playout, packet->law), at = 0;
    uint32_t timestamp = packet->timestamp;

    while (at < packet->size) {
        size_t left = packet->size - at, size = slice && slice < left ? slice : left;
        size_t length = length_of(playout, packet->law, playout->clock, packet->payload + at, size);

        if (length)
            keep(playout, packet, timestamp, packet->payload + at, size, length);
        timestamp += (uint32_t)length;
        at += size;
    }
}

static void jump(struct playout *playout, uint32_t to)
{
    playout->play = to;
    jitter_pass(&playout->jitter, to);
    adapt_begin(playout);
}

/* More than a burst ought to leave in hand. */
static void jump_over(struct playout *playout, uint32_t end)
{
    int32_t most = playout->lag + BURST;
    int32_t left = playout->lag > AFTER_JUMP ? playout->lag : AFTER_JUMP;

    most = most < OVERFULL ? OVERFULL : most > KEEP * 1000 ? KEEP * 1000 : most;
    if (playout_us(playout, (int32_t)(end - playout->play)) > most)
        jump(playout, end - playout_units(playout, (unsigned)left / 1000));
}

void playout_settle(struct playout *playout)
{
    int32_t lag = playout->lagged ? playout->lag : 0;

    if (playout_us(playout, (int32_t)(playout->newest - playout->play)) > lag + AFTER_JUMP)
        jump(playout, playout->newest - playout_units(playout, 20 + (unsigned)lag / 1000));
}

/* Puts the packet on the line of time, or the line to the packet. */
static void follow(struct playout *playout, const struct playout_packet *packet, size_t length)
{
    int32_t ahead = (int32_t)(packet->timestamp - playout->play);
    bool anew = !playout->running || jumped(playout, packet, playout_us(playout, ahead));

    if (anew)
        begin(playout, packet->timestamp);
    else if (ahead < 0 && ends_pause(playout, packet, length))
        playout->play = packet->timestamp;
    if (anew || (int32_t)(packet->timestamp - playout->newest) > 0) {
        playout->newest = packet->timestamp;
        playout->newest_sequence = packet->sequence;
    }
}

bool playout_put(struct playout *playout, const struct playout_packet *packet)
{
    unsigned clock = packet->law == PLAYOUT_AGREED ? codec_clock(&playout->format) : 8000;
    size_t length = length_of(playout, packet->law, clock, packet->payload, packet->size);
    int32_t slack;

    if (!length)
        return false;
    if (clock != playout->clock)
        playout->running = false;
    playout->clock = clock;
    follow(playout, packet, length);
    slack = adapt_note(playout, packet->timestamp, packet->arrival);
    if ((int32_t)(packet->timestamp - playout->play) < 0 && !absorb(playout, packet->timestamp) &&
        (int32_t)(packet->timestamp + length - playout->play) <= 0) {
        adapt_late(playout, slack);
        return false;
    }
    keep_slices(playout, packet);
    jump_over(playout, packet->timestamp + (uint32_t)length);
    return true;
}

void playout_noise(struct playout *playout, const struct playout_packet *packet)
{
    int32_t ahead = (int32_t)(packet->timestamp - playout->play);

    if (!noise_set(&playout->noise, packet->payload, packet->size))
        return;
    if (!playout->running || jumped(playout, packet, playout_us(playout, ahead)))
        begin(playout, packet->timestamp);
    playout->newest = packet->timestamp;
    playout->newest_sequence = packet->sequence;
    playout->noise_from = packet->timestamp;
    playout->noisy = true;
}

uint32_t playout_length(const struct playout *playout, const uint8_t *payload, size_t size)
{
    return (uint32_t)length_of(playout, PLAYOUT_AGREED, codec_clock(&playout->format), payload,
                               size);
}

bool playout_holds(struct playout *playout)
{
    return playout->running && (playout_queued(playout) >= playout->rate / 50 ||
                                jitter_next(&playout->jitter, playout->play));
}

size_t playout_rest(struct playout *playout, int16_t *samples)
{
    size_t count = playout_queued(playout);

    if (count >= playout->rate / 50)
        return 0;
    memcpy(samples, playout->samples + playout->head, count * sizeof *samples);
    playout->head = playout->end;
    return count;
}

/* Decodes it as if it had been heard here. */
static void recall(struct playout *playout, const struct playout_packet *last)
{
    size_t most = playout->capacity - playout->end;

    playout->end += decoder_run(playout->decoder, playout->samples + playout->end, most,
                                last->payload, last->size);
    playout->head = playout->end;
    playout->decoded = true;
    playout->sequence = last->sequence;
}

void playout_resume(struct playout *playout, const struct playout_packet *last, uint32_t play)
{
    playout_reset(playout);
    playout->clock = codec_clock(&playout->format);
    if (last->size)
        recall(playout, last);
    playout->kind = PLAYOUT_SOUND;
    playout->heard = last->arrival;
    playout->newest = last->timestamp;
    playout->newest_sequence = last->sequence;
    playout->play = play;
    playout->running = true;
}
