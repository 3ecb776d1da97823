/* replay.c: the sources that a receiver knows, and which of their packets came (RFC 3711, 3.3).
 * A source is known once one of its packets was authentic, so nobody else can fill the list. A
 * source is never forgotten: what it sent could be played again. */
#include "srtp/private.h"

enum { WINDOW = 64, HALF = 32768 };

struct source *sources_find(struct sources *sources, uint32_t ssrc)
{
    if (sources->last < sources->count && sources->source[sources->last].ssrc == ssrc)
        return &sources->source[sources->last];
    for (unsigned i = 0; i < sources->count; i++) {
        if (sources->source[i].ssrc == ssrc) {
            sources->last = i;
            return &sources->source[i];
        }
    }
    return NULL;
}

bool source_has(const struct source *source, uint64_t index)
{
    uint64_t behind = source->highest - index;

    if (index > source->highest)
        return false;
    return behind >= WINDOW || source->seen >> behind & 1;
}

static void mark(struct source *source, uint64_t index)
{
    if (index > source->highest) {
        uint64_t ahead = index - source->highest;

        source->seen = ahead < WINDOW ? source->seen << ahead | 1 : 1;
        source->highest = index;
    } else {
        source->seen |= UINT64_C(1) << (source->highest - index);
    }
}

bool sources_note(struct sources *sources, struct source *source, uint32_t ssrc, uint64_t index)
{
    if (!source) {
        if (sources->count == SOURCES)
            return false;
        sources->last = sources->count;
        source = &sources->source[sources->count++];
        *source = (struct source){.ssrc = ssrc, .highest = index, .seen = 1};
    } else if (source->doubtful) {
        *source = (struct source){.ssrc = ssrc, .highest = index, .seen = 1};
    } else {
        mark(source, index);
    }
    return true;
}

uint64_t index_near(uint64_t highest, uint16_t number)
{
    uint64_t rolled = highest >> 16;
    int last = (int)(highest & 0xffff);

    if (last < HALF && number - last > HALF && rolled)
        rolled--;
    else if (last >= HALF && last - HALF > number)
        rolled = (rolled + 1) & UINT32_MAX;
    return rolled << 16 | number;
}
