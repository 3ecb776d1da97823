/* reoffer.c: changes of a session that is up: re-INVITE and UPDATE of the peer's and a
 * re-INVITE of ours (RFC 3261 §14, RFC 3311). */
#include "ua/private.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>

static void refuse_now(struct dialog *dialog, int status, const char *phrase)
{
    nua_respond(dialog->handle, status, phrase, NUTAG_WITH_THIS(dialog->endpoint->nua), TAG_END());
}

void reoffer_invite(struct dialog *dialog, const sip_t *sip)
{
    if (dialog->state == DIALOG_ENDING) {
        refuse_now(dialog, SIP_481_NO_TRANSACTION);
    } else if (dialog->state != DIALOG_UP || dialog->asked || dialog->reinviting) {
        refuse_now(dialog, SIP_491_REQUEST_PENDING);
    } else {
        dialog->asked = DIALOG_REINVITE;
        dialog->handlers->reoffer(header_sdp(sip), dialog->arg);
    }
}

void reoffer_update(struct dialog *dialog, const sip_t *sip)
{
    const char *sdp = header_sdp(sip);

    if (dialog->state == DIALOG_ENDING) {
        refuse_now(dialog, SIP_481_NO_TRANSACTION);
    } else if (!sdp) { /* a session timer's refresh, or a new target */
        refuse_now(dialog, SIP_200_OK);
    } else if (dialog->state != DIALOG_UP || dialog->asked || dialog->reinviting) {
        refuse_now(dialog, SIP_491_REQUEST_PENDING);
    } else {
        nua_save_event(dialog->endpoint->nua, dialog->update);
        dialog->asked = DIALOG_UPDATE;
        dialog->handlers->reoffer(sdp, dialog->arg);
    }
}

/* Forgets the peer's request, which was answered or lost its dialog. */
void reoffer_drop(struct dialog *dialog)
{
    if (dialog->asked == DIALOG_UPDATE)
        nua_destroy_event(dialog->update);
    dialog->asked = DIALOG_NOTHING;
}

static int reply(struct dialog *dialog, int status, const char *phrase, const char *sdp,
                 const char *warning)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (!dialog->asked || dialog->state != DIALOG_UP)
        return EALREADY;
    nua_respond(dialog->handle, status, phrase,
                TAG_IF(dialog->contact, SIPTAG_CONTACT_STR(dialog->contact)),
                TAG_IF(dialog->asked == DIALOG_UPDATE, NUTAG_WITH_SAVED(dialog->update)),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), SIPTAG_WARNING_STR(warning), TAG_END());
    reoffer_drop(dialog);
    return 0;
}

int dialog_reoffer_answer(struct dialog *dialog, const char *sdp)
{
    return reply(dialog, SIP_200_OK, sdp, NULL);
}

int dialog_reoffer_reject(struct dialog *dialog, int status, const char *phrase, int warn_code,
                          const char *warning)
{
    char line[512];

    if (status < 300 || status > 699)
        return EINVAL;
    return reply(dialog, status, phrase ? phrase : sip_status_phrase(status), NULL,
                 header_warning(line, sizeof line, dialog->endpoint->host, warn_code, warning));
}

int dialog_reinvite(struct dialog *dialog, const char *sdp)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_UP)
        return EALREADY;
    if (dialog->asked || dialog->reinviting)
        return EBUSY;
    dialog->reinviting = true;
    nua_invite(dialog->handle, TAG_IF(dialog->contact, SIPTAG_CONTACT_STR(dialog->contact)),
               TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
               TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
    return 0;
}

void reoffer_response(struct dialog *dialog, int status, const sip_t *sip)
{
    if (status < 200)
        return;
    dialog->reinviting = false;
    if (status < 300 && dialog->state == DIALOG_UP) {
        dialog->state = DIALOG_ANSWERED;
        dialog->handlers->answered(header_sdp(sip), dialog->arg);
    } else if (status < 300) {
        nua_ack(dialog->handle, TAG_END());
    } else if (dialog->state == DIALOG_UP && dialog->handlers && dialog->handlers->progress) {
        dialog->handlers->progress(status, NULL, "", dialog->arg);
    }
}
