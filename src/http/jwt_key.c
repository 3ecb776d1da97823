/* jwt_key.c: keys of tokens. A key is made for one algorithm and one use; OpenSSL
 * lets many threads read an EVP_PKEY at once. Secrets are wiped when they go. */
#include "http/jwt_key.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384, HS256_SIZE = 32 };

struct jwt_key {
    enum jwt_algorithm algorithm;
    bool can_sign;
    EVP_PKEY *rsa;
    unsigned char *secret; /* plain memory of `size` [bytes] */
    size_t size;
    unsigned char digest[JWT_DIGEST];
};

static void destroy(void *obj)
{
    struct jwt_key *key = obj;

    EVP_PKEY_free(key->rsa);
    OPENSSL_clear_free(key->secret, key->size);
    OPENSSL_cleanse(key->digest, sizeof key->digest);
}

/* A secret with the bytes of a public key is another key. */
static int make_digest(struct jwt_key *key, const void *bytes, size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char algorithm = (unsigned char)key->algorithm;
    bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, &algorithm, 1) == 1 &&
                EVP_DigestUpdate(ctx, bytes, size) == 1 &&
                EVP_DigestFinal_ex(ctx, key->digest, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return done ? 0 : ENOMEM;
}

static int digest_rsa(struct jwt_key *key)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key->rsa, &der), err;

    if (size <= 0)
        return ENOMEM;
    err = make_digest(key, der, (size_t)size);
    OPENSSL_free(der);
    return err;
}

/* A PEM with a pass phrase would make OpenSSL ask on the terminal. */
static int no_phrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

static int make_rsa(struct jwt_key **keyp, const char *pem, bool is_private)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *rsa = NULL;
    struct jwt_key *key;

    if (!bio)
        return ENOMEM;
    rsa = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL)
                     : PEM_read_bio_PUBKEY(bio, NULL, no_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (!rsa || EVP_PKEY_get_base_id(rsa) != EVP_PKEY_RSA ||
        EVP_PKEY_get_bits(rsa) < RSA_BITS_MIN || EVP_PKEY_get_bits(rsa) > RSA_BITS_MAX) {
        EVP_PKEY_free(rsa);
        return EINVAL;
    }
    key = mem_alloc(sizeof *key, destroy);
    if (!key) {
        EVP_PKEY_free(rsa);
        return ENOMEM;
    }
    key->algorithm = JWT_RS256;
    key->can_sign = is_private;
    key->rsa = rsa;
    if (digest_rsa(key)) {
        mem_unref(key);
        return ENOMEM;
    }
    *keyp = key;
    return 0;
}

int jwt_key_public(struct jwt_key **key, const char *pem)
{
    return pem ? make_rsa(key, pem, false) : EINVAL;
}

int jwt_key_private(struct jwt_key **key, const char *pem)
{
    return pem ? make_rsa(key, pem, true) : EINVAL;
}

int jwt_key_secret(struct jwt_key **keyp, const void *secret, size_t size)
{
    struct jwt_key *key;

    if (!secret || !size)
        return EINVAL;
    key = mem_alloc(sizeof *key, destroy);
    if (!key)
        return ENOMEM;
    key->algorithm = JWT_HS256;
    key->can_sign = true;
    key->secret = OPENSSL_memdup(secret, size);
    key->size = size;
    if (!key->secret || make_digest(key, secret, size)) {
        mem_unref(key);
        return ENOMEM;
    }
    *keyp = key;
    return 0;
}

const char *jwt_key_algorithm(const struct jwt_key *key)
{
    return key->algorithm == JWT_RS256 ? "RS256" : "HS256";
}

const unsigned char *jwt_key_digest(const struct jwt_key *key)
{
    return key->digest;
}

static bool hs256(const struct jwt_key *key, const char *text, size_t length,
                  unsigned char out[HS256_SIZE])
{
    unsigned size = 0;

    return HMAC(EVP_sha256(), key->secret, (int)key->size, (const unsigned char *)text, length, out,
                &size) &&
           size == HS256_SIZE;
}

bool jwt_key_verify(const struct jwt_key *key, const char *text, size_t length,
                    const unsigned char *signature, size_t size)
{
    unsigned char ours[HS256_SIZE];
    EVP_MD_CTX *ctx;
    bool right;

    if (key->algorithm == JWT_HS256)
        return size == HS256_SIZE && hs256(key, text, length, ours) &&
               CRYPTO_memcmp(ours, signature, size) == 0;
    ctx = EVP_MD_CTX_new();
    right = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->rsa) == 1 &&
            EVP_DigestVerify(ctx, signature, size, (const unsigned char *)text, length) == 1;
    EVP_MD_CTX_free(ctx);
    if (!right)
        ERR_clear_error();
    return right;
}

int jwt_key_sign(const struct jwt_key *key, const char *text, size_t length, unsigned char *out,
                 size_t *size)
{
    EVP_MD_CTX *ctx;
    bool done;

    if (!key->can_sign)
        return EINVAL;
    *size = JWT_SIGNATURE_MAX;
    if (key->algorithm == JWT_HS256) {
        *size = HS256_SIZE;
        return hs256(key, text, length, out) ? 0 : EIO;
    }
    ctx = EVP_MD_CTX_new();
    done = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->rsa) == 1 &&
           EVP_DigestSign(ctx, out, size, (const unsigned char *)text, length) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return done ? 0 : EIO;
}
