/* suite.c: the suites (RFC 4568, 6.2; RFC 7714, 12; RFC 6188), and what a key is. */
#include "srtp/private.h"
#include "base/id.h"

#include <openssl/crypto.h>

#include <string.h>

const struct suite srtp_suites[SRTP_SUITES] = {
    [SRTP_NONE] = {"none", 0, 0, 0, 0, false},
    [SRTP_GCM_128] = {"AEAD_AES_128_GCM", 16, 12, 16, 16, true},
    [SRTP_GCM_256] = {"AEAD_AES_256_GCM", 32, 12, 16, 16, true},
    [SRTP_CM_128_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},
    [SRTP_CM_256_80] = {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false},
    [SRTP_CM_128_32] = {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},
    [SRTP_CM_256_32] = {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false},
};

const char *srtp_suite_name(enum srtp_suite suite)
{
    return srtp_suites[suite].name;
}

static size_t size_of(enum srtp_suite suite)
{
    return (size_t)srtp_suites[suite].key + srtp_suites[suite].salt;
}

void srtp_key_make(struct srtp_key *key, enum srtp_suite suite)
{
    memset(key, 0, sizeof *key);
    key->suite = suite;
    id_random(key->bytes, size_of(suite));
}

bool srtp_key_same(const struct srtp_key *one, const struct srtp_key *other)
{
    return one->suite == other->suite && one->mki_size == other->mki_size &&
           !CRYPTO_memcmp(one->bytes, other->bytes, size_of(one->suite)) &&
           !memcmp(one->mki, other->mki, one->mki_size);
}

void srtp_key_wipe(struct srtp_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}
