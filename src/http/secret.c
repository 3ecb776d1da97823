/* secret.c: both texts become digests of one length, and those are compared whole. */
#include "http/secret.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

bool secret_equal(const char *ours, const char *theirs)
{
    unsigned char a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];
    bool equal;

    if (!ours || !theirs)
        return false;
    SHA256((const unsigned char *)ours, strlen(ours), a);
    SHA256((const unsigned char *)theirs, strlen(theirs), b);
    equal = CRYPTO_memcmp(a, b, sizeof a) == 0;
    OPENSSL_cleanse(a, sizeof a);
    return equal;
}
