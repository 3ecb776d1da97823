/* dtmf_private.h: what hearing and making keys have in common. Private to src/audio. */
#ifndef OFFHOOK_AUDIO_DTMF_PRIVATE_H
#define OFFHOOK_AUDIO_DTMF_PRIVATE_H

#include "audio/dtmf.h"

enum { DTMF_RATE = 8000 };

extern const unsigned dtmf_hz[DTMF_TONES]; /* the low ones, the high ones */
extern const char dtmf_digits[];           /* [low * 4 + high] */

#endif
