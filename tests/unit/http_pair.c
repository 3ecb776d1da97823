/* http_pair.c: key pairs, made at once and beside a loop. */
#include "base/clock.h"
#include "base/mem.h"
#include "http/jwt.h"
#include "http/jwt_pair.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { WAIT = 60000 /* [ms] */, MANY = 5, TOO_MANY = 100 };

static struct loop *loop;
static struct jwt_pairs *pairs;
static pthread_t here;

static struct {
    unsigned called;
    int err[TOO_MANY];
    char *secret, *open; /* of the last one */
    uintptr_t order[TOO_MANY];
    bool drop; /* the pairs, in the first call */
} made;

static int setup(void **state)
{
    (void)state;
    memset(&made, 0, sizeof made);
    here = pthread_self();
    assert_int_equal(loop_alloc(&loop), 0);
    return jwt_pairs_alloc(&pairs, loop);
}

static int teardown(void **state)
{
    (void)state;
    pairs = mem_unref(pairs);
    loop_run(loop);
    loop = mem_unref(loop);
    mem_unref(made.secret);
    mem_unref(made.open);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static void on_made(int err, char *private_pem, char *public_pem, void *arg)
{
    assert_true(pthread_equal(here, pthread_self()));
    assert_int_equal(private_pem != NULL, err == 0);
    assert_int_equal(public_pem != NULL, err == 0);
    mem_unref(made.secret);
    mem_unref(made.open);
    made.secret = mem_ref(private_pem);
    made.open = mem_ref(public_pem);
    made.order[made.called] = (uintptr_t)arg;
    made.err[made.called++] = err;
    if (made.drop) {
        made.drop = false;
        pairs = mem_unref(pairs);
    }
}

static void until_called(unsigned count)
{
    int64_t begin = clock_mono_ms();

    while (made.called < count) {
        assert_true(clock_mono_ms() - begin < WAIT);
        loop_wait(loop, 1000);
    }
}

/* What one signs the other verifies. */
static void check_pair(const char *private_pem, const char *public_pem)
{
    struct jwt_key *signing, *checking;
    json_t *claims = json_loads("{\"jti\":\"j\",\"iat\":1709634019}", 0, NULL), *read;
    char *token;

    assert_ptr_equal(strstr(private_pem, "-----BEGIN PRIVATE KEY-----\n"), private_pem);
    assert_ptr_equal(strstr(public_pem, "-----BEGIN PUBLIC KEY-----\n"), public_pem);
    assert_non_null(strstr(private_pem, "\n-----END PRIVATE KEY-----\n"));
    assert_int_equal(jwt_key_private(&signing, private_pem), 0);
    assert_int_equal(jwt_key_public(&checking, public_pem), 0);
    token = jwt_sign(signing, claims);
    assert_int_equal(jwt_verify(checking, token, 1709634019, &read), JWT_OK);
    json_decref(read);
    json_decref(claims);
    mem_unref(token);
    mem_unref(signing);
    mem_unref(checking);
}

static void a_pair_fits(void **state)
{
    char *private_pem, *public_pem, *other_private, *other_public;

    (void)state;
    assert_int_equal(jwt_key_pair(&private_pem, &public_pem), 0);
    assert_int_equal(jwt_key_pair(&other_private, &other_public), 0);
    check_pair(private_pem, public_pem);
    check_pair(other_private, other_public);
    assert_string_not_equal(public_pem, other_public);
    mem_unref(private_pem);
    mem_unref(public_pem);
    mem_unref(other_private);
    mem_unref(other_public);
}

static void pairs_come_in_order(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < MANY; i++)
        assert_int_equal(jwt_key_pair_start(pairs, on_made, (void *)i), 0);
    until_called(MANY);
    for (uintptr_t i = 0; i < MANY; i++) {
        assert_int_equal(made.order[i], i);
        assert_int_equal(made.err[i], 0);
    }
    check_pair(made.secret, made.open);
    /* the thread may have ended: the next one has its own */
    assert_int_equal(jwt_key_pair_start(pairs, on_made, NULL), 0);
    until_called(MANY + 1);
    check_pair(made.secret, made.open);
}

static void too_many_are_refused(void **state)
{
    unsigned taken = 0;
    int err = 0;

    (void)state;
    while (taken < TOO_MANY && !(err = jwt_key_pair_start(pairs, on_made, NULL)))
        taken++;
    assert_int_equal(err, EAGAIN);
    assert_true(taken >= 64);
    pairs = mem_unref(pairs);
    assert_int_equal(made.called, taken);
    for (unsigned i = 0; i < taken; i++)
        assert_int_equal(made.err[i], ECANCELED);
}

static void what_is_called_off_is_called_once(void **state)
{
    (void)state;
    made.drop = true;
    for (uintptr_t i = 0; i < MANY; i++)
        assert_int_equal(jwt_key_pair_start(pairs, on_made, (void *)i), 0);
    until_called(MANY);
    assert_int_equal(made.called, MANY);
    assert_int_equal(made.err[0], 0);
    assert_int_equal(made.err[MANY - 1], ECANCELED);
    loop_run(loop);
    assert_int_equal(made.called, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_fits),
        cmocka_unit_test_setup_teardown(pairs_come_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_called_off_is_called_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
