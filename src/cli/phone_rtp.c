/* phone_rtp.c: the engine's thread: every 5 ms by the clock it reads what came and
 * sends what is due. It sleeps while no port is open. */
#include "cli/phone_rtp_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { READY = 64 };

static void sleep_until(int64_t mono_ns)
{
    struct timespec at = {mono_ns / 1000000000, mono_ns % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static void tick(struct phone_rtp *engine)
{
    struct epoll_event ready[READY];
    int64_t now = clock_mono_ns();
    int count;

    do {
        count = epoll_wait(engine->epoll, ready, READY, 0);
        for (int i = 0; i < count; i++)
            phone_receive(ready[i].data.ptr);
    } while (count == READY);
    list_each (node, &engine->ports) {
        struct phone_port *port = list_entry(node, struct phone_port, node);

        phone_receive_tick(port, now);
        phone_send(port, now);
    }
}

static void *run(void *arg)
{
    struct phone_rtp *engine = arg;
    const int64_t step = TICK_MS * INT64_C(1000000);
    int64_t due = 0;

    pthread_mutex_lock(&engine->lock);
    while (!engine->stopping) {
        if (list_empty(&engine->ports)) {
            pthread_cond_wait(&engine->some, &engine->lock);
            continue;
        }
        due += step;
        if (due < clock_mono_ns() - 1000000000)
            due = clock_mono_ns() / step * step; /* we slept */
        pthread_mutex_unlock(&engine->lock);
        sleep_until(due);
        pthread_mutex_lock(&engine->lock);
        tick(engine);
    }
    pthread_mutex_unlock(&engine->lock);
    return NULL;
}

static void destroy(void *obj)
{
    struct phone_rtp *engine = obj;

    if (engine->epoll >= 0)
        close(engine->epoll);
    pthread_mutex_destroy(&engine->lock);
    pthread_cond_destroy(&engine->some);
}

int phone_rtp_start(struct phone_rtp **enginep)
{
    struct phone_rtp *engine = mem_alloc(sizeof *engine, destroy);
    int err;

    if (!engine)
        return ENOMEM;
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->some, NULL);
    list_init(&engine->ports);
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    err = engine->epoll < 0 ? errno : pthread_create(&engine->thread, NULL, run, engine);
    if (err) {
        mem_unref(engine);
        return err;
    }
    *enginep = engine;
    return 0;
}

void phone_rtp_stop(struct phone_rtp *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    pthread_cond_signal(&engine->some);
    pthread_mutex_unlock(&engine->lock);
    pthread_join(engine->thread, NULL);
}
