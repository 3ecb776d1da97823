/* place.c: where a port or a room is put: the worker, and in it the phase, that has least to do:
 * by what it was measured to work, and, since that is known only after a second, by the weight of
 * what control has assigned so far. */
#include "worker/private.h"

enum {
    BUSY = 700,    /* [per mille] of its time: a worker takes no more ports */
    STEP = 50,     /* [per mille] that differences are told from */
    PER_MILLE = 2, /* weight that takes one of a worker's time */
};

bool place_busy(const struct worker *worker)
{
    return atomic_load_explicit(&worker->fill, memory_order_relaxed) > BUSY;
}

/* [per mille] */
static unsigned expected_fill(const struct worker *worker)
{
    unsigned fill = atomic_load_explicit(&worker->fill, memory_order_relaxed) / STEP * STEP;
    unsigned assigned = worker->weight / PER_MILLE / STEP * STEP;

    return fill > assigned ? fill : assigned;
}

static bool is_better(const struct worker *one, const struct worker *other)
{
    unsigned its = expected_fill(one), others = expected_fill(other);

    return its != others ? its < others : one->weight < other->weight;
}

struct worker *place_idlest(struct workers *workers, unsigned *phasep)
{
    struct worker *best = &workers->worker[0];
    unsigned phase = 0;

    for (unsigned i = 1; i < workers->count; i++)
        if (is_better(&workers->worker[i], best))
            best = &workers->worker[i];
    for (unsigned i = 1; i < PHASES; i++)
        if (best->phase_load[i] < best->phase_load[phase])
            phase = i;
    *phasep = phase;
    return best;
}

static bool has_part(const struct media_room *room, const struct worker *worker)
{
    bool found = room->worker == worker;

    for (unsigned i = 1; i < LINK_PARTS; i++)
        found = found || (room->parts[i] && room->parts[i]->worker == worker);
    return found;
}

struct worker *place_beside(const struct media_room *without)
{
    struct workers *workers = without->workers;
    struct worker *best = NULL;

    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->worker[i];

        if (!has_part(without, worker) && !place_busy(worker) && (!best || is_better(worker, best)))
            best = worker;
    }
    return best;
}

static void assign(struct worker *worker, const struct port *port, unsigned phase, int by)
{
    worker->ports += (unsigned)by;
    worker->weight += (unsigned)by * port->weight;
    worker->phase_load[phase] += (unsigned)by * port->weight;
}

void place_port(struct port *port, struct worker *worker, unsigned phase)
{
    if (port->home)
        assign(port->home, port, port->home_phase, -1);
    if (worker)
        assign(worker, port, phase, 1);
    port->home = worker;
    port->home_phase = phase;
}

/* CPU time of a port that hears and speaks, in that of one with G.711. */
static const unsigned weights[CODEC_COUNT] = {
    [CODEC_PCMU] = 1,  [CODEC_PCMA] = 1, [CODEC_L16] = 1,    [CODEC_G722] = 3,
    [CODEC_G729] = 12, [CODEC_GSM] = 3,  [CODEC_SPEEX] = 12, [CODEC_OPUS] = 16,
};

void place_weigh(struct port *port, const struct codec_format *format)
{
    struct worker *home = port->home;
    unsigned phase = port->home_phase, old = port->weight;

    place_port(port, NULL, 0);
    port->weight = format ? weights[format->codec] : 1;
    if (home)
        place_port(port, home, phase);
    if (port->seat)
        port->seat->weight += port->weight - old;
}
