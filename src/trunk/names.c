/* names.c: the thread that asks: its channel, its inbox, its sockets. */
#include "trunk/lookup.h"
#include "trunk/private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TIMEOUT_MS = 2000, TRIES = 2 };

/* The thread. */

/* Of the i-th socket, as ares_getsock() tells; its macros shift into the sign. */
static short events_of(unsigned bits, int i)
{
    return (short)((bits >> i & 1 ? POLLIN : 0) |
                   (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
}

static void wait_and_work(struct names *names)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    int bits = ares_getsock(names->channel, sockets, ARES_GETSOCK_MAXNUM), timeout = -1;
    struct pollfd fds[ARES_GETSOCK_MAXNUM + 1] = {{.fd = loop_fd(names->loop), .events = POLLIN}};
    struct timeval most = {3600, 0}, left, *due = ares_timeout(names->channel, &most, &left);
    nfds_t count = 1;

    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        short events = events_of((unsigned)bits, i);

        if (events)
            fds[count++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    if (count > 1 && due)
        timeout = (int)(due->tv_sec * 1000 + due->tv_usec / 1000 + 1);
    poll(fds, count, timeout);
    for (nfds_t i = 1; i < count; i++)
        ares_process_fd(names->channel,
                        fds[i].revents & (POLLIN | POLLERR | POLLHUP) ? fds[i].fd : ARES_SOCKET_BAD,
                        fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
    if (count == 1)
        ares_process_fd(names->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    loop_run(names->loop);
}

static void *run(void *arg)
{
    struct names *names = arg;

    while (!names->ending || names->pending)
        wait_and_work(names);
    return NULL;
}

static void on_end(void *arg)
{
    struct names *names = arg;

    names->ending = true;
    ares_cancel(names->channel);
}

static int open_channel(struct names *names, const char *const *servers, size_t count)
{
    struct ares_options options = {.timeout = TIMEOUT_MS, .tries = TRIES};
    char *list = mem_strdup(""), *more;
    int err;

    for (size_t i = 0; list && i < count; i++) {
        more = mem_printf("%s%s%s", list, i ? "," : "", servers[i]);
        mem_unref(list);
        list = more;
    }
    if (!list)
        return ENOMEM;
    err = ares_library_init(ARES_LIB_INIT_ALL);
    if (!err)
        err = ares_init_options(&names->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (!err && count)
        err = ares_set_servers_ports_csv(names->channel, list);
    mem_unref(list);
    return err ? ENOMEM : 0;
}

static void destroy(void *obj)
{
    struct names *names = obj;

    if (names->channel)
        ares_destroy(names->channel);
    mem_unref(names->loop);
}

int names_start(struct names **namesp, struct loop *control, const char *const *servers,
                size_t count)
{
    struct names *names = mem_alloc(sizeof *names, destroy);
    int err;

    if (!names)
        return ENOMEM;
    names->control = control;
    err = loop_alloc(&names->loop);
    if (!err)
        err = open_channel(names, servers, count);
    if (!err)
        err = pthread_create(&names->thread, NULL, run, names);
    if (err)
        mem_unref(names);
    else
        *namesp = names;
    return err;
}

void names_stop(struct names *names)
{
    names->end = (struct loop_task){.run = on_end, .arg = names};
    loop_post_task(names->loop, &names->end);
    pthread_join(names->thread, NULL);
    mem_unref(names);
}

/* Asking. */

bool names_is_numeric(const char *uri)
{
    const char *host;
    size_t length = proxy_host(uri, &host);

    return *host == '[' || strspn(host, "0123456789.") == length;
}

static void read_transport(struct question *question, const char *uri)
{
    const char *at = strcasestr(uri, ";transport=");

    if (at) {
        at += strlen(";transport=");
        question->transport = lookup_transport(at, strcspn(at, ";?>"));
    } else if (strncasecmp(uri, "sips:", 5) == 0) {
        question->transport = "tls";
    }
}

int names_ask(struct names *names, const char *uri, names_h *done, void *arg)
{
    struct question *question;
    const char *host;
    size_t length = proxy_host(uri, &host);

    if (!length || length >= sizeof question->host)
        return EINVAL;
    question = calloc(1, sizeof *question);
    if (!question)
        return ENOMEM;
    question->names = names;
    question->done = done;
    question->arg = arg;
    memcpy(question->host, host, length);
    if (host[length] == ':')
        question->port = (unsigned)strtoul(host + length + 1, NULL, 10);
    read_transport(question, uri);
    question->task = (struct loop_task){.run = lookup_begin, .arg = question};
    loop_post_task(names->loop, &question->task);
    return 0;
}
