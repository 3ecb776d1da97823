/* beat.c: the ticks of a small room follow the packets of those who speak in it. What each voice
 * would wait for the tick, were it a sub-tick or some earlier or later, is added up: of a packet
 * that would miss its tick now and then, a whole tick more; of one that would be there a whole tick
 * too early, a tick less, since its play-out gives that back. The least sum wins when it is less by
 * more than it is worth to disturb anybody. When ticks come earlier nothing is dropped or
 * stretched.
 *
 * Rooms of a busy worker go only where there is not much more to do than elsewhere. */
#include "worker/beat.h"
#include "worker/private.h"

enum {
    STEP = SUBTICK / 1000, /* [us] */
    TICK = PHASES * STEP,  /* [us] */
    EDGE = 500,            /* [us] of slack: less is too late now and then */
    SAFE = 1500,           /* [us] of slack beyond what packets were late by */
    CUT = 3000,            /* [us] that it costs to cut out of what somebody says, */
    LATE = 10000,          /* or to be late for */
    GAIN = 2000,           /* [us] for each of them, at least */
    LATER = 1,             /* [sub-ticks] at most, at once and in all: who hears it notices */
    LOOK = 25,             /* [frames] from look to look, */
    REST = 150,            /* and after a change */
    SMALL = 16,            /* ports of a room that does so */
    IDLE = 250,            /* [per mille] of its time: a worker that may have them anywhere, */
    FULL_NUM = 5,
    FULL_DEN = 16 /* else up to this share of all */
};

/* [us] that one waits, in the end. What came late once is no reason to go, but one not to go where
 * it would be too late. */
static int32_t cost_of(const struct slack *slack, int by)
{
    int32_t wait = slack->mean + by * STEP, pains = 0, need = by ? slack->spread + SAFE : EDGE;

    for (; wait < need; pains = LATE)
        wait += TICK;
    for (; wait >= slack->most; pains = CUT)
        wait -= TICK;
    return wait + pains;
}

static int32_t sum_of(const struct slack *slacks, unsigned count, int by)
{
    int32_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += cost_of(&slacks[i], by);
    return sum;
}

int beat_choose(const struct slack *slacks, unsigned count, unsigned allowed)
{
    int32_t now = sum_of(slacks, count, 0), least = now - (int32_t)count * GAIN;
    int best = 0;

    for (int by = BEAT_MOST; by >= -BEAT_MOST; by--) {
        int32_t sum = sum_of(slacks, count, by);

        if (by && (allowed & 1u << (by + BEAT_MOST)) && sum <= least) {
            least = sum;
            best = by;
        }
    }
    return best;
}

static unsigned place_at(const struct media_room *room, int shift)
{
    return (unsigned)((int)room->phase + shift + PHASES) % PHASES;
}

unsigned beat_place(const struct media_room *room)
{
    return place_at(room, room->shift);
}

void beat_count(struct media_room *room, int by)
{
    room->count += (unsigned)by;
    room->worker->mixed[beat_place(room)] += (unsigned)by;
}

/* Its streams know how long it takes from the last tick to the next. */
static void move(struct media_room *room, int by)
{
    struct worker *worker = room->worker;
    unsigned count = room->count;

    beat_count(room, -(int)count);
    room->shift += by;
    beat_count(room, (int)count);
    list_remove(&room->node);
    list_append(&worker->rooms_in[beat_place(room)], &room->node);
    list_each (node, &room->ports) {
        struct port *port = list_entry(node, struct port, node);

        if (port->stream)
            stream_shift(port->stream, by * STEP);
    }
    tick_count(&worker->beats, 1);
}

bool beat_turn(struct media_room *room, uint64_t *frame)
{
    int beat = (int)room->phase + room->shift;
    uint64_t turn = *frame + (beat < 0) - (beat >= PHASES);

    if (room->shift && atomic_load_explicit(&room->link, memory_order_acquire)) {
        move(room, -room->shift);
        return false;
    }
    if (turn <= room->turn)
        return false;
    *frame = room->turn = turn;
    return true;
}

void beat_rest(struct media_room *room)
{
    room->shift = 0;
    room->looked = 0;
}

static bool is_crowded(const struct worker *worker, unsigned place, unsigned more)
{
    unsigned all = 0;

    if (atomic_load_explicit(&worker->fill, memory_order_relaxed) <= IDLE)
        return false;
    for (unsigned i = 0; i < PHASES; i++)
        all += worker->mixed[i];
    return (worker->mixed[place] + more) * FULL_DEN > all * FULL_NUM;
}

static unsigned allowed_of(const struct media_room *room)
{
    unsigned allowed = 0;

    for (int by = -BEAT_MOST; by <= BEAT_MOST; by++) {
        int shift = room->shift + by;

        if (shift >= -BEAT_MOST && shift <= LATER && by <= LATER &&
            !is_crowded(room->worker, place_at(room, shift), room->count))
            allowed |= 1u << (by + BEAT_MOST);
    }
    return allowed;
}

/* Of all who speak. False: it is not known of one of them, or nothing can be said. */
static bool gather(const struct media_room *room, struct slack *slacks, unsigned *count)
{
    *count = 0;
    list_each (node, &room->ports) {
        const struct port *port = list_entry(node, struct port, node);

        if (!port->stream || !stream_slack(port->stream, &slacks[*count]))
            return false;
        *count += slacks[*count].any;
    }
    return *count > 0;
}

void beat_watch(struct media_room *room)
{
    struct slack slacks[SMALL];
    unsigned count;
    int by;

    if (++room->looked < LOOK)
        return;
    room->looked = 0;
    if (room->straight || room->winding || room->count > SMALL ||
        atomic_load_explicit(&room->link, memory_order_relaxed) || !gather(room, slacks, &count))
        return;
    by = beat_choose(slacks, count, allowed_of(room));
    if (!by)
        return;
    move(room, by);
    room->looked = LOOK - REST;
}
