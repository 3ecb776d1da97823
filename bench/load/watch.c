/* watch.c: epoll and a timerfd. */
#include "bench/load/watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TICK_NS = 1000000, BATCH = 64 };

int watch_add(struct watch *watch, struct watcher *watcher)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};

    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watcher->fd, &event) ? errno : 0;
}

int watch_open(struct watch *watch, void (*tick)(void *arg), void *arg)
{
    struct itimerspec every = {{0, TICK_NS}, {0, TICK_NS}};

    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch->tick = (struct watcher){tick, arg, watch->timer};
    if (watch->epoll < 0 || watch->timer < 0 || timerfd_settime(watch->timer, 0, &every, NULL))
        return errno;
    return watch_add(watch, &watch->tick);
}

void watch_wait(struct watch *watch)
{
    struct epoll_event events[BATCH];
    int count = epoll_wait(watch->epoll, events, BATCH, -1);

    for (int i = 0; i < count; i++) {
        struct watcher *watcher = events[i].data.ptr;
        uint64_t expired;

        if (watcher == &watch->tick && read(watch->timer, &expired, sizeof expired) < 0)
            continue;
        watcher->ready(watcher->arg);
    }
}

void watch_close(struct watch *watch)
{
    if (watch->timer >= 0)
        close(watch->timer);
    if (watch->epoll >= 0)
        close(watch->epoll);
}
