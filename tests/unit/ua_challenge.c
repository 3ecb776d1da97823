/* ua_challenge.c: callers who must prove who they are, and ourselves among them. */
#include "ua_kit.h"
#include "base/mem.h"
#include "ua/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct phone alice, bob;
static struct side caller, *callee = &bob.incoming[0];

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&alice, "udp,tcp", false);
    phone_start(&bob, "udp,tcp", false);
    callee = &bob.incoming[0];
    bob.verdict = UA_CHALLENGE;
    bob.password = "secret: of \"alice\"";
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

static void who_knows_the_password_is_let_in(void **state)
{
    static const char *const transports[] = {"udp", "tcp"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        callee = &bob.incoming[i];
        assert_int_equal(
            phone_call_as(&alice, &caller, phone_uri(&bob, transports[i]), "alice", bob.password),
            0);
        until(bob.calls == i + 1);
        assert_string_equal(dialog_invite_of(callee->dialog)->user, "alice");
        assert_int_equal(bob.right, i + 1);
        assert_int_equal(bob.wrong, 0);
        assert_int_equal(dialog_answer(callee->dialog, KIT_SDP_2), 0);
        until(caller.answered);
        assert_int_equal(dialog_ack(caller.dialog, NULL), 0);
        until(callee->acked);
        dialog_hangup(i ? callee->dialog : caller.dialog, 0, 0);
        until(caller.ended && callee->ended);
    }
}

static void by_ipv6_too(void **state)
{
    static struct phone carol, dave;

    (void)state;
    phone_start(&carol, "udp", true);
    phone_start(&dave, "udp", true);
    dave.verdict = UA_CHALLENGE;
    dave.password = "x";
    assert_int_equal(phone_call_as(&carol, &caller, phone_uri(&dave, "udp"), "alice", "x"), 0);
    until(dave.calls == 1);
    assert_string_equal(dialog_invite_of(dave.incoming[0].dialog)->user, "alice");
    dialog_hangup(dave.incoming[0].dialog, 486, 0);
    until(caller.ended && dave.incoming[0].ended);
    assert_int_equal(caller.status, 486);
    phone_stop(&carol);
    phone_stop(&dave);
}

static void expect_401(const char *user, const char *password)
{
    int before = bob.calls;

    assert_int_equal(phone_call_as(&alice, &caller, phone_uri(&bob, "udp"), user, password), 0);
    until(caller.ended);
    assert_int_equal(caller.status, 401);
    assert_true(caller.remote);
    assert_int_equal(bob.calls, before);
}

static void who_does_not_is_not(void **state)
{
    (void)state;
    expect_401("alice", "guess");
    assert_int_equal(bob.wrong, 1);
    expect_401("mallory", bob.password);
    assert_int_equal(bob.wrong, 2);
    assert_string_equal(bob.tried_user, "mallory");
    expect_401("", ""); /* has nothing to prove with */
    assert_int_equal(bob.wrong, 2);
    bob.password = NULL;
    expect_401("alice", "");
    assert_int_equal(bob.right, 0);
    until(ua_dialogs(alice.ua) == 0);
}

static void a_call_ended_meanwhile_is_not_made(void **state)
{
    (void)state;
    assert_int_equal(phone_call_as(&alice, &caller, phone_uri(&bob, "udp"), "alice", bob.password),
                     0);
    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended);
    until(ua_dialogs(alice.ua) == 0);
    assert_int_equal(bob.calls, 0);
}

/* A request by hand. */
static void send_request(int fd, unsigned port, const char *method, unsigned cseq,
                         const char *call_id, const char *more)
{
    char out[4096];
    int size =
        snprintf(out, sizeof out,
                 "%s sip:bob@127.0.0.1 SIP/2.0\r\n"
                 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%u%s\r\n"
                 "From: <sip:raw@127.0.0.1>;tag=raw%u\r\nTo: <sip:bob@127.0.0.1>\r\n"
                 "Call-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
                 "Contact: <sip:raw@127.0.0.1:%u>\r\n%sContent-Length: 0\r\n\r\n",
                 method, port, call_id, cseq, method, cseq, call_id, cseq, method, port, more);

    raw_send(fd, ua_port(bob.ua, "udp"), out, (size_t)size);
}

static char reply[8192];

static int receive_status(int fd)
{
    do {
        if (!raw_receive(fd, reply, sizeof reply, 20000))
            return 0;
    } while (!strncmp(reply, "SIP/2.0 1", 9));
    return atoi(reply + 8);
}

/* The answer to the challenge in `reply`, by the line that names the algorithm. */
static const char *prove(const char *algorithm, const char *password, const char *method,
                         const char *uri, unsigned count)
{
    static char line[DIGEST_LINE + 32];
    struct digest_challenge challenge = {.qop = DIGEST_AUTH};
    struct digest_proof proof = {.user = "alice",
                                 .password = password,
                                 .method = method,
                                 .uri = uri,
                                 .cnonce = "0123",
                                 .count = count};
    char text[DIGEST_LINE];
    const char *nonce = strstr(reply, "nonce=\"");

    assert_non_null(nonce);
    sscanf(nonce, "nonce=\"%500[^\"]", challenge.nonce);
    strcpy(challenge.realm, "offhook");
    challenge.algorithm = !strcmp(algorithm, "MD5") ? DIGEST_MD5 : DIGEST_SHA256;
    assert_int_equal(digest_write_answer(text, sizeof text, &challenge, &proof), 0);
    snprintf(line, sizeof line, "Authorization: %s\r\n", text);
    return line;
}

#define URI "sip:bob@127.0.0.1"

