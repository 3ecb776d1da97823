/* reliable.c: reliable provisional responses, PRACK (RFC 3262), and the offers and answers that
 * they carry. Sofia holds a 2xx back until the PRACK of what is before it has come. */
#include "ua/private.h"
#include "base/log.h"

#include <stdio.h>

bool reliable_wanted(const struct dialog *dialog)
{
    const struct session *session = &dialog->session;

    return session->peer_requires_rel ||
           (session->terms.rel100 != UA_REL100_OFF && session->peer_rel);
}

void reliable_asked(struct dialog *dialog, const sip_t *sip)
{
    dialog->session.peer_rel = extension_supported(sip, "100rel");
    dialog->session.peer_requires_rel = extension_required(sip, "100rel");
}

void reliable_sent(struct dialog *dialog, bool sdp)
{
    if (sdp && reliable_wanted(dialog))
        dialog->offered_early = !dialog->invite.sdp;
}

static void refuse(struct dialog *dialog, int status, const char *phrase)
{
    nua_respond(dialog->handle, status, phrase, NUTAG_WITH_THIS(dialog->endpoint->nua), TAG_END());
}

/* An offer in PRACK waits for its answer as one in UPDATE does. */
static void offer(struct dialog *dialog, const char *sdp)
{
    if (dialog->asked || dialog->reinviting || !dialog->handlers) {
        refuse(dialog, SIP_491_REQUEST_PENDING);
        return;
    }
    nua_save_event(dialog->endpoint->nua, dialog->update);
    dialog->asked = DIALOG_UPDATE;
    dialog->handlers->reoffer(sdp, dialog->arg);
}

void reliable_prack(struct dialog *dialog, int status, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;
    const char *sdp = header_sdp(sip);
    bool answers = dialog->offered_early;

    if (status >= 200) /* Sofia refused it */
        return;
    if (dialog->state == DIALOG_ENDING) {
        refuse(dialog, SIP_481_NO_TRANSACTION);
        return;
    }
    dialog->offered_early = false;
    dialog->early = true;
    if (sdp && !answers) {
        offer(dialog, sdp);
        return;
    }
    refuse(dialog, SIP_200_OK);
    if (answers && handlers && handlers->acked)
        handlers->acked(sdp, dialog->arg);
}

void reliable_received(struct dialog *dialog, int status, const sip_t *sip)
{
    sip_rack_t rack[1];

    if (!sip || !sip->sip_rseq || status <= 100)
        return;
    if (header_sdp(sip))
        dialog->early = true;
    sip_rack_init(rack);
    rack->ra_response = sip->sip_rseq->rs_response;
    rack->ra_cseq = sip->sip_cseq->cs_seq;
    rack->ra_method = sip->sip_cseq->cs_method;
    rack->ra_method_name = sip->sip_cseq->cs_method_name;
    nua_prack(dialog->handle, SIPTAG_RACK(rack), TAG_END());
}
