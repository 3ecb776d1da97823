/* srtp_packets.c: SRTP and SRTCP byte by byte against the vectors of RFC 3711 and RFC 7714; what is
 * changed, replayed, late or no packet at all; and that no packet costs an allocation. */
#include "srtp/private.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>

static unsigned long allocations;

static void *count_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocations++;
    return malloc(size);
}

static void *count_realloc(void *at, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocations++;
    return realloc(at, size);
}

static void count_free(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static size_t hex(uint8_t *out, const char *text)
{
    size_t size = 0;

    while (*text) {
        unsigned byte;

        text += strspn(text, " ");
        if (sscanf(text, "%2x", &byte) != 1)
            break;
        out[size++] = (uint8_t)byte;
        text += 2;
    }
    return size;
}

static struct srtp *alloc(enum srtp_suite suite, const char *bytes)
{
    struct srtp_key key = {.suite = suite};
    struct srtp *srtp;

    hex(key.bytes, bytes);
    assert_int_equal(srtp_alloc(&srtp, &key), 0);
    return srtp;
}

/* RFC 7714's vectors give the keys of the sessions themselves. */
static struct srtp *alloc_session(enum srtp_suite suite)
{
    static const char text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    struct srtp *srtp = alloc(suite, text);
    uint8_t key[32];

    hex(key, text);
    hex(srtp->rtp.salt, "51756964 2070726f 2071756f");
    hex(srtp->rtcp.salt, "51756964 2070726f 2071756f");
    assert_int_equal(EVP_CipherInit_ex(srtp->rtp.cipher, NULL, NULL, key, NULL, 1), 1);
    assert_int_equal(EVP_CipherInit_ex(srtp->rtcp.cipher, NULL, NULL, key, NULL, 1), 1);
    return srtp;
}

static void check_packet(struct srtp *sender, struct srtp *receiver, const char *plain,
                         const char *sealed)
{
    uint8_t packet[SRTP_PACKET], clear[SRTP_PACKET], wanted[SRTP_PACKET];
    size_t size = hex(clear, plain), full = hex(wanted, sealed);

    memcpy(packet, clear, size);
    assert_int_equal(srtp_protect(sender, packet, size), full);
    assert_memory_equal(packet, wanted, full);
    assert_int_equal(srtp_open(receiver, packet, &full), 0);
    assert_int_equal(full, size);
    assert_memory_equal(packet, clear, size);
    mem_unref(sender);
    mem_unref(receiver);
}

static const char gallia[] = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973"
                             "20646976 69736120 696e2070 61727465 73207472 6573";

/* RFC 7714, 16.1.1 and 16.2.1. */
static void seals_as_the_rfc_by_gcm(void **state)
{
    (void)state;
    check_packet(alloc_session(SRTP_GCM_128), alloc_session(SRTP_GCM_128), gallia,
                 "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5"
                 "0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
    check_packet(alloc_session(SRTP_GCM_256), alloc_session(SRTP_GCM_256), gallia,
                 "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238"
                 "9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13");
}

/* RFC 7714, 17.1. */
static void seals_reports_as_the_rfc_by_gcm(void **state)
{
    struct srtp *sender = alloc_session(SRTP_GCM_128), *receiver = alloc_session(SRTP_GCM_128);
    uint8_t packet[SRTP_PACKET], clear[SRTP_PACKET], wanted[SRTP_PACKET];
    size_t size = hex(clear, "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930"
                             "4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef");
    size_t full = hex(wanted, "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7"
                              "6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458"
                              "96cf4d2f c5abf872 45d9eade 800005d4");

    (void)state;
    sender->sent.report = 0x5d4;
    memcpy(packet, clear, size);
    assert_int_equal(srtp_protect_report(sender, packet, size), full);
    assert_memory_equal(packet, wanted, full);
    assert_int_equal(srtp_open_report(receiver, packet, &full), 0);
    assert_int_equal(full, size);
    assert_memory_equal(packet, clear, size);
    mem_unref(sender);
    mem_unref(receiver);
}

static const char master[] = "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6";

/* RFC 3711, B.3 of the key derivation; B.2 with its key and salt of the key stream. */
static void derives_keys_as_the_rfc(void **state)
{
    struct srtp *srtp = alloc(SRTP_CM_128_80, master);
    uint8_t wanted[32], made[32], key[16], auth[20], digest[20], iv[16];
    static const uint8_t zeros[32], word[INDEX];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    struct session session = {.cipher = NULL};
    int size = 0;

    (void)state;
    assert_int_equal(hex(wanted, "30CBBC08863D8C85D49DB34A9AE1"), SALT);
    assert_memory_equal(srtp->rtp.salt, wanted, SALT);
    /* the session key is in the cipher: the same key, given to another one, makes the same */
    hex(key, "C61E7A93744F39EE10734AFE3FF7A087");
    iv_of_packet(srtp, 0x11223344, 0x5566, iv);
    assert_int_equal(EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, wanted, &size, zeros, 32), 1);
    assert_true(cipher_run(&srtp->rtp, iv, zeros, made, 32));
    assert_memory_equal(made, wanted, 32);
    EVP_CIPHER_CTX_free(cipher);
    /* and so does the one of authentication */
    hex(auth, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
    session = srtp->rtp;
    hmac_run(&session, zeros, 28, word, digest);
    memset(wanted, 0, sizeof wanted);
    {
        uint8_t pad[64] = {0}, inner[64 + 32] = {0}, outer[64 + 20];

        memcpy(pad, auth, sizeof auth);
        for (int i = 0; i < 64; i++)
            inner[i] = pad[i] ^ 0x36;
        SHA1(inner, sizeof inner, wanted);
        for (int i = 0; i < 64; i++)
            outer[i] = pad[i] ^ 0x5c;
        memcpy(outer + 64, wanted, 20);
        SHA1(outer, sizeof outer, wanted);
    }
    assert_memory_equal(digest, wanted, 20);
    mem_unref(srtp);
}

static void runs_the_key_stream_of_the_rfc(void **state)
{
    struct srtp *srtp = alloc(SRTP_CM_128_80, master);
    uint8_t key[16], iv[16], made[48], wanted[48];
    static const uint8_t zeros[48];

    (void)state;
    hex(key, "2B7E151628AED2A6ABF7158809CF4F3C");
    hex(srtp->rtp.salt, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
    hex(wanted, "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
                "41E95B3BB0A2E8DD477901E4FCA894C0");
    assert_int_equal(EVP_CipherInit_ex(srtp->rtp.cipher, NULL, NULL, key, NULL, 1), 1);
    iv_of_packet(srtp, 0, 0, iv);
    assert_true(cipher_run(&srtp->rtp, iv, zeros, made, sizeof made));
    assert_memory_equal(made, wanted, sizeof made);
    mem_unref(srtp);
}

/* Of one suite: a sender, and who has its key. */
struct pair {
    struct srtp *sender, *receiver;
    struct srtp_key key;
};

static void open_pair(struct pair *pair, enum srtp_suite suite)
{
    srtp_key_make(&pair->key, suite);
    assert_int_equal(srtp_alloc(&pair->sender, &pair->key), 0);
    assert_int_equal(srtp_alloc(&pair->receiver, &pair->key), 0);
}

static void close_pair(struct pair *pair)
{
    mem_unref(pair->sender);
    mem_unref(pair->receiver);
}

enum { BODY = 160, PLAIN = RTP_HEADER + BODY };

static void write_packet(uint8_t packet[SRTP_PACKET], uint32_t ssrc, uint16_t number)
{
    memset(packet, 0, RTP_HEADER);
    packet[0] = 0x80;
    packet[2] = (uint8_t)(number >> 8);
    packet[3] = (uint8_t)number;
    packet_put_word(packet + 8, ssrc);
    for (int i = 0; i < BODY; i++)
        packet[RTP_HEADER + i] = (uint8_t)(number + i);
}

static size_t send_packet(struct srtp *sender, uint8_t packet[SRTP_PACKET], uint32_t ssrc,
                          uint16_t number)
{
    write_packet(packet, ssrc, number);
    return srtp_protect(sender, packet, PLAIN);
}

static int receive(struct srtp *receiver, uint8_t packet[SRTP_PACKET], size_t size)
{
    uint8_t plain[SRTP_PACKET];
    int err = srtp_open(receiver, packet, &size);

    if (!err) {
        assert_int_equal(size, PLAIN);
        write_packet(plain, packet_word(packet + 8), packet_number(packet));
        assert_memory_equal(packet, plain, PLAIN);
    }
    return err;
}

static int pass(struct pair *pair, uint32_t ssrc, uint16_t number)
{
    uint8_t packet[SRTP_PACKET];
    size_t size = send_packet(pair->sender, packet, ssrc, number);

    return receive(pair->receiver, packet, size);
}

/* Each suite, over two wraps of the sequence numbers, and each packet unlike its plain form. */
static void goes_through_wraps(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        struct pair pair;

        open_pair(&pair, suite);
        assert_false(srtp_rolled(pair.sender));
        for (uint32_t i = 65000; i < 65000 + 140000; i += 7)
            assert_int_equal(pass(&pair, 1, (uint16_t)i), 0);
        assert_true(srtp_rolled(pair.sender));
        close_pair(&pair);
    }
}

static void hides_what_is_said(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        uint8_t packet[SRTP_PACKET], plain[SRTP_PACKET];
        struct pair pair;
        unsigned same = 0;

        open_pair(&pair, suite);
        write_packet(plain, 7, 9);
        assert_int_equal(send_packet(pair.sender, packet, 7, 9), PLAIN + srtp_suites[suite].tag);
        assert_memory_equal(packet, plain, RTP_HEADER);
        for (int i = RTP_HEADER; i < PLAIN; i++)
            same += packet[i] == plain[i];
        assert_true(same < BODY / 8);
        close_pair(&pair);
    }
}

/* Every single bit of a packet matters. */
static void refuses_what_was_changed(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        uint8_t packet[SRTP_PACKET], changed[SRTP_PACKET];
        struct pair pair;
        size_t size;

        open_pair(&pair, suite);
        assert_int_equal(pass(&pair, 5, 100), 0);
        size = send_packet(pair.sender, packet, 5, 101);
        for (size_t bit = 0; bit < size * 8; bit++) {
            memcpy(changed, packet, size);
            changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(receive(pair.receiver, changed, size), 0);
        }
        for (size_t less = 0; less < size; less++) {
            size_t left = less;

            memcpy(changed, packet, size);
            assert_int_not_equal(srtp_open(pair.receiver, changed, &left), 0);
            assert_int_equal(left, less);
        }
        assert_int_equal(receive(pair.receiver, packet, size), 0); /* nothing was learned of it */
        close_pair(&pair);
    }
}

