/* rest.c: the server. libmicrohttpd has one epoll thread; a request that is not
 * answered while the handler runs is suspended, and resumed by rest_reply(). A second,
 * mostly sleeping thread cuts connections that take too long to send a request: the
 * library's own timeout starts anew with every byte. */
#include "http/rest.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/rest_request.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    REST_MAGIC = 0x68747470,
    TIMEOUT = 30,            /* [s] */
    CONNECTIONS = 1024,      /* at once */
    HEADER_LIMIT = 64 << 10, /* [bytes] of request line, headers and reply headers */
    BACKLOG = 511,
    PEM_LIMIT = 1 << 20,
    SWALLOW = 4, /* times the body limit read and dropped, so that the peer sees our 413 */
    WATCH = 250  /* [ms] between two looks at slow connections */
};

struct peer { /* HTTP thread; node, since and waiting under the lock */
    struct list node;
    int fd;
    int64_t since; /* [ms, monotonic] it may send or read */
    bool waiting;  /* for the peer; false: for our handler */
};

struct rest {
    unsigned magic;
    struct MHD_Daemon *daemon;
    struct rest_handlers handlers;
    size_t body_limit;
    unsigned port, timeout; /* [s] */
    char *certificate, *key;
    int listener;
    pthread_t watcher;
    bool watched; /* there is a watcher to join */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list peers;       /* lock */
    unsigned open, replying; /* lock: requests not gone, calls of rest_reply() under way */
    bool stopping, watching; /* lock */
};

static void destroy(void *obj)
{
    struct rest *rest = obj;

    assert(!rest->daemon);
    if (rest->listener >= 0)
        close(rest->listener);
    mem_unref(rest->certificate);
    if (rest->key)
        explicit_bzero(rest->key, strlen(rest->key));
    mem_unref(rest->key);
    pthread_cond_destroy(&rest->changed);
    pthread_mutex_destroy(&rest->lock);
    rest->magic = 0;
}

/* Peers. */

static void on_peer(void *arg, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what)
{
    struct rest *rest = arg;
    struct peer *peer = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        peer = mem_alloc(sizeof *peer, NULL);
        if (!peer)
            return;
        peer->fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        peer->since = clock_mono_ms();
        peer->waiting = true;
        pthread_mutex_lock(&rest->lock);
        list_append(&rest->peers, &peer->node);
        pthread_mutex_unlock(&rest->lock);
        *context = peer;
    } else if (peer) {
        pthread_mutex_lock(&rest->lock);
        list_remove(&peer->node);
        pthread_mutex_unlock(&rest->lock);
        *context = mem_unref(peer);
    }
}

static void peer_waits(struct rest *rest, struct MHD_Connection *connection, bool waiting)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct peer *peer = info ? info->socket_context : NULL;

    if (!peer)
        return;
    pthread_mutex_lock(&rest->lock);
    peer->waiting = waiting;
    peer->since = clock_mono_ms();
    pthread_mutex_unlock(&rest->lock);
}

static void cut_slow_peers(struct rest *rest)
{
    int64_t oldest = clock_mono_ms() - 2000 * (int64_t)rest->timeout;

    list_each (node, &rest->peers) {
        struct peer *peer = list_entry(node, struct peer, node);

        if (peer->waiting && peer->since < oldest) {
            shutdown(peer->fd, SHUT_RDWR);
            peer->waiting = false;
        }
    }
}

static void *watch(void *arg)
{
    struct rest *rest = arg;

    pthread_mutex_lock(&rest->lock);
    while (rest->watching) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&rest->changed, &rest->lock, &until);
        cut_slow_peers(rest);
    }
    pthread_mutex_unlock(&rest->lock);
    return NULL;
}

/* Requests. */

static void *on_line(void *arg, const char *target, struct MHD_Connection *connection)
{
    return rest_request_alloc(arg, connection, target);
}

static enum MHD_Result send_reply(struct rest_request *request)
{
    peer_waits(request->rest, request->connection, true);
    return MHD_queue_response(request->connection, (unsigned)request->status, request->response);
}

static enum MHD_Result refuse(struct rest_request *request, int status, bool close)
{
    static const char *const closing[] = {"Connection", "close", NULL};
    struct rest *rest = request->rest;
    char *text = rest->handlers.refuse(status, request->path ? request->path : request->target,
                                       rest->handlers.arg);

    request->response = rest_response("application/json", text ? text : "{}",
                                      text ? strlen(text) : 2, close ? closing : NULL);
    mem_unref(text);
    if (!request->response)
        return MHD_NO;
    request->status = status;
    atomic_store(&request->state, REST_REPLIED);
    return send_reply(request);
}

/* Whether the handler may have it: not when we are stopping. */
static bool admit(struct rest *rest)
{
    bool admitted;

    pthread_mutex_lock(&rest->lock);
    admitted = !rest->stopping;
    rest->open += admitted;
    pthread_mutex_unlock(&rest->lock);
    return admitted;
}

static enum MHD_Result handle(struct rest_request *request)
{
    struct rest *rest = request->rest;
    enum rest_state handling = REST_HANDLING;

    if (request->refused)
        return refuse(request, request->refused, false);
    request->counted = admit(rest);
    if (!request->counted)
        return refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, true);
    atomic_store(&request->state, REST_HANDLING);
    peer_waits(rest, request->connection, false);
    rest->handlers.request(request, rest->handlers.arg);
    if (atomic_load(&request->state) == REST_REPLIED)
        return send_reply(request);
    MHD_suspend_connection(request->connection);
    if (!atomic_compare_exchange_strong(&request->state, &handling, REST_SUSPENDED))
        MHD_resume_connection(request->connection); /* answered in the meantime */
    return MHD_YES;
}

