/* rest.h: serving HTTP (libmicrohttpd, one epoll thread: the HTTP thread). Reads a
 * request whole, hands it to the handler on the HTTP thread, and sends the reply
 * whenever it is given, from any thread: at once, or as a stream that goes on. Knows no
 * route and no application. */
#ifndef OFFHOOK_HTTP_REST_H
#define OFFHOOK_HTTP_REST_H

#include <stdbool.h>
#include <stddef.h>

struct rest;
struct rest_request;

struct rest_conf {
    const char *host;              /* numeric */
    unsigned port;                 /* 0: any free one */
    const char *certificate, *key; /* PEM files; "" or NULL: plain HTTP */
    size_t body_limit;             /* [bytes]; beyond: 413 by `refuse` */
    unsigned timeout;              /* [s] a connection may sit idle; 0: 30 */
};

struct rest_handlers {
    /* HTTP thread. Must lead to exactly one rest_reply(), now or later. */
    void (*request)(struct rest_request *request, void *arg);
    /* HTTP thread: a request refused before it reached the handler: 400 (a path that
     * cannot be decoded), 413, 503 (stopping). Gives the body of the refusal, JSON;
     * mem_alloc()ed text. What is not HTTP at all, the library refuses in its own words
     * and closes. */
    char *(*refuse)(int status, const char *path, void *arg);
    void *arg;
};

int rest_start(struct rest **rest, const struct rest_conf *conf,
               const struct rest_handlers *handlers);
unsigned rest_port(const struct rest *rest);
/* Takes no new connection, ends the streams, waits for open replies, ends. No callback
 * of ours runs afterwards. Not on the HTTP thread. Then mem_unref(). */
void rest_stop(struct rest *rest);

/* Any thread, while a request is open or from the thread that will call rest_stop(): has `run`
 * called on the HTTP thread, in the order of the calls. What is said before rest_stop() is
 * run before that returns. 0 or ENOMEM. */
int rest_call(struct rest *rest, void (*run)(void *arg), void *arg);

/* Of a request, valid until its reply; by one thread at a time. */
const char *rest_method(const struct rest_request *request);
const char *rest_path(const struct rest_request *request);              /* decoded, no query */
const char *rest_query(struct rest_request *request, const char *name); /* decoded or NULL */
const char *rest_query_text(struct rest_request *request); /* "a=1&b=2" as sent, or "" */
const char *rest_header(struct rest_request *request, const char *name); /* or NULL */
const char *rest_body(const struct rest_request *request, size_t *size); /* "" when none */

/* Every parameter of the query in the order sent, decoded; one without "=" has the value
 * "". What cannot be decoded is left out. `each` returns false to stop. 0, ENOMEM. */
int rest_query_each(struct rest_request *request,
                    bool (*each)(const char *name, const char *value, void *arg), void *arg);

/* A field of an application/x-www-form-urlencoded body, decoded: the first of that name.
 * NULL: none, no such body, or it cannot be decoded. */
const char *rest_form(struct rest_request *request, const char *name);

/* The credentials of `Authorization: Basic` (RFC 7617), NUL-ended. False: there are
 * none, they are malformed, hold a NUL, or do not fit; both are then "". Compare with
 * secret_equal() (secret.h), and wipe the password. */
bool rest_basic(struct rest_request *request, char *user, size_t user_size, char *password,
                size_t password_size);

/* A place for the handler's own data; unreferenced with mem_unref() after the reply. */
void rest_keep(struct rest_request *request, void *obj);
void *rest_kept(struct rest_request *request);

/* Any thread, once. body is copied; NULL with size 0: none. headers: NULL-ended pairs
 * name, value, or NULL. The request is gone afterwards. */
void rest_reply(struct rest_request *request, int status, const char *content_type,
                const void *body, size_t size, const char *const *headers);

/* The same with size [bytes] of what an open file holds from `offset` on: read as the peer takes
 * it. fd is closed for the caller, also when it cannot be sent. */
void rest_reply_file(struct rest_request *request, int status, const char *content_type, int fd,
                     size_t offset, size_t size, const char *const *headers);

/* A reply that goes on (Server-Sent Events): chunked, nothing between what is sent and
 * the peer, no idle timeout. The connection closes after it.
 *
 * A peer is gone when it closes or half-closes the connection, when it does not
 * acknowledge what was sent, or our probes of a silent connection, within rest_conf's
 * timeout. */
struct rest_stream;

enum { REST_STREAM_QUEUE = 256 << 10 /* [bytes] waiting for the peer, at most */ };

/* Any thread, once, in place of rest_reply(): the request is gone afterwards, what was
 * kept with it is unreferenced, and the head of the reply is sent. Returns one reference,
 * the caller's to give back with mem_unref() whenever it likes, on any thread, also after
 * rest_stop(); giving it back does not end the stream. NULL: out of memory, or of
 * descriptors; the request is as before and wants its rest_reply(), and `closed` is not
 * called.
 *
 * `closed` (may be NULL) is called exactly once, on the HTTP thread, after the last other
 * callback: when the peer is gone, after rest_stream_end() once all is sent, or by
 * rest_stop(). It may come before rest_stream() returns. `arg` is the caller's to keep
 * alive until then. No lock of ours is held in a callback: it may call any of these. */
struct rest_stream *rest_stream(struct rest_request *request, int status, const char *content_type,
                                const char *const *headers, void (*closed)(void *arg), void *arg);

/* Any thread, before the request's reply. False: its connection has the last descriptor of
 * the process, which no stream may keep: rest_stream() would give NULL. */
bool rest_may_stream(const struct rest_request *request);

/* Any thread. `drained` is called on the HTTP thread with the stream's arg each time the
 * queue has fallen to empty after something was sent; never after `closed`. NULL: none.
 * Set it before the first rest_stream_send(). */
void rest_stream_on_drained(struct rest_stream *stream, void (*drained)(void *arg));

/* Any thread; copies, never waits for the peer. What one thread sends stays in order and
 * whole. 0; EAGAIN: it would make more than REST_STREAM_QUEUE (into an empty queue, one
 * piece of any size is taken); EPIPE: gone or ended; ENOMEM. Unless 0, nothing was taken. */
int rest_stream_send(struct rest_stream *stream, const void *data, size_t size);

/* Any thread: what waits for the peer [bytes]; 0 once closed. */
size_t rest_stream_queued(struct rest_stream *stream);

/* Any thread, any number of times: the end, after what is queued. */
void rest_stream_end(struct rest_stream *stream);

#endif
