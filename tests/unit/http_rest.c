/* http_rest.c: the server, spoken to over raw sockets. */
#include "base/clock.h"
#include "base/mem.h"
#include "http_kit.h"
#include "http/rest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { LIMIT = 4096 };

static struct rest *rest;
static atomic_uint handled, replied;

/* A second thread that answers what the handler put by. */

static pthread_t answerer;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct rest_request *later[256];
static unsigned later_count;
static bool held, ending;

static void answer(struct rest_request *request)
{
    const char *echo = rest_query(request, "echo");
    size_t size;
    const char *body = rest_body(request, &size);
    char *text = mem_printf("{\"method\":\"%s\",\"path\":\"%s\",\"echo\":\"%s\",\"size\":%zu,"
                            "\"body\":\"%.*s\"}",
                            rest_method(request), rest_path(request), echo ? echo : "(none)", size,
                            size < 64 ? (int)size : 0, body);
    static const char *const headers[] = {"X-One", "1", "X-Two", "2", NULL};

    rest_reply(request, 200, "application/json", text, strlen(text), headers);
    mem_unref(text);
    atomic_fetch_add(&replied, 1);
}

static void *answer_later(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lock);
    for (;;) {
        struct rest_request *request;

        while ((!later_count || held) && !ending)
            pthread_cond_wait(&changed, &lock);
        if (!later_count)
            break;
        request = later[--later_count];
        pthread_mutex_unlock(&lock);
        answer(request);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void hold(bool on)
{
    pthread_mutex_lock(&lock);
    held = on;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    atomic_fetch_add(&handled, 1);
    rest_keep(request, mem_strdup("kept"));
    assert_string_equal(rest_kept(request), "kept");
    if (!strncmp(rest_path(request), "/now", 4)) {
        answer(request);
        return;
    }
    pthread_mutex_lock(&lock);
    assert_true(later_count < sizeof later / sizeof *later);
    later[later_count++] = request;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)arg;
    return mem_printf("{\"refused\":%d,\"path\":\"%s\"}", status, path);
}

static int start_with(unsigned timeout)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = LIMIT, .timeout = timeout};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    handled = replied = 0;
    held = ending = false;
    assert_int_equal(pthread_create(&answerer, NULL, answer_later, NULL), 0);
    assert_int_equal(rest_start(&rest, &conf, &handlers), 0);
    assert_true(rest_port(rest) > 0);
    return 0;
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
    hold(false);
    rest_stop(rest);
    rest = mem_unref(rest);
    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(answerer, NULL);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* A client. */

static int dial(void)
{
    return client_dial(rest_port(rest));
}

static void ask_body(int fd, struct reply *reply, const char *request)
{
    say(fd, request);
    assert_true(hear(fd, reply, true));
}

/* The tests. */

