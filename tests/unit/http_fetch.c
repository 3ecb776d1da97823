/* http_fetch.c: asking a server on loopback that does as it is told by the path. */
#include "base/mem.h"
#include "http/fetch.h"
#include "http/fetch_guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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

static struct fetch *fetch;
static struct loop *loop;

static char sent_file[] = "/tmp/offhook-fetch-XXXXXX"; /* what a request posts */

/* The server: a thread a connection. */

static int listener;
static unsigned port;
static pthread_t server;
static atomic_uint connections, requests;

static void send_text(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void reply_with(int fd, const char *status, const char *headers, const char *body)
{
    char *text = mem_printf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                            strlen(body), body);

    send_text(fd, text);
    mem_unref(text);
}

/* False: close the connection. */
static bool serve_one(int fd, const char *request)
{
    char *big, byte;

    if (strstr(request, " /echo")) {
        reply_with(fd, "200 OK", "Content-Type: text/plain\r\nCache-Control: max-age=5\r\n",
                   request);
    } else if (strstr(request, " /once")) {
        reply_with(fd, "200 OK", "", request);
        recv(fd, &byte, 1, 0); /* of the next request: it is not heard */
        return false;
    } else if (strstr(request, " /redirect")) {
        reply_with(fd, "302 Found", "Location: /echo\r\n", "");
    } else if (strstr(request, " /teapot")) {
        reply_with(fd, "418 Teapot", "", "short and stout");
    } else if (strstr(request, " /close")) {
        return false;
    } else if (strstr(request, " /fields")) {
        reply_with(
            fd, "304 Not Modified",
            "cache-control: private\r\nETag:  \"a b\" \r\nCache-Control: max-age=5\r\nAge: 7\r\n"
            "Last-Modified: then\r\nExpires: 0\r\nDate: now\r\n",
            "");
    } else if (strstr(request, " /partial")) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        return false;
    } else if (strstr(request, " /garbage")) {
        send_text(fd, "220 mail.example.com ESMTP\r\n\r\n");
        return false;
    } else if (strstr(request, " /big")) {
        big = mem_alloc(5001, NULL);
        memset(big, 'b', 5000);
        reply_with(fd, "200 OK", "", big);
        mem_unref(big);
    } else if (strstr(request, " /endless")) {
        send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 10000; i++)
            if (send(fd, "5\r\nabcde\r\n", 10, MSG_NOSIGNAL) < 0)
                return false;
    } else if (strstr(request, " /headers")) {
        send_text(fd, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 10000; i++)
            if (send(fd, "X-Many: abcdefghijkl\r\n", 22, MSG_NOSIGNAL) < 0)
                return false;
    } /* else: silence */
    return true;
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char text[16384];
    size_t n = 0;

    for (;;) {
        ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);
        const char *end, *length;

        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (end && strstr(text, " /shorten")) {
            char path[sizeof sent_file]; /* the next test has another */

            memcpy(path, sent_file, sizeof path);
            while (truncate(path, 0) == 0 && recv(fd, text, sizeof text, 0) > 0)
                ;
            break;
        }
        length = strstr(text, "Content-Length: ");
        if (!end || n < (size_t)(end + 4 - text) + (length ? strtoul(length + 16, NULL, 10) : 0))
            continue;
        atomic_fetch_add(&requests, 1);
        if (!serve_one(fd, text))
            break;
        n = 0;
    }
    close(fd);
    return NULL;
}

static void *serve_all(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t one;

        atomic_fetch_add(&connections, 1);
        if (pthread_create(&one, NULL, serve, (void *)(intptr_t)fd))
            close(fd);
        else
            pthread_detach(one);
    }
    return NULL;
}

static int open_listener(unsigned *number)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *number = ntohs(at.sin_port);
    return fd;
}

/* Asking. */

static atomic_bool allow_all;
static atomic_uint guarded;

static bool allowed(const struct sockaddr_storage *address, void *arg)
{
    (void)arg, (void)address;
    atomic_fetch_add(&guarded, 1);
    return atomic_load(&allow_all);
}

