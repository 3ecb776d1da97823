/* ua_session.c: session timers (RFC 4028) on the wire: who refreshes, how, and what ends a call. */
#include "ua_peer.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct phone alice, bob;
static struct peer peer;
static struct side caller;

static int start(unsigned min_se)
{
    kit_start();
    kit_min_se = min_se;
    phone_start(&alice, "udp", false);
    phone_start(&bob, "udp", false);
    kit_min_se = 0;
    peer_start(&peer, &alice);
    return 0;
}

/* Intervals of seconds instead of minutes. */
static int setup(void **state)
{
    (void)state;
    return start(2);
}

static int setup_usual(void **state)
{
    (void)state;
    return start(0);
}

static int teardown(void **state)
{
    (void)state;
    peer_stop(&peer);
    phone_stop(&alice);
    phone_stop(&bob);
    kit_stop();
    return 0;
}

/* alice calls the peer, which takes it with these lines */
static void called(unsigned session, const char *lines)
{
    alice.terms.session = session;
    assert_int_equal(phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP), 0);
    peer_takes(&peer, &caller, lines);
}

static void peer_hangs_up(void)
{
    peer_send(&peer, "BYE", NULL, NULL);
    peer_expect(&peer, "SIP/2.0 200", 5000);
}

#define ALLOW "Allow: INVITE, ACK, BYE, UPDATE\r\n"
#define TIMER "Supported: timer\r\n"

static void says_what_it_wants(void **state)
{
    (void)state;
    alice.terms.session = 1800;
    phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP);
    peer_expect(&peer, "INVITE ", 5000);
    assert_true(peer_says(&peer, "Session-Expires: 1800\r\n")); /* who refreshes is theirs to say */
    assert_true(peer_says(&peer, "Min-SE: 90\r\n"));
    assert_true(peer_says(&peer, "Supported: timer"));
    peer_reply(&peer, 486, NULL, NULL);
    until(caller.ended);
    peer_expect(&peer, "ACK ", 5000);
    peer.cseq = 0, peer.called = false;
    alice.terms.session = 0;
    phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP);
    peer_expect(&peer, "INVITE ", 5000);
    assert_false(peer_says(&peer, "Session-Expires"));
    assert_false(peer_says(&peer, "Min-SE"));
    assert_true(peer_says(&peer, "Supported: timer"));
    peer_reply(&peer, 486, NULL, NULL);
    until(caller.ended);
}

static void refreshes_by_update(void **state)
{
    (void)state;
    called(4, ALLOW TIMER "Session-Expires: 4;refresher=uac\r\nRequire: timer\r\n");
    for (int i = 0; i < 3; i++) {
        peer_expect(&peer, "UPDATE ", 2500);
        assert_true(peer_says(&peer, "Session-Expires: 4;refresher=uac\r\n"));
        assert_true(peer_says(&peer, "Content-Length: 0"));
        peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uac\r\n", NULL);
    }
    assert_int_equal(caller.ended, 0);
    peer_hangs_up();
    until(caller.ended);
}

/* The same session, word by word, and its answer is told. */
static void refreshes_by_reinvite(void **state)
{
    (void)state;
    called(4, "Allow: INVITE, ACK, BYE\r\n" TIMER "Session-Expires: 4;refresher=uac\r\n");
    for (int i = 0; i < 2; i++) {
        peer_expect(&peer, "INVITE ", 2500);
        assert_true(peer_says(&peer, "Session-Expires: 4;refresher=uac\r\n"));
        assert_non_null(strstr(peer.in, "\r\n\r\n" KIT_SDP));
        peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uac\r\n", KIT_SDP_2);
        peer_expect(&peer, "ACK ", 1000);
        until(caller.refreshed == i + 1);
        assert_string_equal(caller.sdp, KIT_SDP_2);
        assert_int_equal(caller.answered, 1);
    }
    peer_hangs_up();
    until(caller.ended);
}

static void goes_over_to_reinvite(void **state)
{
    (void)state;
    called(4, ALLOW TIMER "Session-Expires: 4;refresher=uac\r\n");
    peer_expect(&peer, "UPDATE ", 2500);
    peer_reply(&peer, 501, NULL, NULL);
    peer_expect(&peer, "INVITE ", 1000);
    peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uac\r\n", KIT_SDP_2);
    peer_expect(&peer, "ACK ", 1000);
    peer_expect(&peer, "INVITE ", 2500);
    peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uac\r\n", KIT_SDP_2);
    peer_expect(&peer, "ACK ", 1000);
    peer_hangs_up();
    until(caller.ended);
}

