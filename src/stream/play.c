/* play.c: a frame a tick from what is in the ring: decoded when its time has come, concealed
 * when it has not come, told by the packet behind it when that one knows. */
#include "stream/playout_private.h"
#include "stream/scale.h"

#include <string.h>

enum {
    HOLD = 60,     /* [ms] of concealment at the level the codec gives it */
    CONCEAL = 100, /* [ms] at its end it has faded to nothing */
    FORGET = 50,   /* [frames] without packets until the stream counts as stopped */
    BEHIND = 5,    /* ticks with nothing but late packets: time went back */
    SLIGHT = 5000, /* [us] a pause that is left is not worth playing */
    DTX_SIZE = 2   /* [bytes] of an Opus packet that announces a pause, at most */
};

static size_t samples_of(const struct playout *playout, uint32_t units)
{
    return (size_t)((uint64_t)units * playout->rate / playout->clock);
}

static uint32_t units_of(const struct playout *playout, size_t samples)
{
    return (uint32_t)((uint64_t)samples * playout->clock / playout->rate);
}

static size_t ms_of(const struct playout *playout, size_t ms)
{
    return ms * (playout->rate / 1000);
}

/* Codecs of frames conceal in steps of 10 ms. */
static size_t grain(const struct playout *playout)
{
    bool any = playout->format.codec == CODEC_PCMU || playout->format.codec == CODEC_PCMA;

    return any ? 1 : ms_of(playout, 10);
}

/* Room for n samples behind what is queued; what was heard before stays as far as stretching
 * looks back. Returns where they go, and fewer when it has no room for all. */
static int16_t *room(struct playout *playout, size_t *n)
{
    size_t before = scale_longest(playout->rate);

    if (playout->end + *n > playout->capacity && playout->head > before) {
        size_t shift = playout->head - before;

        memmove(playout->samples, playout->samples + shift,
                (playout->end - shift) * sizeof *playout->samples);
        playout->head -= shift;
        playout->end -= shift;
    }
    if (playout->end + *n > playout->capacity)
        *n = playout->capacity - playout->end;
    return playout->samples + playout->end;
}

void play_end_gap(struct playout *playout, bool meant)
{
    if (meant)
        playout->counts->comfort += playout->concealed;
    else
        playout->counts->concealed += playout->concealed;
    if (!meant && playout->concealed > 1)
        playout->counts->bursts++;
    if (!meant && playout->gap)
        adapt_lost(playout);
    playout->concealed = 0;
    playout->gap = 0;
}

static enum playout_sound add_silence(struct playout *playout, size_t n)
{
    int16_t *out = room(playout, &n);

    memset(out, 0, n * sizeof *out);
    playout->end += n;
    return PLAYOUT_SILENT;
}

/* Between HOLD and CONCEAL it fades. */
static void fade(const struct playout *playout, int16_t *samples, size_t n)
{
    size_t hold = ms_of(playout, HOLD), all = ms_of(playout, CONCEAL);

    for (size_t i = 0; i < n; i++) {
        size_t at = playout->gap + i;

        if (at >= all)
            samples[i] = 0;
        else if (at > hold)
            samples[i] =
                (int16_t)((int64_t)samples[i] * (int64_t)(all - at) / (int64_t)(all - hold));
    }
}

/* In place of n samples that are not there. */
static enum playout_sound conceal(struct playout *playout, size_t n, const struct jitter_slot *next)
{
    const uint8_t *payload = next ? jitter_payload(&playout->jitter, next) : NULL;
    int16_t *out = room(playout, &n);
    enum playout_sound kind = PLAYOUT_LOST;

    if (decoder_conceal(playout->decoder, out, n, payload, next ? next->size : 0))
        kind = PLAYOUT_RECOVERED;
    else if (playout->pause)
        kind = PLAYOUT_COMFORT;
    else
        fade(playout, out, n);
    if (next)
        adapt_told(playout, kind == PLAYOUT_RECOVERED);
    playout->end += n;
    return kind;
}

static enum playout_sound add_noise(struct playout *playout, size_t n)
{
    int16_t *out = room(playout, &n);

    noise_fill(&playout->noise, out, n);
    playout->end += n;
    return PLAYOUT_COMFORT;
}

/* n samples of a gap, whether packets were lost there or the peer is silent. */
static enum playout_sound bridge(struct playout *playout, size_t n, const struct jitter_slot *next)
{
    enum playout_sound kind;

