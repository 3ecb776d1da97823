/* tls.c: see tls.h.
 *
 * Sofia gives nobody its context, so it is taken when OpenSSL makes it: a slot of application data
 * (SSL_CTX_get_ex_new_index) has a callback for each new context of the process, and while an
 * endpoint is made on this thread the new one is its.
 *
 * Whom we connect to is not told to OpenSSL by Sofia either, but who is asked for is known before
 * (outgoing.c): by the address of the connection, where we know it, else, where Sofia has
 * resolved a name or a dialog goes on elsewhere, it may be any name that we ask for. */
#include "ua/tls.h"
#include "ua/tls_files.h"
#include "ua/tls_kept.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { CONTEXTS = 16, NAMES = 128, NAME = 256, PORT = 5061 };

static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:!aNULL:!MD5";

/* Who may answer where. */
struct expected {
    struct sockaddr_storage at; /* family 0: wherever Sofia finds it */
    char name[NAME];
};

struct tls { /* control thread */
    SSL_CTX *model;
    SSL_CTX *contexts[CONTEXTS]; /* our references */
    unsigned count;
    bool verify, took;
    enum ua_tls_clients clients;
    char *ca; /* its file; NULL: the system's */
    struct expected names[NAMES];
    unsigned next;
    tls_failed_h *failed;
    void *arg;
    struct tls_kept kept;
};

static _Thread_local struct tls *catching;
static int slot = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_new_context(void *parent, void *at, CRYPTO_EX_DATA *data, int index, long argl,
                           void *argp)
{
    struct tls *tls = catching;

    (void)at;
    (void)index;
    (void)argl;
    (void)argp;
    if (!tls || tls->count == CONTEXTS)
        return;
    CRYPTO_set_ex_data(data, index, tls);
    SSL_CTX_up_ref(parent);
    tls->contexts[tls->count++] = parent;
    tls->took = true;
}

static void make_slot(void)
{
    slot = SSL_CTX_get_ex_new_index(0, NULL, on_new_context, NULL, NULL);
}

static struct tls *tls_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot);
}

static void peer_of(const SSL *ssl, struct sockaddr_storage *peer)
{
    socklen_t size = sizeof *peer;

    memset(peer, 0, sizeof *peer);
    if (getpeername(SSL_get_fd(ssl), (struct sockaddr *)peer, &size))
        peer->ss_family = AF_UNSPEC;
}

/* Is any name known for the address itself? */
static bool is_known(const struct tls *tls, const struct sockaddr_storage *peer)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (tls->names[i].name[0] && addr_same(&tls->names[i].at, peer))
            return true;
    return false;
}

static bool applies(const struct tls *tls, unsigned i, const struct sockaddr_storage *peer,
                    bool known)
{
    return tls->names[i].name[0] && (!known || addr_same(&tls->names[i].at, peer));
}

static bool is_numeric(const char *name)
{
    return strchr(name, ':') || !name[strspn(name, "0123456789.")];
}

static bool certifies(X509 *certificate, const char *name)
{
    return is_numeric(name) ? X509_check_ip_asc(certificate, name, 0) == 1
                            : X509_check_host(certificate, name, 0,
                                              X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static bool is_expected(const struct tls *tls, const struct sockaddr_storage *peer,
                        X509 *certificate)
{
    bool known = is_known(tls, peer);

    for (unsigned i = 0; i < NAMES; i++)
        if (applies(tls, i, peer, known) && certifies(certificate, tls->names[i].name))
            return true;
    return false;
}

static void refuse(const SSL *ssl, X509_STORE_CTX *store)
{
    char text[ADDR_TEXT] = "", subject[200] = "";
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    struct sockaddr_storage peer;

    peer_of(ssl, &peer);
    if (addr_is_set(&peer))
        addr_format(text, &peer);
    if (certificate)
        X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
    log_warning("ua", "TLS %s %s refused: %s (%s)", SSL_is_server(ssl) ? "from" : "to", text,
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)), subject);
}

static int on_verify(int good, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct sockaddr_storage peer;

    if (good && !SSL_is_server(ssl) && X509_STORE_CTX_get_error_depth(store) == 0) {
        peer_of(ssl, &peer);
        good = is_expected(tls_of(ssl), &peer, X509_STORE_CTX_get_current_cert(store));
        if (!good)
            X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    }
    if (!good)
        refuse(ssl, store);
    return good;
}

