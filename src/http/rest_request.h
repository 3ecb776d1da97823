/* rest_request.h: a request in the making, inside the room. Made when its line was
 * read, freed by libmicrohttpd's completion callback: both on the HTTP thread.
 *
 *   reading ──> handling ──> suspended ──rest_reply()──> replied ──> gone
 *                  └──────────rest_reply()─────────────────┘
 */
#ifndef OFFHOOK_HTTP_REST_REQUEST_H
#define OFFHOOK_HTTP_REST_REQUEST_H

#include "base/list.h"
#include "http/rest.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>

enum { REST_REQUEST_MAGIC = 0x72657374 };

enum rest_state { REST_READING, REST_HANDLING, REST_SUSPENDED, REST_REPLIED };

struct rest_request {
    unsigned magic;
    struct rest *rest;
    struct MHD_Connection *connection;
    _Atomic enum rest_state state;
    char *target;      /* as sent */
    char *path;        /* decoded; NULL: not a path */
    const char *query; /* in target, or "" */
    char *method;
    char *body; /* malloc()ed, NUL after size [bytes] */
    size_t size, room, swallowed;
    struct list values; /* decoded query values handed out */
    bool counted;       /* among the open ones */
    int refused;        /* a status, once the request is not to be handled; 0: fine */
    void *kept;
    int status; /* the reply */
    struct MHD_Response *response;
};

struct rest_request *rest_request_alloc(struct rest *rest, struct MHD_Connection *connection,
                                        const char *target);

/* More of the body; beyond `limit` it is counted and dropped. 0, EMSGSIZE or ENOMEM. */
int rest_request_take(struct rest_request *request, const char *data, size_t size, size_t limit);

/* A response of the library's. NULL when out of memory. */
struct MHD_Response *rest_response(const char *content_type, const void *body, size_t size,
                                   const char *const *headers);

#endif
