/* cipher.c: AES-CM with HMAC-SHA1, and AES-GCM, over bytes. Without an allocation: keys were set
 * when the context was made, here only the IV is. */
#include "srtp/private.h"

#include <string.h>

/* RFC 3711, 4.1.1: the salt with the source in bytes 4 to 7 and the index in 8 to 13.
 * RFC 7714, 8.1 and 9.1: the source in bytes 2 to 5, the index in 6 to 11. */
static void mix(const struct srtp *srtp, const struct session *session, uint32_t ssrc,
                uint64_t index, uint8_t iv[16])
{
    uint8_t *at = iv + (srtp->suite->gcm ? 2 : 4);

    memset(iv, 0, 16);
    memcpy(iv, session->salt, srtp->suite->salt);
    for (int i = 0; i < 4; i++)
        at[i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 6; i++)
        at[4 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

void iv_of_packet(const struct srtp *srtp, uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
    mix(srtp, &srtp->rtp, ssrc, index, iv);
}

void iv_of_report(const struct srtp *srtp, uint32_t ssrc, uint32_t index, uint8_t iv[16])
{
    mix(srtp, &srtp->rtcp, ssrc, index, iv);
}

bool cipher_run(struct session *session, const uint8_t iv[16], const uint8_t *in, uint8_t *out,
                size_t size)
{
    int made = 0;

    return EVP_EncryptInit_ex(session->cipher, NULL, NULL, NULL, iv) == 1 &&
           EVP_EncryptUpdate(session->cipher, out, &made, in, (int)size) == 1 && made == (int)size;
}

void hmac_run(const struct session *session, const uint8_t *bytes, size_t size, const uint8_t *word,
              uint8_t out[SHA_DIGEST_LENGTH])
{
    SHA_CTX sum = session->inner;

    SHA1_Update(&sum, bytes, size);
    SHA1_Update(&sum, word, INDEX);
    SHA1_Final(out, &sum);
    sum = session->outer;
    SHA1_Update(&sum, out, SHA_DIGEST_LENGTH);
    SHA1_Final(out, &sum);
}

/* The bytes in clear, then those that are not. */
static bool feed(EVP_CIPHER_CTX *cipher, const struct sealed *sealed)
{
    int made = 0;

    return EVP_CipherUpdate(cipher, NULL, &made, sealed->aad, (int)sealed->aad_size) == 1 &&
           (!sealed->more || EVP_CipherUpdate(cipher, NULL, &made, sealed->more, INDEX) == 1) &&
           (!sealed->size ||
            EVP_CipherUpdate(cipher, sealed->out, &made, sealed->in, (int)sealed->size) == 1);
}

bool gcm_seal(struct session *session, const uint8_t iv[16], const struct sealed *sealed)
{
    EVP_CIPHER_CTX *cipher = session->cipher;
    uint8_t none[16];
    int made = 0;

    return EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, 1) == 1 && feed(cipher, sealed) &&
           EVP_CipherFinal_ex(cipher, none, &made) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_MAX, sealed->tag) == 1;
}

bool gcm_open(struct session *session, const uint8_t iv[16], const struct sealed *sealed)
{
    EVP_CIPHER_CTX *cipher = session->cipher;
    uint8_t none[16];
    int made = 0;

    return EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, 0) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_MAX, sealed->tag) == 1 &&
           feed(cipher, sealed) && EVP_CipherFinal_ex(cipher, none, &made) == 1;
}
