/* ua_refer.c: REFER and Replaces on the wire (RFC 3515, RFC 3891). */
#include "ua_peer.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct phone alice;
static struct peer peer, other;
static struct side *const callee = &alice.incoming[0];

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&alice, "udp", false);
    peer_start(&peer, &alice);
    peer_start(&other, &alice);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_stop(&peer);
    peer_stop(&other);
    phone_stop(&alice);
    kit_stop();
    return 0;
}

static void ends(struct peer *of, struct side *side)
{
    peer_send(of, "BYE", NULL, NULL);
    peer_expect(of, "SIP/2.0 200", 1000);
    until(side->ended);
}

static void notified(const char *fragment, const char *subscription)
{
    peer_expect(&peer, "NOTIFY ", 1000);
    if (!peer_says(&peer, fragment) || !peer_says(&peer, subscription))
        print_error("wanted %s, %s: %s\n", fragment, subscription, peer.in);
    assert_true(peer_says(&peer, fragment));
    assert_true(peer_says(&peer, subscription));
    assert_true(peer_says(&peer, "Event: refer"));
    assert_true(peer_says(&peer, "Content-Type: message/sipfrag"));
    peer_reply(&peer, 200, NULL, NULL);
}

static void tells_what_comes_of_it(void **state)
{
    (void)state;
    peer_calls(&peer, NULL);
    for (int i = 0; i < 2; i++) {
        peer_send(&peer, "REFER",
                  "Refer-To: <sip:%2B15550100003@127.0.0.1:5;user=phone>\r\n"
                  "Referred-By: <sip:boss@127.0.0.1>\r\n",
                  NULL);
        peer_expect(&peer, "SIP/2.0 202", 1000);
        assert_int_equal(callee->refers, i + 1);
        assert_string_equal(callee->refer, "sip:+15550100003@127.0.0.1:5;user=phone +15550100003 "
                                           "127.0.0.1 sip:boss@127.0.0.1 -");
        notified("SIP/2.0 100 Trying", "Subscription-State: ");
        dialog_refer_told(callee->dialog, 180);
        notified("SIP/2.0 180 Ringing", "Subscription-State: active");
        dialog_refer_told(callee->dialog, i ? 200 : 486);
        notified(i ? "SIP/2.0 200 OK" : "SIP/2.0 486 Busy Here", "Subscription-State: terminated");
        dialog_refer_told(callee->dialog, 200); /* once is enough */
        peer_expect_silence(&peer, 100);
    }
    ends(&peer, callee);
}

static void one_at_a_time(void **state)
{
    (void)state;
    peer_calls(&peer, NULL);
    peer_send(&peer, "REFER", "Refer-To: <tel:+15550100003>\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 202", 1000);
    assert_string_equal(callee->refer, "tel:+15550100003 +15550100003   -");
    notified("SIP/2.0 100 Trying", "Subscription-State: ");
    peer_send(&peer, "REFER", "Refer-To: <tel:+15550100004>\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 491", 1000);
    assert_int_equal(callee->refers, 1);
    ends(&peer, callee); /* with the news of it outstanding */
}

static void refused(void **state)
{
    static const struct {
        const char *to;
        int status, asked;
    } rows[] = {
        {"Refer-To: <http://127.0.0.1/>\r\n", 400, 0},
        {"Refer-To: <mailto:a@b>\r\n", 400, 0},
        {"Refer-To: *\r\n", 400, 0},
        {NULL, 400, 0},
        {"Refer-To: <sip:a%0d%0aX@127.0.0.1>\r\n", 400, 0},
        {"Refer-To: <sip:a@127.0.0.1?Replaces=%3b%3b>\r\n", 400, 0},
        {"Refer-To: <sip:a@127.0.0.1>\r\n", 603, 1},
    };

    (void)state;
    peer_calls(&peer, NULL);
    callee->refer_status = 603;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char start[16];

        callee->refers = 0;
        snprintf(start, sizeof start, "SIP/2.0 %d", rows[i].status);
        peer_send(&peer, "REFER", rows[i].to, NULL);
        peer_expect(&peer, start, 1000);
        assert_int_equal(callee->refers, rows[i].asked);
    }
    peer_expect_silence(&peer, 100);
    assert_int_equal(callee->ended, 0);
    ends(&peer, callee);
}

static void not_for_strangers(void **state)
{
    (void)state;
    peer_calls(&peer, NULL); /* to have its headers */
    ends(&peer, callee);
    peer.tag[0] = '\0';
    strcpy(peer.call_id, "outside");
    peer_send(&peer, "REFER", "Refer-To: <sip:a@127.0.0.1>\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 400", 1000);
    peer_expect_silence(&peer, 100);
}

