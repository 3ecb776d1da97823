/* tls_kept.h: connections that Sofia has left. Debian's closes the socket of a TLS connection that
 * is over, but never frees what OpenSSL keeps of it, some 30 kB. Private to ua/. */
#ifndef OFFHOOK_UA_TLS_KEPT_H
#define OFFHOOK_UA_TLS_KEPT_H

#include "base/list.h"

#include <openssl/ssl.h>

#include <stdbool.h>

struct tls_kept {
    struct list list;
};

void kept_init(struct tls_kept *kept);
/* At the beginning of its handshake: from now on it is freed when its socket is gone, unless Sofia
 * does it. */
void kept_add(struct tls_kept *kept, SSL *ssl);
/* Frees those whose socket is gone; all: every one, when there is no Sofia any more. */
void kept_sweep(struct tls_kept *kept, bool all);

#endif
