/* http_form.c: what a handler reads of a request: parameters in their order, fields of a
 * form, Basic credentials; and the comparing of secrets. */
#include "base/mem.h"
#include "http_kit.h"
#include "http/rest.h"
#include "http/secret.h"

static struct rest *rest;

/* The handler writes what it read as the body of its reply. */

static char seen[4096];

static void note(const char *format, ...)
{
    size_t n = strlen(seen);
    va_list ap;

    va_start(ap, format);
    vsnprintf(seen + n, sizeof seen - n, format, ap);
    va_end(ap);
}

static bool each(const char *name, const char *value, void *arg)
{
    int *left = arg;

    note("[%s|%s]", name, value);
    return --*left > 0;
}

static void read_query(struct rest_request *request)
{
    int left = rest_query(request, "two") ? 2 : 100;

    assert_int_equal(rest_query_each(request, each, &left), 0);
}

static void read_form(struct rest_request *request)
{
    static const char *const names[] = {"a", "b c", "empty", "none", "a"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = rest_form(request, names[i]), *query = rest_query(request, names[i]);

        note("%s=%s,%s;", names[i], value ? value : "(none)", query ? query : "(none)");
        assert_ptr_equal(rest_form(request, names[i]), value);
    }
}

static void read_basic(struct rest_request *request)
{
    char user[9] = "before", password[17] = "before";
    bool read = rest_basic(request, user, sizeof user, password, sizeof password);

    note("%d<%s><%s>", read, user, password);
}

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    seen[0] = '\0';
    if (!strcmp(rest_path(request), "/query"))
        read_query(request);
    else if (!strcmp(rest_path(request), "/form"))
        read_form(request);
    else
        read_basic(request);
    rest_reply(request, 200, "text/plain", seen, strlen(seen), NULL);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status, (void)path, (void)arg;
    return NULL;
}

static int start(void **state)
{
    const struct rest_conf conf = {.host = "127.0.0.1", .body_limit = 1024};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    (void)state;
    return rest_start(&rest, &conf, &handlers);
}

static int stop(void **state)
{
    (void)state;
    rest_stop(rest);
    rest = mem_unref(rest);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static void ask(const char *request, const char *expected)
{
    struct reply reply;
    int fd = client_dial(rest_port(rest));

    say(fd, request);
    assert_true(hear(fd, &reply, true));
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, expected);
    close(fd);
}

static void ask_query(const char *query, const char *expected)
{
    char text[512];

    snprintf(text, sizeof text, "GET /query%s HTTP/1.1\r\nHost: h\r\n\r\n", query);
    ask(text, expected);
}

static void parameters_are_walked_in_order(void **state)
{
    (void)state;
    ask_query("", "");
    ask_query("?", "");
    ask_query("?b=1&a=2&b=3", "[b|1][a|2][b|3]");
    ask_query("?a%20b=c+d%2B&e", "[a b|c d+][e|]");
    ask_query("?&a=1&&=&b=2&", "[a|1][b|2]");
    ask_query("?=x&y=", "[|x][y|]");
    ask_query("?a=b=c", "[a|b=c]");
    ask_query("?a=%zz&b=1&%=2&c=%00&d=4", "[b|1][d|4]"); /* those that cannot be decoded */
    ask_query("?two&b=1&c=2", "[two|][b|1]");            /* stopped after the second */
}

static void ask_form(const char *type, const char *body, const char *expected)
{
    char text[1024];

    snprintf(text, sizeof text,
             "POST /form?a=query HTTP/1.1\r\nHost: h\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
             type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", strlen(body),
             body);
    ask(text, expected);
}

#define FORM "application/x-www-form-urlencoded"
#define NO_FORM \
    "a=(none),query;b c=(none),(none);empty=(none),(none);none=(none),(none);a=(none),query;"

