/* idempotency.h: a creating request that comes again with the same Idempotency-Key is
 * answered with what the first one was, for a day.
 *
 *   begin ─┬─ being worked on ── 409 (the same request) or 422 (another)
 *          └─ taken ── store: a row? ─┬─ none ── run ── row written with what it made ── fence
 *                                     └─ the reply again, or 422 (another request)
 *
 * A key is taken until the reply is on its way: between the row and the fence the first
 * request still holds it, so what is read of the store was committed. Keys are an
 * application's own, and a client's (whose token has a user) that user's: nobody is given the
 * reply of somebody else. What was refused is not kept. */
#ifndef OFFHOOK_API_IDEMPOTENCY_H
#define OFFHOOK_API_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IDEMPOTENCY_HOURS = 24,
    IDEMPOTENCY_LENGTH = 255, /* of a key [characters] */
    IDEMPOTENCY_PRINT = 65    /* of a fingerprint, NUL included */
};

struct api_request;
struct idempotency;
struct idempotency_key;

/* Any thread, all of it. Released when no key is taken any more. */
int idempotency_alloc(struct idempotency **idempotency);

/* 1 to 255 printable characters of ASCII? */
bool idempotency_key_valid(const char *key);
/* SHA-256 of method, path and body, in hex. False: out of memory. */
bool idempotency_fingerprint(char out[IDEMPOTENCY_PRINT], const char *method, const char *path,
                             const void *body, size_t size);

/* mem; application NULL is a scope too; sub: the user of a client's token, or NULL. NULL: out of
 * memory. */
struct idempotency_key *idempotency_key_alloc(const char *application, const char *sub,
                                              const char *key, const char *fingerprint);
/* Takes the key: EBUSY: the same request is being worked on, EEXIST: another one is; ENOMEM. It
 * is borrowed until it is released. */
int idempotency_take(struct idempotency *idempotency, struct idempotency_key *key);
/* NULL, or one that was not taken, is fine. */
void idempotency_release(struct idempotency *idempotency, struct idempotency_key *key);

/* HTTP thread: notes the request's key and fingerprint. False: it refused. */
bool api_key_read(struct api_request *request);
/* Control: runs the request, or answers it with what is kept. */
void api_key_run(struct api_request *request);
/* Control, within store_together(): writes the row of the reply that is about to be given. */
void api_key_keep(struct api_request *request);

#endif
