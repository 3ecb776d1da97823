/* pace.c: how fast flows follow each other. An application that answers each event with another
 * flow at once would keep itself and us busy for as long as the call is up: of one call so many
 * flows a second begin as no caller notices, and one more waits for the next second. */
#include "ncco/private.h"
#include "base/clock.h"

enum { FLOWS = 20 /* a second */, SECOND = 1000 /* [ms] */ };

struct pause {
    struct task task;
    struct timer timer;
    unsigned turn;
    json_t *ncco;
};

static void destroy(void *obj)
{
    json_decref(((struct pause *)obj)->ncco);
}

static void stop(struct task *task, enum task_stop why)
{
    (void)why;
    loop_cancel(bridge_loop(task->call->calls->bridge), &((struct pause *)task)->timer);
}

static const struct task_kind kind = {
    .name = "pause", .size = sizeof(struct pause), .keeps = true, .destroy = destroy, .stop = stop};

static void on_time(void *arg)
{
    struct pause *pause = arg;
    struct call *call = mem_ref(pause->task.call);
    json_t *ncco = json_incref(pause->ncco);
    bool waits = call->turn == pause->turn && !leg_ending(call->leg);

    task_done(&pause->task);
    if (waits)
        call_follow(call, ncco);
    json_decref(ncco);
    mem_unref(call);
}

static bool wait(struct call *call, json_t *ncco, int64_t ms)
{
    struct pause *pause = task_start(call, &kind, false);

    if (!pause)
        return false;
    pause->turn = call->turn;
    pause->ncco = json_incref(ncco);
    if (loop_start(bridge_loop(call->calls->bridge), &pause->timer, ms, on_time, pause)) {
        task_done(&pause->task);
        return false;
    }
    return true;
}

void call_follow(struct call *call, json_t *ncco)
{
    int64_t now = clock_mono_ms();

    if (now - call->flows_since >= SECOND) {
        call->flows_since = now;
        call->flows = 0;
    }
    if (call->flows >= FLOWS && wait(call, ncco, call->flows_since + SECOND - now))
        return;
    call->flows++;
    call_run(call, ncco);
}
