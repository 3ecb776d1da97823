/* record_file.c: recordings without a media plane: what is put in is what the file holds,
 * in each kind of file, and nothing that goes wrong goes unsaid. */
#include "audio/tone.h"
#include "record_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

enum { FRAME = RECORDING_FRAME, PATIENCE = 20000 /* [ms] */ };

static struct loop *loop;
static struct heard heard;
static int64_t wall = INT64_C(1700000000000) * 1000000; /* [ns] */

static int start(void **state)
{
    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    kit_start(loop);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    kit_stop(loop);
    mem_unref(loop);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

#define until(condition)                                        \
    do {                                                        \
        int64_t until_end = clock_mono_ms() + PATIENCE;         \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > until_end)                    \
                fail_msg("waited in vain for: %s", #condition); \
            loop_wait(loop, 5);                                 \
        }                                                       \
    } while (0)

/* Puts frames of tones (0: none), faster than time, but not faster than they are written. */
static void put(struct take *take, unsigned frames, double said_hz, double heard_hz)
{
    struct tone left, right;

    tone_start(&left, 8000, said_hz, 8000);
    tone_start(&right, 8000, heard_hz, 4000);
    for (unsigned i = 0; i < frames; i++) {
        int16_t said[FRAME], hears[FRAME];

        tone_fill(&left, said, FRAME);
        tone_fill(&right, hears, FRAME);
        assert_true(recording_put(take->recording, wall, 1, said_hz > 0 ? said : NULL,
                                  heard_hz > 0 ? hears : NULL));
        if (i % 50 == 49)
            usleep(100000); /* the ring has room for 256 */
    }
}

static void finish(struct take *take)
{
    recording_end(take->recording);
    take->recording = mem_unref(take->recording);
    until(take->done);
}

static void a_file_holds_what_was_put_in(enum recording_format format, bool split, double slack)
{
    struct take take;

    if (!recording_format_can(format))
        fail_msg("the library does not write %s", recording_format_name(format));
    kit_open(&take, format, split);
    put(&take, 100, 400, 1000);
    put(&take, 50, 0, 0);
    put(&take, 50, 0, 1000);
    finish(&take);
    kit_check(&heard, &take, split ? 2 : 1);
    assert_int_equal(take.result.duration, 4000);
    assert_int_equal(take.result.lost, 0);
    assert_int_equal(take.result.started, 1700000000000);
    assert_in_range(heard.count, 4 * RECORDING_RATE - slack, 4 * RECORDING_RATE + slack);
    for (int64_t ms = 500; ms < 1500; ms += 100) {
        unsigned right = split;

        assert_float_equal(kit_amplitude(&heard, 0, ms, 400), 8000, 800);
        assert_float_equal(kit_amplitude(&heard, right, ms, 1000), 4000, 600);
        assert_true(!split || kit_amplitude(&heard, 0, ms, 1000) < 300);
        assert_true(!split || kit_amplitude(&heard, 1, ms, 400) < 300);
    }
    for (int64_t ms = 2200; ms < 2800; ms += 100)
        assert_true(kit_amplitude(&heard, 0, ms, 400) + kit_amplitude(&heard, split, ms, 1000) <
                    100);
    assert_true(kit_amplitude(&heard, 0, 3500, 400) < 200);
    assert_float_equal(kit_amplitude(&heard, split, 3500, 1000), 4000, 600);
}

