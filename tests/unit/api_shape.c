/* api_shape.c: rows that say what JSON may be: what they refuse, in which words, and the
 * schemas they are. */
#include "api/shape.h"
#include "base/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const words[] = {"invite", "join", NULL};
static const struct shape number[] = {
    {"number", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_PHONE},
    {.name = NULL},
};
static const struct shape channel[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED},
    {"to", SHAPE_OBJECT, .members = number},
    {"extra", SHAPE_OBJECT, SHAPE_OPEN},
    {.name = NULL},
};
static const struct shape leg[] = {{"", SHAPE_STRING, .high = 5}, {.name = NULL}};
static const struct shape url[] = {{"", SHAPE_STRING, .format = FORMAT_URL}, {.name = NULL}};
static const struct shape shape[] = {
    {"name", SHAPE_STRING, .high = 10, .help = "How it is called."},
    {"text", SHAPE_STRING, SHAPE_EMPTY | SHAPE_NULL},
    {"image_url", SHAPE_STRING, .format = FORMAT_URI},
    {"at", SHAPE_STRING, .format = FORMAT_TIME},
    {"sip", SHAPE_STRING, .format = FORMAT_SIP},
    {"type", SHAPE_STRING, .pattern = "custom:[A-Za-z0-9_:-]+"},
    {"action", SHAPE_STRING, SHAPE_ANY_CASE, .words = words},
    {"exact", SHAPE_STRING, .words = words},
    {"ttl", SHAPE_INTEGER, .high = 1000},
    {"far", SHAPE_INTEGER, .low = -9e18},
    {"level", SHAPE_NUMBER, SHAPE_NUMERIC_TEXT, .low = -1, .high = 1},
    {"on", SHAPE_BOOL},
    {"channel", SHAPE_OBJECT, .members = channel},
    {"legs", SHAPE_ARRAY, .low = 1, .high = 2, .members = leg},
    {"urls", SHAPE_ARRAY, SHAPE_ONE, .low = 1, .high = 1, .members = url},
    {"any", SHAPE_ANY},
    {.name = NULL},
};

static void note(const char *name, const char *reason, void *arg)
{
    char *out = arg;
    size_t n = strlen(out);

    snprintf(out + n, 4096 - n, "%s%s %s", n ? "; " : "", name, reason);
}

static const char *faults(const struct shape *members, bool open, const char *text)
{
    static char out[4096];
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);

    out[0] = '\0';
    assert_non_null(json);
    shape_check(members, open, json, note, out);
    json_decref(json);
    return out;
}