static void leaves_what_it_refuses(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        uint8_t packet[SRTP_PACKET], before[SRTP_PACKET];
        struct pair pair, other;
        size_t size;

        open_pair(&pair, suite);
        open_pair(&other, suite);
        size = send_packet(other.sender, packet, 5, 100);
        memcpy(before, packet, size);
        assert_int_equal(srtp_open(pair.receiver, packet, &size), EBADMSG);
        assert_memory_equal(packet, before, size);
        close_pair(&pair);
        close_pair(&other);
    }
}

static void hears_nothing_twice(void **state)
{
    uint8_t first[SRTP_PACKET], packet[SRTP_PACKET], copy[SRTP_PACKET];
    struct pair pair;
    size_t size;

    (void)state;
    open_pair(&pair, SRTP_CM_128_80);
    size = send_packet(pair.sender, first, 5, 65530);
    memcpy(copy, first, size);
    assert_int_equal(receive(pair.receiver, copy, size), 0);
    for (unsigned i = 1; i <= 100; i++) {
        memcpy(copy, first, size);
        assert_int_equal(receive(pair.receiver, copy, size), EALREADY);
        assert_int_equal(send_packet(pair.sender, packet, 5, (uint16_t)(65530 + i)), size);
        memcpy(copy, packet, size);
        assert_int_equal(receive(pair.receiver, copy, size), 0);
        assert_int_equal(receive(pair.receiver, packet, size), EALREADY);
    }
    close_pair(&pair);
}

