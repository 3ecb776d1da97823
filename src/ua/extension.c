/* extension.c: the extensions of SIP that this room does itself: session timers (RFC 4028), which
 * responses are reliable (RFC 3262) and Replaces (RFC 3891). Sofia has its own way with each, which
 * would get into ours, so it is not shown their fields: they stay in the message's chain of
 * headers, where we find them, and our own go out as headers that it does not know. Nor does it
 * see which refusal a request in a call has met, for it ends calls over a refused INFO. */
#include "ua/private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const done[] = {"timer", "100rel", "replaces"};
static const char all[] = "timer, 100rel, replaces", unreliable[] = "timer, replaces";

/* Path (RFC 3327) is for registrars. */
static bool is_done(const sip_t *sip, const char *option)
{
    if (sip->sip_request->rq_method == sip_method_register && !strcasecmp(option, "path"))
        return true;
    for (size_t i = 0; i < sizeof done / sizeof *done; i++)
        if (!strcasecmp(done[i], option))
            return true;
    return false;
}

static bool has(const msg_list_t *list, const char *option)
{
    for (; list; list = list->k_next)
        for (size_t i = 0; list->k_items && list->k_items[i]; i++)
            if (!strcasecmp(list->k_items[i], option))
                return true;
    return false;
}

static const msg_header_t *find(const sip_t *sip, const msg_hclass_t *class)
{
    const msg_header_t *at = sip->sip_request ? (const msg_header_t *)sip->sip_request
                                              : (const msg_header_t *)sip->sip_status;

    for (; at; at = at->sh_succ)
        if (at->sh_class == class)
            return at;
    return NULL;
}

/* Leaves Sofia those that it would have to refuse: then it says 420. */
static bool is_ours(const sip_t *sip)
{
    for (const msg_list_t *list = sip->sip_require; list; list = list->k_next)
        for (size_t i = 0; list->k_items && list->k_items[i]; i++)
            if (!is_done(sip, list->k_items[i]))
                return false;
    return true;
}

void extension_hide(sip_t *sip)
{
    sip->sip_session_expires = NULL;
    sip->sip_min_se = NULL;
    if (!sip->sip_request || !sip->sip_require || !is_ours(sip))
        return;
    if (has(sip->sip_require, "100rel")) /* what is required is supported; the same type */
        sip->sip_supported = sip->sip_require;
    sip->sip_require = NULL;
}

/* Sofia ends a call whose request was refused so; only BYE is left to it. */
static bool is_fatal(int status)
{
    return status >= 500 || status == 404 || status == 405 || status == 408 || status == 410 ||
           status == 416 || (status >= 480 && status <= 485);
}

enum { MASK = 499 };

void extension_mask(su_home_t *home, sip_t *sip)
{
    sip_status_t *status = sip->sip_status;
    char *told;

    if (!is_fatal(status->st_status) || !sip->sip_cseq ||
        sip->sip_cseq->cs_method == sip_method_bye)
        return;
    told = su_sprintf(home, "%03d %s", status->st_status, status->st_phrase);
    if (!told)
        return;
    status->st_status = MASK;
    status->st_phrase = told;
}

int extension_unmask(int status, const char **phrase, const sip_t *sip)
{
    const char *told = sip && sip->sip_status ? sip->sip_status->st_phrase : NULL;

    if (status != MASK || !told || strspn(told, "0123456789") != 3 || told[3] != ' ')
        return status;
    *phrase = told + 4;
    return atoi(told);
}

bool extension_required(const sip_t *sip, const char *option)
{
    return has((const msg_list_t *)find(sip, sip_require_class), option);
}

bool extension_supported(const sip_t *sip, const char *option)
{
    return has((const msg_list_t *)find(sip, sip_supported_class), option) ||
           extension_required(sip, option);
}

const sip_session_expires_t *extension_session_expires(const sip_t *sip)
{
    return (const sip_session_expires_t *)find(sip, sip_session_expires_class);
}

unsigned extension_min_se(const sip_t *sip)
{
    const sip_min_se_t *min = (const sip_min_se_t *)find(sip, sip_min_se_class);

    return min ? (unsigned)min->min_delta : 0;
}

const sip_unknown_t *extension_ours(sip_unknown_t *header, bool rel100)
{
    sip_unknown_init(header);
    header->un_name = "Supported";
    header->un_value = rel100 ? all : unreliable;
    return header;
}
