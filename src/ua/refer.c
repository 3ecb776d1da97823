/* refer.c: transfer: REFER in a call, its progress told by NOTIFY (RFC 3515), and Replaces
 * (RFC 3891), by which a new call takes the place of one that is up. */
#include "ua/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <sofia-sip/url.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { REPLACES = 512 };

static struct dialog *replaced_by(struct ua *ua, const sip_replaces_t *replaces)
{
    for (unsigned i = 0; i < ua->endpoint_count; i++) {
        nua_handle_t *handle = nua_handle_by_replaces(ua->endpoints[i].nua, replaces);
        struct dialog *dialog = handle ? nua_handle_magic(handle) : NULL;

        if (handle)
            nua_handle_unref(handle);
        if (dialog)
            return dialog;
    }
    return NULL;
}

/* The value of Replaces among the headers of a URI, without its %XX; false: there is none. */
static bool read_replaces(const char *headers, char out[REPLACES])
{
    while (headers && *headers) {
        size_t size = strcspn(headers, "&");

        if (!strncasecmp(headers, "Replaces=", 9) && size - 9 < REPLACES) {
            snprintf(out, REPLACES, "%.*s", (int)(size - 9), headers + 9);
            url_unescape(out, out);
            return header_is_plain(out);
        }
        headers += size + (headers[size] == '&');
    }
    return false;
}

/* A target that can be called at all: SIP or a telephone number, no headers but Replaces. */
static bool read_target(su_home_t *home, const sip_refer_to_t *to, struct dialog_refer *refer,
                        char replaces[REPLACES])
{
    url_t url = *to->r_url;
    char *user;

    if (url.url_type != url_sip && url.url_type != url_sips && url.url_type != url_tel)
        return false;
    if (url.url_type != url_tel && (!url.url_host || !*url.url_host))
        return false;
    if (url.url_headers && read_replaces(url.url_headers, replaces))
        refer->replaces = replaces;
    url.url_headers = NULL;
    refer->uri = url_as_string(home, &url);
    refer->host = url.url_type == url_tel || !url.url_host ? "" : url.url_host;
    user = su_strdup(home, url.url_user ? url.url_user : "");
    if (!refer->uri || !user)
        return false;
    url_unescape(user, user);
    refer->user = user;
    return header_is_plain(user) && header_is_plain(refer->uri);
}

static int find_replaced(struct dialog *dialog, su_home_t *home, struct dialog_refer *refer)
{
    const sip_replaces_t *replaces;

    if (!refer->replaces)
        return 0;
    replaces = sip_replaces_make(home, refer->replaces);
    if (!replaces)
        return 400;
    refer->with = replaced_by(dialog->ua, replaces);
    return refer->with == dialog ? 400 : 0; /* with itself */
}

static int take(struct dialog *dialog, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;
    struct dialog_refer refer = {.referred_by = ""};
    char replaces[REPLACES];
    su_home_t home[1] = {SU_HOME_INIT(home)};
    int status;

    su_home_init(home);
    if (!sip->sip_refer_to || sip->sip_refer_to->r_url->url_type == url_any ||
        !read_target(home, sip->sip_refer_to, &refer, replaces))
        status = 400;
    else
        status = find_replaced(dialog, home, &refer);
    if (!status && sip->sip_referred_by && sip->sip_referred_by->b_url->url_host)
        refer.referred_by = url_as_string(home, sip->sip_referred_by->b_url);
    if (!status)
        status = handlers && handlers->refer ? handlers->refer(&refer, dialog->arg) : 403;
    su_home_deinit(home);
    return status;
}

static void keep_event(struct dialog *dialog, tagi_t *tags)
{
    const sip_event_t *event = NULL;

    tl_gets(tags, NUTAG_REFER_EVENT_REF(event), TAG_END());
    snprintf(dialog->refer_event, sizeof dialog->refer_event, "refer%s%s",
             event && event->o_id ? ";id=" : "", event && event->o_id ? event->o_id : "");
}

