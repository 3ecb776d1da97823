/* rest_serve.c: what the library calls on the HTTP thread: a connection comes and goes, a
 * request is read, handed to the handler, and suspended until it is answered. */
#include "base/mem.h"
#include "http/rest_request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SWALLOW = 4 /* times the body limit read and dropped, so that the peer sees our 413 */ };

void rest_on_peer(void *arg, struct MHD_Connection *connection, void **context,
                  enum MHD_ConnectionNotificationCode what)
{
    struct rest *rest = arg;
    struct rest_peer *peer = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        rest->connections++;
        peer = mem_alloc(sizeof *peer, NULL);
        if (!peer)
            return;
        peer->fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        peer->since = rest->now;
        peer->waiting = true;
        peer->last = rest->last;
        list_append(&rest->peers, &peer->node);
        *context = peer;
        return;
    }
    rest->connections--;
    if (peer) {
        list_remove(&peer->node);
        *context = mem_unref(peer);
    }
}

struct rest_peer *rest_peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void peer_waits(struct rest *rest, struct MHD_Connection *connection, bool waiting)
{
    struct rest_peer *peer = rest_peer_of(connection);

    if (!peer)
        return;
    peer->waiting = waiting;
    peer->since = rest->now;
}

void *rest_on_line(void *arg, const char *target, struct MHD_Connection *connection)
{
    return rest_request_alloc(arg, connection, target);
}

static enum MHD_Result send_reply(struct rest_request *request)
{
    peer_waits(request->rest, request->connection, !request->stream);
    if (request->last && request->response &&
        MHD_add_response_header(request->response, "Connection", "close") != MHD_YES)
        return MHD_NO;
    if (request->stream && rest_stream_attach(request->stream, request))
        return MHD_NO;
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

static enum MHD_Result handle(struct rest_request *request)
{
    struct rest *rest = request->rest;
    struct rest_peer *peer = rest_peer_of(request->connection);
    enum rest_state handling = REST_HANDLING;

    request->last = peer && peer->last;
    if (request->refused)
        return refuse(request, request->refused, false);
    if (rest->stopping || atomic_load(&rest->stop))
        return refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, true);
    request->counted = true;
    rest->open++;
    atomic_store(&request->state, REST_HANDLING);
    rest->handlers.request(request, rest->handlers.arg);
    if (atomic_load(&request->state) == REST_REPLIED)
        return send_reply(request);
    peer_waits(rest, request->connection, false);
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

enum MHD_Result rest_on_request(void *arg, struct MHD_Connection *connection, const char *url,
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

void rest_on_completed(void *arg, struct MHD_Connection *connection, void **context,
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
    if (request->stream)
        rest_stream_detach(request->stream);
    mem_unref(request);
    peer_waits(rest, connection, true);
    rest->open -= counted;
}

static void resume(struct rest_post *post)
{
    struct rest_request *request = list_entry(post, struct rest_request, post);

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    MHD_resume_connection(request->connection);
}

void rest_request_done(struct rest_request *request)
{
    request->kept = mem_unref(request->kept);
    request->post.run = resume;
    if (atomic_exchange(&request->state, REST_REPLIED) == REST_SUSPENDED)
        rest_post(request->rest, &request->post);
}

void rest_reply(struct rest_request *request, int status, const char *content_type,
                const void *body, size_t size, const char *const *headers)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    assert(!request->response);
    request->response = rest_response(content_type, body, size, headers);
    request->status = status;
    rest_request_done(request);
}

void rest_reply_file(struct rest_request *request, int status, const char *content_type, int fd,
                     size_t offset, size_t size, const char *const *headers)
{
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(size, fd, offset);

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    assert(!request->response);
    if (!response) {
        close(fd);
    } else if (rest_response_headers(response, content_type, headers)) {
        MHD_destroy_response(response); /* closes it */
        response = NULL;
    }
    request->response = response;
    request->status = status;
    rest_request_done(request);
}
