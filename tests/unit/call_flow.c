/* call_flow.c: calls from INVITE to the last webhook. */
#include "call_paper.h"

#include "conversation/private.h"

static void test_forwarded_call(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out;
    struct conversation *conversation;
    struct member *first;

    assert_int_equal(in->rung, 180);
    assert_int_equal(in->answered, 0);
    assert_int_equal(paper.dialled_count, 1);
    out = paper.dialled[0];
    assert_string_equal(out->uri, "sip:15550100003@127.0.0.1:5080");
    out->handlers->progress(180, NULL, "a", out->arg);
    settle(house);
    assert_int_equal(in->answered, 0);
    out->handlers->answered(SDP, out->arg);
    assert_int_equal(out->acked, 0); /* not before the news is safe */
    settle(house);
    assert_int_equal(out->acked, 1);
    assert_int_equal(in->answered, 1);
    conversation = conversation_of_first(house);
    assert_non_null(conversation);
    assert_int_equal(conversation_sequence(conversation), 8);
    assert_int_equal(conversation_members(conversation), 2);
    first = member_at(conversation, 0);
    assert_int_equal(member_state_of(first), MEMBER_JOINED);
    assert_string_equal(events_text(house, conversation_id(conversation)),
                        "member:joined, sip:ringing, sip:answered, member:joined, member:media, "
                        "sip:answered, member:joined, member:media");
    over(house, in, 200, true);
    assert_int_not_equal(out->hung_up, 0);
    over(house, out, 200, false);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound ringing, "
                        "outbound answered, inbound answered, inbound completed, "
                        "outbound completed");
    assert_null(conversation_of_first(house));
    mem_unref(in);
}

static void test_busy_callee(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    over(house, paper.dialled[0], 486, true);
    assert_int_equal(in->hung_up, 486);
    over(house, in, 486, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound busy, inbound completed");
    mem_unref(in);
}

static void test_second_proxy_after_503_but_not_after_486(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    over(house, paper.dialled[0], 503, true);
    assert_int_equal(paper.dialled_count, 2);
    assert_string_equal(paper.dialled[1]->uri, "sip:15550100003@127.0.0.1:5081");
    over(house, paper.dialled[1], 486, true);
    assert_int_equal(paper.dialled_count, 2);
    assert_int_equal(in->hung_up, 486);
    over(house, in, 486, false);
    mem_unref(in);
}

static void test_next_connect_after_failure(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "," CONNECT("15550100004") "]");

    paper.dialled[0]->timed_out = true;
    over(house, paper.dialled[0], 408, false);
    assert_int_equal(paper.dialled_count, 2);
    paper.dialled[1]->handlers->answered(SDP, paper.dialled[1]->arg);
    settle(house);
    assert_int_equal(in->answered, 1);
    over(house, paper.dialled[1], 200, true);
    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    assert_string_equal(told_text(),
                        "inbound started, inbound ringing, outbound started, outbound timeout, "
                        "outbound started, outbound answered, inbound answered, "
                        "outbound completed, inbound completed");
    mem_unref(in);
}

static void test_caller_cancels(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    paper.dialled[0]->handlers->progress(180, NULL, "a", paper.dialled[0]->arg);
    over(house, in, 487, true);
    assert_int_not_equal(paper.dialled[0]->hung_up, 0);
    over(house, paper.dialled[0], 487, false);
    assert_string_equal(told_text(), "inbound started, inbound ringing, outbound started, "
                                     "outbound ringing, inbound completed, outbound cancelled");
    mem_unref(in);
}

static void test_bad_ncco(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"fly\"}]");

    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    assert_non_null(strstr(told_text(), "Syntax error in NCCO"));
    assert_non_null(strstr(told_text(), "fly"));
    mem_unref(in);
}

static void test_no_ncco(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, NULL);

    assert_int_equal(in->hung_up, 503);
    over(house, in, 503, false);
    assert_non_null(strstr(told_text(), "HTTP 500"));
    mem_unref(in);
}

static void test_unknown_number(void **state)
{
    struct house *house = *state;
    struct dialog *dialog = mem_alloc(sizeof *dialog, NULL);

    dialog->invite.from_user = "1";
    dialog->invite.to_user = "19990000000";
    dialog->invite.from_host = dialog->invite.to_host = dialog->invite.from_display = "";
    call_incoming(house->calls, dialog);
    assert_int_equal(dialog->rejected, 404);
    mem_unref(dialog);
}

