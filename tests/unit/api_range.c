/* api_range.c: which part of a file a Range header asks for. */
#include "api/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void parts(void **state)
{
    static const struct {
        const char *header;
        uint64_t size;
        int status;
        uint64_t offset, length;
    } cases[] = {
        {NULL, 1000, 200, 0, 1000},
        {"bytes=0-99", 1000, 206, 0, 100},
        {"Bytes= 0-0", 1000, 206, 0, 1},
        {"bytes=100-", 1000, 206, 100, 900},
        {"bytes=-100", 1000, 206, 900, 100},
        {"bytes=-5000", 1000, 206, 0, 1000},
        {"bytes=990-5000", 1000, 206, 990, 10},
        {"bytes=999-999", 1000, 206, 999, 1},
        {"bytes=0-18446744073709551616", 1000, 206, 0, 1000},
        {"bytes=1000-", 1000, 416, 0, 0},
        {"bytes=99999999999999999999999-", 1000, 416, 0, 0},
        {"bytes=-0", 1000, 416, 0, 0},
        {"bytes=0-", 0, 416, 0, 0},
        {"bytes=-1", 0, 416, 0, 0},
        /* not understood: all of it */
        {"bytes=5-4", 1000, 200, 0, 1000},
        {"bytes=", 1000, 200, 0, 1000},
        {"bytes=-", 1000, 200, 0, 1000},
        {"bytes=a-b", 1000, 200, 0, 1000},
        {"bytes=+1-2", 1000, 200, 0, 1000},
        {"bytes=1-2,4-5", 1000, 200, 0, 1000},
        {"bytes=1-2x", 1000, 200, 0, 1000},
        {"lines=0-1", 1000, 200, 0, 1000},
        {"", 1000, 200, 0, 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t offset, length;
        int status = range_parse(cases[i].header, cases[i].size, &offset, &length);

        if (status != cases[i].status)
            fail_msg("%s: %d", cases[i].header, status);
        if (status == 416)
            continue;
        assert_int_equal(offset, cases[i].offset);
        assert_int_equal(length, cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
