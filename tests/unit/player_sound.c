/* Reading sound: all kinds of WAV become the same mono sound; garbage is refused
 * with a reason and leaves nothing behind. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "base/mem.h"
#include "player/reading.h"
#include "player/sound.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/offhook-sound-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

/* `frames` of 500 Hz in the first channel, silence in the others. */
static void write_file(int format, int rate, int channels, int frames)
{
    SF_INFO info = {.format = format, .samplerate = rate, .channels = channels};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    float *samples = calloc((size_t)frames * (size_t)channels + 1, sizeof *samples);
    for (int i = 0; i < frames; i++)
        samples[i * channels] = (float)(0.5 * sin(2 * M_PI * 500 * i / rate));
    assert_int_equal(sf_writef_float(file, samples, frames), frames);
    free(samples);
    assert_int_equal(sf_close(file), 0);
}

static size_t load(unsigned char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void store(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static unsigned char bytes[4 << 20];

static void check_sound(const struct sound *sound, unsigned rate, int channels, double loss)
{
    double want = 16384.0 / channels;
    assert_int_equal(sound->rate, rate);
    if (labs((long)sound->length - (long)rate) > (long)(loss * rate))
        fail_msg("%zu samples at %u Hz", sound->length, rate);
    double got = goertzel_amplitude(sound->samples + rate / 4, rate / 2, rate, 500);
    if (fabs(got - want) > want * 0.03)
        fail_msg("amplitude %.0f, not %.0f", got, want);
    assert_true(goertzel_share(sound->samples + rate / 4, rate / 2, rate, 500) > 0.99);
}

static void every_kind_becomes_mono(void **state)
{
    static const int kinds[] = {SF_FORMAT_PCM_16, SF_FORMAT_PCM_U8, SF_FORMAT_PCM_24,
                                SF_FORMAT_FLOAT,  SF_FORMAT_ULAW,   SF_FORMAT_ALAW};
    static const int rates[] = {8000, 11025, 16000, 22050, 44100, 48000};
    const char *reason;
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
            for (unsigned to = 8000; to <= 16000; to += 8000) {
                struct sound *a, *b;
                int channels = 1 + (int)(k + r) % 3;
                write_file(SF_FORMAT_WAV | kinds[k], rates[r], channels, rates[r]);
                assert_int_equal(sound_read_file(&a, path, to, &reason), 0);
                check_sound(a, to, channels, 0);
                size_t size = load(bytes, sizeof bytes);
                assert_int_equal(sound_read_memory(&b, bytes, size, to, &reason), 0);
                assert_memory_equal(a->samples, b->samples, a->length * sizeof *a->samples);
                mem_unref(a);
                mem_unref(b);
            }
    assert_int_equal(mem_alive(), 0);
}

static void samples_stay_exact(void **state)
{
    struct sound *sound;
    const char *reason;
    (void)state;
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 8000);
    size_t size = load(bytes, sizeof bytes);
    assert_int_equal(sound_read_memory(&sound, bytes, size, 8000, &reason), 0);
    assert_int_equal(sound->length, 8000);
    assert_memory_equal(sound->samples, bytes + size - 16000, 16000);
    mem_unref(sound);
}

static void samples_become_a_sound(void **state)
{
    static int16_t samples[22050];
    struct sound *sound = NULL;
    const char *reason;
    (void)state;
    for (int i = 0; i < 22050; i++)
        samples[i] = (int16_t)lrint(16384 * sin(2 * M_PI * 500 * i / 22050));
    for (unsigned rate = 8000; rate <= 48000; rate *= 2) {
        assert_int_equal(sound_from_samples(&sound, samples, 22050, 22050, rate, &reason), 0);
        assert_null(reason);
        check_sound(sound, rate, 1, 0.001);
        mem_unref(sound);
    }
    sound = NULL;
    assert_int_equal(sound_from_samples(&sound, samples, 0, 22050, 8000, &reason), EINVAL);
    assert_string_equal(reason, "there is no sound in it");
    assert_int_equal(sound_from_samples(&sound, samples, 10, 22050, 1000, &reason), EINVAL);
    assert_non_null(strstr(reason, "rate"));
    assert_null(sound);
    assert_int_equal(mem_alive(), 0);
}

static void reads_mp3(void **state)
{
    struct sound *sound;
    const char *reason;
    (void)state;
    write_file(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 1, 44100);
    assert_int_equal(sound_read_file(&sound, path, 8000, &reason), 0);
    check_sound(sound, 8000, 1, 0.2);
    mem_unref(sound);
}

static void refused(int want, const char *why)
{
    struct sound *sound = NULL;
    const char *reason = NULL;
    int err = sound_read_file(&sound, path, 8000, &reason);
    if (err != want || sound || !reason || !strstr(reason, why))
        fail_msg("%d, %s; expected %d, %s", err, reason ? reason : "no reason", want, why);
    assert_int_equal(mem_alive(), 0);
}

static void garbage_is_refused_with_a_reason(void **state)
{
    static const char html[] = "<!DOCTYPE html><html><body>404</body></html>";
    struct sound *sound;
    const char *reason;
    (void)state;
    store(html, sizeof html);
    refused(EINVAL, "not a WAV");
    store("", 0);
    refused(EINVAL, "not a WAV");
    store("RIFF\x24\0\0\0WAVE", 12);
    refused(EINVAL, "not a WAV");
    write_file(SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 8000, 1, 800);
    refused(EINVAL, "not a WAV");
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 0);
    refused(EINVAL, "no sound");
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1000, 1, 800);
    refused(EINVAL, "sample rate");
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 17, 800);
    refused(EINVAL, "16 channels");
    assert_int_equal(sound_read_memory(&sound, NULL, 0, 8000, &reason), EINVAL);
    assert_int_equal(sound_read_file(&sound, "/nowhere/at.wav", 8000, &reason), ENOENT);
    assert_string_equal(reason, "No such file or directory");
    assert_int_equal(sound_read_file(&sound, "/tmp", 8000, &reason), EINVAL);
    assert_string_equal(reason, "not a file");
}

