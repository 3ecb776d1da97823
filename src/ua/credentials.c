/* credentials.c: see credentials.h. What of a challenge has to be remembered hangs in Sofia's
 * handle and goes with it; the password is with us, and never in a tag or a log of Sofia's. */
#define SOFIA_EXTEND_AUTH_CLIENT 1

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "ua/digest.h"
#include "ua/private.h"

#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/url.h>

#include <openssl/crypto.h>
#include <uthash.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { REALMS = 4 }; /* that may challenge one call's INVITE: proxies, and who is called */

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
    bool ack_too; /* the ACK goes the way of the INVITE */
};

static struct credentials *all; /* by home */

/* One realm's challenge on one handle; Sofia's, allocated by it. */
struct client {
    auth_client_t base;
    struct digest_challenge *challenge;
    unsigned long response; /* number of the one it came with */
    char *sent;             /* with the last INVITE */
    char cnonce[ID_HEX32];
    unsigned count; /* of uses of the nonce */
    bool fresh;     /* came, and was not answered yet */
    bool was_fresh; /* when it was answered last */
};

static bool was_asked(const struct credentials *credentials, const char *realm)
{
    const struct sockaddr_storage *from = gate_answered_by(credentials->gate);

    for (unsigned i = 0; i < credentials->asked_count; i++)
        if (!strcmp(credentials->asked[i].realm, realm) &&
            ua_same_host(&credentials->asked[i].address, from))
            return true;
    return false;
}

/* May this challenge be answered at all? */
static bool may_answer(struct credentials *credentials, const char *realm)
{
    if (credentials->stopped || (credentials->realm && strcmp(credentials->realm, realm) != 0))
        return false;
    if (was_asked(credentials, realm))
        return true;
    if (credentials->within || credentials->asked_count == REALMS)
        return false;
    credentials->asked[credentials->asked_count].realm = mem_strdup(realm);
    if (!credentials->asked[credentials->asked_count].realm)
        return false;
    credentials->asked[credentials->asked_count++].address = *gate_answered_by(credentials->gate);
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
    response = gate_responses(credentials->gate);
    known = usable(header, &challenge);
    if (client->fresh && client->response == response) { /* another algorithm of this realm */
        if (known && challenge.algorithm > client->challenge->algorithm)
            return keep(client, &challenge, response) ? 2 : -1;
        return 1;
    }
    if (!known)
        return another_is_usable(header, challenge.realm) ? 1 : -1;
    if ((client->was_fresh && !challenge.stale) || !may_answer(credentials, challenge.realm)) {
        log_debug("ua", "a challenge of realm \"%s\" is not answered", challenge.realm);
        return -1;
    }
    return keep(client, &challenge, response) ? 2 : -1;
}

static int write_header(struct client *client, su_home_t *home, const char *line,
                        msg_header_t **header)
{
    *header = msg_header_make(home, client->base.ca_credential_class, line);
    return *header ? 0 : -1;
}

static int answer(struct client *client, const struct credentials *credentials, su_home_t *home,
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
    char line[DIGEST_LINE];

    client->was_fresh = client->fresh;
    client->fresh = false;
    if (!proof.uri || digest_write_answer(line, sizeof line, client->challenge, &proof))
        return -1;
    if (!strcmp(method, "INVITE")) {
        su_free(client->base.ca_home, client->sent);
        client->sent = su_strdup(client->base.ca_home, line);
    }
    return write_header(client, home, line, header);
}

/* RFC 3261 §22.1: the ACK has what the INVITE had, unchanged; here only where it goes back to
 * who challenged that, for it may go straight to who was called. */
static int repeat(struct client *client, const struct credentials *credentials, su_home_t *home,
                  msg_header_t **header)
{
    return credentials->ack_too && client->sent ? write_header(client, home, client->sent, header)
                                                : 0;
}

static int on_authorize(auth_client_t *base, su_home_t *home, const char *method, const url_t *url,
                        const msg_payload_t *body, msg_header_t **header)
{
    struct client *client = (struct client *)base;
    const struct credentials *credentials = of(base);

    *header = NULL;
    if (!credentials || !client->challenge)
        return 0;
    if (!strcmp(method, "ACK"))
        return repeat(client, credentials, home, header);
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
    if (credentials && sip)
        credentials->ack_too = sip->sip_record_route ||
                               (sip->sip_contact && is_asker(credentials, sip->sip_contact->m_url));
}

void credentials_stop(struct credentials *credentials)
{
    if (credentials)
        credentials->stopped = true;
}
