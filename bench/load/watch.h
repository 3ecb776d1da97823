/* watch.h: what this program waits for: sockets that can be read and a tick. */
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
    struct watcher tick;
};

#define WATCH_CLOSED ((struct watch){.epoll = -1, .timer = -1})

/* Calls `tick` every millisecond, later when we are late, never twice for one. */
int watch_open(struct watch *watch, void (*tick)(void *arg), void *arg);
int watch_add(struct watch *watch, struct watcher *watcher);
/* Waits for the next things that are ready and serves them. */
void watch_wait(struct watch *watch);
void watch_close(struct watch *watch);

#endif
