/* call_keys.c: the keys of a leg, in and out, as its trunk has it; and what peers write into
 * an INFO. */
#include "call_paper.h"

#include "base/clock.h"
#include "conversation/audio.h"
#include "leg/relay.h"

#define SDP_WITHOUT_EVENTS                                                      \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

static void bodies_are_read_as_peers_write_them(void **state)
{
    static const struct {
        const char *body;
        char digit;
        unsigned ms;
    } good[] = {
        {"Signal=5\r\nDuration=160\r\n", '5', 160},
        {"Signal= 5\r\nDuration= 100", '5', 100},
        {"signal = #\nduration = 80\n", '#', 80},
        {"Duration=250\r\nSignal=*\r\n", '*', 250},
        {"\r\n Signal=10\r\n", '*', 160},
        {"Signal=11\r\nDuration=0\r\n", '#', 160},
        {"Signal=12\r\nDuration=x\r\n", 'A', 160},
        {"Signal=15\r\nDuration=-5\r\n", 'D', 160},
        {"Signal=d\r\n", 'D', 160},
        {"Signal=16\r\n", 0, 160},
        {"Signal=!\r\n", 0, 160},
        {"Signal=1\r\nDuration=99999999999\r\n", '1', 60000},
        {"5", '5', 160},
        {"7\r\n", '7', 160},
        {" 11", '#', 160},
        {"c", 'C', 160},
    };
    static const char *const bad[] = {
        "",          "\r\n",           "%",        "Signal=\r\nDuration=5\r\n",
        "Signal=17", "Signal=55",      "Signal=E", "Duration=160",
        "signal",    "NoSignal=5\r\n", "123",      "Signal:5",
        "1x",        "Signal=5x",
    };
    unsigned ms;
    char digit;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        digit = 'x';
        if (relay_read(good[i].body, &digit, &ms))
            fail_msg("\"%s\" is not read", good[i].body);
        assert_int_equal(digit, good[i].digit);
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (relay_read(bad[i], &digit, &ms) != EINVAL)
            fail_msg("\"%s\" is read as %c", bad[i], digit);
}

static void what_is_written_can_be_read(void **state)
{
    char body[RELAY_TEXT], digit;
    unsigned ms;

    (void)state;
    for (const char *d = "0123456789*#ABCD"; *d; d++) {
        relay_write(body, *d, 60000);
        assert_int_equal(relay_read(body, &digit, &ms), 0);
        assert_int_equal(digit, *d);
        assert_int_equal(ms, 60000);
    }
    relay_write(body, '5', 160);
    assert_string_equal(body, "Signal=5\r\nDuration=160\r\n");
}

/* "5 7": the digits of a conversation's events. */
static const char *keys_of(struct house *house, const char *name)
{
    static char text[200];
    struct conversation *conversation;
    json_t *events, *event;
    size_t i, length = 0;

    assert_int_equal(conversation_open(house->bridge, demo(house), name, false, &conversation), 0);
    events = events_of(house, conversation_id(conversation));
    text[0] = '\0';
    json_array_foreach (events, i, event) {
        const char *digit =
            json_string_value(json_object_get(json_object_get(event, "body"), "digit"));

        if (digit)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s", digit);
    }
    json_decref(events);
    return text;
}

static int inform(struct dialog *dialog, const char *body)
{
    return dialog->handlers->info("application/dtmf-relay", body, dialog->arg);
}

static void a_key_that_comes_by_info_and_as_an_event_is_one(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct media_port *port = paper.port;

    assert_string_equal(in->handlers->info_types, "application/dtmf-relay, application/dtmf");
    assert_int_equal(inform(in, "Signal=5\r\n"), 0);
    port->events->digit('5', 100, port->arg);
    port->events->digit('6', 100, port->arg);
    assert_int_equal(inform(in, "Signal=6\r\n"), 0);
    port->events->digit('7', 100, port->arg);
    port->events->digit('7', 100, port->arg);
    assert_int_equal(inform(in, "Signal=8\r\n"), 0);
    assert_int_equal(inform(in, "Signal=8\r\n"), 0);
    assert_int_equal(inform(in, "Signal=16\r\n"), 0); /* a flash: nothing to tell */
    assert_int_equal(inform(in, "Signal=nine\r\n"), EINVAL);
    assert_string_equal(keys_of(house, "room"), "567788");
    over(house, in, 200, true);
    mem_unref(in);
}

static bool has_events(const char *sdp)
{
    return strstr(sdp, "telephone-event") != NULL;
}

/* Calls in from the trunk's network and checks how keys are to go. */
static void check_inbound(struct house *house, enum conf_dtmf dtmf, const char *sdp, bool events,
                          bool inband)
{
    struct dialog *in;

    house->trunk.dtmf = dtmf;
    in = ring_in_as(house, "15550100001", sdp, "[" JOIN("room") "]");
    assert_int_equal(in->answered, 1);
    assert_int_equal(has_events(in->sdp), events);
    assert_int_equal(paper.port->takes_events, events);
    assert_int_equal(paper.port->inband, inband);
    over(house, in, 200, true);
    mem_unref(in);
}

