/* call_steps.c: wait, notify, transfer; and the rules by which a flow goes from one action to
 * the next, and ends. */
#include "call_script.h"

#define FOR(seconds) "{\"action\":\"wait\",\"timeout\":" seconds "}"
#define GO(id, more) "{\"action\":\"transfer\",\"conversationId\":\"" id "\"" more "}"

static void leave(struct house *house, struct dialog *in)
{
    over(house, in, 200, true);
    mem_unref(in);
}

/* The last webhook's value, or "". */
static const char *told_last(const char *name)
{
    const json_t *last = json_array_get(paper.told, json_array_size(paper.told) - 1);
    const char *text = json_string_value(json_object_get(last, name));

    return text ? text : "";
}

static void waits(struct house *house, const char *action, int64_t ms)
{
    char ncco[200];
    struct dialog *in;
    unsigned before = script.texts;

    snprintf(ncco, sizeof ncco, "[%s," TALK("after") "]", action);
    in = ring_in(house, ncco);
    if (ms > 200) {
        pass(house, ms - 90);
        assert_int_equal(script.texts, before);
        assert_int_equal(in->answered, 0); /* it answers nobody */
    }
    pass(house, 100);
    assert_int_equal(script.texts, before + 1);
    assert_int_equal(in->answered, 1);
    leave(house, in);
}

static void test_how_long_it_waits(void **state)
{
    struct house *house = *state;

    waits(house, "{\"action\":\"wait\"}", 10000);
    waits(house, FOR("0.1"), 100);
    waits(house, FOR("0.5"), 500);
    waits(house, FOR("\"2.5\""), 2500);
    waits(house, FOR("7200"), 7200000);
    waits(house, FOR("-1"), 100);
    waits(house, FOR("0"), 100);
    waits(house, FOR("99999"), 7200000);
}

static void test_a_wait_is_stopped(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" TALK("new") "," FOR("5") "]", 0, NULL);
    struct dialog *in = ring_in(house, "[" TALK("one") "," FOR("10") "," TALK("old") "]");

    spoken(house, true);
    played(house, paper.port);
    assert_int_equal(call_transfer(first_call(house), ncco), 0);
    settle(house);
    pass(house, 20000);
    assert_string_equal(script.text, "new");
    leave(house, in);
    pass(house, 20000);
    json_decref(ncco);
}

static void test_a_notification(void **state)
{
    static const char *const names[] = {"payload", "conversation_uuid", "timestamp"};
    struct house *house = *state;
    struct dialog *in;
    json_t *fields, *value;
    const char *name;
    int i = 0;

    paper.hold_answers = false;
    in = ring_in(house, "[" NOTIFY "," TALK("after") "]");
    assert_string_equal(asked_url(0), "POST http://x.example/n");
    fields = json_object_get(json_array_get(paper.asked, 0), "fields");
    json_object_foreach (fields, name, value)
        assert_string_equal(name, names[i++]);
    assert_int_equal(i, 3);
    assert_string_equal(asked_text(0), "{\"payload\":{\"k\":\"v\"}}");
    assert_string_equal(script.text, "after");
    leave(house, in);
}

static void test_it_waits_for_the_reply(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" FOR("1") "," NOTIFY "," TALK("after") "]");

    paper.hold_answers = true;
    paper.reply = "[" TALK("other") "]";
    pass(house, 1001);
    pass(house, 60000);
    assert_int_equal(asked_count(), 1);
    assert_int_equal(in->answered, 0); /* it answers nobody */
    assert_int_equal(script.texts, 0);
    paper.hold_answers = false;
    paper_answer();
    settle(house);
    assert_string_equal(script.text, "other");
    leave(house, in);
}

static void test_a_reply_that_comes_too_late(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" TALK("new") "]", 0, NULL);
    struct dialog *in;

    in = ring_in(house, "[" TALK("one") "," NOTIFY "," TALK("old") "]");
    spoken(house, true);
    paper.hold_answers = true;
    paper.reply = "[" TALK("late") "]";
    played(house, paper.port);
    assert_int_equal(call_transfer(first_call(house), ncco), 0);
    settle(house);
    paper.hold_answers = false;
    paper_answer();
    settle(house);
    assert_string_equal(script.text, "new");
    leave(house, in);
    paper.hold_answers = false;
    in = ring_in(house, "[" TALK("one") "," NOTIFY "," TALK("old") "]");
    spoken(house, true);
    spoken(house, true);
    paper.hold_answers = true;
    played(house, paper.port);
    leave(house, in);
    paper.hold_answers = false;
    paper_answer(); /* nobody is there */
    settle(house);
    assert_string_equal(script.text, "one");
    json_decref(ncco);
}