static void longer_than_an_hour_is_refused(void **state)
{
    (void)state;
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 4000, 1, 3601 * 4000);
    refused(EINVAL, "hour");
}

static void a_file_cut_short_gives_what_is_there(void **state)
{
    struct sound *sound;
    const char *reason;
    (void)state;
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 8000);
    size_t size = load(bytes, sizeof bytes);
    store(bytes, size - 6000);
    assert_int_equal(sound_read_file(&sound, path, 8000, &reason), 0);
    assert_int_equal(sound->length, 5000);
    mem_unref(sound);
}

/* Numbers that are none, in a file of floats. */
static void no_number_is_silence(void **state)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0.25f};
    SF_INFO info = {.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT, .samplerate = 8000, .channels = 1};
    struct sound *sound;
    const char *reason;
    (void)state;
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_int_equal(sf_writef_float(file, odd, 6), 6);
    sf_close(file);
    assert_int_equal(sound_read_file(&sound, path, 8000, &reason), 0);
    static const int16_t want[] = {0, 0, 0, INT16_MAX, INT16_MIN, 8192};
    assert_int_equal(sound->length, 6);
    assert_memory_equal(sound->samples, want, sizeof want);
    mem_unref(sound);
}

/* A good file with bytes changed at random is read or refused; the sanitisers and
 * the leak count look on. */
static void damaged_files_do_no_harm(void **state)
{
    static unsigned char damaged[8192];
    (void)state;
    srand(3);
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 1000);
    size_t size = load(bytes, sizeof bytes);
    assert_true(size < sizeof damaged);
    for (int i = 0; i < 3000; i++) {
        struct sound *sound = NULL;
        const char *reason = NULL;
        memcpy(damaged, bytes, size);
        for (int k = rand() % 4; k >= 0; k--)
            damaged[rand() % 60] = (unsigned char)rand();
        int err = sound_read_memory(&sound, damaged, size - (size_t)(rand() % 100), 8000, &reason);
        assert_int_equal(err == 0, sound != NULL);
        assert_int_equal(err == 0, reason == NULL);
        mem_unref(sound);
    }
    assert_int_equal(mem_alive(), 0);
}

/* A long file is there from its first seconds on, and in the end as if it had been read at once. */
static void a_file_is_read_in_steps(void **state)
{
    struct reading *reading;
    struct sound *sound, *whole;
    const char *reason = NULL;
    size_t size, steps = 0;
    int err = EAGAIN;
    (void)state;
    write_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 30 * 16000);
    size = load(bytes, sizeof bytes);
    assert_int_equal(sound_read_memory(&whole, bytes, size, 8000, &reason), 0);
    assert_int_equal(reading_open_memory(&reading, bytes, size, 8000, &reason), 0);
    sound = mem_ref(reading_sound(reading));
    for (; err == EAGAIN; steps++) {
        assert_int_equal(sound_state(sound), SOUND_GROWING);
        assert_in_range(sound_length(sound), steps * 16000, steps * 17500);
        err = reading_go_on(reading, 16000, &reason);
    }
    assert_int_equal(err, 0);
    assert_in_range(steps, 14, 16);
    assert_int_equal(sound_state(sound), SOUND_WHOLE);
    assert_int_equal(sound_length(sound), sound_length(whole));
    assert_memory_equal(sound->samples, whole->samples, sound_length(sound) * 2);
    mem_unref(reading);
    mem_unref(sound);
    mem_unref(whole);
    assert_int_equal(reading_open_memory(&reading, bytes, size, 8000, &reason), 0);
    assert_int_equal(reading_go_on(reading, 8000, &reason), EAGAIN);
    sound = mem_ref(reading_sound(reading));
    mem_unref(reading);
    assert_int_equal(sound_state(sound), SOUND_CUT);
    mem_unref(sound);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_becomes_mono),
        cmocka_unit_test(a_file_is_read_in_steps),
        cmocka_unit_test(samples_stay_exact),
        cmocka_unit_test(samples_become_a_sound),
        cmocka_unit_test(reads_mp3),
        cmocka_unit_test(garbage_is_refused_with_a_reason),
        cmocka_unit_test(longer_than_an_hour_is_refused),
        cmocka_unit_test(a_file_cut_short_gives_what_is_there),
        cmocka_unit_test(no_number_is_silence),
        cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
