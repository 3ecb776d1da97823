/* call_connect.c: what a connect may be told: tones, keys, and a flow of the callee's own. */
#include "call_dial.h"

#define TONE "http://x.example/ring.mp3"
#define OTHER_TONE "http://x.example/music.mp3"
#define GREET "http://x.example/greet"
#define GREETS(more)                                                                          \
    "{\"action\":\"connect\",\"endpoint\":" PHONE(",\"onAnswer\":{\"url\":\"" GREET "\"" more \
                                                  "}") "}"
#define RINGS DIAL(",\"ringbackTone\":\"" TONE "\"")

/* ringbackTone */

static void test_the_caller_hears_the_tone_while_it_rings(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "]");
    assert_int_equal(scene.in->rung, 180);
    progress(house, 180, NULL);
    assert_int_equal(scene.in->rung, 183);
    assert_int_equal(scene.in->answered, 0);
    assert_string_equal(paper.sound, TONE);
    paper_load(true);
    assert_int_equal(scene.caller->plays, 1);
    assert_int_equal(scene.caller->loops, 0);
    progress(house, 180, NULL); /* again: nothing new */
    assert_int_equal(scene.caller->plays, 1);
    callee_answers(house, 0);
    assert_int_equal(scene.in->answered, 1);
    assert_int_equal(scene.caller->play, 0);
    assert_ptr_equal(scene.caller->room, scene.callee->room);
    end(house);
}

static void test_without_a_tone_there_is_none(void **state)
{
    struct house *house = *state;

    begin(house, "[" DIAL("") "]");
    progress(house, 180, NULL);
    assert_int_equal(scene.in->rung, 180);
    assert_string_equal(paper.sound, "");
    end(house);
}

static void test_early_media_goes_before_the_tone(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "]");
    progress(house, 180, NULL);
    paper_load(true);
    progress(house, 183, SDP);
    assert_int_equal(scene.caller->play, 0);
    assert_non_null(scene.caller->room);
    end(house);
}

static void test_early_media_that_comes_first_leaves_no_room_for_a_tone(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "]");
    progress(house, 183, SDP);
    assert_string_equal(paper.sound, "");
    assert_int_equal(scene.in->rung, 183);
    end(house);
}

static void test_a_tone_ends_with_the_attempt(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "," TAIL "]");
    progress(house, 180, NULL);
    paper_load(true);
    assert_int_equal(scene.caller->plays, 1);
    over(house, scene.out, 486, true);
    assert_int_equal(scene.caller->play, 0);
    assert_string_equal(paper.sound, "http://x.example/tail.wav");
    paper_load(true);
    settle(house);
    assert_int_equal(scene.caller->plays, 2);
    assert_int_equal(scene.caller->loops, 1);
    end(house);
}

static void test_a_tone_that_comes_too_late_is_not_heard(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "]");
    progress(house, 180, NULL);
    callee_answers(house, 0);
    paper_load(true);
    assert_int_equal(scene.caller->plays, 0);
    end(house);
}

static void test_a_tone_that_cannot_be_had_is_told_and_it_is_dialled(void **state)
{
    struct house *house = *state;

    begin(house, "[" RINGS "]");
    progress(house, 180, NULL);
    paper_load(false);
    settle(house);
    assert_error(0, "connect: ringbackTone: http");
    callee_answers(house, 0);
    assert_int_equal(scene.in->answered, 1);
    end(house);
}

/* dtmfAnswer */

static void test_keys_are_sent_once_it_has_answered(void **state)
{
    struct house *house = *state;

    begin(house, "[{\"action\":\"connect\",\"endpoint\":" PHONE(",\"dtmfAnswer\":\"1p2#\"") "}]");
    progress(house, 183, SDP);
    assert_string_equal(scene.callee->keys, "");
    scene.out->handlers->answered(SDP, scene.out->arg);
    assert_string_equal(scene.callee->keys, ""); /* the ACK comes first */
    settle(house);
    assert_int_equal(scene.out->acked, 1);
    assert_string_equal(scene.callee->keys, "1p2#");
    assert_string_equal(scene.caller->keys, "");
    end(house);
}