struct outcome {
    unsigned calls;
    int err, status;
    char error[128], type[64], cache[64], fields[128], body[16384];
    size_t size;
};

static void on_done(const struct fetch_reply *reply, void *arg)
{
    struct outcome *outcome = arg;

    outcome->calls++;
    outcome->err = reply->err;
    outcome->status = reply->status;
    outcome->size = reply->size;
    snprintf(outcome->error, sizeof outcome->error, "%s", reply->error);
    snprintf(outcome->type, sizeof outcome->type, "%s", reply->content_type);
    snprintf(outcome->cache, sizeof outcome->cache, "%s", reply->cache_control);
    snprintf(outcome->fields, sizeof outcome->fields, "%s|%s|%s|%s|%s", reply->etag,
             reply->last_modified, reply->age, reply->expires, reply->date);
    snprintf(outcome->body, sizeof outcome->body, "%s", reply->body);
    assert_int_equal(reply->body[reply->size], '\0');
    assert_int_equal(reply->err == 0, reply->error[0] == '\0');
}

static void wait_for(const struct outcome *outcome)
{
    while (!outcome->calls)
        loop_wait(loop, -1);
    assert_int_equal(outcome->calls, 1);
}

static struct fetch_request request_for(const char *url)
{
    return (struct fetch_request){.method = "GET",
                                  .url = url,
                                  .trusted = true,
                                  .connect_timeout = 5000,
                                  .timeout = 20000,
                                  .limit = 4096};
}

static void ask(const struct fetch_request *request, struct outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    assert_int_equal(fetch_ask(fetch, request, loop, on_done, outcome), 0);
    wait_for(outcome);
}

/* Asks for path of our server. */
static int get(const char *path, bool trusted, struct outcome *outcome)
{
    char url[128];
    struct fetch_request request;

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    request = request_for(url);
    request.trusted = trusted;
    ask(&request, outcome);
    return outcome->err;
}

static int start(void **state)
{
    const struct fetch_conf conf = {.allowed = allowed, .user_agent = "offhook/test"};

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
    connections = requests = guarded = 0;
    allow_all = false;
    listener = open_listener(&port);
    assert_int_equal(pthread_create(&server, NULL, serve_all, NULL), 0);
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(fetch_start(&fetch, &conf), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (fetch)
        fetch_stop(fetch);
    fetch = NULL;
    loop_run(loop);
    loop = mem_unref(loop);
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);
    return 0;
}

static void asks_and_hears(void **state)
{
    static const char *const headers[] = {"X-One", "1", "Authorization", "Bearer t", NULL};
    struct outcome outcome;
    struct fetch_request request;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo?a=%%20b", port);
    request = request_for(url);
    request.headers = headers;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, 0);
    assert_int_equal(outcome.status, 200);
    assert_string_equal(outcome.type, "text/plain");
    assert_string_equal(outcome.cache, "max-age=5");
    assert_ptr_equal(strstr(outcome.body, "GET /echo?a=%20b HTTP/1.1\r\n"), outcome.body);
    assert_non_null(strstr(outcome.body, "X-One: 1\r\n"));
    assert_non_null(strstr(outcome.body, "Authorization: Bearer t\r\n"));
    assert_non_null(strstr(outcome.body, "User-Agent: offhook/test\r\n"));
    request.method = "POST";
    request.content_type = "application/json";
    request.body = "{\"a\":1}";
    request.size = 7;
    ask(&request, &outcome);
    assert_ptr_equal(strstr(outcome.body, "POST /echo?a=%20b HTTP/1.1\r\n"), outcome.body);
    assert_non_null(strstr(outcome.body, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(outcome.body, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(outcome.body, "Expect"));
    request.method = "PUT";
    ask(&request, &outcome);
    assert_ptr_equal(strstr(outcome.body, "PUT /echo"), outcome.body);
    assert_int_equal(connections, 1); /* kept */
}

static void write_file(const char *text)
{
    FILE *out = fopen(sent_file, "we");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static struct fetch_request request_with_file(const char *path, char url[64])
{
    struct fetch_request request;

    snprintf(url, 64, "http://127.0.0.1:%u%s", port, path);
    request = request_for(url);
    request.method = "POST";
    request.content_type = "audio/wav";
    request.file = sent_file;
    return request;
}

static void sends_a_file(void **state)
{
    struct outcome outcome;
    struct fetch_request request;
    char url[64];
    int fd = mkstemp(sent_file);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    write_file("as it is\n");
    request = request_with_file("/echo", url);
    ask(&request, &outcome);
    assert_int_equal(outcome.err, 0);
    assert_ptr_equal(strstr(outcome.body, "POST /echo HTTP/1.1\r\n"), outcome.body);
    assert_non_null(strstr(outcome.body, "Content-Type: audio/wav\r\n"));
    assert_non_null(strstr(outcome.body, "Content-Length: 9\r\n"));
    assert_non_null(strstr(outcome.body, "\r\n\r\nas it is\n"));
    assert_null(strstr(outcome.body, "Expect"));
    write_file("");
    ask(&request, &outcome);
    assert_non_null(strstr(outcome.body, "Content-Length: 0\r\n"));
    assert_int_equal(connections, 2);

    /* larger than what the sockets hold, and gone before it was sent */
    assert_int_equal(truncate(sent_file, 64 << 20), 0);
    request = request_with_file("/shorten", url);
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EBADF);
    assert_string_equal(outcome.error, "The file to send cannot be read.");

    unlink(sent_file);
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EBADF);
    request.file = "/tmp";
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EBADF);
}

