/* ua_credentials.c: calls of ours that are challenged, by a callee by hand: what is proved to
 * whom, and what to nobody. */
#include "ua_kit.h"
#include "base/mem.h"
#include "ua/digest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct phone phone;
static struct side caller;
static int callee;
static unsigned port;
static char request[8192];

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&phone, "udp", false);
    callee = raw_open(&port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    phone_stop(&phone);
    kit_stop();
    close(callee);
    return 0;
}

static const char *value_of(const char *name)
{
    static char values[8][1024];
    static unsigned next;
    char *out = values[next++ % 8], line[64];
    const char *at;

    snprintf(line, sizeof line, "\r\n%s: ", name);
    at = strstr(request, line);
    if (!at)
        return "";
    at += strlen(line);
    snprintf(out, 1024, "%.*s", (int)strcspn(at, "\r"), at);
    return out;
}

/* The next request of that method; others, which are repeated ones, are passed over. */
static void expect_request(const char *method)
{
    do
        assert_true(raw_receive(callee, request, sizeof request, 20000) > 0);
    while (strncmp(request, method, strlen(method)) != 0);
}

static void answer(const char *status, const char *more)
{
    static const char tag[] = ";tag=c";
    const char *to = value_of("To"), *body = strstr(more, "Content-Type") ? KIT_SDP_2 : "";
    char text[4096];
    int size =
        snprintf(text, sizeof text,
                 "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\n"
                 "CSeq: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                 status, value_of("Via"), value_of("From"), to, strstr(to, ";tag=") ? "" : tag,
                 value_of("Call-ID"), value_of("CSeq"), more, strlen(body), body);

    raw_send(callee, ua_port(phone.ua, "udp"), text, (size_t)size);
}

#define ASK(realm, nonce) \
    "Proxy-Authenticate: Digest realm=\"" realm "\", nonce=\"" nonce "\", qop=\"auth\"\r\n"
#define REQUIRED "407 Proxy Authentication Required"
#define SDP "Content-Type: application/sdp\r\n"

static void call(const char *user)
{
    char uri[64];

    snprintf(uri, sizeof uri, "sip:15550100003@127.0.0.1:%u", port);
    assert_int_equal(phone_call_as(&phone, &caller, uri, user, "geheim"), 0);
    expect_request("INVITE ");
}

/* Answered with a Contact on that host. */
static void take(const char *host, const char *more)
{
    char headers[512];

    snprintf(headers, sizeof headers, "Contact: <sip:callee@%s:%u>\r\n%s" SDP, host, port, more);
    answer("200 OK", headers);
    until(caller.answered);
    dialog_ack(caller.dialog, NULL);
    expect_request("ACK ");
}

static bool is_proved(const char *nonce)
{
    const char *value = value_of("Proxy-Authorization");
    char wanted[64];

    snprintf(wanted, sizeof wanted, "nonce=\"%s\"", nonce);
    return strstr(value, wanted) != NULL;
}

static void hang_up(void)
{
    dialog_hangup(caller.dialog, 0, 0);
    expect_request("BYE ");
    answer("200 OK", "");
    until(caller.ended);
    until(ua_dialogs(phone.ua) == 0);
}

static void invite_and_all_within(void **state)
{
    char invite[1024], cseq[32];

    (void)state;
    call("trunk");
    snprintf(cseq, sizeof cseq, "%s", value_of("CSeq"));
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    assert_int_equal(atoi(value_of("CSeq")), atoi(cseq) + 1);
    assert_true(is_proved("n1"));
    assert_non_null(strstr(request, KIT_SDP));
    snprintf(invite, sizeof invite, "%s", value_of("Proxy-Authorization"));
    take("127.0.0.1", "");
    assert_string_equal(value_of("Proxy-Authorization"), invite); /* in the ACK, as it was */

    assert_int_equal(dialog_info(caller.dialog, "application/dtmf-relay", "Signal=5\r\n"), 0);
    expect_request("INFO ");
    assert_string_equal(value_of("Proxy-Authorization"), ""); /* not before it is asked for */
    answer(REQUIRED, ASK("pstn", "n2"));
    expect_request("INFO ");
    assert_true(is_proved("n2"));
    answer("200 OK", "");
    until(caller.informed == 1);
    assert_int_equal(caller.informed_status, 200);

    assert_int_equal(dialog_reinvite(caller.dialog, KIT_SDP_2), 0);
    expect_request("INVITE ");
    answer(REQUIRED, ASK("pstn", "n3"));
    expect_request("INVITE ");
    assert_true(is_proved("n3"));
    answer("200 OK", "Contact: <sip:callee@127.0.0.1>\r\n" SDP);
    until(caller.answered == 2);
    dialog_ack(caller.dialog, NULL);

    dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended || raw_receive(callee, request, sizeof request, 1));
}

