/* ua_registration.c: registrations and pings of ours, against a registrar by hand. */
#include "ua_kit.h"
#include "base/mem.h"
#include "ua/digest.h"
#include "ua/retry.h"

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
static struct registration *registration;
static int registrar; /* socket */
static unsigned port;
static char request[8192];

static struct {
    int count, up, failed;
    struct registration_news last;
    char phrase[64];
} told;

static void on_changed(const struct registration_news *news, void *arg)
{
    (void)arg;
    told.count++;
    told.up += news->state == REGISTRATION_UP;
    told.failed += news->state == REGISTRATION_FAILED;
    told.last = *news;
    snprintf(told.phrase, sizeof told.phrase, "%s", news->phrase);
}

static const struct registration_handlers handlers = {on_changed};

static int setup(void **state)
{
    (void)state;
    kit_start();
    phone_start(&phone, "udp", false);
    registrar = raw_open(&port);
    memset(&told, 0, sizeof told);
    return 0;
}

static void enroll(const char *user, const char *password, unsigned expires)
{
    char uri[64];
    struct ua_account account = {.registrar = uri,
                                 .aor = "sip:alice@carrier.example",
                                 .credentials = {.user = user, .password = password},
                                 .expires = expires};

    snprintf(uri, sizeof uri, "sip:127.0.0.1:%u", port);
    assert_int_equal(ua_register(phone.ua, &account, &handlers, NULL, &registration), 0);
}

/* The value of a header of the request, in a static buffer. */
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

static void expect_request(const char *method)
{
    assert_true(raw_receive(registrar, request, sizeof request, 20000) > 0);
    if (strncmp(request, method, strlen(method)) != 0)
        fail_msg("%s was expected, not %s", method, request);
}

static void answer(const char *status, const char *more)
{
    char text[4096];
    int size = snprintf(text, sizeof text,
                        "SIP/2.0 %s\r\nVia: %s;received=192.0.2.7;rport=6050\r\n"
                        "From: %s\r\nTo: %s;tag=r\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
                        "Content-Length: 0\r\n\r\n",
                        status, value_of("Via"), value_of("From"), value_of("To"),
                        value_of("Call-ID"), value_of("CSeq"), more);

    raw_send(registrar, ua_port(phone.ua, "udp"), text, (size_t)size);
}

static int teardown(void **state)
{
    (void)state;
    registration_end(registration);
    registration = NULL;
    if (raw_receive(registrar, request, sizeof request, 10))
        answer("200 OK", "");
    phone_stop(&phone);
    kit_stop();
    close(registrar);
    return 0;
}

#define SHA                                                                            \
    "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n1\", qop=\"auth\", " \
    "algorithm=SHA-256, opaque=\"o\"\r\n"
#define MD5                                                                            \
    "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n1\", qop=\"auth\", " \
    "algorithm=MD5\r\n"

