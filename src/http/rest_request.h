/* rest_request.h: a request in the making, inside the room. Made when its line was
 * read, freed by libmicrohttpd's completion callback: both on the HTTP thread.
 *
 *   reading ──> handling ──> suspended ──rest_reply()──> replied ──> gone
 *                  └──────────rest_reply()─────────────────┘
 *
 * rest_stream() does as rest_reply() does; the stream then lives until the request is
 * gone.
 */
#ifndef OFFHOOK_HTTP_REST_REQUEST_H
#define OFFHOOK_HTTP_REST_REQUEST_H

#include "http/rest_server.h"

enum { REST_REQUEST_MAGIC = 0x72657374 };

enum rest_state { REST_READING, REST_HANDLING, REST_SUSPENDED, REST_REPLIED };

struct rest_request {
    unsigned magic;
    struct rest *rest;
    struct MHD_Connection *connection;
    _Atomic enum rest_state state;
    struct rest_post post; /* it is replied to: resume it */
    char *target;          /* as sent */
    char *path;            /* decoded; NULL: not a path */
    const char *query;     /* in target, or "" */
    char *method;
    char *body; /* malloc()ed, NUL after size [bytes] */
    size_t size, room, swallowed;
    struct list values; /* decoded parameters and fields handed out */
    bool counted;       /* among the open ones */
    bool last;          /* its connection has the reserve; set before it is handled */
    int refused;        /* a status, once the request is not to be handled; 0: fine */
    void *kept;
    int status; /* the reply */
    struct MHD_Response *response;
    struct rest_stream *stream; /* NULL: the reply is whole */
};

struct rest_request *rest_request_alloc(struct rest *rest, struct MHD_Connection *connection,
                                        const char *target);

/* More of the body; beyond `limit` it is counted and dropped. 0, EMSGSIZE or ENOMEM. */
int rest_request_take(struct rest_request *request, const char *data, size_t size, size_t limit);

/* A response of the library's. NULL when out of memory. */
struct MHD_Response *rest_response(const char *content_type, const void *body, size_t size,
                                   const char *const *headers);
int rest_response_headers(struct MHD_Response *response, const char *content_type,
                          const char *const *headers);

/* Any thread: the response is there; the request is not ours any more. */
void rest_request_done(struct rest_request *request);

/* rest_parameter.c: percent-decodes length characters. NULL: a bad escape or a NUL, or
 * no memory. */
char *rest_decode(const char *text, size_t length, bool plus_is_space);
void rest_values_free(struct list *values);

/* rest_stream.c, HTTP thread: the head is about to be sent; the request is gone. */
int rest_stream_attach(struct rest_stream *stream, struct rest_request *request);
void rest_stream_detach(struct rest_stream *stream);
/* The peer is gone, or we will not wait for it. `node` is of rest->streams. */
void rest_stream_cut(struct rest_stream *stream);
struct rest_stream *rest_stream_at(struct list *node);

#endif
