/* detect.c: from speech and tones to a verdict. */
#include "detect/detect.h"

#include "base/mem.h"
#include "detect/spectrum.h"
#include "detect/speech.h"
#include "detect/tones.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

enum { DETECT_MAGIC = 0x0de7ec7 };

/* [frames] of 20 ms, unless it is told. */
enum {
    SECOND = 50,
    WINDOW_USUAL = 5000, /* [ms] */
    WINDOW_LEAST = 20,
    WINDOW_MOST = 600000,
    BEEP_USUAL = 45, /* [s] */
    BEEP_MOST = 120,
    RINGING_MOST = 60 * SECOND,
    QUIET_SHORT = 43,  /* 0.86 s after a word or two */
    QUIET_LONG = 55,   /* 1.1 s after a sentence */
    QUIET_NEARLY = 35, /* at the window's end */
    WORDS_FEW = 75,    /* 1.5 s: a word or two */
    PERSON_LONGEST = 38 * SECOND / 10,
    READS_OUT = 40 * SECOND / 10,
    LONG_ALREADY = 34 * SECOND / 10, /* at the window's end: it will go on */
    LONG_SO_FAR = 2 * SECOND,        /* and goes on */
    RING_PAUSE = 5 * SECOND,         /* until the next ring */
    SPEECH_BEFORE_BEEP = 15          /* with sound */
};

enum state { LISTENING, AWAITING_BEEP, OVER };

struct detect {
    unsigned magic; /* whoever calls detect_run() */
    enum state state;
    enum detect_mode mode;
    unsigned window, beep_timeout; /* [frames] */
    unsigned passed;               /* [frames] of the window, then of the wait for the beep */
    unsigned ringing;              /* [frames] since the first ring; 0: none yet */
    unsigned pause;                /* [frames] in which the next ring may come */
    bool spoken;
    bool beeped; /* the verdict MACHINE was one by its beep */
    enum detect_reason reason;
    struct spectrum spectrum;
    struct tones tones;
    struct speech speech;
};

const char *detect_verdict_text(enum detect_verdict verdict)
{
    static const char *const texts[] = {"none", "human", "machine", "beep_start", "beep_timeout"};

    return texts[verdict];
}

const char *detect_reason_text(enum detect_reason reason)
{
    static const char *const texts[] = {"nothing", "greeting", "silence", "window",
                                        "length",  "tone",     "fax",     "sit",
                                        "busy",    "ringing",  "time"};

    return texts[reason];
}

int detect_alloc(struct detect **detectp, const struct detect_conf *conf)
{
    unsigned window = conf->window_ms ? conf->window_ms : WINDOW_USUAL;
    unsigned timeout = conf->beep_timeout_s ? conf->beep_timeout_s : BEEP_USUAL;
    struct detect *detect;

    if (window < WINDOW_LEAST || window > WINDOW_MOST || timeout < BEEP_USUAL ||
        timeout > BEEP_MOST)
        return EINVAL;
    detect = mem_alloc(sizeof *detect, NULL);
    if (!detect)
        return ENOMEM;
    spectrum_prepare();
    detect->magic = DETECT_MAGIC;
    detect->mode = conf->mode;
    detect->window = window / 20;
    detect->beep_timeout = timeout * SECOND;
    *detectp = detect;
    return 0;
}

/* [dB of 1] of the mean square; -1: no frame. */
static int level_of(const int16_t *frame)
{
    float squares = 0;

    if (!frame)
        return -1;
    for (unsigned i = 0; i < DETECT_FRAME; i++)
        squares += (float)frame[i] * (float)frame[i];
    squares /= DETECT_FRAME;
    return squares < 1 ? 0 : (int)(10 * log10f(squares));
}

static enum detect_verdict decide(struct detect *detect, enum detect_verdict verdict,
                                  enum detect_reason reason)
{
    detect->reason = reason;
    detect->passed = detect->pause = 0;
    detect->state = verdict == DETECT_MACHINE && detect->mode == DETECT_BEEP ? AWAITING_BEEP : OVER;
    return verdict;
}

/* Nobody has answered yet: begins anew. */
static enum detect_verdict rang(struct detect *detect)
{
    if (!detect->ringing)
        detect->ringing = 1;
    if (detect->ringing >= RINGING_MOST)
        return decide(detect, DETECT_MACHINE, DETECT_BY_RINGING);
    detect->passed = 0;
    detect->pause = RING_PAUSE;
    detect->spoken = false;
    speech_clear(&detect->speech);
    return DETECT_NONE;
}