static void both_algorithms_are_offered_and_taken(void **state)
{
    unsigned port;
    int fd = raw_open(&port);
    const char *strong, *weak;
    char asked[sizeof reply];

    (void)state;
    send_request(fd, port, "OPTIONS", 1, "md5", "");
    assert_int_equal(receive_status(fd), 401);
    strong = strstr(reply, "algorithm=SHA-256");
    weak = strstr(reply, "algorithm=MD5");
    assert_true(strong && weak && strong < weak);
    assert_null(strstr(reply, "stale"));
    send_request(fd, port, "OPTIONS", 2, "md5", prove("MD5", bob.password, "OPTIONS", URI, 1));
    assert_int_equal(receive_status(fd), 200);
    send_request(fd, port, "OPTIONS", 1, "sha", "");
    assert_int_equal(receive_status(fd), 401);
    memcpy(asked, reply, sizeof reply);
    send_request(fd, port, "OPTIONS", 2, "sha",
                 prove("SHA-256", bob.password, "OPTIONS", "sip:bob@other.example", 1));
    assert_int_equal(receive_status(fd), 200);
    memcpy(reply, asked, sizeof reply);
    send_request(fd, port, "OPTIONS", 3, "sha",
                 prove("MD5", bob.password, "OPTIONS", "sip:127.0.0.1", 1));
    assert_int_equal(receive_status(fd), 401); /* the count was used, by another algorithm */
    assert_non_null(strstr(reply, "stale=true"));
    send_request(fd, port, "OPTIONS", 4, "sha",
                 prove("MD5", bob.password, "OPTIONS", "sip:127.0.0.1", 1));
    assert_int_equal(receive_status(fd), 200);
    assert_int_equal(bob.right, 3);
    close(fd);
}

static void a_proof_is_good_once_and_for_its_request_only(void **state)
{
    char proof[DIGEST_LINE], nonce_line[8192];
    unsigned port;
    int fd = raw_open(&port);

    (void)state;
    send_request(fd, port, "OPTIONS", 1, "a", "");
    assert_int_equal(receive_status(fd), 401);
    memcpy(nonce_line, reply, sizeof reply);
    snprintf(proof, sizeof proof, "%s", prove("MD5", bob.password, "OPTIONS", URI, 1));
    send_request(fd, port, "INVITE", 2, "b", proof); /* of another method */
    assert_int_equal(receive_status(fd), 401);
    send_request(fd, port, "ACK", 2, "b", "");
    memcpy(reply, nonce_line, sizeof reply);
    send_request(fd, port, "OPTIONS", 3, "c",
                 prove("MD5", bob.password, "OPTIONS", "sip:1900@127.0.0.1", 1));
    assert_int_equal(receive_status(fd), 401); /* for another number */
    assert_null(strstr(reply, "stale"));
    assert_int_equal(bob.wrong, 2);
    send_request(fd, port, "OPTIONS", 4, "d", proof);
    assert_int_equal(receive_status(fd), 200);
    send_request(fd, port, "OPTIONS", 5, "e", proof); /* heard on the wire, and sent again */
    assert_int_equal(receive_status(fd), 401);
    assert_non_null(strstr(reply, "stale=true"));
    memcpy(reply, nonce_line, sizeof reply);
    send_request(fd, port, "OPTIONS", 6, "f", prove("MD5", bob.password, "OPTIONS", URI, 2));
    assert_int_equal(receive_status(fd), 200);
    assert_int_equal(bob.calls, 0);
    close(fd);
}

/* An INVITE that claims to be of a call that is up, but is a new one, is asked as well. */
static void a_call_that_is_up_lends_nobody_its_password(void **state)
{
    char proof[DIGEST_LINE];
    unsigned port;
    int fd = raw_open(&port);

    (void)state;
    send_request(fd, port, "INVITE", 1, "call", "");
    assert_int_equal(receive_status(fd), 401);
    send_request(fd, port, "ACK", 1, "call", "");
    snprintf(proof, sizeof proof, "%s", prove("SHA-256", bob.password, "INVITE", URI, 1));
    send_request(fd, port, "INVITE", 2, "call", proof);
    until(bob.calls == 1);
    assert_string_equal(dialog_invite_of(callee->dialog)->user, "alice");
    send_request(fd, port, "INVITE", 3, "call", "");
    assert_int_equal(receive_status(fd), 401);
    assert_int_equal(bob.calls, 1);
    send_request(fd, port, "ACK", 3, "call", "");
    send_request(fd, port, "CANCEL", 2, "call", "");
    kit_idle(50);
    dialog_hangup(callee->dialog, 0, 0);
    until(callee->ended);
    close(fd);
}

static void a_repeated_request_costs_nothing(void **state)
{
    unsigned port;
    int fd = raw_open(&port);

    (void)state;
    send_request(fd, port, "INVITE", 1, "again", "");
    assert_int_equal(receive_status(fd), 401);
    send_request(fd, port, "INVITE", 1, "again", "");
    assert_int_equal(receive_status(fd), 401);
    send_request(fd, port, "ACK", 1, "again", "");
    kit_idle(50);
    assert_int_equal(bob.wrong + bob.right, 0);
    assert_int_equal(bob.calls, 0);
    assert_int_equal(ua_dialogs(bob.ua), 0);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_knows_the_password_is_let_in),
        TEST(by_ipv6_too),
        TEST(who_does_not_is_not),
        TEST(a_call_ended_meanwhile_is_not_made),
        TEST(both_algorithms_are_offered_and_taken),
        TEST(a_proof_is_good_once_and_for_its_request_only),
        TEST(a_call_that_is_up_lends_nobody_its_password),
        TEST(a_repeated_request_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