/* The server ends each connection it keeps once it hears more on it: a file does not go that
 * way, but on a new one. */
static void sends_a_file_again(void **state)
{
    struct outcome outcome;
    struct fetch_request request;
    char url[64];
    int fd;

    (void)state;
    memcpy(sent_file + sizeof sent_file - 7, "XXXXXX", 6);
    fd = mkstemp(sent_file);
    assert_true(fd >= 0);
    close(fd);
    write_file("all of it");
    request = request_with_file("/once", url);
    for (unsigned i = 1; i <= 3; i++) {
        ask(&request, &outcome);
        assert_int_equal(outcome.err, 0);
        assert_non_null(strstr(outcome.body, "\r\n\r\nall of it"));
        assert_int_equal(requests, i);
    }
    assert_int_equal(connections, 3);
    unlink(sent_file);
}

static void tells_what_a_cache_wants_to_know(void **state)
{
    struct outcome outcome;

    (void)state;
    assert_int_equal(get("/fields", true, &outcome), 0);
    assert_int_equal(outcome.status, 304);
    assert_string_equal(outcome.cache, "private, max-age=5");
    assert_string_equal(outcome.fields, "\"a b\"|then|7|0|now");
    assert_int_equal(get("/close", true, &outcome), EIO);
    assert_string_equal(outcome.fields, "||||");
}

static void follows_no_redirect(void **state)
{
    struct outcome outcome;

    (void)state;
    assert_int_equal(get("/redirect", true, &outcome), 0);
    assert_int_equal(outcome.status, 302);
    assert_int_equal(requests, 1);
    assert_int_equal(get("/teapot", true, &outcome), 0);
    assert_int_equal(outcome.status, 418);
    assert_string_equal(outcome.body, "short and stout");
}

static void tells_what_went_wrong(void **state)
{
    struct outcome outcome;
    struct fetch_request request;
    unsigned number;
    char url[64];
    int fd;

    (void)state;
    assert_int_equal(get("/close", true, &outcome), EIO);
    assert_string_equal(outcome.error, "Connection closed.");
    assert_int_equal(outcome.status, 0);
    assert_int_equal(get("/partial", true, &outcome), EIO);
    assert_string_equal(outcome.error, "Connection closed before the end of the reply.");
    assert_int_equal(outcome.size, 0);
    assert_int_equal(get("/garbage", true, &outcome), EIO);
    assert_string_equal(outcome.error, "Not an HTTP reply.");
    assert_int_equal(get("/big", true, &outcome), EMSGSIZE);
    assert_int_equal(get("/endless", true, &outcome), EMSGSIZE);
    assert_int_equal(get("/headers", true, &outcome), EMSGSIZE);
    assert_string_equal(outcome.error, "The reply is too large.");
    fd = open_listener(&number);
    close(fd);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", number);
    request = request_for(url);
    ask(&request, &outcome);
    assert_int_equal(outcome.err, ECONNREFUSED);
    assert_string_equal(outcome.error, "Connection refused.");
    /* a label longer than 63 characters is no name, and no server is asked */
    request =
        request_for("http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                    "invalid/");
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EHOSTUNREACH);
}

