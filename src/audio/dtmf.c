/* dtmf.c: the frequencies of keys, and keys made.
 *
 *          1209  1336  1477  1633 Hz
 *    697     1     2     3     A
 *    770     4     5     6     B
 *    852     7     8     9     C
 *    941     *     0     #     D
 */
#include "audio/dtmf.h"
#include "audio/dtmf_private.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const unsigned dtmf_hz[DTMF_TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
const char dtmf_digits[] = "123A456B789C*0#D";

/* [peak] of -9 and -7 dBm0; 0 dBm0 is a sine of 22,360. */
static const double low_amplitude = 7934, high_amplitude = 9988;

bool dtmf_send(struct dtmf_sender *sender, char digit)
{
    const char *at = digit ? strchr(dtmf_digits, toupper((unsigned char)digit)) : NULL;
    size_t place = at ? (size_t)(at - dtmf_digits) : 0;

    if (!at)
        return false;
    tone_start(&sender->low, DTMF_RATE, dtmf_hz[place / 4], low_amplitude);
    tone_start(&sender->high, DTMF_RATE, dtmf_hz[4 + place % 4], high_amplitude);
    return true;
}

void dtmf_fill(struct dtmf_sender *sender, int16_t *frame, size_t n)
{
    tone_fill(&sender->low, frame, n);
    tone_mix(&sender->high, frame, n);
}
