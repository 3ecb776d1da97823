/* script.h: one text while it becomes a sound. */
#ifndef OFFHOOK_SPEECH_SCRIPT_H
#define OFFHOOK_SPEECH_SCRIPT_H

#include "player/shelf.h"
#include "speech/voice.h"

struct convert;
struct parts;
struct remote;
struct reply;

/* The loop's thread fills it, then it is the shelf's. Released with mem_unref(). */
struct script {
    char voice[VOICE_NAME_MAX];
    char *text;
    unsigned engine_rate, rate; /* [Hz] */
    struct remote *remote;      /* whose reply it is; our reference, or NULL */
    struct reply *reply;        /* tried first; our reference, or NULL */
    bool late;                  /* another engine should have spoken it: not kept for long */

    struct parts *parts; /* NULL before the first step */
    size_t next;         /* of the parts */
    struct convert *convert;
    struct sound *sound;
    bool given;
    const struct shelf *shelf; /* while a step runs */
};

/* Copies voice and text. 0 or ENOMEM. */
int script_make(struct script **script, const char *voice, const char *text);
/* A shelf_make_h for a script: says its next part. */
int script_step(struct shelf_making *making, struct script *script, const struct shelf *shelf,
                char reason[SHELF_REASON]);

#endif