static void gives_up_in_time(void **state)
{
    struct outcome outcome = {0};
    struct fetch_request request;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/silence", port);
    request = request_for(url);
    request.timeout = 1500;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, ETIMEDOUT);
    assert_string_equal(outcome.error, "No reply in time.");
}

/* A listener with a full backlog never finishes a handshake. */
static void gives_up_connecting_in_time(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int fd, fill[4];
    struct outcome outcome = {0};
    struct fetch_request request;
    unsigned number;
    char url[64];

    (void)state;
    fd = open_listener(&number);
    assert_int_equal(listen(fd, 0), 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)number);
    for (int i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(fill[i], (struct sockaddr *)&at, sizeof at) == 0 ||
                    errno == EINPROGRESS);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", number);
    request = request_for(url);
    request.connect_timeout = 100;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, ETIMEDOUT);
    assert_string_equal(outcome.error, "No connection in time.");
    for (int i = 0; i < 4; i++)
        close(fill[i]);
    close(fd);
}

static void refuses_bad_requests(void **state)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "/path",
                                      "ftp://h/",
                                      "http://",
                                      "http:///x",
                                      "file:///etc/passwd",
                                      "http://h/ x",
                                      "//h/x",
                                      "http://h\r\nX: y/",
                                      "gopher://h/",
                                      "javascript:x"};
    static const char *const injected[] = {"X-One", "1\r\nX-Two: 2", NULL};
    static const char *const name[] = {"X One", "1", NULL};
    static const char *const empty[] = {"", "1", NULL};
    struct outcome outcome;
    struct fetch_request request;
    char url[64];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(fetch_is_url(bad[i]));
        request = request_for(bad[i]);
        ask(&request, &outcome);
        assert_int_equal(outcome.err, EINVAL);
        assert_string_equal(outcome.error, "Not an http or https URL.");
    }
    assert_false(fetch_is_url(NULL));
    assert_true(fetch_is_url("http://h"));
    assert_true(fetch_is_url("HTTPS://user:pw@h.example:8443/a?b#c"));
    assert_true(fetch_is_url("http://[::1]:80/"));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", port);
    request = request_for(url);
    request.headers = injected;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EINVAL);
    request.headers = name;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EINVAL);
    request.headers = empty;
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EINVAL);
    request.headers = NULL;
    request.method = "GET / HTTP/1.1\r\nX: y";
    ask(&request, &outcome);
    assert_int_equal(outcome.err, EINVAL);
    assert_int_equal(requests, 0);
}

static void keeps_strangers_out(void **state)
{
    static const char *const hosts[] = {"127.0.0.1",          "localhost", "0.0.0.0",   "127.1",
                                        "[::ffff:127.0.0.1]", "0x7f.1",    "2130706433"};
    struct outcome outcome;
    struct fetch_request request;
    char url[128];

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        snprintf(url, sizeof url, "http://%s:%u/echo", hosts[i], port);
        request = request_for(url);
        request.trusted = false;
        ask(&request, &outcome);
        if (outcome.err != EACCES)
            fail_msg("%s: %d %s", url, outcome.err, outcome.error);
        assert_string_equal(outcome.error, "The address is not allowed.");
    }
    assert_int_equal(connections, 0);
    assert_true(guarded > 0);
    allow_all = true;
    assert_int_equal(get("/echo", false, &outcome), 0);
    assert_int_equal(connections, 1);
}

