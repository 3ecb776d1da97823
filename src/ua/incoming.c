/* incoming.c: calls of the peer's making: INVITE to ring, answer or refusal (RFC 3261 §13.3). */
#include "ua/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void turn_away(nua_handle_t *handle, int status, const char *phrase, const char *retry)
{
    nua_respond(handle, status, phrase, SIPTAG_RETRY_AFTER_STR(retry), TAG_END());
    nua_handle_destroy(handle);
}

void incoming_invite(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip)
{
    struct ua *ua = endpoint->ua;
    struct sockaddr_storage source;
    struct dialog *dialog;
    const char *user;
    int status;

    if (ua->draining || ua->stopping || ua_was_busy(ua, sip->sip_call_id->i_id)) {
        turn_away(handle, SIP_503_SERVICE_UNAVAILABLE, "5");
        return;
    }
    ua_source(endpoint, &source);
    if (!challenge_check(endpoint, handle, sip, &source, &user)) {
        nua_handle_destroy(handle);
        return;
    }
    if (header_body_is_foreign(sip)) { /* RFC 3261 §8.2.3 */
        nua_respond(handle, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR("application/sdp"),
                    TAG_END());
        nua_handle_destroy(handle);
        return;
    }
    if (!header_takes_sdp(sip)) { /* RFC 3261 §20.1 */
        nua_respond(handle, SIP_406_NOT_ACCEPTABLE, SIPTAG_ACCEPT_STR("application/sdp"),
                    TAG_END());
        nua_handle_destroy(handle);
        return;
    }
    if (dialog_alloc(&dialog, endpoint, sip->sip_call_id->i_id)) {
        turn_away(handle, SIP_500_INTERNAL_SERVER_ERROR, NULL);
        return;
    }
    dialog->incoming = true;
    if (sip->sip_request->rq_url->url_type == url_sip && endpoint->contact[0])
        dialog->contact = endpoint->contact;
    dialog->state = DIALOG_INCOMING;
    dialog->handle = handle;
    nua_handle_bind(handle, dialog);
    dialog->user = mem_strdup(user);
    dialog->invite.user = dialog->user;
    if (header_keep(dialog, sip, &source) || identity_keep(dialog, sip) ||
        (user && !dialog->user)) {
        dialog_hangup(dialog, 500, 0);
        return;
    }
    reliable_asked(dialog, sip);
    status = refer_replaces(dialog, sip);
    if (status) {
        dialog_hangup(dialog, status, 0);
        return;
    }
    if (!session_asked(dialog, sip)) {
        session_short(dialog);
        dialog->told = true;
        dialog_release(dialog);
        return;
    }
    ua->handlers.incoming(dialog, ua->handlers.arg);
    dialog->invite.replaces = NULL;
    if (mem_count(dialog) == 1 && !dialog->handlers && dialog->state == DIALOG_INCOMING)
        dialog_hangup(dialog, 500, 0);
}

int dialog_hold_to(struct dialog *dialog, const struct dialog_terms *terms)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    dialog->session.terms = *terms;
    if (terms->rel100 != UA_REL100_REQUIRED || dialog->session.peer_rel ||
        dialog->state != DIALOG_INCOMING)
        return 0;
    dialog->state = DIALOG_ENDING;
    dialog_end_as(dialog, SIP_421_EXTENSION_REQUIRED, false, 0);
    nua_respond(dialog->handle, SIP_421_EXTENSION_REQUIRED, SIPTAG_REQUIRE_STR("100rel"),
                TAG_END());
    dialog_timer(dialog, 1000, TIMER_LINGER);
    return ENOTSUP;
}

static int ring(struct dialog *dialog, int status, const char *phrase, const char *sdp)
{
    bool reliable = reliable_wanted(dialog);

    reliable_sent(dialog, sdp != NULL);
    nua_respond(dialog->handle, status, phrase, CONTACT_TAG(dialog),
                TAG_IF(reliable, SIPTAG_REQUIRE_STR("100rel")),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
    return 0;
}

int dialog_ring(struct dialog *dialog, const char *sdp)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_INCOMING)
        return EALREADY;
    if (sdp)
        return ring(dialog, SIP_183_SESSION_PROGRESS, sdp);
    return ring(dialog, SIP_180_RINGING, NULL);
}

bool dialog_offers_early(const struct dialog *dialog)
{
    return reliable_wanted(dialog);
}

int dialog_answer(struct dialog *dialog, const char *sdp)
{
    struct session_fields fields;

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_INCOMING)
        return EALREADY;
    dialog->state = DIALOG_ACCEPTED;
    session_accept(dialog, &fields);
    nua_respond(dialog->handle, SIP_200_OK, CONTACT_TAG(dialog),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), SESSION_TAGS(&fields), TAG_END());
    return 0;
}

int dialog_reject(struct dialog *dialog, int status, const char *phrase, int warn_code,
                  const char *warning)
{
    char line[512];

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_INCOMING)
        return EALREADY;
    if (status < 300 || status > 699)
        return EINVAL;
    if (!phrase)
        phrase = sip_status_phrase(status);
    dialog->state = DIALOG_ENDING;
    dialog_end_as(dialog, status, phrase, false, 0);
    nua_respond(dialog->handle, status, phrase,
                SIPTAG_WARNING_STR(header_warning(line, sizeof line, ua_host(dialog->endpoint),
                                                  warn_code, warning)),
                TAG_END());
    dialog_timer(dialog, 1000, TIMER_LINGER);
    return 0;
}

void incoming_ack(struct dialog *dialog, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;

    if (dialog->bye_at_ack) {
        dialog->bye_at_ack = false;
        dialog_bye(dialog);
        return;
    }
    if (dialog->state == DIALOG_ACCEPTED)
        dialog->state = DIALOG_UP;
    if (handlers && handlers->acked && dialog->state == DIALOG_UP)
        handlers->acked(header_sdp(sip), dialog->arg);
}
