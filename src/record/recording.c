/* recording.c: one recording, from open to done: its worker's side, its thread's side, and
 * what is told of it. Its reference on the recorder's behalf lives until it was told. */
#include "record/private.h"

#include "audio/frame.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { FRAME_MS = 20 };

static void destroy(void *obj)
{
    struct recording *recording = obj;

    recording->magic = 0;
    tape_free(&recording->tape);
    mem_unref(recording->ring);
    mem_unref(recording->path);
}

static void take_up(void *arg)
{
    struct recording *recording = arg;

    list_append(&recording->recorder->recordings, &recording->node);
    recording_begin(recording);
}

static int make(struct recorder *recorder, const struct recording_conf *conf,
                struct recording **recordingp)
{
    struct recording *recording = mem_alloc(sizeof *recording, destroy);
    int err;

    if (!recording)
        return ENOMEM;
    recording->magic = RECORDING_MAGIC;
    recording->recorder = recorder;
    recording->format = conf->format;
    recording->split = conf->split;
    recording->done = conf->done;
    recording->arg = conf->arg;
    recording->tape.fd = -1;
    recording->path = mem_strdup(conf->path);
    err = ring_alloc(&recording->ring, WAITING, sizeof(struct piece));
    if (err || !recording->path) {
        mem_unref(recording);
        return ENOMEM;
    }
    *recordingp = recording;
    return 0;
}

int recording_open(struct recorder *recorder, const struct recording_conf *conf,
                   struct recording **recordingp)
{
    struct recording *recording;
    int err;

    MAGIC_CHECK(recorder, RECORDER_MAGIC);
    if (!conf->path || !*conf->path)
        return EINVAL;
    if (!recording_format_can(conf->format))
        return ENOTSUP;
    err = make(recorder, conf, &recording);
    if (err)
        return err;
    err = loop_post(recorder->work, take_up, mem_ref(recording));
    if (err) {
        mem_unref(recording);
        mem_unref(recording);
        return err;
    }
    *recordingp = recording;
    return 0;
}

bool recording_split(const struct recording *recording)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    return recording->split;
}

void recording_end(struct recording *recording)
{
    MAGIC_CHECK(recording, RECORDING_MAGIC);
    atomic_store_explicit(&recording->ended, true, memory_order_release);
}

static void fill(struct piece *piece, const int16_t *said, const int16_t *heard)
{
    if (said)
        memcpy(piece->sound[0], said, sizeof piece->sound[0]);
    if (heard)
        memcpy(piece->sound[1], heard, sizeof piece->sound[1]);
    piece->said = said != NULL;
    piece->heard = heard != NULL;
}

bool recording_put(struct recording *recording, int64_t wall, unsigned frames, const int16_t *said,
                   const int16_t *heard)
{
    uint64_t owed = atomic_load_explicit(&recording->owed, memory_order_relaxed);
    struct piece piece;

    MAGIC_CHECK(recording, RECORDING_MAGIC);
    if (atomic_load_explicit(&recording->ended, memory_order_acquire))
        return false;
    if (!atomic_load_explicit(&recording->started, memory_order_relaxed))
        atomic_store_explicit(&recording->started, wall / 1000000, memory_order_relaxed);
    piece.frames = (uint32_t)(owed + frames);
    fill(&piece, said, heard);
    owed = ring_push(recording->ring, &piece) ? 0 : owed + frames;
    atomic_store_explicit(&recording->owed, owed, memory_order_relaxed);
    if (owed && (said || heard))
        atomic_fetch_add_explicit(&recording->lost, 1, memory_order_relaxed);
    return true;
}

void recording_begin(struct recording *recording)
{
    tape_open(&recording->tape, recording->path, recording->format, recording->split ? 2 : 1);
}

static void write_piece(struct recording *recording, struct piece *piece)
{
    int16_t *said = piece->said ? piece->sound[0] : NULL;
    int16_t *heard = piece->heard ? piece->sound[1] : NULL;

    tape_pass(&recording->tape, piece->frames - 1);
    if (!recording->split && said && heard) {
        frame_mix(said, heard, RECORDING_FRAME);
        heard = NULL;
    }
    if (recording->split)
        tape_put(&recording->tape, said, heard);
    else
        tape_put(&recording->tape, said ? said : heard, NULL);
}

bool recording_work(struct recording *recording)
{
    bool ended = atomic_load_explicit(&recording->ended, memory_order_acquire);
    struct piece piece;

    if (recording->finished)
        return true;
    /* a full ring once, however fast it fills: the others wait */
    for (int i = 0; i < WAITING && ring_pop(recording->ring, &piece); i++)
        write_piece(recording, &piece);
    tape_flush(&recording->tape);
    if (recording->tape.error)
        recording_end(recording);
    else if (!ended)
        return false;
    tape_pass(&recording->tape, atomic_load_explicit(&recording->owed, memory_order_relaxed));
    recording->size = tape_close(&recording->tape, recording->path);
    recording->over = clock_wall_ms();
    recording->finished = true;
    return true;
}

void recording_tell(void *arg)
{
    struct recording *recording = arg;
    const struct tape *tape = &recording->tape;
    int64_t started = atomic_load_explicit(&recording->started, memory_order_relaxed);
    struct recording_result result = {
        .path = tape->error ? tape->part : recording->path,
        .started = started ? started : recording->over,
        .duration = tape->written * FRAME_MS,
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
