/* watch.c: epoll and a timerfd. */
#include "bench/load/watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TICK_NS = 1000000, BATCH = 256 };

int watch_add(struct watch *watch, struct watcher *watcher)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = watcher};

    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watcher->fd, &event) ? errno : 0;
}

int watch_open(struct watch *watch, void (*tick)(void *arg), void *arg)
{
    struct itimerspec every = {{0, TICK_NS}, {0, TICK_NS}};

    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    watch->tick = tick;
    watch->arg = arg;
    if (watch->epoll < 0 || watch->timer < 0 || timerfd_settime(watch->timer, 0, &every, NULL))
        return errno;
    return 0;
}

static void serve(struct watch *watch)
{
    struct epoll_event events[BATCH];
    int count;

    do {
        count = epoll_wait(watch->epoll, events, BATCH, 0);
        for (int i = 0; i < count; i++) {
            struct watcher *watcher = events[i].data.ptr;

            watcher->ready(watcher->arg);
        }
    } while (count == BATCH);
}

void watch_wait(struct watch *watch)
{
    uint64_t expired;

    if (read(watch->timer, &expired, sizeof expired) < 0)
        return;
    watch->tick(watch->arg);
    serve(watch);
}

void watch_close(struct watch *watch)
{
    if (watch->timer >= 0)
        close(watch->timer);
    if (watch->epoll >= 0)
        close(watch->epoll);
}
