/* record.h: sound written to a file as it is spoken. A media worker puts in frames; one
 * thread of this room, for all recordings, encodes and writes them. Nothing on the
 * worker's side waits, locks or allocates: when the thread is too far behind, frames are
 * counted as lost, and the file is silent in their place.
 *
 * The file grows under PATH.part and is renamed to PATH when it is finished. A crash leaves
 * a file that can be played up to what was not written yet: the last second, of Ogg the last
 * page (two seconds of speech, more of silence); recording_salvage() finishes it. Files hold
 * 16-bit sound of RECORDING_RATE, MP3s 32 kbit/s for each channel, at a constant rate. A
 * recording ends once, by recording_end(), by an error of its file, or with the recorder. */
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
    RECORDING_FRAME = 160,  /* [samples] that are put in: 20 ms at 8 kHz */
    RECORDING_CHANNELS = 32 /* of a file, at most; of what is no WAV 2 */
};

enum recording_format { RECORDING_WAV, RECORDING_MP3, RECORDING_OGG /* Vorbis */ };

/* "wav", "mp3", "ogg": the name and the file's ending. False for another name. */
const char *recording_format_name(enum recording_format format);
bool recording_format_parse(const char *name, enum recording_format *format);
/* Whether the library that we run with writes it. */
bool recording_format_can(enum recording_format format);
/* How many channels a file of it may have. */
unsigned recording_format_channels(enum recording_format format);

struct recording_result {
    const char *path;       /* of the file; PATH.part when it could not get its name; NULL: there
                               is no file */
    int64_t started, ended; /* wall [ms] of the first sound and after the last; when nothing was
                               put in, both the time it ended */
    int64_t duration;       /* [ms] of the file */
    int64_t size;           /* [bytes] of the file */
    uint64_t lost;          /* [frames] the thread had no room for: silent in the file */
    const char *error;      /* why it was cut short; NULL: it was not */
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
    /* 0, 1: one channel, what is said and heard together. 2 with split, or split alone: what
     * is said left, what is heard right; of a room, and with more, a voice each: the anchor's
     * (of a port: its own) is the first, the others follow in the order they meet it, and those
     * beyond the last channel are mixed into that. EINVAL: more than one and not split, or more
     * than RECORDING_CHANNELS; ENOTSUP: more than the format has. */
    unsigned channels;
    bool split;
    bool said_only;  /* one channel: what is said, and nothing of what is heard */
    int64_t kept;    /* [s] from its end: written as text of the time [s] into ID.until beside
                        PATH = ID.ending; 0: no such file */
    int64_t started; /* wall [ms]; for recording_salvage() only */
    recording_done_h *done;
    void *arg;
};

/* Control thread. The file is made on the recorder's thread: that it cannot be is told by
 * `done`, which is called once for each success of this, after recording_end() at the
 * latest. Released with mem_unref(), which does not end it. EINVAL (no path), ENOTSUP, ENOMEM. */
int recording_open(struct recorder *recorder, const struct recording_conf *conf,
                   struct recording **recording);
bool recording_split(const struct recording *recording);        /* any thread */
unsigned recording_channels(const struct recording *recording); /* of the file; any thread */

/* Finishes what a crash left at PATH.part, or, when that was done already, tells of the file
 * at PATH: `done` comes as of a recording of its own, once. Neither is there: it has an error
 * and no path. Errors as of recording_open(). */
int recording_salvage(struct recorder *recorder, const struct recording_conf *conf);

/* Any thread, any number of times: no more comes. */
void recording_end(struct recording *recording);

/* One thread at a time, the media worker: `frames` of 20 ms have passed since the last put
 * (or since it began), `wall` is now [ns]. The last of them had this sound (NULL: silence;
 * RECORDING_FRAME samples, copied), those before it had none. False: it has ended. */
bool recording_put(struct recording *recording, int64_t wall, unsigned frames, const int16_t *said,
                   const int16_t *heard);

/* The same of voices: first each of them, who speaks or not (NULL: silence; copied), then
 * recording_put_voices(). `who` is the same for the same one and never another's. */
void recording_voice(struct recording *recording, uint64_t who, const int16_t *sound);
bool recording_put_voices(struct recording *recording, int64_t wall, unsigned frames);

#endif
