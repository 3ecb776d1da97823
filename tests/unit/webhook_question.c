/* webhook_question.c: questions of events, their order with what is told, their tokens, and
 * the fallback's own way. */
#include "webhook_ask_kit.h"

#include "http/jwt.h"

static const char hush[] = "hush-hush", own[] = "of-one-application";

enum outcome { BRINGS_NCCO, GOES_ON, IS_TOLD };

static void write_url(char url[128], const struct server *server, const char *path)
{
    snprintf(url, 128, "http://127.0.0.1:%u%s", server->port, path);
}

static void check_outcome(struct answer *answer, enum outcome outcome, size_t which)
{
    bool good = outcome == BRINGS_NCCO ? json_is_array(answer->ncco) && !answer->has_reason
                : outcome == GOES_ON   ? !answer->ncco && !answer->has_reason
                                       : !answer->ncco && answer->has_reason;

    if (!good)
        fail_msg("case %zu: ncco %s, reason %s", which, answer->ncco ? "came" : "none",
                 answer->reason);
    json_decref(answer->ncco);
}

/* The one table of what an event's answer and its fallback's come to. status 0: not there. */
static void an_event_goes_on_unless_its_fallback_is_wrong(void **state)
{
    static const struct {
        struct canned first, fallback;
        bool has_fallback;
        enum outcome outcome;
        unsigned tries, fallback_tries;
    } cases[] = {
        {{0}, {0}, false, GOES_ON, 0, 0},
        {{500, NULL, NULL}, {0}, false, GOES_ON, 1, 0},
        {{404, NULL, NULL}, {0}, false, GOES_ON, 1, 0},
        {{429, NULL, NULL}, {0}, false, GOES_ON, 2, 0},
        {{503, NULL, NULL}, {0}, false, GOES_ON, 2, 0},
        {{504, NULL, NULL}, {0}, false, GOES_ON, 2, 0},
        {{200, NULL, "[ x"}, {0}, false, IS_TOLD, 1, 0},
        {{0}, {200, NULL, "[]"}, true, BRINGS_NCCO, 0, 1},
        {{500, NULL, NULL}, {200, NULL, "[]"}, true, BRINGS_NCCO, 1, 1},
        {{503, NULL, NULL}, {201, NULL, "[]"}, true, BRINGS_NCCO, 2, 1},
        {{200, NULL, "[ x"}, {200, NULL, "[]"}, true, BRINGS_NCCO, 1, 1},
        {{500, NULL, NULL}, {204, NULL, NULL}, true, GOES_ON, 1, 1},
        {{500, NULL, NULL}, {200, "text/plain", "OK"}, true, GOES_ON, 1, 1},
        {{500, NULL, NULL}, {0}, true, GOES_ON, 1, 0},
        {{500, NULL, NULL}, {500, NULL, NULL}, true, IS_TOLD, 1, 1},
        {{500, NULL, NULL}, {503, NULL, NULL}, true, IS_TOLD, 1, 2},
        {{500, NULL, NULL}, {302, NULL, NULL}, true, IS_TOLD, 1, 1},
        {{500, NULL, NULL}, {200, NULL, "[ x"}, true, IS_TOLD, 1, 1},
        {{204, NULL, NULL}, {500, NULL, NULL}, true, GOES_ON, 1, 0},
    };
    struct kit *kit = *state;

    kit_start(kit);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server *server = server_start(&cases[i].first, 1),
                      *fallback = server_start(&cases[i].fallback, 1);
        char url[128], other[128];
        struct webhook_question question = kit_question(url, server);
        struct answer answer;

        write_url(other, fallback, "/fallback");
        question.type = "event";
        question.fallback_url = cases[i].has_fallback ? other : "";
        if (!cases[i].first.status)
            server_close(server);
        if (!cases[i].fallback.status)
            server_close(fallback);
        answer = kit_ask(kit, question);
        check_outcome(&answer, cases[i].outcome, i);
        assert_int_equal(server->count, cases[i].tries);
        assert_int_equal(fallback->count, cases[i].fallback_tries);
        server_free(server);
        server_free(fallback);
    }
}

