/* ua_reliable.c: reliable provisional responses on the wire (RFC 3262), both ways, and UPDATE
 * before the answer (RFC 3311). */
#include "ua_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct phone alice, bob;
static struct peer peer;
static struct side caller;
static struct side *const callee = &alice.incoming[0];
static char rack[64];

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&alice, "udp", false);
    phone_start(&bob, "udp", false);
    peer_start(&peer, &alice);
    return 0;
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

static void invited(const char *lines, const char *sdp)
{
    peer_send(&peer, "INVITE", lines, sdp);
    until(alice.calls == 1);
}

/* The RAck line for the response at hand. */
static const char *rack_line(void)
{
    const char *at = strstr(peer.in, "\r\nRSeq: ");

    assert_non_null(at);
    snprintf(rack, sizeof rack, "RAck: %lu 1 INVITE\r\n", strtoul(at + 8, NULL, 10));
    return rack;
}

static void pracks(const char *sdp)
{
    peer_send(&peer, "PRACK", rack_line(), sdp);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_true(peer_says(&peer, " PRACK\r\n"));
}

static void ends(void)
{
    peer.cseq = 90;
    peer_send(&peer, "BYE", NULL, NULL);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    until(callee->ended);
}

static void takes_the_answer(void)
{
    peer_expect(&peer, "SIP/2.0 200", 2000);
    assert_true(peer_says(&peer, " INVITE\r\n"));
    peer.cseq = 1;
    peer_send(&peer, "ACK", NULL, NULL);
}

