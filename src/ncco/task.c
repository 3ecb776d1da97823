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

/* The tasks as they are now, the youngest first: a hook may change the list. */
enum { TASKS_MOST = 64 };
struct row {
    struct task *tasks[TASKS_MOST]; /* our references */
    unsigned count;
};

static void take_row(const struct call *call, struct row *row)
{
    row->count = 0;
    for (struct list *node = call->tasks.prev; node != &call->tasks && row->count < TASKS_MOST;
         node = node->prev)
        row->tasks[row->count++] = mem_ref(list_entry(node, struct task, node));
}

static void drop_row(struct row *row)
{
    while (row->count)
        mem_unref(row->tasks[--row->count]);
}

bool tasks_digit(struct call *call, char digit, unsigned duration_ms)
{
    struct row row;
    bool taken = false;

    take_row(call, &row);
    for (unsigned i = 0; i < row.count && !taken; i++) {
        struct task *task = row.tasks[i];

        taken = task->call && task->kind->digit && task->kind->digit(task, digit, duration_ms);
    }
    drop_row(&row);
    return taken;
}

bool tasks_played(struct call *call, uint32_t play, bool completed)
{
    struct row row;
    bool taken = false;

    take_row(call, &row);
    for (unsigned i = 0; i < row.count && !taken; i++) {
        struct task *task = row.tasks[i];

        taken = task->call && task->kind->played && task->kind->played(task, play, completed);
    }
    drop_row(&row);
    return taken;
}

void tasks_speaking(struct call *call, bool on)
{
    struct row row;

    take_row(call, &row);
    for (unsigned i = 0; i < row.count; i++) {
        if (row.tasks[i]->call && row.tasks[i]->kind->speaking)
            row.tasks[i]->kind->speaking(row.tasks[i], on);
    }
    drop_row(&row);
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
