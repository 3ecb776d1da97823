/* refusal.c: what a response that refuses our call says besides its status: Retry-After, Warning,
 * and what the peer could do (RFC 3261 §20.33, §20.43, §13.3.1.3). */
#include "ua/private.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const char *warning_of(const sip_t *sip)
{
    const char *text = sip->sip_warning ? sip->sip_warning->w_text : NULL;

    return text ? text : "";
}

void refusal_keep(struct dialog *dialog, const sip_t *sip)
{
    const char *sdp = header_sdp(sip), *warning;
    size_t size, sdp_size = sdp ? sip->sip_payload->pl_len : 0;
    char *to;

    dialog->refusal = (struct dialog_refusal){.warning = ""};
    dialog->refused = mem_unref(dialog->refused);
    if (!sip)
        return;
    if (sip->sip_retry_after)
        dialog->refusal.retry_after = (unsigned)sip->sip_retry_after->af_delta;
    warning = warning_of(sip);
    size = strlen(warning) + 1;
    dialog->refused = mem_alloc(size + sdp_size + 1, NULL);
    if (!dialog->refused)
        return;
    to = dialog->refused;
    for (size_t i = 0; i < size; i++)
        to[i] = warning[i] && (unsigned char)warning[i] < ' ' ? '?' : warning[i];
    dialog->refusal.warning = to;
    if (sdp) {
        memcpy(to + size, sdp, sdp_size);
        dialog->refusal.sdp = to + size;
    }
}

const struct dialog_refusal *dialog_refusal_of(const struct dialog *dialog)
{
    return &dialog->refusal;
}
