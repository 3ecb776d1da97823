/* loop.h: what makes a thread a place one can post work to: an inbox any thread
 * may post to, timers of its own, and one descriptor to wait on. The control
 * thread's loop hangs in Sofia's su_root by that descriptor; a thread with
 * nothing else to do calls loop_wait(). */
#ifndef OFFHOOK_BASE_LOOP_H
#define OFFHOOK_BASE_LOOP_H

#include "base/timer.h"

#include <stdbool.h>

struct loop;

typedef void loop_h(void *arg);

/* Released with mem_unref(), on its own thread, when nobody posts any more. */
int loop_alloc(struct loop **loop);

/* Any thread: has `run(arg)` called on the loop's thread. Order is kept for each
 * posting thread. Never blocks; the inbox is unbounded. 0 or ENOMEM. */
int loop_post(struct loop *loop, loop_h *run, void *arg);

/* What lies in an inbox; whoever brings one of his own needs no memory to post it. */
struct loop_task {
    struct loop_task *next; /* the loop's */
    loop_h *run;
    void *arg;
    bool lent; /* the loop's: the poster's own */
};

/* The same with a task of the caller's, `run` and `arg` set: for threads that may not allocate.
 * It stays untouched until `run` is called; then it may be posted again or be freed. */
void loop_post_task(struct loop *loop, struct loop_task *task);

/* The loop's thread only, from here on. */
struct timers *loop_timers(struct loop *loop);
int loop_start(struct loop *loop, struct timer *timer, int64_t delay, timer_h *fire, void *arg);
void loop_cancel(struct loop *loop, struct timer *timer);

/* Readable (epoll) whenever loop_run() has something to do. */
int loop_fd(const struct loop *loop);

/* Runs all that was posted and is due; does not wait. */
void loop_run(struct loop *loop);

/* Waits at most `timeout` [ms] (-1: for ever), then runs. */
void loop_wait(struct loop *loop, int timeout);

#endif
