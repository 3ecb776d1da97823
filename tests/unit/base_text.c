/* base_text.c: identifiers, times and log lines: what people and machines read. */
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void ids_have_their_forms(void **state)
{
    char uuid[ID_UUID], hex[ID_HEX32], con[ID_PREFIXED];

    (void)state;
    id_uuid(uuid);
    assert_true(id_is_uuid(uuid));
    assert_int_equal(uuid[14], '7');
    assert_non_null(strchr("89ab", uuid[19]));
    id_hex32(hex);
    assert_int_equal(strlen(hex), 32);
    for (int i = 0; i < 32; i++)
        assert_true(isxdigit((unsigned char)hex[i]) && !isupper((unsigned char)hex[i]));
    id_prefixed(con, "CON");
    assert_memory_equal(con, "CON-", 4);
    assert_true(id_is_uuid(con + 4));
}

static void ids_do_not_repeat(void **state)
{
    char last[ID_UUID] = "", next[ID_UUID];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        id_uuid(next);
        assert_string_not_equal(next, last);
        memcpy(last, next, sizeof last);
    }
}

static void only_a_uuid_is_one(void **state)
{
    (void)state;
    assert_true(id_is_uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7"));
    assert_false(id_is_uuid(""));
    assert_false(id_is_uuid("7c9e6679-7425-40de-944b-e07fc1f90ae"));
    assert_false(id_is_uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7a"));
    assert_false(id_is_uuid("7c9e6679 7425-40de-944b-e07fc1f90ae7"));
    assert_false(id_is_uuid("7c9e6679-7425-40de-944b-e07fc1f90aeg"));
}

static void times_are_written_and_read_alike(void **state)
{
    char text[CLOCK_ISO];

    (void)state;
    clock_iso(text, 1709634030273);
    assert_string_equal(text, "2024-03-05T10:20:30.273Z");
    assert_int_equal(clock_parse_iso(text), 1709634030273);
    assert_int_equal(clock_parse_iso("2024-03-05T10:20:30Z"), 1709634030000);
    clock_iso(text, 0);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_iso(text, 1709634030007);
    assert_string_equal(text, "2024-03-05T10:20:30.007Z");
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    assert_int_equal(clock_parse_iso(""), -1);
    assert_int_equal(clock_parse_iso("yesterday"), -1);
    assert_int_equal(clock_parse_iso("2024-03-05"), -1);
    assert_int_equal(clock_parse_iso("2024-13-05T10:20:30Z"), -1);
    assert_int_equal(clock_parse_iso("2024-03-05T10:20:30.5+01:00"), -1);
}

static void monotonic_time_does_not_run_back(void **state)
{
    int64_t last = clock_mono_ns();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ns();

        assert_true(now >= last);
        last = now;
    }
}

/* What log_write() puts on stderr. */
static void logged(char *out, size_t size, enum log_level level, const char *text)
{
    int keep = dup(STDERR_FILENO), pipes[2];
    ssize_t got;

    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    log_write(level, "test", "%s", text);
    dup2(keep, STDERR_FILENO);
    close(pipes[1]);
    close(keep);
    got = read(pipes[0], out, size - 1);
    close(pipes[0]);
    out[got > 0 ? got : 0] = '\0';
}

static void a_peer_cannot_forge_a_line(void **state)
{
    char line[256];

    (void)state;
    logged(line, sizeof line, LOG_INFO, "from=a\r\n2024 error forged\x1b[0m");
    assert_non_null(strstr(line, " info test: from=a..2024 error forged.[0m\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void a_long_line_is_cut_not_lost(void **state)
{
    static char text[8000], line[8000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    logged(line, sizeof line, LOG_INFO, text);
    assert_true(strlen(line) > 1000 && strlen(line) <= 2048);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static void the_level_holds_back(void **state)
{
    char line[256];
    enum log_level level = LOG_ERROR;

    (void)state;
    assert_true(log_parse_level("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_parse_level("loud", &level));
    log_set_level(LOG_WARNING);
    logged(line, sizeof line, LOG_INFO, "quiet");
    assert_string_equal(line, "");
    log_set_level(LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_have_their_forms),
        cmocka_unit_test(ids_do_not_repeat),
        cmocka_unit_test(only_a_uuid_is_one),
        cmocka_unit_test(times_are_written_and_read_alike),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(monotonic_time_does_not_run_back),
        cmocka_unit_test(a_peer_cannot_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut_not_lost),
        cmocka_unit_test(the_level_holds_back),
    };

    return cmocka_run_group_tests_name("base text", tests, NULL, NULL);
}
