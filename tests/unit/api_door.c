/* api_door.c: who is let in, in which order things are refused, and what is
 * kept ready. */
#include "api_rig.h"

#include <poll.h>

static void refuses_tokens(void **state)
{
    char *good = token_of(rig.key, APP, ""), *wrong = token_of(rig.other_key, APP, "");
    char *unknown = token_of(rig.key, "99999999-2222-4333-8444-555555555555", "");
    char *old = token_of(rig.key, APP, ",\"exp\":\"1709634019\"");
    char *none = mem_printf("Bearer %.*s", (int)strcspn(good, "."), good);
    const char *const bad[] = {NULL, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", none, good};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ask_as(bad[i], "GET", "/beta/conversations/x"), 401);
        assert_string_equal(text_at("code"), "system:error:invalid-token");
        assert_non_null(strstr(text_at("description"), "valid token"));
        assert_true(has_header(&rig.reply, "WWW-Authenticate: Bearer"));
        assert_int_equal(ask_as(bad[i], "GET", "/v1/calls"), 401);
        assert_string_equal(text_at("title"), "Unauthorized");
        assert_non_null(strstr(text_at("detail"), "valid token"));
    }
    for (int i = 0; i < 3; i++) {
        char *bearer = mem_printf("Bearer %s", i == 0 ? wrong : i == 1 ? unknown : old);

        assert_int_equal(ask_as(bearer, "GET", "/beta/conversations/x"), 401);
        assert_string_equal(text_at("code"),
                            i == 2 ? "system:error:expired-token" : "system:error:invalid-token");
        mem_unref(bearer);
    }
    mem_unref(good);
    mem_unref(wrong);
    mem_unref(unknown);
    mem_unref(old);
    mem_unref(none);
}

static void minds_acls(void **state)
{
    char *narrow = token_of(
        rig.key, APP,
        ",\"sub\":\"alice\",\"acl\":{\"paths\":{\"/*/calls/**\":{\"methods\":[\"GET\"]}}}");
    char *bearer = mem_printf("bearer %s", narrow);

    (void)state;
    assert_int_equal(ask_as(bearer, "GET", "/v1/calls"), 200);
    assert_int_equal(ask_as(bearer, "GET", "/v1/calls/x"), 404);
    assert_int_equal(ask_as(bearer, "PUT", "/v1/calls/x"), 403);
    assert_int_equal(ask_as(bearer, "GET", "/beta/conversations/x"), 403);
    assert_string_equal(text_at("code"), "system:error:permission");
    mem_unref(narrow);
    narrow = token_of(rig.key, APP, ",\"sub\":\"alice\"");
    mem_unref(bearer);
    bearer = mem_printf("Bearer %s", narrow);
    assert_int_equal(ask_as(bearer, "GET", "/v1/events"), 403); /* no user sees all of it */
    mem_unref(narrow);
    mem_unref(bearer);
}