/* Has the last request a proof of the password in that header, and by that algorithm? */
static bool is_proved(const char *header, const char *algorithm, const char *password)
{
    const char *value = value_of(header);
    char copy[1024], *at = copy;
    const char *fields[20];
    struct digest_answer proof;
    unsigned count = 0;

    if (strncmp(value, "Digest ", 7) != 0 || !strstr(value, algorithm))
        return false;
    snprintf(copy, sizeof copy, "%s", value + 7);
    while (at && count < 19) {
        fields[count++] = at + strspn(at, " ");
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    fields[count] = NULL;
    assert_int_equal(digest_read_answer(&proof, fields), 0);
    return digest_is_right(&proof, password, "REGISTER", NULL, 0);
}

static void is_made_kept_up_and_taken_back(void **state)
{
    char call_id[128], from[128], contact[256];
    const struct sockaddr_in *seen = (const struct sockaddr_in *)&told.last.seen_as;

    (void)state;
    enroll(NULL, NULL, 300);
    expect_request("REGISTER sip:127.0.0.1");
    snprintf(call_id, sizeof call_id, "%s", value_of("Call-ID"));
    snprintf(from, sizeof from, "%s", value_of("From"));
    assert_string_equal(value_of("To"), "<sip:alice@carrier.example>");
    assert_string_equal(value_of("Expires"), "300");
    snprintf(contact, sizeof contact,
             "Contact: <sip:other@192.0.2.1>;expires=9000, %s;expires=2\r\n", value_of("Contact"));
    assert_non_null(strstr(contact, "<sip:alice@127.0.0.1:"));
    answer("200 OK", contact);
    until(told.up == 1);
    assert_int_equal(told.last.expires, 2);
    assert_int_equal(seen->sin_family, AF_INET);
    assert_int_equal(ntohs(seen->sin_port), 6050);
    assert_int_equal(ntohl(seen->sin_addr.s_addr), 0xc0000207);
    expect_request("REGISTER "); /* within two seconds */
    assert_string_equal(value_of("Call-ID"), call_id);
    assert_string_equal(value_of("From"), from);
    assert_int_equal(told.failed, 0);
    answer("200 OK", "Expires: 600\r\n");
    until(told.up == 2);
    assert_int_equal(told.last.expires, 600);
    registration_end(registration);
    registration = NULL;
    expect_request("REGISTER ");
    assert_string_equal(value_of("Expires"), "0");
    answer("200 OK", "");
    assert_int_equal(told.count, 2);
}

static void the_stronger_algorithm_is_used(void **state)
{
    (void)state;
    enroll("ali\"ce", "geheim", 300);
    expect_request("REGISTER ");
    assert_string_equal(value_of("Authorization"), "");
    answer("401 Unauthorized", MD5 SHA);
    expect_request("REGISTER ");
    assert_true(is_proved("Authorization", "algorithm=SHA-256", "geheim"));
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n2\", stale=true\r\n");
    expect_request("REGISTER ");
    assert_true(is_proved("Authorization", "algorithm=MD5", "geheim"));
    assert_null(strstr(request, "qop"));
    answer("200 OK", "");
    until(told.up == 1);
    assert_int_equal(told.last.expires, 300); /* nothing was said */
    assert_int_equal(told.count, 1);
}

static void proxy_and_registrar_may_both_ask(void **state)
{
    (void)state;
    enroll("alice", "geheim", 300);
    expect_request("REGISTER ");
    answer("407 Proxy Authentication Required",
           "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p\", qop=\"auth\"\r\n");
    expect_request("REGISTER ");
    assert_true(is_proved("Proxy-Authorization", "realm=\"proxy\"", "geheim"));
    answer("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"x\"\r\n" MD5);
    expect_request("REGISTER ");
    assert_true(is_proved("Proxy-Authorization", "nc=00000002", "geheim"));
    assert_true(is_proved("Authorization", "carrier.example", "geheim"));
    answer("200 OK", "Expires: 2\r\n");
    until(told.up == 1);
    expect_request("REGISTER "); /* the refresh proves it at once */
    assert_true(is_proved("Authorization", "nc=00000002", "geheim"));
    answer("401 Unauthorized", /* of an old nonce, though it does not say so */
           "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n9\", qop=\"auth\"\r\n");
    expect_request("REGISTER ");
    assert_true(is_proved("Authorization", "nonce=\"n9\"", "geheim"));
    answer("200 OK", "");
    until(told.up == 2);
}

static void a_wrong_password_is_not_tried_twice(void **state)
{
    (void)state;
    enroll("alice", "wrong", 300);
    expect_request("REGISTER ");
    answer("401 Unauthorized", MD5);
    expect_request("REGISTER ");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n2\", qop=\"auth\"\r\n");
    until(told.failed == 1);
    assert_int_equal(told.last.status, 401);
    assert_string_equal(told.phrase, "Unauthorized");
    assert_true(told.last.retry > 300);
    assert_int_equal(raw_receive(registrar, request, sizeof request, 100), 0);
    registration_end(registration); /* nothing is bound: no Expires: 0 */
    registration = NULL;
    assert_int_equal(raw_receive(registrar, request, sizeof request, 100), 0);
}

