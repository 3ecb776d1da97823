/* line.c: a connection that is up: frames in, the pings that show it lives, its closing
 * handshake, its end. A handler that finds the end says so (line_fail); who called the handler
 * then takes the line away (line_over), so nothing is freed under a handler. */
#include "ws/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    PING = 20000,   /* [ms] without a word until one is asked for; and that it may take */
    CLOSING = 1000, /* [ms] for the server's close frame */
    READ = 16 << 10,
    TURN = 64 << 10 /* [bytes] read before others have their turn */
};

void line_fail(struct socket_line *line, enum socket_end_kind kind, unsigned code, const char *text)
{
    if (line->state == LINE_OVER)
        return;
    if (line->state != LINE_CLOSING) { /* else the reason is there already */
        line->end = kind;
        line->code = code;
        snprintf(line->text, sizeof line->text, "%s", text);
    }
    line->state = LINE_OVER;
}

static void on_timer(void *arg);

static void wait(struct socket_line *line, unsigned ms)
{
    loop_cancel(line->sockets->loop, &line->timer);
    if (loop_start(line->sockets->loop, &line->timer, ms, on_timer, line))
        line_fail(line, SOCKET_LOST, 0, "Out of memory.");
}

static void on_timer(void *arg)
{
    struct socket_line *line = arg;

    if (line->state == LINE_CLOSING || line->pinged) {
        line_fail(line, SOCKET_LOST, 0, "The server does not answer.");
    } else {
        line->pinged = true;
        send_control(line, FRAME_PING, NULL, 0);
        send_run(line);
        if (line->state == LINE_UP)
            wait(line, PING);
    }
    if (line->state == LINE_OVER)
        line_over(line);
}

static void start_closing(struct socket_line *line, enum socket_end_kind kind, unsigned code,
                          const char *text)
{
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    line->end = kind;
    line->code = code;
    snprintf(line->text, sizeof line->text, "%s", text);
    line->waiting_count = 0;
    send_control(line, FRAME_CLOSE, payload, code == FRAME_NO_CODE ? 0 : sizeof payload);
    if (line->state == LINE_OVER)
        return;
    line->state = LINE_CLOSING;
    wait(line, CLOSING);
}

void line_close(struct socket_line *line, unsigned code)
{
    if (line->state == LINE_UP) {
        start_closing(line, SOCKET_ENDED, code, "Closed.");
        send_run(line);
    } else if (line->state < LINE_UP) {
        line_fail(line, SOCKET_ENDED, 0, "Given up.");
    }
}

/* The server's close frame: an answer to ours, or the first. */
static void take_close(struct socket_line *line, const uint8_t *data, size_t size)
{
    bool bad;
    unsigned code = frame_close_code(data, size, &bad);

    if (line->state == LINE_CLOSING) {
        line_fail(line, line->end, line->code, line->text);
        return;
    }
    start_closing(line, bad ? SOCKET_LOST : SOCKET_CLOSED, code,
                  bad ? "The close frame of the server is malformed." : "The server closed.");
    send_run(line);
    if (line->state == LINE_CLOSING && send_idle(line))
        line->state = LINE_OVER;
}