/* onAnswer */

static void test_the_callee_has_its_own_flow_first(void **state)
{
    struct house *house = *state;

    begin(house, "[" GREETS("") "]");
    paper.answers = "[" STREAM "]";
    callee_answers(house, 0);
    assert_int_equal(scene.in->answered, 0);
    assert_null(scene.callee->room);
    assert_string_equal(paper.asked_url, "GET " GREET);
    paper_load(true);
    settle(house);
    assert_int_equal(scene.callee->plays, 1);
    assert_int_equal(scene.callee->loops, 1);
    scene.callee->events->played(1, true, scene.callee->arg);
    settle(house);
    assert_int_equal(scene.in->answered, 1);
    assert_non_null(scene.callee->room);
    assert_ptr_equal(scene.caller->room, scene.callee->room);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound answered, "
                        "inbound answered");
    hang_up(house, scene.in);
    assert_int_not_equal(scene.out->hung_up, 0);
    end(house);
}

static void test_an_empty_flow_connects_at_once(void **state)
{
    struct house *house = *state;

    begin(house, "[" GREETS("") "]");
    paper.answers = "[]";
    callee_answers(house, 0);
    assert_int_equal(scene.in->answered, 1);
    assert_ptr_equal(scene.caller->room, scene.callee->room);
    assert_int_equal(scene.out->hung_up, 0);
    end(house);
}

static void test_its_own_tone_is_heard_meanwhile(void **state)
{
    struct house *house = *state;

    begin(house, "[{\"action\":\"connect\",\"ringbackTone\":\"" TONE "\",\"endpoint\":" PHONE(
                     ",\"onAnswer\":{\"url\":\"" GREET "\",\"ringback\":\"" OTHER_TONE "\"}") "}]");
    progress(house, 180, NULL);
    paper_load(true);
    paper.answers = "[" STREAM "]";
    scene.out->handlers->answered(SDP, scene.out->arg);
    assert_string_equal(paper.sound, OTHER_TONE);
    paper_load(true);
    assert_int_equal(scene.caller->plays, 2);
    assert_int_equal(scene.caller->loops, 0);
    settle(house);
    paper_load(true);
    settle(house);
    scene.callee->events->played(1, true, scene.callee->arg);
    settle(house);
    assert_int_equal(scene.caller->play, 0);
    assert_int_equal(scene.in->answered, 1);
    end(house);
}

static void test_the_tone_of_the_connect_goes_on_without_one(void **state)
{
    struct house *house = *state;

    begin(house, "[{\"action\":\"connect\",\"ringbackTone\":\"" TONE
                 "\",\"endpoint\":" PHONE(",\"onAnswer\":{\"url\":\"" GREET "\"}") "}]");
    progress(house, 180, NULL);
    paper_load(true);
    paper.answers = "[" STREAM "]";
    callee_answers(house, 0);
    assert_int_not_equal(scene.caller->play, 0);
    paper_load(true);
    end(house);
}

static void test_a_callee_that_leaves_its_own_flow_is_not_connected(void **state)
{
    struct house *house = *state;

    begin(house, "[" GREETS("") "," CONNECT("15550100004") "]");
    paper.answers = "[" STREAM "]";
    callee_answers(house, 0);
    hang_up(house, scene.out);
    assert_int_equal(scene.in->answered, 0);
    assert_int_equal(paper.dialled_count, 2);
    paper_load(true);
    scene.out = paper.dialled[1];
    callee_answers(house, 1);
    assert_int_equal(scene.in->answered, 1);
    end(house);
}

static void check_refused(struct house *house, const char *answers, const char *why)
{
    begin(house, "[" GREETS("") "," CONNECT("15550100004") "]");
    paper.answers = answers;
    callee_answers(house, 0);
    assert_error(0, why);
    assert_int_not_equal(scene.out->hung_up, 0);
    over(house, scene.out, 200, false);
    assert_int_equal(paper.dialled_count, 2);
    scene.out = paper.dialled[1];
    end(house);
}

