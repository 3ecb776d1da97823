/* rest_stream.c: a reply that goes on. What is sent waits in one queue under the stream's
 * lock, from where the library reads it whenever the socket takes more; with nothing to
 * read the connection is suspended, and the first send after that posts for it.
 *
 * References: the one who asked for it, the request, the library's response, and a post
 * under way. `rest` is cleared under the lock when the request goes, so a late send never
 * reaches a server that is no more. */
#include "base/mem.h"
#include "http/rest_request.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    STREAM_MAGIC = 0x73747265,
    BLOCK = 8 << 10, /* [bytes] read at once for a peer that knows no chunks */
    SMALL = 4 << 10, /* [bytes] an empty queue keeps */
    PROBES = 3
};

struct rest_stream {
    unsigned magic;
    struct list node; /* HTTP thread, like the next three */
    int fd;           /* borrowed of the connection; -1: not attached */
    bool hungry;      /* something was read since `drained` */
    struct MHD_Connection *connection;
    struct rest_post post;
    void (*closed)(void *arg); /* HTTP thread */
    void *arg;
    pthread_mutex_t lock; /* of all below */
    struct rest *rest;    /* NULL: closed */
    void (*drained)(void *arg);
    char *data;
    size_t head, size, room; /* what waits: size [bytes] at data + head */
    bool ended, cut, suspended, posted;
};

static void destroy(void *obj)
{
    struct rest_stream *stream = obj;

    free(stream->data);
    pthread_mutex_destroy(&stream->lock);
    stream->magic = 0;
}

/* Lock held: room for size [bytes] behind what waits. */
static int make_room(struct rest_stream *stream, size_t size)
{
    size_t room = stream->room ? stream->room : SMALL;
    char *data;

    if (stream->head + stream->size + size <= stream->room)
        return 0;
    if (stream->size)
        memmove(stream->data, stream->data + stream->head, stream->size);
    stream->head = 0;
    if (stream->size + size <= stream->room)
        return 0;
    while (room < stream->size + size)
        room *= 2;
    data = realloc(stream->data, room);
    if (!data)
        return ENOMEM;
    stream->data = data;
    stream->room = room;
    return 0;
}

/* Lock held. */
static void drop_queue(struct rest_stream *stream)
{
    free(stream->data);
    stream->data = NULL;
    stream->head = stream->size = stream->room = 0;
}

/* The HTTP thread: there is something to read again. */
static void resume(struct rest_post *post)
{
    struct rest_stream *stream = list_entry(post, struct rest_stream, post);
    bool suspended;

    pthread_mutex_lock(&stream->lock);
    suspended = stream->suspended;
    stream->posted = stream->suspended = false;
    pthread_mutex_unlock(&stream->lock);
    if (suspended)
        MHD_resume_connection(stream->connection);
    mem_unref(stream);
}

/* Lock held, and not closed. */
static void wake(struct rest_stream *stream)
{
    if (!stream->suspended || stream->posted)
        return;
    stream->posted = true;
    stream->post.run = resume;
    mem_ref(stream);
    rest_post(stream->rest, &stream->post);
}

/* Lock held. */
static ssize_t take(struct rest_stream *stream, char *out, size_t max)
{
    size_t size = stream->size < max ? stream->size : max;

    if (stream->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!size)
        return stream->ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
    memcpy(out, stream->data + stream->head, size);
    stream->head += size;
    stream->size -= size;
    if (!stream->size && stream->room > SMALL)
        drop_queue(stream);
    else if (!stream->size)
        stream->head = 0;
    return (ssize_t)size;
}

/* The library asks for more: all it was given before is the kernel's. */
static ssize_t on_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct rest_stream *stream = arg;
    void (*drained)(void *arg);
    ssize_t size;

    (void)position;
    MAGIC_CHECK(stream, STREAM_MAGIC);
    for (;;) {
        pthread_mutex_lock(&stream->lock);
        size = take(stream, out, max);
        drained = stream->hungry && size == 0 ? stream->drained : NULL;
        stream->suspended = size == 0 && !drained;
        pthread_mutex_unlock(&stream->lock);
        stream->hungry = size > 0;
        if (!drained)
            break;
        drained(stream->arg);
    }
    if (size == 0)
        MHD_suspend_connection(stream->connection);
    return size;
}

static void on_free(void *arg)
{
    mem_unref(arg);
}

