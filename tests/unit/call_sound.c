/* call_sound.c: legs and what was agreed in SDP: what flows, by which trunk, and what comes of
 * sound that cannot be made. */
#include "call_dial.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

static void no_sound_at_the_answer_ends_an_outbound_leg(void **state)
{
    struct house *house = *state;
    static const int errors[] = {ENOMEM, EINVAL};

    for (size_t i = 0; i < 2; i++) {
        begin(house, "[" DIAL("") "]");
        paper.no_sound = errors[i];
        progress(house, 183, SDP); /* rings on */
        assert_int_equal(scene.out->hung_up, 0);
        scene.out->handlers->answered(SDP, scene.out->arg);
        settle(house);
        assert_int_equal(scene.out->acked, 1);
        assert_int_not_equal(scene.out->hung_up, 0);
        assert_int_equal(scene.callee->connects, 0);
        paper.no_sound = 0;
        over(house, scene.out, 200, false);
        assert_non_null(told_status("outbound", "failed"));
        assert_null(told_status("outbound", "answered"));
        end(house);
        json_array_clear(paper.told);
    }
}

static void early_sound_is_enough_for_an_answer_without(void **state)
{
    struct house *house = *state;

    begin(house, "[" DIAL("") "]");
    progress(house, 183, SDP);
    assert_int_equal(scene.callee->connects, 1);
    scene.out->handlers->answered(NULL, scene.out->arg);
    settle(house);
    assert_int_equal(scene.out->hung_up, 0);
    assert_non_null(told_status("outbound", "answered"));
    end(house);
}

static void no_sound_ends_an_inbound_leg_before_its_200(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.no_sound = ENOMEM;
    in = ring_in(house, "[" JOIN("room") "]");
    assert_int_equal(in->answered, 0);
    assert_int_equal(in->hung_up, 503); /* what 500 is told as */
    paper.no_sound = 0;
    over(house, in, 503, false);
    mem_unref(in);
}

static void no_sound_of_a_late_answer_ends_the_call(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in_as(house, "15550100001", NULL, "[" JOIN("room") "]");

    assert_int_equal(in->answered, 1);
    paper.no_sound = EINVAL;
    in->handlers->acked(SDP, in->arg);
    assert_int_equal(in->hung_up, 488);
    paper.no_sound = 0;
    over(house, in, 200, false);
    mem_unref(in);
}

#define OTHER_SDP                                                               \
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 4002 RTP/AVP 0\r\n"

static void a_new_offer_without_sound_changes_nothing(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");

    paper.no_sound = ENOMEM;
    in->handlers->reoffer(OTHER_SDP, in->arg);
    assert_int_equal(in->reoffered, 500);
    paper.no_sound = EINVAL;
    in->handlers->reoffer(OTHER_SDP, in->arg);
    assert_int_equal(in->reoffered, 488);
    paper.no_sound = 0;
    assert_int_equal(in->hung_up, 0);
    in->handlers->reoffer(OTHER_SDP, in->arg);
    assert_int_equal(in->reoffered, 200);
    over(house, in, 200, true);
    mem_unref(in);
}

/* What was agreed gets to the port whole. */
static void what_was_agreed_flows(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    assert_int_equal(offer_add(&bridge_plane(house->bridge)->can, "opus/16000"), 0);
    in = ring_in_as(house, "15550100001",
                    HEAD "m=audio 4000 RTP/AVP 111 110 101\r\na=rtpmap:111 opus/48000/2\r\n"
                         "a=fmtp:111 usedtx=1\r\na=rtpmap:110 telephone-event/48000\r\n"
                         "a=rtpmap:101 telephone-event/8000\r\na=ptime:40\r\n",
                    "[" JOIN("room") "]");
    assert_int_equal(in->answered, 1);
    assert_int_equal(paper.flows.format.codec, CODEC_OPUS);
    assert_int_equal(paper.flows.format.rate, 16000);
    assert_true(paper.flows.format.dtx && !paper.flows.format.fec);
    assert_int_equal(paper.flows.payload_type, 111);
    assert_int_equal(paper.flows.receive_payload_type, 0);
    assert_int_equal(paper.flows.event_payload_type, 110);
    assert_int_equal(paper.flows.event_clock, 48000);
    assert_int_equal(paper.flows.ptime, 40);
    /* our own offer keeps those numbers; its answer has others */
    in->handlers->reoffer(NULL, in->arg);
    assert_int_equal(in->reoffered, 200);
    in->handlers->acked(HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n", in->arg);
    assert_int_equal(paper.flows.payload_type, 96);
    assert_int_equal(paper.flows.receive_payload_type, 111);
    assert_int_equal(paper.flows.event_payload_type, 0);
    over(house, in, 200, true);
    mem_unref(in);
}

static void a_trunk_has_codecs_of_its_own(void **state)
{
    static const char *names[] = {"G729", "PCMA"};
    struct house *house = *state;

    house->trunk.codecs = names;
    house->trunk.codec_count = 2;
    house->trunk.ptime = 30;
    begin(house, "[" DIAL("") "]");
    progress(house, 183, HEAD "m=audio 4000 RTP/AVP 0\r\n"); /* not what was offered */
    assert_int_equal(scene.callee->connects, 0);
    scene.out->handlers->answered(HEAD "m=audio 4000 RTP/AVP 18\r\n", scene.out->arg);
    settle(house);
    assert_int_equal(paper.flows.format.codec, CODEC_PCMU); /* the caller's, who is answered now */
    assert_int_equal(scene.callee->connects, 1);
    assert_int_equal(scene.out->hung_up, 0);
    end(house);
    house->trunk.codec_count = 0;
    house->trunk.ptime = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIALS(no_sound_at_the_answer_ends_an_outbound_leg),
        DIALS(early_sound_is_enough_for_an_answer_without),
        CASE(no_sound_ends_an_inbound_leg_before_its_200),
        CASE(no_sound_of_a_late_answer_ends_the_call),
        CASE(a_new_offer_without_sound_changes_nothing),
        CASE(what_was_agreed_flows),
        DIALS(a_trunk_has_codecs_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
