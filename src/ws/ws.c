/* ws.c: the thread of the sockets, and what control asks of it. */
#include "ws/ws.h"
#include "ws/private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 64, NEVER = -1, POLL = 1000 /* [ms] */ };

/* Places in epoll that are no line's. */
static char the_loop, the_bell;

static int watch(struct sockets *sockets, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
}

static void hear(struct socket_line *line, uint32_t events)
{
    if (events & EPOLLOUT)
        send_run(line);
    if (line->state != LINE_OVER && events & ~(uint32_t)EPOLLOUT)
        line_read(line);
    if (line->state == LINE_CLOSING && line->end == SOCKET_CLOSED && send_idle(line))
        line->state = LINE_OVER;
    if (line->state == LINE_OVER)
        line_over(line);
}

/* What was left because others had to have their turn. True: there is more. */
static bool go_on(struct sockets *sockets)
{
    bool more = false;

    list_each (node, &sockets->lines) {
        struct socket_line *line = list_entry(node, struct socket_line, node);

        if (!line->more)
            continue;
        line->more = false;
        hear(line, EPOLLIN);
        more = true;
    }
    return more;
}

static void turn(struct sockets *sockets)
{
    bell_heard(sockets->bell);
    list_each (node, &sockets->lines) {
        struct socket_line *line = list_entry(node, struct socket_line, node);

        line_turn(line);
        if (line->state == LINE_OVER)
            line_over(line);
    }
}

/* Lines first: what the loop runs may end one that has an event here. */
static void wait(struct sockets *sockets, int timeout)
{
    struct epoll_event events[BATCH];
    bool posted = false, rung = false;
    int count = epoll_wait(sockets->epoll, events, BATCH, timeout);

    for (int i = 0; i < count; i++) {
        void *what = events[i].data.ptr;

        if (what == &the_loop)
            posted = true;
        else if (what == &the_bell)
            rung = true;
        else
            hear(what, events[i].events);
    }
    if (rung)
        turn(sockets);
    if (posted)
        loop_run(sockets->loop);
}

/* While curl connects, its sockets are waited for beside ours. */
static void dial(struct sockets *sockets, bool more)
{
    struct curl_waitfd ours = {.fd = sockets->epoll, .events = CURL_WAIT_POLLIN};
    int running;

    curl_multi_perform(sockets->multi, &running);
    upgrade_reap(sockets);
    if (sockets->dialling && !more)
        curl_multi_poll(sockets->multi, &ours, 1, POLL, NULL);
}

static void *run(void *arg)
{
    struct sockets *sockets = arg;
    sigset_t pipe;
    bool more = false;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while (!sockets->stopping) {
        if (sockets->dialling)
            dial(sockets, more);
        wait(sockets, sockets->dialling || more ? 0 : NEVER);
        more = go_on(sockets);
    }
    list_each (node, &sockets->lines) {
        struct socket_line *line = list_entry(node, struct socket_line, node);

        line_fail(line, SOCKET_ENDED, 0, "Given up, since we are stopping.");
        line_over(line);
    }
    return NULL;
}

static void destroy(void *obj)
{
    struct sockets *sockets = obj;

    curl_multi_cleanup(sockets->multi);
    if (sockets->epoll >= 0)
        close(sockets->epoll);
    mem_unref(sockets->bell);
    mem_unref(sockets->loop);
    sockets->magic = 0;
}

static int set_up(struct sockets *sockets)
{
    int err = loop_alloc(&sockets->loop);

    if (!err)
        err = bell_alloc(&sockets->bell);
    if (err)
        return err;
    sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
    sockets->multi = curl_multi_init();
    if (sockets->epoll < 0 || !sockets->multi)
        return sockets->multi ? errno : ENOMEM;
    err = watch(sockets, loop_fd(sockets->loop), &the_loop);
    if (!err)
        err = watch(sockets, bell_fd(sockets->bell), &the_bell);
    return err;
}

int sockets_start(struct sockets **socketsp, const struct sockets_conf *conf, struct loop *control)
{
    struct sockets *sockets;
    int err;

    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return EIO;
    sockets = mem_alloc(sizeof *sockets, destroy);
    if (!sockets) {
        curl_global_cleanup();
        return ENOMEM;
    }
    sockets->magic = SOCKETS_MAGIC;
    sockets->conf = *conf;
    sockets->control = control;
    sockets->epoll = -1;
    list_init(&sockets->lines);
    err = set_up(sockets);
    if (!err)
        err = pthread_create(&sockets->thread, NULL, run, sockets);
    if (err) {
        mem_unref(sockets);
        curl_global_cleanup();
        return err;
    }
    pthread_setname_np(sockets->thread, "sockets");
    *socketsp = sockets;
    return 0;
}

