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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
