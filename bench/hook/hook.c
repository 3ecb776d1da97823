/* hook.c: an application's server that is as fast as can be: it answers every HTTP request with
 * an empty 200, keeps connections, and counts.
 *
 *     hook        listens on a free loopback port, which it tells on stderr: `ready PORT`;
 *                 SIGTERM ends it, with what it has taken on stdout: {"requests":N} */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 65536 };

struct client {
    int fd;
    size_t size;
    char text[ROOM + 1]; /* of requests that are not whole */
};

static volatile sig_atomic_t over;
static unsigned long requests;

static void on_signal(int signal)
{
    (void)signal;
    over = 1;
}

static int listen_somewhere(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 1024) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

/* [bytes] of the first whole request in the text; 0: it is not whole. */
static size_t whole(const char *text, size_t size)
{
    const char *end = strstr(text, "\r\n\r\n"), *length;
    size_t head, body = 0;

    if (!end)
        return 0;
    head = (size_t)(end - text) + 4;
    length = strcasestr(text, "\r\nContent-Length:");
    if (length && length < end)
        body = strtoul(length + 17, NULL, 10);
    return head + body <= size ? head + body : 0;
}

static bool answer(struct client *client)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    size_t used;

    while ((used = whole(client->text, client->size))) {
        requests++;
        client->size -= used;
        memmove(client->text, client->text + used, client->size + 1);
        if (send(client->fd, reply, sizeof reply - 1, MSG_NOSIGNAL) != (ssize_t)sizeof reply - 1)
            return false;
    }
    return client->size < ROOM;
}

static void serve(struct client *client)
{
    ssize_t more = recv(client->fd, client->text + client->size, ROOM - client->size, MSG_DONTWAIT);

    if (more > 0) {
        client->size += (size_t)more;
        client->text[client->size] = '\0';
        if (answer(client))
            return;
    } else if (more < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    close(client->fd);
    free(client);
}

static void welcome(int epoll, int listener)
{
    struct client *client = calloc(1, sizeof *client);
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = client};
    int on = 1;

    if (!client)
        return;
    client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (client->fd >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &in))
        return;
    if (client->fd >= 0)
        close(client->fd);
    free(client);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct epoll_event in = {.events = EPOLLIN}, ready[BATCH];
    unsigned port = 0;
    int listener = listen_somewhere(&port), epoll = epoll_create1(EPOLL_CLOEXEC);

    if (listener < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &in)) {
        perror("hook");
        return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    fprintf(stderr, "ready %u\n", port);
    while (!over) {
        int count = epoll_wait(epoll, ready, BATCH, -1);

        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr)
                serve(ready[i].data.ptr);
            else
                welcome(epoll, listener);
        }
    }
    printf("{\"requests\":%lu}\n", requests);
    return 0;
}