static void hears_what_is_late_once(void **state)
{
    uint8_t late[64][SRTP_PACKET], copy[SRTP_PACKET];
    struct pair pair;
    size_t size = 0;

    (void)state;
    open_pair(&pair, SRTP_GCM_128);
    for (unsigned i = 0; i < 64; i++)
        size = send_packet(pair.sender, late[i], 5, (uint16_t)(65500 + i));
    for (unsigned i = 64; i--;) {
        memcpy(copy, late[i], size);
        assert_int_equal(receive(pair.receiver, copy, size), 0);
        assert_int_equal(receive(pair.receiver, late[i], size), EALREADY);
    }
    assert_int_equal(send_packet(pair.sender, copy, 5, 65500 + 64 - 65536), size);
    assert_int_equal(receive(pair.receiver, copy, size), 0);
    close_pair(&pair);
}

/* Who comes late, when the numbers have wrapped already. */
static void hears_who_wrapped_before(void **state)
{
    uint8_t packet[SRTP_PACKET];
    struct pair pair;

    (void)state;
    open_pair(&pair, SRTP_CM_128_80);
    send_packet(pair.sender, packet, 5, 65535);
    assert_int_equal(pass(&pair, 5, 2), 0);
    assert_int_equal(pass(&pair, 5, 3), 0);
    close_pair(&pair);
}