static void answers_now_and_later_on_one_connection(void **state)
{
    struct reply reply;
    int fd = dial();

    (void)state;
    for (int i = 0; i < 20; i++) {
        ask_body(fd, &reply,
                 i % 2 ? "GET /now/a%20b?x=1&echo=a%2Bb+c HTTP/1.1\r\nHost: h\r\n\r\n"
                       : "GET /later/a%20b?x=1&echo=a%2Bb+c HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(reply.status, 200);
        assert_non_null(strstr(reply.head, "X-One: 1\r\n"));
        assert_non_null(strstr(reply.head, "X-Two: 2\r\n"));
        assert_non_null(strstr(reply.head, "Content-Type: application/json\r\n"));
        assert_string_equal(reply.body,
                            i % 2 ? "{\"method\":\"GET\",\"path\":\"/now/a b\",\"echo\":"
                                    "\"a+b c\",\"size\":0,\"body\":\"\"}"
                                  : "{\"method\":\"GET\",\"path\":\"/later/a b\",\"echo\":"
                                    "\"a+b c\",\"size\":0,\"body\":\"\"}");
    }
    close(fd);
}

static void takes_bodies(void **state)
{
    struct reply reply;
    int fd = dial();

    (void)state;
    ask_body(fd, &reply, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    assert_non_null(strstr(reply.body, "\"size\":5,\"body\":\"hello\""));
    ask_body(fd, &reply,
             "PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    assert_non_null(strstr(reply.body, "\"method\":\"PUT\""));
    assert_non_null(strstr(reply.body, "\"size\":7,\"body\":\"abcdefg\""));
    close(fd);
}

static void hands_over_every_method(void **state)
{
    static const char *const methods[] = {"OPTIONS", "TRACE", "DELETE", "PATCH", "BREW"};
    struct reply reply;
    char text[128], sign[64];
    int fd = dial();

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        snprintf(text, sizeof text, "%s /now HTTP/1.1\r\nHost: h\r\n\r\n", methods[i]);
        snprintf(sign, sizeof sign, "\"method\":\"%s\"", methods[i]);
        ask_body(fd, &reply, text);
        assert_non_null(strstr(reply.body, sign));
    }
    say(fd, "HEAD /later HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear(fd, &reply, false));
    assert_int_equal(reply.status, 200);
    assert_true(reply.size > 0);
    ask_body(fd, &reply, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(reply.body, "\"path\":\"*\""));
    close(fd);
}

static void post(int fd, size_t size, bool chunked)
{
    char head[128], *body = malloc(size);

    memset(body, 'x', size);
    if (chunked)
        snprintf(head, sizeof head,
                 "POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    else
        snprintf(head, sizeof head, "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
                 size);
    say(fd, head);
    if (chunked) {
        snprintf(head, sizeof head, "%zx\r\n", size);
        say(fd, head);
    }
    put(fd, body, size);
    if (chunked)
        say(fd, "\r\n0\r\n\r\n");
    free(body);
}

static void refuses_large_bodies(void **state)
{
    struct reply reply;

    (void)state;
    for (int chunked = 0; chunked < 2; chunked++) {
        int fd = dial();

        post(fd, LIMIT, chunked);
        assert_true(hear(fd, &reply, true));
        assert_int_equal(reply.status, 200);
        post(fd, LIMIT + 1, chunked);
        assert_true(hear(fd, &reply, true));
        assert_int_equal(reply.status, 413);
        assert_string_equal(reply.body, "{\"refused\":413,\"path\":\"/now\"}");
        post(fd, LIMIT, chunked); /* the connection still serves */
        assert_true(hear(fd, &reply, true));
        assert_int_equal(reply.status, 200);
        close(fd);
    }
    assert_int_equal(handled, 4);
}

static void refuses_huge_bodies_at_once(void **state)
{
    struct reply reply;
    int fd = dial();

    (void)state;
    say(fd, "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\n");
    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, 413);
    assert_true(closed(fd));
    close(fd);
    fd = dial();
    say(fd,
        "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, 413);
    close(fd);
    fd = dial();
    post(fd, 100 * LIMIT, true);
    assert_true(closed(fd));
    close(fd);
    assert_int_equal(handled, 0);
}

/* A token of 8 KiB in a header and another in the query fit. */
static void takes_long_heads(void **state)
{
    char *head = mem_alloc(1 << 20, NULL), value[8193];
    struct reply reply;
    int fd = dial();

    (void)state;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    snprintf(head, 1 << 20, "GET /now?token=%s&echo=1 HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n", value,
             value);
    ask_body(fd, &reply, head);
    assert_int_equal(reply.status, 200);
    ask_body(fd, &reply, head);
    assert_int_equal(reply.status, 200);
    memset(head, 'v', (1 << 20) - 1);
    memcpy(head, "GET /now HTTP/1.1\r\nX: ", 23);
    put(fd, head, (1 << 20) - 1);
    assert_false(hear(fd, &reply, true) && reply.status < 400);
    assert_int_equal(handled, 2);
    close(fd);
    mem_unref(head);
}

static void refuses_bad_paths(void **state)
{
    static const char *const bad[] = {"/a%00b", "/a%2", "/a%zz", "a", "/%"};
    struct reply reply;
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = dial();

        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", bad[i]);
        ask_body(fd, &reply, text);
        assert_int_equal(reply.status, 400);
        assert_non_null(strstr(reply.body, "\"refused\":400"));
        close(fd);
    }
    assert_int_equal(handled, 0);
}

static void refuses_what_is_not_http(void **state)
{
    static const char *const bad[] = {
        "HELLO\r\n\r\n",
        "GET /now\r\n\r\n",
        "GET /now HTTP/9.9\r\nHost: h\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost h\r\n\r\n",
        "GET /now HTTP/1.1\r\n folded\r\nHost: h\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\nabc",
        "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nzz\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    };
    char all[8192];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = dial();
        size_t n = 0;

        say(fd, bad[i]);
        shutdown(fd, SHUT_WR);
        while (n < sizeof all - 1 && get(fd, &all[n]))
            n++;
        all[n] = '\0';
        /* an answer of 4xx or 5xx, or none, and then the end */
        assert_true(n == 0 || !strncmp(all, "HTTP/1.1 4", 10) || !strncmp(all, "HTTP/1.1 5", 10));
        close(fd);
    }
    assert_int_equal(handled, 0);
}

static void answers_a_client_that_left(void **state)
{
    struct reply reply;
    int fd;

    (void)state;
    hold(true);
    for (int i = 0; i < 20; i++) {
        fd = dial();
        say(fd, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
        while (atomic_load(&handled) < (unsigned)i + 1)
            usleep(500);
        close(fd);
    }
    hold(false);
    while (atomic_load(&replied) < 20)
        usleep(500);
    fd = dial();
    ask_body(fd, &reply, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(reply.status, 200);
    close(fd);
}

static void *stop_it(void *arg)
{
    rest_stop(rest);
    atomic_store((atomic_bool *)arg, true);
    return NULL;
}

static void stop_waits_for_replies(void **state)
{
    atomic_bool stopped = false;
    struct reply reply;
    pthread_t stopper;
    int fd = dial(), idle = dial(), other = dial();

    (void)state;
    hold(true);
    ask_body(other, &reply, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
    say(fd, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    while (atomic_load(&handled) < 2)
        usleep(500);
    assert_int_equal(pthread_create(&stopper, NULL, stop_it, &stopped), 0);
    /* until it refuses, it has not begun to stop */
    do
        ask_body(other, &reply, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
    while (reply.status == 200);
    assert_int_equal(reply.status, 503);
    assert_false(stopped);
    hold(false);
    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, 200);
    pthread_join(stopper, NULL);
    assert_true(closed(idle));
    close(fd);
    close(idle);
    close(other);
}

/* What the HTTP thread was called with, and whether it was always the same thread. */
static struct {
    unsigned count;
    bool in_order, one_thread;
    pthread_t thread;
} called;

static void on_call(void *arg)
{
    called.in_order = called.in_order && (uintptr_t)arg == called.count;
    called.one_thread =
        called.one_thread && (!called.count || pthread_equal(called.thread, pthread_self()));
    called.thread = pthread_self();
    called.count++;
}

static void calls_are_run_before_the_stop(void **state)
{
    (void)state;
    called.count = 0;
    called.in_order = called.one_thread = true;
    for (uintptr_t i = 0; i < 1000; i++)
        assert_int_equal(rest_call(rest, on_call, (void *)i), 0);
    rest_stop(rest);
    assert_int_equal(called.count, 1000);
    assert_true(called.in_order && called.one_thread);
    assert_false(pthread_equal(called.thread, pthread_self()));
}

static void answer_called(void *request)
{
    answer(request);
}

/* The other thread hands it back to the HTTP thread, as control does. */
static void answers_out_of_a_call(void **state)
{
    struct reply reply;
    int fd = dial();

    (void)state;
    hold(true);
    say(fd, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    while (atomic_load(&handled) < 1)
        usleep(500);
    pthread_mutex_lock(&lock);
    while (!later_count) /* it is put by a moment after it was counted */
        pthread_cond_wait(&changed, &lock);
    assert_int_equal(rest_call(rest, answer_called, later[--later_count]), 0);
    pthread_mutex_unlock(&lock);
    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, 200);
    close(fd);
}

static void cuts_slow_senders(void **state)
{
    int fd = dial(), body = dial();
    int64_t begin = clock_mono_ms();
    struct reply reply;
    char c;

    (void)state;
    say(fd, "GET /now HTTP/1.1\r\n");
    say(body, "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    for (;;) {
        struct pollfd in[] = {{.fd = fd, .events = POLLIN}, {.fd = body, .events = POLLIN}};

        assert_true(clock_mono_ms() - begin < WAIT);
        say(fd, "X");
        say(body, "x");
        if (poll(in, 2, 100) > 0 && in[0].revents && in[1].revents)
            break;
    }
    assert_true(clock_mono_ms() - begin >= 1000);
    assert_true(recv(fd, &c, 1, 0) <= 0);
    assert_true(recv(body, &c, 1, 0) <= 0);
    close(fd);
    close(body);
    fd = dial();
    ask_body(fd, &reply, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(reply.status, 200);
    close(fd);
}

static void *many_requests(void *arg)
{
    struct reply reply;
    int fd = dial();

    for (int i = 0; i < 50; i++) {
        say(fd, i % 3 ? "GET /later HTTP/1.1\r\nHost: h\r\n\r\n"
                      : "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        if (!hear(fd, &reply, true) || reply.status != 200)
            break;
        atomic_fetch_add((atomic_uint *)arg, 1);
    }
    close(fd);
    return NULL;
}

static void serves_twenty_at_once(void **state)
{
    pthread_t clients[20];
    atomic_uint done = 0;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(pthread_create(&clients[i], NULL, many_requests, &done), 0);
    for (size_t i = 0; i < 20; i++)
        pthread_join(clients[i], NULL);
    assert_int_equal(done, 20 * 50);
}

static void does_not_start_on_a_bad_place(void **state)
{
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};
    struct rest_conf conf = {.host = "127.0.0.1", .body_limit = LIMIT, .port = rest_port(rest)};
    struct rest *other = NULL;

    (void)state;
    assert_int_equal(rest_start(&other, &conf, &handlers), EADDRINUSE);
    conf.host = "localhost";
    assert_int_equal(rest_start(&other, &conf, &handlers), EINVAL);
    conf.host = "192.0.2.1";
    assert_int_equal(rest_start(&other, &conf, &handlers), EADDRNOTAVAIL);
    conf.host = "127.0.0.1";
    conf.port = 0;
    conf.certificate = conf.key = "/nonexistent/file.pem";
    assert_int_equal(rest_start(&other, &conf, &handlers), ENOENT);
    conf.certificate = conf.key = "/etc/passwd";
    assert_int_equal(rest_start(&other, &conf, &handlers), EINVAL);
    assert_null(other);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(answers_now_and_later_on_one_connection),
        WITH_SERVER(takes_bodies),
        WITH_SERVER(hands_over_every_method),
        WITH_SERVER(refuses_large_bodies),
        WITH_SERVER(refuses_huge_bodies_at_once),
        WITH_SERVER(takes_long_heads),
        WITH_SERVER(refuses_bad_paths),
        WITH_SERVER(refuses_what_is_not_http),
        WITH_SERVER(answers_a_client_that_left),
        WITH_SERVER(stop_waits_for_replies),
        WITH_SERVER(calls_are_run_before_the_stop),
        WITH_SERVER(answers_out_of_a_call),
        cmocka_unit_test_setup_teardown(cuts_slow_senders, start_impatient, stop),
        WITH_SERVER(serves_twenty_at_once),
        WITH_SERVER(does_not_start_on_a_bad_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
