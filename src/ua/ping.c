/* ping.c: OPTIONS, in a dialog and outside. */
#include "ua/private.h"

void ping_options(struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                  const sip_t *sip)
{
    const struct ua *ua = endpoint->ua;
    sip_unknown_t supported[1];
    bool refuse = !dialog && (ua->draining || ua->stopping);
    struct sockaddr_storage source;
    const char *user;

    ua_source(endpoint, &source);
    if (!dialog && !challenge_check(endpoint, handle, sip, &source, &user)) {
        nua_handle_destroy(handle);
        return;
    }
    nua_respond(handle, refuse ? 503 : 200, refuse ? "Service Unavailable" : "OK",
                NUTAG_WITH_THIS(endpoint->nua), SIPTAG_ACCEPT_STR("application/sdp"),
                SIPTAG_UNKNOWN(extension_ours(supported, true)),
                TAG_IF(refuse, SIPTAG_RETRY_AFTER_STR("5")), TAG_END());
    if (!dialog)
        nua_handle_destroy(handle);
}
