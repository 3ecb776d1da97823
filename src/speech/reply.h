/* reply.h: what an engine elsewhere has spoken, as it came, on its way to a sound. */
#ifndef OFFHOOK_SPEECH_REPLY_H
#define OFFHOOK_SPEECH_REPLY_H

#include "player/sound.h"

struct reply;

/* Copies the bytes. `type` is a Content-Type: audio/l16 or audio/pcm with a rate are samples of 16
 * bits, the low byte first unless endianness=big-endian; all else is told apart by its bytes: WAV
 * or MP3. Released with mem_unref(). 0 or ENOMEM. */
int reply_make(struct reply **reply, const char *type, const void *bytes, size_t size,
               unsigned rate);
/* Reads a few seconds more. EAGAIN: there is more; 0: the sound is whole; EINVAL (no sound we can
 * read), EFBIG (longer than SPEECH_SECONDS_MAX) or ENOMEM. The first step opens it. */
int reply_step(struct reply *reply);
/* After the first step; borrowed. NULL: there is none. */
struct sound *reply_sound(const struct reply *reply);

#endif
