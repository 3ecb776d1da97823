/* gap.c: what is heard where no packet is: concealment of what was lost, noise and silence of a
 * pause, and how long either lasts. */
#include "stream/playout_private.h"

#include <string.h>

enum {
    HOLD = 60,     /* [ms] of concealment at the level the codec gives it */
    CONCEAL = 100, /* [ms] at its end it has faded to nothing */
    SLIGHT = 5000  /* [us] a pause that is left is not worth playing */
};

/* Codecs of frames conceal in steps of 10 ms. */
static size_t grain(const struct playout *playout)
{
    bool any = playout->format.codec == CODEC_PCMU || playout->format.codec == CODEC_PCMA;

    return any ? 1 : playout_ms(playout, 10);
}

unsigned playout_concealed(const struct playout *playout)
{
    return (playout->lost + playout->concealed) / (playout->rate / 50);
}

void gap_end(struct playout *playout, bool meant)
{
    struct playout_counts *counts = playout->counts;
    unsigned frame = playout->rate / 50;

    if (meant)
        play_add(&counts->comfort, &playout->comfort, playout->concealed, frame);
    else
        play_add(&counts->concealed, &playout->lost, playout->concealed, frame);
    if (!meant && playout->concealed >= 2 * frame)
        counts->bursts++;
    if (!meant && playout->gap)
        adapt_lost(playout);
    playout->concealed = 0;
    playout->gap = 0;
}

enum playout_sound gap_silence(struct playout *playout, size_t n)
{
    int16_t *out = play_room(playout, &n);

    memset(out, 0, n * sizeof *out);
    playout->end += n;
    return PLAYOUT_SILENT;
}

/* Between HOLD and CONCEAL it fades. */
static void fade(const struct playout *playout, int16_t *samples, size_t n)
{
    size_t hold = playout_ms(playout, HOLD), all = playout_ms(playout, CONCEAL);

    for (size_t i = 0; i < n; i++) {
        size_t at = playout->gap + i;

        if (at >= all)
            samples[i] = 0;
        else if (at > hold)
            samples[i] =
                (int16_t)((int64_t)samples[i] * (int64_t)(all - at) / (int64_t)(all - hold));
    }
}

/* Opus knows by itself how a voice and how the noise of a pause end, and may pause unasked. */
static bool goes_quiet(const struct playout *playout)
{
    return playout->format.codec == CODEC_OPUS;
}

/* As much was concealed as is worth it. */
static bool is_over(const struct playout *playout)
{
    return playout->gap >= playout_ms(playout, CONCEAL);
}

/* In place of n samples that are not there. */
enum playout_sound gap_conceal(struct playout *playout, size_t n, const struct jitter_slot *next)
{
    const uint8_t *payload = next ? jitter_payload(&playout->jitter, next) : NULL;
    int16_t *out = play_room(playout, &n);
    enum playout_sound kind = PLAYOUT_LOST;

    if (decoder_conceal(playout->decoder, out, n, payload, next ? next->size : 0))
        kind = PLAYOUT_RECOVERED;
    else if (playout->pause || (goes_quiet(playout) && is_over(playout)))
        kind = PLAYOUT_COMFORT;
    else if (!goes_quiet(playout))
        fade(playout, out, n);
    if (next)
        adapt_told(playout, kind == PLAYOUT_RECOVERED);
    playout->end += n;
    return kind;
}

static enum playout_sound add_noise(struct playout *playout, size_t n)
{
    int16_t *out = play_room(playout, &n);

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
             (!next && !playout->pause && !goes_quiet(playout) && is_over(playout)))
        kind = gap_silence(playout, n);
    else
        kind = gap_conceal(playout, n, next);
    playout->gap += (unsigned)n;
    return kind;
}

/* How long the packet has to wait yet, that it waits as long as others did [us]. */
static int32_t left_to_wait(const struct playout *playout, const struct jitter_slot *next)
{
    int32_t age = (int32_t)(playout->now - next->arrival);
    int32_t queued = (int32_t)(playout_queued(playout) * 1000 / (playout->rate / 1000));

    return playout->lagged ? playout->lag - age - queued : 0;
}

/* The peer was silent up to `next`. What is left of the pause ends when it has waited. */
enum playout_sound gap_wait(struct playout *playout, const struct jitter_slot *next)
{
    int32_t left = left_to_wait(playout, next);
    size_t n = playout_ms(playout, 10);
    enum playout_sound kind;

    if (left < SLIGHT) {
        playout->play = next->timestamp;
        return play_decode(playout, next);
    }
    if (left < 10000 && grain(playout) == 1)
        n = (size_t)left * (playout->rate / 1000) / 1000;
    playout->play = next->timestamp - (uint32_t)((int64_t)left * playout->clock / 1000000);
    kind = bridge(playout, n, NULL);
    playout->play += playout_clock(playout, n);
    if ((int32_t)(playout->play - next->timestamp) > 0)
        playout->play = next->timestamp;
    return kind;
}

/* Packets are missing before `next`. */
enum playout_sound gap_fill(struct playout *playout, const struct jitter_slot *next)
{
    size_t hole = playout_samples(playout, next->timestamp - playout->play);
    size_t known = playout_samples(playout, next->length), n = hole;
    bool told = hole <= known && !next->other;
    enum playout_sound kind;

    if (!told)
        n = hole - known < playout_ms(playout, 20) ? hole - known : playout_ms(playout, 20);
    n -= n % grain(playout);
    if (!n) {
        playout->play = next->timestamp;
        return play_decode(playout, next);
    }
    kind = bridge(playout, n, told ? next : NULL);
    playout->play += playout_clock(playout, n);
    return kind;
}

/* Nothing is there yet. While more delay is wanted, time stands still meanwhile. */
enum playout_sound gap_dry(struct playout *playout)
{
    size_t n = playout_ms(playout, 20) - playout_queued(playout), part = grain(playout);
    enum playout_sound kind;

    n = (n + part - 1) / part * part;
    kind = bridge(playout, n, NULL);
    if (playout->owe > 0)
        playout->owe = playout->owe > (int32_t)n ? playout->owe - (int32_t)n : 0;
    else
        playout->play += playout_clock(playout, n);
    return kind;
}

/* Was the peer silent up to `next`? Then it said so, or no number is missing. */
bool gap_is_pause(const struct playout *playout, const struct jitter_slot *next)
{
    if (playout->noisy)
        return (int32_t)(next->timestamp - playout->noise_from) >= 0;
    return playout->decoded &&
           (playout->pause || (uint16_t)(next->sequence - playout->sequence) <= 1);
}