static void test_no_connect_in_its_own_flow(void **state)
{
    check_refused(*state, "[" STREAM "," CONNECT("15550100005") "]",
                  "Syntax error in NCCO. Invalid value type or action. action 2 (connect): may "
                  "not be in an NCCO of onAnswer");
}

static void test_no_conversation_in_its_own_flow(void **state)
{
    check_refused(*state, "[" JOIN("x") "]",
                  "Syntax error in NCCO. Invalid value type or action. action 1 (conversation): "
                  "may not");
}

static void test_no_flow_where_one_was_to_be(void **state)
{
    check_refused(*state, NULL, "answer_url http://x.example/: HTTP 500");
}

static void test_the_caller_leaves_before_they_are_connected(void **state)
{
    struct house *house = *state;

    begin(house, "[" GREETS("") "]");
    paper.answers = "[" STREAM "]";
    callee_answers(house, 0);
    over(house, scene.in, 487, true);
    assert_int_not_equal(scene.out->hung_up, 0);
    paper_load(true);
    end(house);
}

static void test_a_callee_is_moved_out_of_its_own_flow(void **state)
{
    struct house *house = *state;
    struct conversation *room;
    struct member_rules none = {0};
    struct call *child;

    begin(house, "[" GREETS("") "," CONNECT("15550100004") "]");
    paper.answers = "[" STREAM "]";
    callee_answers(house, 0);
    child = call_at(house, conversation_of_first(house), 1);
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    assert_int_equal(call_enter(child->member, room, &none, NULL), 0);
    settle(house);
    assert_non_null(scene.callee->room);
    assert_int_equal(scene.out->hung_up, 0);
    assert_int_equal(paper.dialled_count, 2); /* it is not there any more */
    paper_load(true);
    over(house, paper.dialled[1], 486, true);
    assert_int_equal(scene.in->hung_up, 486);
    end(house);
}

<<<<<<< HEAD
=======
/* eventType synchronous */

static const char *asked_status(unsigned which)
{
    json_t *fields = json_object_get(json_array_get(paper.asked, which), "fields");

    return json_string_value(json_object_get(fields, "status"));
}

static void test_a_failure_is_asked_and_the_reply_is_the_flow(void **state)
{
    static const struct {
        int status;
        const char *told;
    } rows[] = {{486, "busy"},       {603, "rejected"}, {404, "failed"},
                {480, "unanswered"}, {408, "timeout"},  {487, "cancelled"}};
    struct house *house = *state;

    paper.reply = "[" TAIL "]";
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_array_clear(paper.asked);
        json_array_clear(paper.told);
        begin(house,
              "[" SYNC(",\"eventUrl\":[\"http://x.example/sync\"]") "," CONNECT("15550100004") "]");
        scene.out->timed_out = rows[i].status == 408;
        over(house, scene.out, rows[i].status, true);
        assert_int_equal(json_array_size(paper.asked), 1);
        assert_string_equal(asked_status(0), rows[i].told);
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(paper.asked, 0), "url")),
            "http://x.example/sync");
        assert_null(told_status("outbound", rows[i].told)); /* not told as well */
        assert_int_equal(scene.in->answered, 1);            /* by the stream */
        paper_load(true);
        settle(house);
        assert_int_equal(scene.caller->plays, 1);
        end(house);
    }
}

static void test_without_a_reply_the_flow_goes_on(void **state)
{
    struct house *house = *state;

    paper.hold_answers = false;
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    paper.hold_answers = true;
    over(house, scene.out, 486, true);
    assert_int_equal(paper.dialled_count, 1); /* it waits for the reply */
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 2);
    assert_string_equal(asked_status(0), "busy");
    scene.out = paper.dialled[1];
    over(house, scene.out, 404, true); /* not synchronous: told */
    assert_int_equal(json_array_size(paper.asked), 1);
    assert_non_null(told_status("outbound", "failed"));
    assert_int_equal(scene.in->hung_up, 404);
    end(house);
}