static void an_inbound_leg_goes_by_the_trunk_it_comes_from(void **state)
{
    struct house *house = *state;
    struct conf_network network;

    assert_true(conf_network_parse("192.0.2.0/24", &network));
    house->trunk.allow = &network;
    house->trunk.allow_count = 1;
    paper.source = "192.0.2.7";
    check_inbound(house, CONF_DTMF_AUTO, SDP, true, false);
    check_inbound(house, CONF_DTMF_AUTO, SDP_WITHOUT_EVENTS, false, true);
    check_inbound(house, CONF_DTMF_RFC4733, SDP, true, false);
    check_inbound(house, CONF_DTMF_RFC4733, SDP_WITHOUT_EVENTS, false, false);
    check_inbound(house, CONF_DTMF_INBAND, SDP, false, true);
    check_inbound(house, CONF_DTMF_INFO, SDP, true, false);
    check_inbound(house, CONF_DTMF_INFO, SDP_WITHOUT_EVENTS, false, false);
    paper.source = "198.51.100.1"; /* nobody's: auto */
    check_inbound(house, CONF_DTMF_INBAND, SDP, true, false);
    check_inbound(house, CONF_DTMF_INBAND, SDP_WITHOUT_EVENTS, false, true);
    paper.source = NULL;
}

static void a_reinvite_may_take_the_events_away(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");

    assert_false(paper.port->inband);
    in->handlers->reoffer(SDP_WITHOUT_EVENTS, in->arg);
    assert_true(paper.port->inband);
    in->handlers->reoffer(SDP, in->arg);
    assert_false(paper.port->inband);
    over(house, in, 200, true);
    mem_unref(in);
}

/* A caller who is connected to 15550100003 over the trunk; the callee's dialog. */
static struct dialog *connect_over(struct house *house, enum conf_dtmf dtmf, struct dialog **in)
{
    house->trunk.dtmf = dtmf;
    *in = ring_in(house, "[" CONNECT("15550100003") "]");
    callee_answers(house, 0);
    return paper.dialled[0];
}

static int dial_callee(struct house *house, const char *digits)
{
    struct conversation *conversation = conversation_of_first(house);
    struct audio_target target = {.conversation = conversation, .to = member_at(conversation, 1)};
    const char *reason;
    int64_t event;

    return audio_digits(&target, digits, false, &event, &reason);
}

static void wait_for_infos(const struct dialog *dialog, unsigned count)
{
    int64_t end = clock_mono_ms() + 20000;

    while (dialog->infos < count) {
        assert_true(clock_mono_ms() < end);
        loop_wait(paper.loop, 10);
    }
    assert_int_equal(dialog->infos, count);
}

static void part(struct house *house, struct dialog *in, struct dialog *out)
{
    over(house, in, 200, true);
    if (out->handlers)
        over(house, out, 200, false);
    mem_unref(in);
}

static void digits_go_out_by_info_one_by_one(void **state)
{
    struct house *house = *state;
    struct dialog *in, *out = connect_over(house, CONF_DTMF_INFO, &in);
    int64_t begun = clock_mono_ms();

    assert_int_equal(dial_callee(house, "5a"), 0);
    assert_int_equal(out->infos, 1);
    assert_string_equal(out->info, "Signal=5\r\nDuration=160\r\n");
    assert_int_equal(dial_callee(house, "#"), 0); /* behind them */
    while (clock_mono_ms() < begun + 400)
        loop_wait(paper.loop, 10);
    assert_int_equal(out->infos, 1); /* it was not answered */
    out->handlers->informed(200, out->arg);
    assert_string_equal(out->info, "Signal=A\r\nDuration=160\r\n");
    out->handlers->informed(200, out->arg);
    assert_int_equal(out->infos, 2); /* its time is not over */
    wait_for_infos(out, 3);
    assert_string_equal(out->info, "Signal=#\r\nDuration=160\r\n");
    out->handlers->informed(200, out->arg);
    part(house, in, out);
}

static void digits_wait_until_the_call_is_up(void **state)
{
    struct house *house = *state;
    struct dialog *in, *out = connect_over(house, CONF_DTMF_INFO, &in);

    out->no_info = true;
    assert_int_equal(dial_callee(house, "p1"), 0);
    for (int i = 0; i < 80; i++)
        loop_wait(paper.loop, 10);
    assert_int_equal(out->infos, 0);
    out->no_info = false;
    wait_for_infos(out, 1);
    part(house, in, out); /* with a key under way */
}

static void a_peer_that_refuses_is_sent_no_more(void **state)
{
    struct house *house = *state;
    struct dialog *in, *out = connect_over(house, CONF_DTMF_INFO, &in);
    char many[1001];

    memset(many, '1', 1000);
    many[1000] = '\0';
    assert_int_equal(dial_callee(house, many), 0);
    assert_int_equal(dial_callee(house, many), ENOSPC);
    out->handlers->informed(500, out->arg); /* what waits is forgotten */
    assert_int_equal(dial_callee(house, many), 0);
    wait_for_infos(out, 2);
    out->handlers->informed(415, out->arg);
    assert_int_equal(dial_callee(house, "1"), ENOTSUP);
    for (int i = 0; i < 40; i++)
        loop_wait(paper.loop, 10);
    assert_int_equal(out->infos, 2);
    part(house, in, out);
}

static void other_trunks_leave_digits_to_the_port(void **state)
{
    struct house *house = *state;
    struct dialog *in, *out = connect_over(house, CONF_DTMF_INBAND, &in);

    assert_false(has_events(out->sdp));
    assert_true(paper.port->inband);
    assert_int_equal(dial_callee(house, "42"), 0);
    assert_string_equal(paper.port->dialled, "42");
    assert_int_equal(out->infos, 0);
    part(house, in, out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_read_as_peers_write_them),
        cmocka_unit_test(what_is_written_can_be_read),
        CASE(a_key_that_comes_by_info_and_as_an_event_is_one),
        CASE(an_inbound_leg_goes_by_the_trunk_it_comes_from),
        CASE(a_reinvite_may_take_the_events_away),
        CASE(digits_go_out_by_info_one_by_one),
        CASE(digits_wait_until_the_call_is_up),
        CASE(a_peer_that_refuses_is_sent_no_more),
        CASE(other_trunks_leave_digits_to_the_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
