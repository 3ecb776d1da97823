/* watch.h: what this program waits for: a tick, and sockets that can be read, at which it looks
 * once a tick: packets are stamped by the kernel, so nothing is lost by waiting for more of them,
 * and waking up for each would cost as much as reading it. */
#ifndef OFFHOOK_BENCH_WATCH_H
#define OFFHOOK_BENCH_WATCH_H

/* Lies inside the object it serves, which outlives the watch. */
struct watcher {
    void (*ready)(void *arg);
    void *arg;
    int fd;
};

struct watch {
    int epoll, timer;
    void (*tick)(void *arg);
    void *arg;
};

#define WATCH_CLOSED ((struct watch){.epoll = -1, .timer = -1})

/* `ready` is called for what came since it was last called, so it reads all there is.
 * Calls `tick` every millisecond, later when we are late, never twice for one. */
int watch_open(struct watch *watch, void (*tick)(void *arg), void *arg);
int watch_add(struct watch *watch, struct watcher *watcher);
/* Waits for the next tick and serves what is ready. */
void watch_wait(struct watch *watch);
void watch_close(struct watch *watch);

#endif
