/* engine.h: espeak-ng, the only place that knows it. One engine in a process, which lives as
 * long as the process: the library does not survive being ended and begun again. */
#ifndef OFFHOOK_SPEECH_ENGINE_H
#define OFFHOOK_SPEECH_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/* Loads the voices, once; the rate [Hz] is that of what it says. 0, ENOENT (no voices), ENOMEM,
 * EAGAIN (no thread) or EIO. */
int engine_start(unsigned *rate);

/* Takes samples while they are made; calls nothing of the engine. 0, or an errno: then it is not
 * called again. */
typedef int engine_h(const int16_t *samples, size_t n, void *arg);
enum engine_flags {
    ENGINE_SSML = 1,
    ENGINE_GOES_ON = 2, /* more of the same follows: the pause at its end belongs to it */
};
/* Says a UTF-8 text, one at a time: others wait meanwhile. Only after engine_start(); `take`
 * runs on the engine's thread. 0; ENOENT (no such voice); what `take` returned; or EIO. */
int engine_say(const char *voice, const char *text, unsigned flags, engine_h *take, void *arg);

#endif
