/* api_error.c: bodies of errors in each family; keys of requests that may come again. */
#include "api/private.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* As text, with the digits of `instance` as x. */
static const char *body(enum api_family family, enum api_error error, const char *detail,
                        const char *faults)
{
    static char out[2048];
    json_t *list = faults ? json_loads(faults, 0, NULL) : NULL;
    json_t *json = api_error_body(family, error, detail, list);
    json_t *instance = json_object_get(json, "instance");
    char *text;

    if (instance) {
        assert_int_equal(strlen(json_string_value(instance)), 32);
        json_object_set_new(json, "instance", json_string("x"));
    }
    text = json_dumps(json, JSON_COMPACT);
    snprintf(out, sizeof out, "%s", text);
    free(text);
    json_decref(json);
    json_decref(list);
    return out;
}

#define FAULTS "[{\"reason\":\"is required\",\"name\":\"to\"}]"

static void each_family_has_its_body(void **state)
{
    (void)state;
    assert_string_equal(body(API_BETA, API_NO_CONVERSATION, NULL, NULL),
                        "{\"code\":\"conversation:error:not-found\",\"description\":"
                        "\"Conversation does not exist, or you do not have access.\"}");
    assert_string_equal(
        body(API_BETA2, API_INVALID, NULL, FAULTS),
        "{\"code\":\"http:error:validation-fail\",\"description\":"
        "\"Input validation failure.\",\"error\":{\"to\":\"\\\"to\\\" is required\"}}");
    assert_string_equal(
        body(API_V1, API_INVALID, NULL, FAULTS),
        "{\"title\":\"Bad request.\",\"type\":\"https://developer.nexmo.com/api/conversation#"
        "http:error:validation-fail\",\"code\":\"http:error:validation-fail\",\"detail\":"
        "\"Input validation failure.\",\"instance\":\"x\",\"invalid_parameters\":[{\"name\":\"to\","
        "\"reason\":\"\\\"to\\\" is required\"}]}");
    assert_string_equal(
        body(API_V03, API_EXPIRED, "Old.", NULL),
        "{\"title\":\"Unauthorized.\",\"type\":\"https://developer.nexmo.com/api/conversation#"
        "system:error:expired-token\",\"code\":\"system:error:expired-token\",\"detail\":\"Old.\","
        "\"instance\":\"x\"}");
    assert_string_equal(body(API_VOICE, API_INVALID, NULL, FAULTS),
                        "{\"type\":400,\"title\":\"Bad Request\",\"invalid_parameters\":" FAULTS
                        "}");
    assert_string_equal(
        body(API_VOICE, API_METHOD, NULL, NULL),
        "{\"type\":\"https://developer.nexmo.com/api-errors#wrong-verb\",\"title\":"
        "\"Method Not Allowed\",\"detail\":\"Request method not supported.\",\"instance\":\"x\"}");
    assert_string_equal(
        body(API_APPLICATION, API_INVALID, NULL, FAULTS),
        "{\"type\":\"https://developer.nexmo.com/api-errors/application#payload-validation\","
        "\"title\":\"Bad Request\",\"detail\":\"Input validation failure.\",\"instance\":\"x\","
        "\"invalid_parameters\":" FAULTS "}");
}

static void what_is_no_text_is_quoted_as_far_as_it_is(void **state)
{
    (void)state;
    assert_non_null(strstr(
        body(API_APPLICATION, API_NO_APPLICATION, "ID '\xffk\xc3\xa4\xc3' is not there", NULL),
        "ID '?k\xc3\xa4?' is not there"));
}

static void all_errors_have_what_is_needed(void **state)
{
    (void)state;
    for (int error = 0; error < API_ERRORS; error++) {
        int status = api_error_status((enum api_error)error);

        assert_true(status >= 400 && status < 600);
        assert_true(strlen(api_error_title((enum api_error)error)) > 3);
        for (int family = API_BETA; family <= API_SERVICE; family++)
            assert_true(strlen(body((enum api_family)family, (enum api_error)error, NULL, NULL)) >
                        40);
    }
    assert_int_equal(api_error_of(413), API_TOO_LARGE);
    assert_int_equal(api_error_of(503), API_UNAVAILABLE);
    assert_int_equal(api_error_of(500), API_INTERNAL);
    assert_int_equal(api_error_of(400), API_INVALID);
}