static void takes_a_longer_interval(void **state)
{
    (void)state;
    alice.terms.session = 4;
    phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP);
    peer_expect(&peer, "INVITE ", 5000);
    assert_true(peer_says(&peer, "Session-Expires: 4\r\n"));
    peer_reply(&peer, 422, "Min-SE: 6\r\n", NULL);
    peer_expect(&peer, "ACK ", 1000);
    peer.cseq = 0, peer.called = false;
    peer_expect(&peer, "INVITE ", 1000);
    assert_true(peer_says(&peer, "Session-Expires: 6\r\n"));
    assert_true(peer_says(&peer, "Min-SE: 6\r\n"));
    assert_non_null(strstr(peer.in, KIT_SDP));
    peer_reply(&peer, 200, ALLOW TIMER "Session-Expires: 6;refresher=uac\r\n", KIT_SDP_2);
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    peer_expect(&peer, "ACK ", 1000);
    /* and in mid-call */
    peer_expect(&peer, "UPDATE ", 3500);
    peer_reply(&peer, 422, "Min-SE: 8\r\n", NULL);
    peer_expect(&peer, "UPDATE ", 1000);
    assert_true(peer_says(&peer, "Session-Expires: 8;refresher=uac\r\n"));
    assert_true(peer_says(&peer, "Min-SE: 8\r\n"));
    peer_reply(&peer, 200, TIMER "Session-Expires: 8;refresher=uac\r\n", NULL);
    peer_hangs_up();
    until(caller.ended);
}

/* Who says 422 and asks for no more is believed, and the call has failed. */
static void gives_up_on_422(void **state)
{
    (void)state;
    alice.terms.session = 4;
    phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP);
    peer_expect(&peer, "INVITE ", 5000);
    peer_reply(&peer, 422, "Min-SE: 3\r\n", NULL);
    until(caller.ended);
    assert_int_equal(caller.status, 422);
    assert_true(caller.remote);
}

static void ended_by_timer(int status)
{
    until(caller.ended);
    assert_int_equal(caller.status, status);
    assert_false(caller.remote);
    until(ua_dialogs(alice.ua) == 0);
}

/* Asked for, and nobody answers: the call is over before its interval is. */
static void a_dead_peer_ends_the_call(void **state)
{
    int64_t begun = clock_mono_ms();

    (void)state;
    called(4, "Allow: INVITE, ACK, BYE\r\n" TIMER "Session-Expires: 4;refresher=uac\r\n");
    peer_expect(&peer, "INVITE ", 2500);
    do
        assert_true(raw_receive(peer.fd, peer.in, sizeof peer.in, 5000) > 0);
    while (!strncmp(peer.in, "INVITE ", 7));
    assert_memory_equal(peer.in, "BYE ", 4);
    assert_true(peer_says(&peer, "Reason: SIP;cause=408;text=\"Request Timeout\""));
    assert_true(peer_says(&peer, "Q.850;cause=102"));
    assert_true(clock_mono_ms() - begun < 4500);
    until(caller.ended);
    assert_int_equal(caller.status, 408);
    assert_false(caller.remote);
}

/* The same with UPDATE, behind which Sofia lets no BYE go. */
static void a_dead_peer_is_told_of(void **state)
{
    (void)state;
    called(4, ALLOW TIMER "Session-Expires: 4;refresher=uac\r\n");
    peer_expect(&peer, "UPDATE ", 2500);
    until(caller.ended);
    assert_int_equal(caller.status, 408);
    assert_false(caller.remote);
}

static void a_forgotten_call_ends(void **state)
{
    (void)state;
    called(4, ALLOW TIMER "Session-Expires: 4;refresher=uac\r\n");
    peer_expect(&peer, "UPDATE ", 2500);
    peer_reply(&peer, 481, NULL, NULL);
    peer_expect(&peer, "BYE ", 1000);
    peer_reply(&peer, 481, NULL, NULL);
    ended_by_timer(481);
}