static void test_a_notification_by_get(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"notify\",\"payload\":{\"a\":[1]},"
                                       "\"eventUrl\":\"http://x.example/g\","
                                       "\"eventMethod\":\"GET\"}," FOR("9") "]");

    assert_string_equal(asked_url(0), "GET http://x.example/g");
    leave(house, in);
}

/* The room that is transferred to, with somebody in it. */
static struct conversation *make_room(struct house *house, struct dialog **first, char id[60])
{
    struct conversation *room;

    *first = ring_in(house, "[" JOIN("room") "]");
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    snprintf(id, 60, "%s", conversation_id(room));
    return room;
}

static struct dialog *transferred(struct house *house, const char *id, const char *more)
{
    char ncco[400];

    snprintf(ncco, sizeof ncco, "[" GO("%s", "%s") "," TALK("never") "]", id, more);
    return ring_in(house, ncco);
}

static void test_a_transfer(void **state)
{
    struct house *house = *state;
    struct dialog *first, *in;
    char id[60];
    struct conversation *room = make_room(house, &first, id);
    struct media_port *port;

    in = transferred(house, id, "");
    port = paper.port;
    assert_int_equal(in->answered, 1);
    assert_string_equal(told_last("type"), "transfer");
    assert_string_equal(told_last("conversation_uuid_to"), id);
    assert_int_equal(conversation_members(room), 2);
    assert_false(member_muted(member_at(room, 1)));
    assert_false(port->muted);
    pass(house, 60000);
    assert_int_equal(in->hung_up, 0); /* it stays */
    assert_int_equal(script.texts, 0);
    leave(house, first);
    assert_int_equal(in->hung_up, 0); /* as in `conversation` */
    leave(house, in);
}

static void test_its_options(void **state)
{
    struct house *house = *state;
    struct dialog *first, *in;
    char id[60];
    struct conversation *room = make_room(house, &first, id);

    in = transferred(house, id, ",\"mute\":true");
    assert_true(paper.port->muted);
    assert_true(member_muted(member_at(room, 1)));
    leave(house, in);
    paper.audible_count = 0;
    in = transferred(house, id, ",\"canHear\":[]");
    assert_int_equal(paper.audible_count, 2);
    assert_ptr_equal(paper.audible[0].listener, paper.port);
    assert_false(paper.audible[0].on);
    leave(house, in);
    paper.audible_count = 0;
    in = transferred(house, id, ",\"canSpeak\":[]");
    assert_int_equal(paper.audible_count, 2);
    assert_true((paper.audible[0].speaker == paper.port && !paper.audible[0].on) ||
                (paper.audible[1].speaker == paper.port && !paper.audible[1].on));
    leave(house, in);
    leave(house, first);
}

