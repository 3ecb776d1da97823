/* cutter.h: a finished recording cut at its silence: what was said in it, piece after piece, each
 * as a file that a recogniser takes (WAV, mono, 16 bit, 16 kHz). One channel after the other; one
 * piece at a time, so there is never more than one such file. A thread for each cutter reads and
 * writes. */
#ifndef OFFHOOK_RECORD_CUTTER_H
#define OFFHOOK_RECORD_CUTTER_H

#include "base/loop.h"

#include <stdint.h>

struct cutter;

enum { CUTTER_LONGEST = 50000 /* [ms] of a piece: then it is cut in the middle of speech */ };

struct utterance {
    unsigned channel;     /* from 0 */
    int64_t at, duration; /* [ms] in the recording */
    const char *path;     /* its file: there until cutter_next() or cutter_stop() */
};

/* On the loop of cutter_start(), until cutter_stop(). All is borrowed. */
struct cutter_handlers {
    void (*piece)(const struct utterance *utterance, void *arg);
    /* There is no more; or (error not NULL) it cannot be read, or no piece be written. */
    void (*over)(unsigned channels, int64_t duration, const char *error, void *arg);
    void (*written)(const char *error, void *arg); /* cutter_write(); NULL: it is on disk */
};

/* Control thread. Begins with the first piece. `scratch`: the path of the pieces; both paths are
 * copied. 0, ENOMEM or EAGAIN (no thread). */
int cutter_start(struct cutter **cutter, const char *path, const char *scratch, struct loop *loop,
                 const struct cutter_handlers *handlers, void *arg);
/* After `piece`: the next one. */
void cutter_next(struct cutter *cutter);
/* After `over`: writes a text to a file, by another name until it is whole; kept [s] as for a
 * recording. Copied. ENOMEM. */
int cutter_write(struct cutter *cutter, const char *path, const char *text, int64_t kept);
/* Ends it and its thread, which may have to finish the piece it is at; also within a handler. No
 * handler is called any more. */
void cutter_stop(struct cutter *cutter);

#endif