static void test_an_empty_reply_is_none(void **state)
{
    struct house *house = *state;

    paper.reply = "[]";
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    over(house, scene.out, 486, true);
    assert_int_equal(paper.dialled_count, 2);
    scene.out = paper.dialled[1];
    end(house);
}

static void test_nothing_follows_and_the_caller_hears_why(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "]");
    over(house, scene.out, 486, true);
    assert_int_equal(scene.in->hung_up, 486);
    end(house);
}

static void test_who_answered_is_told_and_waited_for(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    callee_answers(house, 0);
    assert_int_equal(paper.dialled_count, 1); /* no third party beside it */
    hang_up(house, scene.out);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "completed"));
    assert_int_equal(paper.dialled_count, 2);
    scene.out = paper.dialled[1];
    end(house);
}

static void test_the_caller_leaves_while_it_is_asked(void **state)
{
    struct house *house = *state;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    paper.hold_answers = true;
    paper.reply = "[" TAIL "]";
    over(house, scene.out, 486, true);
    over(house, scene.in, 487, true);
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 1);
    assert_string_equal(paper.sound, "");
    end(house);
}

static void test_another_flow_while_it_is_asked(void **state)
{
    struct house *house = *state;
    json_t *flow = json_loads("[" JOIN("room") "]", 0, NULL);
    struct call *call;

    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    call = call_at(house, conversation_of_first(house), 0);
    paper.hold_answers = true;
    paper.reply = "[" TAIL "]";
    over(house, scene.out, 486, true);
    assert_int_equal(call_transfer(call, flow), 0);
    settle(house);
    assert_int_equal(scene.in->answered, 1);
    paper_answer();
    settle(house);
    assert_string_equal(paper.sound, ""); /* the reply came too late */
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(scene.in->hung_up, 0);
    json_decref(flow);
    end(house);
}

/* Between its end and the question. */
static void test_whom_nobody_asks_about_is_told(void **state)
{
    struct house *house = *state;
    json_t *flow = json_loads("[" JOIN("room") "]", 0, NULL);
    struct call *call;

    begin(house, "[" SYNC("") "]");
    call = call_at(house, conversation_of_first(house), 0);
    scene.out->over = true;
    scene.out->handlers->ended(486, "x", true, 0, scene.out->arg);
    assert_int_equal(call_transfer(call, flow), 0);
    settle(house);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "busy"));
    end(house);
    json_array_clear(paper.told);
    begin(house, "[" SYNC("") "]");
    scene.out->over = true;
    scene.out->handlers->ended(486, "x", true, 0, scene.out->arg);
    over(house, scene.in, 487, true);
    assert_int_equal(json_array_size(paper.asked), 0);
    assert_non_null(told_status("outbound", "busy"));
    json_decref(flow);
    end(house);
}

static void test_a_reply_that_is_no_ncco_ends_the_call(void **state)
{
    struct house *house = *state;

    paper.reply = "[{\"action\":\"fly\"}]";
    begin(house, "[" SYNC("") "," CONNECT("15550100004") "]");
    over(house, scene.out, 486, true);
    assert_error(0, "Syntax error in NCCO.");
    assert_int_not_equal(scene.in->hung_up, 0);
    assert_int_equal(paper.dialled_count, 1);
    end(house);
}

static void test_its_row_says_how_it_ended(void **state)
{
    struct house *house = *state;
    const char *id;
    json_t *rows = NULL;

    begin(house, "[" SYNC("") "]");
    over(house, scene.out, 486, true);
    id = json_string_value(json_object_get(told_status("outbound", "started"), "uuid"));
    rows = row_of_leg(house, id);
    assert_string_equal(json_string_value(json_object_get(rows, "status")), "busy");
    json_decref(rows);
    end(house);
}

/* from */