static void a_bye_is_proved(void **state)
{
    (void)state;
    call("trunk");
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    take("127.0.0.1", "");
    dialog_hangup(caller.dialog, 0, 0);
    expect_request("BYE ");
    answer(REQUIRED, ASK("pstn", "n2"));
    expect_request("BYE ");
    assert_true(is_proved("n2"));
    answer("200 OK", "");
    until(caller.ended);
    assert_int_equal(caller.status, 200);
    until(ua_dialogs(phone.ua) == 0);
}

static void only_what_the_invite_was_asked(void **state)
{
    (void)state;
    call("trunk");
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    take("127.0.0.1", "");
    assert_int_equal(dialog_info(caller.dialog, "application/dtmf-relay", "Signal=5\r\n"), 0);
    expect_request("INFO ");
    answer(REQUIRED, ASK("elsewhere", "n2"));
    until(caller.informed == 1);
    assert_int_equal(caller.informed_status, 407);
    assert_int_equal(dialog_reinvite(caller.dialog, KIT_SDP_2), 0);
    expect_request("INVITE ");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"elsewhere\", nonce=\"n3\", qop=\"auth\"\r\n");
    until(caller.progress_status == 401);
    assert_int_equal(dialog_info(caller.dialog, "application/dtmf-relay", "Signal=6\r\n"), 0);
    expect_request("INFO "); /* nothing waits behind what was refused */
    answer("200 OK", "");
    until(caller.informed == 2);
    hang_up();
}

static void nothing_after_a_call_nobody_asked_about(void **state)
{
    (void)state;
    call("another");
    take("127.0.0.1", "");
    dialog_hangup(caller.dialog, 0, 0);
    expect_request("BYE ");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"pstn\", nonce=\"n1\", qop=\"auth\"\r\n");
    until(caller.ended);
    assert_int_equal(caller.status, 200);
    until(ua_dialogs(phone.ua) == 0);
    assert_int_equal(raw_receive(callee, request, sizeof request, 100), 0);
}

static void what_a_registration_was_asked_holds_for_calls(void **state)
{
    static const struct registration_handlers none = {NULL};
    struct registration *registration;
    char uri[64];
    struct ua_account account = {.registrar = uri,
                                 .aor = "sip:15550100009@127.0.0.1",
                                 .credentials = {"member", "geheim", NULL}};

    (void)state;
    snprintf(uri, sizeof uri, "sip:127.0.0.1:%u", port);
    assert_int_equal(ua_register(phone.ua, &account, &none, NULL, &registration), 0);
    expect_request("REGISTER ");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"club\", nonce=\"n0\", qop=\"auth\"\r\n");
    expect_request("REGISTER ");
    assert_non_null(strstr(value_of("Authorization"), "n0"));
    answer("200 OK", "");
    call("member");
    take("127.0.0.1", "");
    dialog_hangup(caller.dialog, 0, 0);
    expect_request("BYE ");
    answer(REQUIRED, ASK("club", "n2"));
    expect_request("BYE ");
    assert_true(is_proved("n2"));
    answer("200 OK", "");
    until(caller.ended);
    registration_end(registration);
    expect_request("REGISTER ");
    answer("200 OK", "");
}

static void the_ack_proves_nothing_to_a_stranger(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;

    (void)state;
    close(callee);
    callee = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(callee, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(callee, (struct sockaddr *)&any, &size), 0);
    port = ntohs(any.sin_port);
    call("trunk");
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    take("127.0.0.2", ""); /* another host than that which asked */
    assert_string_equal(value_of("Proxy-Authorization"), "");
    hang_up();
}

static void a_wrong_password_ends_the_call(void **state)
{
    (void)state;
    call("trunk");
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    answer(REQUIRED, ASK("pstn", "n2"));
    until(caller.ended);
    assert_int_equal(caller.status, 407);
    assert_true(caller.remote);
    until(ua_dialogs(phone.ua) == 0);
}

static void a_stale_nonce_is_no_wrong_password(void **state)
{
    (void)state;
    call("trunk");
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    answer(REQUIRED, "Proxy-Authenticate: Digest realm=\"pstn\", nonce=\"n2\", stale=true\r\n");
    expect_request("INVITE ");
    assert_true(is_proved("n2"));
    take("127.0.0.1", "");
    hang_up();
}