static void test_named_conversation_outlives_its_legs(void **state)
{
    struct house *house = *state;
    struct application *app = application_find(house->bridge, APP);
    struct dialog *in = ring_in(house, "[{\"action\":\"conversation\",\"name\":\"room\"}]");
    struct conversation *named;

    assert_int_equal(in->answered, 1);
    assert_int_equal(conversation_open(house->bridge, app, "room", false, &named), 0);
    assert_int_equal(conversation_members(named), 1);
    over(house, in, 200, true);
    assert_int_equal(conversation_members(named), 0);
    assert_ptr_equal(conversation_find(house->bridge, app, conversation_id(named)), named);
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound answered, "
                                     "transfer, inbound completed");
    assert_string_equal(events_text(house, conversation_id(named)),
                        "member:joined, member:media, sip:hangup, member:left");
    mem_unref(in);
}

static void test_mute_is_one_event(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[{\"action\":\"conversation\",\"name\":\"m\"}]");
    struct conversation *named;
    struct member *member;

    conversation_open(house->bridge, demo(house), "m", false, &named);
    member = member_at(named, 0);
    member_mute(member, true, NULL);
    member_mute(member, true, NULL);
    member_earmuff(member, true, NULL);
    member_mute(member, false, NULL);
    assert_string_equal(events_text(house, conversation_id(named)),
                        "member:joined, member:media, audio:mute:on, member:media, "
                        "audio:earmuff:on, member:media, audio:mute:off, member:media");
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_transfer_leaves_the_other_alone(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]"), *out = paper.dialled[0];
    json_t *ncco = json_loads("[{\"action\":\"conversation\",\"name\":\"t\"}]", 0, NULL);

    callee_answers(house, 0);
    assert_int_equal(call_transfer(call_at(house, conversation_of_first(house), 0), ncco), 0);
    settle(house);
    assert_int_not_equal(out->hung_up, 0);
    assert_int_equal(in->hung_up, 0);
    over(house, out, 200, false);
    over(house, in, 200, true);
    json_decref(ncco);
    mem_unref(in);
}

static void test_created_call(void **state)
{
    struct house *house = *state;

    create(house, "[" JOIN("c") "]");
    paper.dialled[0]->handlers->progress(180, NULL, "a", paper.dialled[0]->arg);
    paper.dialled[0]->handlers->answered(SDP, paper.dialled[0]->arg);
    settle(house);
    assert_int_equal(paper.dialled[0]->acked, 1);
    over(house, paper.dialled[0], 200, true);
    assert_string_equal(told_text(), "outbound started, outbound ringing, outbound answered, "
                                     "transfer, outbound completed");
}

static enum detect_verdict verdicts[4];
static unsigned verdict_count;
static const struct member *answerer;

static void on_detected(struct member *member, enum detect_verdict verdict, void *arg)
{
    (void)arg;
    answerer = member;
    verdicts[verdict_count++] = verdict;
}

static void test_verdicts_on_who_answered_go_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("c") "]");
    struct media_port *port = paper.port;
    struct detect_conf conf = {.mode = DETECT_BEEP};
    struct conversation *conversation;
    struct member *member;
    struct leg *leg;

    assert_int_equal(conversation_open(house->bridge, demo(house), "c", false, &conversation), 0);
    member = member_at(conversation, 0);
    leg = mem_ref(member_leg(member));
    verdict_count = 0;
    house->bridge->hooks.detected = on_detected;
    assert_int_equal(leg_detect(leg, &conf), 0);
    assert_true(port->detects);
    port->events->detected(DETECT_MACHINE, DETECT_BY_LENGTH, port->arg);
    port->events->detected(DETECT_BEEP_START, DETECT_BY_TONE, port->arg);
    assert_int_equal(verdict_count, 2);
    assert_int_equal(verdicts[0], DETECT_MACHINE);
    assert_int_equal(verdicts[1], DETECT_BEEP_START);
    assert_ptr_equal(answerer, member);
    assert_int_equal(leg_detect(leg, NULL), 0);
    assert_false(port->detects);
    house->bridge->hooks.detected = NULL; /* nobody wants to know */
    port->events->detected(DETECT_MACHINE, DETECT_BY_LENGTH, port->arg);
    assert_int_equal(verdict_count, 2);
    over(house, in, 200, true);
    assert_int_equal(leg_detect(leg, &conf), ENOTCONN);
    mem_unref(leg);
    mem_unref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_forwarded_call),
        CASE(test_busy_callee),
        CASE(test_second_proxy_after_503_but_not_after_486),
        CASE(test_next_connect_after_failure),
        CASE(test_caller_cancels),
        CASE(test_bad_ncco),
        CASE(test_no_ncco),
        CASE(test_unknown_number),
        CASE(test_named_conversation_outlives_its_legs),
        CASE(test_mute_is_one_event),
        CASE(test_transfer_leaves_the_other_alone),
        CASE(test_created_call),
        CASE(test_verdicts_on_who_answered_go_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
