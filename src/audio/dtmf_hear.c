/* dtmf_hear.c: keys heard.
 *
 * Every 5 ms the sound is compared with eight sines that turn on their own wheels; four of
 * those blocks, weighed 1 2 2 1, are a window of 20 ms, which keeps the two groups of tones
 * 55 dB apart. How far the phase moves from window to window tells how far a tone is off
 * its frequency, to a Hertz and without a longer look; the loss of a window at that distance
 * is known, so the tones' true power is, too, and with it what share of the sound they are.
 * The harmonics of a voice may come to that for a moment, but they glide: at some time in
 * a key three windows must be alike.
 *
 *   silence ──PRESSED windows in a row of one key──> down ──RELEASED without it──> told */
#include "audio/dtmf_private.h"

#include <math.h>
#include <string.h>

enum {
    PRESSED = 5,  /* windows: 23 ms of tone fill four at most, 40 ms six at least */
    RELEASED = 6, /* windows: a break of 10 ms empties four at most, 40 ms eight at least */
    WHEEL = 200,  /* [blocks] after which each wheel is at its beginning again: 1 s */
    BLOCK_MS = 5,
    EDGE = 1 /* [blocks] of a tone that are not the newest of a window with it */
};

static const float least_power = 354.0F * 354.0F / 2; /* of a tone: -36 dBm0 */
static const float share = 0.72F;                     /* of both tones in all there is */
static const float steady_share = 0.87F;              /* on average, while steady */
static const float highest = 4, lowest = 0.09F;       /* high to low tone: +6, -10.5 dB */
static const float wander =
    10; /* [Hz] a tone may, and by half of what it is off: its ends seem nearer */
static const float swell = 1.4F; /* and the power: 1.5 dB */
static const float weights[DTMF_WINDOW] = {1, 2, 2, 1};
static const float weight = 6;

