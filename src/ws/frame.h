/* frame.h: the frames of a WebSocket (RFC 6455 §5) as a client reads and writes them. No
 * sockets here. Used by one thread at a time. */
#ifndef OFFHOOK_WS_FRAME_H
#define OFFHOOK_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_opcode {
    FRAME_CONTINUATION = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10
};

enum {
    FRAME_HEAD = 14,     /* [bytes] at most, with the mask */
    FRAME_CONTROL = 125, /* [bytes] of a control frame at most */
    /* codes of a close frame (§7.4.1) */
    FRAME_NORMAL = 1000,
    FRAME_GONE = 1001,
    FRAME_PROTOCOL = 1002,
    FRAME_NO_CODE = 1005, /* never sent: the close frame had none */
    FRAME_NOT_TEXT = 1007,
    FRAME_TOO_LARGE = 1009
};

struct frame_reader;

/* A whole message, or a control frame. data is NUL-ended after size [bytes]; valid during the
 * call only. False: no more is wanted. */
typedef bool frame_h(enum frame_opcode opcode, const uint8_t *data, size_t size, void *arg);

/* limit: [bytes] of a message. Released with mem_unref(). 0 or ENOMEM. */
int frame_reader_alloc(struct frame_reader **reader, size_t limit, frame_h *take, void *arg);

/* Takes bytes as they come. 0, or the code to close with, after which nothing is read. */
unsigned frame_read(struct frame_reader *reader, const uint8_t *data, size_t size);

/* The code of a close frame's payload; FRAME_NO_CODE: it is empty; FRAME_PROTOCOL or
 * FRAME_NOT_TEXT and *bad: it breaks the rules. */
unsigned frame_close_code(const uint8_t *data, size_t size, bool *bad);

/* Writes a whole masked frame; out has FRAME_HEAD + size [bytes]. Returns its size. */
size_t frame_write(uint8_t *out, enum frame_opcode opcode, const void *data, size_t size,
                   const uint8_t mask[4]);

bool frame_is_utf8(const uint8_t *data, size_t size); /* RFC 3629 */

#endif
