/* ua_info.c: INFO in a dialog, both ways, and outside of one. */
#include "ua_kit.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct phone alice, bob;
static struct side caller, *callee = &bob.incoming[0];
static const char relay[] = "application/dtmf-relay", five[] = "Signal=5\r\nDuration=160\r\n";

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&alice, "udp", false);
    phone_start(&bob, "udp", false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    phone_stop(&alice);
    phone_stop(&bob);
    kit_stop();
    return 0;
}

static void talk(void)
{
    assert_int_equal(phone_call(&alice, &caller, phone_uri(&bob, "udp"), KIT_SDP), 0);
    until(bob.calls == 1);
    assert_int_equal(dialog_info(caller.dialog, relay, five), ENOTCONN);
    assert_int_equal(dialog_answer(callee->dialog, KIT_SDP_2), 0);
    until(caller.answered);
    assert_int_equal(dialog_ack(caller.dialog, NULL), 0);
    until(callee->acked);
}

/* The answer to an INFO of the caller's. */
static int inform(const char *type, const char *body)
{
    int before = caller.informed;

    assert_int_equal(dialog_info(caller.dialog, type, body), 0);
    assert_int_equal(dialog_info(caller.dialog, type, body), EBUSY);
    until(caller.informed > before);
    assert_int_equal(caller.informed, before + 1);
    return caller.informed_status;
}

static void goes_both_ways(void **state)
{
    (void)state;
    talk();
    assert_int_equal(inform(relay, five), 200);
    assert_int_equal(callee->infos, 1);
    assert_string_equal(callee->type, relay);
    assert_string_equal(callee->body, five);
    assert_int_equal(inform("application/dtmf", "7"), 200);
    assert_string_equal(callee->body, "7");
    assert_int_equal(dialog_info(callee->dialog, "Application/DTMF-Relay", five), 0);
    until(callee->informed == 1);
    assert_int_equal(callee->informed_status, 200);
    assert_int_equal(caller.infos, 1);
    dialog_hangup(caller.dialog, 0, 0);
    assert_int_equal(dialog_info(caller.dialog, relay, five), ENOTCONN);
    until(caller.ended && callee->ended);
}

static void is_refused_by_its_type_and_its_body(void **state)
{
    (void)state;
    talk();
    assert_int_equal(inform("application/dtmf-relayed", five), 415);
    assert_int_equal(inform("text/plain", "hello"), 415);
    assert_int_equal(callee->infos, 0);
    callee->info_err = EINVAL;
    assert_int_equal(inform(relay, "nonsense"), 400);
    callee->info_err = 0;
    assert_int_equal(inform(relay, ""), 200); /* a sign of life */
    assert_int_equal(callee->infos, 1);
    assert_int_equal(inform(relay, five), 200); /* the call is as it was */
    dialog_hangup(callee->dialog, 0, 0);
    until(caller.ended && callee->ended);
}

static int hang_up(const char *type, const char *body, void *arg)
{
    struct side *side = arg;

    (void)type;
    (void)body;
    side->infos++;
    dialog_hangup(side->dialog, 0, 0);
    return 0;
}

static void a_call_may_end_by_one(void **state)
{
    struct dialog_handlers handlers = side_handlers;

    (void)state;
    handlers.info = hang_up;
    talk();
    dialog_handle(callee->dialog, &handlers, callee);
    assert_int_equal(dialog_info(caller.dialog, relay, five), 0);
    until(caller.ended && callee->ended);
    assert_int_equal(callee->infos, 1);
    assert_false(callee->remote);
    until(ua_dialogs(alice.ua) == 0 && ua_dialogs(bob.ua) == 0);
}

static size_t write_request(char *out, size_t size, const char *method, unsigned cseq,
                            const char *tag, unsigned port, const char *type, const char *body)
{
    return (size_t)snprintf(out, size,
                            "%s sip:bob@127.0.0.1 SIP/2.0\r\n"
                            "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u\r\n"
                            "From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:bob@127.0.0.1>%s%s\r\n"
                            "Call-ID: raw\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
                            "Contact: <sip:raw@127.0.0.1:%u>\r\n"
                            "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                            method, port, cseq, *tag ? ";tag=" : "", tag, cseq, method, port, type,
                            strlen(body), body);
}

static void expect(int fd, char *in, size_t room, int status)
{
    char line[32];

    snprintf(line, sizeof line, "SIP/2.0 %d ", status);
    do {
        assert_true(raw_receive(fd, in, room, 20000) > 0);
    } while (strncmp(in, "SIP/2.0 1", 9) == 0 && status > 199);
    if (strncmp(in, line, strlen(line)) != 0)
        fail_msg("%d was expected, not %s", status, in);
}

static void outside_of_a_dialog_is_481(void **state)
{
    char out[2048], in[2048];
    unsigned port, to = ua_port(bob.ua, "udp");
    int fd = raw_open(&port);

    (void)state;
    raw_send(fd, to, out, write_request(out, sizeof out, "INFO", 1, "", port, relay, five));
    expect(fd, in, sizeof in, 481);
    raw_send(fd, to, out, write_request(out, sizeof out, "INFO", 2, "none", port, relay, five));
    expect(fd, in, sizeof in, 481);
    assert_int_equal(bob.calls, 0);
    close(fd);
}

static void the_accepted_types_are_told(void **state)
{
    char out[2048], in[2048], tag[64];
    unsigned port, to = ua_port(bob.ua, "udp");
    int fd = raw_open(&port);

    (void)state;
    bob.auto_answer = true;
    raw_send(fd, to, out,
             write_request(out, sizeof out, "INVITE", 1, "", port, "application/sdp", KIT_SDP));
    expect(fd, in, sizeof in, 200);
    assert_int_equal(sscanf(strstr(strstr(in, "\r\nTo:"), "tag="), "tag=%63[^\r;]", tag), 1);
    raw_send(fd, to, out, write_request(out, sizeof out, "ACK", 1, tag, port, relay, ""));
    until(callee->acked);
    raw_send(fd, to, out, write_request(out, sizeof out, "INFO", 2, tag, port, "a/b", "c"));
    expect(fd, in, sizeof in, 415);
    assert_non_null(strstr(in, "\r\nAccept: application/dtmf-relay, application/dtmf\r\n"));
    callee->info_err = EINVAL;
    raw_send(fd, to, out, write_request(out, sizeof out, "INFO", 3, tag, port, relay, "x"));
    expect(fd, in, sizeof in, 400);
    assert_non_null(strstr(in, "\r\nWarning: 399 127.0.0.1 \"the body of the INFO"));
    raw_send(fd, to, out, write_request(out, sizeof out, "BYE", 4, tag, port, relay, ""));
    expect(fd, in, sizeof in, 200);
    until(callee->ended);
    raw_send(fd, to, out, write_request(out, sizeof out, "INFO", 5, tag, port, relay, five));
    expect(fd, in, sizeof in, 481);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(goes_both_ways),
        TEST(is_refused_by_its_type_and_its_body),
        TEST(a_call_may_end_by_one),
        TEST(outside_of_a_dialog_is_481),
        TEST(the_accepted_types_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
