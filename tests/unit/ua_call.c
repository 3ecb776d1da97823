/* ua_call.c: two user agents call each other over real sockets. */
#include "ua_kit.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct phone alice, bob;
static struct side caller, second;
static struct side *const callee = &bob.incoming[0];

static int setup_with(const char *transports, bool v6)
{
    kit_start();
    phone_start(&alice, transports, v6);
    phone_start(&bob, transports, v6);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with("udp", false);
}

static int setup_tcp(void **state)
{
    (void)state;
    return setup_with("tcp", false);
}

static int setup_both(void **state)
{
    (void)state;
    return setup_with("udp,tcp", false);
}

static int setup_v6(void **state)
{
    (void)state;
    return setup_with("udp", true);
}

static int teardown(void **state)
{
    (void)state;
    phone_stop(&alice);
    phone_stop(&bob);
    kit_stop();
    return 0;
}

/* alice calls, bob has it ringing */
static void call(const char *transport, const char *sdp)
{
    assert_int_equal(phone_call(&alice, &caller, phone_uri(&bob, transport), sdp), 0);
    until(bob.calls == 1);
}

static void talk(const char *transport)
{
    call(transport, KIT_SDP);
    assert_int_equal(dialog_answer(callee->dialog, KIT_SDP_2), 0);
    until(caller.answered);
    assert_string_equal(caller.sdp, KIT_SDP_2);
    assert_int_equal(dialog_ack(caller.dialog, NULL), 0);
    until(callee->acked);
}

static void check_over(const struct side *side, int status, bool remote)
{
    assert_int_equal(side->ended, 1);
    assert_int_equal(side->status, status);
    assert_int_equal(side->remote, remote);
}

static void drained(void)
{
    until(ua_dialogs(alice.ua) == 0 && ua_dialogs(bob.ua) == 0);
}

static void rings_and_is_answered(const char *transport)
{

    call(transport, KIT_SDP);
    assert_string_equal(dialog_invite_of(callee->dialog)->sdp, KIT_SDP);
    assert_string_equal(dialog_invite_of(callee->dialog)->from_user, "caller");
    assert_string_equal(dialog_invite_of(callee->dialog)->to_user, "callee");
    assert_int_equal(dialog_ring(callee->dialog, NULL), 0);
    until(caller.progress);
    assert_int_equal(caller.progress_status, 180);
    assert_int_equal(dialog_answer(callee->dialog, KIT_SDP_2), 0);
    until(caller.answered);
    assert_string_equal(caller.sdp, KIT_SDP_2);
    assert_int_equal(dialog_ack(caller.dialog, NULL), 0);
    until(callee->acked);
    dialog_hangup(caller.dialog, 0, 16);
    until(caller.ended && callee->ended);
    check_over(&caller, 200, false);
    check_over(callee, 200, true);
    assert_int_equal(callee->q850, 16);
    assert_int_equal(bob.asked, 1);
    drained();
}

static void calls_over_udp(void **state)
{
    (void)state;
    rings_and_is_answered("udp");
}

static void calls_over_tcp(void **state)
{
    (void)state;
    rings_and_is_answered("tcp");
}

static void callee_hangs_up(void **state)
{

    (void)state;
    talk("udp");
    dialog_hangup(callee->dialog, 0, 0);
    until(caller.ended && callee->ended);
    check_over(&caller, 200, true);
    check_over(callee, 200, false);
    drained();
}

static void both_hang_up(void **state)
{

    (void)state;
    talk("udp");
    dialog_hangup(callee->dialog, 0, 0);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    kit_idle(100);
    assert_int_equal(caller.ended, 1);
    assert_int_equal(callee->ended, 1);
    drained();
}

static void caller_cancels(void **state)
{

    (void)state;
    call("udp", KIT_SDP);
    dialog_ring(callee->dialog, NULL);
    until(caller.progress);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    check_over(&caller, 487, false);
    check_over(callee, 487, true);
    drained();
}

