/* call_order.c: ends, answers and transfers in odd orders: nobody is left hanging, nobody
 * is dialled in vain, nothing leaks. */
#include "call_paper.h"

static void test_caller_leaves_before_the_ncco_comes(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.hold_answers = true;
    in = ring_in(house, "[" CONNECT("15550100003") "]");
    over(house, in, 487, true);
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 0);
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound completed");
    mem_unref(in);
}

static void test_no_flow_begins_after_a_hangup(void **state)
{
    struct house *house = *state;
    struct dialog *in;
    struct call *call;

    paper.hold_answers = true;
    in = ring_in(house, "[" CONNECT("15550100003") "]");
    call = call_at(house, conversation_of_first(house), 0);
    call_hangup(call);
    assert_null(call_find(house->calls, demo(house), leg_id(member_leg(call_member(call)))));
    paper_answer();
    settle(house);
    assert_int_equal(paper.dialled_count, 0);
    over(house, in, 480, false);
    mem_unref(in);
}

static void test_nobody_is_dialled_for_one_who_is_hung_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");

    bridge_hangup_all(house->bridge);
    over(house, paper.dialled[0], 487, false);
    assert_int_equal(paper.dialled_count, 1);
    over(house, in, 503, false);
    mem_unref(in);
}

static void test_an_ended_leg_counts_no_more(void **state)
{
    struct house *house = *state;
    struct dialog *in, *next;

    bridge_plane(house->bridge)->limit = 1;
    paper.hold_answers = true;
    in = ring_in(house, "[]");
    over(house, in, 487, true); /* the application still thinks about it */
    assert_int_equal(bridge_plane(house->bridge)->count, 0);
    paper_answer();
    paper.hold_answers = false;
    next = ring_in(house, "[" JOIN("n") "]");
    assert_int_equal(next->answered, 1);
    over(house, next, 200, true);
    mem_unref(in);
    mem_unref(next);
}

static struct dialog *three(struct house *house)
{
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");

    callee_answers(house, 0);
    assert_int_equal(in->answered, 1);
    assert_int_equal(paper.dialled_count, 2);
    return in;
}

static void test_three_parties_and_the_last_leaves(void **state)
{
    struct house *house = *state;
    struct dialog *in = three(house);

    callee_answers(house, 1);
    over(house, paper.dialled[1], 200, true);
    assert_int_equal(in->hung_up, 0);
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 200, true);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_three_parties_and_the_second_leaves(void **state)
{
    struct house *house = *state;
    struct dialog *in = three(house);

    callee_answers(house, 1);
    over(house, paper.dialled[0], 200, true);
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    assert_int_not_equal(paper.dialled[1]->hung_up, 0);
    over(house, paper.dialled[1], 200, false);
    mem_unref(in);
}

static void test_three_parties_and_the_caller_leaves(void **state)
{
    struct house *house = *state;
    struct dialog *in = three(house);

    callee_answers(house, 1);
    over(house, in, 200, true);
    assert_int_equal(paper.dialled[0]->hung_up, 0);
    assert_int_equal(paper.dialled[1]->hung_up, 0);
    over(house, paper.dialled[1], 200, true);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 200, false);
    mem_unref(in);
}

static void test_a_busy_third_party_ends_nothing(void **state)
{
    struct house *house = *state;
    struct dialog *in = three(house);

    over(house, paper.dialled[1], 486, true);
    assert_int_equal(in->hung_up, 0);
    over(house, paper.dialled[0], 200, true);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_the_caller_leaves_while_the_third_rings(void **state)
{
    struct house *house = *state;
    struct dialog *in = three(house);

    over(house, in, 200, true);
    assert_int_not_equal(paper.dialled[1]->hung_up, 0);
    over(house, paper.dialled[1], 487, false);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 200, false);
    mem_unref(in);
}

