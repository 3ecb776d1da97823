/* refusal.c: what a response that refuses our call says besides its status: Retry-After, Warning,
 * and what the peer could do (RFC 3261 §20.33, §20.43, §13.3.1.3). */
#include "ua/private.h"
#include "base/mem.h"

#include <sofia-sip/url.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *warning_of(const sip_t *sip)
{
    const char *text = sip->sip_warning ? sip->sip_warning->w_text : NULL;

    return text ? text : "";
}

static double likelihood(const sip_contact_t *contact)
{
    return contact->m_q ? atof(contact->m_q) : 1;
}

/* The likeliest Contact that is less likely than `before`, or as likely and behind it. */
static const sip_contact_t *next_contact(const sip_t *sip, const sip_contact_t *before)
{
    const sip_contact_t *best = NULL;
    bool behind = !before;

    for (const sip_contact_t *at = sip->sip_contact; at; at = at->m_next) {
        if (at == before) {
            behind = true;
            continue;
        }
        if (before && (likelihood(at) > likelihood(before) ||
                       (likelihood(at) == likelihood(before) && !behind)))
            continue;
        if (!best || likelihood(at) > likelihood(best))
            best = at;
    }
    return best;
}

enum { CONTACTS = 1024 };

static void list_contacts(const sip_t *sip, char out[CONTACTS])
{
    size_t at = 0;

    out[0] = '\0';
    if (!sip->sip_status || sip->sip_status->st_status / 100 != 3)
        return;
    for (const sip_contact_t *one = next_contact(sip, NULL); one; one = next_contact(sip, one)) {
        url_t url = *one->m_url;
        char text[256];

        url.url_headers = NULL;
        if ((url.url_type != url_sip && url.url_type != url_sips) || !url.url_host ||
            url_e(text, sizeof text, &url) <= 0 || strlen(text) >= sizeof text - 1 ||
            !header_is_plain(text) || strpbrk(text, " <>\"") || at + strlen(text) + 2 > CONTACTS)
            continue;
        at += (size_t)sprintf(out + at, "%s%s", at ? " " : "", text);
    }
}

void refusal_keep(struct dialog *dialog, const sip_t *sip)
{
    const char *sdp = header_sdp(sip), *warning;
    char contacts[CONTACTS];
    size_t size, contact_size, sdp_size = sdp ? sip->sip_payload->pl_len : 0;
    char *to;

    dialog->refusal = (struct dialog_refusal){.warning = "", .contacts = ""};
    dialog->refused = mem_unref(dialog->refused);
    if (!sip)
        return;
    if (sip->sip_retry_after)
        dialog->refusal.retry_after = (unsigned)sip->sip_retry_after->af_delta;
    warning = warning_of(sip);
    list_contacts(sip, contacts);
    size = strlen(warning) + 1;
    contact_size = strlen(contacts) + 1;
    dialog->refused = mem_alloc(size + contact_size + sdp_size + 1, NULL);
    if (!dialog->refused)
        return;
    to = dialog->refused;
    for (size_t i = 0; i < size; i++)
        to[i] = warning[i] && (unsigned char)warning[i] < ' ' ? '?' : warning[i];
    dialog->refusal.warning = to;
    to += size;
    memcpy(to, contacts, contact_size);
    dialog->refusal.contacts = to;
    to += contact_size;
    if (sdp) {
        memcpy(to, sdp, sdp_size);
        dialog->refusal.sdp = to;
    }
}

const struct dialog_refusal *dialog_refusal_of(const struct dialog *dialog)
{
    return &dialog->refusal;
}
