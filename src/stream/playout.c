/* playout.c: a ring of samples placed by timestamp. `play` follows the ticks and
 * never stops for what is missing, so sender and ring keep step over gaps. */
#include "stream/playout.h"

#include <string.h>

enum {
    FRAME = PLAYOUT_FRAME,
    FAR = 1600,      /* [samples] ahead: not the same line of time any more */
    OLD = -16000,    /* the same, behind */
    DEEPEST = 960,   /* [samples] the play-out may lag behind */
    OVERFULL = 1440, /* [samples] in hand after a burst: jump to the newest */
    CONCEAL = 3,     /* [frames] worth concealing */
    FORGET = 50,     /* [frames] missing until the stream counts as stopped */
    CALM = 500,      /* [frames] between looks at the depth */
    HASTE = 50,      /* [frames] after which DEEP in hand is looked at */
    DEEP = 640,      /* [samples] */
    BEHIND = 5,      /* ticks with nothing but late packets: time went back */
    EVIDENCE = 2,    /* late packets that make the ring deeper */
    LATE_SPAN = 100  /* [frames] after which a late packet is forgotten */
};

static size_t place(const struct playout *playout, uint32_t timestamp)
{
    return (timestamp - playout->origin) % PLAYOUT_RING;
}

void playout_reset(struct playout *playout)
{
    memset(playout->have, 0, sizeof playout->have);
    playout->running = false;
    playout->misses = playout->late = playout->age = playout->behind = 0;
    playout->belated = false;
    playout->least = FAR;
}

void playout_begin(struct playout *playout, uint32_t timestamp)
{
    playout_reset(playout);
    playout->running = true;
    playout->origin = playout->play = playout->end = playout->hole = timestamp;
}

int32_t playout_depth(const struct playout *playout)
{
    return playout->running ? (int32_t)(playout->end - playout->play) : 0;
}

/* Marks the grains that lie wholly inside [timestamp, timestamp + count). */
static void mark(struct playout *playout, uint32_t timestamp, size_t count, uint8_t present)
{
    size_t first = (place(playout, timestamp) + PLAYOUT_GRAIN - 1) / PLAYOUT_GRAIN;

    for (size_t i = 0; i < count / PLAYOUT_GRAIN; i++)
        playout->have[(first + i) % (PLAYOUT_RING / PLAYOUT_GRAIN)] = present;
}

static void store(struct playout *playout, uint32_t timestamp, const int16_t *samples, size_t count)
{
    size_t at = place(playout, timestamp);
    size_t head = count < PLAYOUT_RING - at ? count : PLAYOUT_RING - at;

    memcpy(playout->samples + at, samples, head * sizeof *samples);
    memcpy(playout->samples, samples + head, (count - head) * sizeof *samples);
    mark(playout, timestamp, count, 1);
    if ((int32_t)(timestamp + (uint32_t)count - playout->end) > 0)
        playout->end = timestamp + (uint32_t)count;
}

/* Moves the play-out on, forgetting what it passes. */
static void skip(struct playout *playout, uint32_t count)
{
    mark(playout, playout->play, count, 0);
    playout->play += count;
    if ((int32_t)(playout->end - playout->play) < 0)
        playout->end = playout->play;
}

/* A packet behind the play-out. True when the play-out went back to it: it just
 * missed a tick that had nothing else to play. */
static bool absorb(struct playout *playout, uint32_t timestamp, int32_t ahead)
{
    bool concealed = playout->misses && (int32_t)(timestamp - playout->hole) >= 0;

    if (concealed && -ahead <= FRAME && playout->end == playout->play) {
        playout->play = playout->end = timestamp;
        return true;
    }
    return false;
}

/* A burst after a stall is one piece of evidence, however long it is. */
static void too_late(struct playout *playout)
{
    bool news = !playout->belated;

    playout->late_packets++;
    playout->belated = true;
    if (news && ++playout->late >= EVIDENCE && playout_depth(playout) + FRAME <= DEEPEST) {
        playout->late = 0;
        playout->play -= FRAME;
    }
}