static void answer(struct dialog *dialog, int status)
{
    nua_respond(dialog->handle, status, sip_status_phrase(status),
                NUTAG_WITH_THIS(dialog->endpoint->nua), TAG_END());
}

void refer_request(struct dialog *dialog, const sip_t *sip, tagi_t *tags)
{
    int status;

    if (dialog->state != DIALOG_UP) {
        answer(dialog, dialog->state == DIALOG_ENDING ? 481 : 480);
        return;
    }
    if (dialog->referring) {
        answer(dialog, 491);
        return;
    }
    keep_event(dialog, tags);
    dialog->referring = true;
    status = take(dialog, sip);
    if (status)
        dialog->referring = false;
    answer(dialog, status ? status : 202);
    if (!status)
        dialog_refer_told(dialog, 100);
}

void dialog_refer_told(struct dialog *dialog, int status)
{
    char body[128];

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_UP || !dialog->referring)
        return;
    dialog->referring = status < 200;
    snprintf(body, sizeof body, "SIP/2.0 %d %s\r\n", status, sip_status_phrase(status));
    nua_notify(dialog->handle, CONTACT_TAG(dialog), SIPTAG_EVENT_STR(dialog->refer_event),
               SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(body),
               NUTAG_SUBSTATE(status < 200 ? nua_substate_active : nua_substate_terminated),
               TAG_END());
}

int refer_replaces(struct dialog *dialog, const sip_t *sip)
{
    const sip_replaces_t *replaces = sip->sip_replaces;
    struct dialog *other;

    if (!replaces)
        return 0;
    other = replaces->rp_next ? NULL : replaced_by(dialog->ua, replaces);
    if (!other || other->state != DIALOG_UP || !other->handlers)
        return replaces->rp_next ? 400 : 481;
    if (replaces->rp_early_only)
        return 486;
    dialog->invite.replaces = other;
    return 0;
}

const struct dialog_handlers *dialog_owner(const struct dialog *dialog, void **arg)
{
    *arg = dialog->arg;
    return dialog->handlers;
}

static bool is_target(const char *uri)
{
    static const char *const schemes[] = {"sip:", "sips:", "tel:"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (!strncasecmp(uri, schemes[i], strlen(schemes[i])))
            return uri[strlen(schemes[i])] && strlen(uri) < 256 && header_is_plain(uri) &&
                   !strpbrk(uri, " <>\"?,");
    return false;
}

int dialog_refer(struct dialog *dialog, const char *uri)
{
    char to[264];

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_UP)
        return ENOTCONN;
    if (!is_target(uri))
        return EINVAL;
    if (dialog->referred)
        return EBUSY;
    dialog->referred = true;
    snprintf(to, sizeof to, "<%s>", uri);
    nua_refer(dialog->handle, SIPTAG_REFER_TO_STR(to), TAG_END());
    return 0;
}

static void tell(struct dialog *dialog, int status)
{
    if (!dialog->referred)
        return;
    dialog->referred = status < 200;
    if (dialog->handlers && dialog->handlers->referred)
        dialog->handlers->referred(status, dialog->arg);
}

void refer_response(struct dialog *dialog, int status)
{
    if (status >= 300)
        tell(dialog, status);
}

/* Its body is the start of a response: `SIP/2.0 180 Ringing`. The last word of who ends the
 * subscription before there is a final one is that nothing came of it. */
void refer_notify(struct dialog *dialog, const sip_t *sip)
{
    const sip_payload_t *payload = sip->sip_payload;
    const char *body = payload && payload->pl_data && payload->pl_len ? payload->pl_data : "";
    const sip_subscription_state_t *state = sip->sip_subscription_state;
    int status = 0;

    body += strspn(body, " \t\r\n");
    if (!strncasecmp(body, "SIP/2.0 ", 8))
        status = atoi(body + 8);
    if (state && state->ss_substate && !strcasecmp(state->ss_substate, "terminated") &&
        status < 200)
        status = 408;
    if (status >= 100 && status < 700)
        tell(dialog, status);
}
