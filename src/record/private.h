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

/* What crosses from the worker to the thread: a tick. */
struct piece {
    uint32_t frames; /* that passed; the last one has the sound */
    uint32_t has;    /* a bit for each line that has some */
    int16_t line[][RECORDING_FRAME];
};

/* One file while it is written. The recorder's thread. After the first error everything but
 * tape_close() does nothing. */
struct tape {
    char *part; /* its path; ours */
    int fd;     /* -1: there is no file */
    SNDFILE *file;
    enum recording_format format;
    unsigned channels;
    size_t head;     /* [bytes] of the file that are ours, before the library's */
    int error;       /* errno; 0: none */
    char reason[96]; /* of the error */
    struct resample *resample[RECORDING_CHANNELS];
    int16_t *batch;  /* sound not encoded yet: BATCH frames of each channel */
    float *woven;    /* the same at the rate of the file, between each other's */
    unsigned frames; /* [frames] in batch */
    int64_t written; /* [frames] encoded */
    int64_t headed;  /* of them, those the header tells of */
};

/* Makes PATH.part. */
void tape_open(struct tape *tape, const char *path, enum recording_format format,
               unsigned channels);
/* Adds frames of silence, or one of sound: a line each channel, NULL: silence. */
void tape_pass(struct tape *tape, uint64_t frames);
void tape_put(struct tape *tape, const int16_t *const *lines);
/* Encodes and writes what was added; once a second the header tells of it. */
void tape_flush(struct tape *tape);
/* Finishes the file and renames it to `path`; what cannot be renamed stays where it is, what
 * an error left without any sound is removed. Its size [bytes]; -1: there is no file. */
int64_t tape_close(struct tape *tape, const char *path, bool *named);
void tape_free(struct tape *tape);

/* mp3.c: the frame in front of an MP3 that tells players its length, and what of it is the
 * encoder's delay. `samples` of sound are in `bytes` of file, that frame and all. */
enum { MP3_FRAME = 144 /* [bytes] a channel */, MP3_SAMPLES = 576 /* of a frame */ };
void mp3_head(uint8_t frame[2 * MP3_FRAME], unsigned channels, int64_t bytes, int64_t samples);

/* until.c: how long a file is kept [s] from now on, into ID.until beside path = ID.ending. */
void until_write(const char *path, int64_t kept);

/* salvage.c: makes PATH.part whole, or looks at PATH; its sound [ms] and size [bytes]. ENOENT:
 * there is neither, or no sound in it (it is removed then). */
int salvage(const char *path, enum recording_format format, int64_t *duration, int64_t *size);

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
    unsigned channels;
    bool split, said_only, salvaged;
    int64_t kept; /* [s] */
    recording_done_h *done;
    void *arg;
    /* the worker */
    uint64_t who[RECORDING_CHANNELS]; /* whose a channel is */
    unsigned known;                   /* channels that are somebody's */
    struct piece *making;
    /* shared */
    struct ring *ring; /* of pieces */
    atomic_bool ended;
    _Atomic int64_t started; /* wall [ms]; 0: nothing came */
    _Atomic uint64_t lost;   /* [frames] */
    _Atomic uint64_t owed;   /* [frames] that passed unseen since the last piece */
    /* the recorder's thread */
    struct list node;
    struct tape tape;
    struct piece *taken;
    bool finished, named;         /* the file has its name */
    int64_t size, over, duration; /* [bytes], wall [ms], [ms] */
};

/* The recorder's thread: opens the file, or makes one whole; does what there is to do, true
 * when that was the last. */
void recording_begin(struct recording *recording);
bool recording_work(struct recording *recording);

/* The loop's thread: calls `done` and drops the recorder's reference. */
void recording_tell(void *arg);

#endif
