/* wait.c: the `wait` action: nothing happens for a while. */
#include "ncco/private.h"

static const struct option options[] = {
    {"timeout", OPTION_NUMBER, false, "10", 0.1, 7200, .clamped = true, .help = "how long [s]"},
    {0},
};

struct waiting {
    struct task task;
    struct timer timer;
};

static void stop(struct task *task, enum task_stop why)
{
    (void)why;
    loop_cancel(bridge_loop(task->call->calls->bridge), &((struct waiting *)task)->timer);
}

static const struct task_kind kind = {.name = "wait", .size = sizeof(struct waiting), .stop = stop};

static void on_time(void *arg)
{
    task_done(arg);
}

static void start(struct call *call, json_t *object)
{
    int64_t delay = (int64_t)(option_number(options, object, "timeout") * 1000);
    struct waiting *waiting = task_start(call, &kind, true);

    if (!waiting) {
        notice_error(call, "wait: out of memory");
        call_next(call);
    } else if (loop_start(bridge_loop(call->calls->bridge), &waiting->timer, delay, on_time,
                          waiting)) {
        notice_error(call, "wait: out of memory");
        task_done(&waiting->task);
    }
}

const struct action action_wait = {
    .name = "wait",
    .help = "Waits.",
    .options = options,
    .start = start,
};
