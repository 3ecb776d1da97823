/* tones.c: frames with a tone make runs; the run's pitch, length and cadence name it.
 *
 * SIT, the three rising tones: ITU-T E.180 (950, 1400, 1800 Hz; North America 914 or 985,
 * 1371 or 1429, 1777). Fax: T.30 (CNG 1100 Hz +-38 for 0.5 s, CED 2100 Hz +-15) and V.25;
 * 2225 Hz answers for a Bell 103 modem. Ringing and busy: E.180 Supplement 2; the world's
 * are at 400 to 450 Hz, or 440 + 480 Hz, and 480 + 620 Hz for busy. */
#include "detect/tones.h"

#include <math.h>
#include <string.h>

/* [frames] of 20 ms, unless it is told. */
enum {
    ONSET = 3,        /* the window is not full of it yet */
    SHORT = 12,       /* 0.25 s */
    CHAIN_PAUSE = 4,  /* between notes of a tune, at most */
    TUNE = 2,         /* tones [not frames] before one that make it a note */
    SEEMS = 2,        /* one may have begun */
    LEAST = 6,        /* a tone of 150 ms has that many whole ones */
    PAUSE = 5,        /* of quiet after a beep */
    FADING = 2,       /* in which its end is still heard */
    SIT_PAUSE = 7,    /* between tones that make one SIT, at most */
    FAX_LEAST = 20,   /* 0.4 s */
    RING_LEAST = 15,  /* 0.3 s of two tones */
    RING_SINGLE = 35, /* 0.7 s of one: shorter is busy, or a beep */
    BUSY_PAUSE = 45,  /* between two of a busy tone, at most */
    BUSY_ALIKE = 6,   /* how far lengths of one cadence may differ */
    RING_MOST = 110,  /* 2.2 s */
    RING_PAUSE = 250, /* between two rings, at most */
    BEEP_LONG = 60,   /* told though it has not ended */
    LONG = 150        /* 3 s without a pause */
};

static const float AS_LOUD = 8; /* [dB] below a tone: what is louder disturbs it */
static const float WIDE = 1.5f; /* [bins²] spread of two tones close together */

static bool within(float hz, float low, float high)
{
    return hz >= low && hz <= high;
}

static bool is_wide(const struct tone_run *run)
{
    return run->spread > WIDE;
}

static bool is_single(const struct tone_run *run)
{
    return run->second == 0 && !is_wide(run);
}

static bool is_fax(const struct tone_run *run)
{
    return run->second == 0 && (within(run->hz, 1062, 1138) || within(run->hz, 2070, 2130) ||
                                within(run->hz, 2210, 2240));
}

/* A steady tone of no other meaning; a vowel may be one for a moment, and wanders. */
static bool may_be_beep(const struct tone_run *run)
{
    return is_single(run) && !is_fax(run) && within(run->hz, 345, 2205) && run->chain < TUNE &&
           run->wander < (run->frames < SHORT ? 2 : 6);
}

/* Call progress: ringing, busy, dialling. */
static bool is_progress(const struct tone_run *run)
{
    if (run->second > 0)
        return within(run->hz, 330, 500) && within(run->second, 405, 660);
    return within(run->hz, 385, 490);
}

static bool may_begin_sit(const struct tone_run *run)
{
    return is_single(run) && within(run->hz, 890, 1010);
}

static bool same_pitch(const struct tone_run *run, float hz, float second, float apart)
{
    return fabsf(run->hz - hz) < apart && fabsf(run->second - second) < apart;
}

