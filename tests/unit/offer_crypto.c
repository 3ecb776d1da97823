/* offer_crypto.c: keys in offers and answers (RFC 4568): what each policy takes of a peer, what it
 * offers, and that nothing is ever less protected than the policy wants it. */
#include "offer/offer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD "v=0\r\no=peer 1 2 IN IP4 127.0.0.9\r\ns=call\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
#define KEY_30 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY_28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define CM_80 "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30
#define CM_32 "AES_CM_128_HMAC_SHA1_32 inline:" KEY_30
#define GCM "AEAD_AES_128_GCM inline:" KEY_28
#define CRYPTO(tag, line) "a=crypto:" #tag " " line "\r\n"
#define SAVP "m=audio 4000 RTP/SAVP 0\r\n"
#define AVP "m=audio 4000 RTP/AVP 0\r\n"

static struct offer_keys keys;

struct result {
    int err;
    struct offer_agreed agreed;
    char sdp[OFFER_SDP], reason[OFFER_REASON];
};

static struct offer_ability can_be(enum offer_security security)
{
    return (struct offer_ability){.formats = {{CODEC_PCMU}}, .count = 1, .security = security};
}

static struct offer_local local_as(enum offer_profile profile)
{
    return (struct offer_local){
        .address = "127.0.0.1", .port = 10000, .session = 77, .keys = &keys, .profile = profile};
}

static void answer(struct result *result, enum offer_security security, const char *offer)
{
    struct offer_ability can = can_be(security);
    struct offer_local local = local_as(OFFER_AVP);

    memset(result, 0, sizeof *result);
    result->err = offer_answer(&can, &local, offer, &result->agreed, result->sdp, result->reason);
}

static void expect_key(const char *sdp, unsigned tag, enum srtp_suite suite)
{
    char line[SRTP_TEXT + 32], text[SRTP_TEXT];

    srtp_key_write(&keys.of[suite], text);
    snprintf(line, sizeof line, "a=crypto:%u %s\r\n", tag, text);
    assert_non_null(strstr(sdp, line));
}

static const struct {
    enum offer_security security;
    const char *offer;
    int err;
    enum offer_profile profile; /* that was agreed */
    enum srtp_suite suite;
    unsigned tag;
} answers[] = {
    {OFFER_PLAIN, HEAD AVP, 0, OFFER_AVP, SRTP_NONE, 0},
    {OFFER_PLAIN, HEAD AVP CRYPTO(1, CM_80), 0, OFFER_AVP, SRTP_NONE, 0},
    {OFFER_PLAIN, HEAD SAVP CRYPTO(1, CM_80), ENOTSUP, 0, 0, 0},
    {OFFER_EITHER, HEAD AVP, 0, OFFER_AVP, SRTP_NONE, 0},
    {OFFER_EITHER, HEAD SAVP CRYPTO(1, CM_80), 0, OFFER_SAVP, SRTP_CM_128_80, 1},
    {OFFER_EITHER, HEAD AVP CRYPTO(4, CM_80), 0, OFFER_AVP_CRYPTO, SRTP_CM_128_80, 4},
    {OFFER_EITHER, HEAD AVP CRYPTO(4, "X inline:x"), 0, OFFER_AVP, SRTP_NONE, 0},
    {OFFER_EITHER, HEAD SAVP, ENOTSUP, 0, 0, 0},
    {OFFER_EITHER, HEAD AVP SAVP CRYPTO(2, CM_80), 0, OFFER_SAVP, SRTP_CM_128_80, 2},
    {OFFER_EITHER, HEAD SAVP AVP, 0, OFFER_AVP, SRTP_NONE, 0},
    {OFFER_SECURE, HEAD AVP, ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD AVP CRYPTO(1, CM_80), ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP, ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP AVP, ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, CM_80), 0, OFFER_SAVP, SRTP_CM_128_80, 1},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, CM_32), 0, OFFER_SAVP, SRTP_CM_128_32, 1},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, CM_80) CRYPTO(2, GCM), 0, OFFER_SAVP, SRTP_GCM_128, 2},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, CM_32) CRYPTO(2, CM_80), 0, OFFER_SAVP, SRTP_CM_128_80, 2},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, "F8 inline:x") CRYPTO(9, CM_32), 0, OFFER_SAVP,
     SRTP_CM_128_32, 9},
    {OFFER_SECURE, HEAD SAVP CRYPTO(1, CM_80 " UNENCRYPTED_SRTP"), ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP "a=crypto:x " CM_80 "\r\n", ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP "a=crypto:1" CM_80 "\r\n", ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP "a=crypto:-1 " CM_80 "\r\n", ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP "a=crypto:9999999999 " CM_80 "\r\n", ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD SAVP "a=crypto\r\n", ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD "m=audio 4000 RTP/SAVPF 0\r\n" CRYPTO(1, CM_80), ENOTSUP, 0, 0, 0},
    {OFFER_SECURE, HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", ENOTSUP, 0, 0, 0},
};

