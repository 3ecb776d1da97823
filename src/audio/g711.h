/* g711.h: G.711, both laws, between 16-bit linear samples and bytes.
 *
 * Decoding gives the values of ITU-T G.711 tables 1a to 2b on a 16-bit scale;
 * encoding takes the decision intervals of the same tables, as in G.191. Pure:
 * any thread, no state. `out` and `in` do not overlap. */
#ifndef OFFHOOK_AUDIO_G711_H
#define OFFHOOK_AUDIO_G711_H

#include <stddef.h>
#include <stdint.h>

/* The byte of silence, by law. */
enum { G711_ULAW_SILENCE = 0xff, G711_ALAW_SILENCE = 0xd5 };

void g711_ulaw_decode(int16_t *restrict out, const uint8_t *restrict in, size_t n);
void g711_ulaw_encode(uint8_t *restrict out, const int16_t *restrict in, size_t n);
void g711_alaw_decode(int16_t *restrict out, const uint8_t *restrict in, size_t n);
void g711_alaw_encode(uint8_t *restrict out, const int16_t *restrict in, size_t n);

#endif
