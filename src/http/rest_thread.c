/* rest_thread.c: the HTTP thread. A turn of it: what was posted, what the library has to
 * do, who was too slow; then it waits on one epoll for our eventfd, the listener, the
 * library's own epoll, and the hang-ups of streams (the library does not look at a connection that
 * is suspended, and a stream with nothing to send is).
 *
 * The library's timeout starts anew with every byte, so connections that take too long
 * to send a request are cut here. */
#include "base/clock.h"
#include "base/mem.h"
#include "http/rest_request.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOOK = 250,   /* [ms] between two looks at slow connections */
    LAST = 2000,  /* [ms] who has the last descriptor may take over a request */
    GRACE = 1000, /* [ms] a stream has to take its end when we stop */
    EVENTS = 16
};

void rest_post(struct rest *rest, struct rest_post *post)
{
    struct rest_post *below;
    uint64_t one = 1;
    ssize_t n = 0;

    atomic_fetch_add(&rest->posting, 1);
    below = atomic_load_explicit(&rest->mail, memory_order_relaxed);
    do {
        post->next = below;
    } while (!atomic_compare_exchange_weak_explicit(&rest->mail, &below, post, memory_order_release,
                                                    memory_order_relaxed));
    if (!below)
        n = write(rest->wake, &one, sizeof one);
    (void)n; /* EAGAIN: it is awake already */
    atomic_fetch_sub(&rest->posting, 1);
}

/* A word that is about nothing of ours. */
struct call {
    struct rest_post post;
    void (*run)(void *arg);
    void *arg;
};

static void run_call(struct rest_post *post)
{
    struct call *call = list_entry(post, struct call, post);

    call->run(call->arg);
    free(call);
}

int rest_call(struct rest *rest, void (*run)(void *arg), void *arg)
{
    struct call *call = malloc(sizeof *call);

    MAGIC_CHECK(rest, REST_MAGIC);
    if (!call)
        return ENOMEM;
    *call = (struct call){{.run = run_call}, run, arg};
    rest_post(rest, &call->post);
    return 0;
}

static bool take_mail(struct rest *rest)
{
    struct rest_post *post = atomic_exchange_explicit(&rest->mail, NULL, memory_order_acquire);
    struct rest_post *turned = NULL;

    while (post) {
        struct rest_post *next = post->next;

        post->next = turned;
        turned = post;
        post = next;
    }
    if (!turned)
        return false;
    while (turned) {
        struct rest_post *next = turned->next;

        turned->run(turned);
        turned = next;
    }
    return true;
}

static void look_at_peers(struct rest *rest)
{
    int64_t patience = 2000 * (int64_t)rest->timeout;

    rest->looked = rest->now;
    list_each (node, &rest->peers) {
        struct rest_peer *peer = list_entry(node, struct rest_peer, node);

        if (peer->waiting && peer->since < rest->now - (peer->last ? LAST : patience)) {
            shutdown(peer->fd, SHUT_RDWR);
            peer->waiting = false;
        }
    }
    if (rest->stopping && rest->now >= rest->cut)
        list_each (node, &rest->streams)
            rest_stream_cut(rest_stream_at(node));
}

static void begin_to_stop(struct rest *rest)
{
    rest->stopping = true;
    rest->cut = rest->now + GRACE;
    rest_accept_stop(rest);
    list_each (node, &rest->streams)
        rest_stream_end(rest_stream_at(node));
}

/* [ms] the thread may sleep; -1: for ever. */
static int patience(const struct rest *rest)
{
    bool watching = !list_empty(&rest->peers) || rest->stopping || rest->deaf;
    int64_t look = rest->looked + LOOK - rest->now;
    MHD_UNSIGNED_LONG_LONG library;

    if (!watching)
        look = -1;
    else if (look < 0)
        look = 0;
    if (MHD_get_timeout(rest->daemon, &library) == MHD_YES &&
        (look < 0 || library < (MHD_UNSIGNED_LONG_LONG)look))
        look = (int64_t)library;
    return (int)look;
}

/* Waits. Whether the library has something to do. */
static bool wait_for_work(struct rest *rest)
{
    struct epoll_event events[EVENTS];
    int timeout = patience(rest);
    int count = epoll_wait(rest->epoll, events, EVENTS, timeout);
    bool work = timeout == 0 || count <= 0, ringing = false;
    uint64_t posted;
    ssize_t n = 0;

    rest->now = clock_mono_ms();
    for (int i = 0; i < count; i++) {
        if (!events[i].data.ptr)
            work = true;
        else if (events[i].data.ptr == rest)
            n = read(rest->wake, &posted, sizeof posted);
        else if (events[i].data.ptr == &rest->listener)
            ringing = true;
        else
            rest_stream_cut(events[i].data.ptr);
    }
    (void)n;
    if (ringing)
        rest_accept(rest); /* last: the library may end others for it */
    return work || ringing;
}

void *rest_thread(void *arg)
{
    struct rest *rest = arg;
    bool work = true;

    rest->now = clock_mono_ms();
    while (!rest->stopping || rest->open) {
        work |= take_mail(rest);
        if (!rest->stopping && atomic_load(&rest->stop))
            begin_to_stop(rest);
        if (work)
            MHD_run(rest->daemon);
        rest_accept_again(rest);
        if (rest->now - rest->looked >= LOOK)
            look_at_peers(rest);
        if (rest->stopping && !rest->open)
            break;
        work = wait_for_work(rest);
    }
    /* Nothing is open, so nothing is posted; the last post may still be on its way out. */
    while (atomic_load(&rest->posting))
        sched_yield();
    take_mail(rest);
    MHD_stop_daemon(rest->daemon);
    rest->daemon = NULL;
    return NULL;
}
