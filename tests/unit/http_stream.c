/* http_stream.c: replies that go on, read over raw sockets. */
#include "base/clock.h"
#include "base/mem.h"
#include "http_kit.h"
#include "http/rest.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PIECE = 1000, PAGES = 300, SENDERS = 4, EACH = 500 };

static struct rest *rest;

/* One stream and what was told of it. */

struct feed {
    struct rest_stream *stream;
    atomic_uint closed, drained;
    unsigned page; /* HTTP thread */
};

static struct feed feed;
static _Atomic(struct rest_request *) asked; /* put by for the test's own thread */

static void on_closed(void *arg)
{
    atomic_fetch_add(&((struct feed *)arg)->closed, 1);
}

static void on_drained(void *arg)
{
    assert_int_equal(((struct feed *)arg)->closed, 0);
    atomic_fetch_add(&((struct feed *)arg)->drained, 1);
}

static void until(const atomic_uint *count, unsigned least)
{
    int64_t begin = clock_mono_ms();

    while (atomic_load(count) < least) {
        assert_true(clock_mono_ms() - begin < WAIT);
        usleep(200);
    }
}

static void open_feed(struct rest_request *request)
{
    static const char *const headers[] = {"Cache-Control", "no-cache", NULL};

    feed.stream = rest_stream(request, 200, "text/event-stream", headers, on_closed, &feed);
    assert_non_null(feed.stream);
}

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    if (!strcmp(rest_path(request), "/now")) {
        open_feed(request);
        rest_stream_send(feed.stream, "hello", 5);
    } else if (!strcmp(rest_path(request), "/plain")) {
        rest_reply(request, 200, "text/plain", "ok", 2, NULL);
    } else {
        atomic_store(&asked, request);
    }
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status, (void)path, (void)arg;
    return NULL;
}

static int start_with(unsigned timeout)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = 4096, .timeout = timeout};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    memset(&feed, 0, sizeof feed);
    asked = NULL;
    return rest_start(&rest, &conf, &handlers);
}

static int start(void **state)
{
    (void)state;
    return start_with(30);
}

static int start_impatient(void **state)
{
    (void)state;
    return start_with(1);
}

static int stop(void **state)
{
    (void)state;
    if (rest)
        rest_stop(rest);
    rest = mem_unref(rest);
    if (feed.stream)
        assert_int_equal(rest_stream_send(feed.stream, "x", 1), EPIPE);
    assert_int_equal(feed.closed, feed.stream != NULL);
    feed.stream = mem_unref(feed.stream);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* A client that asked; the request is put by. */
static int ask(const char *method)
{
    int fd = client_dial(rest_port(rest));
    char text[64];

    snprintf(text, sizeof text, "%s /later HTTP/1.1\r\nHost: h\r\n\r\n", method);
    say(fd, text);
    for (int64_t begin = clock_mono_ms(); !atomic_load(&asked); usleep(200))
        assert_true(clock_mono_ms() - begin < WAIT);
    return fd;
}

static int ask_and_open(void)
{
    struct reply reply;
    int fd = ask("GET");

    open_feed(atomic_load(&asked));
    assert_true(hear(fd, &reply, false)); /* the head comes by itself */
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.head, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(reply.head, "Cache-Control: no-cache\r\n"));
    assert_non_null(strstr(reply.head, "Transfer-Encoding: chunked\r\n"));
    return fd;
}

static void get_all(int fd, char *out, size_t size)
{
    for (size_t n = 0; n < size;) {
        struct pollfd in = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&in, 1, WAIT) == 1 ? recv(fd, out + n, size - n, 0) : -1;

        assert_true(got > 0);
        n += (size_t)got;
    }
}

/* The size of the next chunk, its data at *data (malloc()ed). */
static size_t get_chunk(int fd, char **data)
{
    char line[32] = "", end[2];
    size_t size;

    for (size_t n = 0; !strstr(line, "\r\n"); n++) {
        assert_true(n < sizeof line - 1);
        assert_true(get(fd, &line[n]));
    }
    size = strtoul(line, NULL, 16);
    *data = malloc(size + 1);
    get_all(fd, *data, size);
    (*data)[size] = '\0';
    get_all(fd, end, 2);
    assert_memory_equal(end, "\r\n", 2);
    return size;
}

