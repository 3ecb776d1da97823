/* burst.c: a cosine, so that its first sample is its loudest. */
#include "bench/load/burst.h"
#include "audio/g711.h"

#include <math.h>
#include <stdlib.h>

enum {
    RATE = 8000,
    PITCH = 1000, /* [Hz] */
    PEAK = 8000,
    LOUD = PEAK / 4,
    FRAMES = 3,  /* of a burst */
    STAGGER = 7, /* frames between two rooms */
    SILENT = 3,  /* frames of silence before one that can begin */
    SAMPLE_NS = 1000000000 / RATE
};

void burst_compose(struct burst *burst)
{
    int16_t samples[SONG_FRAME];

    for (unsigned i = 0; i < SONG_FRAME; i++)
        samples[i] = (int16_t)lrint(PEAK * cos(2 * M_PI * PITCH * i / RATE));
    g711_ulaw_encode(burst->frame, samples, SONG_FRAME);
}

static unsigned place(unsigned room, uint32_t frame)
{
    return (frame + room * STAGGER) % BURST_EVERY;
}

bool burst_sounds(unsigned room, uint32_t frame)
{
    return place(room, frame) < FRAMES;
}

bool burst_begins(unsigned room, uint32_t frame)
{
    return place(room, frame) == 0;
}

/* The first loud sample; -1: all is silent. */
static int onset(const uint8_t frame[SONG_FRAME])
{
    int16_t samples[SONG_FRAME];

    g711_ulaw_decode(samples, frame, SONG_FRAME);
    for (int i = 0; i < SONG_FRAME; i++) {
        if (abs(samples[i]) > LOUD)
            return i;
    }
    return -1;
}

int64_t burst_hear(struct burst_ear *ear, const uint8_t frame[SONG_FRAME], int64_t sent,
                   int64_t arrived)
{
    int first = onset(frame);
    bool begins = first >= 0 && ear->silent >= SILENT && sent && sent != ear->sent;

    ear->silent = first < 0 ? ear->silent + 1 : 0;
    if (!begins)
        return -1;
    ear->sent = sent;
    ear->heard++;
    return arrived - sent + (int64_t)first * SAMPLE_NS;
}
