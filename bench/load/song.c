/* song.c: tones by sine, ears by Goertzel. */
#include "bench/load/song.h"
#include "audio/g711.h"
#include "audio/goertzel.h"

#include <math.h>
#include <string.h>

enum {
    RATE = 8000,
    LOWEST = 350, /* [Hz] */
    STEP = 50,
    SILENCE = 0xff,  /* in PCMU */
    LOUDEST = 8000,  /* peak of one tone */
    TOGETHER = 24000 /* peak of all tones of a room */
};

static const int64_t VERSE_NS = 1000000000;
/* After a change of verse, what is on its way in the server is still of the last one. */
static const int64_t BLUR_NS = 300000000;

static double pitch(unsigned tone)
{
    return LOWEST + STEP * tone;
}

void song_compose(struct song *song, unsigned voices)
{
    song->voices = voices;
    song->amplitude = fmin(LOUDEST, (double)TOGETHER / voices);
    memset(song->silence, SILENCE, sizeof song->silence);
    for (unsigned tone = 0; tone < SONG_TONES; tone++) {
        int16_t samples[SONG_FRAME];

        for (unsigned i = 0; i < SONG_FRAME; i++)
            samples[i] = (int16_t)lrint(song->amplitude * sin(2 * M_PI * pitch(tone) * i / RATE));
        g711_ulaw_encode(song->frames[tone], samples, SONG_FRAME);
    }
}

unsigned song_tone(const struct song *song, unsigned room, unsigned place, unsigned verse)
{
    unsigned choirs = SONG_TONES / song->voices;
    unsigned choir = verse == 0 ? room % choirs : (room / choirs + room) % choirs;

    return choir * song->voices + place;
}

unsigned song_verse(int64_t now)
{
    return (unsigned)(now / VERSE_NS % SONG_VERSES);
}

bool song_verse_heard(int64_t now, unsigned *verse)
{
    *verse = song_verse(now);
    return now % VERSE_NS > BLUR_NS;
}

void song_listen(const struct song *song, const uint8_t frame[SONG_FRAME], uint64_t *clear,
                 uint64_t *faint)
{
    int16_t samples[SONG_FRAME];

    *clear = *faint = 0;
    g711_ulaw_decode(samples, frame, SONG_FRAME);
    for (unsigned tone = 0; tone < SONG_TONES; tone++) {
        double loud = goertzel_amplitude(samples, SONG_FRAME, RATE, pitch(tone));

        if (loud > song->amplitude / 4)
            *clear |= 1ull << tone;
        if (loud > song->amplitude / 10)
            *faint |= 1ull << tone;
    }
}