static void an_answer_is_one_of_200_to_205(void **state)
{
    struct kit *kit = *state;

    kit_start(kit);
    for (int status = 200; status <= 206; status++) {
        struct canned reply = {status, "application/json",
                               status == 204 || status == 205 ? NULL : "[]"};
        struct server *server = server_start(&reply, 1);
        char url[128];
        struct answer answer = kit_ask(kit, kit_question(url, server));

        if (status <= 203)
            assert_true(json_is_array(answer.ncco));
        else if (status <= 205)
            assert_non_null(strstr(answer.reason, "the reply is empty"));
        else
            assert_non_null(strstr(answer.reason, "HTTP 206"));
        json_decref(answer.ncco);
        server_free(server);
    }
}

/* Asks with a nested field, as `input` does. */
static struct answer ask_dtmf(struct kit *kit, struct webhook_question question)
{
    struct answer answer = {0};

    question.type = "event";
    question.fields = json_pack("{s:{s:s}, s:s}", "dtmf", "digits", "1#", "uuid", "u");
    assert_int_equal(webhook_ask(kit->webhook, &question, kit_take, &answer), 0);
    json_decref(question.fields);
    KIT_UNTIL(kit, answer.came);
    return answer;
}

static void the_fallback_has_a_method_and_limits_of_its_own(void **state)
{
    static const struct canned no[] = {{500, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(no, 1), *fallback = server_start(kit_talk, 1);
    char url[128], other[128], text[512];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit_start(kit);
    write_url(other, fallback, "/fallback");
    question.fallback_url = other;
    question.fallback_method = "POST";
    answer = ask_dtmf(kit, question);
    assert_int_equal(json_array_size(answer.ncco), 1);
    json_decref(answer.ncco);
    assert_string_equal(server->asked[0].method, "GET");
    assert_string_equal(server->asked[0].query, "dtmf=%7B%22digits%22%3A%221%23%22%7D&uuid=u");
    assert_string_equal(fallback->asked[0].method, "POST");
    snprintf(text, sizeof text,
             "{\"reason\":\"HTTP 500\",\"original_request\":{\"url\":\"%s\",\"type\":\"event\"},"
             "\"dtmf\":{\"digits\":\"1#\"},\"uuid\":\"u\"}",
             url);
    assert_string_equal(fallback->asked[0].body, text);

    fallback->hold = true;
    question.fallback_timeout = 100;
    answer = ask_dtmf(kit, question); /* and not after the 20 s that the first URL may take */
    assert_null(answer.ncco);
    assert_false(answer.has_reason);
    assert_int_equal(server_count(fallback), 3);
    server_free(server);
    server_free(fallback);
}

static json_t *claims_of(const struct asked *asked, const char *secret)
{
    struct jwt_key *key;
    json_t *claims = NULL;

    assert_int_equal(strncmp(asked->authorization, "Bearer ", 7), 0);
    assert_int_equal(jwt_key_secret(&key, secret, strlen(secret)), 0);
    assert_int_equal(jwt_verify(key, asked->authorization + 7, clock_wall_ms() / 1000, &claims),
                     JWT_OK);
    mem_unref(key);
    return claims;
}

static const char *text_in(const json_t *claims, const char *name)
{
    return json_string_value(json_object_get(claims, name));
}

/* The hash of nothing is none: a GET has no body. */
static void questions_are_signed_as_events_are(void **state)
{
    static const struct canned no[] = {{500, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(no, 1), *fallback = server_start(kit_talk, 1);
    char url[128], other[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer = {0};
    json_t *claims;

    kit->conf.signature_secret = hush;
    kit->conf.api_key = "abcd1234";
    kit_start(kit);
    write_url(other, fallback, "/fallback");
    question.method = "POST";
    question.fallback_url = other;
    question.application = "app-1";
    question.is_signed = true;
    question.fields = json_object();
    assert_int_equal(webhook_ask(kit->webhook, &question, kit_take, &answer), 0);
    json_decref(question.fields);
    KIT_UNTIL(kit, answer.came);
    json_decref(answer.ncco);

    claims = claims_of(&server->asked[0], hush);
    assert_string_equal(text_in(claims, "payload_hash"),
                        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_string_equal(text_in(claims, "application_id"), "app-1");
    assert_string_equal(text_in(claims, "api_key"), "abcd1234");
    assert_string_equal(text_in(claims, "iss"), "Vonage");
    json_decref(claims);
    claims = claims_of(&fallback->asked[0], hush);
    assert_null(json_object_get(claims, "payload_hash"));
    assert_string_equal(text_in(claims, "application_id"), "app-1");
    json_decref(claims);

    question.is_signed = false;
    answer = kit_ask(kit, question);
    json_decref(answer.ncco);
    assert_string_equal(server->asked[1].authorization, "");
    assert_string_equal(fallback->asked[1].authorization, "");
    server_free(server);
    server_free(fallback);
}

static const char *secret_of(const char *application, void *arg)
{
    (void)arg;
    return strcmp(application, "app-1") == 0 ? own : "";
}

static void an_application_may_have_a_secret_of_its_own(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit->conf.signature_secret = hush;
    kit->conf.secret_of = secret_of;
    kit_start(kit);
    question.is_signed = true;
    for (int i = 0; i < 2; i++) {
        question.application = i == 0 ? "app-1" : "app-2";
        answer = kit_ask(kit, question);
        json_decref(answer.ncco);
        json_decref(claims_of(&server->asked[i], i == 0 ? own : hush));
    }
    server_free(server);
}

static void a_question_waits_for_its_lane(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    struct answer answer;

    kit_start(kit);
    question.lane = "a";
    answer = kit_ask(kit, question); /* an idle lane: at once */
    json_decref(answer.ncco);
    for (int n = 1; n <= 5; n++)
        assert_int_equal(kit_emit(kit, server, "/event", "a", n), 0);
    answer = kit_ask(kit, question);
    json_decref(answer.ncco);
    assert_int_equal(server->count, 7);
    for (int i = 1; i <= 5; i++)
        assert_string_equal(server->asked[i].path, "/event");
    assert_string_equal(server->asked[6].path, "/answer");
    server_free(server);
}

static void a_question_does_not_wait_for_ever(void **state)
{
    struct kit *kit = *state;
    struct server *slow = server_start(kit_fine, 1), *server = server_start(kit_talk, 1);
    char url[128];
    struct webhook_question question = kit_question(url, server);
    int64_t start = clock_mono_ms();
    struct answer answer;

    slow->hold = true;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, slow, "/event", "a", 1), 0);
    question.lane = "a";
    answer = kit_ask(kit, question);
    assert_int_equal(json_array_size(answer.ncco), 1);
    json_decref(answer.ncco);
    assert_true(clock_mono_ms() - start >= 249);
    assert_int_equal(kit_counts(kit).delivered, 0);
    server_release(slow);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    server_free(slow);
    server_free(server);
}

static void stopping_answers_who_waits_for_a_lane(void **state)
{
    struct kit *kit = *state;
    struct server *slow = server_start(kit_fine, 1);
    char url[128];
    struct webhook_question question = kit_question(url, slow);
    struct answer answer = {0};

    slow->hold = true;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, slow, "/event", "a", 1), 0);
    KIT_UNTIL(kit, server_count(slow) == 1);
    question.lane = "a";
    question.fields = json_object();
    assert_int_equal(webhook_ask(kit->webhook, &question, kit_take, &answer), 0);
    json_decref(question.fields);
    kit_stop(kit);
    assert_true(answer.came);
    assert_non_null(strstr(answer.reason, "offhook is stopping"));
    assert_int_equal(server_count(slow), 1);
    server_free(slow);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_goes_on_unless_its_fallback_is_wrong),
        TEST(an_answer_is_one_of_200_to_205),
        TEST(the_fallback_has_a_method_and_limits_of_its_own),
        TEST(questions_are_signed_as_events_are),
        TEST(an_application_may_have_a_secret_of_its_own),
        TEST(a_question_waits_for_its_lane),
        TEST(a_question_does_not_wait_for_ever),
        TEST(stopping_answers_who_waits_for_a_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
