/* timer.h: one-shot timers of one thread, kept in a binary heap. A timer lies
 * inside the object it serves, which cancels it in its destructor. */
#ifndef OFFHOOK_BASE_TIMER_H
#define OFFHOOK_BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void timer_h(void *arg);

struct timer {
    int64_t due;  /* [ms], monotonic */
    size_t place; /* in the heap, from 1; 0: not started */
    timer_h *fire;
    void *arg;
};

struct timers {
    struct timer **heap; /* from 1 */
    size_t count, room;
};

void timers_free(struct timers *timers);

/* (Re)starts the timer, due in `delay` [ms] from now. 0 or ENOMEM. */
int timer_start(struct timers *timers, struct timer *timer, int64_t delay, timer_h *fire,
                void *arg);

/* Safe on a timer that was never started or has fired. */
void timer_cancel(struct timers *timers, struct timer *timer);

static inline bool timer_running(const struct timer *timer)
{
    return timer->place != 0;
}

/* When the next one is due [ms, monotonic]; -1: none. */
int64_t timers_next(const struct timers *timers);

/* Fires all that are due at `now` [ms, monotonic]. A handler may start and
 * cancel any timer. */
void timers_run(struct timers *timers, int64_t now);

#endif
