/* tls.h: TLS of the endpoints. Sofia makes the context and keeps the connections; what a context
 * may do, which certificate it has and whom it believes is set here, with OpenSSL's own functions:
 * TLS 1.2 at least, server names (SNI), certificates that are checked against the name that was
 * asked for (RFC 5922), and new files without a restart. Private to ua/; control thread. */
#ifndef OFFHOOK_UA_TLS_H
#define OFFHOOK_UA_TLS_H

#include "ua/ua.h"

struct tls;

/* Reads and checks the files: errors as ua_tls_check(). */
int tls_alloc(struct tls **tls, const struct ua_tls *conf, char reason[UA_REASON]);
/* Is told, from within OpenSSL, of each connection of ours that failed; known: a request went to
 * that very address. */
typedef void tls_failed_h(const struct sockaddr_storage *peer, bool known, void *arg);
void tls_handle(struct tls *tls, tls_failed_h *failed, void *arg);
/* Takes other files for connections to come. With an error all is as it was. */
int tls_reload(struct tls *tls, const struct ua_tls *conf, char reason[UA_REASON]);

/* Around the making of an endpoint: takes its context over. ENOTSUP: it made none. */
void tls_catch(struct tls *tls);
int tls_release(struct tls *tls);

/* A request goes to that address (numeric; or a name that Sofia resolves; port 0: the usual one):
 * who answers there must prove to be `name`. `at` is the address, of family 0 for a name. */
void tls_expect(struct tls *tls, const char *name, const char *host, unsigned port,
                struct sockaddr_storage *at);

#endif
