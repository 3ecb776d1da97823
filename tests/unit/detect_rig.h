/* detect_rig.h: one detection, what it is made to hear and what it told. */
#ifndef OFFHOOK_TESTS_DETECT_RIG_H
#define OFFHOOK_TESTS_DETECT_RIG_H

#include "audio/tone.h"
#include "base/mem.h"
#include "detect/detect.h"
#include "voice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = DETECT_FRAME, TOLD = 8, MINUTE = 60000 };

static struct detect *detect;
static struct voice voice;
static int now;      /* [ms] heard */
static double noise; /* rms */
static struct {
    enum detect_verdict verdict;
    enum detect_reason reason;
    int at;
} told[TOLD];
static unsigned count; /* of them */

static inline void begin_with(struct detect_conf conf)
{
    mem_unref(detect);
    assert_int_equal(detect_alloc(&detect, &conf), 0);
    memset(told, 0, sizeof told);
    memset(&voice, 0, sizeof voice);
    count = 0;
    now = 0;
    noise = 0;
    srand(5);
}

static inline void begin(enum detect_mode mode)
{
    begin_with((struct detect_conf){.mode = mode});
}

static inline int end(void **state)
{
    (void)state;
    detect = mem_unref(detect);
    return mem_alive() != 0;
}

static inline void take(const int16_t *frame)
{
    bool over = detect_over(detect);
    enum detect_verdict verdict = detect_run(detect, frame);

    now += 20;
    if (!verdict)
        return;
    assert_false(over);
    assert_true(count < TOLD);
    told[count].verdict = verdict;
    told[count].reason = detect_reason(detect);
    told[count++].at = now;
}

static inline void take_noisy(int16_t *frame)
{
    for (int i = 0; noise > 0 && i < FRAME; i++) {
        double sum = -6;

        for (int k = 0; k < 12; k++)
            sum += rand() / (double)RAND_MAX;
        frame[i] = (int16_t)(frame[i] + lrint(sum * noise));
    }
    take(frame);
}

static inline void quiet(int ms)
{
    for (int i = 0; i < ms; i += 20) {
        int16_t frame[FRAME] = {0};

        take_noisy(frame);
    }
}

static inline void lost(int ms)
{
    for (int i = 0; i < ms; i += 20)
        take(NULL);
}

static inline void speak(int ms)
{
    for (int i = 0; i < ms; i += 20) {
        int16_t frame[FRAME];

        voice_fill(&voice, frame, FRAME);
        take_noisy(frame);
    }
}

static inline double peak_of(double dbm0)
{
    return 32124 * pow(10, (dbm0 - 3.17) / 20);
}

/* One or two sines (0: none), each of that level, for any number of ms. */
static inline void sound(double hz, double second, int ms, double dbm0)
{
    static int16_t samples[RATE * 70];
    int length = (ms * RATE / 1000 + FRAME - 1) / FRAME * FRAME;
    struct tone tone;

    assert_in_range(length, 0, sizeof samples / sizeof *samples);
    memset(samples, 0, (size_t)length * sizeof *samples);
    tone_start(&tone, RATE, hz, peak_of(dbm0));
    tone_fill(&tone, samples, (size_t)(ms * RATE / 1000));
    tone_start(&tone, RATE, second, second > 0 ? peak_of(dbm0) : 0);
    tone_mix(&tone, samples, (size_t)(ms * RATE / 1000));
    for (int at = 0; at < length; at += FRAME)
        take_noisy(samples + at);
}

static inline void was_told(unsigned number, enum detect_verdict verdict, enum detect_reason reason)
{
    assert_true(count > number);
    assert_string_equal(detect_verdict_text(told[number].verdict), detect_verdict_text(verdict));
    assert_string_equal(detect_reason_text(told[number].reason), detect_reason_text(reason));
}

/* A machine in DETECT_BEEP that has read out its text. */
static inline void greet(void)
{
    begin(DETECT_BEEP);
    quiet(500);
    speak(6000);
    was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
}

#endif
