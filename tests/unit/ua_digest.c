/* ua_digest.c: Digest by the examples of the RFCs, odd texts, and noise; and our nonces. */
#include "base/mem.h"
#include "ua/digest.h"
#include "ua/nonce.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

enum { FIELDS = 24 };

/* A header value after its scheme as a list of fields, as Sofia splits it. */
struct split {
    char text[4096];
    const char *fields[FIELDS + 1];
};

static digest_fields split(struct split *split, const char *value)
{
    unsigned count = 0;
    bool quoted = false;

    if (!strncasecmp(value, "Digest ", 7))
        value += 7;
    snprintf(split->text, sizeof split->text, "%s", value);
    split->fields[count++] = split->text;
    for (char *at = split->text; *at && count < FIELDS; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (*at == ',' && !quoted) {
            *at = '\0';
            split->fields[count++] = at + 1 + strspn(at + 1, " ");
        }
    }
    split->fields[count] = NULL;
    return split->fields;
}

static int read_challenge(struct digest_challenge *challenge, const char *value)
{
    struct split parts;

    return digest_read_challenge(challenge, split(&parts, value));
}

static int read_answer(struct digest_answer *answer, const char *value)
{
    struct split parts;

    return digest_read_answer(answer, split(&parts, value));
}

static const char *response_to(const char *challenge_text, const struct digest_proof *proof)
{
    static char line[DIGEST_LINE];
    static struct digest_answer answer;
    struct digest_challenge challenge;

    assert_int_equal(read_challenge(&challenge, challenge_text), 0);
    assert_int_equal(digest_write_answer(line, sizeof line, &challenge, proof), 0);
    assert_int_equal(read_answer(&answer, line), 0);
    return answer.response;
}

/* RFC 2617 §3.5 */
static void example_of_rfc_2617(void **state)
{
    struct digest_proof proof = {.user = "Mufasa",
                                 .password = "Circle Of Life",
                                 .method = "GET",
                                 .uri = "/dir/index.html",
                                 .cnonce = "0a4f113b",
                                 .count = 1};

    (void)state;
    assert_string_equal(response_to("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                                    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                                    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                                    &proof),
                        "6629fae49393a05397450978507c4ef1");
    /* the same without a qop, as RFC 2069 had it */
    assert_string_equal(response_to("Digest realm=\"testrealm@host.com\", "
                                    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                                    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                                    &proof),
                        "670fd8c2df070c60b045671b8b24ff02");
}

/* RFC 7616 §3.9.1 */
static void examples_of_rfc_7616(void **state)
{
    struct digest_proof proof = {.user = "Mufasa",
                                 .password = "Circle of Life",
                                 .method = "GET",
                                 .uri = "/dir/index.html",
                                 .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                                 .count = 1};

    (void)state;
    assert_string_equal(
        response_to("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                    "algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                    &proof),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    assert_string_equal(
        response_to("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                    "algorithm=MD5, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                    &proof),
        "8ca523f5e9506fed4657c9700eebdbec");
}

static void what_is_written_is_what_is_read(void **state)
{
    struct digest_proof proof = {.user = "J\xc3\xa4s\xc3\xb8n \"the\\ quoted\", Doe",
                                 .password = "p:a\"s\\s\xc3\xb8",
                                 .method = "INVITE",
                                 .uri = "sip:15550100003@127.0.0.1;user=phone",
                                 .cnonce = "abcdef",
                                 .count = 0x1f,
                                 .body = "v=0",
                                 .body_size = 3};
    static const char *const challenges[] = {
        "realm=\"a \\\"b\\\" c, d\", nonce=\"n\\\\1\"",
        "realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=md5",
        "realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256, opaque=\"\"",
        "realm=\"r\", nonce=\"n\", qop=auth, algorithm=MD5-sess",
        "realm=\"r\", nonce=\"n\", qop=\"token, auth\", algorithm=\"SHA-512-256-sess\"",
        "algorithm=sha-256-SESS,nonce = \"n\" ,realm= \"\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof challenges / sizeof *challenges; i++) {
        struct digest_challenge challenge;
        struct digest_answer answer;
        char line[DIGEST_LINE];

        assert_int_equal(read_challenge(&challenge, challenges[i]), 0);
        assert_int_equal(digest_write_answer(line, sizeof line, &challenge, &proof), 0);
        assert_int_equal(read_answer(&answer, line), 0);
        assert_string_equal(answer.user, proof.user);
        assert_string_equal(answer.realm, challenge.realm);
        assert_string_equal(answer.nonce, challenge.nonce);
        assert_string_equal(answer.uri, proof.uri);
        assert_int_equal(answer.qop, challenge.qop);
        assert_int_equal(answer.session, challenge.session);
        assert_int_equal(answer.count, challenge.qop ? 0x1f : 0);
        assert_true(strstr(line, "opaque") != NULL || !challenge.has_opaque);
        assert_true(digest_is_right(&answer, proof.password, "INVITE", "v=0", 3));
        assert_false(digest_is_right(&answer, "p:a\"s\\s", "INVITE", "v=0", 3));
        assert_false(digest_is_right(&answer, proof.password, "BYE", "v=0", 3));
        assert_int_equal(digest_is_right(&answer, proof.password, "INVITE", "v=1", 3),
                         challenge.qop != DIGEST_AUTH_INT);
        answer.response[3] ^= 1;
        assert_false(digest_is_right(&answer, proof.password, "INVITE", "v=0", 3));
        answer.response[0] = '\0';
        assert_false(digest_is_right(&answer, proof.password, "INVITE", "v=0", 3));
    }
}

static void what_is_not_known_is_told(void **state)
{
    char text[DIGEST_TEXT + 100], *at = text;
    struct digest_challenge challenge;
    struct digest_answer answer;

    (void)state;
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\", algorithm=SHA-1"),
                     ENOTSUP);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5"),
                     ENOTSUP);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\", qop=\"auth-conf\""),
                     ENOTSUP);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\", qop=\"\""), 0);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\""), EINVAL);
    assert_int_equal(read_challenge(&challenge, "nonce=\"n\""), EINVAL);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n"), EINVAL);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\n\", nonce=\"n\""), EINVAL);
    assert_int_equal(read_challenge(&challenge, ""), EINVAL);
    assert_int_equal(digest_read_challenge(&challenge, NULL), EINVAL);
    at += sprintf(at, "nonce=\"n\", realm=\"");
    memset(at, 'x', DIGEST_TEXT);
    strcpy(at + DIGEST_TEXT, "\"");
    assert_int_equal(read_challenge(&challenge, text), EMSGSIZE);
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\", stale=TRUE"), 0);
    assert_true(challenge.stale);