static void stop(void *arg)
{
    struct sockets *sockets = arg;

    sockets->stopping = true;
}

void sockets_stop(struct sockets *sockets)
{
    MAGIC_CHECK(sockets, SOCKETS_MAGIC);
    while (loop_post(sockets->loop, stop, sockets))
        sched_yield();
    pthread_join(sockets->thread, NULL);
    sockets->stopped = true;
    mem_unref(sockets);
    curl_global_cleanup();
}

/* A line, as control has it. */

static void destroy_line(void *obj)
{
    struct socket_line *line = obj;

    mem_unref(line->wire);
    mem_unref(line->url);
    mem_unref(line->host);
    mem_unref(line->path);
    mem_unref(line->authorization);
    mem_unref(line->first);
    mem_unref(line->sockets);
    line->magic = 0;
}

static void start(void *arg)
{
    struct socket_line *line = arg;

    list_append(&line->sockets->lines, &line->node);
    if (!line->url || !line->host) {
        line_fail(line, SOCKET_UNREACHED, 0, "Not a ws or wss URL.");
        line_over(line);
    } else {
        upgrade_start(line);
    }
}

static int fill(struct socket_line *line, const struct socket_request *request)
{
    int err;

    line->rate = request->rate;
    line->ratio = request->rate / 8000;
    line->timeout = request->timeout;
    line->authorization = mem_strdup(request->authorization);
    line->first = mem_strdup(request->first);
    if (!line->first || (request->authorization && !line->authorization))
        return ENOMEM;
    err = upgrade_prepare(line, request->url);
    return err == ENOMEM ? err : wire_alloc(&line->wire, line->sockets->bell);
}

int socket_dial(struct sockets *sockets, const struct socket_request *request,
                const struct socket_events *events, void *arg, struct socket_line **linep)
{
    struct socket_line *line;
    int err;

    MAGIC_CHECK(sockets, SOCKETS_MAGIC);
    line = mem_alloc(sizeof *line, destroy_line);
    if (!line)
        return ENOMEM;
    line->magic = LINE_MAGIC;
    line->sockets = mem_ref(sockets);
    line->events = *events;
    line->arg = arg;
    line->fd = -1;
    list_init(&line->texts);
    list_init(&line->marks);
    err = fill(line, request);
    if (!err && loop_post(sockets->loop, start, mem_ref(line))) {
        mem_unref(line);
        err = ENOMEM;
    }
    if (err)
        mem_unref(line);
    else
        *linep = line;
    return err;
}

struct wire *socket_wire(struct socket_line *line)
{
    return line->wire;
}

/* What control asks of a line, on our thread. */
struct order {
    struct socket_line *line; /* a reference */
    void (*run)(struct socket_line *line, const struct order *order);
    unsigned code;
    char text[100];
};

static void obey(void *arg)
{
    struct order *order = arg;
    struct socket_line *line = order->line;

    if (line->state != LINE_OVER) {
        order->run(line, order);
        if (line->state == LINE_OVER)
            line_over(line);
    }
    mem_unref(line);
    free(order);
}

static int post(struct socket_line *line, const struct order *what)
{
    struct order *order = malloc(sizeof *order);

    MAGIC_CHECK(line, LINE_MAGIC);
    if (!order)
        return ENOMEM;
    if (line->sockets->stopped) { /* `closed` is on its way */
        free(order);
        return 0;
    }
    *order = *what;
    order->line = mem_ref(line);
    if (!loop_post(line->sockets->loop, obey, order))
        return 0;
    mem_unref(line);
    free(order);
    return ENOMEM;
}

static void begin(struct socket_line *line, const struct order *order)
{
    (void)order;
    if (line->state != LINE_UP || line->begun || !send_text(line, line->first))
        return;
    line->begun = true;
    wire_open(line->wire);
    message_begun(line);
    message_marks(line);
    send_run(line);
}

void socket_begin(struct socket_line *line)
{
    if (post(line, &(struct order){.run = begin}))
        socket_close(line, FRAME_GONE);
}

static void tell(struct socket_line *line, const struct order *order)
{
    if (line->state == LINE_UP && line->begun && send_text(line, order->text))
        send_run(line);
}

int socket_digit(struct socket_line *line, char digit, unsigned duration_ms)
{
    struct order order = {.run = tell};

    snprintf(order.text, sizeof order.text,
             "{\"event\":\"websocket:dtmf\",\"digit\":\"%c\",\"duration\":%u}", digit, duration_ms);
    return post(line, &order);
}

static void close_line(struct socket_line *line, const struct order *order)
{
    line_close(line, order->code);
}

void socket_close(struct socket_line *line, unsigned code)
{
    struct order order = {.run = close_line, .code = code};

    while (post(line, &order)) /* or it would never end */
        sched_yield();
}