static void refuses_in_the_words_of_the_api(void **state)
{
    static const struct {
        const char *json, *faults;
    } cases[] = {
        {"{}", ""},
        {"{\"name\":\"a\"}", ""},
        {"{\"name\":\"\"}", "name is not allowed to be empty"},
        {"{\"name\":7}", "name must be a string"},
        {"{\"name\":null}", "name must be a string"},
        {"{\"name\":\"a\\u0000b\"}", "name must not hold a NUL character"},
        {"{\"name\":\"äöüäöüäöüä\"}", ""}, /* ten characters, twenty bytes */
        {"{\"name\":\"12345678901\"}",
         "name length must be less than or equal to 10 characters long"},
        {"{\"text\":\"\"}", ""},
        {"{\"text\":null}", ""},
        {"{\"image_url\":\"http://x/a?b#c\"}", ""},
        {"{\"image_url\":\"mailto:a@b\"}", ""},
        {"{\"image_url\":\"no uri\"}", "image_url must be a valid uri"},
        {"{\"image_url\":\"http:\"}", "image_url must be a valid uri"},
        {"{\"image_url\":\"http://x/\\ny\"}", "image_url must be a valid uri"},
        {"{\"at\":\"2024-03-05\"}", ""},
        {"{\"at\":\"2024-03-05T10:20:30.123Z\"}", ""},
        {"{\"at\":\"yesterday\"}", "at must be a valid ISO 8601 date"},
        {"{\"at\":\"2024-13-05\"}", "at must be a valid ISO 8601 date"},
        {"{\"sip\":\"sip:a@b\"}", ""},
        {"{\"sip\":\"http://b\"}",
         "sip must be a valid uri with a scheme matching the sip|sips pattern"},
        {"{\"sip\":\"sip:a@b\\r\\nX: y\"}",
         "sip must be a valid uri with a scheme matching the sip|sips pattern"},
        {"{\"type\":\"custom:a-b_c:d\"}", ""},
        {"{\"type\":\"xcustom:a\"}",
         "type fails to match the required pattern: custom:[A-Za-z0-9_:-]+"},
        {"{\"type\":\"custom:a b\"}",
         "type fails to match the required pattern: custom:[A-Za-z0-9_:-]+"},
        {"{\"action\":\"INVITE\"}", ""},
        {"{\"action\":\"x\"}", "action must be one of [invite, join]"},
        {"{\"exact\":\"INVITE\"}", "exact must be one of [invite, join]"},
        {"{\"ttl\":0}", ""},
        {"{\"ttl\":-1}", "ttl must be greater than or equal to 0"},
        {"{\"ttl\":1001}", "ttl must be less than or equal to 1000"},
        {"{\"ttl\":1.5}", "ttl must be an integer"},
        {"{\"ttl\":1e30}", "ttl must be a safe number"},
        {"{\"ttl\":\"5\"}", "ttl must be a number"},
        {"{\"ttl\":true}", "ttl must be a number"},
        {"{\"far\":-9000000000}", ""},
        {"{\"level\":\"0.5\"}", ""},
        {"{\"level\":-1}", ""},
        {"{\"level\":\"1.1\"}", "level must be less than or equal to 1"},
        {"{\"level\":\"nan\"}", "level must be a number"},
        {"{\"level\":\"1e999\"}", "level must be a number"},
        {"{\"level\":\"\"}", "level must be a number"},
        {"{\"on\":1}", "on must be a boolean"},
        {"{\"on\":\"true\"}", "on must be a boolean"},
        {"{\"channel\":[]}", "channel must be an object"},
        {"{\"channel\":{\"to\":{}}}", "channel.type is required; channel.to.number is required"},
        {"{\"channel\":{\"type\":\"a\",\"to\":{\"number\":\"+1 555-010\"}}}", ""},
        {"{\"channel\":{\"type\":\"a\",\"to\":{\"number\":\"x\"}}}",
         "channel.to.number must be a valid phone number"},
        {"{\"channel\":{\"type\":\"a\",\"b\":1}}", "channel.b is not allowed"},
        {"{\"channel\":{\"type\":\"a\",\"extra\":{\"b\":1}}}", ""},
        {"{\"legs\":{}}", "legs must be an array"},
        {"{\"legs\":[]}", "legs must contain at least 1 items"},
        {"{\"legs\":[\"a\",\"b\",\"c\"]}", "legs must contain less than or equal to 2 items"},
        {"{\"legs\":[\"a\",5]}", "legs[1] must be a string"},
        {"{\"urls\":\"http://x/\"}", ""},
        {"{\"urls\":[\"https://x/\"]}", ""},
        {"{\"urls\":\"ftp://x/\"}",
         "urls must be a valid uri with a scheme matching the http|https pattern"},
        {"{\"any\":[{}]}", ""},
        {"{\"nothing\":1,\"name\":1}", "name must be a string; nothing is not allowed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(faults(shape, false, cases[i].json), cases[i].faults);
}

static void open_ones_take_more(void **state)
{
    (void)state;
    assert_string_equal(faults(shape, true, "{\"x\":1,\"channel\":{\"type\":\"a\",\"b\":1}}"), "");
    assert_string_equal(faults(shape, true, "{\"ttl\":-1}"),
                        "ttl must be greater than or equal to 0");
}

static void texts_are_read(void **state)
{
    char out[4096] = "";
    json_t *json =
        json_loads("{\"ttl\":\"12\",\"on\":\"TRUE\",\"x\":\"y\",\"level\":\"0\"}", 0, NULL);

    (void)state;
    shape_check_texts(shape, json, note, out);
    assert_string_equal(out, "");
    json_decref(json);
    json = json_loads("{\"ttl\":\"12x\",\"on\":\"1\",\"name\":\"\"}", 0, NULL);
    shape_check_texts(shape, json, note, out);
    assert_string_equal(out, "name is not allowed to be empty; ttl must be a number; "
                             "on must be a boolean");
    json_decref(json);
    out[0] = '\0';
    json = json_loads("{\"ttl\":\"9223372036854775808\"}", 0, NULL);
    shape_check_texts(shape, json, note, out);
    assert_string_equal(out, "ttl must be a safe number");
    json_decref(json);
    shape_check_texts(shape, NULL, note, out); /* no query at all */
    assert_string_equal(out, "ttl must be a safe number");
}

static void whole_numbers_are_whole(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_true(shape_integer("-12", &value));
    assert_int_equal(value, -12);
    assert_true(shape_integer("9223372036854775807", &value));
    assert_false(shape_integer("9223372036854775808", &value));
    assert_false(shape_integer("", &value));
    assert_false(shape_integer("-", &value));
    assert_false(shape_integer("1 ", &value));
    assert_false(shape_integer("+1", &value));
    assert_string_equal(shape_word(words, "JOIN"), "join");
    assert_null(shape_word(words, "part"));
    assert_null(shape_word(words, NULL));
}

static void are_schemas(void **state)
{
    json_t *schema = shape_schema(shape, false), *part, *want;

    (void)state;
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    part = json_object_get(json_object_get(schema, "properties"), "name");
    want = json_loads("{\"type\":\"string\",\"minLength\":1,\"maxLength\":10,"
                      "\"description\":\"How it is called.\"}",
                      0, NULL);
    assert_true(json_equal(part, want));
    json_decref(want);
    part = json_object_get(json_object_get(schema, "properties"), "level");
    want = json_loads("{\"type\":[\"number\",\"string\"],\"minimum\":-1,\"maximum\":1}", 0, NULL);
    assert_true(json_equal(part, want));
    json_decref(want);
    part = json_object_get(json_object_get(schema, "properties"), "urls");
    want = json_loads("{\"anyOf\":[{\"type\":\"array\",\"minItems\":1,\"maxItems\":1,\"items\":"
                      "{\"type\":\"string\",\"minLength\":1,\"format\":\"uri\"}},"
                      "{\"type\":\"string\",\"minLength\":1,\"format\":\"uri\"}]}",
                      0, NULL);
    assert_true(json_equal(part, want));
    json_decref(want);
    part = json_object_get(json_object_get(schema, "properties"), "channel");
    assert_string_equal(json_string_value(json_array_get(json_object_get(part, "required"), 0)),
                        "type");
    json_decref(schema);
    schema = shape_schema(shape, true);
    assert_null(json_object_get(schema, "additionalProperties"));
    json_decref(schema);
}

static void *check_much(void *arg)
{
    json_t *json = json_loads("{\"type\":\"custom:x\",\"name\":\"a\"}", 0, NULL);

    for (int i = 0; i < 2000; i++)
        shape_check(shape, false, json, note, arg);
    json_decref(json);
    return NULL;
}

static void threads_may_check_at_once(void **state)
{
    char outs[4][4096] = {""};
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_much, outs[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_string_equal(outs[i], "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_in_the_words_of_the_api),
        cmocka_unit_test(open_ones_take_more),
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(whole_numbers_are_whole),
        cmocka_unit_test(are_schemas),
        cmocka_unit_test(threads_may_check_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
