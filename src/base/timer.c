/* timer.c: timers in a binary heap; start, cancel and fire in O(log n). */
#include "base/timer.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

void timers_free(struct timers *timers)
{
    for (size_t i = 1; i <= timers->count; i++)
        timers->heap[i]->place = 0;
    free(timers->heap);
    *timers = (struct timers){0};
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

/* Moves `timer` from the hole at `place` to where it belongs. */
static void settle(struct timers *timers, size_t place, struct timer *timer)
{
    while (place > 1 && timers->heap[place / 2]->due > timer->due) {
        put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    for (;;) {
        size_t child = place * 2;

        if (child > timers->count)
            break;
        if (child < timers->count && timers->heap[child + 1]->due < timers->heap[child]->due)
            child++;
        if (timers->heap[child]->due >= timer->due)
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    struct timer *last;

    if (place == 0)
        return;
    timer->place = 0;
    last = timers->heap[timers->count--];
    if (last != timer)
        settle(timers, place, last);
}

int timer_start(struct timers *timers, struct timer *timer, int64_t delay, timer_h *fire, void *arg)
{
    timer_cancel(timers, timer);
    if (timers->count + 2 > timers->room) {
        size_t room = timers->room ? timers->room * 2 : 64;
        struct timer **heap = realloc(timers->heap, room * sizeof(struct timer *));

        if (!heap)
            return ENOMEM;
        timers->heap = heap;
        timers->room = room;
    }
    timer->due = clock_mono_ms() + delay;
    timer->fire = fire;
    timer->arg = arg;
    timers->count++;
    settle(timers, timers->count, timer);
    return 0;
}

int64_t timers_next(const struct timers *timers)
{
    return timers->count ? timers->heap[1]->due : -1;
}

void timers_run(struct timers *timers, int64_t now)
{
    while (timers->count && timers->heap[1]->due <= now) {
        struct timer *timer = timers->heap[1];

        timer_cancel(timers, timer);
        timer->fire(timer->arg);
    }
}
