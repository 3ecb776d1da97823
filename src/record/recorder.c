/* recorder.c: the thread that writes. It looks at the rings of all recordings ten times a
 * second, so that a worker never has to wake it. */
#include "record/private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>

enum {
    POLL = 100, /* [ms] between two looks at the rings */
    IDLE = 1000 /* [ms] while there is none */
};

/* When one can not be told of for want of memory, it and the rest wait for the next time. */
static void work_all(struct recorder *recorder)
{
    list_each (node, &recorder->recordings) {
        struct recording *recording = list_entry(node, struct recording, node);

        if (!recording_work(recording))
            continue;
        list_remove(&recording->node);
        if (loop_post(recorder->control, recording_tell, recording)) {
            list_append(&recorder->recordings, &recording->node);
            return;
        }
    }
}

static void *run(void *arg)
{
    struct recorder *recorder = arg;

    while (!atomic_load_explicit(&recorder->stopping, memory_order_acquire)) {
        loop_wait(recorder->work, list_empty(&recorder->recordings) ? IDLE : POLL);
        work_all(recorder);
    }
    loop_run(recorder->work); /* those that were opened last */
    list_each (node, &recorder->recordings)
        recording_end(list_entry(node, struct recording, node));
    work_all(recorder);
    return NULL;
}

int recorder_start(struct recorder **recorderp, struct loop *loop)
{
    struct recorder *recorder = mem_alloc(sizeof *recorder, NULL);
    int err;

    if (!recorder)
        return ENOMEM;
    recorder->magic = RECORDER_MAGIC;
    recorder->control = loop;
    list_init(&recorder->recordings);
    err = loop_alloc(&recorder->work);
    if (!err)
        err = pthread_create(&recorder->thread, NULL, run, recorder);
    if (err) {
        mem_unref(recorder->work);
        mem_unref(recorder);
        return err;
    }
    pthread_setname_np(recorder->thread, "recorder");
    *recorderp = recorder;
    return 0;
}

static void wake(void *arg)
{
    (void)arg;
}

void recorder_stop(struct recorder *recorder)
{
    MAGIC_CHECK(recorder, RECORDER_MAGIC);
    atomic_store_explicit(&recorder->stopping, true, memory_order_release);
    loop_post(recorder->work, wake, NULL); /* without it it sees in a second */
    pthread_join(recorder->thread, NULL);
    recorder->work = mem_unref(recorder->work);
    list_each (node, &recorder->recordings) {
        struct recording *recording = list_entry(node, struct recording, node);

        list_remove(node);
        recording_work(recording);
        recording_tell(recording);
    }
    recorder->magic = 0;
    mem_unref(recorder);
}
