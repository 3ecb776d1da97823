/* play.c: a frame a tick from what is in the ring, decoded when its time has come. */
#include "stream/playout_private.h"
#include "stream/scale.h"

#include <string.h>

enum {
    FORGET = 50, /* [frames] without packets until the stream counts as stopped */
    BEHIND = 5,  /* ticks with nothing but late packets: time went back */
    DTX_SIZE = 2 /* [bytes] of an Opus packet that announces a pause, at most */
};

/* Room for n samples behind what is queued; what was heard before stays as far as stretching
 * looks back. Returns where they go, and fewer when it has no room for all. */
int16_t *play_room(struct playout *playout, size_t *n)
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

void play_add(uint64_t *frames, unsigned *part, size_t n, unsigned frame)
{
    *part += (unsigned)n;
    *frames += *part / frame;
    *part %= frame;
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

enum playout_sound play_decode(struct playout *playout, const struct jitter_slot *slot)
{
    size_t passed = playout_samples(playout, playout->play - slot->timestamp);
    size_t most = playout_samples(playout, slot->length);
    int16_t *out = play_room(playout, &most);
    size_t n = run_decoder(playout, slot, out, most);
    bool next = (uint16_t)(slot->sequence - playout->sequence) <= 1;

    if (playout->gap)
        gap_end(playout,
                playout->decoded && next && (int32_t)(slot->timestamp - playout->hole) > 0);
    if (!n) { /* damaged */
        playout->play = slot->timestamp + slot->length;
        return gap_conceal(playout, most, NULL);
    }
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

static enum playout_sound fetch(struct playout *playout)
{
    struct jitter_slot *slot, *next;

    if (!playout->running)
        return gap_silence(playout, playout_ms(playout, 20) - playout_queued(playout));
    slot = jitter_at(&playout->jitter, playout->play);
    if (slot)
        return play_decode(playout, slot);
    next = jitter_next(&playout->jitter, playout->play);
    if (!next)
        return gap_dry(playout);
    return gap_is_pause(playout, next) ? gap_wait(playout, next) : gap_fill(playout, next);
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

/* n samples of a kind were queued. */
static void count(struct playout *playout, enum playout_sound kind, size_t n)
{
    struct playout_counts *counts = playout->counts;
    unsigned frame = playout->rate / 50;

    if (kind == PLAYOUT_SOUND)
        play_add(&counts->frames_in, &playout->sound, n, frame);
    else if (kind == PLAYOUT_RECOVERED)
        play_add(&counts->recovered, &playout->recovered, n, frame);
    else if (kind == PLAYOUT_COMFORT)
        play_add(&counts->comfort, &playout->comfort, n, frame);
    else if (kind == PLAYOUT_LOST)
        playout->concealed += (unsigned)n;
}

static unsigned fetch_and_count(struct playout *playout)
{
    size_t before = playout_queued(playout);

    playout->kind = fetch(playout);
    count(playout, playout->kind, playout_queued(playout) - before);
    return 1u << playout->kind;
}

static void stop(struct playout *playout)
{
    gap_end(playout, false);
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
    while (playout_queued(playout) < n || wants_more(playout, n))
        kinds |= fetch_and_count(playout);
    kind = kind_of(kinds);
    if (playout->owe && (kind == PLAYOUT_SOUND || kind == PLAYOUT_COMFORT))
        adapt_stretch(playout);
    if (kind != PLAYOUT_SILENT)
        memcpy(frame, playout->samples + playout->head, n * sizeof *frame);
    playout->head += n;
    if ((int32_t)playout_queued(playout) < playout->watch.spare)
        playout->watch.spare = (int32_t)playout_queued(playout);
    jitter_pass(&playout->jitter, playout->play);
    look_back(playout);
    return kind;
}
