/* sounding.c: a frame sounds when its peak is above -44 dB of full scale: voices begin softly,
 * and the noise of mu-law is far below. */
#include "bench/load/sounding.h"
#include "audio/g711.h"

#include <stdbool.h>
#include <stdlib.h>

enum { MOST = 480 /* [samples] of a packet */, LOUD = 200 };

static bool sounds(const uint8_t *payload, size_t size)
{
    int16_t samples[MOST];

    if (size > MOST)
        size = MOST;
    g711_ulaw_decode(samples, payload, size);
    for (size_t i = 0; i < size; i++)
        if (abs(samples[i]) > LOUD)
            return true;
    return false;
}

void sounding_add(struct sounding *sounding, const uint8_t *payload, size_t size, uint16_t number,
                  int64_t arrived)
{
    int16_t ahead = (int16_t)(number - sounding->last_number);

    if (!sounds(payload, size) || (sounding->frames && ahead <= 0))
        return;
    if (!sounding->frames) {
        sounding->first = arrived;
    } else {
        uint32_t silence = (uint32_t)ahead - 1;

        sounding->silences += silence;
        if (silence > sounding->silence)
            sounding->silence = silence;
    }
    sounding->frames++;
    sounding->last = arrived;
    sounding->last_number = number;
}
