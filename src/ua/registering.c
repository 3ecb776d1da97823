/* registering.c: REGISTER of phones that want to be reached by us (RFC 3261 §10.3), read and
 * answered; who is registered where is the business of who asked for it.
 *
 * A phone is called back at the address that its REGISTER came from, and nowhere else: that is
 * where it can be reached behind a NAT, and nobody can register the address of a third party. By
 * UDP it keeps the port it names when it names that very host; by TCP and TLS its connection is the
 * way back. A proxy that put itself into the Path (RFC 3327) is called at the address it has. */
#include "ua/private.h"
#include "base/mem.h"
#include "net/addr.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/url.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URI = 256, EXPIRES_MOST = 0x7fffffff }; /* [bytes] of a contact */
enum { CONNECTION = 150, NAT = 60 };           /* [s]; ua.c closes connections after 180 */

struct reading {
    su_home_t home[1];
    const struct endpoint *endpoint;
    struct sockaddr_storage source;
    char host[ADDR_TEXT], by[96]; /* host of the source, v6 in brackets */
    struct ua_contact contacts[UA_CONTACTS];
};

static void read_source(struct reading *reading)
{
    char text[ADDR_TEXT];
    const struct endpoint *endpoint = reading->endpoint;

    addr_format(text, &reading->source);
    *strrchr(text, ':') = '\0';
    memcpy(reading->host, text, sizeof text);
    snprintf(reading->by, sizeof reading->by,
             strchr(endpoint->host, ':') ? "%s:[%s]:%u" : "%s:%s:%u", endpoint->transport,
             endpoint->host, endpoint->port);
}

static bool is_source_host(const struct reading *reading, const char *host)
{
    struct sockaddr_storage named;

    return addr_parse(&named, host, 1) == 0 && addr_same_host(&named, &reading->source);
}

/* The same URI at the address that the request came from; NULL: out of memory. `far`: the port of
 * who sent it, and not the one it names. */
static const char *at_source(struct reading *reading, const url_t *url, bool far)
{
    bool is_udp = !strcmp(reading->endpoint->transport, "udp");
    bool named = !far && is_udp && is_source_host(reading, url->url_host);
    char *params = url->url_params ? su_strdup(reading->home, url->url_params) : NULL;
    char port[8];
    url_t here = *url;

    if (params) { /* what would lead elsewhere */
        params = url_strip_param_string(params, "maddr");
        params = url_strip_param_string(params, "transport");
        params = url_strip_param_string(params, "received");
    }
    snprintf(port, sizeof port, "%u", addr_port(&reading->source));
    here.url_type = url_sip;
    here.url_scheme = "sip";
    here.url_host = reading->host;
    here.url_port = named ? url->url_port : port;
    here.url_headers = NULL;
    here.url_params = params && *params ? params : NULL;
    if (!is_udp)
        here.url_params =
            su_sprintf(reading->home, "%s%stransport=%s", here.url_params ? here.url_params : "",
                       here.url_params ? ";" : "", reading->endpoint->transport);
    return url_as_string(reading->home, &here);
}

static bool is_sip(const url_t *url)
{
    return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host &&
           url->url_host[0];
}

static int read_expires(const char *text)
{
    char *end;
    unsigned long value;

    if (!text || !*text || strspn(text, "0123456789") != strlen(text))
        return -1;
    value = strtoul(text, &end, 10);
    return value > EXPIRES_MOST ? EXPIRES_MOST : (int)value;
}

/* 0 to 1 with up to three decimals. */
static unsigned read_q(const char *text)
{
    double value = text ? strtod(text, NULL) : 1;

    return value >= 1 || value != value ? 1000 : value <= 0 ? 0 : (unsigned)(value * 1000 + 0.5);
}

static const char *read_instance(struct reading *reading, const sip_contact_t *contact)
{
    const char *text = msg_params_find(contact->m_params, "+sip.instance=");

    if (!text || strlen(text) >= URI || !header_is_plain(text))
        return "";
    return su_strdup(reading->home, text);
}

/* [s]; 0: for ever */
static unsigned way_lasts(const struct reading *reading, const url_t *url, const char *route)
{
    if (*route)
        return 0; /* the proxy sees to it */
    if (strcmp(reading->endpoint->transport, "udp") != 0)
        return CONNECTION;
    return is_source_host(reading, url->url_host) ? 0 : NAT;
}

/* False: it is no contact that can be called. */
static bool read_contact(struct reading *reading, const sip_contact_t *from, const char *route,
                         struct ua_contact *contact)
{
    const char *uri;

    if (!is_sip(from->m_url) || !(uri = url_as_string(reading->home, from->m_url)) ||
        strlen(uri) >= URI || !header_is_plain(uri) || strpbrk(uri, " <>\""))
        return false;
    *contact = (struct ua_contact){
        .uri = uri,
        .dial = *route ? uri : at_source(reading, from->m_url, false),
        .instance = read_instance(reading, from),
        .expires = read_expires(from->m_expires),
        .q = read_q(from->m_q),
        .lasts = way_lasts(reading, from->m_url, route),
    };
    return contact->dial && contact->instance && strlen(contact->dial) < URI;
}

