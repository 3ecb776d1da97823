/* jwt_cache.c: grants by the SHA-256 of their token. The table keeps the order in which
 * they came, so the oldest is its first. */
#include "http/jwt_cache.h"
#include "base/mem.h"
#include "http/jwt_acl.h"
#include "http/jwt_claims.h"
#include "http/jwt_key.h"

#include <errno.h>
#include <string.h>
#include <openssl/evp.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { LIMIT = 4096, ID_MAX = 64 /* [bytes] of an application's id */ };

struct entry {
    unsigned char token[JWT_DIGEST], key[JWT_DIGEST];
    struct jwt_grant *grant;
    UT_hash_handle hh;
};

struct jwt_cache { /* HTTP thread */
    size_t limit;
    struct entry *entries;
    EVP_MD_CTX *ctx;
};

/* Grants. */

static void grant_destroy(void *obj)
{
    struct jwt_grant *grant = obj;

    mem_unref(grant->application);
    mem_unref(grant->sub);
    mem_unref(grant->acl);
}

/* Of verified claims. */
static struct jwt_grant *make_grant(const json_t *claims)
{
    struct jwt_grant *grant = mem_alloc(sizeof *grant, grant_destroy);
    const json_t *sub = json_object_get(claims, "sub"), *acl = json_object_get(claims, "acl");
    struct jwt_claims times;

    if (!grant)
        return NULL;
    grant->application = mem_strdup(json_string_value(json_object_get(claims, "application_id")));
    grant->sub = mem_strdup(json_string_value(sub));
    grant->is_client = sub || acl;
    if (!grant->application || (sub && !grant->sub) || (acl && jwt_acl_read(&grant->acl, acl)) ||
        jwt_claims_read(claims, &times))
        return mem_unref(grant);
    grant->not_before = times.not_before;
    grant->expires = times.expires;
    return grant;
}

bool jwt_grant_allows(const struct jwt_grant *grant, const char *method, const char *path)
{
    return jwt_acl_allows(grant->acl, method, path);
}

/* The table. */

static void entry_destroy(void *obj)
{
    struct entry *entry = obj;

    mem_unref(entry->grant);
}

static void forget(struct jwt_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry);
    mem_unref(entry);
}

static void destroy(void *obj)
{
    struct jwt_cache *cache = obj;

    while (cache->entries)
        forget(cache, cache->entries);
    EVP_MD_CTX_free(cache->ctx);
}

int jwt_cache_alloc(struct jwt_cache **cachep, size_t limit)
{
    struct jwt_cache *cache = mem_alloc(sizeof *cache, destroy);

    if (!cache)
        return ENOMEM;
    cache->limit = limit ? limit : LIMIT;
    cache->ctx = EVP_MD_CTX_new();
    if (!cache->ctx || EVP_DigestInit_ex(cache->ctx, EVP_sha256(), NULL) != 1) {
        mem_unref(cache);
        return ENOMEM;
    }
    *cachep = cache;
    return 0;
}

size_t jwt_cache_count(const struct jwt_cache *cache)
{
    return HASH_COUNT(cache->entries);
}

static bool digest(struct jwt_cache *cache, const char *token, unsigned char out[JWT_DIGEST])
{
    /* no algorithm given: the one of before, which need not be looked for again */
    return EVP_DigestInit_ex(cache->ctx, NULL, NULL) == 1 &&
           EVP_DigestUpdate(cache->ctx, token, strlen(token)) == 1 &&
           EVP_DigestFinal_ex(cache->ctx, out, NULL) == 1;
}

/* When there is no memory to remember it, it is verified again the next time. */
static void remember(struct jwt_cache *cache, const unsigned char token[JWT_DIGEST],
                     const struct jwt_key *key, struct jwt_grant *grant)
{
    struct entry *entry = mem_alloc(sizeof *entry, entry_destroy);

    if (!entry)
        return;
    memcpy(entry->token, token, sizeof entry->token);
    memcpy(entry->key, jwt_key_digest(key), sizeof entry->key);
    entry->grant = mem_ref(grant);
    HASH_ADD(hh, cache->entries, token, sizeof entry->token, entry);
    if (!entry->hh.tbl)
        mem_unref(entry);
    else if (HASH_COUNT(cache->entries) > cache->limit)
        forget(cache, cache->entries);
}

static enum jwt_error verify(const char *token, int64_t now, jwt_find_h *find, void *arg,
                             const struct jwt_key **key, struct jwt_grant **grant)
{
    enum jwt_error error;
    json_t *claims;
    char id[ID_MAX];

    if (!jwt_application_id(token, id, sizeof id))
        return JWT_APPLICATION;
    *key = find(id, arg);
    if (!*key)
        return JWT_APPLICATION;
    error = jwt_verify(*key, token, now, &claims);
    if (error)
        return error;
    *grant = make_grant(claims);
    json_decref(claims);
    return *grant ? JWT_OK : JWT_MEMORY;
}

/* Whether the entry still stands: the application has the same key. */
static bool stands(const struct entry *entry, jwt_find_h *find, void *arg)
{
    const struct jwt_key *key = find(entry->grant->application, arg);

    return key && !memcmp(entry->key, jwt_key_digest(key), sizeof entry->key);
}

enum jwt_error jwt_cache_verify(struct jwt_cache *cache, const char *token, int64_t now,
                                jwt_find_h *find, void *arg, struct jwt_grant **grant)
{
    unsigned char name[JWT_DIGEST];
    const struct jwt_key *key;
    struct entry *entry;
    enum jwt_error error;

    if (!token)
        return JWT_MALFORMED;
    if (!digest(cache, token, name))
        return JWT_MEMORY;
    HASH_FIND(hh, cache->entries, name, sizeof name, entry);
    if (entry && stands(entry, find, arg)) {
        error = jwt_claims_check(entry->grant->not_before, entry->grant->expires, now);
        if (!error)
            *grant = mem_ref(entry->grant);
        else
            forget(cache, entry);
        return error;
    }
    if (entry)
        forget(cache, entry);
    error = verify(token, now, find, arg, &key, grant);
    if (!error)
        remember(cache, name, key, *grant);
    return error;
}