bool playout_put(struct playout *playout, uint32_t timestamp, const int16_t *samples, size_t count)
{
    int32_t ahead = (int32_t)(timestamp - playout->play);

    if (!playout->running || ahead > FAR || ahead < OLD || count > PLAYOUT_RING / 2) {
        playout_begin(playout, timestamp);
        ahead = 0;
    }
    if (ahead + (int32_t)count + FRAME > PLAYOUT_RING || count > PLAYOUT_RING / 2)
        return false;
    if (ahead < 0 && !absorb(playout, timestamp, ahead)) {
        if (ahead + (int32_t)count <= 0) {
            too_late(playout);
            return false;
        }
        samples -= ahead;
        count -= (size_t)-ahead;
        timestamp = playout->play;
    }
    store(playout, timestamp, samples, count);
    if (playout_depth(playout) > OVERFULL)
        skip(playout, (uint32_t)playout_depth(playout) - 2 * FRAME);
    return true;
}

static size_t present(const struct playout *playout)
{
    size_t first = place(playout, playout->play) / PLAYOUT_GRAIN, count = 0;

    for (size_t i = 0; i < FRAME / PLAYOUT_GRAIN; i++)
        count += playout->have[(first + i) % (PLAYOUT_RING / PLAYOUT_GRAIN)];
    return count;
}

static void copy(const struct playout *playout, uint32_t timestamp, int16_t *frame)
{
    size_t at = place(playout, timestamp);
    size_t head = FRAME < PLAYOUT_RING - at ? FRAME : PLAYOUT_RING - at;

    memcpy(frame, playout->samples + at, head * sizeof *frame);
    memcpy(frame + head, playout->samples, (FRAME - head) * sizeof *frame);
}

/* One frame less in hand: this frame fades into the next. */
static void shrink(struct playout *playout, int16_t *frame)
{
    int16_t next[FRAME];

    if (present(playout) < FRAME / PLAYOUT_GRAIN)
        return;
    copy(playout, playout->play, next);
    for (int i = 0; i < FRAME; i++)
        frame[i] = (int16_t)((frame[i] * (FRAME - i) + next[i] * i) / FRAME);
    skip(playout, FRAME);
}

static enum playout_sound miss(struct playout *playout)
{
    int32_t depth = playout_depth(playout);

    if (!playout->misses++)
        playout->hole = playout->play;
    playout->behind += playout->belated;
    playout->belated = false;
    if (playout->misses > FORGET || playout->behind >= BEHIND) {
        playout_reset(playout);
        return PLAYOUT_SILENT;
    }
    /* half a frame is there and the rest may come: wait for it once */
    if (depth >= FRAME || depth <= 0 || playout->misses > 1)
        skip(playout, FRAME);
    return playout->misses > CONCEAL ? PLAYOUT_SILENT : PLAYOUT_LOST;
}

/* Looks at what was in hand at each tick, never needed; true when it is too much. */
static bool watch_depth(struct playout *playout)
{
    int32_t depth = playout_depth(playout);
    bool calm, hasty;

    if (depth < playout->least)
        playout->least = depth;
    playout->age++;
    if (playout->age % LATE_SPAN == 0)
        playout->late = 0;
    calm = playout->age >= CALM;
    hasty = playout->age >= HASTE && playout->least >= DEEP;
    if (!calm && !hasty)
        return false;
    calm = playout->least >= 2 * FRAME;
    playout->age = 0;
    playout->least = FAR;
    return calm;
}

enum playout_sound playout_get(struct playout *playout, int16_t frame[PLAYOUT_FRAME])
{
    bool too_much;

    if (!playout->running)
        return PLAYOUT_SILENT;
    too_much = watch_depth(playout);
    if (present(playout) < FRAME / PLAYOUT_GRAIN)
        return miss(playout);
    playout->misses = playout->behind = 0;
    playout->belated = false;
    copy(playout, playout->play, frame);
    skip(playout, FRAME);
    if (too_much)
        shrink(playout, frame);
    return PLAYOUT_SOUND;
}

size_t playout_rest(struct playout *playout, int16_t frame[PLAYOUT_FRAME])
{
    int32_t depth = playout_depth(playout);

    if (depth <= 0 || depth >= FRAME)
        return 0;
    copy(playout, playout->play, frame);
    skip(playout, (uint32_t)depth);
    return (size_t)depth;
}