static enum detect_verdict by_tone(struct detect *detect, enum tone tone)
{
    switch (tone) {
    case TONE_FAX:
        return decide(detect, DETECT_MACHINE, DETECT_BY_FAX);
    case TONE_SIT:
        return decide(detect, DETECT_MACHINE, DETECT_BY_SIT);
    case TONE_BUSY:
        return decide(detect, DETECT_MACHINE, DETECT_BY_BUSY);
    case TONE_LONG:
        return decide(detect, DETECT_MACHINE, DETECT_BY_TONE);
    case TONE_RING:
        return rang(detect);
    case TONE_BEEP:
        if (!detect->spoken)
            return DETECT_NONE;
        detect->beeped = true;
        return decide(detect, DETECT_MACHINE, DETECT_BY_TONE);
    case TONE_NONE:
        break;
    }
    return DETECT_NONE;
}

static enum detect_verdict by_speech(struct detect *detect, const struct greeting *said)
{
    unsigned enough = said->span <= WORDS_FEW ? QUIET_SHORT : QUIET_LONG;

    if (said->voiced < SPEECH_LEAST)
        return DETECT_NONE;
    if (said->span >= READS_OUT)
        return decide(detect, DETECT_MACHINE, DETECT_BY_LENGTH);
    if (said->quiet < enough || tones_sound(&detect->tones) || tones_held(&detect->tones))
        return DETECT_NONE;
    if (said->span > PERSON_LONGEST)
        return decide(detect, DETECT_MACHINE, DETECT_BY_LENGTH);
    return decide(detect, DETECT_HUMAN, DETECT_BY_GREETING);
}

static enum detect_verdict by_window(struct detect *detect, const struct greeting *said)
{
    if (detect->passed < detect->window || tones_sound(&detect->tones))
        return DETECT_NONE;
    if (said->voiced < SPEECH_LEAST)
        return decide(detect, DETECT_HUMAN, DETECT_BY_SILENCE);
    if (tones_held(&detect->tones) && detect->spoken)
        return decide(detect, DETECT_MACHINE, DETECT_BY_TONE);
    if ((said->span >= LONG_ALREADY && said->quiet < QUIET_NEARLY) ||
        (said->span >= LONG_SO_FAR && said->quiet < QUIET_SHORT / 2))
        return decide(detect, DETECT_MACHINE, DETECT_BY_LENGTH);
    return decide(detect, DETECT_HUMAN, DETECT_BY_WINDOW);
}

static enum detect_verdict listen(struct detect *detect, enum tone tone,
                                  const struct greeting *said)
{
    enum detect_verdict verdict = by_tone(detect, tone);

    if (!verdict && tone != TONE_RING)
        verdict = by_speech(detect, said);
    return verdict || tone == TONE_RING ? verdict : by_window(detect, said);
}

static enum detect_verdict await_beep(struct detect *detect, enum tone tone)
{
    if (detect->beeped || (tone == TONE_BEEP && detect->spoken))
        return decide(detect, DETECT_BEEP_START, DETECT_BY_TONE);
    if (detect->passed >= detect->beep_timeout)
        return decide(detect, DETECT_BEEP_TIMEOUT, DETECT_BY_TIME);
    return DETECT_NONE;
}

/* Between two rings the window stands still, until somebody speaks. */
static void pass(struct detect *detect, const struct greeting *said)
{
    if (detect->ringing)
        detect->ringing++;
    if (detect->pause && said->voiced < SPEECH_LEAST)
        detect->pause--;
    else
        detect->passed++;
}

enum detect_verdict detect_run(struct detect *detect, const int16_t *frame)
{
    int level = level_of(frame);
    struct greeting said;
    struct peaks peaks;
    enum tone tone;

    MAGIC_CHECK(detect, DETECT_MAGIC);
    if (detect->state == OVER)
        return DETECT_NONE;
    spectrum_run(&detect->spectrum, frame, level, &peaks);
    tone = tones_run(&detect->tones, &peaks, level, detect->spoken);
    speech_take(&detect->speech, level);
    speech_unsay(&detect->speech, detect->tones.fresh);
    speech_greeting(&detect->speech, &said);
    pass(detect, &said);
    detect->spoken = detect->spoken || said.voiced >= SPEECH_BEFORE_BEEP;
    return detect->state == LISTENING ? listen(detect, tone, &said) : await_beep(detect, tone);
}

enum detect_reason detect_reason(const struct detect *detect)
{
    return detect->reason;
}

bool detect_over(const struct detect *detect)
{
    return detect->state == OVER;
}
