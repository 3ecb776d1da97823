/* recording.c: one recording, from open to done: its worker's side, its thread's side, and
 * what is told of it. Its reference on the recorder's behalf lives until it was told. */
#include "record/private.h"

#include "audio/frame.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MS = 20 };

static void destroy(void *obj)
{
    struct recording *recording = obj;

    recording->magic = 0;
    tape_free(&recording->tape);
    mem_unref(recording->ring);
    free(recording->making);
    free(recording->taken);
    mem_unref(recording->path);
}

static void take_up(void *arg)
{
    struct recording *recording = arg;

    list_append(&recording->recorder->recordings, &recording->node);
    recording_begin(recording);
}

/* What is said and what is heard, or a voice each: more than the file has channels when those
 * two are mixed. */
static unsigned lines_of(const struct recording *recording)
{
    return recording->channels == 1 && !recording->said_only ? 2 : recording->channels;
}

static size_t piece_size(const struct recording *recording)
{
    return sizeof(struct piece) + lines_of(recording) * sizeof(int16_t[RECORDING_FRAME]);
}

static unsigned channels_of(const struct recording_conf *conf)
{
    return conf->channels ? conf->channels : conf->split ? 2 : 1;
}

/* The rings of what only a file is left of are not needed. */
static int make_rings(struct recording *recording)
{
    recording->making = calloc(1, piece_size(recording));
    recording->taken = calloc(1, piece_size(recording));
    if (!recording->making || !recording->taken)
        return ENOMEM;
    return ring_alloc(&recording->ring, WAITING, piece_size(recording));
}

static int make(struct recorder *recorder, const struct recording_conf *conf, bool salvaged,
                struct recording **recordingp)
{
    struct recording *recording = mem_alloc(sizeof *recording, destroy);
    int err;

    if (!recording)
        return ENOMEM;
    recording->magic = RECORDING_MAGIC;
    recording->recorder = recorder;
    recording->format = conf->format;
    recording->channels = channels_of(conf);
    recording->split = conf->split && recording->channels > 1;
    recording->said_only = conf->said_only;
    recording->salvaged = salvaged;
    recording->kept = conf->kept;
    recording->done = conf->done;
    recording->arg = conf->arg;
    recording->tape.fd = -1;
    recording->path = mem_strdup(conf->path);
    err = salvaged ? 0 : make_rings(recording);
    if (err || !recording->path) {
        mem_unref(recording);
        return ENOMEM;
    }
    *recordingp = recording;
    return 0;
}

static int check(const struct recording_conf *conf)
{
    unsigned channels = channels_of(conf);

    if (!conf->path || !*conf->path || channels > RECORDING_CHANNELS ||
        (channels > 1 && (!conf->split || conf->said_only)))
        return EINVAL;
    if (!recording_format_can(conf->format) || channels > recording_format_channels(conf->format))
        return ENOTSUP;
    return 0;
}

/* The recorder's thread has a reference from here on. */
static int start(struct recorder *recorder, struct recording *recording)
{
    int err = loop_post(recorder->work, take_up, mem_ref(recording));

    if (err)
        mem_unref(recording);
    return err;
}

int recording_open(struct recorder *recorder, const struct recording_conf *conf,
                   struct recording **recordingp)
{
    struct recording *recording;
    int err = check(conf);

    MAGIC_CHECK(recorder, RECORDER_MAGIC);
    if (!err)
        err = make(recorder, conf, false, &recording);
    if (err)
        return err;
    err = start(recorder, recording);
    if (err)
        mem_unref(recording);
    else
        *recordingp = recording;
    return err;
}

int recording_salvage(struct recorder *recorder, const struct recording_conf *conf)
{
    struct recording *recording;
    int err = check(conf);

    MAGIC_CHECK(recorder, RECORDER_MAGIC);
    if (!err)
        err = make(recorder, conf, true, &recording);
    if (err)
        return err;
    atomic_store_explicit(&recording->started, conf->started, memory_order_relaxed);
    err = start(recorder, recording);
    mem_unref(recording);
    return err;
}

bool recording_split(const struct recording *recording)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    return recording->split;
}

unsigned recording_channels(const struct recording *recording)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    return recording->channels;
}

void recording_end(struct recording *recording)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    atomic_store_explicit(&recording->ended, true, memory_order_release);
}

static void set_line(struct recording *recording, unsigned line, const int16_t *sound)
{
    struct piece *piece = recording->making;

    if (!sound)
        return;
    if (piece->has & 1u << line)
        frame_mix(piece->line[line], sound, RECORDING_FRAME);
    else
        memcpy(piece->line[line], sound, sizeof piece->line[line]);
    piece->has |= 1u << line;
}

