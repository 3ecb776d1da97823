/* json_text.c: the text is what the library writes, byte for byte. */
#include "json/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Takes the value over. */
static void same(json_t *value)
{
    char *ours = json_text(value), *theirs = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_non_null(value);
    assert_string_equal(ours, theirs);
    free(ours);
    free(theirs);
    json_decref(value);
}

static void each_kind_of_value(void **state)
{
    (void)state;
    same(json_null());
    same(json_true());
    same(json_false());
    same(json_object());
    same(json_array());
    same(json_string(""));
    same(json_integer(0));
    same(json_integer(INT64_MAX));
    same(json_integer(INT64_MIN));
}

static void numbers_with_a_fraction(void **state)
{
    static const double numbers[] = {0.0,  -0.0, 1.0,    0.1,     -12.5,   1e300, 5e-324, 1.0 / 3,
                                     1e15, 1e17, 999999, 1000000, -999999, -3,    0.5,    -1e6};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        same(json_real(numbers[i]));
}

static void every_character(void **state)
{
    char text[2 * 128];
    size_t size = 0;

    (void)state;
    for (int c = 1; c < 128; c++) {
        text[0] = (char)c;
        same(json_stringn(text, 1));
    }
    for (int c = 0; c < 128; c++) {
        text[size++] = (char)c;
        text[size++] = 'x';
    }
    same(json_stringn(text, size));
    same(json_string("Gr\xc3\xbc\xc3\x9f"
                     "e \xe2\x82\xac \xf0\x9f\x98\x80 \x7f /"));
}

static void keys_in_their_order(void **state)
{
    (void)state;
    same(json_pack("{s:i,s:[i,s,n,b],s:{s:{},s:[]},s:s}", "z", 1, "a", 2, "two", 1, "in \"there\"",
                   "empty", "none", "\n", "\t"));
}

static void much_of_it(void **state)
{
    json_t *list = json_array(), *inside = list;
    char *text = malloc(100001);

    (void)state;
    memset(text, '"', 100000);
    text[100000] = '\0';
    json_array_append_new(list, json_string(text));
    free(text);
    for (int i = 0; i < 5000; i++)
        json_array_append_new(list, json_pack("{s:i,s:s}", "number", i, "text", "some of it"));
    for (int i = 0; i < 100; i++) {
        json_t *next = json_array();

        json_array_append_new(inside, next);
        inside = next;
    }
    same(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value), cmocka_unit_test(numbers_with_a_fraction),
        cmocka_unit_test(every_character),    cmocka_unit_test(keys_in_their_order),
        cmocka_unit_test(much_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
