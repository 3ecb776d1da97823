/* rest_accept.c: taking connections. We accept, not the library: after a moment without
 * descriptors that one does not try again until one of its connections goes, which a
 * stream may never do.
 *
 * One descriptor is kept in reserve. When there is no other, a connection gets that one, is
 * answered once and closed, and then the next: who wants to be rid of calls is heard just
 * then. While nobody can be taken the listener is not watched, so that it keeps no thread
 * busy; those who wait stay in the kernel's queue.
 *
 * HTTP thread, but for rest_accept_start(). */
#include "base/log.h"
#include "http/rest_server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    AT_ONCE = 32,       /* connections taken before the others are looked at */
    REST = 250,         /* [ms] after the kernel had no memory */
    WARN_AGAIN = 60000, /* [ms] */
};

static int watch(struct rest *rest, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = &rest->listener};

    rest->deaf = !events;
    return epoll_ctl(rest->epoll, operation, rest->listener, &event) < 0 ? errno : 0;
}

static void fill_reserve(struct rest *rest)
{
    if (rest->reserve < 0)
        rest->reserve = eventfd(0, EFD_CLOEXEC); /* a file of its own: for ENFILE */
}

int rest_accept_start(struct rest *rest)
{
    fill_reserve(rest);
    return rest->reserve < 0 ? errno : watch(rest, EPOLL_CTL_ADD, EPOLLIN);
}

void rest_accept_stop(struct rest *rest)
{
    watch(rest, EPOLL_CTL_MOD, 0);
}

static void go_deaf(struct rest *rest, int64_t until)
{
    watch(rest, EPOLL_CTL_MOD, 0);
    rest->deaf_until = until;
}

static void warn(struct rest *rest)
{
    if (rest->warned && rest->now - rest->warned < WARN_AGAIN)
        return;
    rest->warned = rest->now;
    log_warning("http", "no file descriptor is left: one connection at a time is served");
}

/* The connection, and who it is; -1: errno tells. */
static int take(struct rest *rest, struct sockaddr_storage *address, socklen_t *size)
{
    *size = sizeof *address;
    return accept4(rest->listener, (struct sockaddr *)address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* In place of the reserve, for which another thread may be quicker. */
static int take_last(struct rest *rest, struct sockaddr_storage *address, socklen_t *size)
{
    warn(rest);
    if (rest->reserve < 0) {
        errno = EMFILE;
        return -1;
    }
    close(rest->reserve);
    rest->reserve = -1;
    rest->last = true;
    return take(rest, address, size);
}

/* Whether there may be more to take. */
static bool failed(struct rest *rest, int err)
{
    switch (err) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        go_deaf(rest, 0);
        return false;
    case ENOBUFS:
    case ENOMEM:
        go_deaf(rest, rest->now + REST);
        return false;
    default: /* of that one connection: accept(2) */
        return true;
    }
}

/* Takes the next one that waits. Whether there may be more. */
static bool accept_one(struct rest *rest)
{
    struct sockaddr_storage address;
    socklen_t size;
    int fd = take(rest, &address, &size);

    rest->last = false;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        fd = take_last(rest, &address, &size);
    if (fd < 0)
        return failed(rest, errno);
    /* it closes what it cannot take */
    MHD_add_connection(rest->daemon, fd, (struct sockaddr *)&address, size);
    return true;
}

void rest_accept(struct rest *rest)
{
    for (int i = 0; i < AT_ONCE; i++) {
        if (rest->connections >= REST_CONNECTIONS)
            go_deaf(rest, 0);
        if (rest->deaf || !accept_one(rest))
            break;
    }
}

void rest_accept_again(struct rest *rest)
{
    fill_reserve(rest);
    if (rest->deaf && !rest->stopping && rest->reserve >= 0 && rest->now >= rest->deaf_until &&
        rest->connections < REST_CONNECTIONS)
        watch(rest, EPOLL_CTL_MOD, EPOLLIN);
}