static void what_cannot_be_answered_is_a_failure(void **state)
{
    (void)state;
    enroll("alice", "geheim", 300);
    expect_request("REGISTER ");
    answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"carrier.example\"\r\n");
    until(told.failed == 1);
    assert_int_equal(told.last.status, 401);
    assert_int_equal(raw_receive(registrar, request, sizeof request, 100), 0);
}

static void a_short_time_is_lengthened(void **state)
{
    (void)state;
    enroll(NULL, NULL, 60);
    expect_request("REGISTER ");
    answer("423 Interval Too Brief", "Min-Expires: 1800\r\n");
    expect_request("REGISTER ");
    assert_string_equal(value_of("Expires"), "1800");
    answer("200 OK", "Expires: 1800\r\n");
    until(told.up == 1);
    assert_int_equal(told.last.expires, 1800);
}

static void it_is_tried_again(void **state)
{
    (void)state;
    enroll(NULL, NULL, 60);
    expect_request("REGISTER ");
    answer("503 Service Unavailable", "Retry-After: 1\r\n");
    until(told.failed == 1);
    assert_int_equal(told.last.status, 503);
    assert_int_equal(told.last.retry, 1);
    expect_request("REGISTER ");
    answer("200 OK", "");
    until(told.up == 1);
}

static void no_time_is_no_registration(void **state)
{
    (void)state;
    enroll(NULL, NULL, 60);
    expect_request("REGISTER ");
    answer("200 OK", "Expires: 0\r\n");
    until(told.count == 1);
    assert_int_equal(told.failed, 1);
    assert_int_equal(told.last.status, 200);
    assert_true(told.last.retry >= 22);
    assert_string_equal(told.phrase, "The registrar granted no time");
}

static void a_refused_connection_is_told(void **state)
{
    (void)state;
    close(registrar);
    enroll(NULL, NULL, 60);
    registrar = -1;
    until(told.failed == 1);
    assert_int_equal(told.last.status, 0);
    assert_string_equal(told.phrase, strerror(ECONNREFUSED));
    assert_int_equal(told.last.seen_as.ss_family, 0);
    assert_true(told.last.retry >= 22 && told.last.retry <= 30);
}

/* The ua stops before the registration is given up: it takes it back all the same. */
static void a_stop_takes_it_back(void **state)
{
    (void)state;
    enroll(NULL, NULL, 60);
    expect_request("REGISTER ");
    answer("200 OK", "");
    until(told.up == 1);
    phone_stop(&phone); /* nobody answers, which keeps nobody */
    expect_request("REGISTER ");
    assert_string_equal(value_of("Expires"), "0");
    assert_int_equal(told.count, 1);
    phone_start(&phone, "udp", false);
}

static void bad_accounts_are_refused(void **state)
{
    struct ua_account account = {.registrar = "sip:127.0.0.1", .aor = "alice"};

    (void)state;
    assert_int_equal(ua_register(phone.ua, &account, &handlers, NULL, &registration), EINVAL);
    account.aor = "sip:alice@127.0.0.1>\r\nX: y";
    assert_int_equal(ua_register(phone.ua, &account, &handlers, NULL, &registration), EINVAL);
    account.aor = "sip:alice@127.0.0.1";
    account.registrar = "sip:127.0.0.1;transport=tcp";
    assert_int_equal(ua_register(phone.ua, &account, &handlers, NULL, &registration),
                     EPROTONOSUPPORT);
}

static void pauses_grow(void **state)
{
    struct retry_reason reason = {.status = 503};
    static const unsigned most[] = {30, 60, 120, 240, 480, 960, 1800, 1800};

    (void)state;
    for (reason.failures = 0; reason.failures < 8; reason.failures++) {
        assert_int_equal(retry_pause(&reason, 0), most[reason.failures]);
        assert_in_range(retry_pause(&reason, 0xffff), most[reason.failures] * 3 / 4,
                        most[reason.failures]);
    }
    reason.failures = 0xffffffff;
    assert_int_equal(retry_pause(&reason, 0), 1800);
    reason = (struct retry_reason){.status = 403};
    assert_int_equal(retry_pause(&reason, 0), 600);
    reason.retry_after = 5;
    assert_int_equal(retry_pause(&reason, 0), 5);
    reason.retry_after = 0xffffffff;
    assert_in_range(retry_pause(&reason, 0xffff), 3600, 4050);
    assert_int_equal(retry_refresh(100, 0), 50000);
    assert_in_range(retry_refresh(100, 0xffff), 89000, 90000);
    assert_int_equal(retry_refresh(0, 0), 1000);
    assert_true(retry_refresh(RETRY_LONGEST_GRANT, 0xffff) < 0x7fffffff);
}