#define ANSWER "username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"00\""
    assert_int_equal(read_answer(&answer, ANSWER), 0);
    assert_int_equal(read_answer(&answer, ANSWER ", qop=auth"), EINVAL);
    assert_int_equal(read_answer(&answer, ANSWER ", qop=auth, cnonce=\"c\""), EINVAL);
    assert_int_equal(read_answer(&answer, ANSWER ", qop=auth, cnonce=\"c\", nc=0000000g"), EINVAL);
    assert_int_equal(read_answer(&answer, ANSWER ", qop=auth, cnonce=\"c\", nc=000000001"), EINVAL);
    assert_int_equal(read_answer(&answer, ANSWER ", qop=auth, cnonce=\"c\", nc=0000000A"), 0);
    assert_int_equal(answer.count, 10);
    assert_int_equal(read_answer(&answer, ANSWER ", algorithm=MD5-sess"), EINVAL);
    assert_int_equal(read_answer(&answer, ANSWER ", userhash=true"), 0);
    assert_true(answer.userhash);
    assert_int_equal(read_answer(&answer, "username=\"u\", realm=\"r\", nonce=\"n\""), EINVAL);
#define NAMED(user) user ", realm=\"r\", nonce=\"n\", uri=\"sip:a\", response=\"00\""
    assert_int_equal(read_answer(&answer, NAMED("username*=UTF-8''J%C3%A4s%C3%B8n")), 0);
    assert_string_equal(answer.user, "J\xc3\xa4s\xc3\xb8n");
    assert_int_equal(read_answer(&answer, NAMED("username*=UTF-8''a%00b")), EINVAL);
    assert_int_equal(read_answer(&answer, NAMED("username*=UTF-8''a%4")), EINVAL);
    assert_int_equal(read_answer(&answer, NAMED("username*=ISO-8859-1''a")), EINVAL);
}

static void what_would_break_a_line_is_refused(void **state)
{
    struct digest_proof proof = {
        .user = "a\r\nb", .password = "", .method = "INVITE", .uri = "sip:a", .cnonce = "c"};
    struct digest_challenge challenge;
    char line[DIGEST_LINE], user[DIGEST_TEXT + 1];

    (void)state;
    assert_int_equal(read_challenge(&challenge, "realm=\"r\", nonce=\"n\""), 0);
    assert_int_equal(digest_write_answer(line, sizeof line, &challenge, &proof), EINVAL);
    memset(user, 'u', DIGEST_TEXT);
    user[DIGEST_TEXT] = '\0';
    proof.user = user;
    assert_int_equal(digest_write_answer(line, sizeof line, &challenge, &proof), EMSGSIZE);
    proof.user = "u";
    assert_int_equal(digest_write_answer(line, 20, &challenge, &proof), EMSGSIZE);
    assert_int_equal(digest_write_challenge(line, sizeof line, "a\"b", "n", DIGEST_SHA256, true),
                     0);
    assert_string_equal(line, "Digest realm=\"a\\\"b\", nonce=\"n\", qop=\"auth\", "
                              "algorithm=SHA-256, stale=true");
}

/* Fields with some bytes changed never lead outside of what they are, and what was changed in
 * what counts is not right any more. */
