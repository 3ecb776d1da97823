/* recogniser_rig.h: a loop, a fetch and a recogniser on it, those who wait for text, and a
 * server on loopback that does as it is told by the path: a thread a connection. */
#ifndef OFFHOOK_TESTS_RECOGNISER_RIG_H
#define OFFHOOK_TESTS_RECOGNISER_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "config.h"
#include "recogniser/recogniser.h"

enum { HEAD_MAX = 32768, SERVER_BODY_MAX = 8 << 20 };

/* The server. */

struct server {
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_uint connections, requests, at_once, most_at_once;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open; /* lock: requests to /gate go on */
    unsigned gone;
    char head[HEAD_MAX]; /* lock: of the newest request */
    char *body;          /* lock */
    size_t size;
    char reply[256 << 10]; /* what /as-told replies */
};

static struct server server;
static void (*server_on_thread)(void); /* called on each of its threads, or NULL */

static inline bool server_read(int fd, char *head, char **body, size_t *size)
{
    size_t n = 0;
    const char *length;

    head[0] = '\0';
    while (n < HEAD_MAX - 1 && !strstr(head + (n > 4 ? n - 4 : 0), "\r\n\r\n")) {
        if (recv(fd, head + n, 1, 0) != 1)
            return false;
        head[++n] = '\0';
    }
    length = strstr(head, "Content-Length: ");
    *size = length ? strtoul(length + 16, NULL, 10) : 0;
    if (*size > SERVER_BODY_MAX)
        return false;
    *body = malloc(*size + 1);
    for (n = 0; n < *size;) {
        ssize_t got = recv(fd, *body + n, *size - n, 0);

        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    return true;
}

static inline void server_reply(int fd, const char *status, const char *body)
{
    char head[128];
    size_t left = strlen(body); /* once the client has all, the test may write the next */

    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, left);
    send(fd, head, strlen(head), MSG_NOSIGNAL);
    while (left > 0) {
        ssize_t n = send(fd, body, left, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        body += n;
        left -= (size_t)n;
    }
}

/* False: close the connection. */
static inline bool server_serve(int fd, const char *head)
{
    if (strstr(head, "POST /yes")) {
        server_reply(fd, "200 OK", "{\"results\":[{\"text\":\"yes\",\"confidence\":0.9}]}");
    } else if (strstr(head, "POST /as-told")) {
        server_reply(fd, "200 OK", server.reply);
    } else if (strstr(head, "POST /status/")) {
        char status[32];

        snprintf(status, sizeof status, "%.3s Status", strstr(head, "/status/") + 8);
        server_reply(fd, status, server.reply);
    } else if (strstr(head, "POST /close")) {
        return false;
    } else if (strstr(head, "POST /dead")) {
        char byte;

        return recv(fd, &byte, 1, 0) == 1; /* until the other side gives up */
    } else if (strstr(head, "POST /gate")) {
        pthread_mutex_lock(&server.lock);
        while (!server.open)
            pthread_cond_wait(&server.changed, &server.lock);
        pthread_mutex_unlock(&server.lock);
        server_reply(fd, "200 OK", "{\"results\":[]}");
    }
    return true;
}

static inline void server_keep(const char *head, char *body, size_t size)
{
    unsigned now = atomic_fetch_add(&server.at_once, 1) + 1;

    pthread_mutex_lock(&server.lock);
    if (now > server.most_at_once)
        server.most_at_once = now;
    memcpy(server.head, head, strlen(head) + 1);
    free(server.body);
    server.body = body;
    server.size = size;
    pthread_mutex_unlock(&server.lock);
    atomic_fetch_add(&server.requests, 1);
}

static inline void *server_connection(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char *head, *body = NULL;
    size_t size;
    bool more = true;

    if (server_on_thread)
        server_on_thread();
    head = malloc(HEAD_MAX);
    while (more && server_read(fd, head, &body, &size)) {
        server_keep(head, body, size);
        body = NULL;
        more = server_serve(fd, head);
        atomic_fetch_sub(&server.at_once, 1);
    }
    free(body);
    free(head);
    close(fd);
    pthread_mutex_lock(&server.lock);
    server.gone++;
    pthread_cond_broadcast(&server.changed);
    pthread_mutex_unlock(&server.lock);
    return NULL;
}

static inline void *server_run(void *arg)
{
    int fd;

    (void)arg;
    if (server_on_thread)
        server_on_thread();
    while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
        pthread_t one;

        atomic_fetch_add(&server.connections, 1);
        if (pthread_create(&one, NULL, server_connection, (void *)(intptr_t)fd))
            abort();
        pthread_detach(one);
    }
    return NULL;
}

