/* rest_server.h: the server inside the room. All but what says otherwise belongs to the
 * HTTP thread: the library runs on it, and other threads speak to it by post. */
#ifndef OFFHOOK_HTTP_REST_SERVER_H
#define OFFHOOK_HTTP_REST_SERVER_H

#include "base/list.h"
#include "http/rest.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    REST_MAGIC = 0x68747470,
    REST_CONNECTIONS = 1024 /* at once */
};

/* A word to the HTTP thread; lies inside the object it is about. */
struct rest_post {
    struct rest_post *next;
    void (*run)(struct rest_post *post);
};

struct rest {
    unsigned magic;
    struct rest_handlers handlers; /* read-only, like the next line's */
    size_t body_limit;
    unsigned port, timeout; /* [s] */
    char *certificate, *key;
    int listener; /* the HTTP thread's, once there is one */
    pthread_t thread;
    bool threaded; /* there is a thread to join: rest_start(), rest_stop() */

    _Atomic(struct rest_post *) mail; /* any thread; a stack */
    atomic_uint posting;              /* any thread: rest_post() under way */
    atomic_bool stop;                 /* any thread */
    int wake;                         /* eventfd; any thread writes */

    struct MHD_Daemon *daemon; /* HTTP thread, from here on */
    int epoll;                 /* of wake, the library's epoll, the streams' sockets */
    int64_t now, looked;       /* [ms, monotonic] of this turn; of the last look at peers */
    int64_t cut;               /* [ms] when streams are cut that do not end */
    int reserve;               /* a descriptor; -1: a connection has it */
    bool last;                 /* the connection being made has it */
    bool deaf;                 /* the listener is not watched */
    int64_t deaf_until;        /* [ms, monotonic] at least; 0: until there is a place */
    int64_t warned;            /* [ms, monotonic] of what the log says of it; 0: never */
    unsigned connections;
    struct list peers, streams;
    unsigned open; /* requests handed to the handler and not gone */
    bool stopping;
};

/* A connection. */
struct rest_peer {
    struct list node;
    int fd;
    int64_t since; /* [ms, monotonic] it may send or read */
    bool waiting;  /* for the peer; false: for our handler, or it is a stream */
    bool last;     /* it has the reserve: one reply, then it closes */
};

/* Any thread, while something that keeps the server from stopping is open: has `run`
 * called on the HTTP thread. One wake-up serves all that was posted until it works. */
void rest_post(struct rest *rest, struct rest_post *post);

/* rest_thread.c: the body of the HTTP thread. */
void *rest_thread(void *arg);

/* rest_accept.c. Begins to listen: 0 or an errno; after that HTTP thread only. */
int rest_accept_start(struct rest *rest);
void rest_accept_stop(struct rest *rest);
/* The listener is ready: takes who waits, hands them to the library. */
void rest_accept(struct rest *rest);
/* Each turn: gets the reserve back, and listens again when it can. */
void rest_accept_again(struct rest *rest);

/* rest_serve.c: what the library calls; arg is the server. */
void *rest_on_line(void *arg, const char *target, struct MHD_Connection *connection);
enum MHD_Result rest_on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **context);
void rest_on_completed(void *arg, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode why);
void rest_on_peer(void *arg, struct MHD_Connection *connection, void **context,
                  enum MHD_ConnectionNotificationCode what);

/* The connection's, or NULL when there was no memory for it. */
struct rest_peer *rest_peer_of(struct MHD_Connection *connection);

#endif