static struct dtmf_bin times(struct dtmf_bin a, struct dtmf_bin b)
{
    return (struct dtmf_bin){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static struct dtmf_bin conjugate(struct dtmf_bin a)
{
    return (struct dtmf_bin){a.re, -a.im};
}

static float square(struct dtmf_bin a)
{
    return a.re * a.re + a.im * a.im;
}

static struct dtmf_bin on_circle(double turns)
{
    return (struct dtmf_bin){(float)cos(2 * M_PI * turns), (float)sin(2 * M_PI * turns)};
}

static void reset_wheels(struct dtmf_detector *detector)
{
    for (int k = 0; k < DTMF_TONES; k++)
        detector->phase[k] = (struct dtmf_bin){1, 0};
    detector->blocks = 0;
}

void dtmf_start(struct dtmf_detector *detector)
{
    memset(detector, 0, sizeof *detector);
    for (int k = 0; k < DTMF_TONES; k++) {
        double turns = (double)dtmf_hz[k] / DTMF_RATE;

        detector->twice_cosine[k] = (float)(2 * cos(2 * M_PI * turns));
        detector->back[k] = on_circle(-turns);
        detector->turn[k] = on_circle(-turns * DTMF_BLOCK);
    }
    reset_wheels(detector);
}

/* Goertzel's recurrence, all eight at once. */
static void add(struct dtmf_detector *detector, const int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sample = samples ? samples[i] : 0;

        detector->energy += sample * sample;
        for (int k = 0; k < DTMF_TONES; k++) {
            float next = sample + detector->twice_cosine[k] * detector->one[k] - detector->two[k];

            detector->two[k] = detector->one[k];
            detector->one[k] = next;
        }
    }
}

/* The block's sums go to the front of the window, seen from the wheels. */
static void close_block(struct dtmf_detector *detector)
{
    memmove(&detector->bins[1], &detector->bins[0], (DTMF_WINDOW - 1) * sizeof detector->bins[0]);
    memmove(&detector->energies[1], &detector->energies[0],
            (DTMF_WINDOW - 1) * sizeof detector->energies[0]);
    for (int k = 0; k < DTMF_TONES; k++) {
        struct dtmf_bin sum = times(detector->back[k], (struct dtmf_bin){detector->two[k], 0});

        sum = (struct dtmf_bin){detector->one[k] - sum.re, -sum.im};
        detector->bins[0][k] = times(sum, detector->phase[k]);
        detector->phase[k] = times(detector->phase[k], detector->turn[k]);
    }
    detector->energies[0] = detector->energy;
    detector->energy = 0;
    memset(detector->one, 0, sizeof detector->one);
    memset(detector->two, 0, sizeof detector->two);
    detector->filled = 0;
    if (++detector->blocks == WHEEL)
        reset_wheels(detector);
}

static void sum_window(const struct dtmf_detector *detector, struct dtmf_bin window[DTMF_TONES])
{
    memset(window, 0, DTMF_TONES * sizeof *window);
    for (int b = 0; b < DTMF_WINDOW; b++)
        for (int k = 0; k < DTMF_TONES; k++) {
            window[k].re += weights[b] * detector->bins[b][k].re;
            window[k].im += weights[b] * detector->bins[b][k].im;
        }
}

static float mean_square(const struct dtmf_detector *detector)
{
    float sum = 0;

    for (int b = 0; b < DTMF_WINDOW; b++)
        sum += weights[b] * detector->energies[b];
    return sum / (weight * DTMF_BLOCK);
}

static int strongest(const struct dtmf_bin window[DTMF_TONES], int first)
{
    int best = first;

    for (int k = first + 1; k < first + DTMF_TONES / 2; k++)
        if (square(window[k]) > square(window[best]))
            best = k;
    return best;
}

/* [Hz] off, by what the phase moved in one block. */
static float offset_of(struct dtmf_bin drift)
{
    return atan2f(drift.im, drift.re) * (float)(DTMF_RATE / DTMF_BLOCK / (2 * M_PI));
}

/* Half way from what must be taken (1.5 % and 2 Hz) to what must not (3.5 %). */
static bool in_tune(float offset, int tone, float looser)
{
    return fabsf(offset) <= looser * (0.025F * (float)dtmf_hz[tone] + 1);
}

/* The power that a tone `offset` [Hz] away has in the window, of 1. */
static float passed(float offset)
{
    float angle = (float)M_PI * offset * DTMF_BLOCK / DTMF_RATE;
    float block = fabsf(angle) < 1e-3F ? 1 : sinf(angle) / angle;
    float gain = block * cosf(angle) * (1 + 2 * cosf(2 * angle)) / 3;

    return gain * gain;
}

struct pair {
    int low, high;
    struct dtmf_bin drift[2];
    float all, share; /* mean square; of the two in it */
};

/* The true mean square of a tone in the window; 0: it is none of ours. */
static float power_of(struct dtmf_bin window, struct dtmf_bin drift, int tone)
{
    const float scale = 2 / (weight * DTMF_BLOCK);
    float offset = offset_of(drift);

    if (!in_tune(offset, tone, 1.5F))
        return 0;
    return square(window) * scale * scale / 2 / passed(offset);
}

/* The key in this window; 0: none. */
static char look(const struct dtmf_detector *detector, const struct dtmf_bin window[DTMF_TONES],
                 struct pair *pair)
{
    float low, high;

