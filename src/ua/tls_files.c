/* tls_files.c: see tls_files.h. What is wrong with a file is told with its name and its key of the
 * configuration, before anything listens. */
#include "ua/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_set(const char *path)
{
    return path && *path;
}

static int fault(char reason[UA_REASON], const char *key, const char *path, const char *text)
{
    ERR_clear_error();
    snprintf(reason, UA_REASON, "%s: %.200s: %s", key, path, text);
    return EINVAL;
}

/* OpenSSL's word for what it did not like last. */
static const char *last_error(const char *otherwise)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text ? text : otherwise;
}

static int check_readable(const char *key, const char *path, char reason[UA_REASON])
{
    return access(path, R_OK) ? fault(reason, key, path, strerror(errno)) : 0;
}

static void write_time(char out[64], const ASN1_TIME *time)
{
    BIO *text = BIO_new(BIO_s_mem());
    int size = 0;

    if (text && ASN1_TIME_print(text, time))
        size = BIO_read(text, out, 63);
    out[size > 0 ? size : 0] = '\0';
    BIO_free(text);
}

static int check_time(const char *path, const X509 *certificate, char reason[UA_REASON])
{
    const ASN1_TIME *from = X509_get0_notBefore(certificate);
    const ASN1_TIME *until = X509_get0_notAfter(certificate);
    char text[100], when[64];

    if (X509_cmp_current_time(until) < 0) {
        write_time(when, until);
        snprintf(text, sizeof text, "it has expired on %s", when);
    } else if (X509_cmp_current_time(from) > 0) {
        write_time(when, from);
        snprintf(text, sizeof text, "it is not valid before %s", when);
    } else {
        return 0;
    }
    return fault(reason, "sip.tls.certificate", path, text);
}

static int read_certificate(SSL_CTX *model, const struct ua_tls *conf, char reason[UA_REASON])
{
    static const char own[] = "sip.tls.certificate", key[] = "sip.tls.key";
    int err = check_readable(own, conf->certificate, reason);

    if (!err)
        err = check_readable(key, conf->key, reason);
    if (!err && SSL_CTX_use_certificate_chain_file(model, conf->certificate) != 1)
        err = fault(reason, own, conf->certificate, last_error("it is no certificate (PEM)"));
    if (!err)
        err = check_time(conf->certificate, SSL_CTX_get0_certificate(model), reason);
    if (!err && SSL_CTX_use_PrivateKey_file(model, conf->key, SSL_FILETYPE_PEM) != 1)
        err = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH
                  ? fault(reason, key, conf->key, "it is not the key of sip.tls.certificate")
                  : fault(reason, key, conf->key, last_error("it is no private key (PEM)"));
    if (!err && SSL_CTX_check_private_key(model) != 1)
        err = fault(reason, key, conf->key, "it is not the key of sip.tls.certificate");
    return err;
}

static int read_authorities(SSL_CTX *model, const struct ua_tls *conf, char reason[UA_REASON])
{
    static const char own[] = "sip.tls.ca";
    int err;

    if (!is_set(conf->ca)) {
        SSL_CTX_set_default_verify_paths(model);
        return 0;
    }
    err = check_readable(own, conf->ca, reason);
    if (!err && SSL_CTX_load_verify_locations(model, conf->ca, NULL) != 1)
        err = fault(reason, own, conf->ca, last_error("it holds no certificate (PEM)"));
    return err;
}

/* No key may wait for somebody to type its passphrase. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

int tls_files_read(SSL_CTX **modelp, const struct ua_tls *conf, char reason[UA_REASON])
{
    SSL_CTX *model;
    int err;

    if (!is_set(conf->certificate) || !is_set(conf->key)) {
        snprintf(reason, UA_REASON, "TLS needs sip.tls.certificate and sip.tls.key");
        return EINVAL;
    }
    model = SSL_CTX_new(TLS_method());
    if (!model)
        return ENOMEM;
    SSL_CTX_set_default_passwd_cb(model, no_passphrase);
    err = read_certificate(model, conf, reason);
    if (!err)
        err = read_authorities(model, conf, reason);
    if (err)
        SSL_CTX_free(model);
    else
        *modelp = model;
    return err;
}

int tls_files_apply(SSL_CTX *model, const char *ca, SSL_CTX *context)
{
    STACK_OF(X509) *chain = NULL;

    SSL_CTX_get0_chain_certs(model, &chain);
    if (SSL_CTX_use_cert_and_key(context, SSL_CTX_get0_certificate(model),
                                 SSL_CTX_get0_privatekey(model), chain, 1) != 1)
        return ENOMEM;
    SSL_CTX_set1_cert_store(context, SSL_CTX_get_cert_store(model));
    /* the names that clients are told; none: any */
    SSL_CTX_set_client_CA_list(context, is_set(ca) ? SSL_load_client_CA_file(ca) : NULL);
    ERR_clear_error();
    return 0;
}

int ua_tls_check(const struct ua_tls *conf, char reason[UA_REASON])
{
    SSL_CTX *model = NULL;
    int err = tls_files_read(&model, conf, reason);

    SSL_CTX_free(model);
    return err;
}
