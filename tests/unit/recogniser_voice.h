/* recogniser_voice.h: utterances to be recognised, spoken by espeak-ng as over a telephone:
 * 8 kHz, kept in a WAV file of 16 kHz, with a pause before and after. */
#ifndef OFFHOOK_TESTS_RECOGNISER_VOICE_H
#define OFFHOOK_TESTS_RECOGNISER_VOICE_H

#include "recogniser_rig.h"

#include "player/sound.h"
#include "speech/speech.h"

#include <sndfile.h>

enum { LINE_RATE = 8000, WAVE_HZ = 16000, PAUSE = WAVE_HZ / 2 /* [samples] */ };

static inline void wave_write(const char *path, const int16_t *samples, size_t n, int rate,
                              int channels)
{
    SF_INFO info = {
        .samplerate = rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);

    assert_non_null(file);
    assert_int_equal(sf_writef_short(file, samples, (sf_count_t)n / channels), n / channels);
    assert_int_equal(sf_close(file), 0);
}

static inline void on_spoken(struct sound *sound, const char *reason, void *arg)
{
    if (!sound)
        fail_msg("%s", reason);
    *(struct sound **)arg = mem_ref(sound);
}

/* Writes what a voice says to the room's file; n times over. */
static inline void utter(struct room *room, const char *text, unsigned style, unsigned times)
{
    struct speech_conf conf = {.loop = room->loop, .rate = LINE_RATE};
    struct speech_request request = {.text = text, .language = "en-US", .style = style};
    struct sound *sound = NULL, *wide;
    struct speech *speech;
    const char *reason;
    int16_t *samples;
    size_t n;

    assert_int_equal(speech_start(&speech, &conf), 0);
    assert_int_equal(speech_say(speech, &request, on_spoken, &sound), 0);
    for (int i = 0; i < 6000 && !sound; i++)
        loop_wait(room->loop, 10);
    assert_non_null(sound);
    assert_int_equal(
        sound_from_samples(&wide, sound->samples, sound->length, LINE_RATE, WAVE_HZ, &reason), 0);
    n = times * (wide->length + PAUSE) + PAUSE;
    samples = calloc(n, sizeof *samples);
    for (unsigned i = 0; i < times; i++)
        memcpy(samples + PAUSE + i * (wide->length + PAUSE), wide->samples,
               wide->length * sizeof *samples);
    wave_write(room->path, samples, n, WAVE_HZ, 1);
    free(samples);
    mem_unref(wide);
    mem_unref(sound);
    speech_stop(speech);
    loop_run(room->loop);
}

#endif