/* Exactly this text, however it was cut into chunks. */
static void expect(int fd, const char *text, size_t size)
{
    while (size) {
        char *data;
        size_t n = get_chunk(fd, &data);

        assert_true(n > 0 && n <= size);
        assert_memory_equal(data, text, n);
        free(data);
        text += n;
        size -= n;
    }
}

static void expect_end(int fd)
{
    char *data;

    assert_int_equal(get_chunk(fd, &data), 0);
    free(data);
    assert_true(closed(fd));
}

/* The tests. */

static void sends_each_piece_at_once(void **state)
{
    int fd = ask_and_open();
    char text[32];

    (void)state;
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "data: %d\n\n", i);
        assert_int_equal(rest_stream_send(feed.stream, text, strlen(text)), 0);
        expect(fd, text, strlen(text));
    }
    assert_int_equal(rest_stream_send(feed.stream, text, 0), 0);
    assert_int_equal(rest_stream_send(feed.stream, "last", 4), 0);
    rest_stream_end(feed.stream);
    rest_stream_end(feed.stream);
    assert_int_equal(rest_stream_send(feed.stream, "late", 4), EPIPE);
    expect(fd, "last", 4);
    expect_end(fd);
    until(&feed.closed, 1);
    assert_int_equal(rest_stream_queued(feed.stream), 0);
    close(fd);
}

static void opens_in_the_handler(void **state)
{
    int fd = client_dial(rest_port(rest));
    struct reply reply;

    (void)state;
    say(fd, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear(fd, &reply, false));
    expect(fd, "hello", 5);
    rest_stream_end(feed.stream);
    expect_end(fd);
    close(fd);
}

static void speaks_to_old_clients(void **state)
{
    int fd = client_dial(rest_port(rest));
    struct reply reply;
    char text[5];

    (void)state;
    say(fd, "GET /now HTTP/1.0\r\n\r\n");
    assert_true(hear(fd, &reply, false));
    assert_null(strstr(reply.head, "chunked"));
    get_all(fd, text, 5);
    assert_memory_equal(text, "hello", 5);
    rest_stream_end(feed.stream);
    assert_true(closed(fd));
    close(fd);
}

static void a_head_has_no_stream(void **state)
{
    struct reply reply;
    int fd = ask("HEAD");

    (void)state;
    open_feed(atomic_load(&asked));
    assert_true(hear(fd, &reply, false));
    assert_int_equal(reply.status, 200);
    until(&feed.closed, 1);
    assert_true(closed(fd));
    close(fd);
}

static void notices_a_peer_that_left(void **state)
{
    int fd = ask_and_open();

    (void)state;
    assert_int_equal(rest_stream_send(feed.stream, "one", 3), 0);
    expect(fd, "one", 3);
    close(fd); /* nothing is sent any more: only its leaving tells */
    until(&feed.closed, 1);
    assert_int_equal(rest_stream_send(feed.stream, "two", 3), EPIPE);
}

static void notices_a_peer_that_closed_its_half(void **state)
{
    int fd = ask_and_open();

    (void)state;
    shutdown(fd, SHUT_WR);
    until(&feed.closed, 1);
    assert_true(closed(fd));
    close(fd);
}

static void notices_a_peer_that_left_before(void **state)
{
    int fd = ask("GET");

    (void)state;
    close(fd);
    open_feed(atomic_load(&asked));
    until(&feed.closed, 1);
}

static void fill(char *piece, unsigned number)
{
    memset(piece, 'a' + (int)(number % 26), PIECE);
    snprintf(piece, PIECE, "%u", number);
    piece[PIECE - 1] = '\n';
}

