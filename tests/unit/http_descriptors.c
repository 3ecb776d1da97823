/* http_descriptors.c: the server when the process has no descriptor left, or all of its
 * connections are taken. Client and server share the process: what a client needs is
 * opened before the descriptors go. */
#include "base/mem.h"
#include "http_kit.h"
#include "http/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

enum {
    CONNECTIONS = 1024, /* as many as the server takes at once */
    CLIENTS = 12,
    SPARE = 64, /* [descriptors] the process may have beyond what it has */
    MANY = 2 * CONNECTIONS + 256
};

static struct rest *rest;
static struct rest_stream *stream;
static struct rlimit before;
static int ballast[SPARE], ballast_count;

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    if (!strcmp(rest_path(request), "/stream")) {
        bool may = rest_may_stream(request);

        stream = rest_stream(request, 200, "text/event-stream", NULL, NULL, NULL);
        assert_true(may == (stream != NULL));
        if (stream)
            return;
        rest_reply(request, 503, "text/plain", "later", 5, NULL);
        return;
    }
    rest_reply(request, 200, "text/plain", "ok", 2, NULL);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status, (void)path, (void)arg;
    return NULL;
}

static void allow(rlim_t descriptors)
{
    struct rlimit limit = before;

    limit.rlim_cur = descriptors;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int start_with(unsigned timeout)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = 4096, .timeout = timeout};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    ballast_count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
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

/* There are descriptors again. */
static void relieve(void)
{
    while (ballast_count)
        close(ballast[--ballast_count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static int stop(void **state)
{
    (void)state;
    relieve();
    rest_stop(rest);
    rest = mem_unref(rest);
    stream = mem_unref(stream);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* Takes every descriptor there is. */
static void exhaust(void)
{
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(lowest >= 0);
    close(lowest);
    allow((rlim_t)lowest + SPARE);
    for (ballast_count = 0; ballast_count < SPARE; ballast_count++) {
        ballast[ballast_count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (ballast[ballast_count] < 0)
            break;
    }
    assert_true(ballast_count > 0);
    assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), -1);
    assert_int_equal(errno, EMFILE);
}

static int client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    return fd;
}

static void dial(int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rest_port(rest))};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
}

static void ask(int fd, const char *path)
{
    char text[64];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    say(fd, text);
}

static void expect(int fd, int status)
{
    struct reply reply;

    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, status);
}

static void talk(int fd, const char *path, int status)
{
    dial(fd);
    ask(fd, path);
    expect(fd, status);
}

/* A connection that stays: the server must not wait for it to go. */
static int open_stream(void)
{
    struct reply reply;
    int fd = client();

    dial(fd);
    ask(fd, "/stream");
    assert_true(hear(fd, &reply, false));
    assert_int_equal(reply.status, 200);
    return fd;
}

static void serves_without_descriptors(void **state)
{
    int lasting = open_stream(), clients[CLIENTS];

    (void)state;
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = client();
    exhaust();
    for (int i = 0; i < CLIENTS; i++) {
        dial(clients[i]);
        ask(clients[i], "/now");
    }
    for (int i = 0; i < CLIENTS; i++) {
        expect(clients[i], 200);
        assert_true(closed(clients[i])); /* it leaves its place to the next */
    }
    relieve();
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    close(lasting);
}

static void keeps_connections_again_after_a_moment_without_descriptors(void **state)
{
    int lasting = open_stream(), squeezed = client(), waiting = client(), after;

    (void)state;
    exhaust();
    dial(squeezed); /* silent: it has the last place */
    dial(waiting);
    ask(waiting, "/now");
    relieve();
    expect(waiting, 200);
    after = client();
    talk(after, "/now", 200);
    ask(after, "/now");
    expect(after, 200);
    close(after);
    close(waiting);
    close(squeezed);
    close(lasting);
}

static void a_silent_client_does_not_keep_the_last_place(void **state)
{
    int silent = client(), waiting = client();

    (void)state;
    exhaust();
    dial(silent);
    talk(waiting, "/now", 200);
    relieve();
    close(waiting);
    close(silent);
}

static void a_stream_does_not_get_the_last_place(void **state)
{
    int first = client(), second = client(), third;

    (void)state;
    exhaust();
    talk(first, "/stream", 503);
    talk(second, "/now", 200);
    relieve();
    third = open_stream();
    close(third);
    close(second);
    close(first);
}

static void above_the_limit_of_connections_one_waits_for_a_place(void **state)
{
    static int idle[CONNECTIONS];
    int waiting, next;

    (void)state;
    if (before.rlim_cur < MANY)
        allow(MANY);
    for (int i = 0; i < CONNECTIONS; i++) {
        idle[i] = client();
        talk(idle[i], "/now", 200);
    }
    waiting = client();
    next = client();
    dial(waiting);
    ask(waiting, "/now");
    dial(next);
    ask(next, "/now");
    close(idle[0]);
    expect(waiting, 200);
    close(idle[1]);
    expect(next, 200);
    for (int i = 2; i < CONNECTIONS; i++)
        close(idle[i]);
    close(waiting);
    close(next);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(serves_without_descriptors),
        WITH_SERVER(keeps_connections_again_after_a_moment_without_descriptors),
        cmocka_unit_test_setup_teardown(a_silent_client_does_not_keep_the_last_place,
                                        start_impatient, stop),
        WITH_SERVER(a_stream_does_not_get_the_last_place),
        WITH_SERVER(above_the_limit_of_connections_one_waits_for_a_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
