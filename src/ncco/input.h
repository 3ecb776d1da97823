/* input.h: the speech part of an input: it listens to a leg, has what was said recorded, and
 * asks the recogniser. Control thread. */
#ifndef OFFHOOK_NCCO_INPUT_H
#define OFFHOOK_NCCO_INPUT_H

#include "ncco/private.h"

struct speech_part;

struct speech_part_conf {
    struct call *call;                  /* whose flow asks */
    const char *uuid;                   /* the leg that is listened to; NULL: the call's own */
    int64_t silence, patience, longest; /* [ms]: that ends it, at the start, of the speech */
    const char *language;
    const json_t *context; /* array of texts, or NULL */
    unsigned sensitivity;
    bool save; /* the file is kept, and its URL told */
    /* The leg begins to speak, each time. */
    void (*spoke)(void *arg);
    /* All was said: it is being recognised, and `heard` will come. */
    void (*spoken)(void *arg);
    /* What is told of it ({timeout_reason?, results or error, recording_url?}): a reference of
     * the callee's. The last of all, once, never within speech_part_start(). */
    void (*heard)(json_t *speech, void *arg);
    void *arg;
};

/* Listens and records from now on. NULL, or why nobody can listen, as it is told. Texts are
 * borrowed until its end. */
const char *speech_part_start(struct speech_part **part, const struct speech_part_conf *conf);
/* The time in which somebody must begin to speak runs from now on; it did already: nothing.
 * NULL: nothing. */
void speech_part_begin(struct speech_part *part);
/* A key is pressed: nobody need begin to speak, and what sounded was the key, which in-band is
 * taken for speech. NULL: nothing. */
void speech_part_hold(struct speech_part *part);
/* Nobody wants to know any more: calls nothing of conf, and drops the reference. NULL: nothing. */
void speech_part_end(struct speech_part *part);

/* utterance.c: where a file is written (mem; NULL: out of memory), whose folder is made; and moved
 * to the recordings of the application, from where its URL gives it; false: it
 * could not be, which is logged. */
char *utterance_path(const char *recordings, const char *file);
bool utterance_keep(const char *recordings, const char *application, const char *file);
/* At the start, before anybody listens: removes what the last run left. */
void utterances_drop(const char *recordings);

#endif
