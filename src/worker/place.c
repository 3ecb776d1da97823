/* place.c: where a port or a room is put: the worker, and in it the phase, that
 * has least to do by what control has assigned so far. */
#include "worker/private.h"

struct worker *place_idlest(struct workers *workers, unsigned *phasep)
{
    struct worker *best = &workers->worker[0];
    unsigned phase = 0;

    for (unsigned i = 1; i < workers->count; i++) {
        struct worker *worker = &workers->worker[i];

        if (worker->ports + worker->rooms < best->ports + best->rooms)
            best = worker;
    }
    for (unsigned i = 1; i < PHASES; i++)
        if (best->phase_load[i] < best->phase_load[phase])
            phase = i;
    *phasep = phase;
    return best;
}

void place_port(struct port *port, struct worker *worker, unsigned phase)
{
    if (port->home) {
        port->home->ports--;
        port->home->phase_load[port->home_phase]--;
    }
    if (worker) {
        worker->ports++;
        worker->phase_load[phase]++;
    }
    port->home = worker;
    port->home_phase = phase;
}
