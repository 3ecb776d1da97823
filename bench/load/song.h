/* song.h: what each leg sings, and who is heard in a frame.
 *
 * A tone is a whole multiple of 50 Hz, so that a 20 ms frame holds whole periods of
 * it: every frame of a tone is the same, and one frame tells all tones apart. A leg
 * sings two verses, a second each, in turn: with 56 tones alone, rooms would share
 * tones and not notice each other; two verses keep apart the square of that. Who has no
 * voice in a room sends packets of silence. */
#ifndef OFFHOOK_BENCH_SONG_H
#define OFFHOOK_BENCH_SONG_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SONG_FRAME = 160, /* [samples] and, in G.711, [bytes]: 20 ms at 8 kHz */
    SONG_TONES = 56,
    SONG_VERSES = 2,
    SONG_VOICES = SONG_TONES / 2 /* most voices of a room: two rooms must differ */
};

struct song {
    unsigned voices; /* of a room */
    double amplitude;
    uint8_t frames[SONG_TONES][SONG_FRAME]; /* PCMU */
    uint8_t silence[SONG_FRAME];
};

void song_compose(struct song *song, unsigned voices);

/* The tone of a voice: of its room's number, its place there and the verse. */
unsigned song_tone(const struct song *song, unsigned room, unsigned place, unsigned verse);

/* The verse sung at `now` [ns]; a singer takes it from here. */
unsigned song_verse(int64_t now);

/* The verse in which something heard at `now` was sung; false when it is too near to
 * a change to tell. */
bool song_verse_heard(int64_t now, unsigned *verse);

/* The tones heard in a frame of PCMU. `clear`: as loud as they were sent (within
 * 12 dB); `faint`: at least a tenth of that (20 dB). One bit a tone. */
void song_listen(const struct song *song, const uint8_t frame[SONG_FRAME], uint64_t *clear,
                 uint64_t *faint);

#endif