static void stale_for_ever_is_not_followed_for_ever(void **state)
{
    unsigned invites = 1;

    (void)state;
    call("trunk");
    while (!caller.ended) {
        answer(REQUIRED, "Proxy-Authenticate: Digest realm=\"pstn\", nonce=\"n\", stale=true\r\n");
        while (!caller.ended && raw_receive(callee, request, sizeof request, 20) &&
               strncmp(request, "INVITE ", 7) != 0)
            ;
        invites += !caller.ended && !strncmp(request, "INVITE ", 7);
        assert_true(invites < 10);
    }
    assert_int_equal(caller.status, 407);
    until(ua_dialogs(phone.ua) == 0);
}

static void somebody_may_ring_first(void **state)
{
    (void)state;
    call("trunk");
    answer("100 Trying", "");
    answer("180 Ringing", "Contact: <sip:callee@127.0.0.1>\r\n");
    until(caller.progress_status == 180);
    answer(REQUIRED, ASK("pstn", "n1"));
    expect_request("INVITE ");
    assert_true(is_proved("n1"));
    take("127.0.0.1", "");
    hang_up();
}

/* A callee who makes us send a request before he answers gets nothing for it either. */
static void an_early_dialog_is_one(void **state)
{
    char uri[64], more[256];
    struct dialog_target target = {.uri = uri,
                                   .from_user = "stranger",
                                   .credentials = {"stranger", "geheim", NULL},
                                   .terms = {.rel100 = UA_REL100_SUPPORTED},
                                   .sdp = KIT_SDP};

    (void)state;
    snprintf(uri, sizeof uri, "sip:15550100003@127.0.0.1:%u", port);
    memset(&caller, 0, sizeof caller);
    assert_int_equal(dialog_invite(phone.ua, &target, &side_handlers, &caller, &caller.dialog), 0);
    expect_request("INVITE ");
    snprintf(more, sizeof more,
             "Contact: <sip:callee@127.0.0.1:%u>\r\nRequire: 100rel\r\nRSeq: 1\r\n" SDP, port);
    answer("183 Session Progress", more);
    expect_request("PRACK ");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"early\", nonce=\"n1\", qop=\"auth\"\r\n");
    kit_idle(100);
    while (raw_receive(callee, request, sizeof request, 1))
        assert_string_equal(value_of("Authorization"), "");
    if (!caller.ended)
        dialog_hangup(caller.dialog, 0, 0);
    until(caller.ended);
}

static void without_credentials_the_refusal_stands(void **state)
{
    (void)state;
    call("");
    answer(REQUIRED, ASK("pstn", "n1"));
    until(caller.ended);
    assert_int_equal(caller.status, 407);
    until(ua_dialogs(phone.ua) == 0);
}

static void two_at_once_are_both_answered(void **state)
{
    (void)state;
    call("trunk");
    answer("401 Unauthorized",
           ASK("proxy", "p1") "WWW-Authenticate: Digest realm=\"pstn\", nonce=\"n1\", "
                              "algorithm=SHA-512-256, qop=\"auth-int\"\r\n"
                              "WWW-Authenticate: Digest realm=\"pstn\", nonce=\"n1\", "
                              "algorithm=MD5, qop=\"auth\"\r\n"
                              "WWW-Authenticate: Digest realm=\"pstn\", nonce=\"n1\", "
                              "algorithm=SHA-3, qop=\"auth\"\r\n");
    expect_request("INVITE ");
    assert_true(is_proved("p1"));
    assert_non_null(strstr(value_of("Authorization"), "algorithm=SHA-512-256"));
    assert_non_null(strstr(value_of("Authorization"), "qop=auth-int"));
    take("127.0.0.1", "");
    hang_up();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(invite_and_all_within),
        TEST(a_bye_is_proved),
        TEST(only_what_the_invite_was_asked),
        TEST(nothing_after_a_call_nobody_asked_about),
        TEST(what_a_registration_was_asked_holds_for_calls),
        TEST(the_ack_proves_nothing_to_a_stranger),
        TEST(a_wrong_password_ends_the_call),
        TEST(a_stale_nonce_is_no_wrong_password),
        TEST(stale_for_ever_is_not_followed_for_ever),
        TEST(somebody_may_ring_first),
        TEST(an_early_dialog_is_one),
        TEST(without_credentials_the_refusal_stands),
        TEST(two_at_once_are_both_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
