/* private.h: the connections inside; for the files of this room only.
 *
 * A line has one reference of whoever dialled it and one of our thread, which drops its own with
 * `closed`. */
#ifndef OFFHOOK_WS_PRIVATE_H
#define OFFHOOK_WS_PRIVATE_H

#include "audio/resample.h"
#include "base/list.h"
#include "base/mem.h"
#include "ws/frame.h"
#include "ws/ws.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>

enum {
    SOCKETS_MAGIC = 0x736f636b,
    LINE_MAGIC = 0x736c696e,
    SOCKET_RATIO = 3,                         /* of the highest rate */
    SOCKET_FRAME = WIRE_FRAME * SOCKET_RATIO, /* [samples] */
    SOCKET_WAITING = 10,                      /* frames, 200 ms, for a slow server */
    SOCKET_TEXTS = 2048,      /* messages: a server may ask for many at once and then read */
    SOCKET_MARKS = 1024,      /* of `notify`, that wait */
    SOCKET_MESSAGE = 1 << 16, /* [bytes] that are taken */
    SOCKET_REPLY = 16 << 10,  /* [bytes] of the reply to the upgrade */
    SOCKET_KEY = 24           /* [bytes] of Sec-WebSocket-Key */
};

struct sockets {
    unsigned magic;
    struct sockets_conf conf;
    struct loop *control;
    bool stopped;      /* control thread: the thread is gone */
    struct loop *loop; /* ours */
    pthread_t thread;
    /* our thread */
    CURLM *multi;
    int epoll;
    struct bell *bell;
    struct list lines;
    unsigned dialling; /* of them, in curl's hands */
    bool stopping;
};

enum line_state { LINE_DIALLING, LINE_UPGRADING, LINE_UP, LINE_CLOSING, LINE_OVER };

struct socket_message { /* a frame on its way out */
    struct list node;
    size_t size, sent;
    uint8_t data[];
};

struct socket_mark { /* a `notify` that waits */
    struct list node;
    uint32_t place;
    char *text; /* the reply; malloc()ed */
};

struct socket_line {
    unsigned magic;
    struct sockets *sockets;     /* a reference */
    struct socket_events events; /* control thread */
    void *arg;
    struct wire *wire;
    char *url, *host, *path, *authorization, *first;
    unsigned rate, ratio, timeout;

    /* our thread */
    struct list node;
    enum line_state state;
    CURL *easy;
    int fd;
    bool forbidden;     /* by the guard */
    bool begun;         /* sound flows */
    unsigned cleared;   /* before: to be told */
    bool dialled;       /* counted in sockets->dialling */
    bool writes;        /* epoll tells when it may be written */
    bool more;          /* left unread, for others have their turn */
    bool pinged;        /* nothing came since */
    struct timer timer; /* to be open; then between pings; then to be closed */
    char key[SOCKET_KEY + 1];
    char *reply; /* to the upgrade; malloc()ed */
    size_t reply_size;
    struct frame_reader *reader;
    struct resample *up, *down;
    struct list texts; /* of socket_message */
    unsigned text_count;
    struct socket_message *pong; /* the latest */
    struct socket_message *now;  /* partly sent */
    int16_t waiting[SOCKET_WAITING][SOCKET_FRAME];
    unsigned oldest, waiting_count;
    struct list marks;
    unsigned mark_count;
    uint64_t dropped_out, strange;

    enum socket_end_kind end;
    unsigned code;
    char text[120];
};

/* upgrade.c: until the server has taken the upgrade */
void upgrade_start(struct socket_line *line);
void upgrade_reap(struct sockets *sockets); /* what curl has connected, or not */
void upgrade_read(struct socket_line *line);
int upgrade_prepare(struct socket_line *line, const char *url); /* any thread */

/* line.c */
void line_up(struct socket_line *line, const char *rest, size_t size);
void line_read(struct socket_line *line);
void line_turn(struct socket_line *line); /* the bell rang */
void line_close(struct socket_line *line, unsigned code);
/* Says how it ended, the first time only; and ends it, with `closed`. */
void line_fail(struct socket_line *line, enum socket_end_kind kind, unsigned code,
               const char *text);
void line_over(struct socket_line *line);

/* message.c: what the server says in JSON */
void message_take(struct socket_line *line, const char *text, size_t size);
void message_begun(struct socket_line *line); /* what was asked for too early */
void message_marks(struct socket_line *line); /* those that were reached */
void message_forget(struct socket_line *line);

/* send.c */
bool send_text(struct socket_line *line, const char *text); /* false: the line is lost */
bool send_control(struct socket_line *line, enum frame_opcode opcode, const uint8_t *data,
                  size_t size);
void send_sound(struct socket_line *line); /* what the worker gave */
void send_run(struct socket_line *line);   /* as much as the socket takes */
bool send_idle(const struct socket_line *line);
void send_forget(struct socket_line *line);
void send_watch(struct socket_line *line, bool on); /* tell when it may be written */

#endif
