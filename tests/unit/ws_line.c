/* ws_line.c: connections to a server of our own on loopback: the upgrade, a server that does not
 * read, and how each end is told. The test is the media worker, the control thread and the
 * server; the thread of the sockets is the real one. */
#include "base/clock.h"
#include "base/mem.h"
#include "ws/frame.h"
#include "ws/ws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 20000, FRAMES = 4000, HEARD = 8 << 20 };

static struct loop *loop;
static struct sockets *sockets;
static struct socket_line *line;
static int listener = -1, server = -1;
static bool allow;
static unsigned opened, closed;
static struct socket_end end;
static char end_text[200];

static uint8_t *heard; /* by the server */
static size_t heard_size;

static bool allowed(const struct sockaddr_storage *address, void *arg)
{
    (void)address, (void)arg;
    return allow;
}

static void on_opened(void *arg)
{
    (void)arg;
    opened++;
}

static void on_closed(const struct socket_end *told, void *arg)
{
    (void)arg;
    closed++;
    end = *told;
    snprintf(end_text, sizeof end_text, "%s", told->text);
}

/* Runs the control loop, and has the server read, until it is so. */
static void pump_until(bool (*is)(void), bool reads)
{
    int64_t late = clock_mono_ms() + PATIENCE;

    while (!is()) {
        ssize_t got = -1;

        loop_wait(loop, 1);
        if (reads && server >= 0)
            got = recv(server, heard + heard_size, HEARD - heard_size, MSG_DONTWAIT);
        heard_size += got > 0 ? (size_t)got : 0;
        if (clock_mono_ms() > late)
            fail_msg("in vain: opened %u closed %u (%s), %zu bytes heard", opened, closed, end_text,
                     heard_size);
    }
}

static bool is_opened(void)
{
    return opened;
}

static bool is_closed(void)
{
    return closed;
}

static bool is_called(void)
{
    if (server < 0)
        server = accept(listener, NULL, NULL);
    return server >= 0;
}

static bool is_asked(void)
{
    return memmem(heard, heard_size, "\r\n\r\n", 4);
}

static void dial(const char *host, unsigned timeout)
{
    static const struct socket_events events = {on_opened, on_closed};
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    char url[100];
    struct socket_request request = {
        .url = url, .rate = 8000, .first = "{\"first\":1}", .timeout = timeout};

    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    snprintf(url, sizeof url, "ws://%s:%u/p?q#f", host, ntohs(at.sin_port));
    assert_int_equal(socket_dial(sockets, &request, &events, NULL, &line), 0);
}

static void reply(const char *text)
{
    assert_int_equal(send(server, text, strlen(text), 0), (ssize_t)strlen(text));
}

/* Takes the upgrade, as RFC 6455 §4.2.2 says; `more` goes out with it. */
static void take_upgrade(const char *more, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE], accept_key[40];
    char text[100], answer[400], *key;
    unsigned length;
    int all;

    pump_until(is_called, true);
    pump_until(is_asked, true);
    assert_int_equal(strncmp((char *)heard, "GET /p?q HTTP/1.1\r\n", 19), 0);
    key = strstr((char *)heard, "Sec-WebSocket-Key: ") + 19;
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_Digest(text, strlen(text), digest, &length, EVP_sha1(), NULL);
    EVP_EncodeBlock(accept_key, digest, (int)length);
    all = snprintf(answer, sizeof answer,
                   "HTTP/1.1 101 OK\r\nupgrade: WebSocket\r\nCONNECTION: keep-alive, Upgrade\r\n"
                   "sec-websocket-accept: %s\r\n\r\n",
                   accept_key);
    memcpy(answer + all, more, size);
    heard_size = 0;
    assert_int_equal(send(server, answer, (size_t)all + size, 0), all + (int)size);
    pump_until(is_opened, true);
}

/* The nth masked frame of what was heard, unmasked, until the next one; NULL: not there yet. */
static const uint8_t *frame_at(unsigned n, uint8_t *opcode, size_t *size)
{
    static uint8_t payload[1 << 16];
    size_t at = 0;

    for (;; n--) {
        size_t head = 6, length;

        if (heard_size < at + head)
            return NULL;
        length = heard[at + 1] & 0x7f;
        if (length == 126) {
            head = 8;
            length = (size_t)heard[at + 2] << 8 | heard[at + 3];
        }
        assert_true(heard[at + 1] & 0x80);
        if (heard_size < at + head + length)
            return NULL;
        *opcode = heard[at] & 0x0f;
        *size = length;
        if (!n) {
            for (size_t i = 0; i < length; i++)
                payload[i] = heard[at + head + i] ^ heard[at + head - 4 + i % 4];
            return payload;
        }
        at += head + length;
    }
}