static void noise_is_survived(void **state)
{
    static const char good[] =
        "username=\"u\\\"v\", realm=\"r\", nonce=\"n\", uri=\"sip:a\", cnonce=\"c\", qop=auth, "
        "nc=00000001, algorithm=SHA-256, userhash=false, stale=true, "
        "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
    unsigned read = 0;

    (void)state;
    srand(7616);
    for (int i = 0; i < 20000; i++) {
        struct digest_challenge challenge;
        struct digest_answer answer;
        char text[sizeof good];

        memcpy(text, good, sizeof good);
        for (int changes = rand() % 6; changes >= 0; changes--)
            text[(size_t)rand() % (sizeof good - 1)] =
                (char)(rand() % 8 ? 32 + rand() % 96 : rand());
        read += !read_answer(&answer, text);
        read += !read_challenge(&challenge, text);
        assert_true(strlen(answer.user) < DIGEST_TEXT && strlen(answer.response) < DIGEST_HEX);
        digest_is_right(&answer, "p", "INVITE", NULL, 0);
    }
    assert_true(read > 1000);
}

static const struct sockaddr_storage *host(unsigned number)
{
    static struct sockaddr_storage hosts[4];
    struct sockaddr_storage *at = &hosts[number];

    memset(at, 0, sizeof *at);
    if (number < 2) {
        at->ss_family = AF_INET;
        ((struct sockaddr_in *)at)->sin_addr.s_addr = htonl(0x7f000001 + number);
    } else {
        at->ss_family = AF_INET6;
        ((struct sockaddr_in6 *)at)->sin6_addr.s6_addr[15] = (unsigned char)number;
    }
    return at;
}

static void nonces_are_ours_and_of_now(void **state)
{
    struct nonces *nonces, *others;
    char nonce[NONCE_SIZE], again[NONCE_SIZE];

    (void)state;
    assert_int_equal(nonces_alloc(&nonces), 0);
    assert_int_equal(nonces_alloc(&others), 0);
    for (unsigned i = 0; i < 4; i++) {
        nonce_make(nonces, host(i), 1000, nonce);
        nonce_make(nonces, host(i), 1000, again);
        assert_string_not_equal(nonce, again);
        assert_int_equal(strlen(nonce), NONCE_SIZE - 1);
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(nonce_check(nonces, nonce, host(k), 1000),
                             i == k ? NONCE_GOOD : NONCE_FOREIGN);
        assert_int_equal(nonce_check(nonces, nonce, host(i), 1000 + NONCE_LIFE - 1), NONCE_GOOD);
        assert_int_equal(nonce_check(nonces, nonce, host(i), 1000 + NONCE_LIFE), NONCE_STALE);
        assert_int_equal(nonce_check(nonces, nonce, host(i), 999), NONCE_STALE);
        assert_int_equal(nonce_check(others, nonce, host(i), 1000), NONCE_FOREIGN);
        for (size_t k = 0; k < NONCE_SIZE - 1; k++) {
            memcpy(again, nonce, NONCE_SIZE);
            again[k] = again[k] == '0' ? '1' : '0';
            assert_int_equal(nonce_check(nonces, again, host(i), 1000), NONCE_FOREIGN);
        }
    }
    assert_int_equal(nonce_check(nonces, "", host(0), 1000), NONCE_FOREIGN);
    mem_unref(nonces);
    mem_unref(others);
}

static void a_count_is_taken_once(void **state)
{
    static char many[NONCES_KEPT + 1][NONCE_SIZE];
    struct nonces *nonces;
    char nonce[NONCE_SIZE];

    (void)state;
    assert_int_equal(nonces_alloc(&nonces), 0);
    nonce_make(nonces, host(0), 1000, nonce);
    assert_true(nonce_use(nonces, nonce, 1));
    assert_false(nonce_use(nonces, nonce, 1));
    assert_true(nonce_use(nonces, nonce, 5));
    assert_true(nonce_use(nonces, nonce, 4)); /* was overtaken */
    assert_false(nonce_use(nonces, nonce, 4));
    assert_false(nonce_use(nonces, nonce, 5));
    assert_true(nonce_use(nonces, nonce, 0x7fffffff));
    assert_false(nonce_use(nonces, nonce, 2));
    assert_true(nonce_use(nonces, nonce, 0x7ffffffe));
    nonce_make(nonces, host(0), 1000, nonce);
    assert_true(nonce_use(nonces, nonce, 0)); /* no count: once */
    assert_false(nonce_use(nonces, nonce, 0));
    mem_unref(nonces);

    assert_int_equal(nonces_alloc(&nonces), 0);
    for (unsigned i = 0; i <= NONCES_KEPT; i++) {
        nonce_make(nonces, host(0), 1000 + i, many[i]);
        assert_true(nonce_use(nonces, many[i], 1));
    }
    assert_false(nonce_use(nonces, many[0], 1)); /* forgotten, but not forgiven */
    assert_false(nonce_use(nonces, many[0], 2));
    assert_true(nonce_use(nonces, many[1], 2));
    assert_false(nonce_use(nonces, many[1], 2));
    mem_unref(nonces);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_of_rfc_2617),
        cmocka_unit_test(examples_of_rfc_7616),
        cmocka_unit_test(what_is_written_is_what_is_read),
        cmocka_unit_test(what_is_not_known_is_told),
        cmocka_unit_test(what_would_break_a_line_is_refused),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(nonces_are_ours_and_of_now),
        cmocka_unit_test(a_count_is_taken_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
