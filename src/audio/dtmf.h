/* dtmf.h: keys as pairs of tones (ITU-T Q.23), heard and made, at 8 kHz.
 *
 * The detector keeps to the limits that Q.24 lists for the networks of the world: tones
 * 1.5 % off are taken, 3.5 % off are not; the high tone may be 4 dB above and 8 dB below
 * the low one; 40 ms are a key and 23 ms are none; a break of 10 ms is bridged, one of 40
 * ms ends the key; each tone is between 0 and -36 dBm0. The two tones have to be nearly all
 * there is to hear, and to stand still, so speech makes no key.
 *
 * Pure; nothing allocates; one thread a detector. */
#ifndef OFFHOOK_AUDIO_DTMF_H
#define OFFHOOK_AUDIO_DTMF_H

#include "audio/tone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DTMF_TONES = 8,
    DTMF_BLOCK = 40,   /* [samples] summed up at a time: 5 ms */
    DTMF_WINDOW = 4,   /* [blocks] looked at together */
    DTMF_STEADY = 5,   /* [windows] in which nothing may move */
    DTMF_FRAME = 160,  /* [samples] at most in one call */
    DTMF_RELEASE = 30, /* [ms] after its end that a key is told */
};

struct dtmf_bin {
    float re, im;
};

struct dtmf_detector {
    /* of the frequencies, never changed */
    float twice_cosine[DTMF_TONES];
    struct dtmf_bin back[DTMF_TONES]; /* by one sample */
    struct dtmf_bin turn[DTMF_TONES]; /* by one block */
    /* of the block that is being filled */
    float one[DTMF_TONES], two[DTMF_TONES], energy;
    unsigned filled; /* [samples] */
    /* of the last blocks, the newest first */
    struct dtmf_bin phase[DTMF_TONES]; /* of our own wheel, at the block's beginning */
    unsigned blocks;                   /* since the wheels were set right */
    struct dtmf_bin bins[DTMF_WINDOW][DTMF_TONES];
    float energies[DTMF_WINDOW];
    struct dtmf_bin before[DTMF_TONES]; /* the window before this one */
    /* the key */
    char candidate, down;          /* heard; and taken for a key. 0: none */
    struct dtmf_bin drift[2];      /* low and high: how the phase moved, summed up */
    float offsets[2][DTMF_STEADY]; /* [Hz] of the last windows, the newest first */
    float powers[DTMF_STEADY];     /* of all there was in them */
    float shares[DTMF_STEADY];     /* of the key in it */
    unsigned hits, held, gap;      /* [blocks] */
};

/* A key that was pressed and released. */
struct dtmf_key {
    char digit;           /* 0-9 A-D * # */
    unsigned duration_ms; /* exact to some 5 ms */
};

/* Makes it ready, or as it was at first: what is held down is forgotten. */
void dtmf_start(struct dtmf_detector *detector);

/* Takes the next n samples, at most DTMF_FRAME; NULL: silence. True when a key ended. */
bool dtmf_run(struct dtmf_detector *detector, const int16_t *frame, size_t n, struct dtmf_key *key);

/* A key being sent: -9 and -7 dBm0. */
struct dtmf_sender {
    struct tone low, high;
};

/* False: no key of 0-9 A-D a-d * #. */
bool dtmf_send(struct dtmf_sender *sender, char digit);
/* Its next n samples. */
void dtmf_fill(struct dtmf_sender *sender, int16_t *frame, size_t n);

#endif