/* A peer that vanished without a word. */
static void probe(int fd, unsigned timeout)
{
    int on = 1, idle = (int)(timeout / 2 ? timeout / 2 : 1);
    int interval = (int)(timeout / 2 / PROBES ? timeout / 2 / PROBES : 1), probes = PROBES;
    unsigned limit = timeout * 1000; /* [ms] */

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

int rest_stream_attach(struct rest_stream *stream, struct rest_request *request)
{
    struct rest *rest = request->rest;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = stream};
    int fd =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

    if (epoll_ctl(rest->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return errno;
    stream->fd = fd;
    probe(fd, rest->timeout);
    MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0);
    list_append(&rest->streams, &stream->node);
    if (rest->stopping)
        rest_stream_end(stream);
    return 0;
}

void rest_stream_detach(struct rest_stream *stream)
{
    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (stream->fd >= 0)
        epoll_ctl(stream->rest->epoll, EPOLL_CTL_DEL, stream->fd, NULL);
    list_remove(&stream->node);
    pthread_mutex_lock(&stream->lock);
    stream->rest = NULL;
    drop_queue(stream);
    pthread_mutex_unlock(&stream->lock);
    if (stream->closed)
        stream->closed(stream->arg);
}

void rest_stream_cut(struct rest_stream *stream)
{
    MAGIC_CHECK(stream, STREAM_MAGIC);
    shutdown(stream->fd, SHUT_RDWR);
    pthread_mutex_lock(&stream->lock);
    stream->cut = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

struct rest_stream *rest_stream_at(struct list *node)
{
    return list_entry(node, struct rest_stream, node);
}

static struct rest_stream *make(struct rest_request *request, void (*closed)(void *arg), void *arg)
{
    struct rest_stream *stream = mem_alloc(sizeof *stream, destroy);

    if (!stream)
        return NULL;
    stream->magic = STREAM_MAGIC;
    stream->fd = -1;
    stream->connection = request->connection;
    stream->rest = request->rest;
    stream->closed = closed;
    stream->arg = arg;
    pthread_mutex_init(&stream->lock, NULL);
    return stream;
}

/* What the library is to send; it holds a reference of the stream. After a HEAD it would
 * send the end of a chunked body, so that gets a reply without one. */
static struct MHD_Response *respond(struct rest_stream *stream, const struct rest_request *request,
                                    const char *content_type, const char *const *headers)
{
    static const char *const closing[] = {"Connection", "close", NULL};
    bool bare = !strcmp(request->method, MHD_HTTP_METHOD_HEAD);
    struct MHD_Response *response =
        bare ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
             : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, stream, on_free);

    if (!response)
        return NULL;
    if (!bare)
        mem_ref(stream);
    if (!rest_response_headers(response, content_type, headers) &&
        !rest_response_headers(response, NULL, closing))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

bool rest_may_stream(const struct rest_request *request)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return !request->last;
}

struct rest_stream *rest_stream(struct rest_request *request, int status, const char *content_type,
                                const char *const *headers, void (*closed)(void *arg), void *arg)
{
    struct rest_stream *stream;
    struct MHD_Response *response;

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    assert(!request->response);
    if (!rest_may_stream(request))
        return NULL;
    stream = make(request, closed, arg);
    if (!stream)
        return NULL;
    response = respond(stream, request, content_type, headers);
    if (!response)
        return mem_unref(stream);
    request->response = response;
    request->status = status;
    request->stream = mem_ref(stream);
    rest_request_done(request);
    return stream;
}

void rest_stream_on_drained(struct rest_stream *stream, void (*drained)(void *arg))
{
    MAGIC_CHECK(stream, STREAM_MAGIC);
    pthread_mutex_lock(&stream->lock);
    stream->drained = drained;
    pthread_mutex_unlock(&stream->lock);
}

int rest_stream_send(struct rest_stream *stream, const void *data, size_t size)
{
    int err = 0;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    pthread_mutex_lock(&stream->lock);
    if (!stream->rest || stream->ended || stream->cut)
        err = EPIPE;
    else if (stream->size && (size > REST_STREAM_QUEUE || stream->size > REST_STREAM_QUEUE - size))
        err = EAGAIN;
    else if (size)
        err = make_room(stream, size);
    if (!err && size) {
        memcpy(stream->data + stream->head + stream->size, data, size);
        stream->size += size;
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return err;
}

size_t rest_stream_queued(struct rest_stream *stream)
{
    size_t size;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    pthread_mutex_lock(&stream->lock);
    size = stream->size;
    pthread_mutex_unlock(&stream->lock);
    return size;
}

void rest_stream_end(struct rest_stream *stream)
{
    MAGIC_CHECK(stream, STREAM_MAGIC);
    pthread_mutex_lock(&stream->lock);
    if (stream->rest && !stream->ended) {
        stream->ended = true;
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
}