/* Says a frame of this sample as a media worker does, when there is room. */
static void say(int16_t sample)
{
    int16_t frame[WIRE_FRAME];

    for (int i = 0; i < WIRE_FRAME; i++)
        frame[i] = sample;
    while (!wire_put(socket_wire(line), frame))
        sched_yield();
}

static bool is_whole(void)
{
    return heard_size >= 8 && !memcmp(heard + heard_size - 8, "\x88\x82", 2);
}

static void a_server_that_does_not_read_misses_the_oldest(void **state)
{
    const uint8_t *data;
    uint8_t opcode;
    size_t size;
    unsigned count = 0;
    int16_t last = -1, sample;

    (void)state;
    dial("127.0.0.1", PATIENCE);
    take_upgrade("", 0);
    socket_begin(line);
    for (int i = 0; i < FRAMES; i++)
        say((int16_t)i);
    socket_close(line, 1000);
    pump_until(is_whole, true); /* now it reads, to our close frame */
    data = frame_at(0, &opcode, &size);
    assert_int_equal(opcode, FRAME_TEXT);
    assert_int_equal(size, 11);
    assert_memory_equal(data, "{\"first\":1}", 11);
    while ((data = frame_at(1 + count, &opcode, &size)) && opcode == FRAME_BINARY) {
        assert_int_equal(size, 2 * WIRE_FRAME);
        sample = (int16_t)(data[0] | data[1] << 8);
        assert_true(sample > last);
        last = sample;
        count++;
    }
    assert_int_equal(opcode, FRAME_CLOSE);
    assert_memory_equal(data, "\x03\xe8", 2);
    assert_in_range(count, 10, FRAMES - 100);
    assert_int_equal(send(server, "\x88\x02\x03\xe8", 4, 0), 4);
    pump_until(is_closed, true);
    assert_int_equal(end.kind, SOCKET_ENDED);
    assert_int_equal(end.code, 1000);
    assert_true(end.dropped_out >= 100);
    /* what is neither dropped nor heard waited, 200 ms of it, when it was closed */
    assert_in_range(FRAMES - count - end.dropped_out, 0, 26);
}

static size_t put_text(char *out, const char *text)
{
    return (size_t)sprintf(out, "\x81%c%s", (char)strlen(text), text);
}

/* A key was told. */
static bool is_told(void)
{
    uint8_t opcode;
    size_t size;
    const uint8_t *data;

    for (unsigned n = 0; (data = frame_at(n, &opcode, &size)); n++) {
        if (opcode == FRAME_TEXT && memmem(data, size, "websocket:dtmf", 14))
            return true;
    }
    return false;
}

/* How many texts there are that have this in them; and the first one. */
static unsigned count_texts(const char *what, unsigned *first)
{
    uint8_t opcode;
    size_t size;
    const uint8_t *data;
    unsigned count = 0;

    for (unsigned n = 0; (data = frame_at(n, &opcode, &size)); n++) {
        if (opcode != FRAME_TEXT || !memmem(data, size, what, strlen(what)))
            continue;
        if (!count++)
            *first = n;
    }
    return count;
}

static bool is_begun(void)
{
    unsigned first;

    return count_texts("first", &first);
}

static bool is_all_told(void)
{
    unsigned first;

    return count_texts("websocket:notify", &first) == 301;
}

/* However early, or many at once. */
static void what_is_asked_for_is_told_behind_the_first_message(void **state)
{
    char early[200], many[64 * 600];
    size_t size = put_text(early, "{\"action\":\"clear\"}");
    unsigned first = 1, cleared = 0, told = 0;

    (void)state;
    size += put_text(early + size, "{\"action\":\"notify\",\"payload\":[1]}");
    dial("127.0.0.1", PATIENCE);
    take_upgrade(early, size);
    socket_begin(line);
    pump_until(is_begun, true);
    size = 0;
    for (int i = 0; i < 600; i++)
        size += put_text(many + size, i % 2 ? "{\"action\":\"notify\"}" : "{\"action\":\"clear\"}");
    assert_int_equal(send(server, many, size, 0), (ssize_t)size);
    pump_until(is_all_told, true);
    assert_int_equal(count_texts("first", &first), 1);
    assert_int_equal(first, 0);
    assert_int_equal(count_texts("websocket:cleared", &cleared), 301);
    assert_int_equal(count_texts("\"payload\":[1]", &told), 1);
    assert_true(cleared > 0 && told > 0);
    assert_int_equal(socket_digit(line, '#', 120), 0);
    pump_until(is_told, true);
}

