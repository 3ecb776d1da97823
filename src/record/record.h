/* record.h: sound written to a file as it is spoken. A media worker puts in frames; one
 * thread of this room, for all recordings, encodes and writes them. Nothing on the
 * worker's side waits, locks or allocates: when the thread is too far behind, frames are
 * counted as lost, and the file is silent in their place.
 *
 * The file grows under PATH.part and is renamed to PATH when it is finished. A crash leaves
 * a file that can be played up to what was not written yet: the last second, of Ogg the last
 * page (two seconds of speech, more of silence). The length of an unfinished MP3 is for its
 * player to guess. Files hold 16-bit sound of RECORDING_RATE. A recording ends once, by
 * recording_end(), by an error of its file, or with the recorder. */
#ifndef OFFHOOK_RECORD_RECORD_H
#define OFFHOOK_RECORD_RECORD_H

#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder;
struct recording;

enum {
    RECORDING_RATE = 16000, /* [Hz] of the file */
    RECORDING_FRAME = 160   /* [samples] that are put in: 20 ms at 8 kHz */
};

enum recording_format { RECORDING_WAV, RECORDING_MP3, RECORDING_OGG /* Vorbis */ };

/* "wav", "mp3", "ogg": the name and the file's ending. False for another name. */
const char *recording_format_name(enum recording_format format);
bool recording_format_parse(const char *name, enum recording_format *format);
/* Whether the library that we run with writes it. */
bool recording_format_can(enum recording_format format);

struct recording_result {
    const char *path;       /* of the file; PATH.part when an error cut it short; NULL: there is
                               no file */
    int64_t started, ended; /* wall [ms] of the first sound and after the last; when nothing was
                               put in, both the time it ended */
    int64_t duration;       /* [ms] of the file */
    int64_t size;           /* [bytes] of the file */
    uint64_t lost;          /* [frames] the thread had no room for: silent in the file */
    const char *error;      /* NULL: none */
};
/* On the recorder's loop, once. The result is borrowed. */
typedef void recording_done_h(const struct recording_result *result, void *arg);

/* Control thread. `loop` is where recordings tell that they are done. */
int recorder_start(struct recorder **recorder, struct loop *loop);
/* Ends and finishes all recordings; blocks until their files are. Who puts in frames may
 * go on: it is told that they have ended. Run the loop once more after it, for the last
 * `done`. */
void recorder_stop(struct recorder *recorder);

struct recording_conf {
    const char *path;             /* of the finished file; copied. No file may be at PATH.part */
    enum recording_format format; /* ENOTSUP: the library does not write it */
    bool split;                   /* two channels: what is said left, what is heard right */
    recording_done_h *done;
    void *arg;
};

/* Control thread. The file is made on the recorder's thread: that it cannot be is told by
 * `done`, which is called once for each success of this, after recording_end() at the
 * latest. Released with mem_unref(), which does not end it. EINVAL (no path), ENOTSUP, ENOMEM. */
int recording_open(struct recorder *recorder, const struct recording_conf *conf,
                   struct recording **recording);
bool recording_split(const struct recording *recording); /* any thread */

/* Any thread, any number of times: no more comes. */
void recording_end(struct recording *recording);

/* One thread at a time, the media worker: `frames` of 20 ms have passed since the last put
 * (or since it began), `wall` is now [ns]. The last of them had this sound (NULL: silence;
 * RECORDING_FRAME samples, copied), those before it had none. False: it has ended. */
bool recording_put(struct recording *recording, int64_t wall, unsigned frames, const int16_t *said,
                   const int16_t *heard);

#endif