static void answers_as_the_policy_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct srtp_key peers;
        struct result r;

        print_message("row %zu\n", i);
        answer(&r, answers[i].security, answers[i].offer);
        assert_int_equal(r.err, answers[i].err);
        if (r.err)
            continue;
        assert_int_equal(r.agreed.profile, answers[i].profile);
        assert_int_equal(r.agreed.send_key.suite, answers[i].suite);
        assert_int_equal(r.agreed.receive_key.suite, answers[i].suite);
        assert_int_equal(!strstr(r.sdp, "crypto"), answers[i].suite == SRTP_NONE);
        assert_int_equal(!strstr(r.sdp, "10000 RTP/SAVP 0"), answers[i].profile != OFFER_SAVP);
        if (answers[i].suite == SRTP_NONE)
            continue;
        expect_key(r.sdp, answers[i].tag, answers[i].suite);
        assert_true(srtp_key_same(&r.agreed.send_key, &keys.of[answers[i].suite]));
        assert_true(srtp_key_read(&peers, answers[i].suite == SRTP_GCM_128     ? GCM
                                          : answers[i].suite == SRTP_CM_128_32 ? CM_32
                                                                               : CM_80));
        assert_true(srtp_key_same(&r.agreed.receive_key, &peers));
    }
}

static void says_what_it_wants(void **state)
{
    struct result r;

    (void)state;
    answer(&r, OFFER_PLAIN, HEAD SAVP CRYPTO(1, CM_80));
    assert_string_equal(r.reason, "offered RTP/SAVP, supported RTP/AVP");
    answer(&r, OFFER_SECURE, HEAD AVP);
    assert_string_equal(r.reason, "offered RTP/AVP, supported RTP/SAVP");
    answer(&r, OFFER_EITHER, HEAD "m=audio 4000 RTP/SAVPF 0\r\n");
    assert_string_equal(r.reason, "offered RTP/SAVPF, supported RTP/AVP RTP/SAVP");
    answer(&r, OFFER_SECURE, HEAD SAVP CRYPTO(1, "F8_128_HMAC_SHA1_80 inline:x"));
    assert_non_null(strstr(r.reason, "offered RTP/SAVP without a usable a=crypto, supported "
                                     "RTP/SAVP AEAD_AES_128_GCM AEAD_AES_256_GCM "
                                     "AES_CM_128_HMAC_SHA1_80"));
    assert_null(strstr(r.reason, "inline"));
    answer(&r, OFFER_SECURE, HEAD "m=audio 4000 RTP/SAVP 18\r\n" CRYPTO(1, CM_80));
    assert_string_equal(r.reason, "offered G729, supported PCMU");
}

static void refuses_the_other_line(void **state)
{
    struct result r;

    (void)state;
    answer(&r, OFFER_EITHER, HEAD AVP "m=audio 4002 RTP/SAVP 0\r\n" CRYPTO(2, CM_80));
    assert_int_equal(r.err, 0);
    assert_non_null(strstr(r.sdp, "m=audio 0 RTP/AVP 0\r\nm=audio 10000 RTP/SAVP 0\r\n"));
}

static void offer(char sdp[OFFER_SDP], enum offer_security security, enum offer_profile profile)
{
    struct offer_ability can = can_be(security);
    struct offer_local local = local_as(profile);

    assert_int_equal(offer_make(&can, &local, sdp), 0);
}

static void offers_two_suites(void **state)
{
    char sdp[OFFER_SDP], again[OFFER_SDP];

    (void)state;
    offer(sdp, OFFER_SECURE, OFFER_SAVP);
    assert_non_null(strstr(sdp, "m=audio 10000 RTP/SAVP 0"));
    expect_key(sdp, 1, SRTP_GCM_128);
    expect_key(sdp, 2, SRTP_CM_128_80);
    offer(again, OFFER_SECURE, OFFER_SAVP); /* a later one in the dialog has the same keys */
    assert_string_equal(sdp, again);
    offer(sdp, OFFER_EITHER, OFFER_AVP);
    assert_null(strstr(sdp, "SAVP"));
    assert_null(strstr(sdp, "crypto"));
    offer(sdp, OFFER_EITHER, OFFER_AVP_CRYPTO);
    assert_non_null(strstr(sdp, "m=audio 10000 RTP/AVP 0"));
    expect_key(sdp, 1, SRTP_GCM_128);
}

static void has_a_key_a_suite(void **state)
{
    (void)state;
    for (unsigned i = SRTP_GCM_128; i < SRTP_SUITES; i++)
        for (unsigned k = SRTP_GCM_128; k < i; k++)
            assert_memory_not_equal(keys.of[i].bytes, keys.of[k].bytes, 16);
}

static int accept_as(enum offer_security security, enum offer_profile profile, const char *sdp,
                     struct offer_agreed *agreed)
{
    struct offer_ability can = can_be(security);
    struct offer_local local = local_as(profile);
    char reason[OFFER_REASON];

    return offer_accept(&can, &local, sdp, agreed, reason);
}

