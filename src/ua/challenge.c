/* challenge.c: the password asked of who sends requests outside a dialog (RFC 3261 §22.2,
 * RFC 8760): 401 with a challenge for each algorithm, and a look at the answer.
 *
 * A user we do not know and a wrong password take the same work and get the same answer. */
#include "ua/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "ua/digest.h"
#include "ua/nonce.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct challenger { /* control thread */
    struct nonces *nonces;
    char user[DIGEST_TEXT]; /* of the last request that passed */
};

enum verdict { RIGHT, WRONG, STALE, NO_ANSWER };

static void destroy(void *obj)
{
    struct challenger *challenger = obj;

    mem_unref(challenger->nonces);
}

int challenge_alloc(struct challenger **challengerp)
{
    struct challenger *challenger = mem_alloc(sizeof *challenger, destroy);
    int err;

    if (!challenger)
        return ENOMEM;
    err = nonces_alloc(&challenger->nonces);
    if (err)
        mem_unref(challenger);
    else
        *challengerp = challenger;
    return err;
}

static const char *realm_of(const struct ua *ua)
{
    return ua->domain ? ua->domain : "offhook";
}

static int64_t now(void)
{
    return clock_mono_ms() / 1000;
}

/* Who was called in the proof is who is called: a proxy may change the host, nobody the number.
 * Some clients prove for the host alone. */
static bool same_target(const char *proved, const url_t *url)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *given;
    bool same;

    su_home_init(home);
    given = url_make(home, proved);
    same =
        given && (!given->url_user || !strcmp(given->url_user, url->url_user ? url->url_user : ""));
    su_home_deinit(home);
    return same;
}

static bool password_is_right(struct ua *ua, const struct digest_answer *answer, const sip_t *sip,
                              const struct sockaddr_storage *source)
{
    const sip_payload_t *body = sip->sip_payload;
    char password[256] = "", dummy[ID_HEX32];
    bool known, right;

    id_hex32(dummy);
    known = ua->handlers.secret &&
            ua->handlers.secret(source, answer->user, password, sizeof password, ua->handlers.arg);
    right = digest_is_right(answer, known ? password : dummy, sip->sip_request->rq_method_name,
                            body ? body->pl_data : NULL, body ? body->pl_len : 0);
    OPENSSL_cleanse(password, sizeof password);
    return known && right && !answer->userhash &&
           same_target(answer->uri, sip->sip_request->rq_url);
}

static enum verdict judge(struct ua *ua, const struct digest_answer *answer, const sip_t *sip,
                          const struct sockaddr_storage *source)
{
    struct nonces *nonces = ua->challenger->nonces;
    enum nonce_state state = nonce_check(nonces, answer->nonce, source, now());
    bool right = password_is_right(ua, answer, sip, source);

    if (state == NONCE_FOREIGN)
        return NO_ANSWER; /* to a challenge of somebody else, or of before we were started anew */
    if (!right)
        return WRONG;
    if (state == NONCE_STALE)
        return STALE;
    return nonce_use(nonces, answer->nonce, answer->count) ? RIGHT : STALE;
}

static bool is_offered(const struct ua *ua, enum digest_algorithm algorithm)
{
    return !ua->digest || !strcasecmp(ua->digest, algorithm == DIGEST_MD5 ? "MD5" : "SHA-256");
}

/* The answer to our challenge among those to others'. */
static bool find_answer(const struct ua *ua, const sip_t *sip, struct digest_answer *answer)
{
    for (const sip_authorization_t *at = sip->sip_authorization; at; at = at->au_next)
        if (at->au_scheme && !strcasecmp(at->au_scheme, "Digest") &&
            !digest_read_answer(answer, (digest_fields)at->au_params) &&
            !strcmp(answer->realm, realm_of(ua)) && is_offered(ua, answer->algorithm))
            return true;
    return false;
}

static void ask(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip,
                const struct sockaddr_storage *source, bool stale)
{
    struct ua *ua = endpoint->ua;
    char nonce[NONCE_SIZE], strong[DIGEST_LINE], weak[DIGEST_LINE];
    bool invite = sip->sip_request->rq_method == sip_method_invite;

    nonce_make(ua->challenger->nonces, source, now(), nonce);
    if (digest_write_challenge(strong, sizeof strong, realm_of(ua), nonce, DIGEST_SHA256, stale) ||
        digest_write_challenge(weak, sizeof weak, realm_of(ua), nonce, DIGEST_MD5, stale))
        weak[0] = strong[0] = '\0';
    nua_respond(handle, SIP_401_UNAUTHORIZED, TAG_IF(!invite, NUTAG_WITH_THIS(endpoint->nua)),
                TAG_IF(is_offered(ua, DIGEST_SHA256), SIPTAG_WWW_AUTHENTICATE_STR(strong)),
                TAG_IF(is_offered(ua, DIGEST_MD5), SIPTAG_WWW_AUTHENTICATE_STR(weak)), TAG_END());
}

/* A request with the Call-ID of a call that had to prove itself, as if it belonged to it. */
static bool borrows(struct ua *ua, const sip_t *sip)
{
    const char *call_id = sip->sip_call_id->i_id;
    struct dialog *dialog;

    HASH_FIND(hh, ua->dialogs, call_id, strlen(call_id), dialog);
    return dialog && dialog->invite.user;
}

bool challenge_check(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip,
                     const struct sockaddr_storage *source, const char **user)
{
    struct ua *ua = endpoint->ua;
    struct digest_answer answer;
    enum verdict verdict = NO_ANSWER;

    *user = NULL;
    if (!gate_challenges(sip) && (gate_asked(sip) || !borrows(ua, sip)))
        return true;
    if (find_answer(ua, sip, &answer))
        verdict = judge(ua, &answer, sip, source);
    if (ua->handlers.tried && (verdict == RIGHT || verdict == WRONG))
        ua->handlers.tried(source, answer.user, verdict == RIGHT, ua->handlers.arg);
    if (verdict != RIGHT) {
        ask(endpoint, handle, sip, source, verdict == STALE);
        return false;
    }
    memcpy(ua->challenger->user, answer.user, DIGEST_TEXT);
    *user = ua->challenger->user;
    return true;
}
