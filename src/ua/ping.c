/* ping.c: OPTIONS and INFO, in a dialog and outside. */
#include "ua/private.h"

void ping_options(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog)
{
    const struct ua *ua = endpoint->ua;
    bool refuse = !dialog && (ua->draining || ua->stopping);

    nua_respond(handle, refuse ? 503 : 200, refuse ? "Service Unavailable" : "OK",
                NUTAG_WITH_THIS(endpoint->nua), SIPTAG_ACCEPT_STR("application/sdp"),
                TAG_IF(refuse, SIPTAG_RETRY_AFTER_STR("5")), TAG_END());
    if (!dialog)
        nua_handle_destroy(handle);
}

void ping_info(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
               const sip_t *sip)
{
    const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : "";
    const char *body =
        sip->sip_payload && sip->sip_payload->pl_data ? sip->sip_payload->pl_data : "";

    if (!dialog) {
        nua_respond(handle, SIP_481_NO_TRANSACTION, NUTAG_WITH_THIS(endpoint->nua), TAG_END());
        nua_handle_destroy(handle);
        return;
    }
    nua_respond(handle, SIP_200_OK, NUTAG_WITH_THIS(endpoint->nua), TAG_END());
    if (dialog->handlers && dialog->handlers->info)
        dialog->handlers->info(type, body, dialog->arg);
}
