/* record_kit.h: a recorder, a folder for its files, what was told of them, and what is
 * in them. */
#ifndef OFFHOOK_TESTS_RECORD_KIT_H
#define OFFHOOK_TESTS_RECORD_KIT_H

#include "audio/goertzel.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "record/record.h"

#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct recorder *kit_recorder;
static char kit_folder[64];

static inline void kit_start(struct loop *loop)
{
    strcpy(kit_folder, "/tmp/offhook-record-XXXXXX");
    assert_non_null(mkdtemp(kit_folder));
    assert_int_equal(recorder_start(&kit_recorder, loop), 0);
}

/* The folder must be empty by then: each test takes away the files it expects. */
static inline void kit_stop(struct loop *loop)
{
    if (kit_recorder)
        recorder_stop(kit_recorder);
    kit_recorder = NULL;
    loop_run(loop);
    assert_int_equal(rmdir(kit_folder), 0);
}

/* A recording and what was told of it. */
struct take {
    char path[160], told[200], error[128];
    struct recording *recording;
    unsigned done;
    int64_t begun[2], ended[2];     /* [ms, monotonic] before and after the caller did that */
    struct recording_result result; /* its texts are the two above, or NULL */
};

static inline void kit_done(const struct recording_result *result, void *arg)
{
    struct take *take = arg;

    take->done++;
    take->result = *result;
    take->result.path = take->result.error = NULL;
    if (result->path)
        take->result.path = strcpy(take->told, result->path);
    if (result->error)
        take->result.error = strcpy(take->error, result->error);
}

/* Fills in the path and who is told. */
static inline struct recording_conf kit_conf(struct take *take, const char *path,
                                             const struct recording_conf *conf)
{
    struct recording_conf filled = *conf;

    memset(take, 0, sizeof *take);
    assert_true(strlen(path) < sizeof take->path);
    strcpy(take->path, path);
    filled.path = take->path;
    filled.done = kit_done;
    filled.arg = take;
    return filled;
}

static inline int kit_try(struct take *take, const char *path, enum recording_format format,
                          bool split)
{
    struct recording_conf conf = {.format = format, .split = split};

    conf = kit_conf(take, path, &conf);
    return recording_open(kit_recorder, &conf, &take->recording);
}

static inline void kit_open_as(struct take *take, const struct recording_conf *as)
{
    static unsigned count;
    struct recording_conf conf;
    char path[128];

    snprintf(path, sizeof path, "%s/%u.%s", kit_folder, count++, recording_format_name(as->format));
    conf = kit_conf(take, path, as);
    assert_int_equal(recording_open(kit_recorder, &conf, &take->recording), 0);
}

static inline void kit_open(struct take *take, enum recording_format format, bool split)
{
    kit_open_as(take, &(struct recording_conf){.format = format, .split = split});
}

enum { KIT_CHANNELS = 6 };

/* What a file holds: up to a minute of a few channels. */
struct heard {
    SF_INFO info;
    size_t count; /* [samples] of each channel */
    int16_t sound[KIT_CHANNELS][60 * RECORDING_RATE];
};

/* False when the library can not read it. */
static inline bool kit_read(struct heard *heard, const char *path)
{
    SNDFILE *file;
    int16_t all[KIT_CHANNELS];

    heard->count = 0;
    heard->info = (SF_INFO){0};
    file = sf_open(path, SFM_READ, &heard->info);
    if (!file)
        return false;
    while (heard->info.channels <= KIT_CHANNELS && heard->count < 60 * RECORDING_RATE &&
           sf_readf_short(file, all, 1) == 1) {
        for (int i = 0; i < KIT_CHANNELS; i++)
            heard->sound[i][heard->count] = i < heard->info.channels ? all[i] : 0;
        heard->count++;
    }
    sf_close(file);
    return heard->info.channels <= KIT_CHANNELS;
}

/* The amplitude of `hz` in the 20 ms that begin at `ms`. */
static inline double kit_amplitude(const struct heard *heard, unsigned channel, int64_t ms,
                                   double hz)
{
    size_t at = (size_t)ms * RECORDING_RATE / 1000, n = RECORDING_RATE / 50;

    return at + n > heard->count
               ? 0
               : goertzel_amplitude(heard->sound[channel] + at, n, RECORDING_RATE, hz);
}

/* What was told of it is right, and it is read into `heard`; then it is taken away. */
static inline void kit_check(struct heard *heard, const struct take *take, int channels)
{
    char part[192];
    struct stat about;

    assert_int_equal(take->done, 1);
    assert_null(take->result.error);
    assert_string_equal(take->result.path, take->path);
    assert_true(kit_read(heard, take->path));
    assert_int_equal(heard->info.channels, channels);
    assert_int_equal(heard->info.samplerate, RECORDING_RATE);
    assert_int_equal(stat(take->path, &about), 0);
    assert_int_equal(about.st_size, take->result.size);
    assert_int_equal(take->result.ended - take->result.started, take->result.duration);
    snprintf(part, sizeof part, "%s.part", take->path);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(unlink(take->path), 0);
}

#endif
