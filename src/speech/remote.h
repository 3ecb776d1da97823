/* remote.h: an engine elsewhere, asked over HTTP. It is asked only while it answers: after some
 * failures it is left alone for a while, and then tried with one text until it speaks again. */
#ifndef OFFHOOK_SPEECH_REMOTE_H
#define OFFHOOK_SPEECH_REMOTE_H

#include "speech/speech.h"

struct remote;

/* What is to be said, by what was asked for. */
struct remote_text {
    const char *text, *language;
    unsigned style;
    bool ssml, premium;
};

/* Copies the engine. 0 or ENOMEM. Released with mem_unref(). All is the loop's thread's, but
 * remote_judge(). */
int remote_make(struct remote **remote, const struct speech_engine *engine, struct fetch *fetch,
                struct loop *loop);
/* False: it is not for that, or left alone just now. */
bool remote_takes(const struct remote *remote, bool premium);
/* Its name for the voice of a language and style, or NULL: it has to choose itself. */
const char *remote_voice(const struct remote *remote, const char *language, unsigned style);

/* On the loop, once: what it said and of which type it is, or NULL: nothing. The bytes are
 * borrowed. */
typedef void remote_h(const void *bytes, size_t size, const char *type, void *arg);
/* 0 or ENOMEM; after an error done is not called. */
int remote_ask(struct remote *remote, const struct remote_text *text, remote_h *done, void *arg);
/* Any thread: what it said could be read, or could not. */
void remote_judge(struct remote *remote, bool good);
void remote_counts(const struct remote *remote, struct speech_counts *counts);

#endif
