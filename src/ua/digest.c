/* digest.c: see digest.h. The hashes are OpenSSL's. */
#include "ua/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const EVP_MD *method_of(enum digest_algorithm algorithm)
{
    return algorithm == DIGEST_SHA512_256 ? EVP_sha512_256()
           : algorithm == DIGEST_SHA256   ? EVP_sha256()
                                          : EVP_md5();
}

struct piece {
    const void *data;
    size_t size;
};

/* The hash of the pieces in lower-case hex; "" when OpenSSL will not (MD5 under FIPS). */
static void hash(enum digest_algorithm algorithm, char out[DIGEST_HEX], const struct piece *pieces,
                 size_t count)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = context && EVP_DigestInit_ex(context, method_of(algorithm), NULL);

    for (size_t i = 0; fine && i < count; i++)
        fine = EVP_DigestUpdate(context, pieces[i].data, pieces[i].size);
    if (!fine || !EVP_DigestFinal_ex(context, sum, &size) || size > 32)
        size = 0;
    EVP_MD_CTX_free(context);
    for (unsigned i = 0; i < size; i++) {
        out[2 * i] = digits[sum[i] >> 4];
        out[2 * i + 1] = digits[sum[i] & 15];
    }
    out[2 * size] = '\0';
    OPENSSL_cleanse(sum, sizeof sum);
}

/* The hash of texts with colons between them; the list ends with NULL. */
static void hash_texts(enum digest_algorithm algorithm, char out[DIGEST_HEX], ...)
{
    struct piece pieces[16];
    size_t count = 0;
    const char *text;
    va_list texts;

    va_start(texts, out);
    while ((text = va_arg(texts, const char *)) && count + 2 < 16) {
        if (count)
            pieces[count++] = (struct piece){":", 1};
        pieces[count++] = (struct piece){text, strlen(text)};
    }
    va_end(texts);
    hash(algorithm, out, pieces, count);
}

static void write_count(char out[9], unsigned count)
{
    snprintf(out, 9, "%08x", count);
}

/* RFC 7616 §3.4.1. `answer` is filled but for its response. */
static void compute(const struct digest_answer *answer, const char *password, const char *method,
                    const void *body, size_t body_size, char response[DIGEST_HEX])
{
    enum digest_algorithm algorithm = answer->algorithm;
    char a1[DIGEST_HEX], a2[DIGEST_HEX], entity[DIGEST_HEX], count[9];

    hash_texts(algorithm, a1, answer->user, answer->realm, password, NULL);
    if (answer->session)
        hash_texts(algorithm, a1, a1, answer->nonce, answer->cnonce, NULL);
    hash(algorithm, entity, &(struct piece){body ? body : "", body ? body_size : 0}, 1);
    hash_texts(algorithm, a2, method, answer->uri, answer->qop == DIGEST_AUTH_INT ? entity : NULL,
               NULL);
    write_count(count, answer->count);
    if (answer->qop == DIGEST_QOP_NONE)
        hash_texts(algorithm, response, a1, answer->nonce, a2, NULL);
    else
        hash_texts(algorithm, response, a1, answer->nonce, count, answer->cnonce,
                   answer->qop == DIGEST_AUTH ? "auth" : "auth-int", a2, NULL);
    OPENSSL_cleanse(a1, sizeof a1);
}

struct line { /* being written */
    char *out;
    size_t size, at;
    int err;
};

static void put(struct line *line, const char *text, size_t size)
{
    if (line->at + size + 1 > line->size) {
        line->err = EMSGSIZE;
        return;
    }
    memcpy(line->out + line->at, text, size);
    line->at += size;
    line->out[line->at] = '\0';
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_quoted(struct line *line, const char *name, const char *text)
{
    put_text(line, name);
    put_text(line, "=\"");
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            line->err = EINVAL;
        if (*text == '"' || *text == '\\')
            put(line, "\\", 1);
        put(line, text, 1);
    }
    put(line, "\"", 1);
}

static int copy(char out[DIGEST_TEXT], const char *text)
{
    size_t size = strlen(text);

    if (size >= DIGEST_TEXT)
        return EMSGSIZE;
    memcpy(out, text, size + 1);
    return 0;
}

static int fill(struct digest_answer *answer, const struct digest_challenge *challenge,
                const struct digest_proof *proof)
{
    int err = copy(answer->user, proof->user);

    answer->algorithm = challenge->algorithm;
    answer->session = challenge->session;
    answer->qop = challenge->qop;
    answer->count = proof->count;
    memcpy(answer->realm, challenge->realm, DIGEST_TEXT);
    memcpy(answer->nonce, challenge->nonce, DIGEST_TEXT);
    if (!err)
        err = copy(answer->uri, proof->uri);
    return err ? err : copy(answer->cnonce, proof->cnonce);
}

static void put_qop(struct line *line, const struct digest_answer *answer)
{
    char count[9];

    write_count(count, answer->count);
    put_text(line, answer->qop == DIGEST_AUTH ? ", qop=auth, nc=" : ", qop=auth-int, nc=");
    put_text(line, count);
}

int digest_write_answer(char *out, size_t size, const struct digest_challenge *challenge,
                        const struct digest_proof *proof)
{
    struct line line = {out, size, 0, 0};
    struct digest_answer answer = {.response = ""};
    int err = fill(&answer, challenge, proof);

    if (err)
        return err;
    compute(&answer, proof->password, proof->method, proof->body, proof->body_size,
            answer.response);
    if (!answer.response[0])
        return ENOTSUP;
    put_quoted(&line, "Digest username", answer.user);
    put_quoted(&line, ", realm", answer.realm);
    put_quoted(&line, ", nonce", answer.nonce);
    put_quoted(&line, ", uri", answer.uri);
    put_quoted(&line, ", response", answer.response);
    put_text(&line, ", algorithm=");
    put_text(&line, digest_algorithm_name(answer.algorithm));
    put_text(&line, answer.session ? "-sess" : "");
    if (answer.qop || answer.session)
        put_quoted(&line, ", cnonce", answer.cnonce);
    if (challenge->has_opaque)
        put_quoted(&line, ", opaque", challenge->opaque);
    if (answer.qop)
        put_qop(&line, &answer);
    return line.err;
}

int digest_write_challenge(char *out, size_t size, const char *realm, const char *nonce,
                           enum digest_algorithm algorithm, bool stale)
{
    struct line line = {out, size, 0, 0};

    put_quoted(&line, "Digest realm", realm);
    put_quoted(&line, ", nonce", nonce);
    put_text(&line, ", qop=\"auth\", algorithm=");
    put_text(&line, digest_algorithm_name(algorithm));
    put_text(&line, stale ? ", stale=true" : "");
    return line.err;
}

bool digest_is_right(const struct digest_answer *answer, const char *password, const char *method,
                     const void *body, size_t body_size)
{
    char right[DIGEST_HEX], given[DIGEST_HEX] = "";
    size_t size;

    compute(answer, password, method, body, body_size, right);
    for (size = 0; answer->response[size]; size++) /* in hex of either case */
        given[size] = answer->response[size] >= 'A' && answer->response[size] <= 'F'
                          ? (char)(answer->response[size] + 'a' - 'A')
                          : answer->response[size];
    return right[0] && strlen(right) == size && !CRYPTO_memcmp(right, given, size);
}
