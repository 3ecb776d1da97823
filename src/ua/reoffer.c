/* reoffer.c: changes of a session that is up, which the peer makes: re-INVITE and UPDATE (RFC 3261
 * §14, RFC 3311). */
#include "ua/private.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>

static void refuse_now(struct dialog *dialog, int status, const char *phrase)
{
    nua_respond(dialog->handle, status, phrase, NUTAG_WITH_THIS(dialog->endpoint->nua), TAG_END());
}

static void accept_update(struct dialog *dialog)
{
    struct session_fields fields;

    if (dialog->state == DIALOG_INCOMING || dialog->state == DIALOG_CALLING) {
        refuse_now(dialog, SIP_200_OK); /* there is no session yet */
        return;
    }
    session_accept(dialog, &fields);
    nua_respond(dialog->handle, SIP_200_OK, CONTACT_TAG(dialog),
                NUTAG_WITH_THIS(dialog->endpoint->nua), SESSION_TAGS(&fields), TAG_END());
}

void reoffer_invite(struct dialog *dialog, const sip_t *sip)
{
    if (dialog->state == DIALOG_ENDING) {
        refuse_now(dialog, SIP_481_NO_TRANSACTION);
    } else if (dialog->state != DIALOG_UP || dialog->asked || dialog->reinviting) {
        refuse_now(dialog, SIP_491_REQUEST_PENDING);
    } else if (!session_asked(dialog, sip)) {
        session_short(dialog);
    } else {
        dialog->asked = DIALOG_REINVITE;
        change_give_way(dialog);
        dialog->handlers->reoffer(header_sdp(sip), dialog->arg);
    }
}

/* Once it is up, or before when its first offer was answered reliably. */
static bool may_change(const struct dialog *dialog)
{
    return dialog->handlers &&
           (dialog->state == DIALOG_UP || (dialog->early && (dialog->state == DIALOG_INCOMING ||
                                                             dialog->state == DIALOG_CALLING)));
}

void reoffer_update(struct dialog *dialog, const sip_t *sip)
{
    const char *sdp = header_sdp(sip);

    if (dialog->state == DIALOG_ENDING) {
        refuse_now(dialog, SIP_481_NO_TRANSACTION);
    } else if (!session_asked(dialog, sip)) {
        session_short(dialog);
    } else if (!sdp) { /* a session timer's refresh, or a new target */
        accept_update(dialog);
    } else if (dialog->state == DIALOG_INCOMING && !dialog->early) { /* RFC 3311 §5.2 */
        nua_respond(dialog->handle, SIP_500_INTERNAL_SERVER_ERROR,
                    NUTAG_WITH_THIS(dialog->endpoint->nua), SIPTAG_RETRY_AFTER_STR("2"), TAG_END());
    } else if (!may_change(dialog) || dialog->asked || dialog->reinviting) {
        refuse_now(dialog, SIP_491_REQUEST_PENDING);
    } else {
        nua_save_event(dialog->endpoint->nua, dialog->update);
        dialog->asked = DIALOG_UPDATE;
        change_give_way(dialog);
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
    struct session_fields fields = {.expires = ""};

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (!dialog->asked || dialog->state == DIALOG_ENDING)
        return EALREADY;
    extension_ours(fields.supported, dialog->session.terms.rel100 != UA_REL100_OFF);
    if (status < 300 && dialog->state == DIALOG_UP)
        session_accept(dialog, &fields);
    nua_respond(dialog->handle, status, phrase, CONTACT_TAG(dialog),
                TAG_IF(dialog->asked == DIALOG_UPDATE, NUTAG_WITH_SAVED(dialog->update)),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), SIPTAG_WARNING_STR(warning),
                SESSION_TAGS(&fields), TAG_END());
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
                 header_warning(line, sizeof line, ua_host(dialog->endpoint), warn_code, warning));
}