static void sends_no_number_twice(void **state)
{
    uint8_t packet[SRTP_PACKET];
    struct pair pair;

    (void)state;
    open_pair(&pair, SRTP_GCM_128);
    assert_int_not_equal(send_packet(pair.sender, packet, 5, 100), 0);
    assert_int_equal(send_packet(pair.sender, packet, 5, 100), 0);
    assert_int_equal(send_packet(pair.sender, packet, 5, 99), 0);
    assert_int_not_equal(send_packet(pair.sender, packet, 5, 101), 0);
    assert_int_not_equal(send_packet(pair.sender, packet, 6, 100), 0); /* another source */
    close_pair(&pair);
}

/* As many sources as there is room for; forged ones take none. */
static void knows_its_sources(void **state)
{
    struct pair pair, other;

    (void)state;
    open_pair(&pair, SRTP_GCM_128);
    open_pair(&other, SRTP_GCM_128);
    for (uint32_t ssrc = 1; ssrc <= SOURCES; ssrc++) {
        uint8_t packet[SRTP_PACKET];
        size_t size = send_packet(other.sender, packet, ssrc + 1000, 1);

        assert_int_equal(receive(pair.receiver, packet, size), EBADMSG);
        assert_int_equal(pass(&pair, ssrc, 1), 0);
    }
    assert_int_equal(pass(&pair, SOURCES + 1, 1), EBADMSG);
    assert_int_equal(pass(&pair, SOURCES, 2), 0);
    close_pair(&pair);
    close_pair(&other);
}

/* A new key in the midst of a stream whose numbers have wrapped. */
static void follows_a_new_key(void **state)
{
    (void)state;
    for (int restarted = 0; restarted < 2; restarted++) {
        struct pair old, pair;

        open_pair(&old, SRTP_CM_128_80);
        assert_int_equal(pass(&old, 5, 65000), 0);
        assert_int_equal(pass(&old, 5, 500), 0);
        open_pair(&pair, SRTP_GCM_128);
        srtp_follow(pair.receiver, old.receiver);
        if (!restarted) /* the sender's counter goes on, as the RFC wants it */
            pair.sender->sent = old.sender->sent;
        assert_int_equal(pass(&pair, 5, 501), 0);
        assert_int_equal(pass(&pair, 5, 502), 0);
        close_pair(&old);
        close_pair(&pair);
    }
}

static size_t write_report(uint8_t packet[SRTP_PACKET], uint32_t ssrc)
{
    memset(packet, 0, 32);
    packet[0] = 0x80;
    packet[1] = 201;
    packet[3] = 7;
    packet_put_word(packet + 4, ssrc);
    memset(packet + 8, 0x5a, 24);
    return 32;
}

static void passes_reports_once(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        struct pair pair;

        open_pair(&pair, suite);
        for (int i = 0; i < 200; i++) {
            uint8_t packet[SRTP_PACKET], plain[SRTP_PACKET], copy[SRTP_PACKET];
            size_t size = write_report(packet, 9), full, left;

            write_report(plain, 9);
            full = srtp_protect_report(pair.sender, packet, size);
            assert_int_equal(full, size + srtp_suites[suite].report_tag + INDEX);
            assert_memory_not_equal(packet + 8, plain + 8, 24);
            for (size_t bit = 0; !i && bit < full * 8; bit++) {
                memcpy(copy, packet, full);
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                left = full;
                assert_int_not_equal(srtp_open_report(pair.receiver, copy, &left), 0);
            }
            memcpy(copy, packet, full);
            left = full;
            assert_int_equal(srtp_open_report(pair.receiver, packet, &left), 0);
            assert_int_equal(left, size);
            assert_memory_equal(packet, plain, size);
            left = full;
            assert_int_equal(srtp_open_report(pair.receiver, copy, &left), EALREADY);
        }
        close_pair(&pair);
    }
}

