/* ear.c: the tones a leg should hear, against those it does. */
#include "bench/load/ear.h"
#include "bench/load/leg.h"

static const int64_t LISTEN_NS = 200000000;
enum { OFTEN = 400 }; /* legs that listen so often; of more each listens less */

/* Bits of the tones that the leg should hear in a verse, and of its own. */
static uint64_t expected(const struct leg *leg, unsigned verse, uint64_t *own)
{
    const struct choir *choir = leg->choir;
    unsigned first = leg->room * choir->per_room;
    uint64_t others = 0;

    *own = leg->speaks ? 1ull << song_tone(&choir->song, leg->room, leg->place, verse) : 0;
    for (unsigned i = first; i < first + choir->song.voices && i < choir->count; i++) {
        const struct leg *other = &choir->legs[i];

        if (other->singing && other != leg)
            others |= 1ull << song_tone(&choir->song, other->room, other->place, verse);
    }
    return others;
}

bool ear_open(const struct leg *leg, int64_t arrived)
{
    unsigned verse;

    return arrived >= leg->ear.next && song_verse_heard(arrived, &verse);
}

void ear_hear(struct leg *leg, const uint8_t *frame, int64_t arrived)
{
    struct ear *ear = &leg->ear;
    unsigned legs = leg->choir->count;
    uint64_t clear, faint, own, others;
    unsigned verse;

    if (!song_verse_heard(arrived, &verse))
        return;
    ear->next = arrived + (legs > OFTEN ? LISTEN_NS / OFTEN * legs : LISTEN_NS);
    song_listen(&leg->choir->song, frame, &clear, &faint);
    others = expected(leg, verse, &own);
    if (leg->choir->echo) {
        others = own;
        own = 0;
    }
    ear->frames++;
    ear->missing += (clear & others) != others;
    ear->own += (faint & own) != 0;
    ear->stranger += (faint & ~others & ~own) != 0;
}

bool ear_right(const struct ear *ear)
{
    return ear->frames > 0 && ear->missing <= ear->frames / 5 &&
           ear->own + ear->stranger <= ear->frames / 5;
}
