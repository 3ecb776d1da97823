/* net_limiter.c: a source has its burst, then its rate, and no other's. */
#include "base/mem.h"
#include "net/addr.h"
#include "net/limiter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static struct sockaddr_storage make(const char *host, uint16_t port)
{
    struct sockaddr_storage addr;

    assert_int_equal(addr_parse(&addr, host, port), 0);
    return addr;
}

static unsigned admitted(struct limiter *limiter, const struct sockaddr_storage *from, int tries,
                         int64_t now)
{
    unsigned count = 0;

    while (tries--)
        count += limiter_admit(limiter, from, now);
    return count;
}

static void burst_then_rate(void **state)
{
    struct sockaddr_storage a = make("192.0.2.1", 1), a2 = make("192.0.2.1", 2),
                            b = make("192.0.2.2", 1);
    struct limiter *limiter;

    (void)state;
    assert_int_equal(limiter_alloc(&limiter, 10, 5, 100), 0);
    assert_int_equal(admitted(limiter, &a, 20, 1000), 5);
    assert_int_equal(admitted(limiter, &a2, 20, 1000), 0); /* another port, the same source */
    assert_int_equal(admitted(limiter, &b, 20, 1000), 5);
    assert_int_equal(admitted(limiter, &a, 20, 1100), 1);
    assert_int_equal(admitted(limiter, &a, 20, 1300), 2);
    assert_int_equal(admitted(limiter, &a, 20, 99000), 5); /* never more than the burst */
    mem_unref(limiter);
}

static void a_prefix_of_ipv6_is_one_source(void **state)
{
    struct sockaddr_storage a = make("2001:db8:1:2::1", 1), b = make("2001:db8:1:2::ffff", 1),
                            c = make("2001:db8:1:3::1", 1);
    struct limiter *limiter;

    (void)state;
    assert_int_equal(limiter_alloc(&limiter, 1, 3, 10), 0);
    assert_int_equal(admitted(limiter, &a, 2, 0), 2);
    assert_int_equal(admitted(limiter, &b, 5, 0), 1);
    assert_int_equal(admitted(limiter, &c, 5, 0), 3);
    mem_unref(limiter);
}

static void many_sources_do_not_grow_it(void **state)
{
    size_t before = mem_alive();
    struct limiter *limiter;

    (void)state;
    assert_int_equal(limiter_alloc(&limiter, 1, 2, 64), 0);
    for (unsigned i = 0; i < 20000; i++) {
        struct sockaddr_storage from;
        char host[32];

        snprintf(host, sizeof host, "10.%u.%u.7", i >> 8 & 255, i & 255);
        from = make(host, 1);
        assert_true(limiter_admit(limiter, &from, i));
    }
    assert_int_equal(mem_alive(), before + 1);
    mem_unref(limiter);
}

static void nonsense_is_refused(void **state)
{
    struct limiter *limiter;

    (void)state;
    assert_int_equal(limiter_alloc(&limiter, 0, 5, 10), EINVAL);
    assert_int_equal(limiter_alloc(&limiter, 5, 0, 10), EINVAL);
    assert_int_equal(limiter_alloc(&limiter, -1, 5, 10), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_rate),
        cmocka_unit_test(a_prefix_of_ipv6_is_one_source),
        cmocka_unit_test(many_sources_do_not_grow_it),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
