/* player_freshness.c: how long a reply serves, by what its header says (RFC 9111). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "player/freshness.h"

#define NOW 784111777000 /* Sun, 06 Nov 1994 08:49:37 GMT */

struct row {
    struct freshness_fields fields;
    bool store;
    int left; /* [s] */
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct freshness freshness = freshness_of(&rows[i].fields, NOW);

        if (freshness.store != rows[i].store || freshness.left != rows[i].left * (int64_t)1000)
            fail_msg("row %zu: %s, %ld ms", i, freshness.store ? "stored" : "not stored",
                     (long)freshness.left);
    }
}

static void test_cache_control(void **state)
{
    static const struct row rows[] = {
        {{.cache_control = NULL}, true, FRESHNESS_GUESS},
        {{.cache_control = ""}, true, FRESHNESS_GUESS},
        {{.cache_control = "public"}, true, FRESHNESS_GUESS},
        {{.cache_control = "max-age=5"}, true, 5},
        {{.cache_control = "private, Max-Age=5"}, true, 5},
        {{.cache_control = " , public ,max-age=\"7\" , x=\"a,max-age=9\""}, true, 7},
        {{.cache_control = "max-age=5, s-maxage=9"}, true, 9},
        {{.cache_control = "s-maxage=0, max-age=5"}, true, 0},
        {{.cache_control = "max-age=0"}, true, 0},
        {{.cache_control = "max-age=-5"}, true, 0},
        {{.cache_control = "max-age"}, true, 0},
        {{.cache_control = "max-age="}, true, 0},
        {{.cache_control = "max-age=1e9"}, true, 0},
        {{.cache_control = "max-age=5, max-age=7"}, true, 0},
        {{.cache_control = "max-age=99999999999999999999"}, true, 31536000},
        {{.cache_control = "x-max-age=5"}, true, FRESHNESS_GUESS},
        {{.cache_control = "max-age=5, must-revalidate"}, true, 5},
        {{.cache_control = "no-cache, max-age=5"}, true, 0},
        {{.cache_control = "no-cache=\"set-cookie\", max-age=5"}, true, 0},
        {{.cache_control = "no-store"}, false, 0},
        {{.cache_control = "max-age=60,NO-STORE"}, false, 0},
        {{.cache_control = "no-storehouse, max-age=5"}, true, 5},
        {{.cache_control = "\"no-store"}, true, FRESHNESS_GUESS},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void test_age_and_dates(void **state)
{
    static const struct row rows[] = {
        {{.cache_control = "max-age=60", .age = "20"}, true, 40},
        {{.cache_control = "max-age=60", .age = "90"}, true, 0},
        {{.cache_control = "max-age=60", .age = "old"}, true, 60},
        {{.age = "20"}, true, FRESHNESS_GUESS - 20},
        {{.expires = "Sun, 06 Nov 1994 08:51:37 GMT"}, true, 120},
        {{.expires = "Sunday, 06-Nov-94 08:51:37 GMT"}, true, 120},
        {{.expires = "Sun Nov  6 08:51:37 1994"}, true, 120},
        {{.expires = "Sun, 06 Nov 1994 08:51:37 GMT", .age = "30"}, true, 90},
        {{.expires = "Sun, 06 Nov 1994 08:51:37 GMT", .date = "Sun, 06 Nov 1994 08:51:00 GMT"},
         true,
         37},
        {{.expires = "Sun, 06 Nov 1994 08:51:37 GMT", .date = "yesterday"}, true, 120},
        {{.expires = "Sun, 06 Nov 1994 08:49:00 GMT"}, true, 0},
        {{.expires = "0"}, true, 0},
        {{.expires = "-1"}, true, 0},
        {{.expires = "0", .cache_control = "max-age=9"}, true, 9},
        {{.expires = "Sun, 06 Nov 1994 08:51:37 GMT", .cache_control = "no-cache"}, true, 0},
        {{.expires = "Tue, 06 Nov 2094 08:51:37 GMT"}, true, 31536000},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_control),
        cmocka_unit_test(test_age_and_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
