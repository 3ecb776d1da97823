/* wire.c: bind, SO_TIMESTAMPNS, recvmsg. */
#include "bench/load/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 4 << 20, TRIES = 1000 };

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

int64_t wire_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(&now);
}

static int bind_near(int fd, struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    unsigned port = ntohs(address->sin_port);

    for (unsigned tries = 0; bind(fd, (struct sockaddr *)address, sizeof *address); tries++) {
        if (errno != EADDRINUSE || tries == TRIES || port + 2 > UINT16_MAX)
            return errno;
        port += 2;
        address->sin_port = htons((uint16_t)port);
    }
    return getsockname(fd, (struct sockaddr *)address, &size) ? errno : 0;
}

int wire_open(int *fd, struct sockaddr_in *address)
{
    int one = 1, room = BUFFER;
    int err;

    *fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return errno;
    err = bind_near(*fd, address);
    if (!err && setsockopt(*fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one))
        err = errno;
    /* The first may go beyond the system's limit and needs a privilege. */
    if (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
        setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (err) {
        close(*fd);
        *fd = -1;
    }
    return err;
}

static int64_t stamp(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        struct timespec time;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&time, CMSG_DATA(c), sizeof time);
        return nanoseconds(&time);
    }
    return wire_now();
}

ssize_t wire_read(int fd, void *packet, size_t size, int64_t *arrived)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec part = {packet, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got;

    do {
        got = recvmsg(fd, &message, 0);
    } while (got < 0 && (errno == EINTR || errno == ECONNREFUSED));
    if (got >= 0)
        *arrived = stamp(&message);
    return got;
}

unsigned wire_read_some(int fd, struct wire_packet packets[WIRE_BATCH])
{
    _Alignas(struct cmsghdr) char control[WIRE_BATCH][CMSG_SPACE(sizeof(struct timespec))];
    struct mmsghdr messages[WIRE_BATCH];
    struct iovec parts[WIRE_BATCH];
    int got;

    for (unsigned i = 0; i < WIRE_BATCH; i++) {
        parts[i] = (struct iovec){packets[i].data, sizeof packets[i].data};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i],
                                                   .msg_iovlen = 1,
                                                   .msg_control = control[i],
                                                   .msg_controllen = sizeof control[i]}};
    }
    do {
        got = recvmmsg(fd, messages, WIRE_BATCH, 0, NULL);
    } while (got < 0 && (errno == EINTR || errno == ECONNREFUSED));
    for (int i = 0; i < got; i++) {
        packets[i].size = messages[i].msg_len;
        packets[i].arrived = stamp(&messages[i].msg_hdr);
    }
    return got > 0 ? (unsigned)got : 0;
}