static void take_sound(struct socket_line *line, const uint8_t *data, size_t size)
{
    int16_t wide[SOCKET_FRAME], narrow[WIRE_FRAME];
    size_t count = WIRE_FRAME * line->ratio;

    if (size != count * 2) {
        line->strange++;
        return;
    }
    for (size_t i = 0; i < count; i++)
        wide[i] = (int16_t)(uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
    resample_run(line->down, narrow, wide, count);
    wire_send(line->wire, narrow);
}

static bool on_frame(enum frame_opcode opcode, const uint8_t *data, size_t size, void *arg)
{
    struct socket_line *line = arg;

    if (opcode == FRAME_CLOSE)
        take_close(line, data, size);
    else if (line->state == LINE_CLOSING)
        return true; /* what comes before the server's close frame is not wanted any more */
    else if (opcode == FRAME_BINARY)
        take_sound(line, data, size);
    else if (opcode == FRAME_TEXT)
        message_take(line, (const char *)data, size);
    else if (opcode == FRAME_PING)
        send_control(line, FRAME_PONG, data, size);
    return line->state == LINE_UP || line->state == LINE_CLOSING;
}

static void take(struct socket_line *line, const uint8_t *data, size_t size)
{
    unsigned code = frame_read(line->reader, data, size);

    line->pinged = false;
    if (!code || line->state == LINE_OVER)
        return;
    if (line->state == LINE_UP) {
        start_closing(line, SOCKET_LOST, code, "The server breaks the rules of RFC 6455.");
        send_run(line);
    }
    if (line->state != LINE_OVER)
        line->state = LINE_OVER; /* nothing it sends can be read any more */
}

static void tell_opened(void *arg)
{
    struct socket_line *line = arg;

    if (line->events.opened)
        line->events.opened(line->arg);
    mem_unref(line);
}

void line_up(struct socket_line *line, const char *rest, size_t size)
{
    if (frame_reader_alloc(&line->reader, SOCKET_MESSAGE, on_frame, line) ||
        resample_alloc(&line->up, 8000, line->rate) ||
        resample_alloc(&line->down, line->rate, 8000) ||
        loop_post(line->sockets->control, tell_opened, mem_ref(line))) {
        line_fail(line, SOCKET_LOST, 0, "Out of memory.");
        return;
    }
    line->state = LINE_UP;
    wait(line, PING);
    if (size)
        take(line, (const uint8_t *)rest, size);
}

void line_read(struct socket_line *line)
{
    uint8_t bytes[READ];
    size_t got = 0, all = 0;
    CURLcode code = CURLE_OK;

    if (line->state == LINE_UPGRADING)
        upgrade_read(line);
    while (line->state == LINE_UP || line->state == LINE_CLOSING) {
        code = curl_easy_recv(line->easy, bytes, sizeof bytes, &got);
        if (code == CURLE_AGAIN)
            break;
        if (code || !got) {
            line_fail(line, SOCKET_LOST, 0, "The server closed without a close frame.");
            break;
        }
        take(line, bytes, got);
        all += got;
        if (all >= TURN) { /* TLS may hold more that no poll tells of */
            line->more = true;
            break;
        }
    }
    if (line->state == LINE_UP || line->state == LINE_CLOSING)
        send_run(line);
}

void line_turn(struct socket_line *line)
{
    if (line->state != LINE_UP || !line->begun)
        return;
    send_sound(line);
    message_marks(line);
    if (line->state == LINE_UP)
        send_run(line);
}

/* The end, told on the control thread. */

static void tell_closed(void *arg)
{
    struct socket_line *line = arg;
    struct wire_stats stats;
    struct socket_end end = {.kind = line->end,
                             .code = line->code,
                             .text = line->text,
                             .dropped_out = line->dropped_out,
                             .strange = line->strange};

    MAGIC_CHECK(line, LINE_MAGIC);
    wire_stats(line->wire, &stats);
    end.dropped_in = stats.dropped_in;
    if (line->events.closed)
        line->events.closed(&end, line->arg);
    mem_unref(line); /* of our thread */
}

static void hang_up(struct socket_line *line)
{
    if (line->fd >= 0)
        epoll_ctl(line->sockets->epoll, EPOLL_CTL_DEL, line->fd, NULL);
    line->fd = -1;
    if (line->dialled)
        line->sockets->dialling--;
    line->dialled = false;
    if (!line->easy)
        return;
    curl_multi_remove_handle(line->sockets->multi, line->easy);
    curl_easy_cleanup(line->easy);
    line->easy = NULL;
}

void line_over(struct socket_line *line)
{
    struct sockets *sockets = line->sockets;

    loop_cancel(sockets->loop, &line->timer);
    hang_up(line);
    send_forget(line);
    message_forget(line);
    list_remove(&line->node);
    line->reader = mem_unref(line->reader);
    line->up = mem_unref(line->up);
    line->down = mem_unref(line->down);
    free(line->reply);
    line->reply = NULL;
    while (loop_post(sockets->control, tell_closed, line))
        sched_yield(); /* out of memory: the promise to call back holds */
}
