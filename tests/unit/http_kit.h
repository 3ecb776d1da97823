/* http_kit.h: a client of raw sockets, for the tests of the server. */
#ifndef OFFHOOK_TESTS_HTTP_KIT_H
#define OFFHOOK_TESTS_HTTP_KIT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { WAIT = 20000 /* [ms] */ };

struct reply {
    int status;
    char head[8192], body[65536];
    size_t size;
};

static inline int client_dial(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void put(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* the server has had enough: the reply tells */
        data += n;
        size -= (size_t)n;
    }
}

static inline void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

/* One byte more; false: the other side closed, or nothing came in time. */
static inline bool get(int fd, char *c)
{
    struct pollfd in = {.fd = fd, .events = POLLIN};

    return poll(&in, 1, WAIT) == 1 && recv(fd, c, 1, 0) == 1;
}

static inline bool hear(int fd, struct reply *reply, bool has_body)
{
    size_t n = 0;
    const char *length;

    memset(reply, 0, sizeof *reply);
    while (n < sizeof reply->head - 1 && !strstr(reply->head, "\r\n\r\n"))
        if (!get(fd, &reply->head[n++]))
            return false;
    if (sscanf(reply->head, "HTTP/1.%*d %d", &reply->status) != 1)
        return false;
    length = strstr(reply->head, "Content-Length: ");
    reply->size = length ? strtoul(length + 16, NULL, 10) : 0;
    if (!has_body)
        return true;
    assert_true(reply->size < sizeof reply->body);
    for (n = 0; n < reply->size; n++)
        if (!get(fd, &reply->body[n]))
            return false;
    return true;
}

static inline bool closed(int fd)
{
    char c;
    struct pollfd in = {.fd = fd, .events = POLLIN};

    return poll(&in, 1, WAIT) == 1 && recv(fd, &c, 1, 0) <= 0;
}

#endif