/* The request has a line and headers; its body follows. */
static enum MHD_Result begin(struct rest_request *request, const char *method)
{
    const char *length = rest_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long size = length ? strtoull(length, NULL, 10) : 0;
    size_t limit = request->rest->body_limit;

    request->method = mem_strdup(method);
    if (!request->method)
        return MHD_NO;
    if (size <= limit)
        return MHD_YES;
    request->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    if (size > SWALLOW * limit || rest_header(request, MHD_HTTP_HEADER_EXPECT))
        return refuse(request, request->refused, true);
    return MHD_YES;
}

static enum MHD_Result take(struct rest_request *request, const char *data, size_t size)
{
    size_t limit = request->rest->body_limit;
    int err = rest_request_take(request, data, size, limit);

    if (err == ENOMEM || request->swallowed > SWALLOW * limit)
        return MHD_NO;
    if (err && !request->refused)
        request->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    struct rest_request *request = *context;
    enum MHD_Result result;

    (void)arg, (void)connection, (void)url, (void)version;
    if (!request)
        return MHD_NO;
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    if (!request->method)
        return begin(request, method);
    if (*size) {
        result = take(request, data, *size);
        *size = 0;
        return result;
    }
    if (atomic_load(&request->state) == REST_REPLIED)
        return send_reply(request);
    return handle(request);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct rest *rest = arg;
    struct rest_request *request = *context;
    bool counted;

    (void)why;
    *context = NULL;
    if (!request)
        return;
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    counted = request->counted;
    mem_unref(request);
    peer_waits(rest, connection, true);
    if (!counted)
        return;
    pthread_mutex_lock(&rest->lock);
    rest->open--;
    pthread_cond_broadcast(&rest->changed);
    pthread_mutex_unlock(&rest->lock);
}

void rest_reply(struct rest_request *request, int status, const char *content_type,
                const void *body, size_t size, const char *const *headers)
{
    struct rest *rest = request->rest;

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    assert(!request->response);
    pthread_mutex_lock(&rest->lock);
    rest->replying++;
    pthread_mutex_unlock(&rest->lock);
    request->response = rest_response(content_type, body, size, headers);
    request->status = status;
    request->kept = mem_unref(request->kept);
    if (atomic_exchange(&request->state, REST_REPLIED) == REST_SUSPENDED)
        MHD_resume_connection(request->connection);
    pthread_mutex_lock(&rest->lock);
    rest->replying--;
    pthread_cond_broadcast(&rest->changed);
    pthread_mutex_unlock(&rest->lock);
}

/* Start and stop. */

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
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
                     (rest->key ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, rest->key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, rest->certificate},
        {MHD_OPTION_END, 0, NULL},
    };

    rest->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, rest, MHD_OPTION_LISTEN_SOCKET, rest->listener,
        MHD_OPTION_URI_LOG_CALLBACK, on_line, rest, MHD_OPTION_NOTIFY_COMPLETED, on_completed, rest,
        MHD_OPTION_NOTIFY_CONNECTION, on_peer, rest, MHD_OPTION_CONNECTION_TIMEOUT, rest->timeout,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_LIMIT, MHD_OPTION_ARRAY, rest->key ? tls : tls + 2, MHD_OPTION_END);
    return rest->daemon ? 0 : EINVAL;
}

static int start_watcher(struct rest *rest)
{
    int err;

    rest->watching = true;
    err = pthread_create(&rest->watcher, NULL, watch, rest);
    rest->watched = !err;
    return err;
}

int rest_start(struct rest **restp, const struct rest_conf *conf,
               const struct rest_handlers *handlers)
{
    struct rest *rest = mem_alloc(sizeof *rest, destroy);
    bool tls = conf->certificate && *conf->certificate;
    pthread_condattr_t monotonic;
    int err = 0;

    if (!rest)
        return ENOMEM;
    rest->magic = REST_MAGIC;
    rest->listener = -1;
    rest->handlers = *handlers;
    rest->body_limit = conf->body_limit;
    rest->timeout = conf->timeout ? conf->timeout : TIMEOUT;
    list_init(&rest->peers);
    pthread_mutex_init(&rest->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&rest->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (tls && (err = read_pem(&rest->certificate, conf->certificate)))
        goto out;
    if (tls && (err = read_pem(&rest->key, conf->key ? conf->key : "")))
        goto out;
    err = listen_on(rest, conf);
    if (!err)
        err = start_watcher(rest);
    if (!err)
        err = start_daemon(rest);
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
    MAGIC_CHECK(rest, REST_MAGIC);
    if (rest->daemon)
        MHD_quiesce_daemon(rest->daemon);
    pthread_mutex_lock(&rest->lock);
    rest->stopping = true;
    while (rest->open || rest->replying)
        pthread_cond_wait(&rest->changed, &rest->lock);
    pthread_mutex_unlock(&rest->lock);
    if (rest->daemon)
        MHD_stop_daemon(rest->daemon);
    rest->daemon = NULL;
    if (!rest->watched)
        return;
    pthread_mutex_lock(&rest->lock);
    rest->watching = false;
    pthread_cond_broadcast(&rest->changed);
    pthread_mutex_unlock(&rest->lock);
    pthread_join(rest->watcher, NULL);
    rest->watched = false;
}
