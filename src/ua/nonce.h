/* nonce.h: the nonces of our challenges. Nothing is kept of one until somebody who knows a
 * password used it: it carries its time and a seal over that and the address it was given to,
 * by a key made at the start. Then its count is kept, so that nothing is taken twice. */
#ifndef OFFHOOK_UA_NONCE_H
#define OFFHOOK_UA_NONCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    NONCE_SIZE = 57,   /* [bytes] with its NUL */
    NONCE_LIFE = 300,  /* [s] */
    NONCES_KEPT = 4096 /* in use at once; when another comes the oldest is stale */
};

struct nonces; /* control thread */

int nonces_alloc(struct nonces **nonces);

/* `now` [s] is of one clock that goes forward. */
void nonce_make(struct nonces *nonces, const struct sockaddr_storage *to, int64_t now,
                char out[NONCE_SIZE]);

enum nonce_state {
    NONCE_GOOD,
    NONCE_STALE,  /* ours, of before */
    NONCE_FOREIGN /* not ours, or given to another host */
};
enum nonce_state nonce_check(const struct nonces *nonces, const char *nonce,
                             const struct sockaddr_storage *from, int64_t now);

/* A good nonce is used the count-th time (0: the client does not count). False: it was before,
 * or may have been. */
bool nonce_use(struct nonces *nonces, const char *nonce, unsigned count);

#endif
