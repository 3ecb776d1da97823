/* task.c: what goes on for a call, beside its flow or with the flow waiting for it.
 *
 *   task_start ──> in the list ──task_done──────────> over; a blocking one lets the flow go on
 *                       └────────another flow, end──> stopped */
#include "ncco/private.h"

void *task_start(struct call *call, const struct task_kind *kind, bool blocking)
{
    struct task *task = mem_alloc(kind->size, kind->destroy);

    if (!task)
        return NULL;
    task->kind = kind;
    task->call = call;
    task->blocking = blocking;
    task->number = call->tasks_begun++;
    list_append(&call->tasks, &task->node);
    return task;
}

void task_done(struct task *task)
{
    struct call *call = task->call;
    bool goes_on;

    if (!call)
        return;
    goes_on = task->blocking || call->at_end;
    list_remove(&task->node);
    task->call = NULL;
    mem_unref(task);
    if (goes_on)
        call_next(call);
}

struct task *task_find(const struct call *call, const struct task_kind *kind)
{
    struct task *found = NULL;

    list_each (node, &call->tasks) {
        struct task *task = list_entry(node, struct task, node);

        if (task->kind == kind)
            found = task;
    }
    return found;
}

void call_watch_speech(struct call *call, bool on)
{
    assert(on || call->speech_watchers > 0);
    call->speech_watchers += on ? 1 : -1U;
    leg_watch(call->leg, LEG_WATCH_FLOW, call->speech_watchers > 0);
}

/* The youngest of those with the hook that began before one of that number. A hook may change the
 * list: each step looks anew, and what began meanwhile is not met. */
enum hook { HOOK_DIGIT, HOOK_PLAYED, HOOK_SPEAKING };

static bool has_hook(const struct task_kind *kind, enum hook hook)
{
    return hook == HOOK_DIGIT    ? kind->digit != NULL
           : hook == HOOK_PLAYED ? kind->played != NULL
                                 : kind->speaking != NULL;
}

static struct task *before(const struct call *call, uint64_t number, enum hook hook)
{
    for (struct list *node = call->tasks.prev; node != &call->tasks; node = node->prev) {
        struct task *task = list_entry(node, struct task, node);

        if (task->number < number && has_hook(task->kind, hook))
            return mem_ref(task);
    }
    return NULL;
}

bool tasks_digit(struct call *call, char digit, unsigned duration_ms)
{
    uint64_t number = UINT64_MAX;
    struct task *task;
    bool taken = false;

    mem_ref(call);
    while (!taken && (task = before(call, number, HOOK_DIGIT))) {
        number = task->number;
        taken = task->kind->digit(task, digit, duration_ms);
        mem_unref(task);
    }
    mem_unref(call);
    return taken;
}

bool tasks_played(struct call *call, uint32_t play, bool completed)
{
    uint64_t number = UINT64_MAX;
    struct task *task;
    bool taken = false;

    mem_ref(call);
    while (!taken && (task = before(call, number, HOOK_PLAYED))) {
        number = task->number;
        taken = task->kind->played(task, play, completed);
        mem_unref(task);
    }
    mem_unref(call);
    return taken;
}

void tasks_speaking(struct call *call, bool on)
{
    uint64_t number = UINT64_MAX;
    struct task *task;

    mem_ref(call);
    while ((task = before(call, number, HOOK_SPEAKING))) {
        number = task->number;
        task->kind->speaking(task, on);
        mem_unref(task);
    }
    mem_unref(call);
}

/* The youngest that is to be stopped. */
static struct task *stoppable(const struct call *call, enum task_stop why)
{
    for (struct list *node = call->tasks.prev; node != &call->tasks; node = node->prev) {
        struct task *task = list_entry(node, struct task, node);

        if (why != TASK_REPLACED || !task->kind->survives)
            return task;
    }
    return NULL;
}

void tasks_stop(struct call *call, enum task_stop why)
{
    struct task *task;

    while ((task = stoppable(call, why))) {
        list_remove(&task->node);
        if (task->kind->stop)
            task->kind->stop(task, why);
        task->call = NULL;
        mem_unref(task); /* the list's */
    }
}
