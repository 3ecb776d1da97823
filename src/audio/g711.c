/* g711.c: the tables of G.711 and the loops that look things up in them.
 *
 * mu-law keeps 14 bits of a sample and A-law 12, so tables over the kept bits
 * (16 KiB and 4 KiB) are exact and stay in the first cache. They are made before
 * main() starts and only read afterwards. */
#include "audio/g711.h"

#include <assert.h>

enum {
    ULAW_SHIFT = 2,
    ULAW_BIAS = 33,  /* on the 14-bit scale: makes every segment a power of two */
    ULAW_MAX = 8191, /* largest biased magnitude: 8158 + 33 */
    ALAW_SHIFT = 4,
    ALAW_FLIP = 0x55, /* even bits are inverted on the line */
};

static int16_t ulaw_linear[256];
static int16_t alaw_linear[256];
static uint8_t ulaw_code[1 << (16 - ULAW_SHIFT)];
static uint8_t alaw_code[1 << (16 - ALAW_SHIFT)];

static int16_t ulaw_expand(uint8_t code)
{
    int bits = ~code & 0xff;
    int segment = bits >> 4 & 7, step = bits & 15;
    int magnitude = ((((step << 1) + ULAW_BIAS) << segment) - ULAW_BIAS) * (1 << ULAW_SHIFT);
    return (int16_t)(bits & 0x80 ? -magnitude : magnitude);
}

static int16_t alaw_expand(uint8_t code)
{
    int bits = code ^ ALAW_FLIP;
    int segment = bits >> 4 & 7, step = bits & 15;
    int magnitude = segment == 0 ? (step << 1) + 1 : ((step << 1) + 33) << (segment - 1);
    magnitude *= 1 << (ALAW_SHIFT - 1);
    return (int16_t)(bits & 0x80 ? magnitude : -magnitude);
}

/* Place of the highest bit, from 0; of 0 it is 0. */
static int top_bit(int value)
{
    int bit = 0;
    while (value >>= 1)
        bit++;
    return bit;
}

/* `value`: 14 bits, signed. */
static uint8_t ulaw_compress(int value)
{
    int magnitude = (value < 0 ? ~value : value) + ULAW_BIAS;
    if (magnitude > ULAW_MAX)
        magnitude = ULAW_MAX;
    int segment = top_bit(magnitude) - 5;
    int step = magnitude >> (segment + 1) & 15;
    return (uint8_t) ~((value < 0 ? 0x80 : 0) | segment << 4 | step);
}

/* `value`: 12 bits, signed. */
static uint8_t alaw_compress(int value)
{
    int magnitude = value < 0 ? ~value : value;
    int segment = magnitude < 16 ? 0 : top_bit(magnitude) - 3;
    assert(segment >= 0);
    int step = magnitude >> (segment > 1 ? segment - 1 : 0) & 15;
    return (uint8_t)(((value < 0 ? 0 : 0x80) | segment << 4 | step) ^ ALAW_FLIP);
}

__attribute__((constructor)) static void make_tables(void)
{
    for (int code = 0; code < 256; code++) {
        ulaw_linear[code] = ulaw_expand((uint8_t)code);
        alaw_linear[code] = alaw_expand((uint8_t)code);
    }
    for (int i = -(1 << 15); i < 1 << 15; i += 1 << ULAW_SHIFT)
        ulaw_code[(uint16_t)i >> ULAW_SHIFT] = ulaw_compress(i >> ULAW_SHIFT);
    for (int i = -(1 << 15); i < 1 << 15; i += 1 << ALAW_SHIFT)
        alaw_code[(uint16_t)i >> ALAW_SHIFT] = alaw_compress(i >> ALAW_SHIFT);
}

void g711_ulaw_decode(int16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ulaw_linear[in[i]];
}

void g711_ulaw_encode(uint8_t *restrict out, const int16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ulaw_code[(uint16_t)in[i] >> ULAW_SHIFT];
}

void g711_alaw_decode(int16_t *restrict out, const uint8_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = alaw_linear[in[i]];
}

void g711_alaw_encode(uint8_t *restrict out, const int16_t *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = alaw_code[(uint16_t)in[i] >> ALAW_SHIFT];
}
