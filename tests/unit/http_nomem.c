/* http_nomem.c: the n-th allocation of the calling thread fails, for every n: a clear
 * error, nothing half done, nothing left behind. */
#include "base/clock.h"
#include "base/mem.h"
#include "http_kit.h"
#include "http/jwt_cache.h"
#include "http/jwt_pair.h"
#include "http/rest.h"

#include <errno.h>
#include <stdatomic.h>

enum { NOW = 1709634019, BIG = 100000 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Thread_local unsigned countdown; /* 0: none fails */

static bool fails(void)
{
    return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* True: the n-th was made, and failed. Ends the shortage. */
static bool reached(void)
{
    bool was = countdown == 0;

    countdown = 0;
    return was;
}

/* Tokens. */

static char *private_pem, *public_pem, *token;
static struct jwt_key *key;

static int make_token(void **state)
{
    static const char text[] =
        "{\"application_id\":\"a\",\"jti\":\"j\",\"iat\":1709634019,\"sub\":\"alice\","
        "\"acl\":{\"paths\":{\"/*/users/**\":{},\"/v1/calls\":{\"methods\":[\"GET\"]}}}}";
    struct jwt_key *signing;
    json_t *claims = json_loads(text, 0, NULL);

    (void)state;
    assert_int_equal(jwt_key_pair(&private_pem, &public_pem), 0);
    assert_int_equal(jwt_key_private(&signing, private_pem), 0);
    assert_int_equal(jwt_key_public(&key, public_pem), 0);
    token = jwt_sign(signing, claims);
    json_decref(claims);
    mem_unref(signing);
    return 0;
}

static int drop_token(void **state)
{
    (void)state;
    mem_unref(private_pem);
    mem_unref(public_pem);
    mem_unref(token);
    mem_unref(key);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static const struct jwt_key *find(const char *application, void *arg)
{
    (void)application, (void)arg;
    return key;
}

static enum jwt_error verify(struct jwt_cache *cache)
{
    struct jwt_grant *grant = NULL;
    enum jwt_error error = jwt_cache_verify(cache, token, NOW, find, NULL, &grant);

    assert_true(error == JWT_OK || error == JWT_MEMORY);
    assert_int_equal(grant != NULL, error == JWT_OK);
    if (grant) {
        assert_true(jwt_grant_allows(grant, "GET", "/v1/calls"));
        assert_false(jwt_grant_allows(grant, "PUT", "/v1/calls"));
        assert_string_equal(grant->sub, "alice");
    }
    mem_unref(grant);
    return error;
}

static void grants(void **state)
{
    bool again = true;

    (void)state;
    for (unsigned n = 1; again; n++) {
        size_t alive = mem_alive();
        struct jwt_cache *cache = NULL;

        countdown = n;
        if (!jwt_cache_alloc(&cache, 0))
            verify(cache);
        again = reached();
        if (cache) /* memory again: whatever was remembered is right */
            assert_int_equal(verify(cache), JWT_OK);
        mem_unref(cache);
        assert_int_equal(mem_alive(), alive);
    }
}

static void keys(void **state)
{
    bool again = true;

    (void)state;
    for (unsigned n = 1; again; n++) {
        size_t alive = mem_alive();
        struct jwt_key *made = NULL;
        int err;

        countdown = n;
        err = jwt_key_public(&made, public_pem);
        again = reached();
        assert_int_equal(err, again ? ENOMEM : 0);
        mem_unref(made);
        assert_int_equal(mem_alive(), alive);
    }
}

static atomic_uint called;

static void on_pair(int err, char *secret, char *open, void *arg)
{
    (void)secret, (void)open, (void)arg;
    assert_int_equal(err, ECANCELED);
    called++;
}

static void pairs(void **state)
{
    bool again = true;

    (void)state;
    for (unsigned n = 1; again; n++) {
        size_t alive = mem_alive();
        struct loop *loop = NULL;
        struct jwt_pairs *made = NULL;
        int err;

        assert_int_equal(loop_alloc(&loop), 0);
        called = 0;
        countdown = n;
        err = jwt_pairs_alloc(&made, loop);
        if (!err)
            err = jwt_key_pair_start(made, on_pair, NULL);
        again = reached();
        assert_int_equal(err, again ? ENOMEM : 0);
        mem_unref(made);
        assert_int_equal(called, !err);
        loop_run(loop);
        mem_unref(loop);
        assert_int_equal(mem_alive(), alive);
    }
}

/* Requests. */

static struct rest *rest;
static _Atomic(struct rest_request *) asked;
static atomic_uint closings;

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    atomic_store(&asked, request);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status, (void)path, (void)arg;
    return NULL;
}

static void on_closed(void *arg)
{
    (void)arg;
    closings++;
}

static int start(void **state)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = 4096};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    (void)state;
    return rest_start(&rest, &conf, &handlers);
}

