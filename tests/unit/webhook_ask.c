/* webhook_ask.c: asking for an NCCO: tries, the fallback, and what is said of failures. */
#include "webhook_ask_kit.h"

static void get_and_post_bring_an_ncco(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit_start(kit);
    answer = kit_ask(kit, question);
    assert_int_equal(json_array_size(answer.ncco), 1);
    assert_false(answer.has_reason);
    json_decref(answer.ncco);
    assert_string_equal(server->asked[0].method, "GET");
    assert_string_equal(server->asked[0].path, "/answer");
    assert_string_equal(server->asked[0].query, "to=%2B1%20555&from=Unknown");
    question.method = "POST";
    answer = kit_ask(kit, question);
    json_decref(answer.ncco);
    assert_string_equal(server->asked[1].method, "POST");
    assert_string_equal(server->asked[1].query, "");
    assert_string_equal(server->asked[1].body, "{\"to\":\"+1 555\",\"from\":\"Unknown\"}");
    server_free(server);
}

static void a_busy_server_is_asked_twice(void **state)
{
    static const struct canned replies[] = {{503, NULL, NULL}, {200, "application/json", "[]"}};
    struct kit *kit = *state;
    struct server *server = server_start(replies, 2);
    char url[128];
    struct answer answer;

    kit_start(kit);
    answer = kit_ask(kit, kit_question(url, server));
    assert_int_equal(json_array_size(answer.ncco), 0);
    assert_non_null(answer.ncco);
    json_decref(answer.ncco);
    assert_int_equal(server->count, 2);
    server_free(server);
}

static void the_fallback_hears_why_and_of_what(void **state)
{
    static const struct {
        int status;
        unsigned tries;
        const char *reason;
    } cases[] = {{503, 2, "HTTP 503"}, {429, 2, "HTTP 429"}, {504, 2, "HTTP 504"},
                 {500, 1, "HTTP 500"}, {404, 1, "HTTP 404"}, {302, 1, "HTTP 302"}};
    struct kit *kit = *state;

    kit_start(kit);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canned bad = {cases[i].status, "text/html", "<html>no</html>"};
        struct server *server = server_start(&bad, 1), *fallback = server_start(kit_talk, 1);
        char url[128], other[128], query[512];
        struct webhook_question question = kit_question(url, server);
        struct answer answer;

        snprintf(other, sizeof other, "http://127.0.0.1:%u/fallback", fallback->port);
        question.fallback_url = other;
        question.method = "POST";
        answer = kit_ask(kit, question);
        assert_int_equal(json_array_size(answer.ncco), 1);
        json_decref(answer.ncco);
        assert_int_equal(server->count, cases[i].tries);
        assert_int_equal(fallback->count, 1);
        assert_string_equal(fallback->asked[0].method, "GET");
        snprintf(
            query, sizeof query,
            "reason=HTTP%%20%d&original_request=%%7B%%22url%%22%%3A%%22http%%3A%%2F%%2F127.0.0."
            "1%%3A%u%%2Fanswer%%22%%2C%%22type%%22%%3A%%22answer%%22%%7D&to=%%2B1%%20555&from="
            "Unknown",
            cases[i].status, server->port);
        assert_string_equal(fallback->asked[0].query, query);
        server_free(server);
        server_free(fallback);
    }
}

static void when_all_fails_both_are_named(void **state)
{
    static const struct canned down[] = {{503, NULL, NULL}};
    struct kit *kit = *state;
    struct server *gone = server_start(kit_fine, 1), *fallback = server_start(down, 1);
    char url[128], other[128], reason[512];
    struct webhook_question question = kit_question(url, gone);
    struct answer answer;

    server_close(gone);
    kit_start(kit);
    snprintf(other, sizeof other, "http://127.0.0.1:%u/fallback", fallback->port);
    question.fallback_url = other;
    answer = kit_ask(kit, question);
    assert_null(answer.ncco);
    snprintf(reason, sizeof reason,
             "answer_url http://127.0.0.1:%u/answer: Connection refused; "
             "fallback_answer_url http://127.0.0.1:%u/fallback: HTTP 503",
             gone->port, fallback->port);
    assert_string_equal(answer.reason, reason);
    assert_int_equal(fallback->count, 2);
    assert_non_null(strstr(fallback->asked[0].query, "reason=Connection%20refused."));
    assert_string_equal(fallback->asked[0].query, fallback->asked[1].query);
    server_free(gone);
    server_free(fallback);
}

