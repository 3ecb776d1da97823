/* detect.h: who has answered a call, a person or a machine, and when the machine's beep
 * is over. It hears frames of 20 ms at 8 kHz, and decides by what people and machines do:
 *
 *   a person says a few words and waits; so a short greeting and then quiet is a person
 *   a machine reads its text out; so speech that goes on is a machine, and so is speech
 *   that ends with a beep; a fax, an information tone (SIT), a busy tone or one that
 *   goes on for three seconds is one too
 *   a ringing tone is nobody yet: the window begins anew when it ends, for a minute at most
 *
 *             ┌ HUMAN ─────────────────────────> told, over
 *   listening ┤                       ┌ BEEP_START ───> told, over
 *             └ MACHINE ─(DETECT_BEEP)┤
 *                                     └ BEEP_TIMEOUT ─> told, over
 *
 * Whatever is not decided when the window ends is a person, unless somebody is then in the
 * middle of a speech too long for a greeting: a machine that hears a person's sentence does
 * no harm, a person who is hung up on does. Silence is a person as well.
 *
 * The beep is one steady tone, 350 to 2200 Hz, at least 150 ms long, that comes after
 * speech. It is told when it is over (its start would be too early to speak), or after
 * 1.2 s of it. Keys, 1100 Hz and 2100 Hz of a fax, information tones, the notes of a tune
 * and ringing or busy tones are no beep; to know the last, a tone of 385 to 490 Hz is told
 * 0.9 s after its end, and when it was longer than 0.7 s, as a ring is, 5 s after.
 *
 * Pure arithmetic: no sockets, no threads, no clock. One thread at a time. */
#ifndef OFFHOOK_DETECT_DETECT_H
#define OFFHOOK_DETECT_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DETECT_FRAME = 160 /* [samples] at 8 kHz */ };

enum detect_mode {
    DETECT_DEFAULT, /* the same as DETECT_DETECT */
    DETECT_DETECT,  /* a person or a machine */
    DETECT_BEEP     /* and after a machine: its beep */
};

struct detect_conf {
    enum detect_mode mode;
    unsigned window_ms;      /* until HUMAN or MACHINE, 20 to 600000; 0: 5000 */
    unsigned beep_timeout_s; /* of DETECT_BEEP, from MACHINE on, 45 to 120; 0: 45 */
};

enum detect_verdict {
    DETECT_NONE, /* not yet */
    DETECT_HUMAN,
    DETECT_MACHINE,
    DETECT_BEEP_START,
    DETECT_BEEP_TIMEOUT
};
const char *detect_verdict_text(enum detect_verdict verdict); /* "human", "beep_start" */

/* By what a verdict was reached: for logs and measurements. */
enum detect_reason {
    DETECT_BY_NOTHING,
    DETECT_BY_GREETING, /* HUMAN: a few words and quiet */
    DETECT_BY_SILENCE,  /* HUMAN: the window ended, nobody had spoken */
    DETECT_BY_WINDOW,   /* HUMAN: the window ended, in doubt */
    DETECT_BY_LENGTH,   /* MACHINE: the greeting is too long */
    DETECT_BY_TONE,     /* MACHINE: speech and a beep, or a tone of 3 s; BEEP_START */
    DETECT_BY_FAX,      /* MACHINE: the tone of a fax or a modem */
    DETECT_BY_SIT,      /* MACHINE: the network's announcement */
    DETECT_BY_BUSY,     /* MACHINE: busy, congestion or dialling tone */
    DETECT_BY_RINGING,  /* MACHINE: nothing but ringing for a minute */
    DETECT_BY_TIME      /* BEEP_TIMEOUT */
};
const char *detect_reason_text(enum detect_reason reason); /* "greeting" */

/* A detection, 2.4 KiB, released with mem_unref(). EINVAL: a window or timeout out of its
 * range; ENOMEM. Any thread; nothing below allocates. */
struct detect;
int detect_alloc(struct detect **detect, const struct detect_conf *conf);

/* Takes the next frame; NULL: none came, time passes all the same. Returns what became
 * known with it: each verdict once, in order, at most one a frame. */
enum detect_verdict detect_run(struct detect *detect, const int16_t *frame);

enum detect_reason detect_reason(const struct detect *detect); /* of the last verdict */
bool detect_over(const struct detect *detect);                 /* nothing will be told any more */

#endif