static void a_wav_holds_what_was_put_in(void **state)
{
    (void)state;
    a_file_holds_what_was_put_in(RECORDING_WAV, false, 0);
    assert_int_equal(heard.info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    a_file_holds_what_was_put_in(RECORDING_WAV, true, 0);
}

/* An encoder may round the length to its own frames. */
static void an_mp3_holds_what_was_put_in(void **state)
{
    (void)state;
    a_file_holds_what_was_put_in(RECORDING_MP3, false, 640);
    assert_int_equal(heard.info.format, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
    a_file_holds_what_was_put_in(RECORDING_MP3, true, 640);
}

static void an_ogg_holds_what_was_put_in(void **state)
{
    (void)state;
    a_file_holds_what_was_put_in(RECORDING_OGG, false, 640);
    assert_int_equal(heard.info.format, SF_FORMAT_OGG | SF_FORMAT_VORBIS);
    a_file_holds_what_was_put_in(RECORDING_OGG, true, 640);
}

static void names_are_words_of_the_api(void **state)
{
    enum recording_format format;

    (void)state;
    assert_true(recording_format_parse("ogg", &format));
    assert_int_equal(format, RECORDING_OGG);
    assert_true(recording_format_parse("wav", &format));
    assert_string_equal(recording_format_name(format), "wav");
    assert_false(recording_format_parse("flac", &format));
    assert_false(recording_format_can((enum recording_format)17));
}

static void nothing_put_in_is_a_file_without_sound(void **state)
{
    struct take take;

    (void)state;
    for (int format = RECORDING_WAV; format <= RECORDING_OGG; format++) {
        kit_open(&take, (enum recording_format)format, false);
        finish(&take);
        assert_int_equal(take.result.duration, 0);
        assert_null(take.result.error);
        assert_true(take.result.started > INT64_C(1700000000000));
        assert_int_equal(unlink(take.path), 0);
    }
}

static void skipped_ticks_are_silent_in_the_file(void **state)
{
    struct take take;
    int16_t frame[FRAME];
    struct tone tone;

    (void)state;
    tone_start(&tone, 8000, 400, 8000);
    tone_fill(&tone, frame, FRAME);
    kit_open(&take, RECORDING_WAV, false);
    put(&take, 10, 400, 0);
    assert_true(recording_put(take.recording, wall, 26, frame, NULL));
    finish(&take);
    kit_check(&heard, &take, 1);
    assert_int_equal(take.result.duration, 36 * 20);
    assert_true(kit_amplitude(&heard, 0, 400, 400) < 10);
    assert_true(kit_amplitude(&heard, 0, 695, 400) > 4000);
}

/* What a crash leaves: the file as it is on disk while it grows. */
static void a_file_can_be_played_while_it_grows(enum recording_format format, unsigned seconds)
{
    char part[192], copy[80], command[400];
    struct take take;

    kit_open(&take, format, true);
    snprintf(part, sizeof part, "%s.part", take.path);
    snprintf(copy, sizeof copy, "%s/copy", kit_folder);
    snprintf(command, sizeof command, "cp %s %s", part, copy);
    for (int i = 0; i < 10; i++)
        put(&take, 100, 400, 1000);
    until(system(command) == 0 && kit_read(&heard, copy) &&
          heard.count >= seconds * RECORDING_RATE);
    assert_int_equal(heard.info.channels, 2);
    assert_float_equal(kit_amplitude(&heard, 0, 1000, 400), 8000, 800);
    assert_float_equal(kit_amplitude(&heard, 1, seconds * 1000 - 500, 1000), 4000, 600);
    assert_int_equal(unlink(copy), 0);
    assert_int_equal(take.done, 0);
    finish(&take);
    kit_check(&heard, &take, 2);
    assert_int_equal(take.result.duration, 20000);
}

static void a_crash_leaves_what_can_be_played(void **state)
{
    (void)state;
    a_file_can_be_played_while_it_grows(RECORDING_WAV, 19);
    a_file_can_be_played_while_it_grows(RECORDING_OGG, 17);
    a_file_can_be_played_while_it_grows(RECORDING_MP3, 4); /* the library guesses its length */
}

static void what_the_ring_can_not_hold_is_counted_and_silent(void **state)
{
    int16_t frame[FRAME];
    struct take take;
    struct tone tone;

    (void)state;
    tone_start(&tone, 8000, 400, 8000);
    tone_fill(&tone, frame, FRAME);
    kit_open(&take, RECORDING_WAV, false);
    until(({ /* it is taken up: the file is there */
             char part[192];
             snprintf(part, sizeof part, "%s.part", take.path);
             access(part, F_OK) == 0;
    }));
    for (int i = 0; i < 20000; i++)
        assert_true(recording_put(take.recording, wall, 1, frame, NULL));
    finish(&take);
    assert_true(take.result.lost > 0);
    assert_null(take.result.error);
    assert_int_equal(take.result.duration, 400000); /* as long as it took, all the same */
    assert_int_equal(unlink(take.path), 0);
}

static void refused(const char *path, const char *error)
{
    int16_t frame[FRAME] = {0};
    struct take take;

    assert_int_equal(kit_try(&take, path, RECORDING_WAV, false), 0);
    until(take.done);
    assert_string_equal(take.result.error, error);
    assert_null(take.result.path);
    assert_int_equal(take.result.size, 0);
    assert_int_equal(take.result.duration, 0);
    assert_false(recording_put(take.recording, wall, 1, frame, NULL));
    recording_end(take.recording);
    mem_unref(take.recording);
    loop_wait(loop, 250);
    assert_int_equal(take.done, 1);
}

static void a_folder_that_takes_no_file_is_told(void **state)
{
    char path[128];
    struct take take;
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s/missing/a.wav", kit_folder);
    refused(path, "No such file or directory");
    snprintf(path, sizeof path, "%s/file", kit_folder);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    snprintf(path, sizeof path, "%s/file/a.wav", kit_folder);
    refused(path, "Not a directory");
    snprintf(path, sizeof path, "%s/file", kit_folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/taken.wav.part", kit_folder);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    path[strlen(path) - 5] = '\0';
    refused(path, "File exists"); /* nobody else's file is touched */
    strcat(path, ".part");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kit_try(&take, "", RECORDING_WAV, false), EINVAL);
    assert_int_equal(kit_try(&take, "/tmp/x", (enum recording_format)9, false), ENOTSUP);
    assert_int_equal(take.done, 0);
}

/* As on a full disk: from some byte on, nothing more is taken. */
static void a_full_disk_ends_that_recording_alone(void **state)
{
    struct rlimit limit, before;
    struct take big, small;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &limit);
    kit_open(&big, RECORDING_WAV, false);
    kit_open(&small, RECORDING_OGG, false);
    put(&small, 50, 400, 0);
    for (int i = 0; i < 20 && !big.done; i++) {
        int16_t frame[FRAME] = {0};

        for (int k = 0; k < 20; k++)
            recording_put(big.recording, wall, 1, frame, NULL);
        loop_wait(loop, 150);
    }
    until(big.done);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_string_equal(big.result.error, "File too large");
    assert_string_equal(big.result.path, big.path); /* what there is has its name */
    assert_true(big.result.duration >= 1000 && big.result.duration <= 3125);
    assert_true(kit_read(&heard, big.result.path)); /* what was written is kept */
    assert_int_equal(unlink(big.result.path), 0);
    mem_unref(big.recording);
    finish(&small);
    kit_check(&heard, &small, 1);
    assert_int_equal(small.result.duration, 1000);
}

static void the_name_may_be_lost_at_the_end(void **state)
{
    struct take take;

    (void)state;
    kit_open(&take, RECORDING_WAV, false);
    put(&take, 50, 400, 0);
    assert_int_equal(mkdir(take.path, 0700), 0); /* a folder is where the file should be */
    finish(&take);
    assert_string_equal(take.result.error, "Is a directory");
    assert_string_equal(take.result.path + strlen(take.path), ".part");
    assert_true(kit_read(&heard, take.result.path));
    assert_int_equal(heard.count, RECORDING_RATE);
    assert_int_equal(unlink(take.result.path), 0);
    assert_int_equal(rmdir(take.path), 0);
}

static void the_recorder_ends_what_is_open(void **state)
{
    int16_t frame[FRAME] = {0};
    struct take one, two;

    (void)state;
    kit_open(&one, RECORDING_WAV, false);
    put(&one, 10, 400, 0);
    kit_open(&two, RECORDING_MP3, true); /* may not even have been taken up */
    recorder_stop(kit_recorder);
    kit_recorder = NULL;
    loop_run(loop);
    assert_int_equal(two.done, 1);
    kit_check(&heard, &one, 1);
    assert_int_equal(one.result.duration, 200);
    assert_false(recording_put(one.recording, wall, 1, frame, NULL));
    assert_null(two.result.error);
    assert_int_equal(unlink(two.path), 0);
    mem_unref(one.recording);
    mem_unref(two.recording);
}

static double amplitude(unsigned channel, int64_t ms, double hz)
{
    return kit_amplitude(&heard, channel, ms, hz);
}

/* The frame of a tone of its own that a voice says in tick i. */
static void say(struct take *take, uint64_t who, unsigned i, double hz)
{
    int16_t frame[FRAME];
    struct tone tone;

    tone_start(&tone, 8000, hz, 6000);
    tone_fill(&tone, frame, FRAME); /* tones are multiples of 50 Hz */
    recording_voice(take->recording, who, hz > 0 ? frame : NULL);
    if (i % 50 == 49)
        usleep(20000);
}

/* Four voices and three channels: who comes late finds the last one taken; who is silent at
 * first keeps the place it has; who comes back has it still. */
static void a_voice_has_a_channel_of_its_own(void **state)
{
    struct take take;

    (void)state;
    kit_open_as(&take,
                &(struct recording_conf){.format = RECORDING_WAV, .split = true, .channels = 3});
    for (unsigned i = 0; i < 200; i++) {
        say(&take, 70, i, 400);
        if (i < 100 || i >= 150)
            say(&take, 71, i, i < 50 ? 0 : 1000);
        if (i >= 50)
            say(&take, 72, i, 1600);
        if (i >= 100)
            say(&take, 73, i, 2200);
        assert_true(recording_put_voices(take.recording, wall, 1));
    }
    finish(&take);
    kit_check(&heard, &take, 3);
    assert_int_equal(heard.count, 4 * RECORDING_RATE);
    for (int64_t ms = 100; ms < 4000; ms += 100) {
        bool second = (ms >= 1000 && ms < 2000) || ms >= 3000;

        if (ms % 1000 == 0)
            continue; /* on an edge the filter rings */
        assert_float_equal(amplitude(0, ms, 400), 6000, 300);
        assert_float_equal(amplitude(1, ms, 1000), second ? 6000 : 0, 300);
        assert_float_equal(amplitude(2, ms, 1600), ms > 1000 ? 6000 : 0, 300);
        assert_float_equal(amplitude(2, ms, 2200), ms > 2000 ? 6000 : 0, 300);
        assert_true(amplitude(0, ms, 1000) + amplitude(0, ms, 1600) + amplitude(0, ms, 2200) < 60);
        assert_true(amplitude(1, ms, 400) + amplitude(1, ms, 1600) + amplitude(1, ms, 2200) < 60);
        assert_true(amplitude(2, ms, 400) + amplitude(2, ms, 1000) < 60);
    }
}

static void all_channels_can_be_used(void **state)
{
    SF_INFO info = {0};
    struct take take;
    int16_t *all;
    SNDFILE *file;

    (void)state;
    kit_open_as(&take, &(struct recording_conf){
                           .format = RECORDING_WAV, .split = true, .channels = RECORDING_CHANNELS});
    for (unsigned i = 0; i < 50; i++) {
        for (unsigned k = 0; k < RECORDING_CHANNELS; k++)
            say(&take, k + 1, i, 200 + 50 * k);
        assert_true(recording_put_voices(take.recording, wall, 1));
    }
    finish(&take);
    assert_null(take.result.error);
    file = sf_open(take.path, SFM_READ, &info);
    assert_non_null(file);
    assert_int_equal(info.channels, RECORDING_CHANNELS);
    assert_int_equal(info.frames, RECORDING_RATE);
    all = calloc((size_t)info.frames, sizeof *all * RECORDING_CHANNELS);
    assert_int_equal(sf_readf_short(file, all, info.frames), info.frames);
    for (unsigned k = 0; k < RECORDING_CHANNELS; k++) {
        int16_t one[RECORDING_RATE / 50];

        for (int i = 0; i < RECORDING_RATE / 50; i++)
            one[i] = all[(size_t)(RECORDING_RATE / 2 + i) * RECORDING_CHANNELS + k];
        assert_float_equal(
            goertzel_amplitude(one, RECORDING_RATE / 50, RECORDING_RATE, 200 + 50 * k), 6000, 300);
    }
    free(all);
    sf_close(file);
    assert_int_equal(unlink(take.path), 0);
}

static void what_is_said_can_be_all(void **state)
{
    struct take take;

    (void)state;
    kit_open_as(&take, &(struct recording_conf){.format = RECORDING_WAV, .said_only = true});
    put(&take, 50, 400, 1000);
    put(&take, 50, 0, 1000);
    finish(&take);
    kit_check(&heard, &take, 1);
    assert_int_equal(heard.count, 2 * RECORDING_RATE);
    assert_float_equal(amplitude(0, 500, 400), 8000, 500);
    assert_true(amplitude(0, 500, 1000) < 60);
    assert_true(amplitude(0, 1500, 400) + amplitude(0, 1500, 1000) < 60);
}

static void channels_that_cannot_be_are_refused(void **state)
{
    static const struct {
        struct recording_conf conf;
        int err;
    } cases[] = {
        {{.format = RECORDING_WAV, .split = true, .channels = 33}, EINVAL},
        {{.format = RECORDING_WAV, .channels = 2}, EINVAL},
        {{.format = RECORDING_WAV, .split = true, .said_only = true}, EINVAL},
        {{.format = RECORDING_MP3, .split = true, .channels = 3}, ENOTSUP},
        {{.format = RECORDING_OGG, .split = true, .channels = 3}, ENOTSUP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recording_conf conf;
        struct take take;

        conf = kit_conf(&take, "/tmp/x.wav", &cases[i].conf);
        assert_int_equal(recording_open(kit_recorder, &conf, &take.recording), cases[i].err);
        assert_int_equal(recording_salvage(kit_recorder, &conf), cases[i].err);
    }
}

/* Each frame of the file has the same size: 32 kbit/s a channel. */
static void an_mp3_has_a_constant_rate(void **state)
{
    (void)state;
    for (unsigned channels = 1; channels <= 2; channels++) {
        size_t size = 144 * channels;
        uint8_t frame[288];
        struct take take;
        FILE *file;

        kit_open(&take, RECORDING_MP3, channels == 2);
        put(&take, 150, 400, 1000);
        finish(&take);
        file = fopen(take.path, "rb");
        assert_non_null(file);
        for (int64_t at = 0; at < take.result.size; at += (int64_t)size) {
            assert_int_equal(fread(frame, 1, size, file), size);
            assert_int_equal(frame[0], 0xff);
            assert_int_equal(frame[1], 0xf3);                        /* layer III of MPEG-2 */
            assert_int_equal(frame[2], channels == 1 ? 0x48 : 0x88); /* 32, 64 kbit/s, 16 kHz */
        }
        fclose(file);
        kit_check(&heard, &take, (int)channels);
        assert_int_equal(heard.count, 3 * RECORDING_RATE); /* to the sample */
    }
}

/* As kill -9 leaves it: a copy of the file while it grows. */
static void leave_part(enum recording_format format, bool split, char path[128])
{
    char part[192], command[400];
    struct take take;

    kit_open(&take, format, split);
    snprintf(part, sizeof part, "%s.part", take.path);
    snprintf(path, 128, "%s/left.%s", kit_folder, recording_format_name(format));
    snprintf(command, sizeof command, "cp %s %s.part", part, path);
    for (int i = 0; i < 4; i++)
        put(&take, 100, 400, 1000);
    until(system(command) == 0 && ({
              struct stat about;
              char copy[160];
              snprintf(copy, sizeof copy, "%s.part", path);
              stat(copy, &about) == 0 && about.st_size > 4000;
          }));
    finish(&take);
    assert_int_equal(unlink(take.path), 0);
}

static void salvage(struct take *take, const char *path, enum recording_format format, bool split)
{
    struct recording_conf conf = {
        .format = format, .split = split, .started = 1700000000000, .kept = 60};
    char until_path[160];

    conf = kit_conf(take, path, &conf);
    assert_int_equal(recording_salvage(kit_recorder, &conf), 0);
    until(take->done);
    snprintf(until_path, sizeof until_path, "%.*suntil", (int)strlen(path) - 3, path);
    assert_int_equal(unlink(until_path), 0);
}

static void what_a_crash_leaves_is_made_whole(void **state)
{
    (void)state;
    for (int format = RECORDING_WAV; format <= RECORDING_OGG; format++)
        for (int split = 0; split < 2; split++) {
            struct take take;
            char path[128], part[160];

            leave_part((enum recording_format)format, split, path);
            salvage(&take, path, (enum recording_format)format, split);
            assert_null(take.result.error);
            assert_int_equal(take.result.started, 1700000000000);
            assert_in_range(take.result.duration, 5000, 8100);
            snprintf(part, sizeof part, "%s.part", path);
            assert_int_equal(access(part, F_OK), -1);
            salvage(&take, path, (enum recording_format)format, split); /* once more: as it is */
            kit_check(&heard, &take, 1 + split);
            assert_in_range(heard.count, take.result.duration * 16 - 16,
                            take.result.duration * 16 + 16);
            assert_float_equal(amplitude(0, 3000, 400), 8000, 800);
            assert_float_equal(amplitude((unsigned)split, 3000, 1000), 4000, 600);
            assert_float_equal(amplitude(0, take.result.duration - 200, 400), 8000, 800);
        }
}

/* A byte of a WAV that is half a sample, a frame of an MP3 that is half there. */
static void what_a_crash_cuts_in_the_middle_is_played(void **state)
{
    static const enum recording_format formats[] = {RECORDING_WAV, RECORDING_MP3};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct take take;
        char path[128], part[160];
        struct stat about;

        leave_part(formats[i], true, path);
        snprintf(part, sizeof part, "%s.part", path);
        assert_int_equal(stat(part, &about), 0);
        assert_int_equal(truncate(part, about.st_size / 2 - 1), 0);
        salvage(&take, path, formats[i], true);
        kit_check(&heard, &take, 2);
        assert_in_range(take.result.duration, 2000, 4100);
        assert_float_equal(amplitude(0, 1500, 400), 8000, 800);
        assert_float_equal(amplitude(1, 1500, 1000), 4000, 600);
    }
}

static void nothing_left_is_told(void **state)
{
    static const char noise[100] = "RIFF \xff\xf3 OggS";
    char path[128], part[160];
    struct take take;

    (void)state;
    for (int format = RECORDING_WAV; format <= RECORDING_OGG; format++) {
        snprintf(path, sizeof path, "%s/left.%s", kit_folder,
                 recording_format_name((enum recording_format)format));
        snprintf(part, sizeof part, "%s.part", path);
        for (int bytes = -1; bytes < 100; bytes += 50) { /* no file, an empty one, noise */
            int fd = bytes < 0 ? -1 : open(part, O_CREAT | O_WRONLY, 0600);

            if (fd >= 0 && bytes)
                assert_int_equal(write(fd, noise, (size_t)bytes), bytes);
            if (fd >= 0)
                close(fd);
            salvage(&take, path, (enum recording_format)format, false);
            assert_int_equal(take.done, 1);
            assert_string_equal(take.result.error, "nothing of it was kept");
            assert_null(take.result.path);
            assert_int_equal(take.result.size, 0);
            assert_int_equal(access(part, F_OK), -1);
        }
    }
}

static void how_long_it_is_kept_is_beside_it(void **state)
{
    long long until = 0;
    struct take take;
    char path[192];
    FILE *file;

    (void)state;
    kit_open_as(&take, &(struct recording_conf){.format = RECORDING_WAV, .kept = 7200});
    put(&take, 10, 400, 0);
    finish(&take);
    snprintf(path, sizeof path, "%.*suntil", (int)strlen(take.path) - 3, take.path);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lld", &until), 1);
    fclose(file);
    assert_in_range(until, clock_wall_ms() / 1000 + 7200 - 60, clock_wall_ms() / 1000 + 7200);
    assert_int_equal(unlink(path), 0);
    kit_check(&heard, &take, 1);
}

/* Put on one thread, ended on another, written on a third. */
static void *put_until_it_ends(void *arg)
{
    int16_t frame[FRAME] = {0};

    while (recording_put(arg, wall, 1, frame, frame))
        usleep(200);
    return NULL;
}

static void threads_meet_at_the_ring(void **state)
{
    pthread_t threads[8];
    struct take takes[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        kit_open(&takes[i], RECORDING_WAV, i % 2);
        pthread_create(&threads[i], NULL, put_until_it_ends, takes[i].recording);
    }
    until(({
        struct stat about;
        char part[192];
        snprintf(part, sizeof part, "%s.part", takes[7].path);
        stat(part, &about) == 0 && about.st_size > 20000;
    }));
    for (int i = 0; i < 8; i++)
        recording_end(takes[i].recording);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        finish(&takes[i]);
        kit_check(&heard, &takes[i], 1 + i % 2);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_wav_holds_what_was_put_in),
        TEST(an_mp3_holds_what_was_put_in),
        TEST(an_ogg_holds_what_was_put_in),
        TEST(names_are_words_of_the_api),
        TEST(nothing_put_in_is_a_file_without_sound),
        TEST(skipped_ticks_are_silent_in_the_file),
        TEST(a_crash_leaves_what_can_be_played),
        TEST(what_the_ring_can_not_hold_is_counted_and_silent),
        TEST(a_folder_that_takes_no_file_is_told),
        TEST(a_full_disk_ends_that_recording_alone),
        TEST(the_name_may_be_lost_at_the_end),
        TEST(the_recorder_ends_what_is_open),
        TEST(threads_meet_at_the_ring),
        TEST(a_voice_has_a_channel_of_its_own),
        TEST(all_channels_can_be_used),
        TEST(what_is_said_can_be_all),
        TEST(channels_that_cannot_be_are_refused),
        TEST(an_mp3_has_a_constant_rate),
        TEST(what_a_crash_leaves_is_made_whole),
        TEST(what_a_crash_cuts_in_the_middle_is_played),
        TEST(nothing_left_is_told),
        TEST(how_long_it_is_kept_is_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