static void test_a_synchronous_connect_waits_for_its_leg(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(
        house, "[{\"action\":\"connect\",\"eventType\":\"synchronous\",\"endpoint\":[{"
               "\"type\":\"phone\",\"number\":\"15550100003\"}]}," CONNECT("15550100004") "]");

    callee_answers(house, 0);
    assert_int_equal(paper.dialled_count, 1);
    over(house, paper.dialled[0], 200, true);
    assert_int_equal(paper.dialled_count, 2);
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    over(house, paper.dialled[1], 487, false);
    mem_unref(in);
}

/* The 200 waits for the store; the caller does not. */
static void test_the_caller_cancels_before_the_200(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];

    out->handlers->answered(SDP, out->arg);
    in->hung_up = 487;
    in->handlers->ended(487, "Request Terminated", true, 0, in->arg);
    settle(house);
    assert_int_equal(in->answered, 0);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound answered, "
                        "inbound answered, inbound completed, outbound completed");
    mem_unref(in);
}

static void test_the_callee_answers_as_the_caller_cancels(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");
    struct dialog *out = paper.dialled[0];

    in->handlers->ended(487, "Request Terminated", true, 0, in->arg);
    out->handlers->answered(SDP, out->arg); /* the caller's port still closes */
    settle(house);
    assert_int_equal(paper.dialled_count, 1);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    assert_null(told_status("inbound", "answered"));
    mem_unref(in);
}

static void test_early_media_waits_for_the_news_of_it(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];

    out->handlers->progress(183, SDP, "a", out->arg);
    assert_int_equal(in->rung, 180);
    settle(house);
    assert_int_equal(in->rung, 183);
    over(house, in, 487, true);
    over(house, out, 487, false);
    mem_unref(in);
}

static void test_the_caller_leaves_in_early_media(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];

    out->handlers->progress(183, SDP, "a", out->arg);
    in->handlers->ended(487, "Request Terminated", true, 0, in->arg);
    settle(house);
    assert_int_equal(in->rung, 180);
    over(house, out, 487, false);
    mem_unref(in);
}

static void test_hangup_of_a_ringing_created_call(void **state)
{
    struct house *house = *state;
    struct call *call = create(house, "[" JOIN("c") "]");

    call_hangup(call);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 487, false);
    assert_string_equal(told_text(), "outbound started, outbound cancelled");
}

static void test_an_answer_without_sdp_is_a_failure(void **state)
{
    struct house *house = *state;
    struct dialog *out;

    create(house, "[" JOIN("c") "]");
    out = paper.dialled[0];
    out->handlers->answered(NULL, out->arg);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    assert_string_equal(told_text(), "outbound started, outbound failed");
    assert_string_equal(
        json_string_value(json_object_get(told_status("outbound", "failed"), "detail")),
        "internal_error");
}

static void test_ring_timeout(void **state)
{
    struct house *house = *state;
    json_t *events, *hangup;
    struct conversation *conversation;
    char id[64];

    create(house, "[" JOIN("c") "]");
    conversation = conversation_of_first(house);
    snprintf(id, sizeof id, "%s", conversation_id(conversation));
    paper.dialled[0]->timed_out = true;
    over(house, paper.dialled[0], 408, false);
    assert_string_equal(told_text(), "outbound started, outbound timeout");
    events = events_of(house, id);
    hangup = json_object_get(json_array_get(events, 0), "body");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(hangup, "reason"), "sip_code")), 487);
    json_decref(events);
}

static void test_nobody_to_dial(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.refuse_dials = true;
    in = ring_in(house, "[" CONNECT("15550100003") "]");
    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound failed, inbound completed");
    mem_unref(in);
}

static void test_a_callee_that_is_transferred_has_left(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" JOIN("t") "]", 0, NULL);
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," JOIN("after") "]");
    struct conversation *after;

    callee_answers(house, 0);
    assert_int_equal(call_transfer(call_at(house, conversation_of_first(house), 1), ncco), 0);
    settle(house);
    assert_int_equal(in->hung_up, 0);
    assert_null(conversation_of_first(house));
    assert_int_equal(conversation_open(house->bridge, demo(house), "after", false, &after), 0);
    assert_int_equal(conversation_members(after), 1);
    over(house, in, 200, true);
    over(house, paper.dialled[0], 200, true);
    json_decref(ncco);
    mem_unref(in);
}

