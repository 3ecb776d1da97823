/* recogniser.h: speech as text, by an engine that the configuration names: a server over HTTP
 * (doc/engines.md), or PocketSphinx in this process. Whoever asks need not know which, nor
 * whether there is one: what fails is told in words that an application may see. */
#ifndef OFFHOOK_RECOGNISER_RECOGNISER_H
#define OFFHOOK_RECOGNISER_RECOGNISER_H

#include "base/loop.h"
#include "conf/conf.h"
#include "http/fetch.h"

#include <stdbool.h>

struct recogniser;

enum {
    RECOGNISER_RESULTS_MAX = 10,    /* the best of what an engine says */
    RECOGNISER_TEXT_MAX = 4096,     /* [bytes] of one result */
    RECOGNISER_ERROR = 256,         /* [bytes] of an error */
    RECOGNISER_LANGUAGE_MAX = 35,   /* [bytes] of a BCP-47 tag (RFC 5646 4.4.1) */
    RECOGNISER_CONTEXT_BYTES = 6144 /* of all hints, as written in a URL; the rest is left out */
};

/* The errors. One that begins with RECOGNISER_FAILED goes on with ": " and the reason. */
#define RECOGNISER_NONE "Speech recognition is not configured"
#define RECOGNISER_BUSY "Speech recognition is too busy"
#define RECOGNISER_SLOW "Speech recognition took too long"
#define RECOGNISER_AWAY "Speech recognition cannot be reached"
#define RECOGNISER_ENDED "Speech recognition is stopping"
#define RECOGNISER_UNKNOWN_LANGUAGE "The language is not recognised here"
#define RECOGNISER_NO_TAG "The language is not a BCP-47 tag"
#define RECOGNISER_UNREADABLE "The recorded speech cannot be read"
#define RECOGNISER_FAILED "Speech recognition failed"

struct recogniser_conf {
    struct loop *loop;                  /* where results are told; all of this is called there */
    struct fetch *fetch;                /* may be stopped before or after the recogniser */
    const struct conf_recogniser *conf; /* must live until recogniser_stop(); NULL: no engine */
};

/* Without a configured engine it starts too, and tells RECOGNISER_NONE. 0, ENOMEM, EAGAIN (no
 * thread), ENOENT (no model where the configuration says) or ENOSYS (an engine that this build
 * lacks). Loading a model takes up to a second, so it belongs to the start of a program. */
int recogniser_start(struct recogniser **recogniser, const struct recogniser_conf *conf);
/* Whoever still waits is told RECOGNISER_ENDED, within this call; who asks meanwhile gets
 * ECANCELED. An engine of our own ends its utterance early. Run the loop once more after it. */
void recogniser_stop(struct recogniser *recogniser);

/* Is there an engine? */
bool recogniser_has(const struct recogniser *recogniser);

struct recogniser_request {
    const char *path;     /* WAV, mono 16-bit 16 kHz, one utterance, a finished file: unchanged
                             and there until done */
    const char *language; /* BCP-47; NULL or "": en-US */
    const char *const *context; /* hints: words and phrases that are likely; UTF-8 */
    unsigned context_count;
    unsigned sensitivity;          /* 10 to 100 as the NCCO has it; 0: not said */
    const char *leg, *application; /* ids for the engine's own log, or NULL */
};

struct recogniser_result {
    double confidence; /* 0 to 1 */
    const char *text;  /* UTF-8, never empty */
};

/* On the loop, once, never within recogniser_ask(). error NULL: recognised, the best result
 * first; count 0: nothing was understood. All of it is valid during the call only. */
typedef void recogniser_h(const struct recogniser_result *results, unsigned count,
                          const char *error, void *arg);
/* Copies the request. 0, or ENOMEM or ECANCELED (it stops); then done is not called. The
 * configured timeout counts from here, waiting for its turn included. */
int recogniser_ask(struct recogniser *recogniser, const struct recogniser_request *request,
                   recogniser_h *done, void *arg);

#endif
