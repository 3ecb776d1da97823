/* api_log.c: the log of an application, page by page and as a live stream. */
#include "api_rig.h"

#include <time.h>

static struct conversation *make_conversation(struct house *house, const char *name)
{
    struct conversation_facts facts = {.name = json_string(name)};
    struct conversation *conversation;

    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    json_decref(facts.name);
    return conversation;
}

static void add_events(struct house *house, struct conversation *conversation, int from, int count)
{
    char type[32];

    for (int i = from; i < from + count; i++) {
        snprintf(type, sizeof type, "custom:%d", i);
        assert_true(conversation_event(conversation, type, NULL, NULL, NULL, 1709634378999) > 0);
    }
    settle(house);
}

/* Types of the custom events of the page, in order: "1 2 3". */
static const char *types(void)
{
    static char out[4096];
    json_t *row;
    size_t i, n = 0;

    out[0] = '\0';
    json_array_foreach (json_object_get(rig.reply.json, "_embedded"), i, row) {
        const char *type = json_string_value(json_object_get(row, "type"));

        if (!strncmp(type, "custom:", 7))
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? " " : "", type + 7);
    }
    return out;
}

static const char *cursor(void)
{
    static char out[128];

    snprintf(out, sizeof out, "%s", text_at("cursor"));
    return out;
}

static int ask_log(const char *format, const char *value)
{
    char path[256];

    snprintf(path, sizeof path, format, value);
    return ask("GET", path, NULL);
}

static void pages_lead_through_all(void **state)
{
    struct house *house = *state;
    struct conversation *a = make_conversation(house, "a"), *b = make_conversation(house, "b");
    char seen[64] = "", now[128];
    json_t *links, *first;

    assert_int_equal(ask("GET", "/v1/events?after=now", NULL), 200);
    snprintf(now, sizeof now, "%s", cursor());
    add_events(house, a, 1, 2);
    add_events(house, b, 3, 2);
    add_events(house, a, 5, 1);
    assert_int_equal(ask_log("/v1/events?page_size=2&after=%s", now), 200);
    for (int page = 0;; page++) {
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s/", types());
        links = json_object_get(rig.reply.json, "_links");
        assert_non_null(json_object_get(links, "self"));
        if (!json_object_get(links, "next"))
            break;
        assert_int_equal(ask_log("%s", strstr(json_string_value(json_object_get(
                                                  json_object_get(links, "next"), "href")),
                                              "/v1/events")),
                         200);
        assert_true(page < 5);
    }
    assert_string_equal(seen, "1 2/3 4/5/");
    first = json_array_get(json_object_get(rig.reply.json, "_embedded"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "conversation_id")),
                        conversation_id(a));
    assert_non_null(json_object_get(first, "cursor"));
    /* behind the last one there is nothing, and the place stays */
    assert_int_equal(ask_log("/v1/events?after=%s", cursor()), 200);
    assert_string_equal(types(), "");
    add_events(house, a, 6, 1);
    assert_int_equal(ask_log("/v1/events?after=%s", cursor()), 200);
    assert_string_equal(types(), "6");
    assert_int_equal(ask("GET", "/v1/events", NULL), 200); /* all that is kept */
    assert_string_equal(types(), "1 2 3 4 5 6");
}

static void another_application_sees_nothing(void **state)
{
    struct house *house = *state;
    char *token = token_of(rig.other_key, OTHER, ""), *bearer = mem_printf("Bearer %s", token);

    add_events(house, make_conversation(house, "a"), 1, 3);
    assert_int_equal(ask_as(bearer, "GET", "/v1/events"), 200);
    assert_int_equal(json_array_size(json_object_get(rig.reply.json, "_embedded")), 0);
    mem_unref(token);
    mem_unref(bearer);
}

static void refuses_what_is_no_place(void **state)
{
    static const char *const bad[] = {
        "/v1/events?after=x",        "/v1/events?after=",        "/v1/events?page_size=0",
        "/v1/events?page_size=1001", "/v1/events?page_size=1.5", "/v1/events?after=AAAAAAAA"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ask("GET", bad[i], NULL) != 400)
            fail_msg("%s: %s", bad[i], rig.reply.text);
    assert_string_equal(text_at("code"), "http:error:validation-fail");
    assert_int_equal(
        ask_with("GET", "/v1/events", NULL, "Accept: text/event-stream\r\nLast-Event-ID: x\r\n"),
        400);
}

/* Streams. */

static struct asking stream;

static void open_stream(const char *path, const char *token, const char *headers)
{
    struct ask get = {"GET", path, NULL, token, NULL, headers};

    send_ask(&stream, &get);
    wait_text(&stream, "retry: ");
}

