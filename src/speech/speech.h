/* speech.h: text as sound, by espeak-ng in this process or by an engine elsewhere that is asked
 * over HTTP; kept like the sounds of a file (player/shelf.h). One thread of the room's own speaks,
 * since espeak-ng is not reentrant. It also speaks whatever the other engine does not. */
#ifndef OFFHOOK_SPEECH_SPEECH_H
#define OFFHOOK_SPEECH_SPEECH_H

#include "base/loop.h"
#include "http/fetch.h"
#include "player/sound.h"

#include <stdbool.h>

struct speech;

enum {
    SPEECH_TEXT_MAX = 1500,       /* [characters] without tags */
    SPEECH_BYTES_MAX = 16 * 1024, /* with tags */
    SPEECH_SECONDS_MAX = 600,     /* of one sound */
    SPEECH_WAITING_MAX = 512,     /* texts to be spoken; joining one of them is free */
    SPEECH_REASON = 200,          /* [bytes] */
};

/* An engine elsewhere. It gets JSON, {text or ssml, language, style, premium, and voice and format
 * where there are such}, and answers 200 with WAV, MP3 or samples (speech/reply.h). */
struct speech_engine {
    const char *url;            /* http(s); NULL or "": there is none */
    const char *method;         /* NULL or "": POST */
    const char *authorization;  /* the value of that header; NULL or "": none */
    const char *format;         /* what is asked for, and what a reply without a type is; or "" */
    const char *const *headers; /* NULL-ended pairs name, value; or NULL */
    const char *const *voices;  /* "en-US/1=its name", "en-US=…", "*=…": the closest counts */
    size_t voice_count;
    bool premium_only;                 /* asked only for what is premium */
    unsigned connect_timeout, timeout; /* [ms] */
};

struct speech_conf {
    struct loop *loop; /* where sounds are delivered; all but what says otherwise is called there */
    unsigned rate;     /* [Hz] of all sounds, 4000 to 192000 */
    size_t cache;      /* [bytes] kept; the least lately used goes first */
};

/* The first call in a process loads the voices (a few ms) and sets the process's LC_CTYPE to
 * C.UTF-8, so it belongs to the start of a program, before its other threads. No audio device
 * is opened and no audio server asked. 0, ENOENT (no voices: Debian's espeak-ng-data), EINVAL
 * (rate), ENOMEM, EAGAIN or EIO. */
int speech_start(struct speech **speech, const struct speech_conf *conf);
/* From here on the engine elsewhere is asked, by `fetch`, which must be there until the stop.
 * Copies the engine; none without a URL. Once, before anything is said. 0 or ENOMEM. */
int speech_ask_engine(struct speech *speech, struct fetch *fetch,
                      const struct speech_engine *engine);
/* Whoever still waits is told that nothing comes, and what is not yet whole is cut. Waits for the
 * end of the part that is being spoken (some 10 ms). Run the loop once more after it. */
void speech_stop(struct speech *speech);

struct speech_request {
    const char *text; /* UTF-8; SSML when it begins with <speak */
    const char
        *language;  /* BCP-47, a tag of speech_language(); NULL: that of voice_name, or en-US */
    unsigned style; /* which of the voices of a language: even is female, odd is male */
    const char *voice_name; /* an old name such as "Kimberly" says language and style when
                               language is NULL; NULL or one we do not know: the default voice */
    bool ssml;              /* it must be SSML */
    bool premium;           /* the engine elsewhere is for it, even where it is not for all */
};

/* On the loop, once, never within speech_say(): the sound (borrowed: mem_ref to keep), or NULL
 * and why. The sound may still grow (sound.h): it comes with its first clause, and the engine takes
 * turns at the texts, so no long one delays another. What goes wrong later (beyond
 * SPEECH_SECONDS_MAX, no memory, the stop) cuts it: it then ends early. */
typedef void speech_h(struct sound *sound, const char *reason, void *arg);
/* Copies the request. 0; EINVAL (speech_check() says why); EAGAIN (SPEECH_WAITING_MAX others
 * wait); ECANCELED (it stops) or ENOMEM. After an error done is not called. */
int speech_say(struct speech *speech, const struct speech_request *request, speech_h *done,
               void *arg);

struct speech_counts {
    unsigned long asked, failed; /* of the engine elsewhere */
};
/* The loop's thread. */
void speech_counts(const struct speech *speech, struct speech_counts *counts);

/* Any thread, from here on. Would speech_say() take it? 0, or EINVAL and why in a sentence's
 * words; reason may be NULL. */
int speech_check(const struct speech_request *request, char reason[SPEECH_REASON]);
/* True for a tag we have a voice for; case does not matter. */
bool speech_language(const char *tag);
/* Characters of a text; of SSML without its tags, and an entity counts for one. */
size_t speech_length(const char *text);

#endif
