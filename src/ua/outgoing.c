/* outgoing.c: calls of our making: INVITE, its responses, ACK (RFC 3261 §13.2). */
#include "ua/private.h"
#include "base/id.h"
#include "base/mem.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/url.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The host of a URI as sockets write it: v6 without brackets. */
static bool is_v6(const char *host)
{
    return host[0] == '[' || strchr(host, ':');
}

static bool is_numeric(const char *host)
{
    return is_v6(host) || !host[strspn(host, "0123456789.")];
}

/* Is it the address of that name? */
static bool is_called(const struct endpoint *endpoint, const char *name)
{
    char own[96];

    snprintf(own, sizeof own, is_v6(endpoint->host) ? "%s:[%s]:%u" : "%s:%s:%u",
             endpoint->transport, endpoint->host, endpoint->port);
    return !strcmp(own, name);
}

/* The endpoint to send by: the transport the URI names, and of the address's family; of those the
 * one that was asked for. */
static struct endpoint *choose(struct ua *ua, const url_t *hop, const char *by)
{
    struct endpoint *first = NULL;
    char transport[8];
    bool told = url_param(hop->url_params, "transport", transport, sizeof transport) > 1;

    for (unsigned i = 0; i < ua->endpoint_count; i++) {
        struct endpoint *endpoint = &ua->endpoints[i];

        if (told && strcasecmp(transport, endpoint->transport) != 0)
            continue;
        if (is_numeric(hop->url_host) && is_v6(hop->url_host) != is_v6(endpoint->host))
            continue;
        if (!by || is_called(endpoint, by))
            return endpoint;
        if (!first)
            first = endpoint;
    }
    return first;
}

url_t *outgoing_uri(su_home_t *home, const char *text)
{
    url_t *url = NULL;

    if (header_is_plain(text) && !strpbrk(text, " <>\"") && strlen(text) < 512)
        url = url_make(home, text);
    if (url &&
        (url->url_type != url_sip || !url->url_host || !url->url_host[0] || url->url_headers))
        url = NULL;
    return url;
}