static void test_transfer_while_the_callee_rings(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" JOIN("t") "]", 0, NULL);
    struct media_port *port;
    struct dialog *in;

    play_on(house);
    in = ring_in(house, "[" STREAM "," CONNECT("15550100003") "]");
    port = paper.port;
    paper_load(true);
    port->events->played(port->play, true, port->arg);
    settle(house);
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(call_transfer(call_at(house, conversation_of_first(house), 0), ncco), 0);
    settle(house);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 487, false);
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    json_decref(ncco);
    mem_unref(in);
}

static void test_transfer_url_that_fails(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("a") "]");
    struct conversation *named;

    conversation_open(house->bridge, demo(house), "a", false, &named);
    paper.answers = NULL;
    assert_int_equal(call_transfer_url(call_at(house, named, 0), "http://x.example/t"), 0);
    settle(house);
    assert_non_null(strstr(told_text(), "HTTP 500"));
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_a_sound_that_comes_too_late(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    play_on(house);
    in = ring_in(house, "[" STREAM "]");
    assert_int_equal(in->answered, 1);
    over(house, in, 200, true);
    paper_load(true);
    settle(house);
    mem_unref(in);
}

static void test_a_sound_begins_with_the_answer(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    play_on(house);
    paper.instant_loads = true;
    in = ring_in(house, "[" STREAM "]");
    assert_int_equal(in->answered, 1);
    assert_int_equal(paper.port->play, 1);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_a_sound_that_does_not_come(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    play_on(house);
    in = ring_in(house, "[" STREAM "," JOIN("s") "]");
    paper_load(false);
    settle(house);
    assert_non_null(strstr(told_text(), "HTTP 404"));
    assert_int_equal(in->hung_up, 0);
    over(house, in, 200, true);
    paper.no_sounds = true;
    mem_unref(in);
    in = ring_in(house, "[" STREAM "]");
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_a_thousand_connects_to_nobody(void **state)
{
    struct house *house = *state;
    json_t *flow = json_array();
    struct dialog *in;
    char *text;

    for (int i = 0; i < 1000; i++)
        json_array_append_new(flow, json_loads(CONNECT("25550100003"), 0, NULL));
    text = json_dumps(flow, JSON_COMPACT);
    in = ring_in(house, text);
    wait_for_hang_up(in);
    settle(house);
    assert_int_equal(in->hung_up, 404);
    assert_int_equal(json_array_size(paper.told), 2 + 2 * 1000); /* started and failed, each */
    over(house, in, 404, false);
    free(text);
    json_decref(flow);
    mem_unref(in);
}

static void test_who_only_rings_may_be_silent(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];
    struct media_port *port = paper.port;

    out->handlers->progress(183, SDP, "a", out->arg);
    port->events->silent(port->arg);
    assert_int_equal(out->hung_up, 0);
    callee_answers(house, 0);
    port->events->silent(port->arg);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_a_deaf_application_room(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.deaf = true;
    in = ring_in(house, "[" JOIN("d") "]");
    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    mem_unref(in);
}

static void test_late_offers(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in_as(house, "15550100001", NULL, "[" CONNECT("15550100003") "]");
    struct dialog *out = paper.dialled[0];
    struct media_port *callee = paper.port;
    unsigned before;

    callee_answers(house, 0);
    assert_int_equal(in->answered, 1);
    in->handlers->acked(SDP, in->arg);
    assert_int_equal(in->hung_up, 0);
    /* and a re-INVITE of the callee without SDP: our offer, his answer in the ACK */
    before = callee->connects;
    out->handlers->reoffer(NULL, out->arg);
    assert_int_equal(out->reoffered, 200);
    assert_non_null(out->handlers->acked);
    out->handlers->acked(SDP, out->arg);
    assert_int_equal(callee->connects, before + 1);
    over(house, out, 200, true);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_rules_are_lifted(void **state)
{
    struct house *house = *state;
    json_t *nobody = json_array();
    struct member_rules rules = {.can_hear = nobody};
    struct dialog *a = ring_in(house, "[" JOIN("r") "]");
    struct dialog *b = ring_in(house, "[" JOIN("r") "]");
    struct conversation *room;
    struct member *member;

    conversation_open(house->bridge, demo(house), "r", false, &room);
    member = member_at(room, 0);
    assert_int_equal(member_move(member, room, &rules, NULL), 0);
    assert_int_equal(paper.audible_count, 2);
    assert_false(paper.audible[0].on);
    assert_int_equal(member_move(member, room, NULL, NULL), 0);
    assert_int_equal(paper.audible_count, 4);
    assert_ptr_equal(paper.audible[2].listener, paper.audible[0].listener);
    assert_true(paper.audible[2].on);
    assert_true(paper.audible[3].on);
    over(house, a, 200, true);
    over(house, b, 200, true);
    json_decref(nobody);
    mem_unref(a);
    mem_unref(b);
}

static void test_mute_is_lost_on_leaving(void **state)
{
    struct house *house = *state;
    json_t *ncco =
        json_loads("[{\"action\":\"conversation\",\"name\":\"n\",\"mute\":true}]", 0, NULL);
    struct dialog *in = ring_in(house, "[" JOIN("m") "]");
    struct media_port *port = paper.port;
    struct conversation *m, *n;

    conversation_open(house->bridge, demo(house), "m", false, &m);
    member_mute(member_at(m, 0), true, NULL);
    member_earmuff(member_at(m, 0), true, NULL);
    assert_true(port->muted && port->earmuffed);
    assert_int_equal(call_transfer(call_at(house, m, 0), ncco), 0);
    settle(house);
    conversation_open(house->bridge, demo(house), "n", false, &n);
    assert_true(member_muted(member_at(n, 0)));
    assert_false(member_earmuffed(member_at(n, 0)));
    assert_true(port->muted);
    assert_false(port->earmuffed);
    over(house, in, 200, true);
    json_decref(ncco);
    mem_unref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_caller_leaves_before_the_ncco_comes),
        CASE(test_no_flow_begins_after_a_hangup),
        CASE(test_nobody_is_dialled_for_one_who_is_hung_up),
        CASE(test_an_ended_leg_counts_no_more),
        CASE(test_three_parties_and_the_last_leaves),
        CASE(test_three_parties_and_the_second_leaves),
        CASE(test_three_parties_and_the_caller_leaves),
        CASE(test_a_busy_third_party_ends_nothing),
        CASE(test_the_caller_leaves_while_the_third_rings),
        CASE(test_a_synchronous_connect_waits_for_its_leg),
        CASE(test_the_caller_cancels_before_the_200),
        CASE(test_the_callee_answers_as_the_caller_cancels),
        CASE(test_early_media_waits_for_the_news_of_it),
        CASE(test_the_caller_leaves_in_early_media),
        CASE(test_hangup_of_a_ringing_created_call),
        CASE(test_an_answer_without_sdp_is_a_failure),
        CASE(test_ring_timeout),
        CASE(test_nobody_to_dial),
        CASE(test_a_callee_that_is_transferred_has_left),
        CASE(test_transfer_while_the_callee_rings),
        CASE(test_transfer_url_that_fails),
        CASE(test_a_sound_that_comes_too_late),
        CASE(test_a_sound_begins_with_the_answer),
        CASE(test_a_sound_that_does_not_come),
        CASE(test_a_thousand_connects_to_nobody),
        CASE(test_who_only_rings_may_be_silent),
        CASE(test_a_deaf_application_room),
        CASE(test_late_offers),
        CASE(test_rules_are_lifted),
        CASE(test_mute_is_lost_on_leaving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
