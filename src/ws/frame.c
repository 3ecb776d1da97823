/* frame.c: reads what a server may send (RFC 6455 §5.2, §5.4, §5.5, §8.1) and refuses the
 * rest: masks, reserved bits and opcodes, lengths that are not the shortest, control frames that
 * are long or in fragments, fragments out of turn, texts that are not UTF-8. */
#include "ws/frame.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 10, ROOM_FIRST = 1024 };

struct frame_reader {
    size_t limit;
    frame_h *take;
    void *arg;
    bool over;
    uint8_t head[HEAD_MAX];
    size_t head_size;       /* [bytes] of it that came */
    bool in_payload, final; /* of the frame under way: */
    uint8_t opcode;
    uint64_t left;     /* [bytes] of its payload */
    uint8_t started;   /* opcode of the message under way; 0: none */
    uint8_t *message;  /* malloc()ed */
    size_t size, room; /* of the message */
    uint8_t control[FRAME_CONTROL + 1];
    size_t control_size;
};

static void destroy(void *obj)
{
    struct frame_reader *reader = obj;

    free(reader->message);
}

int frame_reader_alloc(struct frame_reader **readerp, size_t limit, frame_h *take, void *arg)
{
    struct frame_reader *reader = mem_alloc(sizeof *reader, destroy);

    if (!reader)
        return ENOMEM;
    reader->limit = limit;
    reader->take = take;
    reader->arg = arg;
    *readerp = reader;
    return 0;
}

bool frame_is_utf8(const uint8_t *data, size_t size)
{
    while (size) {
        size_t one = utf8_character(data, size);

        if (!one)
            return false;
        data += one;
        size -= one;
    }
    return true;
}

unsigned frame_close_code(const uint8_t *data, size_t size, bool *bad)
{
    unsigned code;

    *bad = false;
    if (!size)
        return FRAME_NO_CODE;
    *bad = true;
    if (size == 1)
        return FRAME_PROTOCOL;
    code = (unsigned)data[0] << 8 | data[1];
    if (code < 1000 || code >= 5000 || (code >= 1004 && code <= 1006) ||
        (code >= 1015 && code < 3000))
        return FRAME_PROTOCOL;
    if (!frame_is_utf8(data + 2, size - 2))
        return FRAME_NOT_TEXT;
    *bad = false;
    return code;
}

static bool is_control(uint8_t opcode)
{
    return opcode >= FRAME_CLOSE;
}

