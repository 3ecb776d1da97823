/* speech.c: a frame is loud when it is well above the noise of the line and a fixed bound.
 * All frames are looked at again with each new one: the noise is better known then. */
#include "detect/speech.h"

#include <string.h>

enum {
    BOUND = 38,    /* [dB] -46 dBm0: never loud below */
    LOUD = 44,     /* [dB] -40 dBm0: no word without */
    ABOVE_MIN = 6, /* [dB] above the noise, when little else is heard */
    ABOVE_MAX = 10,
    BELOW_PEAK = 18, /* [dB] under the loudest: somebody else, far away */
    NOISE_PART = 10, /* one frame in so many is noise at least */
    JOIN = 4,        /* [frames] of quiet that end a word */
    WORD = 3         /* [frames] in a row that make one */
};

void speech_clear(struct speech *speech)
{
    memset(speech, 0, sizeof *speech);
}

static void forget_first(struct speech *speech)
{
    unsigned level = speech->level[speech->first];

    if (level != UINT8_MAX) {
        speech->levels[level]--;
        speech->known--;
    }
    speech->first = (speech->first + 1) % SPEECH_KEPT;
    speech->count--;
}

void speech_take(struct speech *speech, int level)
{
    unsigned at;

    if (speech->count == SPEECH_KEPT)
        forget_first(speech);
    at = (speech->first + speech->count++) % SPEECH_KEPT;
    speech->mute[at] = level < 0;
    if (level < 0) {
        speech->level[at] = UINT8_MAX;
        return;
    }
    if (level >= SPEECH_LEVELS)
        level = SPEECH_LEVELS - 1;
    speech->level[at] = (uint8_t)level;
    speech->levels[level]++;
    speech->known++;
}

void speech_unsay(struct speech *speech, unsigned frames)
{
    if (frames > speech->count)
        frames = speech->count;
    for (unsigned i = 1; i <= frames; i++)
        speech->mute[(speech->first + speech->count - i) % SPEECH_KEPT] = true;
}

/* The level that one in `part` of the known frames does not reach. */
static unsigned quantile(const struct speech *speech, unsigned part)
{
    unsigned sum = 0, level = 0;

    for (; level < SPEECH_LEVELS - 1; level++) {
        sum += speech->levels[level];
        if (sum * part > speech->known)
            break;
    }
    return level;
}

static unsigned loudest(const struct speech *speech)
{
    unsigned level = SPEECH_LEVELS - 1;

    while (level && !speech->levels[level])
        level--;
    return level;
}

/* The more there is between noise and speech, the further above the noise. */
static unsigned threshold(const struct speech *speech)
{
    unsigned noise = quantile(speech, NOISE_PART), peak = loudest(speech);
    unsigned above = (peak - noise) / 3, limit = peak > BELOW_PEAK ? peak - BELOW_PEAK : 0;

    if (above < ABOVE_MIN)
        above = ABOVE_MIN;
    if (above > ABOVE_MAX)
        above = ABOVE_MAX;
    if (limit < noise + above)
        limit = noise + above;
    return limit > BOUND ? limit : BOUND;
}

/* A word that has `loud` frames ended at frame `end`. */
static void add_word(struct greeting *greeting, unsigned begin, unsigned end, unsigned loud)
{
    if (!greeting->words++) {
        greeting->onset = begin;
    } else {
        unsigned pause = begin - (greeting->onset + greeting->span);

        if (pause > greeting->pause)
            greeting->pause = pause;
    }
    greeting->span = end - greeting->onset;
    greeting->voiced += loud;
}

void speech_greeting(const struct speech *speech, struct greeting *greeting)
{
    unsigned limit = threshold(speech), begin = 0, end = 0, loud = 0, row = 0;
    bool word = false;

    *greeting = (struct greeting){0};
    for (unsigned i = 0; i <= speech->count; i++) {
        unsigned at = (speech->first + i) % SPEECH_KEPT;
        bool last = i == speech->count;

        if (!last && !speech->mute[at] && speech->level[at] >= limit) {
            if (!loud++)
                begin = i;
            row = speech->level[at] >= LOUD ? row + 1 : 0;
            word = word || row >= WORD;
            end = i + 1;
            continue;
        }
        row = 0;
        if (!loud || (!last && i - end < JOIN))
            continue;
        if (word)
            add_word(greeting, begin, end, loud);
        loud = 0;
        word = false;
    }
    greeting->quiet = speech->count - (greeting->words ? greeting->onset + greeting->span : 0);
}
