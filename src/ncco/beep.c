/* beep.c: a beep at the leg: a recording begins. */
#include "ncco/private.h"
#include "base/log.h"

struct beep {
    struct task task;
    struct sound *sound; /* our reference; NULL: it is not there yet */
    uint32_t play;
};

static void destroy(void *obj)
{
    struct beep *beep = obj;

    mem_unref(beep->sound);
}

static bool played(struct task *task, uint32_t play, bool completed)
{
    (void)completed;
    if (((const struct beep *)task)->play != play)
        return false;
    task_done(task);
    return true;
}

static void stop(struct task *task, enum task_stop why)
{
    if (((const struct beep *)task)->play && why != TASK_ENDED)
        leg_stop(task->call->leg);
}

static const struct task_kind kind = {.name = "beep",
                                      .size = sizeof(struct beep),
                                      .destroy = destroy,
                                      .played = played,
                                      .stop = stop};

static void play(void *arg)
{
    struct beep *beep = arg;
    struct call *call = beep->task.call;

    if (call) {
        beep->play = leg_play(call->leg, beep->sound, 1, 0);
        if (!beep->play)
            task_done(&beep->task);
    }
    mem_unref(beep);
}

/* A caller who is just being answered hears all of it: it waits for the 200. */
static void loaded(struct sound *sound, const char *reason, void *arg)
{
    struct beep *beep = arg;
    struct call *call = beep->task.call;

    if (!call || !sound) {
        if (call) {
            log_warning("ncco", "no beep: %s", reason);
            task_done(&beep->task);
        }
        mem_unref(beep);
        return;
    }
    beep->sound = mem_ref(sound);
    if (leg_confirmed(call->leg) || store_fence(bridge_store(call->calls->bridge), play, beep))
        play(beep);
}

void call_beep(struct call *call, bool blocking)
{
    struct beep *beep = task_start(call, &kind, blocking);

    if (!beep) {
        if (blocking)
            call_next(call);
        return;
    }
    mem_ref(beep); /* the loading's */
    if (loader_load(call->calls->loader, "sound:beep", loaded, beep))
        loaded(NULL, "out of memory", beep);
}