static void test_who_calls(void **state)
{
    static const struct {
        const char *more, *from;
    } rows[] = {{"", ""},
                {",\"from\":\"15550100002\"", "15550100002"},
                {",\"from\":\"+1 555 010 0002\"", "15550100002"},
                {",\"from\":\"15550199999\"", ""},
                {",\"randomFromNumber\":true", "15550100002"},
                {",\"randomFromNumber\":false", ""}};
    struct house *house = *state;
    char ncco[400];

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(ncco, sizeof ncco, "[{\"action\":\"connect\",\"endpoint\":" PHONE("") "%s}]",
                 rows[i].more);
        begin(house, ncco);
        assert_string_equal(scene.out->from, rows[i].from);
        end(house);
    }
}

static void test_a_random_number_where_there_is_none(void **state)
{
    struct house *house = *state;
    struct call *call;
    json_t *flow = json_loads("[" DIAL(",\"randomFromNumber\":true") "," STREAM "]", 0, NULL);
    struct dialog *out;

    house->application.number_count = 0;
    assert_int_equal(bridge_configure(house->bridge, &house->conf), 0);
    call = create(house, "[" STREAM "]");
    out = paper.dialled[0];
    callee_answers(house, 0);
    paper_load(true);
    assert_int_equal(call_transfer(call, flow), 0);
    json_decref(flow);
    settle(house);
    assert_error(0, "connect: randomFromNumber: the application has none");
    paper_load(true); /* and the flow goes on */
    hang_up(house, out);
}

static void test_how_long_it_rings(void **state)
{
    struct house *house = *state;

    begin(house, "[" DIAL("") "]");
    assert_int_equal(scene.out->ring_timeout, 60);
    end(house);
    begin(house, "[" DIAL(",\"timeout\":7200") "]");
    assert_int_equal(scene.out->ring_timeout, 7200);
    end(house);
    begin(house, "[" DIAL(",\"timeout\":\"20\"") "]");
    assert_int_equal(scene.out->ring_timeout, 20);
    end(house);
}

>>>>>>> rogue2
int main(void)
{
    const struct CMUnitTest tests[] = {
        DIALS(test_the_caller_hears_the_tone_while_it_rings),
        DIALS(test_without_a_tone_there_is_none),
        DIALS(test_early_media_goes_before_the_tone),
        DIALS(test_early_media_that_comes_first_leaves_no_room_for_a_tone),
        DIALS(test_a_tone_ends_with_the_attempt),
        DIALS(test_a_tone_that_comes_too_late_is_not_heard),
        DIALS(test_a_tone_that_cannot_be_had_is_told_and_it_is_dialled),
        DIALS(test_keys_are_sent_once_it_has_answered),
        DIALS(test_the_callee_has_its_own_flow_first),
        DIALS(test_an_empty_flow_connects_at_once),
        DIALS(test_its_own_tone_is_heard_meanwhile),
        DIALS(test_the_tone_of_the_connect_goes_on_without_one),
        DIALS(test_a_callee_that_leaves_its_own_flow_is_not_connected),
        DIALS(test_no_connect_in_its_own_flow),
        DIALS(test_no_conversation_in_its_own_flow),
        DIALS(test_no_flow_where_one_was_to_be),
        DIALS(test_the_caller_leaves_before_they_are_connected),
        DIALS(test_a_callee_is_moved_out_of_its_own_flow),
<<<<<<< HEAD
=======
        DIALS(test_a_failure_is_asked_and_the_reply_is_the_flow),
        DIALS(test_without_a_reply_the_flow_goes_on),
        DIALS(test_an_empty_reply_is_none),
        DIALS(test_nothing_follows_and_the_caller_hears_why),
        DIALS(test_who_answered_is_told_and_waited_for),
        DIALS(test_the_caller_leaves_while_it_is_asked),
        DIALS(test_another_flow_while_it_is_asked),
        DIALS(test_whom_nobody_asks_about_is_told),
        DIALS(test_a_reply_that_is_no_ncco_ends_the_call),
        DIALS(test_its_row_says_how_it_ended),
        DIALS(test_who_calls),
        DIALS(test_a_random_number_where_there_is_none),
        DIALS(test_how_long_it_rings),
>>>>>>> rogue2
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