/* The MKI of the peer's packets: before the tag of AES-CM, behind that of AES-GCM. */
static void takes_the_identifier_of_a_key(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        static const uint8_t mki[2] = {0, 1};
        uint8_t packet[SRTP_PACKET], tag[TAG_MAX];
        size_t size, length = srtp_suites[suite].tag;
        struct pair pair;

        open_pair(&pair, suite);
        mem_unref(pair.receiver);
        pair.key.mki_size = sizeof mki;
        memcpy(pair.key.mki, mki, sizeof mki);
        assert_int_equal(srtp_alloc(&pair.receiver, &pair.key), 0);
        size = send_packet(pair.sender, packet, 5, 1);
        memcpy(tag, packet + size - length, length);
        if (srtp_suites[suite].gcm) {
            memcpy(packet + size, mki, sizeof mki);
        } else {
            memcpy(packet + size - length, mki, sizeof mki);
            memcpy(packet + size - length + sizeof mki, tag, length);
        }
        assert_int_equal(receive(pair.receiver, packet, size + sizeof mki), 0);
        close_pair(&pair);
    }
}

/* Anything at all, from anybody. */
static void survives_anything(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        struct pair pair;

        open_pair(&pair, suite);
        for (int i = 0; i < 20000; i++) {
            size_t size = (size_t)rand_r(&seed) % (i % 100 ? 64 : SRTP_PACKET), left = size;
            uint8_t *bytes = malloc(size ? size : 1); /* of its size, for the sanitizers */

            assert_non_null(bytes);
            for (size_t k = 0; k < size; k++)
                bytes[k] = (uint8_t)rand_r(&seed);
            if (size)
                bytes[0] = (uint8_t)(0x80 | (bytes[0] & 0x3f));
            assert_int_not_equal(srtp_open(pair.receiver, bytes, &left), 0);
            assert_int_not_equal(srtp_open_report(pair.receiver, bytes, &left), 0);
            assert_int_equal(left, size);
            free(bytes);
        }
        close_pair(&pair);
    }
}

/* A media worker must not allocate; also not for what it refuses. */
static void allocates_nothing_a_packet(void **state)
{
    (void)state;
    for (unsigned suite = SRTP_GCM_128; suite < SRTP_SUITES; suite++) {
        struct pair pair, other;
        unsigned long before;

        open_pair(&pair, suite);
        open_pair(&other, suite);
        before = allocations;
        for (uint16_t i = 1; i < 100; i++) {
            uint8_t packet[SRTP_PACKET];
            size_t size;

            assert_int_equal(pass(&pair, i % 3, i), 0);
            size = send_packet(other.sender, packet, 77, i);
            assert_int_equal(receive(pair.receiver, packet, size), EBADMSG);
            size = srtp_protect_report(pair.sender, packet, write_report(packet, 9));
            assert_int_equal(srtp_open_report(pair.receiver, packet, &size), 0);
            size = srtp_protect_report(other.sender, packet, write_report(packet, 10));
            assert_int_equal(srtp_open_report(pair.receiver, packet, &size), EBADMSG);
        }
        assert_int_equal(allocations, before);
        close_pair(&pair);
        close_pair(&other);
    }
    assert_true(allocations > 0); /* they are counted at all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_as_the_rfc_by_gcm),
        cmocka_unit_test(seals_reports_as_the_rfc_by_gcm),
        cmocka_unit_test(derives_keys_as_the_rfc),
        cmocka_unit_test(runs_the_key_stream_of_the_rfc),
        cmocka_unit_test(goes_through_wraps),
        cmocka_unit_test(hides_what_is_said),
        cmocka_unit_test(refuses_what_was_changed),
        cmocka_unit_test(leaves_what_it_refuses),
        cmocka_unit_test(hears_nothing_twice),
        cmocka_unit_test(hears_what_is_late_once),
        cmocka_unit_test(hears_who_wrapped_before),
        cmocka_unit_test(sends_no_number_twice),
        cmocka_unit_test(knows_its_sources),
        cmocka_unit_test(follows_a_new_key),
        cmocka_unit_test(passes_reports_once),
        cmocka_unit_test(takes_the_identifier_of_a_key),
        cmocka_unit_test(survives_anything),
        cmocka_unit_test(allocates_nothing_a_packet),
    };

    CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
