/* keys.c: a context's life, and the keys of its sessions, which come of the master key (RFC 3711,
 * 4.3): the key stream of AES-CM from a salt with a label in it. AES-GCM makes them the same way
 * (RFC 7714, 11), its shorter salt ends in zeros. */
#include "srtp/private.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { MAGIC = 0x52a9, LABEL = 7 /* its place in the salt */, AUTH = 20 /* [bytes] */ };
enum label { LABEL_KEY, LABEL_AUTH, LABEL_SALT, LABELS };

static bool derive(const struct srtp *srtp, unsigned label, uint8_t *out, int size)
{
    static const uint8_t zeros[32];
    const struct suite *suite = srtp->suite;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t iv[16] = {0};
    int made = 0;
    bool good;

    memcpy(iv, srtp->key.bytes + suite->key, suite->salt);
    iv[LABEL] ^= (uint8_t)label;
    good = cipher &&
           EVP_EncryptInit_ex(cipher, suite->key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(),
                              NULL, srtp->key.bytes, iv) == 1 &&
           EVP_EncryptUpdate(cipher, out, &made, zeros, size) == 1 && made == size;
    EVP_CIPHER_CTX_free(cipher);
    return good;
}

/* RFC 2104: what does not change from packet to packet. */
static void start_hmac(struct session *session, const uint8_t key[AUTH])
{
    uint8_t pad[SHA_CBLOCK];

    memset(pad, 0x36, sizeof pad);
    for (int i = 0; i < AUTH; i++)
        pad[i] ^= key[i];
    SHA1_Init(&session->inner);
    SHA1_Update(&session->inner, pad, sizeof pad);
    for (int i = 0; i < SHA_CBLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA1_Init(&session->outer);
    SHA1_Update(&session->outer, pad, sizeof pad);
    OPENSSL_cleanse(pad, sizeof pad);
}

static const EVP_CIPHER *kind_of(const struct suite *suite)
{
    if (suite->gcm)
        return suite->key == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    return suite->key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
}

static bool start(const struct srtp *srtp, struct session *session, unsigned label)
{
    uint8_t key[32], auth[AUTH];
    bool good = derive(srtp, label + LABEL_KEY, key, srtp->suite->key) &&
                derive(srtp, label + LABEL_SALT, session->salt, srtp->suite->salt) &&
                derive(srtp, label + LABEL_AUTH, auth, AUTH);

    session->cipher = EVP_CIPHER_CTX_new();
    good = good && session->cipher &&
           EVP_CipherInit_ex(session->cipher, kind_of(srtp->suite), NULL, key, NULL, 1) == 1;
    start_hmac(session, auth);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(auth, sizeof auth);
    return good;
}

static void destroy(void *obj)
{
    struct srtp *srtp = obj;

    EVP_CIPHER_CTX_free(srtp->rtp.cipher); /* which wipes its key */
    EVP_CIPHER_CTX_free(srtp->rtcp.cipher);
    OPENSSL_cleanse(srtp, sizeof *srtp);
}

int srtp_alloc(struct srtp **srtpp, const struct srtp_key *key)
{
    struct srtp *srtp;

    if (key->suite == SRTP_NONE)
        return EINVAL;
    srtp = mem_alloc(sizeof *srtp, destroy);
    if (!srtp)
        return ENOMEM;
    srtp->magic = MAGIC;
    srtp->key = *key;
    srtp->suite = &srtp_suites[key->suite];
    if (!start(srtp, &srtp->rtp, 0) || !start(srtp, &srtp->rtcp, LABELS)) {
        mem_unref(srtp);
        return ENOMEM;
    }
    *srtpp = srtp;
    return 0;
}

bool srtp_has_key(const struct srtp *srtp, const struct srtp_key *key)
{
    return srtp_key_same(&srtp->key, key);
}

void srtp_follow(struct srtp *srtp, const struct srtp *before)
{
    MAGIC_CHECK(srtp, MAGIC);
    srtp->heard = before->heard;
    for (unsigned i = 0; i < srtp->heard.count; i++) {
        srtp->heard.source[i].doubtful = true;
        srtp->heard.source[i].seen = 0;
    }
}

bool srtp_rolled(const struct srtp *srtp)
{
    return srtp->sent.any && srtp->sent.highest >> 16;
}
