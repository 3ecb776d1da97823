/* rest.c: starting and stopping the server. libmicrohttpd runs on one thread of ours
 * (rest_thread.c); a request that is not answered while the handler runs is suspended,
 * and resumed by rest_reply() or rest_stream(). */
#include "http/rest.h"
#include "base/mem.h"
#include "http/rest_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TIMEOUT = 30, /* [s] */
    /* [bytes] of request line, headers and reply headers; the library clears it for each
     * request, so a generous one costs time */
    HEADER_LIMIT = 24 << 10,
    BACKLOG = 511,
    PEM_LIMIT = 1 << 20
};

static void shut(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void destroy(void *obj)
{
    struct rest *rest = obj;

    assert(!rest->daemon);
    shut(rest->listener);
    shut(rest->reserve);
    shut(rest->epoll);
    shut(rest->wake);
    mem_unref(rest->certificate);
    if (rest->key)
        explicit_bzero(rest->key, strlen(rest->key));
    mem_unref(rest->key);
    rest->magic = 0;
}

static int listen_on(struct rest *rest, const struct rest_conf *conf)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    socklen_t size = sizeof *four;
    int on = 1;

    if (conf->port > 65535)
        return EINVAL;
    if (inet_pton(AF_INET, conf->host, &four->sin_addr) == 1) {
        address.ss_family = AF_INET;
        four->sin_port = htons((uint16_t)conf->port);
    } else if (inet_pton(AF_INET6, conf->host, &six->sin6_addr) == 1) {
        address.ss_family = AF_INET6;
        six->sin6_port = htons((uint16_t)conf->port);
        size = sizeof *six;
    } else {
        return EINVAL;
    }
    rest->listener = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (rest->listener < 0 ||
        setsockopt(rest->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(rest->listener, (struct sockaddr *)&address, size) < 0 ||
        listen(rest->listener, BACKLOG) < 0 ||
        getsockname(rest->listener, (struct sockaddr *)&address, &size) < 0)
        return errno;
    rest->port = ntohs(address.ss_family == AF_INET ? four->sin_port : six->sin6_port);
    return 0;
}

static int read_pem(char **textp, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
    struct stat about;
    char *text = NULL;

    if (fd < 0)
        return errno;
    if (fstat(fd, &about) < 0)
        err = errno;
    else if (about.st_size <= 0 || about.st_size > PEM_LIMIT)
        err = EINVAL;
    else if (!(text = mem_alloc((size_t)about.st_size + 1, NULL)))
        err = ENOMEM;
    else if (read(fd, text, (size_t)about.st_size) != about.st_size)
        err = EIO;
    close(fd);
    if (err)
        mem_unref(text);
    else
        *textp = text;
    return err;
}

static int start_daemon(struct rest *rest)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     (rest->key ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, rest->key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, rest->certificate},
        {MHD_OPTION_END, 0, NULL},
    };

    rest->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, rest_on_request, rest, MHD_OPTION_URI_LOG_CALLBACK, rest_on_line,
        rest, MHD_OPTION_NOTIFY_COMPLETED, rest_on_completed, rest, MHD_OPTION_NOTIFY_CONNECTION,
        rest_on_peer, rest, MHD_OPTION_CONNECTION_TIMEOUT, rest->timeout,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)REST_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_LIMIT, MHD_OPTION_ARRAY, rest->key ? tls : tls + 2, MHD_OPTION_END);
    return rest->daemon ? 0 : EINVAL;
}

static int watch(struct rest *rest, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return fd < 0 || epoll_ctl(rest->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
}

static int start_thread(struct rest *rest)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(rest->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    sigset_t all, old;
    int err;

    rest->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (rest->epoll < 0)
        return errno;
    rest->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    err = watch(rest, rest->wake, rest);
    if (!err)
        err = watch(rest, info->epoll_fd, NULL);
    if (!err)
        err = rest_accept_start(rest);
    if (err)
        return err;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_create(&rest->thread, NULL, rest_thread, rest);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    rest->threaded = !err;
    if (!err)
        pthread_setname_np(rest->thread, "http");
    return err;
}

int rest_start(struct rest **restp, const struct rest_conf *conf,
               const struct rest_handlers *handlers)
{
    struct rest *rest = mem_alloc(sizeof *rest, destroy);
    bool tls = conf->certificate && *conf->certificate;
    int err = 0;

    if (!rest)
        return ENOMEM;
    rest->magic = REST_MAGIC;
    rest->listener = rest->reserve = rest->epoll = rest->wake = -1;
    rest->handlers = *handlers;
    rest->body_limit = conf->body_limit;
    rest->timeout = conf->timeout ? conf->timeout : TIMEOUT;
    list_init(&rest->peers);
    list_init(&rest->streams);
    if (tls && (err = read_pem(&rest->certificate, conf->certificate)))
        goto out;
    if (tls && (err = read_pem(&rest->key, conf->key ? conf->key : "")))
        goto out;
    err = listen_on(rest, conf);
    if (!err)
        err = start_daemon(rest);
    if (!err)
        err = start_thread(rest);
out:
    if (err)
        rest_stop(rest);
    if (err)
        mem_unref(rest);
    else
        *restp = rest;
    return err;
}

unsigned rest_port(const struct rest *rest)
{
    MAGIC_CHECK(rest, REST_MAGIC);
    return rest->port;
}

void rest_stop(struct rest *rest)
{
    uint64_t one = 1;
    ssize_t n = 0;

    MAGIC_CHECK(rest, REST_MAGIC);
    atomic_store(&rest->stop, true);
    if (rest->threaded) {
        n = write(rest->wake, &one, sizeof one);
        pthread_join(rest->thread, NULL);
    } else if (rest->daemon) {
        MHD_stop_daemon(rest->daemon);
        rest->daemon = NULL;
    }
    (void)n; /* EAGAIN: it is awake already */
    rest->threaded = false;
}
