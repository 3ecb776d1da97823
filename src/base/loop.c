/* loop.c: inbox, timers and the descriptor over both (an epoll of an eventfd and
 * a timerfd). The inbox is a lock-free stack that the owner takes whole and turns
 * round, so posting never waits and order is kept. */
#include "base/loop.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct loop {
    _Atomic(struct loop_task *) inbox; /* any thread */
    struct timers timers;              /* the loop's thread, from here on */
    int64_t armed;                     /* [ms] the timerfd is set to; -1: not set */
    int event, timer, epoll;
};

static void destroy(void *obj)
{
    struct loop *loop = obj;
    struct loop_task *task = atomic_exchange(&loop->inbox, NULL);

    while (task) {
        struct loop_task *next = task->next;

        if (!task->lent)
            free(task);
        task = next;
    }
    timers_free(&loop->timers);
    if (loop->event >= 0)
        close(loop->event);
    if (loop->timer >= 0)
        close(loop->timer);
    if (loop->epoll >= 0)
        close(loop->epoll);
}

int loop_alloc(struct loop **loopp)
{
    struct loop *loop = mem_alloc(sizeof *loop, destroy);
    struct epoll_event in = {.events = EPOLLIN};
    int err = 0;

    if (!loop)
        return ENOMEM;
    loop->armed = -1;
    loop->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->event < 0 || loop->timer < 0 || loop->epoll < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->event, &in) < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->timer, &in) < 0) {
        err = errno;
        mem_unref(loop);
        return err;
    }
    *loopp = loop;
    return 0;
}

static void put(struct loop *loop, struct loop_task *task)
{
    struct loop_task *below;
    uint64_t one = 1;

    below = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        task->next = below;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &below, task,
                                                    memory_order_release, memory_order_relaxed));
    /* the task is the owner's now; only the first of a batch needs to wake it */
    if (!below && write(loop->event, &one, sizeof one) < 0)
        return; /* EAGAIN: it is awake already */
}

int loop_post(struct loop *loop, loop_h *run, void *arg)
{
    struct loop_task *task = malloc(sizeof *task);

    if (!task)
        return ENOMEM;
    *task = (struct loop_task){.run = run, .arg = arg};
    put(loop, task);
    return 0;
}

void loop_post_task(struct loop *loop, struct loop_task *task)
{
    task->lent = true;
    put(loop, task);
}

struct timers *loop_timers(struct loop *loop)
{
    return &loop->timers;
}

static void arm(struct loop *loop)
{
    int64_t next = timers_next(&loop->timers);
    struct itimerspec at = {{0, 0}, {0, 0}};

    if (next == loop->armed)
        return;
    loop->armed = next;
    if (next >= 0) {
        int64_t ms = next > 0 ? next : 1;

        at.it_value.tv_sec = ms / 1000;
        at.it_value.tv_nsec = ms % 1000 * 1000000 + 1;
    }
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

int loop_start(struct loop *loop, struct timer *timer, int64_t delay, timer_h *fire, void *arg)
{
    int err = timer_start(&loop->timers, timer, delay, fire, arg);

    if (!err && (loop->armed < 0 || timer->due < loop->armed))
        arm(loop);
    return err;
}

void loop_cancel(struct loop *loop, struct timer *timer)
{
    timer_cancel(&loop->timers, timer); /* a spare wake-up costs less than a system call now */
}

int loop_fd(const struct loop *loop)
{
    return loop->epoll;
}

void loop_run(struct loop *loop)
{
    struct loop_task *task, *turned = NULL;
    uint64_t count;

    while (read(loop->event, &count, sizeof count) > 0)
        ;
    if (read(loop->timer, &count, sizeof count) > 0)
        loop->armed = -1;
    task = atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    while (task) {
        struct loop_task *next = task->next;

        task->next = turned;
        turned = task;
        task = next;
    }
    while (turned) {
        struct loop_task *next = turned->next;
        bool lent = turned->lent;

        turned->run(turned->arg);
        if (!lent) /* else it is its owner's again */
            free(turned);
        turned = next;
    }
    timers_run(&loop->timers, clock_mono_ms());
    arm(loop);
}

void loop_wait(struct loop *loop, int timeout)
{
    struct epoll_event event;

    if (epoll_wait(loop->epoll, &event, 1, timeout) < 0 && errno != EINTR)
        return;
    loop_run(loop);
}
