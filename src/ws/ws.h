/* ws.h: WebSocket connections to servers that take part in calls (RFC 6455, client), with the
 * messages of the Voice API: audio/l16 both ways, and JSON.
 *
 * One thread carries all of them. What is declared here is the control side: calls return at
 * once, callbacks arrive on the control thread's loop. A connection verifies TLS, follows no
 * redirect, offers no compression, and reaches no inner address that is not allowed.
 *
 *   dialling ──opened──> up ──socket_begin──> sound flows ──> closed */
#ifndef OFFHOOK_WS_WS_H
#define OFFHOOK_WS_WS_H

#include "base/loop.h"
#include "ws/wire.h"

#include <netinet/in.h>
#include <stdbool.h>

struct sockets;
struct socket_line;

struct sockets_conf {
    /* May this loopback, private or link-local address be reached? Asked on our thread. */
    bool (*allowed)(const struct sockaddr_storage *address, void *arg);
    void *arg;
    const char *user_agent; /* borrowed for good */
    const char *ca;         /* likewise: a file of certificates to trust; NULL: the system's */
};

int sockets_start(struct sockets **sockets, const struct sockets_conf *conf, struct loop *control);
/* Ends all lines, joins. Their `closed` is posted to the loop by then: run it once more. */
void sockets_stop(struct sockets *sockets);

enum socket_end_kind {
    SOCKET_UNREACHED, /* no address, refused, not allowed, no TLS */
    SOCKET_TIMEOUT,   /* no connection, or no reply to the upgrade, in time */
    SOCKET_REFUSED,   /* the server did not take the upgrade */
    SOCKET_LOST,      /* it broke, or broke the rules, or did not read */
    SOCKET_CLOSED,    /* by the server's close frame */
    SOCKET_ENDED      /* by socket_close() */
};

struct socket_end {
    enum socket_end_kind kind;
    unsigned code;                             /* of the close frame that came or went; 0: none */
    const char *text;                          /* a sentence for people; valid during the call */
    uint64_t dropped_out, dropped_in, strange; /* frames: to a slow server; from one that sent
                                                  too much; of another size than 20 ms */
};

struct socket_events {
    void (*opened)(void *arg);
    void (*closed)(const struct socket_end *end, void *arg); /* once, and last */
};

struct socket_request {
    const char *url;           /* ws: or wss: */
    unsigned rate;             /* [Hz] 8000, 16000 or 24000 */
    const char *authorization; /* value of the header, or NULL */
    const char *first;         /* the first text message */
    unsigned timeout;          /* [ms] until it is open */
};

/* Copies the request. 0 or ENOMEM; after 0 `closed` is called exactly once. The line comes with
 * a reference for the caller. */
int socket_dial(struct sockets *sockets, const struct socket_request *request,
                const struct socket_events *events, void *arg, struct socket_line **line);
struct wire *socket_wire(struct socket_line *line); /* the line's reference */

/* After `opened`: sends the first message, and lets the sound flow. */
void socket_begin(struct socket_line *line);
/* Tells the server of a key; before socket_begin(): nothing. ENOMEM. */
int socket_digit(struct socket_line *line, char digit, unsigned duration_ms);
/* Ends it with this close code. */
void socket_close(struct socket_line *line, unsigned code);

#endif