static unsigned streams(void)
{
    unsigned count = 99;
    const char *line;

    assert_int_equal(ask_as(NULL, "GET", "/metrics"), 200);
    line = strstr(rig.reply.body, "\noffhook_http_streams ");
    assert_non_null(line);
    sscanf(line, "\noffhook_http_streams %u", &count);
    return count;
}

#define EVENTS "Accept: text/event-stream\r\n"

static void a_stream_tells_what_was_and_what_comes(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make_conversation(house, "a");
    const char *id, *end;
    char headers[256];

    add_events(house, conversation, 1, 2);
    open_stream("/v1/events", rig.bearer, EVENTS);
    assert_non_null(strcasestr(stream.text, "Content-Type: text/event-stream"));
    wait_text(&stream, "event: custom:2\n");
    assert_int_equal(streams(), 1);
    add_events(house, conversation, 3, 1);
    wait_text(&stream, "event: custom:3\n");
    wait_text(&stream, "\"type\":\"custom:3\"");
    assert_non_null(strstr(stream.text, conversation_id(conversation)));
    /* who comes back tells what it saw last, and gets the next one first */
    id = strstr(stream.text, "event: custom:2\n");
    while (strncmp(id, "id: ", 4) != 0)
        id--;
    end = strchr(id, '\n');
    snprintf(headers, sizeof headers, EVENTS "Last-Event-ID: %.*s\r\n", (int)(end - id - 4),
             id + 4);
    clear(&stream);
    while (streams())
        settle(house);
    open_stream("/v1/events?after=now", rig.bearer, headers);
    wait_text(&stream, "event: custom:3\n");
    assert_null(strstr(stream.text, "event: custom:2\n"));
    clear(&stream);
}

static void a_stream_from_now_has_a_place_at_once(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make_conversation(house, "a");

    add_events(house, conversation, 1, 1);
    open_stream("/v1/events?after=now", rig.bearer, EVENTS);
    wait_text(&stream, "\nid: ");
    add_events(house, conversation, 2, 1);
    wait_text(&stream, "event: custom:2\n");
    assert_null(strstr(stream.text, "custom:1"));
    clear(&stream);
}

/* More than a page, to a reader that is slow to take it. */
static void a_long_log_comes_whole_and_in_order(void **state)
{
    enum { COUNT = 2500, SIZE = 1000 };
    struct house *house = *state;
    struct conversation *conversation = make_conversation(house, "a");
    char type[40], padding[SIZE + 1];
    const char *at;

    memset(padding, 'x', SIZE);
    padding[SIZE] = '\0';
    open_stream("/v1/events", rig.bearer, EVENTS);
    for (int i = 0; i < COUNT; i++) {
        snprintf(type, sizeof type, "custom:%d", i);
        assert_true(conversation_event(conversation, type, NULL, NULL,
                                       json_pack("{s:s}", "text", padding), 1709634378999) > 0);
        if (i % 100 == 0)
            settle(house);
    }
    snprintf(type, sizeof type, "event: custom:%d\n", COUNT - 1);
    wait_text(&stream, type);
    at = stream.text;
    for (int i = 0; i < COUNT; i++) {
        snprintf(type, sizeof type, "event: custom:%d\n", i);
        at = strstr(at, type);
        if (!at)
            fail_msg("%s is not there, or not in order", type);
        at += strlen(type);
    }
    assert_null(strstr(at, "event: "));
    clear(&stream);
}

static void streams_end_with_their_right(void **state)
{
    struct house *house = *state;
    char *more = mem_printf(",\"exp\":%lld", (long long)time(NULL) + 31);
    char *token = token_of(rig.key, APP, more), *bearer = mem_printf("Bearer %s", token);

    open_stream("/v1/events", bearer, EVENTS);
    assert_int_equal(streams(), 1);
    rig.applications[0].public_key = rig.other_pem; /* the application is another now */
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    wait_reply(&stream); /* until its end */
    assert_int_equal(streams(), 0);
    clear(&stream);
    mem_unref(more);
    mem_unref(token);
    mem_unref(bearer);
}

static void the_door_closes_on_streams(void **state)
{
    struct house *house = *state;

    open_stream("/v1/events", rig.bearer, EVENTS);
    add_events(house, make_conversation(house, "a"), 1, 1);
    api_stop(rig.api);
    rig.api = NULL;
    wait_reply(&stream); /* until its end */
    clear(&stream);
}

int main(void)
{
#define LOGGED(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        LOGGED(pages_lead_through_all),
        LOGGED(another_application_sees_nothing),
        LOGGED(refuses_what_is_no_place),
        LOGGED(a_stream_tells_what_was_and_what_comes),
        LOGGED(a_stream_from_now_has_a_place_at_once),
        LOGGED(a_long_log_comes_whole_and_in_order),
        LOGGED(streams_end_with_their_right),
        LOGGED(the_door_closes_on_streams),
    };

    return cmocka_run_group_tests(tests, rig_keys, rig_no_keys);
}