static void test_a_transfer_to_nowhere(void **state)
{
    struct house *house = *state;
    struct dialog *in = transferred(house, "CON-nowhere", "");

    assert_int_equal(told_errors("transfer: the conversation CON-nowhere does not exist"), 1);
    assert_int_not_equal(in->hung_up, 0);
    assert_int_equal(script.texts, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_a_transfer_into_a_call(void **state)
{
    struct house *house = *state;
    struct dialog *first = ring_in(house, "[" TALK("one") "," WAIT "]"), *in;
    char id[60];

    snprintf(id, sizeof id, "%s", first_conversation());
    in = transferred(house, id, "");
    assert_int_equal(conversation_members(conversation_of_first(house)), 2);
    leave(house, first);
    assert_int_not_equal(in->hung_up, 0); /* one alone is no call */
    over(house, in, 200, false);
    mem_unref(in);
}

/* Rules. */

static void test_who_is_answered(void **state)
{
    static const struct {
        const char *action;
        int answered;
    } rows[] = {
        {TALK("a"), 1},
        {STREAM, 1},
        {INPUT, 1},
        {"{\"action\":\"input\",\"mode\":\"asynchronous\"}", 1},
        {JOIN("a"), 1},
        {WAIT, 0},
        {CONNECT("15550100003"), 0},
    };
    struct house *house = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char ncco[300];
        struct dialog *in;

        snprintf(ncco, sizeof ncco, "[%s," WAIT "]", rows[i].action);
        in = ring_in(house, ncco);
        assert_int_equal(in->answered, rows[i].answered);
        if (strcmp(rows[i].action, STREAM) == 0)
            paper_load(false);
        leave(house, in);
        if (paper.dialled_count)
            over(house, paper.dialled[0], 487, false);
    }
}

static void test_in_order_to_the_end(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[" TALK("one") "," FOR("1") "," INPUT "," NOTIFY "," STREAM "]");

    assert_int_equal(asked_count(), 0);
    spoken(house, true);
    pass(house, 5000);
    assert_int_equal(asked_count(), 0); /* it is not over */
    played(house, paper.port);
    pass(house, 900);
    assert_int_equal(asked_count(), 0);
    pass(house, 200);
    press(house, paper.port, "1234");
    assert_int_equal(asked_count(), 2); /* the input, and the notification behind it */
    paper_load(true);
    assert_int_equal(in->hung_up, 0);
    played(house, paper.port);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_nothing_to_do(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[]");

    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound completed");
    mem_unref(in);
}

static void test_a_flow_of_a_thousand(void **state)
{
    struct house *house = *state;
    json_t *flow = json_array();
    struct dialog *in;
    char *text;

    for (int i = 0; i < 1000; i++)
        json_array_append_new(
            flow, json_loads("{\"action\":\"input\",\"mode\":\"asynchronous\"}", 0, NULL));
    text = json_dumps(flow, JSON_COMPACT);
    in = ring_in(house, text);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
    json_decref(flow);
    free(text);
}

/* An application that answers each notification with the next one is asked so often and no more. */
static void test_replies_without_end(void **state)
{
    struct house *house = *state;
    json_t *flow = json_loads("[" WAIT "]", 0, NULL);
    struct dialog *in;

    paper.reply = "[" NOTIFY "]";
    paper.hold_answers = true;
    in = ring_in(house, "[" NOTIFY "]");
    paper_answer(); /* who calls gets the first flow */
    settle(house);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(asked_count(), i + 1);
        paper_answer();
        settle(house);
    }
    assert_int_equal(asked_count(), 21);
    paper_answer();
    settle(house);
    assert_int_equal(asked_count(), 21);
    assert_int_equal(in->hung_up, 0);
    pass(house, 1000);
    assert_int_equal(asked_count(), 22);
    for (int i = 0; i < 20; i++) {
        paper_answer();
        settle(house);
    }
    assert_int_equal(asked_count(), 41);
    assert_int_equal(call_transfer(first_call(house), flow), 0); /* what waits comes too late */
    pass(house, 2000);
    assert_int_equal(asked_count(), 41);
    json_decref(flow);
    leave(house, in);
}

/* More than so many legs a second are not dialled, whoever asks. */
static void test_how_many_are_dialled(void **state)
{
    static const char three[] =
        "[" CONNECT("15550100003") "," CONNECT("15550100004") "," CONNECT("15550100005") "]";
    struct house *house = *state;
    json_t *endpoint = json_loads("{\"type\":\"phone\",\"number\":\"15550100003\"}", 0, NULL);
    struct call_request request = {.application = demo(house), .endpoint = endpoint};
    const char *reason = NULL;
    struct call *call;
    struct dialog *in;

    house->conf.limits.outgoing_per_second = 2;
    paper.refuse_dials = false;
    in = ring_in(house, three);
    over(house, paper.dialled[0], 486, true);
    over(house, paper.dialled[1], 486, true);
    assert_int_equal(paper.dialled_count, 2);
    assert_int_equal(told_errors("connect: more than 2 legs a second"), 1);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 486, false);
    mem_unref(in);
    assert_int_equal(call_create(house->calls, &request, &call, &reason), EDQUOT);
    assert_non_null(strstr(reason, "limits.outgoing_per_second"));
    pass(house, 1000);
    in = ring_in(house, three);
    assert_int_equal(paper.dialled_count, 3);
    house->conf.limits.outgoing_per_second = 0; /* read anew */
    over(house, paper.dialled[2], 486, true);
    over(house, paper.dialled[3], 486, true);
    assert_int_equal(paper.dialled_count, 5);
    over(house, paper.dialled[4], 486, true);
    over(house, in, 486, false);
    mem_unref(in);
    json_decref(endpoint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_how_long_it_waits),
        SCRIPT(test_a_wait_is_stopped),
        SCRIPT(test_a_notification),
        SCRIPT(test_it_waits_for_the_reply),
        SCRIPT(test_a_reply_that_comes_too_late),
        SCRIPT(test_a_notification_by_get),
        SCRIPT(test_a_transfer),
        SCRIPT(test_its_options),
        SCRIPT(test_a_transfer_to_nowhere),
        SCRIPT(test_a_transfer_into_a_call),
        SCRIPT(test_who_is_answered),
        SCRIPT(test_in_order_to_the_end),
        SCRIPT(test_nothing_to_do),
        SCRIPT(test_a_flow_of_a_thousand),
        SCRIPT(test_replies_without_end),
        SCRIPT(test_how_many_are_dialled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