static void a_refresh_that_does_not_come_ends_the_call(void **state)
{
    (void)state;
    called(4, ALLOW TIMER "Session-Expires: 4;refresher=uas\r\nRequire: timer\r\n");
    peer_send(&peer, "UPDATE", TIMER "Session-Expires: 4;refresher=uac\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_true(peer_says(&peer, "Session-Expires: 4;refresher=uac\r\n"));
    peer_expect(&peer, "BYE ", 4000);
    peer_reply(&peer, 200, NULL, NULL);
    assert_true(peer_says(&peer, "cause=408"));
    ended_by_timer(408);
}

/* A busy peer says when: it is asked again. */
static void comes_again_when_told(void **state)
{
    int64_t since;

    (void)state;
    called(9, ALLOW TIMER "Session-Expires: 9;refresher=uac\r\n");
    peer_expect(&peer, "UPDATE ", 5000);
    peer_reply(&peer, 500, "Retry-After: 1\r\n", NULL);
    since = clock_mono_ms();
    peer_expect(&peer, "UPDATE ", 2000);
    assert_true(clock_mono_ms() - since >= 990);
    peer_reply(&peer, 200, TIMER "Session-Expires: 9;refresher=uac\r\n", NULL);
    peer_hangs_up();
    until(caller.ended);
}

/* Without timers on the other side it is ours alone to see that it is there. */
static void asks_who_knows_no_timers(void **state)
{
    (void)state;
    called(4, "Allow: INVITE, ACK, BYE\r\n");
    peer_expect(&peer, "INVITE ", 2500);
    peer_reply(&peer, 200, NULL, KIT_SDP_2);
    peer_expect(&peer, "ACK ", 1000);
    peer_expect(&peer, "INVITE ", 2500);
    peer_reply(&peer, 481, NULL, NULL);
    peer_expect(&peer, "ACK ", 1000);
    peer_expect(&peer, "BYE ", 1000);
    peer_reply(&peer, 481, NULL, NULL);
    ended_by_timer(481);
}

static struct side *const callee = &alice.incoming[0];

static void is_asked_to(void **state)
{
    static const struct {
        unsigned wanted;
        const char *lines, *said;
    } rows[] = {
        {0, TIMER "Session-Expires: 4;refresher=uac\r\n",
         "Require: timer\r\nSession-Expires: 4;refresher=uac\r\n"},
        {0, TIMER "Session-Expires: 4\r\n", "Session-Expires: 4;refresher=uac\r\n"},
        {0, TIMER "Session-Expires: 4;refresher=uas\r\n", "Session-Expires: 4;refresher=uas\r\n"},
        {0, "Require: timer\r\nx: 4;refresher=uas\r\n", "Session-Expires: 4;refresher=uas\r\n"},
        {3, TIMER "Session-Expires: 8\r\n", "Session-Expires: 3;refresher=uac\r\n"},
        {3, TIMER "Session-Expires: 8\r\nMin-SE: 5\r\n", "Session-Expires: 5;refresher=uac\r\n"},
        {5, TIMER "Session-Expires: 3\r\n", "Session-Expires: 3;refresher=uac\r\n"},
        {5, TIMER, "Session-Expires: 5;refresher=uac\r\n"},
        {5, NULL, "Session-Expires: 5;refresher=uas\r\n"},
        {0, "Session-Expires: 7\r\n", "Session-Expires: 7;refresher=uas\r\n"},
        {0, TIMER, NULL},
        {0, NULL, NULL},
        {0, "Session-Expires: 1\r\n", NULL}, /* a proxy's; the caller would not know a 422 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        alice.terms.session = rows[i].wanted;
        alice.calls = 0;
        peer_calls(&peer, rows[i].lines);
        if (peer_says(&peer, "Session-Expires") != (rows[i].said != NULL) ||
            (rows[i].said && !peer_says(&peer, rows[i].said)))
            print_error("row %zu: %s\n", i, peer.in);
        assert_int_equal(peer_says(&peer, "Session-Expires"), rows[i].said != NULL);
        assert_true(!rows[i].said || peer_says(&peer, rows[i].said));
        assert_int_equal(peer_says(&peer, "Require: timer"),
                         rows[i].said && strstr(rows[i].said, "uac") != NULL);
        assert_false(peer_says(&peer, "Min-SE"));
        peer_hangs_up();
        until(callee->ended);
    }
}

static void refreshes_as_callee(void **state)
{
    (void)state;
    peer_calls(&peer, ALLOW TIMER "Session-Expires: 4;refresher=uas\r\n");
    peer_expect(&peer, "UPDATE ", 2500);
    assert_true(peer_says(&peer, "Session-Expires: 4;refresher=uac\r\n")); /* of the UPDATE */
    peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uac\r\n", NULL);
    peer_expect(&peer, "UPDATE ", 2500);
    peer_reply(&peer, 200, TIMER "Session-Expires: 4;refresher=uas\r\n", NULL); /* your turn */
    peer_expect_silence(&peer, 2200);
    peer_send(&peer, "INVITE", TIMER "Session-Expires: 4;refresher=uac\r\n", KIT_SDP);
    until(callee->reoffers);
    dialog_reoffer_answer(callee->dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_true(peer_says(&peer, "Session-Expires: 4;refresher=uac\r\n"));
    assert_true(peer_says(&peer, "Require: timer"));
    peer_send(&peer, "ACK", NULL, NULL);
    peer_expect_silence(&peer, 2200);
    peer_hangs_up();
    until(callee->ended);
}

/* The timer of who stops asking for one is over. */
static void can_be_given_up(void **state)
{
    (void)state;
    peer_calls(&peer, ALLOW TIMER "Session-Expires: 3;refresher=uas\r\n");
    peer_send(&peer, "UPDATE", TIMER, NULL);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_false(peer_says(&peer, "Session-Expires"));
    peer_expect_silence(&peer, 3200);
    assert_int_equal(callee->ended, 0);
    peer_hangs_up();
    until(callee->ended);
}

static void too_short(void **state)
{
    (void)state;
    peer_send(&peer, "INVITE", TIMER "Session-Expires: 89\r\n", KIT_SDP);
    peer_expect(&peer, "SIP/2.0 422", 2000);
    assert_true(peer_says(&peer, "Min-SE: 90\r\n"));
    assert_int_equal(alice.calls, 0);
    peer_send(&peer, "ACK", NULL, NULL);
    until(ua_dialogs(alice.ua) == 0);
    peer_calls(&peer, TIMER "Session-Expires: 90\r\n");
    assert_true(peer_says(&peer, "Session-Expires: 90;refresher=uac\r\n"));
    peer_send(&peer, "UPDATE", TIMER "Session-Expires: 10\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 422", 2000);
    assert_true(peer_says(&peer, "Min-SE: 90\r\n"));
    peer_send(&peer, "INVITE", TIMER "Session-Expires: 10\r\n", KIT_SDP);
    peer_expect(&peer, "SIP/2.0 422", 2000);
    peer_send(&peer, "ACK", NULL, NULL);
    assert_int_equal(callee->reoffers, 0);
    assert_int_equal(callee->ended, 0);
    peer_hangs_up();
    until(callee->ended);
}

static void unknown_demands(void **state)
{
    (void)state;
    peer_send(&peer, "INVITE", "Require: timer, foo\r\n", KIT_SDP);
    peer_expect(&peer, "SIP/2.0 420", 2000);
    assert_true(peer_says(&peer, "Unsupported: "));
    assert_true(peer_says(&peer, "foo"));
    assert_int_equal(alice.calls, 0);
    peer_send(&peer, "ACK", NULL, NULL);
}

/* Two of ours, each by the other's clock, for some intervals. */
static void two_of_us(void **state)
{
    (void)state;
    alice.terms.session = bob.terms.session = 2;
    phone_call(&alice, &caller, phone_uri(&bob, "udp"), KIT_SDP);
    until(bob.calls == 1);
    dialog_answer(bob.incoming[0].dialog, KIT_SDP_2);
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    kit_idle(5000);
    assert_int_equal(caller.ended + bob.incoming[0].ended, 0);
    assert_int_equal(bob.incoming[0].reoffers, 0); /* nothing that its owner need know */
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && bob.incoming[0].ended);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_it_wants, setup_usual, teardown),
        cmocka_unit_test_setup_teardown(too_short, setup_usual, teardown),
        CASE(refreshes_by_update),
        CASE(refreshes_by_reinvite),
        CASE(goes_over_to_reinvite),
        CASE(takes_a_longer_interval),
        CASE(gives_up_on_422),
        CASE(a_dead_peer_ends_the_call),
        CASE(a_dead_peer_is_told_of),
        CASE(a_forgotten_call_ends),
        CASE(a_refresh_that_does_not_come_ends_the_call),
        CASE(comes_again_when_told),
        CASE(asks_who_knows_no_timers),
        CASE(is_asked_to),
        CASE(refreshes_as_callee),
        CASE(can_be_given_up),
        CASE(unknown_demands),
        CASE(two_of_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
