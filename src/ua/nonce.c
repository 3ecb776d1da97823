/* nonce.c: see nonce.h. A nonce is its time (8 hex digits), 8 random bytes and 16 of
 * HMAC-SHA-256, in hex. */
#include "ua/nonce.h"
#include "base/id.h"
#include "base/list.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <uthash.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 32, SEAL = 16, TOLD = 24 }; /* [bytes]; digits before the seal */

struct used {
    UT_hash_handle hh;
    struct list node;
    char nonce[NONCE_SIZE];
    unsigned highest; /* count */
    uint64_t seen;    /* bit i: highest - i was used */
};

struct nonces { /* control thread */
    unsigned char key[KEY];
    struct used *used;    /* hash by nonce */
    struct list oldest;   /* by first use */
    int64_t forgotten_to; /* [s] when the newest was made that was forgotten */
};

static void forget(struct nonces *nonces, struct used *used)
{
    HASH_DEL(nonces->used, used);
    list_remove(&used->node);
    free(used);
}

static void destroy(void *obj)
{
    struct nonces *nonces = obj;

    while (nonces->used)
        forget(nonces, nonces->used);
    OPENSSL_cleanse(nonces->key, sizeof nonces->key);
}

int nonces_alloc(struct nonces **noncesp)
{
    struct nonces *nonces = mem_alloc(sizeof *nonces, destroy);

    if (!nonces)
        return ENOMEM;
    list_init(&nonces->oldest);
    nonces->forgotten_to = -1;
    if (RAND_bytes(nonces->key, KEY) != 1) {
        mem_unref(nonces);
        return EIO;
    }
    *noncesp = nonces;
    return 0;
}

static void seal(const struct nonces *nonces, const char *told, const struct sockaddr_storage *host,
                 char out[2 * SEAL + 1])
{
    unsigned char text[TOLD + 17], sum[EVP_MAX_MD_SIZE] = {0};
    const struct sockaddr_in *four = (const struct sockaddr_in *)host;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)host;
    size_t size = TOLD;

    memcpy(text, told, TOLD);
    text[size++] = host->ss_family == AF_INET6;
    if (host->ss_family == AF_INET6) {
        memcpy(text + size, &six->sin6_addr, 16);
        size += 16;
    } else {
        memcpy(text + size, &four->sin_addr, 4);
        size += 4;
    }
    HMAC(EVP_sha256(), nonces->key, KEY, text, size, sum, NULL);
    for (size_t i = 0; i < SEAL; i++)
        sprintf(out + 2 * i, "%02x", sum[i]);
}

void nonce_make(struct nonces *nonces, const struct sockaddr_storage *to, int64_t now,
                char out[NONCE_SIZE])
{
    uint64_t salt;

    id_random(&salt, sizeof salt);
    snprintf(out, NONCE_SIZE, "%08x%016llx", (unsigned)now, (unsigned long long)salt);
    seal(nonces, out, to, out + TOLD);
}

static int64_t time_of(const char *nonce)
{
    unsigned time = 0;

    sscanf(nonce, "%8x", &time);
    return time;
}

enum nonce_state nonce_check(const struct nonces *nonces, const char *nonce,
                             const struct sockaddr_storage *from, int64_t now)
{
    char right[2 * SEAL + 1];
    int64_t age;

    if (strlen(nonce) != NONCE_SIZE - 1)
        return NONCE_FOREIGN;
    seal(nonces, nonce, from, right);
    if (CRYPTO_memcmp(right, nonce + TOLD, (size_t)2 * SEAL) != 0)
        return NONCE_FOREIGN;
    age = (int64_t)(uint32_t)now - time_of(nonce);
    return age < 0 || age >= NONCE_LIFE ? NONCE_STALE : NONCE_GOOD;
}

static struct used *remember(struct nonces *nonces, const char *nonce)
{
    struct used *used;

    if (time_of(nonce) <= nonces->forgotten_to)
        return NULL; /* it may be one of those */
    if (HASH_COUNT(nonces->used) >= NONCES_KEPT) {
        used = list_entry(list_first(&nonces->oldest), struct used, node);
        if (time_of(used->nonce) > nonces->forgotten_to)
            nonces->forgotten_to = time_of(used->nonce);
        forget(nonces, used);
        if (time_of(nonce) <= nonces->forgotten_to)
            return NULL;
    }
    used = calloc(1, sizeof *used);
    if (!used)
        return NULL;
    memcpy(used->nonce, nonce, NONCE_SIZE);
    HASH_ADD_STR(nonces->used, nonce, used);
    list_append(&nonces->oldest, &used->node);
    return used;
}

bool nonce_use(struct nonces *nonces, const char *nonce, unsigned count)
{
    struct used *used;
    unsigned behind;

    HASH_FIND_STR(nonces->used, nonce, used);
    if (!used && !(used = remember(nonces, nonce)))
        return false;
    if (!count)
        count = 1;
    if (count > used->highest) {
        behind = count - used->highest;
        used->seen = behind < 64 ? used->seen << behind | 1 : 1;
        used->highest = count;
        return true;
    }
    behind = used->highest - count; /* one that was overtaken on the way */
    if (behind >= 64 || used->seen >> behind & 1)
        return false;
    used->seen |= (uint64_t)1 << behind;
    return true;
}