static struct {
    int count, status, err;
    unsigned ms;
    char phrase[64], server[64], allow[128];
    struct sockaddr_storage seen_as;
} echoed;

static void on_echo(const struct ua_echo *echo, void *arg)
{
    (void)arg;
    echoed.count++;
    echoed.status = echo->status;
    echoed.err = echo->err;
    echoed.ms = echo->ms;
    echoed.seen_as = echo->seen_as;
    snprintf(echoed.phrase, sizeof echoed.phrase, "%s", echo->phrase);
    snprintf(echoed.server, sizeof echoed.server, "%s", echo->server);
    snprintf(echoed.allow, sizeof echoed.allow, "%s", echo->allow);
}

static void ping(const char *user, unsigned timeout)
{
    char uri[64];
    struct ua_ping what = {.uri = uri,
                           .from_user = "probe",
                           .credentials = {user, "geheim", NULL},
                           .timeout = timeout};

    memset(&echoed, 0, sizeof echoed);
    snprintf(uri, sizeof uri, "sip:127.0.0.1:%u", port);
    assert_int_equal(ua_ping(phone.ua, &what, on_echo, NULL), 0);
}

static void a_ping_tells_who_answered(void **state)
{
    (void)state;
    ping("alice", 5000);
    expect_request("OPTIONS ");
    assert_non_null(strstr(value_of("From"), "<sip:probe@127.0.0.1>"));
    answer("401 Unauthorized", MD5);
    expect_request("OPTIONS ");
    assert_string_not_equal(value_of("Authorization"), "");
    answer("200 OK", "Server: example 1.0\r\nAllow: INVITE, ACK\r\n");
    until(echoed.count);
    assert_int_equal(echoed.status, 200);
    assert_int_equal(echoed.err, 0);
    assert_string_equal(echoed.server, "example 1.0");
    assert_string_equal(echoed.allow, "INVITE, ACK");
    assert_int_equal(((struct sockaddr_in *)&echoed.seen_as)->sin_port, htons(6050));
    ping(NULL, 5000);
    expect_request("OPTIONS ");
    answer("503 Service Unavailable", "");
    until(echoed.count);
    assert_int_equal(echoed.status, 503);
    assert_string_equal(echoed.server, "");
}

static void a_ping_tells_that_nobody_did(void **state)
{
    (void)state;
    ping(NULL, 50);
    until(echoed.count);
    assert_int_equal(echoed.status, 0);
    assert_int_equal(echoed.err, ETIMEDOUT);
    assert_true(echoed.ms >= 50);
    close(registrar);
    registrar = -1;
    ping(NULL, 10000);
    until(echoed.count);
    assert_int_equal(echoed.err, ECONNREFUSED);
    ping(NULL, 10000);
    phone_stop(&phone);
    assert_int_equal(echoed.count, 1);
    phone_start(&phone, "udp", false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(is_made_kept_up_and_taken_back),
        TEST(the_stronger_algorithm_is_used),
        TEST(proxy_and_registrar_may_both_ask),
        TEST(a_wrong_password_is_not_tried_twice),
        TEST(what_cannot_be_answered_is_a_failure),
        TEST(a_short_time_is_lengthened),
        TEST(it_is_tried_again),
        TEST(no_time_is_no_registration),
        TEST(a_refused_connection_is_told),
        TEST(a_stop_takes_it_back),
        TEST(bad_accounts_are_refused),
        cmocka_unit_test(pauses_grow),
        TEST(a_ping_tells_who_answered),
        TEST(a_ping_tells_that_nobody_did),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