static inline int server_listen(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static inline void server_start(void)
{
    memset(&server, 0, sizeof server);
    pthread_mutex_init(&server.lock, NULL);
    pthread_cond_init(&server.changed, NULL);
    server.listener = server_listen(&server.port);
    assert_int_equal(pthread_create(&server.thread, NULL, server_run, NULL), 0);
}

static inline void server_open(void)
{
    pthread_mutex_lock(&server.lock);
    server.open = true;
    pthread_cond_broadcast(&server.changed);
    pthread_mutex_unlock(&server.lock);
}

/* After the client's end: every connection goes too. */
static inline void server_stop(void)
{
    server_open();
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    pthread_mutex_lock(&server.lock);
    while (server.gone < server.connections)
        pthread_cond_wait(&server.changed, &server.lock);
    pthread_mutex_unlock(&server.lock);
    free(server.body);
    pthread_cond_destroy(&server.changed);
    pthread_mutex_destroy(&server.lock);
}

/* Who asks. */

struct room {
    struct loop *loop;
    struct fetch *fetch;
    struct recogniser *recogniser; /* NULL: stopped */
    struct conf_recogniser conf;
    char url[4096];
    char path[64]; /* of the utterance */
    size_t alive;
};

struct heard {
    unsigned times, count;
    struct {
        double confidence;
        char text[RECOGNISER_TEXT_MAX + 1];
    } results[RECOGNISER_RESULTS_MAX];
    bool failed;
    char error[RECOGNISER_ERROR];
};

static inline void on_heard(const struct recogniser_result *results, unsigned count,
                            const char *error, void *arg)
{
    struct heard *heard = arg;

    heard->times++;
    heard->failed = error != NULL;
    heard->count = count;
    snprintf(heard->error, sizeof heard->error, "%s", error ? error : "");
    for (unsigned i = 0; i < count; i++) {
        heard->results[i].confidence = results[i].confidence;
        snprintf(heard->results[i].text, sizeof heard->results[i].text, "%s", results[i].text);
    }
}

static inline void room_begin(struct room *room)
{
    struct recogniser_conf conf = {room->loop, room->fetch, &room->conf};

    assert_int_equal(recogniser_start(&room->recogniser, &conf), 0);
}

/* A recogniser that asks our server at a path. */
static inline void room_ask_server(struct room *room, const char *path)
{
    snprintf(room->url, sizeof room->url, "http://127.0.0.1:%u%s", server.port, path);
    room->conf.url = room->url;
    room_begin(room);
}

static inline void room_end(struct room *room)
{
    if (room->recogniser)
        recogniser_stop(room->recogniser);
    room->recogniser = NULL;
    loop_run(room->loop);
}

static inline void room_end_fetch(struct room *room)
{
    if (room->fetch)
        fetch_stop(room->fetch);
    room->fetch = NULL;
    loop_run(room->loop);
}

static inline void room_write(struct room *room, const void *data, size_t size)
{
    FILE *out = fopen(room->path, "we");

    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static inline int set_up(void **state)
{
    const struct fetch_conf fetch = {.user_agent = "offhook/test"};
    struct room *room = calloc(1, sizeof *room);
    int fd;

    server_start();
    room->alive = mem_alive();
    room->conf = (struct conf_recogniser){.url = "",
                                          .model = "",
                                          .connect_timeout = 5000,
                                          .timeout = 60000,
                                          .concurrency = 16,
                                          .queue = 64};
    snprintf(room->path, sizeof room->path, "/tmp/offhook-utterance-XXXXXX");
    fd = mkstemp(room->path);
    assert_true(fd >= 0);
    close(fd);
    room_write(room, "RIFF, for instance", 18);
    assert_int_equal(loop_alloc(&room->loop), 0);
    assert_int_equal(fetch_start(&room->fetch, &fetch), 0);
    *state = room;
    return 0;
}

static inline int tear_down(void **state)
{
    struct room *room = *state;

    room_end(room);
    room_end_fetch(room);
    loop_run(room->loop);
    mem_unref(room->loop);
    server_stop();
    unlink(room->path);
    assert_int_equal(mem_alive(), room->alive);
    free(room);
    return 0;
}

static inline struct recogniser_request room_request(const struct room *room)
{
    return (struct recogniser_request){.path = room->path, .leg = "leg-1", .application = "app-1"};
}

static inline void room_wait(struct room *room, const struct heard *heard)
{
    for (int i = 0; i < 60000 && !heard->times; i++)
        loop_wait(room->loop, 10);
    assert_int_equal(heard->times, 1);
}

/* Asks, and waits for what is told. */
static inline void room_hear(struct room *room, const struct recogniser_request *request,
                             struct heard *heard)
{
    memset(heard, 0, sizeof *heard);
    assert_int_equal(recogniser_ask(room->recogniser, request, on_heard, heard), 0);
    assert_int_equal(heard->times, 0); /* never within the call */
    room_wait(room, heard);
}

static inline void wait_requests(struct room *room, unsigned count)
{
    for (int i = 0; i < 12000 && server.requests < count; i++)
        loop_wait(room->loop, 10);
    assert_int_equal(server.requests, count);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
