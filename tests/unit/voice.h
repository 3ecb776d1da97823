/* voice.h: something like speech, made of sines: syllables of a voice whose pitch and
 * vowels change, with short gaps between them. The same each time. */
#ifndef OFFHOOK_TESTS_VOICE_H
#define OFFHOOK_TESTS_VOICE_H

#include <math.h>
#include <stdint.h>

enum { VOICE_SYLLABLE = 1920 /* [samples]: 180 ms of sound, 60 ms of none */ };

struct voice {
    unsigned at; /* [samples] */
    double phase;
};

/* 0 … 1, by the number of the syllable. */
static inline double voice_chance(unsigned number, unsigned what)
{
    double x = sin(number * 12.9898 + what * 78.233) * 43758.5453;

    return x - floor(x);
}

/* About -20 dBm0. */
static inline void voice_fill(struct voice *voice, int16_t *frame, unsigned n)
{
    for (unsigned i = 0; i < n; i++, voice->at++) {
        unsigned number = voice->at / VOICE_SYLLABLE, in = voice->at % VOICE_SYLLABLE;
        double part = in / 1440.0, vowel = 300 + 900 * voice_chance(number, 1), sum = 0;
        double pitch = (100 + 60 * voice_chance(number, 2)) * (1.1 - 0.2 * part);

        voice->phase += 2 * M_PI * pitch / 8000;
        for (unsigned k = 2; k * pitch < 3400; k++) {
            double off = (k * pitch - vowel) / 250;

            sum += sin(k * voice->phase) * (0.15 + exp(-off * off));
        }
        frame[i] = in < 1440 ? (int16_t)(1500 * sin(M_PI * part) * sum) : 0;
    }
}

#endif