/* [bytes] of the head that has these first two. */
static size_t head_length(const uint8_t *head)
{
    unsigned length = head[1] & 0x7f;

    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static unsigned check_opcode(const struct frame_reader *reader, uint8_t first, uint8_t second)
{
    uint8_t opcode = first & 0x0f;

    if (first & 0x70 || second & 0x80)
        return FRAME_PROTOCOL;
    if (opcode > FRAME_PONG || (opcode > FRAME_BINARY && opcode < FRAME_CLOSE))
        return FRAME_PROTOCOL;
    if (is_control(opcode))
        return !(first & 0x80) || (second & 0x7f) > FRAME_CONTROL ? FRAME_PROTOCOL : 0;
    return (opcode == FRAME_CONTINUATION) != (reader->started != 0) ? FRAME_PROTOCOL : 0;
}

static unsigned take_length(struct frame_reader *reader)
{
    const uint8_t *head = reader->head;
    size_t length = reader->head_size;
    uint64_t value = head[1] & 0x7f;

    if (length > 2)
        value = 0;
    for (size_t i = 2; i < length; i++)
        value = value << 8 | head[i];
    if ((length == 4 && value < 126) || (length == 10 && (value < 65536 || value >> 63)))
        return FRAME_PROTOCOL;
    if (!is_control(reader->opcode) && value > reader->limit - reader->size)
        return FRAME_TOO_LARGE;
    reader->left = value;
    return 0;
}

/* The head is whole. */
static unsigned begin(struct frame_reader *reader)
{
    reader->opcode = reader->head[0] & 0x0f;
    reader->final = reader->head[0] & 0x80;
    if (reader->opcode == FRAME_TEXT || reader->opcode == FRAME_BINARY)
        reader->started = reader->opcode;
    reader->control_size = 0;
    reader->in_payload = true;
    return take_length(reader);
}

static unsigned read_head(struct frame_reader *reader, const uint8_t **data, size_t *size)
{
    unsigned code;

    while (*size && (reader->head_size < 2 || reader->head_size < head_length(reader->head))) {
        reader->head[reader->head_size++] = *(*data)++;
        --*size;
        if (reader->head_size != 2)
            continue;
        code = check_opcode(reader, reader->head[0], reader->head[1]);
        if (code)
            return code;
    }
    if (reader->head_size < 2 || reader->head_size < head_length(reader->head))
        return 0;
    return begin(reader);
}

/* Room for more bytes of the message, and a NUL. */
static bool reserve(struct frame_reader *reader, size_t more)
{
    size_t room = reader->room ? reader->room : ROOM_FIRST;
    uint8_t *message;

    if (reader->size + more < reader->room)
        return true;
    while (room <= reader->size + more)
        room *= 2;
    message = realloc(reader->message, room);
    if (!message)
        return false;
    reader->message = message;
    reader->room = room;
    return true;
}

static unsigned read_payload(struct frame_reader *reader, const uint8_t **data, size_t *size)
{
    size_t part = reader->left < *size ? (size_t)reader->left : *size;

    if (is_control(reader->opcode)) {
        memcpy(reader->control + reader->control_size, *data, part);
        reader->control_size += part;
    } else {
        if (!reserve(reader, part))
            return FRAME_TOO_LARGE;
        memcpy(reader->message + reader->size, *data, part);
        reader->size += part;
    }
    reader->left -= part;
    *data += part;
    *size -= part;
    return 0;
}

static void give(struct frame_reader *reader, uint8_t opcode, uint8_t *data, size_t size)
{
    data[size] = '\0';
    if (!reader->take((enum frame_opcode)opcode, data, size, reader->arg))
        reader->over = true;
}

/* A frame is whole: told if it is a control frame or the last one of its message. */
static unsigned finish(struct frame_reader *reader)
{
    uint8_t started = reader->started;
    size_t size = reader->size;

    reader->in_payload = false;
    reader->head_size = 0;
    if (is_control(reader->opcode)) {
        give(reader, reader->opcode, reader->control, reader->control_size);
        return 0;
    }
    if (!reader->final)
        return 0;
    reader->started = 0;
    reader->size = 0;
    if (started == FRAME_TEXT && !frame_is_utf8(reader->message, size))
        return FRAME_NOT_TEXT;
    give(reader, started, reader->message, size);
    return 0;
}

unsigned frame_read(struct frame_reader *reader, const uint8_t *data, size_t size)
{
    unsigned code = 0;

    while (!reader->over && !code && size) {
        if (!reader->in_payload)
            code = read_head(reader, &data, &size);
        if (!code && reader->in_payload)
            code = read_payload(reader, &data, &size);
        if (!code && reader->in_payload && !reader->left)
            code = finish(reader);
    }
    if (code)
        reader->over = true;
    return code;
}

static size_t write_length(uint8_t *out, size_t size)
{
    unsigned bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;

    out[0] = (uint8_t)(0x80 | (bytes == 0 ? size : bytes == 2 ? 126 : 127));
    for (unsigned i = 0; i < bytes; i++)
        out[1 + i] = (uint8_t)((uint64_t)size >> 8 * (bytes - 1 - i));
    return 1 + bytes;
}

size_t frame_write(uint8_t *out, enum frame_opcode opcode, const void *data, size_t size,
                   const uint8_t mask[4])
{
    const uint8_t *from = data;
    size_t head = 1;

    out[0] = (uint8_t)(0x80 | opcode);
    head += write_length(out + 1, size);
    memcpy(out + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < size; i++)
        out[head + i] = from[i] ^ mask[i % 4];
    return head + size;
}