static void takes_no_more_than_its_queue(void **state)
{
    int fd = ask_and_open(), err;
    char piece[PIECE], *all;
    unsigned sent = 0;

    (void)state;
    rest_stream_on_drained(feed.stream, on_drained);
    for (;;) {
        fill(piece, sent);
        err = rest_stream_send(feed.stream, piece, PIECE);
        if (err)
            break;
        assert_true(rest_stream_queued(feed.stream) <= REST_STREAM_QUEUE);
        sent++;
    }
    assert_int_equal(err, EAGAIN);
    all = malloc((size_t)sent * PIECE);
    for (unsigned i = 0; i < sent; i++)
        fill(all + (size_t)i * PIECE, i);
    expect(fd, all, (size_t)sent * PIECE);
    free(all);
    until(&feed.drained, 1);
    assert_int_equal(rest_stream_queued(feed.stream), 0);
    assert_int_equal(rest_stream_send(feed.stream, "more", 4), 0);
    expect(fd, "more", 4);
    close(fd);
}

static void takes_one_huge_piece(void **state)
{
    size_t size = 8 * REST_STREAM_QUEUE;
    char *huge = malloc(size);
    int fd = ask_and_open();

    (void)state;
    for (size_t i = 0; i < size; i++)
        huge[i] = (char)('a' + i % 23);
    assert_int_equal(rest_stream_send(feed.stream, huge, size), 0);
    if (rest_stream_queued(feed.stream)) /* the socket may have taken all in this moment */
        assert_int_equal(rest_stream_send(feed.stream, huge, REST_STREAM_QUEUE + 1), EAGAIN);
    rest_stream_end(feed.stream);
    expect(fd, huge, size);
    expect_end(fd);
    free(huge);
    close(fd);
}

/* The next page is sent when the last one is gone. */
static void send_page(void *arg)
{
    struct feed *it = arg;
    char piece[PIECE];

    on_drained(arg);
    if (it->page == PAGES) {
        rest_stream_end(it->stream);
        return;
    }
    fill(piece, it->page++);
    assert_int_equal(rest_stream_send(it->stream, piece, PIECE), 0);
}

static void asks_for_the_next_page(void **state)
{
    int fd = ask_and_open();
    char piece[PIECE];

    (void)state;
    rest_stream_on_drained(feed.stream, send_page);
    assert_int_equal(rest_stream_send(feed.stream, "begin", 5), 0);
    expect(fd, "begin", 5);
    for (unsigned i = 0; i < PAGES; i++) {
        fill(piece, i);
        expect(fd, piece, PIECE);
    }
    expect_end(fd);
    assert_int_equal(feed.drained, PAGES + 1);
    close(fd);
}

static void *send_lines(void *arg)
{
    for (unsigned i = 0; i < EACH;) {
        char line[32];
        int err;

        snprintf(line, sizeof line, "%u %u\n", (unsigned)(uintptr_t)arg, i);
        err = rest_stream_send(feed.stream, line, strlen(line));
        assert_true(err == 0 || err == EAGAIN);
        i += !err;
    }
    return NULL;
}

static void takes_lines_from_many_threads(void **state)
{
    unsigned next[SENDERS] = {0}, lines = 0;
    int fd = ask_and_open();
    pthread_t threads[SENDERS];
    char line[64];
    size_t n = 0;

    (void)state;
    for (uintptr_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_lines, (void *)i), 0);
    while (lines < SENDERS * EACH) {
        char *data;
        size_t size = get_chunk(fd, &data);

        for (size_t i = 0; i < size; i++) {
            unsigned thread, number;

            assert_true(n < sizeof line - 1);
            line[n++] = data[i];
            if (data[i] != '\n')
                continue;
            line[n] = '\0';
            n = 0;
            assert_int_equal(sscanf(line, "%u %u\n", &thread, &number), 2);
            assert_true(thread < SENDERS);
            assert_int_equal(number, next[thread]);
            next[thread]++;
            lines++;
        }
        free(data);
    }
    for (size_t i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    close(fd);
}