/* Of a call of ours, or of somebody else's. */
static void with_replaces(void **state)
{
    char line[600];

    (void)state;
    peer_calls(&peer, NULL);
    peer_calls(&other, NULL);
    snprintf(line, sizeof line,
             "Refer-To: <sip:a@127.0.0.1?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3Dhand>\r\n",
             other.call_id, other.tag);
    peer_send(&peer, "REFER", line, NULL);
    peer_expect(&peer, "SIP/2.0 202", 1000);
    assert_ptr_equal(callee->refer_with, alice.incoming[1].dialog);
    snprintf(line, sizeof line, "%s;to-tag=%s;from-tag=hand", other.call_id, other.tag);
    assert_non_null(strstr(callee->refer, line));
    notified("SIP/2.0 100 Trying", "Subscription-State: ");
    dialog_refer_told(callee->dialog, 200);
    notified("SIP/2.0 200 OK", "Subscription-State: terminated");
    peer_send(&peer, "REFER",
              "Refer-To: <sip:a@127.0.0.1?Replaces=x%3Bto-tag%3Dy%3Bfrom-tag%3Dz>\r\n", NULL);
    peer_expect(&peer, "SIP/2.0 202", 1000);
    assert_null(callee->refer_with);
    assert_non_null(strstr(callee->refer, "x;to-tag=y;from-tag=z"));
    notified("SIP/2.0 100 Trying", "Subscription-State: ");
    ends(&peer, callee);
    ends(&other, &alice.incoming[1]);
}

static void invite_with_replaces(void **state)
{
    char line[400];

    (void)state;
    peer_calls(&peer, NULL);
    snprintf(line, sizeof line, "Replaces: %s;to-tag=%s;from-tag=hand\r\n", peer.call_id, peer.tag);
    peer_send(&other, "INVITE", line, KIT_SDP);
    until(alice.calls == 2);
    assert_ptr_equal(alice.replaced, callee->dialog);
    dialog_answer(alice.incoming[1].dialog, KIT_SDP_2);
    peer_expect(&other, "SIP/2.0 200", 1000);
    peer_send(&other, "ACK", NULL, NULL);
    until(alice.incoming[1].acked);
    ends(&other, &alice.incoming[1]);
    ends(&peer, callee);
}

static void replaces_nothing(void **state)
{
    char line[400];

    (void)state;
    peer_calls(&peer, NULL);
    peer_send(&other, "INVITE", "Replaces: x;to-tag=y;from-tag=z\r\n", KIT_SDP);
    peer_expect(&other, "SIP/2.0 481", 1000);
    peer_send(&other, "ACK", NULL, NULL);
    other.tag[0] = '\0';
    snprintf(line, sizeof line, "Replaces: %s;to-tag=wrong;from-tag=hand\r\n", peer.call_id);
    peer_send(&other, "INVITE", line, KIT_SDP);
    peer_expect(&other, "SIP/2.0 481", 1000);
    peer_send(&other, "ACK", NULL, NULL);
    other.tag[0] = '\0';
    snprintf(line, sizeof line, "Replaces: %s;to-tag=%s;from-tag=hand;early-only\r\n", peer.call_id,
             peer.tag);
    peer_send(&other, "INVITE", line, KIT_SDP);
    peer_expect(&other, "SIP/2.0 486", 1000);
    peer_send(&other, "ACK", NULL, NULL);
    assert_int_equal(alice.calls, 1);
    ends(&peer, callee);
}

static void news(const char *fragment, const char *state, int count, int status)
{
    char lines[256];

    snprintf(lines, sizeof lines,
             "Event: refer\r\nSubscription-State: %s\r\nContent-Type: message/sipfrag\r\n", state);
    peer_send(&peer, "NOTIFY", lines, fragment);
    peer_expect(&peer, "SIP/2.0 200", 1000);
    until(callee->referred == count);
    assert_int_equal(callee->referred_status, status);
}

static void refers_its_peer(void **state)
{
    (void)state;
    peer_calls(&peer, NULL);
    assert_int_equal(dialog_refer(callee->dialog, "http://x/"), EINVAL);
    assert_int_equal(dialog_refer(callee->dialog, "sip:"), EINVAL);
    assert_int_equal(dialog_refer(callee->dialog, "sip:a@b>\r\nX: y"), EINVAL);
    assert_int_equal(dialog_refer(callee->dialog, "sip:a@127.0.0.1;user=phone"), 0);
    assert_int_equal(dialog_refer(callee->dialog, "sip:a@127.0.0.1"), EBUSY);
    peer_expect(&peer, "REFER ", 1000);
    assert_true(peer_says(&peer, "Refer-To: <sip:a@127.0.0.1;user=phone>\r\n"));
    peer_reply(&peer, 202, NULL, NULL);
    news("SIP/2.0 100 Trying\r\n", "active;expires=60", 1, 100);
    news("SIP/2.0 180 Ringing\r\n", "active;expires=60", 2, 180);
    news("SIP/2.0 200 OK\r\n", "terminated;reason=noresource", 3, 200);
    assert_int_equal(callee->ended, 0);
    assert_int_equal(dialog_refer(callee->dialog, "tel:+15550100003"), 0); /* and again */
    peer_expect(&peer, "REFER ", 1000);
    peer_reply(&peer, 503, NULL, NULL);
    until(callee->referred == 4);
    assert_int_equal(callee->referred_status, 503);
    assert_int_equal(callee->ended, 0);
    ends(&peer, callee);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tells_what_comes_of_it), CASE(one_at_a_time),   CASE(refused),
        CASE(not_for_strangers),      CASE(with_replaces),   CASE(invite_with_replaces),
        CASE(replaces_nothing),       CASE(refers_its_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
