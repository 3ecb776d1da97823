/* registrar_guard.c: who guesses passwords is not answered for longer and longer; who does not is
 * not held up by it. */
#include "base/mem.h"
#include "net/addr.h"
#include "registrar/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct sockaddr_storage at(const char *host)
{
    struct sockaddr_storage source;

    assert_int_equal(addr_parse(&source, host, 5060), 0);
    return source;
}

static struct guard *fresh(void)
{
    struct guard *guard;

    assert_int_equal(guard_alloc(&guard), 0);
    return guard;
}

static void a_source_that_fails_five_times_is_silenced(void **state)
{
    struct guard *guard = fresh();
    struct sockaddr_storage bad = at("192.0.2.1"), good = at("192.0.2.2");

    (void)state;
    for (int i = 0; i < GUARD_FAILURES - 1; i++)
        assert_int_equal(guard_tried(guard, &bad, "alice", false, 1000 + i), 0);
    assert_false(guard_silences(guard, &bad, 1010));
    assert_int_equal(guard_tried(guard, &bad, "alice", false, 1010), GUARD_SHORTEST);
    assert_true(guard_silences(guard, &bad, 1011));
    assert_true(guard_silences(guard, &bad, 1010 + GUARD_SHORTEST - 1));
    assert_false(guard_silences(guard, &bad, 1010 + GUARD_SHORTEST));
    assert_false(guard_silences(guard, &good, 1011));
    mem_unref(guard);
}

static void silence_doubles_up_to_an_hour(void **state)
{
    struct guard *guard = fresh();
    struct sockaddr_storage bad = at("2001:db8::1");
    int64_t now = 1000, expected = GUARD_SHORTEST, last = 0;

    (void)state;
    for (int i = 0; i < 200; i++) { /* it comes back as soon as it is answered again */
        int64_t length = guard_tried(guard, &bad, "alice", false, now);

        now += length ? length : 1;
        if (!length)
            continue;
        last = length;
        assert_int_equal(length, expected);
        expected = expected * 2 < GUARD_LONGEST ? expected * 2 : GUARD_LONGEST;
    }
    assert_int_equal(last, GUARD_LONGEST);
    mem_unref(guard);
}

static void a_phone_with_a_wrong_password_is_no_attack(void **state)
{
    struct guard *guard = fresh();
    struct sockaddr_storage office = at("192.0.2.1");

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(guard_tried(guard, &office, "bob", false, 1000 + i * INT64_C(30000)), 0);
    mem_unref(guard);
}

static void a_user_under_attack_is_guarded_more_closely_but_can_come_in(void **state)
{
    struct guard *guard = fresh();
    struct sockaddr_storage home = at("198.51.100.7"), next = at("192.0.2.200");
    struct guard_counts counts;
    char host[32];

    (void)state;
    for (int i = 1; i < GUARD_USER; i++) {
        struct sockaddr_storage one;

        snprintf(host, sizeof host, "192.0.2.%d", i);
        one = at(host);
        assert_int_equal(guard_tried(guard, &one, "alice", false, 1000), 0);
    }
    assert_int_equal(guard_tried(guard, &next, "alice", false, 1000), GUARD_SHORTEST);
    assert_true(guard_silences(guard, &next, 1001));
    assert_false(guard_silences(guard, &home, 1001));
    assert_int_equal(guard_tried(guard, &home, "alice", true, 1001), 0);
    assert_int_equal(guard_tried(guard, &home, "bob", false, 1001), 0);
    guard_counts(guard, &counts);
    assert_int_equal(counts.right, 1);
    assert_int_equal(counts.wrong, GUARD_USER + 1);
    assert_int_equal(counts.silenced, 1);
    mem_unref(guard);
}

static void a_right_password_does_not_pay_for_guesses(void **state)
{
    struct guard *guard = fresh();
    struct sockaddr_storage bad = at("192.0.2.1");

    (void)state;
    for (int i = 0; i < GUARD_FAILURES - 1; i++) {
        assert_int_equal(guard_tried(guard, &bad, "alice", false, 1000), 0);
        assert_int_equal(guard_tried(guard, &bad, "mallory", true, 1000), 0);
    }
    assert_int_equal(guard_tried(guard, &bad, "alice", false, 1000), GUARD_SHORTEST);
    mem_unref(guard);
}

static void memory_is_bounded_whoever_comes(void **state)
{
    struct guard *guard = fresh();
    size_t before = mem_alive();
    char user[32], host[64];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct sockaddr_storage one;

        snprintf(user, sizeof user, "user%d", i);
        snprintf(host, sizeof host, "2001:db8:%x:%x::1", i >> 8, i & 255);
        one = at(host);
        guard_tried(guard, &one, user, false, 1000 + i);
    }
    assert_int_equal(mem_alive(), before);
    mem_unref(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_that_fails_five_times_is_silenced),
        cmocka_unit_test(silence_doubles_up_to_an_hour),
        cmocka_unit_test(a_phone_with_a_wrong_password_is_no_attack),
        cmocka_unit_test(a_user_under_attack_is_guarded_more_closely_but_can_come_in),
        cmocka_unit_test(a_right_password_does_not_pay_for_guesses),
        cmocka_unit_test(memory_is_bounded_whoever_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