/* Each request has everything wrong from some step on: the first step tells. */
static void checks_in_order(void **state)
{
    struct ask post = {"POST",     "/v1/nothing", "{",
                       "Bearer x", "text/plain",  "Idempotency-Key: \t\r\n"};
    static const struct {
        const char *path, *body, *type;
        bool token;
        int status;
    } steps[] = {
        {"/v1/nothing", "{", "text/plain", false, 404},
        {"/v1/calls/x", "{", "text/plain", false, 405},
        {"/v1/calls", "{", "text/plain", false, 401},
        {"/v1/calls", "{", "text/plain", true, 415},
        {"/v1/calls", "{", "application/jsonp", true, 415},
        {"/v1/calls", "{", "application/x-www-form-urlencoded", true, 415},
        {"/v1/calls", "{", "Application/JSON; charset=utf-8", true, 400},
        {"/v1/calls", "{}", NULL, true, 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        post.path = steps[i].path;
        post.body = steps[i].body;
        post.type = steps[i].type;
        post.token = steps[i].token ? rig.bearer : "Bearer x";
        send_ask(&rig.reply, &post);
        wait_reply(&rig.reply);
        assert_int_equal(rig.reply.status, steps[i].status);
    }
    assert_int_equal(ask("DELETE", "/v1/calls", NULL), 405);
    assert_true(has_header(&rig.reply, "Allow: POST, GET"));
    assert_int_equal(ask("OPTIONS", "/v1/calls", NULL), 405);
    assert_int_equal(ask("TRACE", "/v1/calls", NULL), 405);
    assert_int_equal(ask("HEAD", "/v1/calls", NULL), 405);
    assert_int_equal(ask_as(NULL, "HEAD", "/healthz"), 200);
    assert_int_equal(ask("GET", "/beta/%00", NULL), 400);
    assert_int_equal(ask("GET", "/v1/calls?a=%ff", NULL), 400);
    assert_int_equal(ask("GET", "/v1/calls?a=%zz", NULL), 400);
}

static void refuses_bad_calls(void **state)
{
    static const struct {
        const char *body, *name, *reason;
    } cases[] = {
        {"{" FROM "," NCCO "}", "to", "must not be empty"},
        {"{\"to\":[]," FROM "," NCCO "}", "to", "must not be empty"},
        {"{\"to\":{}," FROM "," NCCO "}", "to", "must be an array"},
        {"{\"to\":[1]," FROM "," NCCO "}", "to[0]", "must be an object"},
        {"{\"to\":[{},{}]," FROM "," NCCO "}", "to", "exactly one"},
        {"{\"to\":[{}]," FROM "," NCCO "}", "to.type", "is required"},
        {"{\"to\":[{\"type\":\"fax\"}]," FROM "," NCCO "}", "to[0].type", "must be one of"},
        {"{\"to\":[{\"type\":\"phone\"}]," FROM "," NCCO "}", "to.number", "is required"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":\"12x\"}]," FROM "," NCCO "}", "to.number",
         "digits"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":5}]," FROM "," NCCO "}", "to[0].number",
         "string"},
        {"{\"to\":[{\"type\":\"sip\"}]," FROM "," NCCO "}", "to.uri", "is required"},
        {"{\"to\":[{\"type\":\"sip\",\"uri\":\"http://x\"}]," FROM "," NCCO "}", "to.uri",
         "SIP URI"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":\"123456\"}]," FROM "," NCCO "}", "to.number",
         "7 to 15 digits"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":\"1234567890123456\"}]," FROM "," NCCO "}",
         "to.number", "7 to 15 digits"},
        {"{\"to\":[{\"type\":\"phone\",\"number\":\"15550100003\",\"dtmfAnswer\":\"1w\"}]," FROM
         "," NCCO "}",
         "to.dtmfAnswer", "0123456789*#p"},
        {"{\"to\":[{\"type\":\"app\"}]," FROM "," NCCO "}", "to.user", "is required"},
        {"{\"to\":[{\"type\":\"app\",\"user\":\"nobody\"}]," FROM "," NCCO "}", "to",
         "there is no user nobody"},
        {"{\"to\":[{\"type\":\"vbc\",\"extension\":\"4a\"}]," FROM "," NCCO "}", "to.extension",
         "0123456789"},
        {"{\"to\":[{\"type\":\"vbc\",\"extension\":\"44\"}]," FROM "," NCCO "}", "to",
         "no trunk takes extensions"},
        {"{\"to\":[{\"type\":\"sip\",\"domain\":\"x\"}]," FROM "," NCCO "}", "to",
         "no trunk has the name or the host x"},
        {"{\"to\":[{\"type\":\"websocket\",\"uri\":\"http://x\"}]," FROM "," NCCO "}", "to.uri",
         "ws: or wss:"},
        {"{\"to\":[{\"type\":\"websocket\",\"uri\":\"ws://x\"}]," FROM "," NCCO "}",
         "to.content-type", "is required"},
        {"{\"to\":[{\"type\":\"websocket\",\"uri\":\"ws://x\",\"contentType\":\"audio/ogg\"}]," FROM
         "," NCCO "}",
         "to.contentType", "must be one of"},
        {"{" TO "," NCCO "}", "from", "is required"},
        {"{" TO ",\"random_from_number\":false," NCCO "}", "from", "is required"},
        {"{" TO ",\"random_from_number\":1," NCCO "}", "random_from_number", "boolean"},
        {"{" TO "," FROM ",\"random_from_number\":true," NCCO "}", "from", "together"},
        {"{" TO ",\"from\":{\"type\":\"phone\"}," NCCO "}", "from.number", "is required"},
        {"{" TO ",\"from\":\"1555\"," NCCO "}", "from", "must be an object"},
        {"{" TO "," FROM "}", "ncco", "or answer_url is required"},
        {"{" TO "," FROM "," NCCO ",\"answer_url\":[\"http://x\"]}", "ncco", "together"},
        {"{" TO "," FROM ",\"ncco\":[]}", "ncco", "not empty"},
        {"{" TO "," FROM ",\"ncco\":{}}", "ncco", "must be an array"},
        {"{" TO "," FROM ",\"ncco\":[{}]}", "ncco", "action 1"},
        {"{" TO "," FROM ",\"answer_url\":[\"http://x\",\"http://y\"]}", "answer_url",
         "less than or equal to 1 items"},
        {"{" TO "," FROM ",\"answer_url\":7}", "answer_url", "must be a string"},
        {"{" TO "," FROM "," NCCO ",\"event_method\":\"PUT\"}", "event_method", "[GET, POST]"},
        {"{" TO "," FROM "," NCCO ",\"length_timer\":7201}", "length_timer", "equal to 7200"},
        {"{" TO "," FROM "," NCCO ",\"length_timer\":\"9\"}", "length_timer", "a number"},
        {"{" TO "," FROM "," NCCO ",\"ringing_timer\":0}", "ringing_timer", "equal to 1"},
        {"{" TO "," FROM "," NCCO ",\"machine_detection\":\"maybe\"}", "machine_detection",
         "[continue, hangup]"},
        {"{" TO "," FROM "," NCCO ",\"advanced_machine_detection\":{\"mode\":\"x\"}}",
         "advanced_machine_detection.mode", "[default, detect, detect_beep]"},
        {"{" TO "," FROM "," NCCO ",\"advanced_machine_detection\":{\"beep_timeout\":44}}",
         "advanced_machine_detection.beep_timeout", "45"},
        {"{" TO "," FROM "," NCCO ",\"advanced_machine_detection\":{\"beep_timeout\":121}}",
         "advanced_machine_detection.beep_timeout", "120"},
        {"{" TO "," FROM "," NCCO ",\"advanced_machine_detection\":true}",
         "advanced_machine_detection", "must be an object"},
        {"{", "body", "not valid JSON"},
        {"[]", "body", "must be an object"},
        {"<html>", "body", "not valid JSON"},
        {"{\"a\":1,\"a\":2}", "body", "not valid JSON"},
        {"{\"a\":\"\xff\"}", "body", "not valid JSON"},
        {"{\"length_timer\":99999999999999999999}", "body", "not valid JSON"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (ask("POST", "/v1/calls", cases[i].body) != 400)
            fail_msg("%s: %s", cases[i].body, rig.reply.text);
        assert_int_equal(json_integer_value(json_object_get(rig.reply.json, "type")), 400);
        assert_string_equal(text_at("title"), "Bad Request");
        assert_fault(cases[i].name, cases[i].reason);
    }
    assert_int_equal(paper.dialled_count, 0);
}

static void refuses_monstrous_bodies(void **state)
{
    size_t size = (1 << 20) + 1;
    char *body = mem_alloc(size + 1, NULL);

    (void)state;
    memset(body, ' ', size);
    assert_int_equal(ask("POST", "/v1/calls", body), 413);
    assert_string_equal(text_at("title"), "Content Too Large");
    memset(body, '[', 200000);
    body[200000] = '\0';
    assert_int_equal(ask("POST", "/v1/calls", body), 400);
    assert_fault("body", "nested deeper");
    mem_unref(body);
}

/* Replies that are kept ready. */

static struct conversation *make_conversation(struct house *house, const char *name)
{
    struct conversation_facts facts = {.name = json_string(name)};
    struct conversation *conversation;

    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    json_decref(facts.name);
    settle(house);
    return conversation;
}

/* Answered without control? */
static bool is_ready(const char *path)
{
    struct ask get = {"GET", path, NULL, rig.bearer, NULL, NULL};

    send_ask(&rig.reply, &get);
    wait_reply_alone(&rig.reply);
    return rig.reply.status == 200;
}

static json_int_t sequence(void)
{
    return json_integer_value(json_object_get(rig.reply.json, "sequence_number"));
}

static void a_conversation_is_kept_ready(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make_conversation(house, "meeting");
    char *path = mem_printf("/beta/conversations/%s", conversation_id(conversation));
    char *other = token_of(rig.other_key, OTHER, ""), *bearer = mem_printf("Bearer %s", other);
    json_int_t before;

    assert_int_equal(ask("GET", path, NULL), 200);
    before = sequence();
    assert_true(is_ready(path));
    assert_int_equal(sequence(), before);
    assert_int_equal(ask_as(bearer, "GET", path), 404); /* not to another application */
    assert_int_equal(ask_as("Bearer x", "GET", path), 401);
    assert_true(conversation_event(conversation, "custom:a", NULL, NULL, NULL, 1) > 0);
    assert_int_equal(ask("GET", path, NULL), 200);
    assert_int_equal(sequence(), before + 1);
    assert_true(is_ready(path));
    assert_int_equal(sequence(), before + 1);
    conversation_delete(conversation);
    assert_int_equal(ask("GET", path, NULL), 404);
    mem_unref(other);
    mem_unref(bearer);
    mem_unref(path);
}

/* Of the account's secret. */

/* A number that was linked over the API is as good as one of the file. */
static void calls_from_a_linked_number(void **state)
{
    static const char body[] = "{" TO "," NCCO ",\"random_from_number\":true}";
    struct house *house = *state;

    rig.applications[0].number_count = 0;
    assert_int_equal(ask("POST", "/v1/calls", body), 400);
    assert_int_equal(number_put(house->bridge, "15550107777", NULL, demo(house), NULL), 0);
    assert_int_equal(ask("POST", "/v1/calls", body), 201);
    over(house, paper.dialled[0], 486, true);
    assert_string_equal(json_string_value(json_object_get(told_status("outbound", "busy"), "from")),
                        "15550107777");
}

/* A leg that only knocks is not over. */
static void steers_nobody_who_knocks(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    char path[96];

    rig.applications[0].voice.answer_url = "";
    rig.applications[0].rtc.event_url = "http://r.example/";
    in = ring_in(house, NULL);
    snprintf(path, sizeof path, "/v1/legs/%s",
             json_string_value(json_object_get(told_status("inbound", "ringing"), "uuid")));
    assert_int_equal(ask("DELETE", path, NULL), 400);
    assert_string_equal(text_at("code"), "leg:error:not-answered");
    over(house, in, 487, true);
    assert_int_equal(ask("DELETE", path, NULL), 400);
    assert_string_equal(text_at("code"), "leg:error:complete");
    mem_unref(in);
}

static void needs_the_secret(void **state)
{
    struct house *house = *state;

    assert_int_equal(ask_as("Basic YTpi", "GET", "/v2/applications"), 401);
    assert_non_null(strstr(text_at("detail"), "http.api_key is not set"));
    rig.conf.http.api_key = "a";
    rig.conf.http.api_secret = "b";
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    assert_int_equal(api_configure(rig.api, &rig.conf), 0);
    assert_int_equal(ask_as("Basic YTpi", "GET", "/v2/applications"), 200);
    assert_int_equal(ask_as("Basic YTpj", "GET", "/v2/applications"), 401);
    assert_true(has_header(&rig.reply, "WWW-Authenticate: Basic realm=\"offhook\""));
    assert_string_equal(text_at("type"), "https://developer.nexmo.com/api-errors#unauthorized");
    assert_int_equal(ask("GET", "/v2/applications", NULL), 401); /* no token will do */
    assert_int_equal(ask_as(NULL, "GET", "/v2/applications?api_key=a&api_secret=b"), 200);
    assert_int_equal(ask_as(NULL, "GET", "/v2/applications?api_key=a&api_secret=c"), 401);
}

static void takes_a_new_configuration(void **state)
{
    struct house *house = *state;

    assert_int_equal(ask("GET", "/v1/calls", NULL), 200);
    rig.applications[0].public_key = rig.other_pem;
    rig.conf.http.public_url = "https://api.example.com/";
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    assert_int_equal(api_configure(rig.api, &rig.conf), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 401); /* verified before or not */
    rig.applications[0].public_key = rig.pem;
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    assert_int_equal(api_configure(rig.api, &rig.conf), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 200);
    assert_non_null(strstr(rig.reply.text, "\"https://api.example.com/v1/calls?page_size=10&"));
    rig.applications[0].public_key = "no key";
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    assert_int_equal(api_configure(rig.api, &rig.conf), 0);
    assert_int_equal(ask("GET", "/v1/calls", NULL), 401);
}

static void tells_of_itself(void **state)
{
    (void)state;
    assert_int_equal(ask_as(NULL, "GET", "/healthz"), 200);
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 200);
    api_drain(rig.api, true);
    assert_int_equal(ask_as(NULL, "GET", "/readyz"), 503);
    assert_int_equal(ask("POST", "/v1/calls", CALL), 503);
    api_drain(rig.api, false);
    assert_int_equal(ask_as(NULL, "GET", "/metrics"), 200);
    assert_non_null(strstr(rig.reply.body, "\noffhook_http_streams 0\n"));
    assert_non_null(strstr(rig.reply.body, "\noffhook_http_cached_tokens 1\n"));
    assert_non_null(strstr(rig.reply.body, "\noffhook_media_fill_ratio 0.25\n"));
    assert_non_null(
        strstr(rig.reply.body, "\noffhook_media_worker_fill_ratio{worker=\"1\"} 0.25\n"));
    assert_non_null(strstr(rig.reply.body, "\noffhook_media_packets_lost_total 17\n"));
    assert_non_null(
        strstr(rig.reply.body, "\noffhook_media_frames_total{kind=\"concealed\"} 23\n"));
    /* classes add up: 5 up to 10 ms, 2 that took longer than all bounds */
    assert_non_null(
        strstr(rig.reply.body, "offhook_bridge_delay_seconds_bucket{le=\"0.005\"} 0\n"));
    assert_non_null(strstr(rig.reply.body, "offhook_bridge_delay_seconds_bucket{le=\"0.01\"} 5\n"));
    assert_non_null(strstr(rig.reply.body, "offhook_bridge_delay_seconds_bucket{le=\"0.1\"} 5\n"));
    assert_non_null(strstr(rig.reply.body, "offhook_bridge_delay_seconds_bucket{le=\"+Inf\"} 7\n"
                                           "offhook_bridge_delay_seconds_sum 0.5\n"
                                           "offhook_bridge_delay_seconds_count 7\n"));
    assert_non_null(
        strstr(rig.reply.body, "\noffhook_media_problems_total{problem=\"silence\"} 0\n"));
    assert_int_equal(ask_as(NULL, "GET", "/openapi.json"), 200);
    assert_string_equal(text_at("openapi"), "3.1.0");
}

static void stops_with_a_request_open(void **state)
{
    static struct asking asking;
    struct ask get = {"GET", "/v1/calls", NULL, rig.bearer, NULL, NULL};

    (void)state;
    send_ask(&asking, &get);
    while (poll(&(struct pollfd){loop_fd(paper.loop), POLLIN, 0}, 1, 30000) == 0)
        fail_msg("nothing reaches control");
    api_stop(rig.api); /* control has not looked yet */
    rig.api = NULL;
    wait_reply(&asking);
    assert_int_equal(asking.status, 503);
    clear(&asking);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        WITH_DOOR(refuses_tokens),
        WITH_DOOR(minds_acls),
        WITH_DOOR(checks_in_order),
        WITH_DOOR(refuses_bad_calls),
        WITH_DOOR(refuses_monstrous_bodies),
        WITH_DOOR(a_conversation_is_kept_ready),
        WITH_DOOR(calls_from_a_linked_number),
        WITH_DOOR(steers_nobody_who_knocks),
        WITH_DOOR(needs_the_secret),
        WITH_DOOR(takes_a_new_configuration),
        WITH_DOOR(tells_of_itself),
        WITH_DOOR(stops_with_a_request_open),
    };

    return cmocka_run_group_tests(tests, rig_keys, rig_no_keys);
}