static void accepts_what_it_offered_only(void **state)
{
    struct offer_agreed agreed;

    (void)state;
    assert_int_equal(accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(2, CM_80), &agreed), 0);
    assert_int_equal(agreed.receive_key.suite, SRTP_CM_128_80);
    assert_true(srtp_key_same(&agreed.send_key, &keys.of[SRTP_CM_128_80]));
    assert_int_equal(accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(1, GCM), &agreed), 0);
    assert_int_equal(agreed.receive_key.suite, SRTP_GCM_128);
    /* another tag, another suite, two lines, none, or another profile */
    assert_int_equal(accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(1, CM_80), &agreed),
                     ENOTSUP);
    assert_int_equal(accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(3, CM_80), &agreed),
                     ENOTSUP);
    assert_int_equal(accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(2, CM_32), &agreed),
                     ENOTSUP);
    assert_int_equal(
        accept_as(OFFER_SECURE, OFFER_SAVP, HEAD SAVP CRYPTO(1, GCM) CRYPTO(2, CM_80), &agreed),
        ENOTSUP);
    for (int security = OFFER_EITHER; security <= OFFER_SECURE; security++) {
        assert_int_equal(accept_as(security, OFFER_SAVP, HEAD SAVP, &agreed), ENOTSUP);
        assert_int_equal(accept_as(security, OFFER_SAVP, HEAD AVP, &agreed), ENOTSUP);
        assert_int_equal(accept_as(security, OFFER_SAVP, HEAD AVP CRYPTO(2, CM_80), &agreed),
                         ENOTSUP);
    }
    assert_int_equal(accept_as(OFFER_EITHER, OFFER_AVP, HEAD SAVP CRYPTO(2, CM_80), &agreed),
                     ENOTSUP);
}

static void accepts_clear_sound_where_it_was_left_open(void **state)
{
    struct offer_agreed agreed;

    (void)state;
    assert_int_equal(accept_as(OFFER_EITHER, OFFER_AVP, HEAD AVP, &agreed), 0);
    assert_int_equal(agreed.send_key.suite, SRTP_NONE);
    assert_int_equal(accept_as(OFFER_EITHER, OFFER_AVP_CRYPTO, HEAD AVP, &agreed), 0);
    assert_int_equal(agreed.send_key.suite, SRTP_NONE);
    assert_int_equal(agreed.profile, OFFER_AVP);
    assert_int_equal(accept_as(OFFER_EITHER, OFFER_AVP_CRYPTO, HEAD AVP CRYPTO(1, GCM), &agreed),
                     0);
    assert_int_equal(agreed.send_key.suite, SRTP_GCM_128);
    assert_int_equal(agreed.profile, OFFER_AVP_CRYPTO);
}

/* Without keys of our own a peer's are passed over. */
static void is_plain_without_keys(void **state)
{
    struct offer_ability can = can_be(OFFER_EITHER);
    struct offer_local local = local_as(OFFER_SAVP);
    struct result r = {.err = 0};

    (void)state;
    local.keys = NULL;
    r.err = offer_answer(&can, &local, HEAD SAVP CRYPTO(1, CM_80), &r.agreed, r.sdp, r.reason);
    assert_int_equal(r.err, ENOTSUP);
    assert_int_equal(offer_make(&can, &local, r.sdp), 0);
    assert_null(strstr(r.sdp, "SAVP"));
}

/* Two of us agree, and each hears under the key that the other sends with. */
static void agrees_with_itself(void **state)
{
    static struct offer_keys theirs;
    struct offer_ability can = can_be(OFFER_SECURE);
    struct offer_local us = local_as(OFFER_SAVP), them = local_as(OFFER_AVP);
    struct offer_agreed ours, other;
    char reason[OFFER_REASON], sdp[OFFER_SDP], reply[OFFER_SDP];

    (void)state;
    offer_keys_make(&theirs);
    them.keys = &theirs;
    assert_int_equal(offer_make(&can, &us, sdp), 0);
    assert_int_equal(offer_answer(&can, &them, sdp, &other, reply, reason), 0);
    assert_int_equal(offer_accept(&can, &us, reply, &ours, reason), 0);
    assert_int_equal(ours.send_key.suite, SRTP_GCM_128);
    assert_true(srtp_key_same(&ours.send_key, &other.receive_key));
    assert_true(srtp_key_same(&ours.receive_key, &other.send_key));
    assert_false(srtp_key_same(&ours.send_key, &ours.receive_key));
}

static int make_keys(void **state)
{
    (void)state;
    offer_keys_make(&keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_the_policy_has_it),
        cmocka_unit_test(says_what_it_wants),
        cmocka_unit_test(refuses_the_other_line),
        cmocka_unit_test(offers_two_suites),
        cmocka_unit_test(has_a_key_a_suite),
        cmocka_unit_test(accepts_what_it_offered_only),
        cmocka_unit_test(accepts_clear_sound_where_it_was_left_open),
        cmocka_unit_test(is_plain_without_keys),
        cmocka_unit_test(agrees_with_itself),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}