static void forms_are_read(void **state)
{
    static const char body[] = "x=0&a=1+%26&b%20c=%C3%A9&empty=&a=2";
    static const char fields[] = "a=1 &,query;b c=\xc3\xa9,(none);empty=,(none);"
                                 "none=(none),(none);a=1 &,query;";

    (void)state;
    ask_form(FORM, body, fields);
    ask_form("Application/X-WWW-Form-Urlencoded; charset=utf-8", body, fields);
    ask_form(FORM "ish", body, NO_FORM);
    ask_form("application/json", body, NO_FORM);
    ask_form(NULL, body, NO_FORM);
    ask_form(FORM, "", NO_FORM);
    ask_form(FORM, "a=%4", NO_FORM);
    ask_form(FORM, "&&&", NO_FORM);
}

static void ask_basic(const char *authorization, const char *expected)
{
    char text[4096];

    snprintf(text, sizeof text, "GET /basic HTTP/1.1\r\nHost: h\r\n%s%s\r\n\r\n",
             authorization ? "Authorization: " : "X: ", authorization ? authorization : "y");
    ask(text, expected);
}

static void basic_is_read(void **state)
{
    (void)state;
    ask_basic("Basic YWJjZDEyMzQ6czNjcmV0", "1<abcd1234><s3cret>");
    ask_basic("basic   YWJjZDEyMzQ6czNjcmV0", "1<abcd1234><s3cret>");
    ask_basic("Basic YTpi", "1<a><b>");
    ask_basic("Basic YTo=", "1<a><>");
    ask_basic("Basic Og==", "1<><>");
    ask_basic("Basic Og", "1<><>");
    ask_basic("Basic YTpiOmM=", "1<a><b:c>");         /* a colon in the password */
    ask_basic("Basic YTrDqT8/", "1<a><\xc3\xa9?\?>"); /* a digit of base64 only */
    ask_basic("Basic YTphYmNkZWZnaGlqa2xtbm9w", "1<a><abcdefghijklmnop>"); /* 16: fits */
}

static void bad_basic_is_none(void **state)
{
    static const char *const bad[] = {
        NULL,
        "Bearer YTpi",
        "Basic",
        "Basic ",
        "Basic YWJj", /* no colon */
        "Basic Y",
        "Basic YTpi=",
        "Basic YTpi====",
        "Basic =",
        "Basic ====",
        "Basic YTp i",
        "Basic YTpi\tYTpi",
        "Basic YTo-",                         /* base64url */
        "Basic YQA6Yg==",                     /* a NUL in the user */
        "Basic YTpiAA==",                     /* and in the password */
        "Basic YWJjZDEyMzQ1OmI=",             /* a user of 9 */
        "Basic YTphYmNkZWZnaGlqa2xtbm9wcQ==", /* a password of 17 */
    };
    char huge[3000] = "Basic ";

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ask_basic(bad[i], "0<><>");
    memset(huge + 6, 'A', sizeof huge - 7);
    ask_basic(huge, "0<><>");
}

static void secrets_are_compared(void **state)
{
    (void)state;
    assert_true(secret_equal("", ""));
    assert_true(secret_equal("s3cret", "s3cret"));
    assert_false(secret_equal("s3cret", "s3cres"));
    assert_false(secret_equal("s3cret", "S3cret"));
    assert_false(secret_equal("s3cret", "s3cre"));
    assert_false(secret_equal("s3cret", "s3cret "));
    assert_false(secret_equal("s3cret", ""));
    assert_false(secret_equal("", "s3cret"));
    assert_false(secret_equal(NULL, "s3cret"));
    assert_false(secret_equal("s3cret", NULL));
    assert_false(secret_equal(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_are_walked_in_order, start, stop),
        cmocka_unit_test_setup_teardown(forms_are_read, start, stop),
        cmocka_unit_test_setup_teardown(basic_is_read, start, stop),
        cmocka_unit_test_setup_teardown(bad_basic_is_none, start, stop),
        cmocka_unit_test(secrets_are_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
