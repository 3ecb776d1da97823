/* outgoing.c: calls of our making: INVITE, its responses, ACK (RFC 3261 §13.2). */
#include "ua/private.h"
#include "base/id.h"
#include "base/mem.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/url.h>

#include <openssl/crypto.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool is_tls(const struct endpoint *endpoint)
{
    return !strcmp(endpoint->transport, "tls");
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
    bool secure = hop->url_type == url_sips; /* then transport=tcp means TLS over it */

    for (unsigned i = 0; i < ua->endpoint_count; i++) {
        struct endpoint *endpoint = &ua->endpoints[i];

        if (told && !secure && strcasecmp(transport, endpoint->transport) != 0)
            continue;
        if (secure && (!is_tls(endpoint) || (told && !strcasecmp(transport, "udp"))))
            continue;
        if (!told && !secure && is_tls(endpoint))
            continue; /* who wants it says so */
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
    if (url && ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
                !url->url_host[0] || url->url_headers))
        url = NULL;
    return url;
}

int ua_family(struct ua *ua, const char *uri, const char *route)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const struct endpoint *endpoint;
    const url_t *hop;

    su_home_init(home);
    hop = outgoing_uri(home, route && route[0] ? route : uri);
    endpoint = hop ? choose(ua, hop, NULL) : NULL;
    su_home_deinit(home);
    return !endpoint ? AF_UNSPEC : is_v6(endpoint->host) ? AF_INET6 : AF_INET;
}

/* Without the brackets of IPv6. */
static void bare_host(char *out, const char *host)
{
    size_t length = strlen(host);
    bool bracket = length > 1 && host[0] == '[' && host[length - 1] == ']';

    memcpy(out, host + bracket, length - 2 * bracket);
    out[length - 2 * bracket] = '\0';
}