static void paths_have_families(void **state)
{
    static const struct {
        const char *path;
        enum api_family family;
    } cases[] = {
        {"/beta/x", API_BETA},     {"/beta2/x", API_BETA2},
        {"/v0.1", API_BETA},       {"/v0.2/users", API_BETA2},
        {"/v0.3/users", API_V03},  {"/v1/conversations/x", API_V1},
        {"/v1/events", API_V1},    {"/v1/calls", API_VOICE},
        {"/v1/callsx", API_VOICE}, {"/v2/applications/x", API_APPLICATION},
        {"/v1/usersx", API_VOICE}, {"/number/update", API_APPLICATION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(api_family_of(cases[i].path), cases[i].family);
}

static void keys_are_checked(void **state)
{
    char key[IDEMPOTENCY_LENGTH + 2];

    (void)state;
    memset(key, '~', sizeof key);
    key[IDEMPOTENCY_LENGTH + 1] = '\0';
    assert_false(idempotency_key_valid(key));
    key[IDEMPOTENCY_LENGTH] = '\0';
    assert_true(idempotency_key_valid(key));
    assert_true(idempotency_key_valid("a b"));
    assert_false(idempotency_key_valid(""));
    assert_false(idempotency_key_valid("a\tb"));
    assert_false(idempotency_key_valid("\xc3\xa4"));
}

static void requests_have_fingerprints(void **state)
{
    char a[IDEMPOTENCY_PRINT], b[IDEMPOTENCY_PRINT];

    (void)state;
    idempotency_fingerprint(a, "POST", "/v1/calls", "{}", 2);
    assert_int_equal(strlen(a), 64);
    idempotency_fingerprint(b, "POST", "/v1/calls", "{}", 2);
    assert_string_equal(a, b);
    idempotency_fingerprint(b, "POST", "/v1/calls", "{ }", 3);
    assert_string_not_equal(a, b);
    idempotency_fingerprint(b, "POST", "/v1/call", "s{}", 3);
    assert_string_not_equal(a, b);
    idempotency_fingerprint(b, "PUT", "/v1/calls", "{}", 2);
    assert_string_not_equal(a, b);
}

#define ONE "0123456789012345678901234567890123456789012345678901234567890123"
#define TWO "9876543210987654321098765432109876543210987654321098765432109876"

static void a_key_is_one_requests_at_a_time(void **state)
{
    struct idempotency *all;
    struct idempotency_key *first, *again, *other, *elsewhere;

    (void)state;
    assert_int_equal(idempotency_alloc(&all), 0);
    first = idempotency_key_alloc("app", NULL, "key", ONE);
    again = idempotency_key_alloc("app", NULL, "key", ONE);
    other = idempotency_key_alloc("app", NULL, "key", TWO);
    elsewhere = idempotency_key_alloc(NULL, NULL, "key", ONE);
    assert_int_equal(idempotency_take(all, first), 0);
    assert_int_equal(idempotency_take(all, again), EBUSY);
    assert_int_equal(idempotency_take(all, other), EEXIST);
    assert_int_equal(idempotency_take(all, elsewhere), 0);
    idempotency_release(all, again); /* was not taken: nothing happens */
    assert_int_equal(idempotency_take(all, again), EBUSY);
    idempotency_release(all, first);
    idempotency_release(all, first);
    assert_int_equal(idempotency_take(all, other), 0);
    assert_int_equal(idempotency_take(all, again), EEXIST);
    idempotency_release(all, other);
    idempotency_release(all, elsewhere);
    idempotency_release(all, NULL);
    mem_unref(first);
    mem_unref(again);
    mem_unref(other);
    mem_unref(elsewhere);
    mem_unref(all);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_family_has_its_body),
        cmocka_unit_test(what_is_no_text_is_quoted_as_far_as_it_is),
        cmocka_unit_test(all_errors_have_what_is_needed),
        cmocka_unit_test(paths_have_families),
        cmocka_unit_test(keys_are_checked),
        cmocka_unit_test(requests_have_fingerprints),
        cmocka_unit_test(a_key_is_one_requests_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