static int stop(void **state)
{
    (void)state;
    rest_stop(rest);
    rest = mem_unref(rest);
    return 0;
}

static int ask(void)
{
    int fd = client_dial(rest_port(rest));

    atomic_store(&asked, NULL);
    say(fd, "POST /a?x=1&y=2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nz=3");
    for (int64_t begin = clock_mono_ms(); !atomic_load(&asked); usleep(200))
        assert_true(clock_mono_ms() - begin < WAIT);
    return fd;
}

static bool count(const char *name, const char *value, void *arg)
{
    (void)name, (void)value;
    ++*(unsigned *)arg;
    return true;
}

static void parameters(void **state)
{
    bool again = true;
    int fd = ask();
    struct rest_request *request = atomic_load(&asked);

    (void)state;
    for (unsigned n = 1; again; n++) {
        unsigned counted = 0;
        int err;

        countdown = n;
        err = rest_query_each(request, count, &counted);
        again = reached();
        assert_int_equal(err, again ? ENOMEM : 0);
        assert_true(again ? counted < 2 : counted == 2);
    }
    again = true;
    for (unsigned n = 1; again; n++) {
        const char *x, *z;

        countdown = n;
        x = rest_query(request, "x");
        z = rest_form(request, "z");
        again = reached();
        assert_true(!x || !strcmp(x, "1"));
        assert_true(!z || !strcmp(z, "3"));
        assert_true(again || (x && z));
    }
    rest_reply(request, 204, NULL, NULL, 0, NULL);
    close(fd);
}

static void streams(void **state)
{
    static char big[BIG];
    bool again = true;

    (void)state;
    for (unsigned n = 1; again; n++) {
        int fd = ask(), err = 0;
        struct reply reply;
        struct rest_stream *stream;

        closings = 0;
        countdown = n;
        stream = rest_stream(atomic_load(&asked), 200, "text/plain", NULL, on_closed, NULL);
        if (stream)
            err = rest_stream_send(stream, big, sizeof big);
        again = reached();
        assert_int_equal(!stream || err == ENOMEM, again);
        if (!stream) /* the request is as before */
            rest_reply(atomic_load(&asked), 503, NULL, NULL, 0, NULL);
        else if (err)
            assert_int_equal(rest_stream_send(stream, "x", 1), 0);
        assert_true(hear(fd, &reply, false));
        assert_int_equal(reply.status, stream ? 200 : 503);
        close(fd);
        for (int64_t begin = clock_mono_ms(); stream && !closings; usleep(200))
            assert_true(clock_mono_ms() - begin < WAIT);
        assert_int_equal(closings, stream != NULL);
        mem_unref(stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants),
        cmocka_unit_test(keys),
        cmocka_unit_test(pairs),
        cmocka_unit_test_setup_teardown(parameters, start, stop),
        cmocka_unit_test_setup_teardown(streams, start, stop),
    };

    return cmocka_run_group_tests(tests, make_token, drop_token);
}