/* The Path as routes; NULL: it is none that can be used. Its first proxy is where the request
 * came from. */
static const char *read_path(struct reading *reading, const sip_t *sip)
{
    const char *route = "";

    for (const sip_path_t *at = sip->sip_path; at; at = at->r_next) {
        const char *uri;

        if (!is_sip(at->r_url))
            return NULL;
        uri = *route ? url_as_string(reading->home, at->r_url)
                     : at_source(reading, at->r_url, !at->r_url->url_port);
        if (!uri || !header_is_plain(uri) || strpbrk(uri, " <>\","))
            return NULL;
        route = su_sprintf(reading->home, "%s%s%s", route, *route ? ", " : "", uri);
        if (!route || strlen(route) >= 1024)
            return NULL;
    }
    return route;
}

/* 0, or the status of the refusal. */
static int read_contacts(struct reading *reading, const sip_t *sip, struct ua_registering *request)
{
    for (const sip_contact_t *at = sip->sip_contact; at; at = at->m_next) {
        if (at->m_url->url_type == url_any) {
            request->all = true;
            if (at->m_next || request->contact_count || request->expires != 0)
                return 400;
            continue;
        }
        if (request->all || request->contact_count == UA_CONTACTS ||
            !read_contact(reading, at, request->route, &reading->contacts[request->contact_count]))
            return 400;
        request->contact_count++;
    }
    return 0;
}

static void refuse(const struct endpoint *endpoint, nua_handle_t *handle,
                   const struct ua_registered *answer)
{
    char shortest[16];

    snprintf(shortest, sizeof shortest, "%u", answer->min_expires);
    nua_respond(handle, answer->status, sip_status_phrase(answer->status),
                NUTAG_WITH_THIS(endpoint->nua),
                TAG_IF(answer->status == 423, SIPTAG_MIN_EXPIRES_STR(shortest)), TAG_END());
}

static void grant(const struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip,
                  const struct ua_registered *answer)
{
    nua_respond(handle, SIP_200_OK, NUTAG_WITH_THIS(endpoint->nua),
                TAG_IF(answer->contacts[0], SIPTAG_CONTACT_STR(answer->contacts)),
                TAG_IF(!answer->contacts[0], SIPTAG_CONTACT(NULL)),
                TAG_IF(sip->sip_path, SIPTAG_PATH(sip->sip_path)), TAG_END());
}

static void ask(struct reading *reading, nua_handle_t *handle, const sip_t *sip, const char *user,
                struct ua_registered *answer)
{
    struct ua *ua = reading->endpoint->ua;
    const url_t *to = sip->sip_to->a_url;
    struct ua_registering request = {
        .user = user,
        .to_user = to->url_user ? to->url_user : "",
        .to_host = to->url_host ? to->url_host : "",
        .call_id = sip->sip_call_id->i_id,
        .agent = sip->sip_user_agent && header_is_plain(sip->sip_user_agent->g_string)
                     ? sip->sip_user_agent->g_string
                     : "",
        .cseq = sip->sip_cseq->cs_seq,
        .contacts = reading->contacts,
        .expires = sip->sip_expires ? (int)(sip->sip_expires->ex_delta & EXPIRES_MOST) : -1,
        .by = reading->by,
        .source = reading->source,
    };

    request.route = read_path(reading, sip);
    if (!user) /* nobody asked for proof, so there is none */
        answer->status = 403;
    else
        answer->status = request.route ? read_contacts(reading, sip, &request) : 400;
    if (!answer->status)
        ua->handlers.registering(&request, answer, ua->handlers.arg);
    if (answer->status >= 200 && answer->status < 300)
        grant(reading->endpoint, handle, sip, answer);
    else
        refuse(reading->endpoint, handle, answer);
}

void registering_request(struct endpoint *endpoint, nua_handle_t *handle, const sip_t *sip)
{
    struct reading reading = {.home = {SU_HOME_INIT(reading.home)}, .endpoint = endpoint};
    struct ua *ua = endpoint->ua;
    struct ua_registered answer = {0};
    const char *user = NULL;

    if (ua->stopping) {
        nua_respond(handle, SIP_503_SERVICE_UNAVAILABLE, NUTAG_WITH_THIS(endpoint->nua),
                    SIPTAG_RETRY_AFTER_STR("5"), TAG_END());
    } else if (!ua->handlers.registering) {
        nua_respond(handle, SIP_405_METHOD_NOT_ALLOWED, NUTAG_WITH_THIS(endpoint->nua), TAG_END());
    } else {
        su_home_init(reading.home);
        ua_source(endpoint, &reading.source);
        read_source(&reading);
        if (challenge_check(endpoint, handle, sip, &reading.source, &user))
            ask(&reading, handle, sip, user, &answer);
        su_home_deinit(reading.home);
    }
    nua_handle_destroy(handle);
}
