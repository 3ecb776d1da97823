/* credentials.c: see credentials.h. What of a challenge has to be remembered hangs in Sofia's
 * handle and goes with it; the password is with us, and never in a tag or a log of Sofia's. */
#define SOFIA_EXTEND_AUTH_CLIENT 1

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"
#include "ua/digest.h"
#include "ua/private.h"

#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/url.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <uthash.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    REALMS = 4, /* that may challenge one call's INVITE: proxies, and who is called */
    KNOWN = 64
};

struct credentials { /* control thread */
    UT_hash_handle hh;
    su_home_t *home; /* key */
    const struct gate *gate;
    char *user, *password, *realm;
    struct {
        char *realm;
        struct sockaddr_storage address;
    } asked[REALMS];
    unsigned asked_count;
    bool within, stopped;
    bool answered; /* the INVITE was, by a 2xx */
    bool ack_too;  /* the ACK goes the way of the INVITE */
    msg_t *invite; /* that was proved last; NULL: none */
};

static struct credentials *all; /* by home */

/* Who challenged which user for what realm, outside a dialog: what a registration was asked holds
 * for the calls of the same account. The last ones. */
static struct {
    unsigned char account[32]; /* hash of user, password and realm */
    struct sockaddr_storage address;
} askers[KNOWN];
static unsigned askers_next;

/* One realm's challenge on one handle; Sofia's, allocated by it. */
struct client {
    auth_client_t base;
    struct digest_challenge *challenge;
    unsigned long response; /* number of the one it came with */
    char cnonce[ID_HEX32];
    unsigned count; /* of uses of the nonce */
    bool fresh;     /* came, and was not answered yet */
    uint32_t cseq;  /* of the request that answered it first */
};

static void hash_account(const struct credentials *credentials, const char *realm,
                         unsigned char out[32])
{
    char text[3 * DIGEST_TEXT];
    int size = snprintf(text, sizeof text, "%s%c%s%c%s", credentials->user, 0, realm, 0,
                        credentials->password);

    EVP_Digest(text, size < (int)sizeof text ? (size_t)size : sizeof text, out, NULL, EVP_sha256(),
               NULL);
    OPENSSL_cleanse(text, sizeof text);
}

static bool is_known(const struct credentials *credentials, const char *realm)
{
    const struct sockaddr_storage *from = &gate_last_answer(credentials->gate)->from;
    unsigned char account[32] = {0};

    hash_account(credentials, realm, account);
    for (unsigned i = 0; i < KNOWN; i++)
        if (!memcmp(askers[i].account, account, sizeof account) &&
            addr_same_host(&askers[i].address, from))
            return true;
    return false;
}

static void learn(const struct credentials *credentials, const char *realm)
{
    if (is_known(credentials, realm))
        return;
    hash_account(credentials, realm, askers[askers_next % KNOWN].account);
    askers[askers_next++ % KNOWN].address = gate_last_answer(credentials->gate)->from;
}

static bool was_asked(const struct credentials *credentials, const char *realm)
{
    const struct sockaddr_storage *from = &gate_last_answer(credentials->gate)->from;

    for (unsigned i = 0; i < credentials->asked_count; i++)
        if (!strcmp(credentials->asked[i].realm, realm) &&
            addr_same_host(&credentials->asked[i].address, from))
            return true;
    return false;
}

/* Is it a request within a dialog that is challenged? Somebody may ring before somebody else wants
 * to know who calls. */
static bool is_within(const struct credentials *credentials)
{
    return credentials->within &&
           (credentials->answered || !gate_last_answer(credentials->gate)->is_invite);
}

/* May this challenge be answered at all? */
static bool may_answer(struct credentials *credentials, const char *realm)
{
    if (credentials->stopped || (credentials->realm && strcmp(credentials->realm, realm) != 0))
        return false;
    if (was_asked(credentials, realm) || (credentials->within && is_known(credentials, realm)))
        return true;
    if (is_within(credentials) || credentials->asked_count == REALMS)
        return false;
    credentials->asked[credentials->asked_count].realm = mem_strdup(realm);
    if (!credentials->asked[credentials->asked_count].realm)
        return false;
    credentials->asked[credentials->asked_count++].address =
        gate_last_answer(credentials->gate)->from;
    learn(credentials, realm);
    return true;
}

static bool usable(const msg_auth_t *header, struct digest_challenge *challenge)
{
    return !digest_read_challenge(challenge, (digest_fields)header->au_params);
}

