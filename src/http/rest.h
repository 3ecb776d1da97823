/* rest.h: serving HTTP (libmicrohttpd, one epoll thread). Reads a request whole,
 * hands it to the handler on the HTTP thread, and sends the reply whenever it is
 * given, from any thread. Knows no route and no application. */
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
/* Takes no new connection, waits for open replies, ends. Then mem_unref(). */
void rest_stop(struct rest *rest);

/* Of a request, valid until its reply. */
const char *rest_method(const struct rest_request *request);
const char *rest_path(const struct rest_request *request);              /* decoded, no query */
const char *rest_query(struct rest_request *request, const char *name); /* decoded or NULL */
const char *rest_query_text(struct rest_request *request); /* "a=1&b=2" as sent, or "" */
const char *rest_header(struct rest_request *request, const char *name); /* or NULL */
const char *rest_body(const struct rest_request *request, size_t *size); /* "" when none */

/* A place for the handler's own data; unreferenced with mem_unref() after the reply. */
void rest_keep(struct rest_request *request, void *obj);
void *rest_kept(struct rest_request *request);

/* Any thread, once. body is copied; NULL with size 0: none. headers: NULL-ended pairs
 * name, value, or NULL. The request is gone afterwards. */
void rest_reply(struct rest_request *request, int status, const char *content_type,
                const void *body, size_t size, const char *const *headers);

#endif