/* the CANCEL waits for a provisional response that never comes */
static void caller_cancels_the_silent(void **state)
{
    unsigned port;
    char uri[64];
    int fd = raw_open(&port);

    (void)state;
    snprintf(uri, sizeof uri, "sip:x@127.0.0.1:%u", port);
    assert_int_equal(phone_call(&alice, &caller, uri, KIT_SDP), 0);
    kit_idle(50);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended);
    check_over(&caller, 487, false);
    close(fd);
}

static void answer_crosses_cancel(void **state)
{

    (void)state;
    call("udp", KIT_SDP);
    dialog_ring(callee->dialog, NULL);
    until(caller.progress);
    dialog_answer(callee->dialog, KIT_SDP_2);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    assert_int_equal(caller.answered, 0);
    assert_false(caller.remote);
    check_over(&caller, 487, false);
    assert_int_equal(callee->ended, 1);
    drained();
}

static void refused(void **state)
{
    static const struct {
        int status;
        const char *phrase;
    } rows[] = {{486, "Busy Here"}, {603, "Decline"}, {404, "Not Found"}, {503, "Full"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bob.calls = 0;
        call("udp", KIT_SDP);
        assert_int_equal(dialog_reject(callee->dialog, rows[i].status, rows[i].phrase, 305,
                                       "offered G729, supported \"PCMU\"\r\n"),
                         0);
        until(caller.ended && callee->ended);
        check_over(&caller, rows[i].status, true);
        check_over(callee, rows[i].status, false);
        assert_string_equal(caller.phrase, rows[i].phrase);
        drained();
    }
}

static void hung_up_unanswered(void **state)
{

    (void)state;
    call("udp", KIT_SDP);
    dialog_hangup(callee->dialog, 0, 20);
    until(caller.ended && callee->ended);
    check_over(&caller, 480, true);
    assert_int_equal(caller.q850, 20);
    check_over(callee, 480, false);
    drained();
}

static void not_kept(void **state)
{

    (void)state;
    bob.keep = false;
    call("udp", KIT_SDP);
    until(caller.ended);
    check_over(&caller, 500, true);
    drained();
}

static void ring_timeout(void **state)
{
    struct dialog_target target = {
        .uri = phone_uri(&bob, "udp"), .from_user = "1", .sdp = KIT_SDP, .ring_timeout = 1};
    struct dialog *dialog;

    (void)state;
    memset(&caller, 0, sizeof caller);
    assert_int_equal(dialog_invite(alice.ua, &target, &side_handlers, &caller, &dialog), 0);
    caller.dialog = mem_ref(dialog);
    until(bob.calls == 1);
    dialog_ring(callee->dialog, NULL);
    until(caller.ended && callee->ended);
    check_over(&caller, 408, false);
    assert_string_equal(caller.phrase, "Ring timeout");
    assert_true(dialog_timed_out(dialog));
    check_over(callee, 487, true);
    mem_unref(dialog);
    drained();
}

static void late_offer(void **state)
{

    (void)state;
    call("udp", NULL);
    assert_null(dialog_invite_of(callee->dialog)->sdp);
    dialog_answer(callee->dialog, KIT_SDP);
    until(caller.answered);
    assert_string_equal(caller.sdp, KIT_SDP);
    dialog_ack(caller.dialog, KIT_SDP_2);
    until(callee->acked);
    assert_string_equal(callee->sdp, KIT_SDP_2);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    drained();
}

static void early_media(void **state)
{

    (void)state;
    call("udp", KIT_SDP);
    dialog_ring(callee->dialog, KIT_SDP_2);
    until(caller.progress);
    assert_int_equal(caller.progress_status, 183);
    assert_string_equal(caller.sdp, KIT_SDP_2);
    assert_true(strlen(caller.branch) > 0);
    dialog_answer(callee->dialog, KIT_SDP_2);
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    until(callee->acked);
    dialog_hangup(callee->dialog, 0, 0);
    until(caller.ended && callee->ended);
    drained();
}

static void reinvites(void **state)
{

    (void)state;
    talk("udp");
    for (int i = 0; i < 3; i++) { /* either side may, more than once */
        struct side *from = i % 2 ? callee : &caller, *to = i % 2 ? &caller : callee;
        int answered = from->answered, acked = to->acked, reoffers = to->reoffers;

        assert_int_equal(dialog_reinvite(from->dialog, KIT_SDP), 0);
        assert_int_equal(dialog_reinvite(from->dialog, KIT_SDP), EBUSY);
        until(to->reoffers == reoffers + 1);
        assert_string_equal(to->sdp, KIT_SDP);
        assert_int_equal(dialog_reoffer_answer(to->dialog, KIT_SDP_2), 0);
        until(from->answered == answered + 1);
        assert_string_equal(from->sdp, KIT_SDP_2);
        assert_int_equal(dialog_ack(from->dialog, NULL), 0);
        until(to->acked == acked + 1);
    }
    /* without an offer: the other side makes one, the ACK answers */
    assert_int_equal(dialog_reinvite(caller.dialog, NULL), 0);
    until(callee->reoffers == 3);
    assert_string_equal(callee->sdp, "");
    dialog_reoffer_answer(callee->dialog, KIT_SDP);
    until(caller.answered == 4);
    dialog_ack(caller.dialog, KIT_SDP_2);
    until(!strcmp(callee->sdp, KIT_SDP_2));
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    drained();
}

static void reinvite_refused(void **state)
{

    (void)state;
    talk("udp");
    caller.progress = 0;
    dialog_reinvite(caller.dialog, KIT_SDP);
    until(callee->reoffers);
    assert_int_equal(dialog_reoffer_reject(callee->dialog, 488, NULL, 305, "offered x"), 0);
    until(caller.progress);
    assert_int_equal(caller.progress_status, 488);
    assert_int_equal(caller.ended, 0);
    assert_int_equal(dialog_reinvite(caller.dialog, KIT_SDP), 0); /* the call is as it was */
    until(callee->reoffers == 2);
    dialog_hangup(caller.dialog, 0, 0); /* with the answer outstanding */
    until(caller.ended && callee->ended);
    check_over(&caller, 200, false);
    check_over(callee, 200, true);
    assert_null(callee->dialog);
    drained();
}

/* Each meets the other's: after a while of chance one comes through, and the other, which may be
 * out of date by then, is told to its owner. */
static void reinvites_cross(void **state)
{
    struct side *first, *other;

    (void)state;
    talk("udp");
    caller.progress = callee->progress = 0;
    assert_int_equal(dialog_reinvite(caller.dialog, KIT_SDP), 0);
    assert_int_equal(dialog_reinvite(callee->dialog, KIT_SDP), 0);
    until(caller.reoffers || callee->reoffers);
    first = caller.reoffers ? callee : &caller;
    other = caller.reoffers ? &caller : callee;
    assert_int_equal(other->progress, 1);
    assert_int_equal(other->progress_status, 491);
    dialog_reoffer_answer(other->dialog, KIT_SDP_2);
    until(first->answered == (first == &caller ? 2 : 1));
    assert_int_equal(first->progress, 0);
    dialog_ack(first->dialog, NULL);
    kit_idle(100);
    assert_int_equal(dialog_reinvite(other->dialog, KIT_SDP), 0);
    until(first->reoffers == 1);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && callee->ended);
    drained();
}