/* Connections that say nothing are closed after a second, and that twice; the stream,
 * older than both, says nothing either and stays. */
static void may_be_silent(void **state)
{
    int fd = ask_and_open(), idle, other;

    (void)state;
    for (int i = 0; i < 2; i++) {
        idle = client_dial(rest_port(rest));
        other = client_dial(rest_port(rest));
        say(other, "GET /plain HTTP/1.1\r\n");
        assert_true(closed(idle));
        assert_true(closed(other));
        close(idle);
        close(other);
    }
    assert_int_equal(feed.closed, 0);
    assert_int_equal(rest_stream_send(feed.stream, "still", 5), 0);
    expect(fd, "still", 5);
    close(fd);
}

static void cuts_a_peer_that_takes_nothing(void **state)
{
    int fd = ask_and_open(), err;
    char piece[PIECE];

    (void)state;
    memset(piece, 'x', sizeof piece);
    do
        err = rest_stream_send(feed.stream, piece, PIECE);
    while (!err);
    assert_int_equal(err, EAGAIN);
    until(&feed.closed, 1);
    close(fd);
}

static void stop_ends_it(void **state)
{
    int fd = ask_and_open();

    (void)state;
    assert_int_equal(rest_stream_send(feed.stream, "bye", 3), 0);
    rest_stop(rest);
    rest = mem_unref(rest);
    assert_int_equal(feed.closed, 1);
    expect(fd, "bye", 3);
    expect_end(fd);
    close(fd);
}

static void stop_does_not_wait_for_a_peer_that_takes_nothing(void **state)
{
    int fd = ask_and_open(), err;
    int64_t begin;
    char piece[PIECE];

    (void)state;
    memset(piece, 'x', sizeof piece);
    do
        err = rest_stream_send(feed.stream, piece, PIECE);
    while (!err);
    begin = clock_mono_ms();
    rest_stop(rest);
    rest = mem_unref(rest);
    assert_int_equal(feed.closed, 1);
    assert_true(clock_mono_ms() - begin < WAIT);
    close(fd);
}

static void *stop_it(void *arg)
{
    (void)arg;
    rest_stop(rest);
    return NULL;
}

static void a_stream_opened_while_stopping_ends(void **state)
{
    int fd = ask("GET"), other = client_dial(rest_port(rest));
    struct reply reply;
    pthread_t stopper;

    (void)state;
    say(other, "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n"); /* so that it was accepted */
    assert_true(hear(other, &reply, true));
    assert_int_equal(pthread_create(&stopper, NULL, stop_it, NULL), 0);
    do { /* until it refuses, it has not begun to stop */
        say(other, "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(hear(other, &reply, true));
    } while (reply.status == 200);
    assert_int_equal(reply.status, 503);
    open_feed(atomic_load(&asked));
    pthread_join(stopper, NULL);
    assert_int_equal(feed.closed, 1);
    assert_true(hear(fd, &reply, false));
    expect_end(fd);
    close(fd);
    close(other);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define IMPATIENT(test) cmocka_unit_test_setup_teardown(test, start_impatient, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(sends_each_piece_at_once),
        WITH_SERVER(opens_in_the_handler),
        WITH_SERVER(speaks_to_old_clients),
        WITH_SERVER(a_head_has_no_stream),
        WITH_SERVER(notices_a_peer_that_left),
        WITH_SERVER(notices_a_peer_that_closed_its_half),
        WITH_SERVER(notices_a_peer_that_left_before),
        WITH_SERVER(takes_no_more_than_its_queue),
        WITH_SERVER(takes_one_huge_piece),
        WITH_SERVER(asks_for_the_next_page),
        WITH_SERVER(takes_lines_from_many_threads),
        IMPATIENT(may_be_silent),
        IMPATIENT(cuts_a_peer_that_takes_nothing),
        WITH_SERVER(stop_ends_it),
        WITH_SERVER(stop_does_not_wait_for_a_peer_that_takes_nothing),
        WITH_SERVER(a_stream_opened_while_stopping_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