/* Does the same response challenge for this realm in a way we know, further on? */
static bool another_is_usable(const msg_auth_t *header, const char *realm)
{
    struct digest_challenge challenge;

    for (header = header->au_next; header; header = header->au_next)
        if (usable(header, &challenge) && !strcmp(challenge.realm, realm))
            return true;
    return false;
}

static bool keep(struct client *client, const struct digest_challenge *challenge,
                 unsigned long response)
{
    su_home_t *home = client->base.ca_home;

    if (!client->challenge)
        client->challenge = su_alloc(home, sizeof *challenge);
    if (!client->base.ca_user) /* no user, no answer, thinks Sofia; and frees them */
        client->base.ca_user = su_strdup(home, "-");
    if (!client->base.ca_pass)
        client->base.ca_pass = su_strdup(home, "-");
    if (!client->challenge || !client->base.ca_user || !client->base.ca_pass)
        return false;
    *client->challenge = *challenge;
    client->response = response;
    client->count = 0;
    client->fresh = true;
    id_hex32(client->cnonce);
    return true;
}

/* Does it refuse the proof that a challenge was answered with, rather than one by the nonce of an
 * earlier request? */
static bool is_refusal(const struct client *client, const struct credentials *credentials)
{
    return client->cseq && client->cseq == gate_last_answer(credentials->gate)->cseq;
}

static struct credentials *of(const auth_client_t *base)
{
    su_home_t *home = su_home_parent(base->ca_home);
    struct credentials *credentials;

    HASH_FIND_PTR(all, &home, credentials);
    return credentials;
}

/* 2: send again; 1: this one changes nothing; -1: the refusal stands. */
static int on_challenge(auth_client_t *base, const msg_auth_t *header)
{
    struct client *client = (struct client *)base;
    struct credentials *credentials = of(base);
    struct digest_challenge challenge;
    unsigned long response;
    bool known;

    if (!credentials)
        return -1;
    response = gate_last_answer(credentials->gate)->number;
    known = usable(header, &challenge);
    if (client->fresh && client->response == response) { /* another algorithm of this realm */
        if (known && challenge.algorithm > client->challenge->algorithm)
            return keep(client, &challenge, response) ? 2 : -1;
        return 1;
    }
    if (!known)
        return another_is_usable(header, challenge.realm) ? 1 : -1;
    if ((is_refusal(client, credentials) && !challenge.stale) ||
        !may_answer(credentials, challenge.realm)) {
        log_debug("ua", "a challenge of realm \"%s\" is not answered", challenge.realm);
        return -1;
    }
    return keep(client, &challenge, response) ? 2 : -1;
}

static void keep_invite(struct credentials *credentials, msg_t *msg)
{
    if (credentials->invite)
        msg_destroy(credentials->invite);
    credentials->invite = msg ? msg_ref_create(msg) : NULL;
}

static int answer(struct client *client, struct credentials *credentials, su_home_t *home,
                  const char *method, const url_t *url, const msg_payload_t *body,
                  msg_header_t **header)
{
    struct digest_proof proof = {.user = credentials->user,
                                 .password = credentials->password,
                                 .method = method,
                                 .uri = url_as_string(home, url),
                                 .cnonce = client->cnonce,
                                 .count = ++client->count,
                                 .body = body ? body->pl_data : NULL,
                                 .body_size = body ? body->pl_len : 0};
    msg_t *msg = (msg_t *)home; /* it is the message's */
    const sip_t *sip = sip_object(msg);
    char line[DIGEST_LINE];

    client->cseq = client->fresh && sip && sip->sip_cseq ? sip->sip_cseq->cs_seq : 0;
    client->fresh = false;
    if (!proof.uri || digest_write_answer(line, sizeof line, client->challenge, &proof))
        return -1;
    if (!strcmp(method, "INVITE"))
        keep_invite(credentials, msg);
    *header = msg_header_make(home, client->base.ca_credential_class, line);
    return *header ? 0 : -1;
}

static int on_authorize(auth_client_t *base, su_home_t *home, const char *method, const url_t *url,
                        const msg_payload_t *body, msg_header_t **header)
{
    struct client *client = (struct client *)base;
    struct credentials *credentials = of(base);

    *header = NULL;
    if (!credentials || !client->challenge)
        return 0;
    return answer(client, credentials, home, method, url, body, header);
}