/* Who needs it gets it, who can have it does when the trunk wants it. */
static void is_as_asked(void **state)
{
    static const struct {
        enum ua_rel100 rel100;
        const char *lines;
        bool reliable;
    } rows[] = {
        {UA_REL100_OFF, NULL, false},
        {UA_REL100_OFF, "Supported: 100rel\r\n", false},
        {UA_REL100_OFF, "Require: 100rel\r\n", true},
        {UA_REL100_OFF, "Supported: timer\r\nRequire: 100rel\r\n", true},
        {UA_REL100_SUPPORTED, NULL, false},
        {UA_REL100_SUPPORTED, "Supported: timer, 100rel\r\n", true},
        {UA_REL100_REQUIRED, "Supported: 100rel\r\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        alice.terms.rel100 = rows[i].rel100;
        alice.calls = 0;
        peer.tag[0] = '\0';
        invited(rows[i].lines, KIT_SDP);
        for (int status = 180; status <= 183; status += 3) {
            dialog_ring(callee->dialog, status == 183 ? KIT_SDP_2 : NULL);
            do
                peer_expect(&peer, "SIP/2.0 1", 1000);
            while (!strncmp(peer.in, "SIP/2.0 100", 11));
            assert_int_equal(atoi(peer.in + 8), status);
            if (peer_says(&peer, "Require: 100rel") != rows[i].reliable)
                print_error("row %zu: %s\n", i, peer.in);
            assert_int_equal(peer_says(&peer, "Require: 100rel"), rows[i].reliable);
            assert_int_equal(peer_says(&peer, "RSeq: "), rows[i].reliable);
            if (rows[i].reliable)
                pracks(NULL);
        }
        dialog_answer(callee->dialog, KIT_SDP_2);
        takes_the_answer();
        until(callee->acked == 1);
        ends();
    }
}

static void refuses_who_cannot(void **state)
{
    (void)state;
    alice.terms.rel100 = UA_REL100_REQUIRED;
    invited("Supported: timer\r\n", KIT_SDP);
    peer_expect(&peer, "SIP/2.0 421", 1000);
    assert_true(peer_says(&peer, "Require: 100rel"));
    peer_send(&peer, "ACK", NULL, NULL);
    until(callee->ended);
    assert_int_equal(callee->status, 421);
}

/* It comes again until PRACK does, and the answer waits for that. */
static void the_answer_waits(void **state)
{
    (void)state;
    invited("Require: 100rel\r\n", KIT_SDP);
    dialog_ring(callee->dialog, KIT_SDP_2);
    dialog_answer(callee->dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    peer_expect(&peer, "SIP/2.0 183", 1000);
    peer_expect(&peer, "SIP/2.0 183", 1500);
    peer_send(&peer, "PRACK", rack_line(), NULL);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    if (peer_says(&peer, " PRACK\r\n"))
        takes_the_answer();
    else {
        peer_expect(&peer, "SIP/2.0 200", 1000);
        assert_true(peer_says(&peer, " PRACK\r\n"));
        peer.cseq = 1;
        peer_send(&peer, "ACK", NULL, NULL);
    }
    until(callee->acked == 1);
    ends();
}

static void wrong_pracks(void **state)
{
    (void)state;
    invited("Require: 100rel\r\n", KIT_SDP);
    dialog_ring(callee->dialog, NULL);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    peer_expect(&peer, "SIP/2.0 180", 1000);
    peer_send(&peer, "PRACK", "RAck: 1 1 INVITE\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 481", 1000);
    peer_send(&peer, "PRACK", NULL, NULL);
    peer_expect(&peer, "SIP/2.0 4", 1000);
    assert_int_equal(callee->ended, 0);
    dialog_reject(callee->dialog, 486, NULL, 0, NULL);
    peer_expect(&peer, "SIP/2.0 486", 1000);
    peer.cseq = 1;
    peer_send(&peer, "ACK", NULL, NULL);
    until(callee->ended);
}

/* An INVITE without an offer: 183 has it, PRACK the answer, and 200 nothing more. */
static void late_offer_early(void **state)
{
    (void)state;
    alice.terms.rel100 = UA_REL100_SUPPORTED;
    invited("Supported: 100rel\r\n", NULL);
    assert_true(dialog_offers_early(callee->dialog));
    dialog_ring(callee->dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    peer_expect(&peer, "SIP/2.0 183", 1000);
    assert_non_null(strstr(peer.in, KIT_SDP_2));
    pracks(KIT_SDP);
    until(callee->acked == 1);
    assert_string_equal(callee->sdp, KIT_SDP);
    dialog_answer(callee->dialog, NULL);
    takes_the_answer();
    assert_true(peer_says(&peer, "Content-Length: 0"));
    until(callee->acked == 2);
    ends();
}

static void offer_in_prack(void **state)
{
    (void)state;
    invited("Require: 100rel\r\n", KIT_SDP);
    dialog_ring(callee->dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    peer_expect(&peer, "SIP/2.0 183", 1000);
    peer_send(&peer, "PRACK", rack_line(), KIT_SDP_2);
    until(callee->reoffers == 1);
    assert_string_equal(callee->sdp, KIT_SDP_2);
    dialog_reoffer_answer(callee->dialog, KIT_SDP);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_true(peer_says(&peer, " PRACK\r\n"));
    assert_non_null(strstr(peer.in, KIT_SDP));
    dialog_answer(callee->dialog, KIT_SDP);
    takes_the_answer();
    until(callee->acked == 1);
    ends();
}

static void update_before_the_answer(void **state)
{
    (void)state;
    invited("Require: 100rel\r\n", KIT_SDP);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    dialog_ring(callee->dialog, NULL);
    peer_expect(&peer, "SIP/2.0 180", 1000);
    pracks(NULL);
    dialog_ring(callee->dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 183", 1000);
    pracks(NULL);
    peer_send(&peer, "UPDATE", NULL, KIT_SDP_2);
    until(callee->reoffers == 1);
    dialog_reoffer_answer(callee->dialog, KIT_SDP);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    assert_true(peer_says(&peer, " UPDATE\r\n"));
    assert_non_null(strstr(peer.in, KIT_SDP));
    dialog_answer(callee->dialog, KIT_SDP);
    takes_the_answer();
    until(callee->acked == 1);
    ends();
}

static void update_too_early(void **state)
{
    (void)state;
    invited(NULL, KIT_SDP);
    peer_expect(&peer, "SIP/2.0 100", 1000);
    dialog_ring(callee->dialog, NULL);
    peer_expect(&peer, "SIP/2.0 180", 1000);
    peer_send(&peer, "UPDATE", NULL, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 500", 1000);
    assert_true(peer_says(&peer, "Retry-After: "));
    assert_int_equal(callee->reoffers, 0);
    dialog_answer(callee->dialog, KIT_SDP_2);
    takes_the_answer();
    until(callee->acked == 1);
    ends();
}

/* ---- the phone calls */

static void calls_out(enum ua_rel100 rel100)
{
    alice.terms.rel100 = rel100;
    assert_int_equal(phone_call(&alice, &caller, peer_uri(&peer), KIT_SDP), 0);
    peer_expect(&peer, "INVITE ", 2000);
}

static void sends_prack(void **state)
{
    static char invite[8192];

    (void)state;
    calls_out(UA_REL100_SUPPORTED);
    assert_true(peer_says(&peer, "Supported: timer, 100rel"));
    assert_false(peer_says(&peer, "Require: "));
    memcpy(invite, peer.request, sizeof invite);
    peer_reply(&peer, 183, "Require: 100rel\r\nRSeq: 7\r\n", KIT_SDP_2);
    until(caller.progress == 1);
    assert_string_equal(caller.sdp, KIT_SDP_2);
    peer_expect(&peer, "PRACK ", 1000);
    assert_true(peer_says(&peer, "RAck: 7 "));
    assert_true(peer_says(&peer, " INVITE\r\n"));
    peer_reply(&peer, 200, NULL, NULL);
    /* before it is answered, its callee changes the session */
    peer_send(&peer, "UPDATE", NULL, KIT_SDP);
    until(caller.reoffers == 1);
    dialog_reoffer_answer(caller.dialog, KIT_SDP_2);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    memcpy(peer.request, invite, sizeof invite);
    peer_reply(&peer, 180, "Require: 100rel\r\nRSeq: 8\r\n", NULL);
    peer_expect(&peer, "PRACK ", 1000);
    assert_true(peer_says(&peer, "RAck: 8 "));
    peer_reply(&peer, 200, NULL, NULL);
    memcpy(peer.request, invite, sizeof invite);
    peer_reply(&peer, 200, NULL, NULL);
    until(caller.answered == 1);
    assert_string_equal(caller.sdp, "");
    dialog_ack(caller.dialog, NULL);
    peer_expect(&peer, "ACK ", 1000);
    dialog_hangup(caller.dialog, 0, 0);
    peer_expect(&peer, "BYE ", 1000);
    peer_reply(&peer, 200, NULL, NULL);
    until(caller.ended);
}

static void requires_it(void **state)
{
    (void)state;
    calls_out(UA_REL100_REQUIRED);
    assert_true(peer_says(&peer, "Require: 100rel"));
    peer_reply(&peer, 420, "Unsupported: 100rel\r\n", NULL);
    until(caller.ended);
    assert_int_equal(caller.status, 420);
}

static void does_not_say_it(void **state)
{
    (void)state;
    calls_out(UA_REL100_OFF);
    assert_false(peer_says(&peer, "100rel"));
    peer_reply(&peer, 486, NULL, NULL);
    until(caller.ended);
}

/* Two of ours. */
static void two_of_us(void **state)
{
    (void)state;
    alice.terms.rel100 = UA_REL100_REQUIRED;
    phone_call(&alice, &caller, phone_uri(&bob, "udp"), KIT_SDP);
    until(bob.calls == 1);
    dialog_ring(bob.incoming[0].dialog, NULL);
    until(caller.progress == 1);
    dialog_ring(bob.incoming[0].dialog, KIT_SDP_2);
    dialog_answer(bob.incoming[0].dialog, KIT_SDP_2);
    until(caller.answered == 1);
    assert_int_equal(caller.progress, 2);
    dialog_ack(caller.dialog, NULL);
    until(bob.incoming[0].acked == 1);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && bob.incoming[0].ended);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(is_as_asked),      CASE(refuses_who_cannot),       CASE(the_answer_waits),
        CASE(wrong_pracks),     CASE(late_offer_early),         CASE(offer_in_prack),
        CASE(update_too_early), CASE(update_before_the_answer), CASE(sends_prack),
        CASE(requires_it),      CASE(does_not_say_it),          CASE(two_of_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
