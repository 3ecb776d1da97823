/* phone_wav.h: sound files for the phone of the tests. */
#ifndef OFFHOOK_TESTS_PHONE_WAV_H
#define OFFHOOK_TESTS_PHONE_WAV_H

#include "cli/phone_rtp.h"

/* The first channel at 8 kHz; free() it. ENOENT, EINVAL, ENOMEM. */
int wav_read(const char *path, int16_t **samples, size_t *count);
/* The audio of a trace as a 16-bit WAV of the ear's rate, each packet at the place of its
 * timestamp, silence where none came. A timestamp that jumps by more than ten seconds is taken
 * for the next one. EIO, ENOMEM. */
int wav_write(const char *path, struct phone_ear *ear, const struct phone_packet *packets,
              size_t count);

#endif
