/* fetch.h: asking over HTTP (libcurl multi, one thread). Any thread may ask; the
 * reply comes on the loop given. Never follows redirects, verifies TLS, and lets no
 * URL from outside reach an inner address that is not allowed. */
#ifndef OFFHOOK_HTTP_FETCH_H
#define OFFHOOK_HTTP_FETCH_H

#include "base/loop.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct fetch;

struct fetch_conf {
    /* May a URL that is not trusted reach this loopback, private or link-local address?
     * Asked on the fetch thread for the address really connected to. */
    bool (*allowed)(const struct sockaddr_storage *address, void *arg);
    void *arg;
    unsigned per_host; /* connections at once to one host; 0: 64 */
    const char *user_agent;
};

int fetch_start(struct fetch **fetch, const struct fetch_conf *conf);
void fetch_stop(struct fetch *fetch); /* ends what is under way with ECANCELED, then joins */

struct fetch_request {
    const char *method; /* "GET", "POST" */
    const char *url;
    bool trusted;             /* the URL is the operator's own (configuration file) */
    const char *content_type; /* of body, or NULL */
    const void *body;
    size_t size;
    /* Instead of body: a file that is sent as it is, read on the fetch thread while it goes out;
     * there and unchanged until done. One that cannot be read: EBADF. */
    const char *file;
    const char *const *headers;        /* NULL-ended pairs name, value, or NULL */
    unsigned connect_timeout, timeout; /* [ms] */
    size_t limit;                      /* [bytes] of the reply taken; more: EMSGSIZE */
    /* NULL: the body comes whole with `done`. Else a 200's body comes piece by piece as it
     * arrives, on the loop's thread, with done's arg, and without a limit; timeout 0: it may
     * go on for ever, if something comes each minute. */
    void (*piece)(const char *data, size_t size, void *arg);
};

struct fetch_reply {
    int err;           /* 0, or ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EACCES (address not
                          allowed), EMSGSIZE, EINVAL (no http URL), EBADF (the file), ECANCELED,
                          EIO */
    const char *error; /* a sentence for people: "Connection closed." …; "" when err is 0 */
    int status;        /* HTTP; 0 when err */
    const char *content_type, *cache_control; /* "" when absent */
    const char *body;                         /* NUL after size [bytes] */
    size_t size;
};
/* On the loop's thread. reply is valid during the call only. */
typedef void fetch_h(const struct fetch_reply *reply, void *arg);

/* Copies the request. 0 or ENOMEM; after 0 done is called exactly once. */
int fetch_ask(struct fetch *fetch, const struct fetch_request *request, struct loop *loop,
              fetch_h *done, void *arg);

/* True for an absolute http or https URL with a host. */
bool fetch_is_url(const char *text);
/* Percent-encodes for a query; mem_alloc()ed. */
char *fetch_escape(const char *text);

#endif