    pair->all = mean_square(detector);
    if (pair->all < 2 * least_power)
        return 0;
    pair->low = strongest(window, 0);
    pair->high = strongest(window, DTMF_TONES / 2);
    pair->drift[0] = times(window[pair->low], conjugate(detector->before[pair->low]));
    pair->drift[1] = times(window[pair->high], conjugate(detector->before[pair->high]));
    low = power_of(window[pair->low], pair->drift[0], pair->low);
    high = power_of(window[pair->high], pair->drift[1], pair->high);
    pair->share = (low + high) / pair->all;
    if (low < least_power || high < least_power || pair->share < share || high > highest * low ||
        high < lowest * low)
        return 0;
    return dtmf_digits[pair->low * 4 + pair->high - DTMF_TONES / 2];
}

static void push(float history[DTMF_STEADY], float newest)
{
    memmove(history + 1, history, (DTMF_STEADY - 1) * sizeof *history);
    history[0] = newest;
}

static void hit(struct dtmf_detector *detector, char digit, const struct pair *pair)
{
    if (digit != detector->candidate) {
        detector->candidate = digit;
        detector->hits = 0;
        memset(detector->drift, 0, sizeof detector->drift);
    }
    detector->hits++;
    for (int i = 0; i < 2; i++) {
        detector->drift[i].re += pair->drift[i].re;
        detector->drift[i].im += pair->drift[i].im;
        push(detector->offsets[i], offset_of(pair->drift[i]));
    }
    push(detector->powers, pair->all);
    push(detector->shares, fminf(pair->share, 1));
}

static float least_of(const float history[DTMF_STEADY])
{
    float least = history[0];

    for (int i = 1; i < DTMF_STEADY; i++)
        least = fminf(least, history[i]);
    return least;
}

static float most_of(const float history[DTMF_STEADY])
{
    float most = history[0];

    for (int i = 1; i < DTMF_STEADY; i++)
        most = fmaxf(most, history[i]);
    return most;
}

static float sum_of(const float history[DTMF_STEADY])
{
    float sum = 0;

    for (int i = 0; i < DTMF_STEADY; i++)
        sum += history[i];
    return sum;
}

static bool is_steady(const struct dtmf_detector *detector)
{
    if (sum_of(detector->shares) < steady_share * DTMF_STEADY)
        return false;
    for (int i = 0; i < 2; i++)
        if (most_of(detector->offsets[i]) - least_of(detector->offsets[i]) >
            wander + fabsf(sum_of(detector->offsets[i])) / DTMF_STEADY / 2)
            return false;
    return most_of(detector->powers) <= swell * least_of(detector->powers);
}

static bool is_key(const struct dtmf_detector *detector, const struct pair *pair)
{
    return detector->hits >= PRESSED && is_steady(detector) &&
           in_tune(offset_of(detector->drift[0]), pair->low, 1) &&
           in_tune(offset_of(detector->drift[1]), pair->high, 1);
}

static bool release(struct dtmf_detector *detector, struct dtmf_key *key)
{
    *key = (struct dtmf_key){detector->down, (detector->held + EDGE) * BLOCK_MS};
    detector->down = 0;
    return true;
}

/* True when a key ended. */
static bool follow(struct dtmf_detector *detector, char digit, const struct pair *pair,
                   struct dtmf_key *key)
{
    bool ended = false;

    if (digit)
        hit(detector, digit, pair);
    else
        detector->candidate = 0;
    if (detector->down && digit == detector->down) {
        detector->held += detector->gap + 1;
        detector->gap = 0;
        return false;
    }
    if (detector->down && (++detector->gap >= RELEASED || (digit && is_key(detector, pair))))
        ended = release(detector, key);
    if (digit && !detector->down && is_key(detector, pair)) {
        detector->down = digit;
        detector->held = detector->hits;
        detector->gap = 0;
    }
    return ended;
}

bool dtmf_run(struct dtmf_detector *detector, const int16_t *frame, size_t n, struct dtmf_key *key)
{
    bool ended = false;

    while (n > 0) {
        size_t more = DTMF_BLOCK - detector->filled;
        struct dtmf_bin window[DTMF_TONES];
        struct pair pair = {0};
        char digit;

        if (more > n)
            more = n;
        add(detector, frame, more);
        frame = frame ? frame + more : NULL;
        n -= more;
        detector->filled += (unsigned)more;
        if (detector->filled < DTMF_BLOCK)
            break;
        close_block(detector);
        sum_window(detector, window);
        digit = look(detector, window, &pair);
        ended = follow(detector, digit, &pair, key) || ended;
        memcpy(detector->before, window, sizeof window);
    }
    return ended;
}