/* Sends on what was made of this tick. */
static bool push(struct recording *recording, int64_t wall, unsigned frames)
{
    uint64_t owed = atomic_load_explicit(&recording->owed, memory_order_relaxed);
    struct piece *piece = recording->making;
    uint32_t has = piece->has;

    piece->has = 0;
    if (atomic_load_explicit(&recording->ended, memory_order_acquire))
        return false;
    if (!atomic_load_explicit(&recording->started, memory_order_relaxed))
        atomic_store_explicit(&recording->started, wall / 1000000, memory_order_relaxed);
    piece->frames = (uint32_t)(owed + frames);
    piece->has = has;
    owed = ring_push(recording->ring, piece) ? 0 : owed + frames;
    piece->has = 0;
    atomic_store_explicit(&recording->owed, owed, memory_order_relaxed);
    if (owed && has)
        atomic_fetch_add_explicit(&recording->lost, 1, memory_order_relaxed);
    return true;
}

bool recording_put(struct recording *recording, int64_t wall, unsigned frames, const int16_t *said,
                   const int16_t *heard)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    set_line(recording, 0, said);
    if (!recording->said_only)
        set_line(recording, 1, heard);
    return push(recording, wall, frames);
}

/* The last channel is also everybody else's. */
static unsigned channel_of(struct recording *recording, uint64_t who)
{
    unsigned channel = 0;

    while (channel < recording->known && recording->who[channel] != who)
        channel++;
    if (channel < recording->known)
        return channel;
    if (channel == recording->channels)
        return channel - 1;
    recording->who[recording->known++] = who;
    return channel;
}

void recording_voice(struct recording *recording, uint64_t who, const int16_t *sound)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    set_line(recording, channel_of(recording, who), sound);
}

bool recording_put_voices(struct recording *recording, int64_t wall, unsigned frames)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    return push(recording, wall, frames);
}

/* The recorder's thread. */

static void end_now(struct recording *recording, int64_t duration)
{
    recording->duration = duration;
    recording->over = clock_wall_ms();
    recording->finished = true;
}

static void begin_salvage(struct recording *recording)
{
    struct tape *tape = &recording->tape;
    int64_t duration = 0;

    if (recording->kept)
        until_write(recording->path, recording->kept);
    tape->error = salvage(recording->path, recording->format, &duration, &recording->size);
    recording->named = !tape->error;
    if (tape->error) {
        recording->size = -1;
        snprintf(tape->reason, sizeof tape->reason, "nothing of it was kept");
    }
    end_now(recording, duration);
}

void recording_begin(struct recording *recording)
{
    if (recording->salvaged)
        begin_salvage(recording);
    else
        tape_open(&recording->tape, recording->path, recording->format, recording->channels);
}

static void write_piece(struct recording *recording, struct piece *piece)
{
    const int16_t *lines[RECORDING_CHANNELS] = {NULL};
    unsigned count = lines_of(recording);

    tape_pass(&recording->tape, piece->frames - 1);
    for (unsigned i = 0; i < count; i++)
        lines[i] = piece->has & 1u << i ? piece->line[i] : NULL;
    if (count > recording->channels && lines[0] && lines[1])
        frame_mix(piece->line[0], piece->line[1], RECORDING_FRAME);
    else if (count > recording->channels && lines[1])
        lines[0] = lines[1];
    tape_put(&recording->tape, lines);
}

static void finish(struct recording *recording)
{
    if (recording->kept)
        until_write(recording->path, recording->kept);
    tape_pass(&recording->tape, atomic_load_explicit(&recording->owed, memory_order_relaxed));
    recording->size = tape_close(&recording->tape, recording->path, &recording->named);
    end_now(recording, recording->tape.written * FRAME_MS);
}

bool recording_work(struct recording *recording)
{
    bool ended = atomic_load_explicit(&recording->ended, memory_order_acquire);

    if (recording->finished)
        return true;
    /* a full ring once, however fast it fills: the others wait */
    for (int i = 0; i < WAITING && ring_pop(recording->ring, recording->taken); i++)
        write_piece(recording, recording->taken);
    tape_flush(&recording->tape);
    if (recording->tape.error)
        recording_end(recording);
    else if (!ended)
        return false;
    finish(recording);
    return true;
}

void recording_tell(void *arg)
{
    struct recording *recording = arg;
    const struct tape *tape = &recording->tape;
    int64_t started = atomic_load_explicit(&recording->started, memory_order_relaxed);
    struct recording_result result = {
        .path = recording->named ? recording->path : tape->part,
        .started = started ? started : recording->over,
        .duration = recording->duration,
        .size = recording->size,
        .lost = atomic_load_explicit(&recording->lost, memory_order_relaxed),
        .error = tape->error ? tape->reason : NULL,
    };

    result.ended = result.started + result.duration;
    if (recording->size < 0) {
        result.path = NULL;
        result.size = 0;
    }
    if (recording->done)
        recording->done(&result, recording->arg);
    mem_unref(recording);
}
