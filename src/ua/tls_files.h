/* tls_files.h: certificate, key and authorities from their files, checked. Private to ua/. */
#ifndef OFFHOOK_UA_TLS_FILES_H
#define OFFHOOK_UA_TLS_FILES_H

#include "ua/ua.h"

#include <openssl/ssl.h>

/* A context that is never connected but holds them all; SSL_CTX_free(). */
int tls_files_read(SSL_CTX **model, const struct ua_tls *conf, char reason[UA_REASON]);
/* The same for a context in use, and whose clients' certificates it asks for. */
int tls_files_apply(SSL_CTX *model, const char *ca, SSL_CTX *context);

#endif