/* `"Display" <sip:user@host>` */
static char *from_line(su_home_t *home, const struct dialog_target *target,
                       const struct endpoint *endpoint)
{
    const char *host = target->from_host && target->from_host[0] ? target->from_host
                       : endpoint->ua->domain                    ? endpoint->ua->domain
                                                                 : ua_host(endpoint);
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

struct request { /* our INVITE, kept while it may have to be sent again */
    struct outgoing text;
    char *uri, *hop, *sdp;
    struct ua_credentials credentials;
};

static void destroy(void *obj)
{
    struct request *request = obj;

    mem_unref(request->text.lines);
    if (request->credentials.password) /* it is in our own home */
        OPENSSL_cleanse((void *)(uintptr_t)request->credentials.password,
                        strlen(request->credentials.password));
    su_home_deinit(request->text.home);
}

static struct request *request_alloc(void)
{
    struct request *request = mem_alloc(sizeof *request, destroy);

    if (request)
        su_home_init(request->text.home);
    return request;
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

/* Who answers at the hop must prove to be the host that was named (RFC 5922, 4). */
static void expect(struct outgoing *request, struct tls *tls, const url_t *named, const url_t *hop)
{
    char name[256], host[256];

    if (strlen(named->url_host) >= sizeof name || strlen(hop->url_host) >= sizeof host)
        return;
    bare_host(name, named->url_host);
    bare_host(host, hop->url_host);
    request->sips = named->url_type == url_sips;
    tls_expect(tls, name, host, hop->url_port ? (unsigned)atoi(hop->url_port) : 0, &request->at);
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
    if (is_tls(request->endpoint))
        expect(request, ua->tls, request->hop ? url : hop, hop);
    address = *url;
    address.url_params = NULL;
    request->to = su_sprintf(request->home, "<%s>", url_as_string(request->home, &address));
    request->from = from_line(request->home, target, request->endpoint);
    return request->from ? header_lines(&request->lines, target->headers, target->header_count)
                         : EINVAL;
}

static char *keep(su_home_t *home, const char *text)
{
    return text && *text ? su_strdup(home, text) : NULL;
}

static int prepare(struct request *request, struct ua *ua, const struct dialog_target *target)
{
    su_home_t *home = request->text.home;
    int err = outgoing_prepare(&request->text, ua, target);

    if (err)
        return err;
    request->uri = keep(home, target->uri);
    request->hop = keep(home, request->text.hop);
    request->sdp = keep(home, target->sdp);
    request->credentials.user = keep(home, target->credentials.user);
    request->credentials.password = keep(home, target->credentials.password);
    request->credentials.realm = keep(home, target->credentials.realm);
    return 0;
}

static void send_invite(struct dialog *dialog)
{
    const struct request *request = dialog->request;
    const struct outgoing *text = &request->text;
    struct session_fields fields;

    session_request(dialog, &fields);
    nua_invite(
        dialog->handle, NUTAG_URL(request->uri), SIPTAG_TO_STR(text->to),
        SIPTAG_FROM_STR(text->from), SIPTAG_CALL_ID_STR(dialog->invite.call_id),
        TAG_IF(text->route, NUTAG_INITIAL_ROUTE_STR(text->route)),
        TAG_IF(request->hop, NUTAG_PROXY(request->hop)), CONTACT_TAG(dialog),
        TAG_IF(dialog->session.terms.rel100 == UA_REL100_REQUIRED, SIPTAG_REQUIRE_STR("100rel")),
        TAG_IF(text->lines, SIPTAG_HEADER_STR(text->lines)),
        TAG_IF(request->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
        TAG_IF(request->sdp, SIPTAG_PAYLOAD_STR(request->sdp)), SESSION_TAGS(&fields), TAG_END());
}

static int open_handle(struct dialog *dialog)
{
    dialog->handle = nua_handle(dialog->endpoint->nua, dialog,
                                NUTAG_AUTH_CACHE(nua_auth_cache_challenged), TAG_END());
    if (!dialog->handle)
        return ENOMEM;
    return credentials_alloc(&dialog->credentials, &dialog->request->credentials,
                             nua_handle_home(dialog->handle), dialog->endpoint->gate);
}

/* 422: once more as the peer's Min-SE has it. False: that would change nothing. */
static bool ask_longer(struct dialog *dialog, const sip_t *sip)
{
    struct session *session = &dialog->session;
    unsigned least = sip ? extension_min_se(sip) : 0;
    nua_handle_t *before = dialog->handle;

    if (dialog->state != DIALOG_CALLING || !session->terms.session ||
        least <= session->terms.session)
        return false;
    dialog->credentials = mem_unref(dialog->credentials);
    nua_handle_bind(before, NULL);
    nua_handle_destroy(before);
    dialog->handle = NULL;
    if (open_handle(dialog))
        return false;
    session->terms.session = session->least = least;
    send_invite(dialog);
    return true;
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
    struct request *request = request_alloc();
    struct dialog *dialog = NULL;
    char call_id[ID_UUID];
    int err;

    MAGIC_CHECK(ua, UA_MAGIC);
    err = !request ? ENOMEM : ua->stopping ? ESHUTDOWN : prepare(request, ua, target);
    if (err)
        goto out;
    id_uuid(call_id);
    err = dialog_alloc(&dialog, request->text.endpoint, call_id);
    if (err)
        goto out;
    dialog->state = DIALOG_CALLING;
    dialog->hop = request->text.at;
    if (!request->text.sips && request->text.endpoint->contact[0])
        dialog->contact = request->text.endpoint->contact;
    dialog->request = mem_ref(request);
    err = open_handle(dialog);
    if (err) {
        dialog->told = true;
        dialog_release(dialog);
        goto out;
    }
    dialog->handlers = handlers;
    dialog->arg = arg;
    dialog->session.terms = target->terms;
    send_invite(dialog);
    if (!target->terms.session) /* nothing to haggle about */
        dialog->request = mem_unref(dialog->request);
    if (ring_time(target))
        dialog_timer(dialog, ring_time(target), TIMER_RING);
    *dialogp = mem_ref(dialog);
out:
    mem_unref(request);
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
    dialog->request = mem_unref(dialog->request);
    dialog->state = DIALOG_ANSWERED;
    credentials_enter_dialog(dialog->credentials);
    credentials_hear_answer(dialog->credentials, sip);
    session_told(dialog, sip);
    handlers->answered(header_sdp(sip), dialog->arg);
}

static void on_progress(struct dialog *dialog, int status, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;
    const char *branch = sip && sip->sip_to && sip->sip_to->a_tag ? sip->sip_to->a_tag : "";

    if (status > 100 && branch[0])
        credentials_enter_dialog(dialog->credentials);
    reliable_received(dialog, status, sip);
    if (status > 100 && dialog->state == DIALOG_CALLING && handlers && handlers->progress)
        handlers->progress(status, header_sdp(sip), branch, dialog->arg);
}

void outgoing_response(struct dialog *dialog, int status, const char *phrase, const sip_t *sip)
{
    if (status < 300)
        ua_source(dialog->endpoint, &dialog->invite.source);
    if (dialog->reinviting) {
        change_response(dialog, status, sip);
        return;
    }
    if (status < 200) {
        on_progress(dialog, status, sip);
    } else if (status < 300) {
        on_answer(dialog, sip);
    } else if (status != 422 || !ask_longer(dialog, sip)) {
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