    if (!playout->gap)
        playout->hole = playout->play;
    if (playout->noisy && !next)
        kind = add_noise(playout, n);
    else if (!playout->decoded ||
             (!next && !playout->pause && playout->gap >= ms_of(playout, CONCEAL)))
        kind = add_silence(playout, n);
    else
        kind = conceal(playout, n, next);
    playout->gap += (unsigned)n;
    return kind;
}

static bool announces_pause(const struct playout *playout, const struct jitter_slot *slot)
{
    if (slot->other)
        return false;
    if (playout->format.codec == CODEC_OPUS)
        return slot->size <= DTX_SIZE;
    return playout->format.codec == CODEC_G729 && slot->size % 10 == 2;
}

/* What one slot holds, at the queue's rate. Returns the number of samples. */
static size_t run_decoder(struct playout *playout, const struct jitter_slot *slot, int16_t *out,
                          size_t most)
{
    const uint8_t *payload = jitter_payload(&playout->jitter, slot);
    int16_t narrow[160];
    size_t n;

    if (!slot->other)
        return decoder_run(playout->decoder, out, most, payload, slot->size);
    if (!playout->lift)
        return decoder_run(playout->other, out, most, payload, slot->size);
    n = decoder_run(playout->other, narrow, 160, payload, slot->size);
    return resample_run(playout->lift, out, narrow, n);
}

static enum playout_sound decode(struct playout *playout, const struct jitter_slot *slot)
{
    size_t passed = samples_of(playout, playout->play - slot->timestamp);
    size_t most = samples_of(playout, slot->length);
    int16_t *out = room(playout, &most);
    size_t n = run_decoder(playout, slot, out, most);
    bool next = (uint16_t)(slot->sequence - playout->sequence) <= 1;

    if (playout->gap)
        play_end_gap(playout,
                     playout->decoded && next && (int32_t)(slot->timestamp - playout->hole) > 0);
    if (!n) /* damaged */
        return playout->play = slot->timestamp + slot->length, conceal(playout, most, NULL);
    passed = passed < n ? passed : n;
    memmove(out, out + passed, (n - passed) * sizeof *out);
    playout->end += n - passed;
    playout->play = slot->timestamp + slot->length;
    playout->decoded = true;
    playout->sequence = slot->sequence;
    playout->heard = slot->arrival;
    playout->dry = playout->behind = 0;
    if ((int32_t)(slot->timestamp - playout->noise_from) >= 0)
        playout->noisy = false;
    playout->pause = announces_pause(playout, slot);
    return playout->pause ? PLAYOUT_COMFORT : PLAYOUT_SOUND;
}

/* How long the packet has to wait yet, that it waits as long as others did [us]. */
static int32_t left_to_wait(const struct playout *playout, const struct jitter_slot *next)
{
    int32_t age = (int32_t)(playout->now - next->arrival);
    int32_t queued = (int32_t)(playout_queued(playout) * 1000 / (playout->rate / 1000));

    return playout->lagged ? playout->lag - age - queued : 0;
}

/* The peer was silent up to `next`. What is left of the pause ends when it has waited. */
static enum playout_sound wait_for(struct playout *playout, const struct jitter_slot *next)
{
    int32_t left = left_to_wait(playout, next);
    size_t n = ms_of(playout, 10);
    enum playout_sound kind;

    if (left < SLIGHT) {
        playout->play = next->timestamp;
        return decode(playout, next);
    }
    if (left < 10000 && grain(playout) == 1)
        n = (size_t)left * (playout->rate / 1000) / 1000;
    playout->play = next->timestamp - (uint32_t)((int64_t)left * playout->clock / 1000000);
    kind = bridge(playout, n, NULL);
    playout->play += units_of(playout, n);
    if ((int32_t)(playout->play - next->timestamp) > 0)
        playout->play = next->timestamp;
    return kind;
}

/* Packets are missing before `next`. */
static enum playout_sound fill_hole(struct playout *playout, const struct jitter_slot *next)
{
    size_t hole = samples_of(playout, next->timestamp - playout->play);
    size_t known = samples_of(playout, next->length), n = hole;
    bool told = hole <= known;
    enum playout_sound kind;

    if (!told)
        n = hole - known < ms_of(playout, 20) ? hole - known : ms_of(playout, 20);
    n -= n % grain(playout);
    if (!n) {
        playout->play = next->timestamp;
        return decode(playout, next);
    }
    kind = bridge(playout, n, told ? next : NULL);
    playout->play += units_of(playout, n);
    return kind;
}

