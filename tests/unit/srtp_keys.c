/* srtp_keys.c: keys as a=crypto tells them (RFC 4568): what is read, what is not, what we write. */
#include "srtp/srtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define KEY_30 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" /* of RFC 4568's own example */
#define KEY_28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

static void reads_what_peers_write(void **state)
{
    static const struct {
        const char *text;
        enum srtp_suite suite;
        unsigned mki_size, mki;
    } good[] = {
        {"AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, SRTP_CM_128_80, 0, 0},
        {"AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^20|1:4", SRTP_CM_128_80, 4, 1},
        {"AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:1", SRTP_CM_128_80, 1, 1},
        {"AES_CM_128_HMAC_SHA1_32 inline:" KEY_30 "|2^31", SRTP_CM_128_32, 0, 0},
        {"AES_CM_128_HMAC_SHA1_32  inline:" KEY_30 "|1048576 WSH=128", SRTP_CM_128_32, 0, 0},
        {"aes_cm_128_hmac_sha1_80 INLINE:" KEY_30, SRTP_CM_128_80, 0, 0},
        {"AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " -X=1", SRTP_CM_128_80, 0, 0},
        {"AEAD_AES_128_GCM inline:" KEY_28, SRTP_GCM_128, 0, 0},
        {"AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw", SRTP_GCM_128, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct srtp_key key;

        print_message("%s\n", good[i].text);
        assert_true(srtp_key_read(&key, good[i].text));
        assert_int_equal(key.suite, good[i].suite);
        assert_int_equal(key.mki_size, good[i].mki_size);
        if (key.mki_size)
            assert_int_equal(key.mki[key.mki_size - 1], good[i].mki);
    }
}

static void refuses_what_it_cannot_keep(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "AES_CM_128_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_80 ",
        "AES_CM_128_HMAC_SHA1_80 inline:",
        "AES_CM_128_HMAC_SHA1_80 uri:" KEY_30,
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_28,
        "AEAD_AES_128_GCM inline:" KEY_30,
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "AAAA",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "=",
        "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV",
        "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub*Vz",
        "AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=",
        "AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw===",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 ";inline:" KEY_30,
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:0",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:5",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|300:1",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|:",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^x",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " UNENCRYPTED_SRTP",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " UNENCRYPTED_SRTCP",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " WSH=64 UNAUTHENTICATED_SRTP",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " KDR=1",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " FEC_ORDER=SRTP_FEC",
        "AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " X=1",
        "F8_128_HMAC_SHA1_80 inline:" KEY_30,
        "none inline:" KEY_30,
        "NULL_HMAC_SHA1_80 inline:" KEY_30,
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static const struct srtp_key none;
        struct srtp_key key;

        print_message("%s\n", bad[i]);
        assert_false(srtp_key_read(&key, bad[i]));
        assert_memory_equal(&key, &none, sizeof key);
    }
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        struct srtp_key key, again, other;
        char text[SRTP_TEXT];

        srtp_key_make(&key, suite);
        srtp_key_make(&other, suite);
        assert_false(srtp_key_same(&key, &other));
        srtp_key_write(&key, text);
        assert_int_equal(strncmp(text, srtp_suite_name(suite), strlen(srtp_suite_name(suite))), 0);
        assert_true(srtp_key_read(&again, text));
        assert_true(srtp_key_same(&key, &again));
        again.bytes[0] ^= 1;
        assert_false(srtp_key_same(&key, &again));
    }
}

static void reads_a_key_byte_by_byte(void **state)
{
    struct srtp_key key;

    (void)state;
    assert_true(srtp_key_read(&key, "AEAD_AES_128_GCM inline:" KEY_28));
    for (unsigned i = 0; i < 28; i++)
        assert_int_equal(key.bytes[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_peers_write),
        cmocka_unit_test(refuses_what_it_cannot_keep),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(reads_a_key_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
