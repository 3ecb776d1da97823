/* call_restart.c: a configuration that changes under calls that are up, and a run that
 * begins where another was killed. */
#include "call_paper.h"

/* Reload. */

static const struct conf nothing;

static void test_the_application_goes_before_it_is_asked(void **state)
{
    struct house *house = *state;
    struct dialog *in = mem_alloc(sizeof *in, NULL);

    in->invite = (struct dialog_invite){.from_user = "1",
                                        .from_host = "h",
                                        .from_display = "",
                                        .to_user = "15550100002",
                                        .to_host = "h",
                                        .call_id = "a",
                                        .sdp = SDP};
    call_incoming(house->calls, in);
    assert_int_equal(bridge_configure(house->bridge, &nothing), 0);
    settle(house);
    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    mem_unref(in);
}

static void test_the_application_goes_while_calls_are_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," JOIN("after") "]");

    callee_answers(house, 0);
    assert_int_equal(bridge_configure(house->bridge, &nothing), 0);
    over(house, paper.dialled[0], 200, true);
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    /* there is nobody to tell any more */
    assert_null(told_status("outbound", "completed"));
    mem_unref(in);
}

static void test_the_trunk_goes_while_a_call_is_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");
    struct conf without = house->conf;

    without.trunk_count = 0;
    assert_int_equal(trunks_configure(house->trunks, &without), 0);
    assert_int_equal(bridge_configure(house->bridge, &without), 0);
    over(house, paper.dialled[0], 486, true);
    wait_for_hang_up(in); /* the second phone is a leg, too: it fails at once */
    assert_int_equal(in->hung_up, 404);
    settle(house);
    assert_string_equal(
        json_string_value(json_object_get(told_status("outbound", "failed"), "detail")),
        "cannot_route");
    over(house, in, 404, false);
    assert_int_equal(trunks_configure(house->trunks, &house->conf), 0);
    bridge_configure(house->bridge, &house->conf);
    mem_unref(in);
}

/* Restart. */

static void test_a_named_conversation_goes_on(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *room;
    char id[64];

    conversation_open(house->bridge, demo(house), "room", false, &room);
    snprintf(id, sizeof id, "%s", conversation_id(room));
    over(house, in, 200, true);
    mem_unref(in);
    restart(house);
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    assert_string_equal(conversation_id(room), id);
    assert_int_equal(conversation_sequence(room), 4);
    in = ring_in(house, "[" JOIN("room") "]");
    assert_int_equal(conversation_sequence(room), 6);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_a_conversation_waits_for_its_application(void **state)
{
    struct house *house = *state;
    struct conversation *room;
    char id[64];

    conversation_open(house->bridge, demo(house), "room", false, &room);
    snprintf(id, sizeof id, "%s", conversation_id(room));
    house->conf.application_count = 0;
    restart(house);
    assert_null(demo(house));
    house->conf.application_count = 1;
    assert_int_equal(bridge_configure(house->bridge, &house->conf), 0);
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    assert_string_equal(conversation_id(room), id);
}

static void test_what_was_up_is_told_as_ended_once(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *room;
    char id[64];

    create(house, "[" JOIN("room") "]");
    conversation_open(house->bridge, demo(house), "room", false, &room);
    snprintf(id, sizeof id, "%s", conversation_id(room));
    restart_killed(house, (struct dialog *[]){in, paper.dialled[0]}, 2);
    mem_unref(in);
    assert_int_equal(json_array_size(paper.told), 2); /* in no order across legs */
    assert_string_equal(
        json_string_value(json_object_get(told_status("inbound", "completed"), "from")),
        "15550100001");
    assert_string_equal(
        json_string_value(json_object_get(told_status("outbound", "failed"), "detail")),
        "internal_error");
    assert_string_equal(events_text(house, id), "member:joined, member:media, member:left");
    restart(house);
    assert_int_equal(json_array_size(paper.told), 0);
    assert_string_equal(events_text(house, id), "member:joined, member:media, member:left");
}

/* How a synchronous connect ended is asked; a run that is killed before the reply owes it. */
static void test_a_question_that_nobody_answered(void **state)
{
    struct house *house = *state;
    struct dialog *in =
        ring_in(house, "[{\"action\":\"connect\",\"eventType\":\"synchronous\",\"endpoint\":[{"
                       "\"type\":\"phone\",\"number\":\"15550100003\"}]}]");

    paper.hold_answers = true;
    over(house, paper.dialled[0], 486, true);
    assert_int_equal(json_array_size(paper.asked), 1);
    assert_null(told_status("outbound", "busy"));
    restart_killed(house, (struct dialog *[]){in}, 1);
    assert_non_null(told_status("outbound", "busy"));
    assert_null(told_status("outbound", "failed"));
    json_array_clear(paper.told);
    restart(house);
    assert_null(told_status("outbound", "busy")); /* once */
    mem_unref(in);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_a_question_that_nobody_answered),
        CASE(test_the_application_goes_before_it_is_asked),
        CASE(test_the_application_goes_while_calls_are_up),
        CASE(test_the_trunk_goes_while_a_call_is_up),
        ON_DISK(test_a_named_conversation_goes_on),
        ON_DISK(test_a_conversation_waits_for_its_application),
        ON_DISK(test_what_was_up_is_told_as_ended_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