static void a_reply_that_is_no_ncco_is_named_and_falls_back(void **state)
{
    static const struct {
        struct canned reply;
        const char *what;
    } cases[] = {
        {{200, "text/html", "<html>hello</html>"}, "HTML, not JSON"},
        {{200, "application/json", " <!doctype html>"}, "HTML, not JSON"},
        {{200, "application/json", "{\"action\":\"talk\"}"}, "not a JSON array but an object"},
        {{200, "application/json", "\"talk\""}, "not a JSON array but a text"},
        {{200, "application/json", "[ x ]"}, "not JSON: 'x' at 1:3"},
        {{200, "application/json", "[{}"}, "not JSON: "},
        {{200, "application/json", ""}, "the reply is empty"},
        {{204, NULL, NULL}, "the reply is empty"},
    };
    struct kit *kit = *state;
    struct server *fallback = server_start(kit_talk, 1);
    char other[128];

    kit_start(kit);
    snprintf(other, sizeof other, "http://127.0.0.1:%u/fallback", fallback->port);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server *server = server_start(&cases[i].reply, 1);
        char url[128], reason[512];
        struct webhook_question question = kit_question(url, server);
        struct answer answer;

        answer = kit_ask(kit, question);
        assert_null(answer.ncco);
        snprintf(reason, sizeof reason, "answer_url %s: %s", url, cases[i].what);
        if (strncmp(answer.reason, reason, strlen(reason)) != 0)
            fail_msg("%s\n  not %s", answer.reason, reason);
        assert_int_equal(server->count, 1);
        question.fallback_url = other;
        answer = kit_ask(kit, question);
        assert_int_equal(json_array_size(answer.ncco), 1);
        json_decref(answer.ncco);
        assert_int_equal(server->count, 2);
        assert_int_equal(fallback->count, i + 1);
        server_free(server);
    }
    server_free(fallback);
}

static void secrets_of_a_url_are_not_shown(void **state)
{
    static const struct canned no[] = {{500, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(no, 1);
    char url[128], reason[256];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit_start(kit);
    snprintf(url, sizeof url, "http://me:hush@127.0.0.1:%u/answer?token=hush", server->port);
    answer = kit_ask(kit, question);
    snprintf(reason, sizeof reason, "answer_url http://127.0.0.1:%u/answer: HTTP 500",
             server->port);
    assert_string_equal(answer.reason, reason);
    assert_string_equal(server->asked[0].query, "token=hush&to=%2B1%20555&from=Unknown");
    server_free(server);
}

static void an_event_may_be_answered_with_nothing(void **state)
{
    static const struct canned replies[] = {{204, NULL, NULL},
                                            {200, "text/plain", "OK"},
                                            {200, "application/json", "{}"},
                                            {200, "application/json", "[]"},
                                            {200, "application/json", "[ nonsense"}};
    struct kit *kit = *state;
    struct server *server = server_start(replies, 5);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit_start(kit);
    question.type = "event";
    for (int i = 0; i < 3; i++) {
        answer = kit_ask(kit, question);
        assert_null(answer.ncco);
        assert_false(answer.has_reason);
    }
    answer = kit_ask(kit, question);
    assert_true(json_is_array(answer.ncco));
    json_decref(answer.ncco);
    answer = kit_ask(kit, question);
    assert_null(answer.ncco);
    assert_non_null(strstr(answer.reason, "event_url http://127.0.0.1"));
    server_free(server);
}

static void what_cannot_be_asked_is_told(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1), *large;
    char url[128], *body = calloc(1, (1 << 20) + 2);
    struct webhook_question question = kit_question(url, server);
    struct canned reply = {200, "application/json", body};
    struct answer answer;

    kit_start(kit);
    question.trusted = false;
    answer = kit_ask(kit, question);
    assert_non_null(strstr(answer.reason, "The address is not allowed"));
    question.url = "no URL";
    answer = kit_ask(kit, question);
    assert_non_null(strstr(answer.reason, "answer_url no URL: Not an http or https URL"));

    memset(body, ' ', (1 << 20) + 1);
    large = server_start(&reply, 1);
    answer = kit_ask(kit, kit_question(url, large));
    assert_non_null(strstr(answer.reason, "The reply is too large"));
    assert_int_equal(large->count, 1);
    server_free(large);
    free(body);
    server_free(server);
}

static void a_slow_server_ends_in_time(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    server->hold = true;
    kit_start(kit);
    question.timeout = 150;
    answer = kit_ask(kit, question);
    assert_null(answer.ncco);
    assert_non_null(strstr(answer.reason, "No reply in time"));
    assert_int_equal(server_count(server), 2);
    server_free(server);
}

static void stopping_answers_who_asked(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer = {0};

    server->hold = true;
    kit_start(kit);
    question.fields = json_object();
    assert_int_equal(webhook_ask(kit->webhook, &question, kit_take, &answer), 0);
    json_decref(question.fields);
    KIT_UNTIL(kit, server_count(server) == 1);
    kit_stop(kit);
    assert_true(answer.came);
    assert_null(answer.ncco);
    assert_non_null(strstr(answer.reason, "offhook is stopping"));
    server_free(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(get_and_post_bring_an_ncco),
        TEST(a_busy_server_is_asked_twice),
        TEST(the_fallback_hears_why_and_of_what),
        TEST(when_all_fails_both_are_named),
        TEST(a_reply_that_is_no_ncco_is_named_and_falls_back),
        TEST(secrets_of_a_url_are_not_shown),
        TEST(an_event_may_be_answered_with_nothing),
        TEST(what_cannot_be_asked_is_told),
        TEST(a_slow_server_ends_in_time),
        TEST(stopping_answers_who_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
