/* phone_tone.h: the arithmetic of the phone's sound: G.711 both ways and the
 * amplitude of a tone (Goertzel). Pure; deliberately not the daemon's own code. */
#ifndef OFFHOOK_CLI_PHONE_TONE_H
#define OFFHOOK_CLI_PHONE_TONE_H

#include <stddef.h>
#include <stdint.h>

enum { PHONE_RATE = 8000, PHONE_FRAME = 160, PHONE_PCMU = 0, PHONE_PCMA = 8 };

/* payload_type: PHONE_PCMU or PHONE_PCMA. */
void phone_tone_encode(int payload_type, uint8_t *out, const int16_t *samples, size_t count);
void phone_tone_decode(int payload_type, int16_t *out, const uint8_t *bytes, size_t count);

/* Peak amplitude of the part of `hz` in the samples, which are of 8000 Hz, or of `rate`. */
double phone_tone_amplitude(const int16_t *samples, size_t count, unsigned hz);
double phone_tone_amplitude_at(const int16_t *samples, size_t count, unsigned hz, unsigned rate);

/* Amplitude in dB of full scale. */
double phone_tone_level(double amplitude);

#endif
