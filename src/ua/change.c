/* change.c: changes of a session that is up, which we make: re-INVITE (RFC 3261 §14). */
#include "ua/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>

enum { CHANGES = 5 }; /* as often is one sent */

static void send_change(struct dialog *dialog)
{
    const char *sdp = dialog->change;
    struct session_fields fields;

    dialog->reinviting = true;
    dialog->changes++;
    session_request(dialog, &fields);
    nua_invite(dialog->handle, CONTACT_TAG(dialog),
               TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
               TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), SESSION_TAGS(&fields), TAG_END());
}

int dialog_reinvite(struct dialog *dialog, const char *sdp)
{
    char *copy = mem_strdup(sdp);

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (sdp && !copy)
        return ENOMEM;
    if (dialog->state != DIALOG_UP || dialog->asked || dialog->reinviting ||
        dialog->session.again_at) {
        mem_unref(copy);
        return dialog->state != DIALOG_UP ? EALREADY : EBUSY;
    }
    mem_unref(dialog->change);
    dialog->change = copy;
    dialog->changes = 0;
    send_change(dialog);
    return 0;
}

static void tell_refusal(struct dialog *dialog, int status)
{
    const struct dialog_handlers *handlers = dialog->handlers;

    dialog->change = mem_unref(dialog->change);
    if (dialog->state == DIALOG_UP && handlers && handlers->progress)
        handlers->progress(status, NULL, "", dialog->arg);
}

/* The peer's, which ours met, was settled first: what we said may be out of date. */
void change_give_way(struct dialog *dialog)
{
    if (!dialog->session.again_at)
        return;
    dialog->session.again_at = 0;
    session_schedule(dialog);
    tell_refusal(dialog, 491);
}

void change_again(struct dialog *dialog)
{
    if (dialog->state == DIALOG_UP && !dialog->asked)
        send_change(dialog);
}

/* Both were on their way: after a while of chance, once more (RFC 3261 §14.1). */
static void refused(struct dialog *dialog, int status)
{
    if (status != 491 || dialog->changes >= CHANGES || dialog->asked ||
        dialog->state != DIALOG_UP) {
        tell_refusal(dialog, status);
        return;
    }
    dialog->session.again_at = clock_mono_ms() + session_glare(dialog);
    session_schedule(dialog);
}

void change_response(struct dialog *dialog, int status, const sip_t *sip)
{
    if (status < 200)
        return;
    dialog->reinviting = false;
    if (dialog->session.reinviting) {
        session_reinvited(dialog, status, sip);
    } else if (status < 300 && dialog->state == DIALOG_UP) {
        dialog->change = mem_unref(dialog->change);
        session_told(dialog, sip);
        dialog->state = DIALOG_ANSWERED;
        dialog->handlers->answered(header_sdp(sip), dialog->arg);
    } else if (status < 300) {
        outgoing_ack(dialog, NULL);
    } else if (!dialog_lost(dialog, status)) {
        refused(dialog, status);
    }
}
