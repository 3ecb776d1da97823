/* send.c: what goes out, in this order: the rest of a frame that went in part, messages, the
 * answer to the latest ping, sound. Sound waits for 200 ms at most: of a server that reads slowly
 * the oldest goes. */
#include "ws/private.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include <sys/epoll.h>

static struct socket_message *frame(enum frame_opcode opcode, const void *data, size_t size)
{
    struct socket_message *message = calloc(1, sizeof *message + FRAME_HEAD + size);
    uint8_t mask[4];

    if (!message || RAND_bytes(mask, sizeof mask) != 1) {
        free(message);
        return NULL;
    }
    message->size = frame_write(message->data, opcode, data, size, mask);
    return message;
}

static bool queue(struct socket_line *line, enum frame_opcode opcode, const void *data, size_t size)
{
    struct socket_message *message;

    if (line->text_count >= SOCKET_TEXTS)
        send_run(line); /* many were made at once */
    if (line->state == LINE_OVER)
        return false;
    if (line->text_count >= SOCKET_TEXTS) {
        line_fail(line, SOCKET_LOST, 0, "The server does not read.");
        return false;
    }
    message = frame(opcode, data, size);
    if (!message) {
        line_fail(line, SOCKET_LOST, 0, "Out of memory.");
        return false;
    }
    list_append(&line->texts, &message->node);
    line->text_count++;
    return true;
}

bool send_text(struct socket_line *line, const char *text)
{
    return queue(line, FRAME_TEXT, text, strlen(text));
}

bool send_control(struct socket_line *line, enum frame_opcode opcode, const uint8_t *data,
                  size_t size)
{
    if (opcode != FRAME_PONG)
        return queue(line, opcode, data, size);
    free(line->pong);
    line->pong = frame(opcode, data, size);
    return true;
}

void send_sound(struct socket_line *line)
{
    int16_t narrow[WIRE_FRAME], *slot;

    while (wire_take(line->wire, narrow)) {
        if (line->waiting_count == SOCKET_WAITING) {
            line->oldest = (line->oldest + 1) % SOCKET_WAITING;
            line->waiting_count--;
            line->dropped_out++;
        }
        slot = line->waiting[(line->oldest + line->waiting_count) % SOCKET_WAITING];
        resample_run(line->up, slot, narrow, WIRE_FRAME);
        line->waiting_count++;
    }
}

/* In bytes, the lower one first. */
static struct socket_message *frame_sound(struct socket_line *line)
{
    uint8_t bytes[SOCKET_FRAME * 2];
    const int16_t *samples = line->waiting[line->oldest];
    size_t count = WIRE_FRAME * line->ratio;

    for (size_t i = 0; i < count; i++) {
        bytes[2 * i] = (uint8_t)samples[i];
        bytes[2 * i + 1] = (uint8_t)((uint16_t)samples[i] >> 8);
    }
    line->oldest = (line->oldest + 1) % SOCKET_WAITING;
    line->waiting_count--;
    return frame(FRAME_BINARY, bytes, count * 2);
}

static struct socket_message *next(struct socket_line *line)
{
    struct socket_message *message = NULL;

    if (!list_empty(&line->texts)) {
        message = list_entry(list_first(&line->texts), struct socket_message, node);
        list_remove(&message->node);
        line->text_count--;
    } else if (line->pong) {
        message = line->pong;
        line->pong = NULL;
    } else if (line->waiting_count) {
        message = frame_sound(line);
    }
    return message;
}

void send_watch(struct socket_line *line, bool on)
{
    struct epoll_event event = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = line};

    if (line->writes == on)
        return;
    line->writes = on;
    epoll_ctl(line->sockets->epoll, EPOLL_CTL_MOD, line->fd, &event);
}

bool send_idle(const struct socket_line *line)
{
    return !line->now && list_empty(&line->texts);
}

void send_run(struct socket_line *line)
{
    CURLcode code = CURLE_OK;

    while (line->state != LINE_OVER && (line->now || (line->now = next(line)))) {
        struct socket_message *now = line->now;
        size_t sent = 0;

        code = curl_easy_send(line->easy, now->data + now->sent, now->size - now->sent, &sent);
        if (code)
            break;
        now->sent += sent;
        if (now->sent < now->size)
            continue;
        free(now);
        line->now = NULL;
    }
    if (code && code != CURLE_AGAIN)
        line_fail(line, SOCKET_LOST, 0, "The connection broke.");
    else if (line->state != LINE_OVER)
        send_watch(line, code == CURLE_AGAIN);
}

void send_forget(struct socket_line *line)
{
    free(line->now);
    free(line->pong);
    line->now = line->pong = NULL;
    list_each (node, &line->texts) {
        list_remove(node);
        free(list_entry(node, struct socket_message, node));
    }
    line->text_count = 0;
}