static int on_info(auth_client_t *base, const msg_auth_info_t *info)
{
    struct client *client = (struct client *)base;
    const struct credentials *credentials = of(base);
    const char *next = msg_header_find_param((const msg_common_t *)info, "nextnonce=");
    size_t size = next ? strlen(next) : 0;

    if (!credentials || !client->challenge || !was_asked(credentials, client->challenge->realm) ||
        size < 3 || *next != '"' || size >= DIGEST_TEXT || strchr(next, '\\'))
        return 0;
    memcpy(client->challenge->nonce, next + 1, size - 2);
    client->challenge->nonce[size - 2] = '\0';
    client->count = 0;
    return 1;
}

static const auth_client_plugin_t digest = {
    .auc_plugin_size = sizeof digest,
    .auc_size = sizeof(struct client),
    .auc_name = "Digest",
    .auc_challenge = on_challenge,
    .auc_authorize = on_authorize,
    .auc_info = on_info,
};

/* Sofia 1.12.11 puts a plugin in the place of the first one with another name, instead of the
 * same; by way of a dummy it ends up where Digest is looked for, whichever it does. */
void credentials_start(void)
{
    static auth_client_plugin_t dummy;
    static bool started;

    if (started)
        return;
    started = true;
    dummy = digest;
    dummy.auc_name = "None";
    auc_register_plugin(&dummy);
    auc_register_plugin(&digest);
}

static void destroy(void *obj)
{
    struct credentials *credentials = obj;

    if (credentials->home)
        HASH_DEL(all, credentials);
    keep_invite(credentials, NULL);
    for (unsigned i = 0; i < credentials->asked_count; i++)
        mem_unref(credentials->asked[i].realm);
    if (credentials->password)
        OPENSSL_cleanse(credentials->password, strlen(credentials->password));
    mem_unref(credentials->user);
    mem_unref(credentials->password);
    mem_unref(credentials->realm);
}

int credentials_alloc(struct credentials **credentialsp, const struct ua_credentials *from,
                      su_home_t *home, const struct gate *gate)
{
    struct credentials *credentials;

    *credentialsp = NULL;
    if (!from->user || !from->user[0])
        return 0;
    credentials = mem_alloc(sizeof *credentials, destroy);
    if (!credentials)
        return ENOMEM;
    credentials->gate = gate;
    credentials->user = mem_strdup(from->user);
    credentials->password = mem_strdup(from->password ? from->password : "");
    credentials->realm = from->realm && from->realm[0] ? mem_strdup(from->realm) : NULL;
    if (!credentials->user || !credentials->password ||
        (from->realm && from->realm[0] && !credentials->realm)) {
        mem_unref(credentials);
        return ENOMEM;
    }
    credentials->home = home;
    HASH_ADD_PTR(all, home, credentials);
    *credentialsp = credentials;
    return 0;
}

void credentials_enter_dialog(struct credentials *credentials)
{
    if (credentials)
        credentials->within = true;
}

/* Is the URI's host the address that challenged? */
static bool is_asker(const struct credentials *credentials, const url_t *url)
{
    char host[INET6_ADDRSTRLEN];
    const char *given = url->url_host ? url->url_host : "";
    size_t size = strlen(given);

    for (unsigned i = 0; i < credentials->asked_count; i++) {
        const struct sockaddr_storage *address = &credentials->asked[i].address;
        bool v6 = address->ss_family == AF_INET6;
        const void *raw = v6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                             : (const void *)&((const struct sockaddr_in *)address)->sin_addr;

        if (inet_ntop(address->ss_family, raw, host, sizeof host) &&
            (!strcmp(given, host) || (v6 && size > 2 && size == strlen(host) + 2 &&
                                      !strncasecmp(given + 1, host, size - 2))))
            return true;
    }
    return false;
}

void credentials_hear_answer(struct credentials *credentials, const sip_t *sip)
{
    if (!credentials || !sip)
        return;
    credentials->answered = true;
    credentials->ack_too = sip->sip_record_route ||
                           (sip->sip_contact && is_asker(credentials, sip->sip_contact->m_url));
}

void credentials_before_ack(struct credentials *credentials)
{
    sip_t *sip = credentials && credentials->invite ? sip_object(credentials->invite) : NULL;

    while (sip && !credentials->ack_too && sip->sip_authorization)
        sip_header_remove(credentials->invite, sip, (sip_header_t *)sip->sip_authorization);
    while (sip && !credentials->ack_too && sip->sip_proxy_authorization)
        sip_header_remove(credentials->invite, sip, (sip_header_t *)sip->sip_proxy_authorization);
    if (credentials)
        keep_invite(credentials, NULL);
}

void credentials_stop(struct credentials *credentials)
{
    if (credentials)
        credentials->stopped = true;
}
