/* measuring.c: how the sound of ports is: told when it is asked for, and summed up for /metrics.
 * Each port adds what it has counted to its worker's sums once a second, so that gathering them
 * asks no port. */
#include "base/clock.h"
#include "worker/private.h"

enum { SECOND = 50 /* [frames] */ };

/* What is more than was told. A count of lost packets may fall when one comes late: then nothing
 * is added until it is higher than it was. */
static void add_change(_Atomic uint64_t *sum, uint64_t *told, uint64_t now)
{
    if (now <= *told)
        return;
    tick_count(sum, now - *told);
    *told = now;
}

static void measure(struct port *port)
{
    struct sums *sums = &port->worker->sums;
    struct workers_sound *told = &port->told;
    struct stream_stats now;

    if (!port->stream)
        return;
    stream_stats(port->stream, &now);
    add_change(&sums->lost, &told->lost, now.lost);
    add_change(&sums->late, &told->late, now.late);
    add_change(&sums->strange, &told->strange, now.strange);
    add_change(&sums->invalid, &told->invalid, now.invalid);
    add_change(&sums->frames, &told->frames, now.frames_in);
    add_change(&sums->concealed, &told->concealed, now.frames_concealed);
    add_change(&sums->recovered, &told->recovered, now.frames_recovered);
    add_change(&sums->comfort, &told->comfort, now.frames_comfort);
    add_change(&sums->adjusted, &told->adjusted, now.frames_adjusted);
}

void measuring_tick(struct port *port)
{
    if (!port->stream)
        return;
    stream_look(port->stream);
    if (++port->measured < SECOND)
        return;
    port->measured = 0;
    measure(port);
}

void measuring_end(struct port *port)
{
    measure(port);
}

static bool somebody_listens(const struct media_room *room)
{
    return room->linked || room->ports.next != room->ports.prev;
}

static void count_delay(struct port *port, int64_t now)
{
    struct sums *sums = &port->worker->sums;
    int64_t delay = stream_heard(port->stream, now);

    if (!delay)
        return;
    tick_count(&sums->delay[stream_delay_class(delay)], 1);
    tick_count(&sums->delay_sum, (uint64_t)delay / 1000);
}

void measuring_crossed(struct port *port)
{
    count_delay(port, clock_wall_ns());
}

void measuring_heard(struct media_room *room)
{
    int64_t now = somebody_listens(room) ? clock_wall_ns() : 0;

    list_each (node, &room->ports) {
        struct port *port = list_entry(node, struct port, node);

        if (port->stream && now && !port->mute)
            count_delay(port, now);
    }
}

void measuring_answer(struct port *port, struct command *command)
{
    struct event event = {.kind = EVENT_STATS, .port = port, .held = command};
    struct asked_stats *asked = command->held;

    command->next = NULL;
    carry_stats(port, &asked->stats);
    event_push(port->worker, &event);
}

void measuring_tell(struct port *port, const struct command *command)
{
    const struct asked_stats *asked = command->held;

    if (!port->closing)
        asked->done(&asked->stats, asked->arg);
}

static uint64_t read_sum(const _Atomic uint64_t *sum)
{
    return atomic_load_explicit(sum, memory_order_relaxed);
}

static void add_sums(struct workers_sound *sound, const struct sums *sums)
{
    sound->lost += read_sum(&sums->lost);
    sound->late += read_sum(&sums->late);
    sound->strange += read_sum(&sums->strange);
    sound->invalid += read_sum(&sums->invalid);
    sound->frames += read_sum(&sums->frames);
    sound->concealed += read_sum(&sums->concealed);
    sound->recovered += read_sum(&sums->recovered);
    sound->comfort += read_sum(&sums->comfort);
    sound->adjusted += read_sum(&sums->adjusted);
    for (int i = 0; i < STREAM_DELAYS; i++)
        sound->delay[i] += read_sum(&sums->delay[i]);
    sound->delay_sum += (double)read_sum(&sums->delay_sum) / 1e6;
}

void workers_sound(const struct workers *workers, struct workers_sound *sound)
{
    *sound = (struct workers_sound){0};
    for (unsigned i = 0; i < workers->count; i++)
        add_sums(sound, &workers->worker[i].sums);
}
