/* private.h: a recording inside, and the file it is written to. */
#ifndef OFFHOOK_RECORD_PRIVATE_H
#define OFFHOOK_RECORD_PRIVATE_H

#include "audio/resample.h"
#include "base/list.h"
#include "base/ring.h"
#include "record/record.h"

#include <pthread.h>
#include <sndfile.h>
#include <stdatomic.h>

enum {
    RECORDING_MAGIC = 0x7ec0de1,
    RECORDER_MAGIC = 0x7ec0de2,
    WAITING = 256, /* [frames] the ring holds: 5 s */
    BATCH = 25,    /* [frames] encoded at once */
    RECORDING_UP = RECORDING_RATE / 8000
};

int format_code(enum recording_format format); /* as libsndfile has it */

/* What crosses from the worker to the thread. */
struct piece {
    uint32_t frames;  /* that passed; the last one has the sound */
    bool said, heard; /* which there is */
    int16_t sound[2][RECORDING_FRAME];
};

/* One file, of one channel or two, while it is written. The recorder's thread. After the
 * first error everything but tape_close() does nothing. */
struct tape {
    char *part; /* its path; ours */
    int fd;     /* -1: there is no file */
    SNDFILE *file;
    unsigned channels;
    bool update;     /* its header tells the length */
    int error;       /* errno; 0: none */
    char reason[96]; /* of the error */
    struct resample *resample[2];
    int16_t batch[2][BATCH * RECORDING_FRAME]; /* sound not encoded yet, a channel each */
    unsigned frames;                           /* [frames] in it */
    int64_t written;                           /* [frames] encoded */
    int64_t headed;                            /* of them, those the header tells of */
};

/* Makes PATH.part. */
void tape_open(struct tape *tape, const char *path, enum recording_format format,
               unsigned channels);
/* Adds frames of silence, or one of sound in each channel. */
void tape_pass(struct tape *tape, uint64_t frames);
void tape_put(struct tape *tape, const int16_t *left, const int16_t *right);
/* Encodes and writes what was added; once a second the header tells of it. */
void tape_flush(struct tape *tape);
/* Finishes the file and renames it to `path`. What an error cut short stays where it is;
 * without any sound it is removed. Its size [bytes]; -1: there is no file. */
int64_t tape_close(struct tape *tape, const char *path);
void tape_free(struct tape *tape);

struct recorder {
    unsigned magic;
    struct loop *control, *work;
    pthread_t thread;
    atomic_bool stopping;
    struct list recordings; /* the thread: those that were not told of; our references */
};

struct recording {
    unsigned magic;
    struct recorder *recorder; /* borrowed; for the thread to take it up */
    char *path;
    enum recording_format format;
    bool split;
    recording_done_h *done;
    void *arg;
    /* shared */
    struct ring *ring; /* of pieces */
    atomic_bool ended;
    _Atomic int64_t started; /* wall [ms]; 0: nothing came */
    _Atomic uint64_t lost;   /* [frames] */
    _Atomic uint64_t owed;   /* [frames] that passed unseen since the last piece */
    /* the recorder's thread */
    struct list node;
    struct tape tape;
    bool finished;
    int64_t size, over; /* [bytes], wall [ms] */
};

/* The recorder's thread: opens the file; does what there is to do, true when that was the
 * last. */
void recording_begin(struct recording *recording);
bool recording_work(struct recording *recording);

/* The loop's thread: calls `done` and drops the recorder's reference. */
void recording_tell(void *arg);

#endif
