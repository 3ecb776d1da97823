/* jwt_pair.h: new key pairs: RSA of 2048 bits, PKCS#8 and SPKI in PEM. Making one takes
 * 50 to 300 ms of one core. */
#ifndef OFFHOOK_HTTP_JWT_PAIR_H
#define OFFHOOK_HTTP_JWT_PAIR_H

#include "base/loop.h"

/* Any thread that may wait. Both texts are mem_alloc()ed and the caller's; the private
 * one is wiped when its last reference goes. 0, ENOMEM, EIO (OpenSSL has no randomness). */
int jwt_key_pair(char **private_pem, char **public_pem);

/* Pairs made beside a loop that must not wait: one at a time, on a thread that lives
 * while there are some to make. Everything here is for the loop's thread. */
struct jwt_pairs;

/* Called once for each start, on the loop's thread. err 0: both texts are valid during
 * the call, mem_ref() to keep them; else both NULL: ENOMEM, EIO, ECANCELED. */
typedef void jwt_pair_h(int err, char *private_pem, char *public_pem, void *arg);

/* Borrows the loop. mem_unref() waits for the pair that is being made, and calls what is
 * not done with ECANCELED, which may start no other; the loop then wants one more
 * loop_run() before it goes. */
int jwt_pairs_alloc(struct jwt_pairs **pairs, struct loop *loop);

/* 0; EAGAIN: 64 wait already; ENOMEM, or what creating a thread says. Unless 0, `done` is
 * not called. */
int jwt_key_pair_start(struct jwt_pairs *pairs, jwt_pair_h *done, void *arg);

#endif