static void begin_as_server(const struct tls *tls, SSL *ssl)
{
    int mode = SSL_VERIFY_NONE;

    if (tls->clients != UA_TLS_ANY)
        mode = SSL_VERIFY_PEER;
    if (tls->clients == UA_TLS_NEEDED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_set_verify(ssl, mode, on_verify);
}

/* The newest name that was asked for there is the one that the server is asked for. */
static void begin_as_client(const struct tls *tls, SSL *ssl)
{
    struct sockaddr_storage peer;
    bool known;

    SSL_set_verify(ssl, tls->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, on_verify);
    peer_of(ssl, &peer);
    known = is_known(tls, &peer);
    for (unsigned i = 1; i <= NAMES; i++) {
        unsigned at = (tls->next + NAMES - i) % NAMES;

        if (!applies(tls, at, &peer, known))
            continue;
        if (!is_numeric(tls->names[at].name))
            SSL_set_tlsext_host_name(ssl, tls->names[at].name);
        return;
    }
}

/* An alert that ends a connection of ours, whoever sent it. */
static void fail(const struct tls *tls, const SSL *ssl)
{
    struct sockaddr_storage peer;

    peer_of(ssl, &peer);
    if (tls->failed)
        tls->failed(&peer, is_known(tls, &peer), tls->arg);
}

static void tell_alert(const SSL *ssl, int alert)
{
    char text[ADDR_TEXT] = "";
    struct sockaddr_storage peer;

    if ((alert & 0xff) == SSL_AD_CLOSE_NOTIFY)
        return;
    peer_of(ssl, &peer);
    if (addr_is_set(&peer))
        addr_format(text, &peer);
    log_info("ua", "TLS %s %s: the peer says: %s", SSL_is_server(ssl) ? "from" : "to", text,
             SSL_alert_desc_string_long(alert));
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct tls *tls = tls_of(ssl);

    if (where & SSL_CB_HANDSHAKE_START && tls && SSL_in_before(ssl)) {
        kept_sweep(&tls->kept, false);
        kept_add(&tls->kept, (SSL *)ssl);
        if (SSL_is_server(ssl))
            begin_as_server(tls, (SSL *)ssl);
        else
            begin_as_client(tls, (SSL *)ssl);
    } else if (where & SSL_CB_ALERT) {
        if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
            tell_alert(ssl, value);
        if (tls && value >> 8 == SSL3_AL_FATAL && !SSL_is_server(ssl))
            fail(tls, ssl);
    }
}

static void configure(SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, 0);
    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_cipher_list(context, ciphers);
    SSL_CTX_set_verify_depth(context, 8);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_verify);
    SSL_CTX_set_info_callback(context, on_info);
}

static void destroy(void *obj)
{
    struct tls *tls = obj;

    kept_sweep(&tls->kept, true);
    for (unsigned i = 0; i < tls->count; i++) {
        SSL_CTX_set_ex_data(tls->contexts[i], slot, NULL);
        SSL_CTX_free(tls->contexts[i]);
    }
    SSL_CTX_free(tls->model);
    mem_unref(tls->ca);
}

void tls_handle(struct tls *tls, tls_failed_h *failed, void *arg)
{
    tls->failed = failed;
    tls->arg = arg;
}

/* Takes the model over, or releases it. */
static int adopt(struct tls *tls, SSL_CTX *model, const struct ua_tls *conf)
{
    char *ca = conf->ca && *conf->ca ? mem_strdup(conf->ca) : NULL;

    if (!ca && conf->ca && *conf->ca) {
        SSL_CTX_free(model);
        return ENOMEM;
    }
    SSL_CTX_free(tls->model);
    mem_unref(tls->ca);
    tls->model = model;
    tls->ca = ca;
    tls->verify = conf->verify;
    tls->clients = conf->clients;
    return 0;
}

int tls_alloc(struct tls **tlsp, const struct ua_tls *conf, char reason[UA_REASON])
{
    struct tls *tls = mem_alloc(sizeof *tls, destroy);
    SSL_CTX *model;
    int err;

    if (!tls)
        return ENOMEM;
    kept_init(&tls->kept);
    pthread_once(&once, make_slot);
    err = slot < 0 ? ENOMEM : tls_files_read(&model, conf, reason);
    if (!err)
        err = adopt(tls, model, conf);
    if (err)
        mem_unref(tls);
    else
        *tlsp = tls;
    return err;
}

int tls_reload(struct tls *tls, const struct ua_tls *conf, char reason[UA_REASON])
{
    SSL_CTX *model;
    int err = tls_files_read(&model, conf, reason);

    if (!err)
        err = adopt(tls, model, conf);
    for (unsigned i = 0; i < tls->count && !err; i++)
        err = tls_files_apply(tls->model, tls->ca, tls->contexts[i]);
    if (err == ENOMEM)
        snprintf(reason, UA_REASON, "out of memory");
    return err;
}

void tls_catch(struct tls *tls)
{
    catching = tls;
    tls->took = false;
}

int tls_release(struct tls *tls)
{
    catching = NULL;
    ERR_clear_error(); /* of certificates that Sofia did not find */
    if (!tls->took)
        return ENOTSUP;
    configure(tls->contexts[tls->count - 1]);
    return tls_files_apply(tls->model, tls->ca, tls->contexts[tls->count - 1]);
}

static bool is_same(const struct expected *one, const struct expected *other)
{
    return !strcasecmp(one->name, other->name) && one->at.ss_family == other->at.ss_family &&
           (!addr_is_set(&one->at) || addr_same(&one->at, &other->at));
}

void tls_expect(struct tls *tls, const char *name, const char *host, unsigned port,
                struct sockaddr_storage *at)
{
    struct expected fresh = {.at = {.ss_family = AF_UNSPEC}};

    if (addr_parse(&fresh.at, host, (uint16_t)(port ? port : PORT)))
        fresh.at = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    *at = fresh.at;
    if (strlen(name) >= NAME)
        return;
    snprintf(fresh.name, sizeof fresh.name, "%s", name);
    for (unsigned i = 0; i < NAMES; i++)
        if (is_same(&tls->names[i], &fresh))
            return;
    tls->names[tls->next] = fresh;
    tls->next = (tls->next + 1) % NAMES;
}
