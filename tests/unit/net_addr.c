/* net_addr.c: addresses compare, read and write. */
#include "net/addr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct sockaddr_storage make(const char *host, uint16_t port)
{
    struct sockaddr_storage addr;

    assert_int_equal(addr_parse(&addr, host, port), 0);
    return addr;
}

static void both_families_are_written_and_read(void **state)
{
    struct sockaddr_storage four = make("192.0.2.1", 5004), six = make("2001:db8::1", 5006);
    char text[ADDR_TEXT];

    (void)state;
    addr_format(text, &four);
    assert_string_equal(text, "192.0.2.1:5004");
    addr_format(text, &six);
    assert_string_equal(text, "[2001:db8::1]:5006");
    assert_int_equal(addr_port(&six), 5006);
    addr_set_port(&six, 7);
    assert_int_equal(addr_port(&six), 7);
    four = make("[::1]", 1);
    addr_format(text, &four);
    assert_string_equal(text, "[::1]:1");
}

static void no_address_is_refused(void **state)
{
    static const char *const bad[] = {"",          "localhost", "1.2.3",     "1.2.3.4:5",
                                      "[::1",      "[]",        "[1.2.3.4]", "::1]",
                                      "1.2.3.256", ":::",       "[::1]x"};
    struct sockaddr_storage addr;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(addr_parse(&addr, bad[i], 1), EINVAL);
    assert_false(addr_is_set(&addr));
}

static void host_and_port_are_compared(void **state)
{
    struct sockaddr_storage a = make("127.0.0.1", 10), b = make("127.0.0.1", 11),
                            c = make("127.0.0.2", 10), d = make("::1", 10), e = make("::2", 10);

    (void)state;
    assert_true(addr_same(&a, &a));
    assert_false(addr_same(&a, &b));
    assert_true(addr_same_host(&a, &b));
    assert_false(addr_same_host(&a, &c));
    assert_false(addr_same_host(&a, &d));
    assert_false(addr_same_host(&d, &e));
    assert_true(addr_is_set(&d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_families_are_written_and_read),
        cmocka_unit_test(no_address_is_refused),
        cmocka_unit_test(host_and_port_are_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
