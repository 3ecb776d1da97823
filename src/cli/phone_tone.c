/* phone_tone.c: G.711 (ITU-T G.711, tables 1a and 2a) by the nearest of the 256
 * values, and Goertzel's filter. */
#include "cli/phone_tone.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct law {
    int16_t value[256];
    uint8_t code[65536]; /* of the sample + 32768 */
};

static struct law ulaw, alaw;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int16_t ulaw_value(unsigned code)
{
    unsigned bits = ~code & 0xff;
    int magnitude = ((int)(2 * (bits & 15) + 33) << ((bits >> 4) & 7)) - 33;

    magnitude *= 4; /* 14 bits to 16 */
    return (int16_t)(bits & 0x80 ? -magnitude : magnitude);
}

static int16_t alaw_value(unsigned code)
{
    unsigned bits = code ^ 0x55, segment = (bits >> 4) & 7;
    int magnitude = (int)(2 * (bits & 15) + 1);

    if (segment > 0)
        magnitude = (magnitude + 32) << (segment - 1);
    magnitude *= 8; /* 13 bits to 16 */
    return (int16_t)(bits & 0x80 ? magnitude : -magnitude);
}

static const int16_t *sorting;

static int by_value(const void *a, const void *b)
{
    return sorting[*(const uint8_t *)a] - sorting[*(const uint8_t *)b];
}

static void prepare(struct law *law, int16_t (*value)(unsigned))
{
    uint8_t order[256];
    unsigned at = 0;

    for (unsigned i = 0; i < 256; i++) {
        law->value[i] = value(i);
        order[i] = (uint8_t)i;
    }
    sorting = law->value;
    qsort(order, 256, 1, by_value);
    for (int sample = -32768; sample < 32768; sample++) {
        while (at < 255 &&
               abs(law->value[order[at + 1]] - sample) <= abs(law->value[order[at]] - sample))
            at++;
        law->code[sample + 32768] = order[at];
    }
}

static void prepare_all(void)
{
    prepare(&ulaw, ulaw_value);
    prepare(&alaw, alaw_value);
}

static const struct law *law_of(int payload_type)
{
    pthread_once(&once, prepare_all);
    return payload_type == PHONE_PCMA ? &alaw : &ulaw;
}

void phone_tone_encode(int payload_type, uint8_t *out, const int16_t *samples, size_t count)
{
    const struct law *law = law_of(payload_type);

    for (size_t i = 0; i < count; i++)
        out[i] = law->code[samples[i] + 32768];
}

void phone_tone_decode(int payload_type, int16_t *out, const uint8_t *bytes, size_t count)
{
    const struct law *law = law_of(payload_type);

    for (size_t i = 0; i < count; i++)
        out[i] = law->value[bytes[i]];
}

double phone_tone_amplitude(const int16_t *samples, size_t count, unsigned hz)
{
    return phone_tone_amplitude_at(samples, count, hz, PHONE_RATE);
}

double phone_tone_amplitude_at(const int16_t *samples, size_t count, unsigned hz, unsigned rate)
{
    double angle = 2 * M_PI * hz / rate, turn = 2 * cos(angle);
    double one = 0, two = 0;

    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        double now = samples[i] + turn * one - two;

        two = one;
        one = now;
    }
    return 2 * sqrt(fmax(0, one * one + two * two - turn * one * two)) / (double)count;
}

double phone_tone_level(double amplitude)
{
    return amplitude < 1 ? -90 : 20 * log10(amplitude / 32768);
}