static bool is_closing(void)
{
    uint8_t opcode;
    size_t size;
    const uint8_t *data = frame_at(0, &opcode, &size);

    return data && opcode == FRAME_CLOSE && size == 2;
}

/* Frames that came with the 101 are not lost. */
static void a_close_frame_with_the_upgrade_is_answered(void **state)
{
    (void)state;
    dial("127.0.0.1", PATIENCE);
    take_upgrade("\x88\x05\x0f\xa0"
                 "bye",
                 7);
    pump_until(is_closed, true);
    assert_int_equal(end.kind, SOCKET_CLOSED);
    assert_int_equal(end.code, 4000);
    pump_until(is_closing, true);
}

static bool is_ponged(void)
{
    uint8_t opcode;
    size_t size;
    const uint8_t *data = frame_at(0, &opcode, &size);

    return data && opcode == FRAME_PONG && size == 2;
}

static void a_ping_is_answered_with_its_payload(void **state)
{
    uint8_t opcode;
    size_t size;

    (void)state;
    dial("127.0.0.1", PATIENCE);
    take_upgrade("\x89\x02hi", 4);
    pump_until(is_ponged, true);
    assert_memory_equal(frame_at(0, &opcode, &size), "hi", 2);
    close(server);
    server = -1;
    pump_until(is_closed, false);
    assert_int_equal(end.kind, SOCKET_LOST);
}

static void replies_that_are_no_upgrade(void **state)
{
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1/\r\n\r\n",
        "HTTP/1.0 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 OK\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: close\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "nonsense\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        dial("127.0.0.1", PATIENCE);
        pump_until(is_called, true);
        pump_until(is_asked, true);
        reply(replies[i]);
        pump_until(is_closed, true);
        assert_int_equal(end.kind, SOCKET_REFUSED);
        assert_int_equal(opened, 0);
        close(server);
        server = -1;
        closed = 0;
        heard_size = 0;
        line = mem_unref(line);
    }
}

static void a_server_that_says_nothing_is_too_late(void **state)
{
    (void)state;
    dial("127.0.0.1", 50);
    pump_until(is_closed, false);
    assert_int_equal(end.kind, SOCKET_TIMEOUT);
}

static void an_inner_address_must_be_allowed(void **state)
{
    (void)state;
    allow = false;
    dial("127.0.0.1", PATIENCE);
    pump_until(is_closed, false);
    assert_int_equal(end.kind, SOCKET_UNREACHED);
    assert_string_equal(end_text, "The address is not allowed.");
    assert_true(accept(listener, NULL, NULL) < 0 && errno == EAGAIN);
}

static void one_that_is_dialled_may_be_given_up(void **state)
{
    (void)state;
    dial("127.0.0.1", PATIENCE);
    socket_close(line, 1000);
    pump_until(is_closed, false);
    assert_int_equal(end.kind, SOCKET_ENDED);
    assert_int_equal(opened, 0);
}

/* The stop in set-down ends it, and tells. */
static void stopping_ends_all(void **state)
{
    (void)state;
    dial("127.0.0.1", PATIENCE);
    take_upgrade("", 0);
    socket_begin(line);
    sockets_stop(sockets);
    sockets = NULL;
    pump_until(is_closed, false);
    assert_int_equal(end.kind, SOCKET_ENDED);
    assert_int_equal(socket_digit(line, '1', 100), 0);
}

static void listen_small(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int small = 16 << 10;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
}

static int set_up(void **state)
{
    struct sockets_conf conf = {.allowed = allowed};

    (void)state;
    allow = true;
    opened = closed = 0;
    heard_size = 0;
    heard = calloc(1, HEARD + 1);
    listen_small();
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(sockets_start(&sockets, &conf, loop), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (sockets)
        sockets_stop(sockets);
    loop_run(loop);
    line = mem_unref(line);
    loop = mem_unref(loop);
    free(heard);
    close(listener);
    if (server >= 0)
        close(server);
    server = -1;
    return closed > 1 || mem_alive() != 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_server_that_does_not_read_misses_the_oldest),
        CASE(what_is_asked_for_is_told_behind_the_first_message),
        CASE(a_close_frame_with_the_upgrade_is_answered),
        CASE(a_ping_is_answered_with_its_payload),
        CASE(replies_that_are_no_upgrade),
        CASE(a_server_that_says_nothing_is_too_late),
        CASE(an_inner_address_must_be_allowed),
        CASE(one_that_is_dialled_may_be_given_up),
        CASE(stopping_ends_all),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