/* Nothing is there yet. While more delay is wanted, time stands still meanwhile. */
static enum playout_sound run_dry(struct playout *playout)
{
    size_t n = ms_of(playout, 20) - playout_queued(playout), part = grain(playout);
    enum playout_sound kind;

    n = (n + part - 1) / part * part;
    kind = bridge(playout, n, NULL);
    if (playout->owe > 0)
        playout->owe = playout->owe > (int32_t)n ? playout->owe - (int32_t)n : 0;
    else
        playout->play += units_of(playout, n);
    return kind;
}

/* Was the peer silent up to `next`? Then it said so, or no number is missing. */
static bool in_pause(const struct playout *playout, const struct jitter_slot *next)
{
    if (playout->noisy)
        return (int32_t)(next->timestamp - playout->noise_from) >= 0;
    return playout->decoded &&
           (playout->pause || (uint16_t)(next->sequence - playout->sequence) <= 1);
}

static enum playout_sound fetch(struct playout *playout)
{
    struct jitter_slot *slot, *next;

    if (!playout->running)
        return add_silence(playout, ms_of(playout, 20) - playout_queued(playout));
    slot = jitter_at(&playout->jitter, playout->play);
    if (slot)
        return decode(playout, slot);
    next = jitter_next(&playout->jitter, playout->play);
    if (!next)
        return run_dry(playout);
    return in_pause(playout, next) ? wait_for(playout, next) : fill_hole(playout, next);
}

/* Of a frame that holds several kinds. */
static enum playout_sound kind_of(unsigned kinds)
{
    if (kinds & 1u << PLAYOUT_LOST)
        return PLAYOUT_LOST;
    if (kinds & 1u << PLAYOUT_RECOVERED)
        return PLAYOUT_RECOVERED;
    if (kinds & 1u << PLAYOUT_SOUND)
        return PLAYOUT_SOUND;
    return kinds & 1u << PLAYOUT_COMFORT ? PLAYOUT_COMFORT : PLAYOUT_SILENT;
}

static void count(struct playout *playout, enum playout_sound kind)
{
    if (kind == PLAYOUT_SOUND)
        playout->counts->frames_in++;
    else if (kind == PLAYOUT_RECOVERED)
        playout->counts->recovered++;
    else if (kind == PLAYOUT_COMFORT)
        playout->counts->comfort++;
    else if (kind == PLAYOUT_LOST)
        playout->concealed++;
}

static void stop(struct playout *playout)
{
    play_end_gap(playout, false);
    playout->running = false;
}

/* After a frame: is it still the same stream? */
static void look_back(struct playout *playout)
{
    unsigned forget = playout->pause && playout->format.codec == CODEC_G729 ? 10 * FORGET : FORGET;

    if (playout->gap) {
        playout->dry++;
        playout->behind += playout->belated;
    }
    playout->belated = false;
    if (playout->running &&
        ((playout->dry > forget && !playout->noisy) || playout->behind >= BEHIND))
        stop(playout);
}

/* To cut some out there must be more than is heard now. */
static bool wants_more(struct playout *playout, size_t n)
{
    size_t most = scale_longest(playout->rate), owed = (size_t)-playout->owe;

    return playout->owe < 0 && playout_queued(playout) < n + (owed < most ? owed : most) &&
           jitter_at(&playout->jitter, playout->play);
}

enum playout_sound playout_get(struct playout *playout, uint32_t now, int16_t *frame)
{
    size_t n = playout->rate / 50;
    unsigned kinds = 0;
    enum playout_sound kind;

    playout->now = now;
    playout->ticked = true;
    if (!playout->running && !playout_queued(playout))
        return PLAYOUT_SILENT;
    adapt_tick(playout);
    if (playout->running && !playout->decoded)
        playout_settle(playout);
    if (playout_queued(playout))
        kinds = 1u << playout->kind;
    while (playout_queued(playout) < n || wants_more(playout, n)) {
        playout->kind = fetch(playout);
        kinds |= 1u << playout->kind;
    }
    kind = kind_of(kinds);
    if (playout->owe && (kind == PLAYOUT_SOUND || kind == PLAYOUT_COMFORT))
        adapt_stretch(playout);
    if (kind != PLAYOUT_SILENT)
        memcpy(frame, playout->samples + playout->head, n * sizeof *frame);
    playout->head += n;
    if ((int32_t)playout_queued(playout) < playout->watch.spare)
        playout->watch.spare = (int32_t)playout_queued(playout);
    jitter_pass(&playout->jitter, playout->play);
    count(playout, kind);
    look_back(playout);
    return kind;
}
