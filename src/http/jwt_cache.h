/* jwt_cache.h: tokens that were verified already. Clients send the same token many
 * times, and checking an RS256 signature costs more than the request.
 *
 * The cache belongs to one thread, the HTTP thread: no locks. A grant is read-only once
 * made and holds no JSON (jansson's counts are not for several threads): any thread may
 * read it and give back its reference. */
#ifndef OFFHOOK_HTTP_JWT_CACHE_H
#define OFFHOOK_HTTP_JWT_CACHE_H

#include "http/jwt.h"

struct jwt_acl;
struct jwt_cache;

/* What a verified token says. */
struct jwt_grant {
    char *application;           /* its application_id, as sent */
    char *sub;                   /* a user's name, or NULL */
    bool is_client;              /* has sub or acl: not the application's full rights */
    struct jwt_acl *acl;         /* NULL: everything */
    int64_t not_before, expires; /* [s] it is good from, and up to but not at */
};

/* Of an application, by its id as sent: its public key, borrowed until the next call;
 * NULL: not known here. */
typedef const struct jwt_key *jwt_find_h(const char *application, void *arg);

/* Room for `limit` tokens, 0: 4096; when full, the one verified longest ago goes. */
int jwt_cache_alloc(struct jwt_cache **cache, size_t limit);

/* Verifies a token at `now` [s] with the key `find` gives, or remembers that it did with
 * the very same key (its content, not its address) and checks the times only. A failure
 * is never remembered. JWT_OK: *grant holds a reference of the caller's.
 * JWT_APPLICATION: no application_id (nor perhaps a token at all), or `find`
 * does not know it. JWT_MEMORY: out of memory. */
enum jwt_error jwt_cache_verify(struct jwt_cache *cache, const char *token, int64_t now,
                                jwt_find_h *find, void *arg, struct jwt_grant **grant);

size_t jwt_cache_count(const struct jwt_cache *cache);

/* Any thread: may the holder of the grant call method on path? */
bool jwt_grant_allows(const struct jwt_grant *grant, const char *method, const char *path);

#endif