static void owner_leaves(void **state)
{

    (void)state;
    talk("udp");
    dialog_handle(caller.dialog, NULL, NULL);
    caller.dialog = mem_unref(caller.dialog);
    until(callee->ended);
    check_over(callee, 200, true);
    drained();
    assert_int_equal(caller.ended, 0);
}

static void headers_travel(void **state)
{
    static const struct ua_header headers[] = {
        {"X-Colour", "gr\xc3\xbcn, and \"blue\""},
        {"x-lower", "1"},
        {"User-to-User", "56a390f3d2b7310023a2;encoding=hex"},
        {"P-Other", "not for the callee"},
    };
    struct dialog_target target = {.uri = phone_uri(&bob, "udp"),
                                   .from_user = "+1555@x",
                                   .from_display = "Al \"the\" Ice",
                                   .from_host = "example.test",
                                   .headers = headers,
                                   .header_count = 4,
                                   .sdp = KIT_SDP};
    const struct dialog_invite *invite;

    (void)state;
    memset(&caller, 0, sizeof caller);
    assert_int_equal(dialog_invite(alice.ua, &target, &side_handlers, &caller, &caller.dialog), 0);
    until(bob.calls == 1);
    invite = dialog_invite_of(callee->dialog);
    assert_string_equal(invite->from_user, "+1555@x");
    assert_string_equal(invite->from_display, "Al \"the\" Ice");
    assert_string_equal(invite->from_host, "example.test");
    assert_int_equal(invite->header_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(invite->headers[i].name, headers[i].name);
        assert_string_equal(invite->headers[i].value, headers[i].value);
    }
    dialog_hangup(callee->dialog, 486, 0);
    until(caller.ended && callee->ended);
    drained();
}