/* `"Display" <sip:user@host>` */
static char *from_line(su_home_t *home, const struct dialog_target *target,
                       const struct endpoint *endpoint)
{
    const char *host = target->from_host && target->from_host[0] ? target->from_host
                       : endpoint->ua->domain                    ? endpoint->ua->domain
                                                                 : endpoint->host;
    const char *display = target->from_display ? target->from_display : "";
    const char *user = target->from_user ? target->from_user : "";
    char name[256], *to = name, escaped[512];
    bool bracket = is_v6(host) && host[0] != '[';

    if (!header_is_plain(display) || !header_is_plain(user) || strlen(display) > 100 ||
        strlen(user) > 100 || strpbrk(host, " <>\";,@\\") || !header_is_plain(host))
        return NULL;
    if (!user[0])
        return su_strdup(home, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    for (; *display; display++) {
        if (*display == '"' || *display == '\\')
            *to++ = '\\';
        *to++ = *display;
    }
    *to = '\0';
    url_escape(escaped, user, "@:;?,<>\"[]/");
    return su_sprintf(home, "%s%s%s<sip:%s@%s%s%s>", name[0] ? "\"" : "", name,
                      name[0] ? "\" " : "", escaped, bracket ? "[" : "", host, bracket ? "]" : "");
}

/* Routes joined by ", " as a Route header; the first one as *first. NULL: one is none. */
static char *route_line(su_home_t *home, const char *routes, url_t **first)
{
    char *line = NULL;

    while (*routes) {
        size_t size = strcspn(routes, ",");
        char *one = su_strndup(home, routes, size);
        url_t *url = outgoing_uri(home, one);

        if (!url)
            return NULL;
        if (!line)
            *first = url;
        line = su_sprintf(home, "%s%s<%s%s>", line ? line : "", line ? ", " : "", one,
                          url_has_param(url, "lr") ? "" : ";lr");
        routes += size;
        routes += strspn(routes, ", ");
    }
    return line;
}

int outgoing_prepare(struct outgoing *request, struct ua *ua, const struct dialog_target *target)
{
    url_t *url = outgoing_uri(request->home, target->uri), *hop = url;
    url_t address;

    if (url && target->route && target->route[0])
        request->route = route_line(request->home, target->route, &hop);
    else if (url && target->next_hop && target->next_hop[0])
        hop = outgoing_uri(request->home, request->hop = target->next_hop);
    if (!url || !hop || (target->route && target->route[0] && !request->route))
        return EINVAL;
    request->endpoint = choose(ua, hop, target->by);
    if (!request->endpoint)
        return EPROTONOSUPPORT;
    address = *url;
    address.url_params = NULL;
    request->to = su_sprintf(request->home, "<%s>", url_as_string(request->home, &address));
    request->from = from_line(request->home, target, request->endpoint);
    return request->from ? header_lines(&request->lines, target->headers, target->header_count)
                         : EINVAL;
}

static void send_invite(struct dialog *dialog, const struct outgoing *request,
                        const struct dialog_target *target)
{
    nua_invite(dialog->handle, NUTAG_URL(target->uri), SIPTAG_TO_STR(request->to),
               SIPTAG_FROM_STR(request->from), SIPTAG_CALL_ID_STR(dialog->invite.call_id),
               TAG_IF(request->route, NUTAG_INITIAL_ROUTE_STR(request->route)),
               TAG_IF(request->hop, NUTAG_PROXY(request->hop)),
               TAG_IF(request->lines, SIPTAG_HEADER_STR(request->lines)),
               TAG_IF(target->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
               TAG_IF(target->sdp, SIPTAG_PAYLOAD_STR(target->sdp)), TAG_END());
}

static int open_handle(struct dialog *dialog, const struct dialog_target *target)
{
    dialog->handle = nua_handle(dialog->endpoint->nua, dialog,
                                NUTAG_AUTH_CACHE(nua_auth_cache_challenged), TAG_END());
    if (!dialog->handle)
        return ENOMEM;
    return credentials_alloc(&dialog->credentials, &target->credentials,
                             nua_handle_home(dialog->handle), dialog->endpoint->gate);
}

/* [ms]; 0: for ever */
static unsigned ring_time(const struct dialog_target *target)
{
    unsigned whole = target->ring_timeout * 1000, less = target->ring_timeout_ms;

    return !whole || (less && less < whole) ? less : whole;
}

int dialog_invite(struct ua *ua, const struct dialog_target *target,
                  const struct dialog_handlers *handlers, void *arg, struct dialog **dialogp)
{
    struct outgoing request = {.home = {SU_HOME_INIT(request.home)}};
    struct dialog *dialog = NULL;
    char call_id[ID_UUID];
    int err;

    MAGIC_CHECK(ua, UA_MAGIC);
    su_home_init(request.home);
    err = ua->stopping ? ESHUTDOWN : outgoing_prepare(&request, ua, target);
    if (err)
        goto out;
    id_uuid(call_id);
    err = dialog_alloc(&dialog, request.endpoint, call_id);
    if (err)
        goto out;
    dialog->state = DIALOG_CALLING;
    err = open_handle(dialog, target);
    if (err) {
        dialog->told = true;
        dialog_release(dialog);
        goto out;
    }
    dialog->handlers = handlers;
    dialog->arg = arg;
    send_invite(dialog, &request, target);
    if (ring_time(target))
        dialog_timer(dialog, ring_time(target), TIMER_RING);
    *dialogp = mem_ref(dialog);
out:
    mem_unref(request.lines);
    su_home_deinit(request.home);
    return err;
}

/* A response that Sofia made up itself came from no address: nobody answered. */
int outgoing_failure(struct endpoint *endpoint, int status, const char *phrase)
{
    msg_t *msg = nua_current_request(endpoint->nua);
    const su_addrinfo_t *info = msg ? msg_addrinfo(msg) : NULL;

    if (info && info->ai_addr && info->ai_addr->sa_family)
        return 0;
    if (status == 408)
        return ETIMEDOUT;
    return phrase && strstr(phrase, "DNS") ? EHOSTUNREACH : ECONNREFUSED;
}

void outgoing_ack(struct dialog *dialog, const char *sdp)
{
    credentials_before_ack(dialog->credentials);
    nua_ack(dialog->handle, TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
            TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
}

static void on_answer(struct dialog *dialog, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;

    if (dialog->state != DIALOG_CALLING) { /* it crossed our CANCEL */
        outgoing_ack(dialog, NULL);
        dialog_bye(dialog);
        return;
    }
    su_timer_reset(dialog->timer);
    dialog->state = DIALOG_ANSWERED;
    credentials_enter_dialog(dialog->credentials);
    credentials_hear_answer(dialog->credentials, sip);
    handlers->answered(header_sdp(sip), dialog->arg);
}

static void on_progress(struct dialog *dialog, int status, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;
    const char *branch = sip && sip->sip_to && sip->sip_to->a_tag ? sip->sip_to->a_tag : "";

    if (status > 100 && branch[0])
        credentials_enter_dialog(dialog->credentials);
    if (status > 100 && dialog->state == DIALOG_CALLING && handlers && handlers->progress)
        handlers->progress(status, header_sdp(sip), branch, dialog->arg);
}

void outgoing_response(struct dialog *dialog, int status, const char *phrase, const sip_t *sip)
{
    if (dialog->reinviting) {
        reoffer_response(dialog, status, sip);
        return;
    }
    if (status < 200) {
        on_progress(dialog, status, sip);
    } else if (status < 300) {
        on_answer(dialog, sip);
    } else {
        dialog->transport_error = outgoing_failure(dialog->endpoint, status, phrase);
        refusal_keep(dialog, sip);
        if (dialog->state != DIALOG_ENDING)
            dialog_end_as(dialog, dialog->transport_error ? 408 : status, phrase,
                          !dialog->transport_error, header_q850(sip));
        dialog_release(dialog);
    }
}

int dialog_ack(struct dialog *dialog, const char *sdp)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (dialog->state != DIALOG_ANSWERED)
        return EALREADY;
    dialog->state = DIALOG_UP;
    outgoing_ack(dialog, sdp);
    return 0;
}