static void no_stranger_rides_a_kept_connection(void **state)
{
    struct outcome outcome;

    (void)state;
    assert_int_equal(get("/echo", true, &outcome), 0);
    assert_int_equal(get("/echo", false, &outcome), EACCES);
    assert_int_equal(requests, 1);
    assert_int_equal(get("/echo", true, &outcome), 0);
    assert_int_equal(requests, 2);
}

static void knows_inner_addresses(void **state)
{
    static const char *const inner[] = {"0.0.0.0",
                                        "0.1.2.3",
                                        "10.0.0.1",
                                        "100.64.0.1",
                                        "127.0.0.1",
                                        "127.9.9.9",
                                        "169.254.169.254",
                                        "172.16.0.1",
                                        "172.31.255.255",
                                        "192.168.1.1",
                                        "198.18.0.1",
                                        "224.0.0.1",
                                        "239.1.1.1",
                                        "240.0.0.1",
                                        "255.255.255.255",
                                        "::",
                                        "::1",
                                        "::127.0.0.1",
                                        "::ffff:10.0.0.1",
                                        "::ffff:0:10.0.0.1",
                                        "64:ff9b::a00:1",
                                        "2002:a00:1::",
                                        "2001:0:1::",
                                        "fc00::1",
                                        "fdff::1",
                                        "fe80::1",
                                        "fe80::1%lo",
                                        "fec0::1",
                                        "ff02::1",
                                        "2001:db8::1"};
    static const char *const open[] = {
        "1.1.1.1",       "11.0.0.1",     "100.128.0.1",    "172.32.0.1",       "193.0.0.1",
        "223.255.255.1", "2606:4700::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"};
    struct sockaddr_storage address;

    (void)state;
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        assert_true(fetch_guard_parse(inner[i], &address));
        if (!fetch_guard_is_inner(&address))
            fail_msg("%s", inner[i]);
    }
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        assert_true(fetch_guard_parse(open[i], &address));
        if (fetch_guard_is_inner(&address))
            fail_msg("%s", open[i]);
    }
    assert_false(fetch_guard_parse("", &address));
    assert_false(fetch_guard_parse(NULL, &address));
    assert_false(fetch_guard_parse("localhost", &address));
}

static void stop_cancels(void **state)
{
    static struct outcome outcomes[30];
    struct fetch_request request;
    char url[64];

    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/silence", port);
    request = request_for(url);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(fetch_ask(fetch, &request, loop, on_done, &outcomes[i]), 0);
        while (i == 14 && atomic_load(&requests) < 15)
            usleep(500);
    }
    fetch_stop(fetch);
    fetch = NULL;
    loop_run(loop);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(outcomes[i].calls, 1);
        assert_int_equal(outcomes[i].err, ECANCELED);
    }
}

static void asks_many_at_once(void **state)
{
    static struct outcome outcomes[200];
    struct fetch_request request;
    char url[64];

    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", port);
    request = request_for(url);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(fetch_ask(fetch, &request, loop, on_done, &outcomes[i]), 0);
    for (size_t i = 0; i < 200; i++) {
        wait_for(&outcomes[i]);
        assert_int_equal(outcomes[i].status, 200);
    }
    assert_true(connections <= 64);
}

static void escapes(void **state)
{
    char *text = fetch_escape("a b&c=d/\xc3\xa9~-._%\n");

    (void)state;
    assert_string_equal(text, "a%20b%26c%3Dd%2F%C3%A9~-._%25%0A");
    mem_unref(text);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(asks_and_hears),
        WITH_SERVER(sends_a_file),
        WITH_SERVER(sends_a_file_again),
        WITH_SERVER(follows_no_redirect),
        WITH_SERVER(tells_what_a_cache_wants_to_know),
        WITH_SERVER(tells_what_went_wrong),
        WITH_SERVER(gives_up_in_time),
        WITH_SERVER(gives_up_connecting_in_time),
        WITH_SERVER(refuses_bad_requests),
        WITH_SERVER(keeps_strangers_out),
        WITH_SERVER(no_stranger_rides_a_kept_connection),
        cmocka_unit_test(knows_inner_addresses),
        WITH_SERVER(stop_cancels),
        WITH_SERVER(asks_many_at_once),
        cmocka_unit_test(escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