static void refuses_bad_targets(void **state)
{
    static const struct {
        const char *uri, *name, *value, *user, *display;
        int err;
    } rows[] = {
        {"sip:a@127.0.0.1:9", "X-A", "b\r\nVia: evil", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "X-A", "b\nc", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "X A", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "X-A:", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "Contact", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "content-length", "0", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "X-A", "b", "u\r\n", NULL, EINVAL},
        {"sip:a@127.0.0.1:9", "X-A", "b", "u", "d\r\nX: y", EINVAL},
        {"sip:a@127.0.0.1:9\r\nX: y", "X-A", "b", "u", NULL, EINVAL},
        {"sip:a b@127.0.0.1:9", "X-A", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9?Subject=x", "X-A", "b", "u", NULL, EINVAL},
        {"tel:15550100003", "X-A", "b", "u", NULL, EINVAL},
        {"http://127.0.0.1/", "X-A", "b", "u", NULL, EINVAL},
        {"sip:", "X-A", "b", "u", NULL, EINVAL},
        {"", "X-A", "b", "u", NULL, EINVAL},
        {"sip:a@127.0.0.1:9;transport=tcp", "X-A", "b", "u", NULL, EPROTONOSUPPORT},
        {"sip:a@127.0.0.1:9;transport=tls", "X-A", "b", "u", NULL, EPROTONOSUPPORT},
        {"sip:a@[::1]:9", "X-A", "b", "u", NULL, EPROTONOSUPPORT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ua_header header = {rows[i].name, rows[i].value};
        struct dialog_target target = {.uri = rows[i].uri,
                                       .from_user = rows[i].user,
                                       .from_display = rows[i].display,
                                       .headers = &header,
                                       .header_count = 1,
                                       .sdp = KIT_SDP};
        struct side side = {0};
        int err = dialog_invite(alice.ua, &target, &side_handlers, &side, &side.dialog);

        if (err != rows[i].err)
            print_error("row %zu: %d\n", i, err);
        assert_int_equal(err, rows[i].err);
        assert_null(side.dialog);
    }
    assert_int_equal(ua_dialogs(alice.ua), 0);
}

static void nobody_there(const char *transport)
{
    struct dialog *dialog;
    unsigned port;
    char uri[64];
    int fd = raw_open(&port);

    close(fd);
    snprintf(uri, sizeof uri, "sip:x@127.0.0.1:%u;transport=%s", port, transport);
    assert_int_equal(phone_call(&alice, &caller, uri, KIT_SDP), 0);
    dialog = mem_ref(caller.dialog);
    until(caller.ended);
    check_over(&caller, 408, false);
    assert_int_equal(dialog_transport_error(dialog), ECONNREFUSED);
    mem_unref(dialog);
    drained();
}

static void refused_by_icmp(void **state)
{
    (void)state;
    nobody_there("udp");
}

static void refused_by_tcp(void **state)
{
    (void)state;
    nobody_there("tcp");
}

static void drains(void **state)
{

    (void)state;
    talk("udp");
    ua_drain(bob.ua, true);
    assert_int_equal(phone_call(&alice, &second, phone_uri(&bob, "udp"), KIT_SDP), 0);
    until(second.ended);
    check_over(&second, 503, true);
    assert_int_equal(caller.ended, 0); /* what is up stays up */
    ua_drain(bob.ua, false);
    assert_int_equal(phone_call(&alice, &second, phone_uri(&bob, "udp"), KIT_SDP), 0);
    until(bob.calls == 2);
    dialog_hangup(second.dialog, 0, 0);
    dialog_hangup(caller.dialog, 0, 0);
    until(second.ended && caller.ended);
    drained();
}

static void busy_verdict(void **state)
{

    (void)state;
    bob.verdict = UA_BUSY;
    assert_int_equal(phone_call(&alice, &caller, phone_uri(&bob, "udp"), KIT_SDP), 0);
    until(caller.ended);
    check_over(&caller, 503, true);
    assert_int_equal(bob.calls, 0);
    drained();
}

static void stops_in_mid_call(void **state)
{

    (void)state;
    talk("udp");
    assert_int_equal(phone_call(&alice, &second, phone_uri(&bob, "udp"), KIT_SDP), 0);
    until(bob.calls == 2);
    phone_stop(&bob);
    until(caller.ended && second.ended);
    check_over(&caller, 200, true);
    check_over(&second, 503, true);
    assert_int_equal(bob.incoming[0].ended, 1);
    assert_int_equal(bob.incoming[1].ended, 1);
    until(ua_dialogs(alice.ua) == 0);
    phone_start(&bob, "udp", false);
}

static void calls_itself(void **state)
{
    struct side *other = &alice.incoming[0];

    (void)state;
    assert_int_equal(phone_call(&alice, &caller, phone_uri(&alice, "udp"), KIT_SDP), 0);
    until(alice.calls == 1);
    dialog_answer(other->dialog, KIT_SDP_2);
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    until(other->acked);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended && other->ended);
    drained();
}

static void addresses(void **state)
{
    struct ua_handlers none = {0};
    struct ua_listen taken = {"udp", "127.0.0.1", ua_port(alice.ua, "udp")};
    struct ua_listen odd[] = {{"sctp", "127.0.0.1", 0}, {"udp", "localhost", 0}, {"udp", "", 0}};
    struct ua_conf conf = {.listen = &taken, .listen_count = 1};
    char text[128];
    struct ua *ua = NULL;

    (void)state;
    snprintf(text, sizeof text, "udp:127.0.0.1:%u,tcp:127.0.0.1:%u", ua_port(alice.ua, "udp"),
             ua_port(alice.ua, "tcp"));
    assert_string_equal(ua_address(alice.ua), text);
    assert_int_equal(ua_port(alice.ua, "tls"), 0);
    assert_int_equal(ua_start(&ua, ua_root_su(kit_root), &conf, &none), EADDRINUSE);
    strcpy(taken.transport, "tcp");
    taken.port = ua_port(alice.ua, "tcp");
    assert_int_equal(ua_start(&ua, ua_root_su(kit_root), &conf, &none), EADDRINUSE);
    for (int i = 0; i < 3; i++) {
        conf.listen = &odd[i];
        assert_int_equal(ua_start(&ua, ua_root_su(kit_root), &conf, &none), EINVAL);
    }
    assert_null(ua);
}

#define CASE(test, with) cmocka_unit_test_setup_teardown(test, with, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(calls_over_udp, setup),        CASE(calls_over_tcp, setup_tcp),
        CASE(calls_over_tcp, setup_both),   CASE(calls_over_udp, setup_v6),
        CASE(callee_hangs_up, setup),       CASE(both_hang_up, setup),
        CASE(caller_cancels, setup),        CASE(caller_cancels_the_silent, setup),
        CASE(answer_crosses_cancel, setup), CASE(refused, setup),
        CASE(hung_up_unanswered, setup),    CASE(not_kept, setup),
        CASE(ring_timeout, setup),          CASE(late_offer, setup),
        CASE(early_media, setup),           CASE(reinvites, setup),
        CASE(reinvite_refused, setup),      CASE(reinvites_cross, setup),
        CASE(owner_leaves, setup),          CASE(headers_travel, setup),
        CASE(refuses_bad_targets, setup),   CASE(refused_by_icmp, setup),
        CASE(refused_by_tcp, setup_tcp),    CASE(drains, setup),
        CASE(busy_verdict, setup),          CASE(stops_in_mid_call, setup),
        CASE(calls_itself, setup),          CASE(addresses, setup_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