static unsigned apart(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

static void begin(struct tones *tones, const struct peaks *peaks, int level)
{
    struct tone_run *run = &tones->run;

    *run = (struct tone_run){0};
    if (!peaks->tone)
        return;
    run->frames = 1;
    run->hz = run->before = peaks->hz;
    run->second = peaks->second;
    run->spread = peaks->spread;
    run->level = (float)level;
    if (tones->last.frames && tones->since <= CHAIN_PAUSE)
        run->chain = tones->last.chain + 1;
}

/* The pitch is the mean of all frames, so that one frame does not lead it away. */
static void go_on(struct tone_run *run, const struct peaks *peaks, int level)
{
    float part = 1.0f / (float)++run->frames;

    run->gap = 0;
    run->wander += (fabsf(peaks->hz - run->before) - run->wander) / (float)(run->frames - 1);
    run->before = peaks->hz;
    run->hz += (peaks->hz - run->hz) * part;
    run->second += (peaks->second - run->second) * part;
    run->level += ((float)level - run->level) * part;
    if (run->frames <= ONSET)
        run->spread = peaks->spread;
    else
        run->spread += (peaks->spread - run->spread) / (float)(run->frames - ONSET + 1);
}

static bool belongs(const struct tone_run *run, const struct peaks *peaks)
{
    return peaks->tone && same_pitch(run, peaks->hz, peaks->second, peaks->spread > WIDE ? 16 : 8);
}

/* Names a tone while it goes on: what need not end to be known. */
static enum tone name_early(struct tone_run *run, bool spoken)
{
    enum tone tone = TONE_NONE;

    if (run->frames == LONG && !is_fax(run)) {
        run->told = true;
        return is_progress(run) && !spoken ? TONE_BUSY : TONE_LONG;
    }
    if (run->told)
        return TONE_NONE;
    if (is_fax(run) && run->frames >= FAX_LEAST)
        tone = TONE_FAX;
    else if (may_be_beep(run) && !is_progress(run) && run->frames >= BEEP_LONG)
        tone = TONE_BEEP;
    run->told = tone != TONE_NONE;
    return tone;
}

static void hold(struct tones *tones, unsigned patience)
{
    tones->held = true;
    tones->patience = patience;
    tones->disturbed = 0;
}

/* A tone of call progress has ended. */
static enum tone name_progress(struct tones *tones, const struct tone_run *run, bool again,
                               bool spoken)
{
    if (again && tones->since <= BUSY_PAUSE && run->frames < RING_SINGLE + BUSY_ALIKE)
        tones->repeats++;
    else
        tones->repeats = 0;
    if (tones->repeats >= 2)
        return TONE_BUSY;
    if (run->second > 0 || run->frames > RING_MOST)
        return TONE_NONE;
    if (is_wide(run))
        return run->frames >= RING_LEAST ? TONE_RING : TONE_NONE;
    if (!may_be_beep(run))
        return TONE_NONE;
    if (run->frames < RING_SINGLE)
        hold(tones, BUSY_PAUSE);
    else if (!spoken || (again && tones->since <= RING_PAUSE))
        return TONE_RING;
    else
        hold(tones, RING_PAUSE);
    return TONE_NONE;
}

/* The second or third of the three tones. */
static bool ends_sit(const struct tones *tones)
{
    const struct tone_run *run = &tones->run, *last = &tones->last;

    if (!is_single(run) || tones->since > SIT_PAUSE)
        return false;
    return last->sit ? within(run->hz, 1740, 1840)
                     : may_begin_sit(last) && within(run->hz, 1330, 1460);
}

/* Names the run that has just ended. */
static enum tone name(struct tones *tones, bool spoken)
{
    const struct tone_run *run = &tones->run, *last = &tones->last;
    bool again = last->frames && same_pitch(last, run->hz, run->second, 12) &&
                 apart(last->frames, run->frames) <= BUSY_ALIKE;

    if (run->told)
        return TONE_NONE;
    if (ends_sit(tones)) {
        tones->held = false;
        tones->run.sit = true;
        return last->sit ? TONE_NONE : TONE_SIT;
    }
    if (is_progress(run)) {
        tones->held = false;
        return name_progress(tones, run, again, spoken);
    }
    if (may_be_beep(run))
        hold(tones, may_begin_sit(run) ? SIT_PAUSE + LEAST : PAUSE);
    return TONE_NONE;
}

/* The run is over; a short one never was. */
static enum tone end(struct tones *tones, bool spoken)
{
    enum tone tone = TONE_NONE;

    if (tones->run.frames < LEAST)
        return TONE_NONE;
    tones->since -= tones->since < tones->run.frames ? tones->since : tones->run.frames;
    tone = name(tones, spoken);
    tones->last = tones->run;
    tones->since = 0;
    return tone;
}

/* A held tone that nothing came after is a beep; one note of a tune is none. */
static enum tone wait_for_more(struct tones *tones, int level)
{
    if (!tones->held || tones->run.frames >= LEAST)
        return TONE_NONE;
    if ((float)level > tones->last.level - AS_LOUD && ++tones->disturbed > FADING)
        tones->held = false;
    if (!tones->held || tones->patience--)
        return TONE_NONE;
    tones->held = false;
    return TONE_BEEP;
}

enum tone tones_run(struct tones *tones, const struct peaks *peaks, int level, bool spoken)
{
    struct tone_run *run = &tones->run;
    enum tone tone = TONE_NONE;

    tones->since++;
    tones->fresh = 0;
    if (run->frames && belongs(run, peaks)) {
        go_on(run, peaks, level);
        tones->fresh = run->frames == LEAST ? LEAST + 2 : run->frames > LEAST ? 1 : 0;
        tone = run->frames >= LEAST ? name_early(run, spoken) : TONE_NONE;
    } else if (!run->frames || ++run->gap > 1) {
        tone = end(tones, spoken);
        begin(tones, peaks, level);
    }
    return tone ? tone : wait_for_more(tones, level);
}

bool tones_sound(const struct tones *tones)
{
    return tones->run.frames >= SEEMS;
}

bool tones_held(const struct tones *tones)
{
    return tones->held;
}
