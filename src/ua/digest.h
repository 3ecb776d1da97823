/* digest.h: the arithmetic and the texts of Digest authentication (RFC 7616, RFC 8760), for
 * whom we ask and for who asks us. Pure functions: no sockets, no state. Any thread.
 *
 * A text here is unquoted: what stands between the quotes, its backslashes undone. */
#ifndef OFFHOOK_UA_DIGEST_H
#define OFFHOOK_UA_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DIGEST_TEXT = 512,  /* [bytes] of a field with its NUL; what is longer is refused */
    DIGEST_HEX = 65,    /* of a hash in hex with its NUL */
    DIGEST_LINE = 4096, /* of a header value we write */
};

/* The stronger the greater. */
enum digest_algorithm { DIGEST_NONE, DIGEST_MD5, DIGEST_SHA256, DIGEST_SHA512_256 };
enum digest_qop { DIGEST_QOP_NONE, DIGEST_AUTH, DIGEST_AUTH_INT };

const char *digest_algorithm_name(enum digest_algorithm algorithm); /* "SHA-256" */

/* A header value with its scheme, as a list of "name=value" that ends with NULL; what Sofia
 * makes of it. */
typedef const char *const *digest_fields;

struct digest_challenge { /* WWW-Authenticate, Proxy-Authenticate */
    char realm[DIGEST_TEXT], nonce[DIGEST_TEXT], opaque[DIGEST_TEXT];
    enum digest_algorithm algorithm;
    bool session; /* "-sess" */
    bool has_opaque, stale;
    enum digest_qop qop; /* that we choose of those that are offered */
};

/* EINVAL: broken, or without realm or nonce. EMSGSIZE: a field is too long. ENOTSUP: an
 * algorithm or a quality of protection that is not known here. */
int digest_read_challenge(struct digest_challenge *challenge, digest_fields fields);

/* What a client proves with. */
struct digest_proof {
    const char *user, *password, *method, *uri;
    const char *cnonce; /* hex; used when the challenge has a qop or is "-sess" */
    unsigned count;     /* nc: how often the nonce was used, with this time */
    const void *body;   /* of the request, for auth-int */
    size_t body_size;
};

/* Authorization: `Digest username="…", …`. EINVAL: a text has a control character; EMSGSIZE;
 * ENOTSUP: OpenSSL will not do that algorithm. */
int digest_write_answer(char *out, size_t size, const struct digest_challenge *challenge,
                        const struct digest_proof *proof);

/* Ours: `Digest realm="…", nonce="…", qop="auth", algorithm=…[, stale=true]`. */
int digest_write_challenge(char *out, size_t size, const char *realm, const char *nonce,
                           enum digest_algorithm algorithm, bool stale);

struct digest_answer { /* Authorization, Proxy-Authorization */
    char user[DIGEST_TEXT], realm[DIGEST_TEXT], nonce[DIGEST_TEXT], uri[DIGEST_TEXT];
    char cnonce[DIGEST_TEXT], response[DIGEST_HEX];
    enum digest_algorithm algorithm;
    bool session, userhash;
    enum digest_qop qop;
    unsigned count; /* nc; 0: none */
};

/* Errors as of digest_read_challenge(). */
int digest_read_answer(struct digest_answer *answer, digest_fields fields);

/* Was it made with this password? Takes as long when it was not. */
bool digest_is_right(const struct digest_answer *answer, const char *password, const char *method,
                     const void *body, size_t body_size);

#endif
