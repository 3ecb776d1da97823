/* ua.c: the endpoints: start, events, drain, stop. */
#include "ua/private.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/tport_tag.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* [ms] that hang-ups may take before the stack is shut down over them */
enum { STOP = 2000, PORT_TRIES = 20, UDP_BUFFER = 4 << 20 };
enum { MESSAGE = 32768 };   /* [bytes] of one; more is 413 */
enum { TCP_IDLE = 180000 }; /* [ms] after which a silent connection is closed */

#define METHODS "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"
static const char methods[] = METHODS, methods_of_registrar[] = METHODS ", REGISTER";

static unsigned long hash(const char *text, size_t size)
{
    unsigned long sum = 5381;

    while (size--)
        sum = sum * 33 + (unsigned char)*text++;
    return sum;
}

void ua_source(const struct endpoint *endpoint, struct sockaddr_storage *source)
{
    msg_t *msg = nua_current_request(endpoint->nua);
    const su_addrinfo_t *info = msg ? msg_addrinfo(msg) : NULL;

    memset(source, 0, sizeof *source);
    if (info && info->ai_addr && info->ai_addrlen <= sizeof *source)
        memcpy(source, info->ai_addr, info->ai_addrlen);
}

bool ua_was_busy(struct ua *ua, const char *call_id)
{
    unsigned long sum = hash(call_id, strlen(call_id));

    for (unsigned i = 0; i < UA_BUSY_CALLS; i++)
        if (ua->busy[i] == sum)
            return true;
    return false;
}

/* The gate asks. */
static enum gate_pass on_pass(const struct sockaddr_storage *from, const char *method,
                              const char *call_id, size_t size, void *arg)
{
    struct endpoint *endpoint = arg;
    struct ua *ua = endpoint->ua;
    enum ua_verdict verdict =
        ua->handlers.source ? ua->handlers.source(from, method, ua->handlers.arg) : UA_ALLOW;

    if (verdict == UA_BUSY)
        ua->busy[ua->busy_next++ % UA_BUSY_CALLS] = hash(call_id, size);
    return verdict == UA_IGNORE ? GATE_SHUT : verdict == UA_CHALLENGE ? GATE_CHALLENGE : GATE_OPEN;
}

static bool on_alive(const char *call_id, size_t size, const struct sockaddr_storage *from,
                     bool *same_caller, void *arg)
{
    struct endpoint *endpoint = arg;
    struct dialog *dialog;

    *same_caller = false;
    HASH_FIND(hh, endpoint->ua->dialogs, call_id, size, dialog);
    if (dialog)
        *same_caller = dialog->incoming && addr_same_host(&dialog->invite.source, from);
    return dialog != NULL;
}

static bool on_established(const char *call_id, size_t size, void *arg)
{
    struct endpoint *endpoint = arg;
    struct dialog *dialog;

    HASH_FIND(hh, endpoint->ua->dialogs, call_id, size, dialog);
    return dialog && dialog->state == DIALOG_UP;
}

static void on_state(struct dialog *dialog, tagi_t *tags)
{
    int state = nua_callstate_init;

    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state == nua_callstate_terminated)
        dialog_release(dialog);
}

static void on_bye(struct dialog *dialog, const sip_t *sip)
{
    if (dialog->state == DIALOG_INCOMING)
        dialog_end_as(dialog, SIP_487_REQUEST_TERMINATED, true, header_q850(sip));
    else if (dialog->state != DIALOG_ENDING)
        dialog_end_as(dialog, SIP_200_OK, true, header_q850(sip));
    dialog_release(dialog);
}

/* Our 200 was never acknowledged, or worse; Sofia sends the BYE itself. */
static void on_error(struct dialog *dialog, int status, const char *phrase)
{
    log_debug("ua", "call %s: %d %s", dialog->invite.call_id, status, phrase);
    if (dialog->state == DIALOG_INCOMING) /* no PRACK came */
        dialog_end_as(dialog, status, phrase, true, 0);
    if (dialog->state == DIALOG_ACCEPTED) {
        dialog_end_as(dialog, 408, phrase, true, 0);
        dialog->state = DIALOG_ENDING;
        dialog_tell(dialog);
        dialog_timer(dialog, 40000, TIMER_GIVE_UP);
    }
}

static void on_dialog_event(nua_event_t event, int status, const char *phrase,
                            struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                            const sip_t *sip, tagi_t *tags)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    status = extension_unmask(status, &phrase, sip);
    switch (event) {
    case nua_i_invite:
        reoffer_invite(dialog, sip);
        break;
    case nua_i_update:
        reoffer_update(dialog, sip);
        break;
    case nua_i_ack:
        incoming_ack(dialog, sip);
        break;
    case nua_i_cancel:
        if (dialog->state == DIALOG_UP) { /* of a re-INVITE */
            reoffer_drop(dialog);
            break;
        }
        dialog_end_as(dialog, SIP_487_REQUEST_TERMINATED, true, header_q850(sip));
        dialog_release(dialog);
        break;
    case nua_i_bye:
        on_bye(dialog, sip);
        break;
    case nua_i_info:
        info_request(endpoint, handle, dialog, sip);
        break;
    case nua_r_info:
        info_response(dialog, status);
        dialog_lost(dialog, status);
        break;
    case nua_i_options:
        ping_options(endpoint, handle, dialog, sip);
        break;
    case nua_i_prack:
        reliable_prack(dialog, status, sip);
        break;
    case nua_i_refer:
        refer_request(dialog, sip, tags);
        break;
    case nua_r_refer:
        refer_response(dialog, status);
        dialog_lost(dialog, status);
        break;
    case nua_i_notify:
        refer_notify(dialog, sip);
        break;
    case nua_r_update:
        session_updated(dialog, status, sip);
        break;
    case nua_r_invite:
        outgoing_response(dialog, status, phrase, sip);
        break;
    case nua_r_bye:
        if (status >= 200)
            dialog_release(dialog);
        break;
    case nua_i_error:
        on_error(dialog, status, phrase);
        break;
    case nua_i_state:
        on_state(dialog, tags);
        break;
    default:
        break;
    }
}

static void on_event(nua_event_t event, int status, char const *phrase, nua_t *nua,
                     struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                     sip_t const *sip, tagi_t tags[]);

static void start_shutdown(struct ua *ua);

void ua_dialog_gone(struct ua *ua)
{
    if (ua->stopping && !ua->dialogs && list_empty(&ua->registrations) && list_empty(&ua->pings) &&
        !ua->shutting)
        start_shutdown(ua);
}

static void on_stopped(struct ua_root *root, su_timer_t *timer, void *arg)
{
    struct ua *ua = arg;

    (void)root;
    (void)timer;
    if (!ua->shutting) {
        start_shutdown(ua);
        return;
    }
    for (unsigned i = 0; i < ua->endpoint_count; i++)
        if (!ua->endpoints[i].down)
            return;
    if (ua->stopped)
        ua->stopped(ua->stopped_arg);
}

static void start_shutdown(struct ua *ua)
{
    struct dialog *dialog, *next;

    ua->shutting = true;
    HASH_ITER (hh, ua->dialogs, dialog, next) /* who still does not answer need not */
        dialog_release(dialog);
    registration_drop_all(ua);
    ping_drop_all(ua);
    su_timer_reset(ua->stop_timer);
    for (unsigned i = 0; i < ua->endpoint_count; i++)
        nua_shutdown(ua->endpoints[i].nua);
}

/* Sofia is still in this event: `done`, in which the owner may free us, comes after it. */
static void on_shutdown(struct endpoint *endpoint, int status)
{
    if (status < 200 || endpoint->down)
        return;
    endpoint->down = true;
    su_timer_set_interval(endpoint->ua->stop_timer, on_stopped, endpoint->ua, 1);
}

static void on_event(nua_event_t event, int status, char const *phrase, nua_t *nua,
                     struct endpoint *endpoint, nua_handle_t *handle, struct dialog *dialog,
                     sip_t const *sip, tagi_t tags[])
{
    (void)nua;
    if (event == nua_r_shutdown)
        on_shutdown(endpoint, status);
    else if (dialog && dialog->magic == REGISTRATION_MAGIC)
        registration_event(dialog, event, status, phrase, sip);
    else if (dialog && dialog->magic == PING_MAGIC)
        ping_event(dialog, event, status, phrase, sip);
    else if (dialog)
        on_dialog_event(event, status, phrase, endpoint, handle, dialog, sip, tags);
    else if (event == nua_i_invite)
        incoming_invite(endpoint, handle, sip);
    else if (event == nua_i_options)
        ping_options(endpoint, handle, NULL, sip);
    else if (event == nua_i_register)
        registering_request(endpoint, handle, sip);
    else if (event == nua_i_info)
        info_request(endpoint, handle, NULL, sip);
    else if (handle && nua_event_is_incoming_request(event))
        nua_handle_destroy(handle);
}

static bool is_tls(const char *transport)
{
    return !strcmp(transport, "tls");
}

/* Sees that the address is ours to have, since Sofia would share it silently; and finds
 * a free port for 0. */
static int probe(const struct ua_listen *listen, unsigned *port)
{
    bool tcp = !strcmp(listen->transport, "tcp") || is_tls(listen->transport),
         v6 = strchr(listen->host, ':') != NULL;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    struct sockaddr *address = v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t size = v6 ? sizeof six : sizeof four;
    int fd, on = 1, err = 0;

    if (inet_pton(v6 ? AF_INET6 : AF_INET, listen->host,
                  v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr) != 1 ||
        *port > 65535 || (!tcp && strcmp(listen->transport, "udp") != 0))
        return EINVAL;
    fd = socket(address->sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (tcp)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, size) < 0 || getsockname(fd, address, &size) < 0)
        err = errno;
    else
        *port = ntohs(v6 ? six.sin6_port : four.sin_port);
    close(fd);
    return err;
}

/* An address is written by endpoints of its own family, a name by all. NULL: as bound. */
static const char *advertised(const struct endpoint *endpoint)
{
    const char *host = endpoint->ua->advertise;
    struct sockaddr_storage address;

    if (!host || addr_parse(&address, host, 0))
        return host;
    return (address.ss_family == AF_INET6) == (strchr(endpoint->host, ':') != NULL) ? host : NULL;
}

const char *ua_host(const struct endpoint *endpoint)
{
    const char *advertise = advertised(endpoint);

    return advertise ? advertise : endpoint->host;
}

static nua_t *create_nua(struct endpoint *endpoint)
{
    struct ua *ua = endpoint->ua;
    const char *advertise = advertised(endpoint);
    bool v6 = strchr(endpoint->host, ':') != NULL;
    const char *open = v6 ? "[" : "", *shut = v6 ? "]" : "";
    const char *scheme = is_tls(endpoint->transport) ? "sips" : "sip"; /* or Sofia has no TLS */
    char url[256];

    if (advertise && strchr(advertise, ':') && *advertise != '[')
        snprintf(url, sizeof url, "%s:[%s]:%u;maddr=[%s];transport=%s", scheme, advertise,
                 endpoint->port, endpoint->host, endpoint->transport);
    else if (advertise)
        snprintf(url, sizeof url, "%s:%s:%u;maddr=%s%s%s;transport=%s", scheme, advertise,
                 endpoint->port, open, endpoint->host, shut, endpoint->transport);
    else
        snprintf(url, sizeof url, "%s:%s%s%s:%u;transport=%s", scheme, open, endpoint->host, shut,
                 endpoint->port, endpoint->transport);
    return nua_create(
        ua->root, on_event, endpoint, NUTAG_URL(url), NTATAG_MCLASS(gate_class(endpoint->gate)),
        NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTOACK(0),
        NUTAG_AUTO302(0), NUTAG_AUTO305(0), NUTAG_MAX_RETRY_AFTER(0),
        NUTAG_OUTBOUND("no-outbound no-validate no-options-keepalive"), NUTAG_APPL_METHOD("INFO"),
        NUTAG_APPL_METHOD("OPTIONS"), NUTAG_APPL_METHOD("UPDATE"), NUTAG_APPL_METHOD("REGISTER"),
        NUTAG_APPL_METHOD("PRACK"), NUTAG_APPL_METHOD("REFER"), NUTAG_REFER_WITH_ID(0),
        SIPTAG_ALLOW_STR(ua->handlers.registering ? methods_of_registrar : methods),
        SIPTAG_SUPPORTED(SIP_NONE), NUTAG_SESSION_TIMER(0),
        TAG_IF(ua->user_agent, SIPTAG_USER_AGENT_STR(ua->user_agent)),
        NUTAG_CERTIFICATE_DIR("/dev/null"), NTATAG_UDP_MTU(65535), NTATAG_MAXSIZE(MESSAGE),
        TPTAG_UDP_RMEM(UDP_BUFFER), TPTAG_IDLE(TCP_IDLE), TAG_END());
}

/* Sofia's own is a sips: one, which some take for a word on how they are to be called. */
static void name_contact(struct endpoint *endpoint)
{
    const char *host = ua_host(endpoint);
    bool v6 = strchr(host, ':') != NULL;

    snprintf(endpoint->contact, sizeof endpoint->contact, "<sip:%s%s%s:%u;transport=tls>",
             v6 ? "[" : "", host, v6 ? "]" : "", endpoint->port);
}

/* With an error there may be a NUA all the same, whose TLS is not as it has to be. */
static int create(struct endpoint *endpoint)
{
    struct tls *tls = is_tls(endpoint->transport) ? endpoint->ua->tls : NULL;
    int err = 0;

    if (tls)
        tls_catch(tls);
    endpoint->nua = create_nua(endpoint);
    if (tls)
        err = tls_release(tls);
    if (tls)
        name_contact(endpoint);
    return endpoint->nua ? err : 0;
}

static int listen_on(struct ua *ua, const struct ua_listen *listen)
{
    struct endpoint *endpoint = &ua->endpoints[ua->endpoint_count];
    struct gate_handlers handlers = {on_alive, on_pass, on_established, endpoint,
                                     ua->believe_contacts};
    int err;

    endpoint->ua = ua;
    err = gate_alloc(&endpoint->gate, listen->transport, &handlers);
    if (err)
        return err;
    ua->endpoint_count++;
    snprintf(endpoint->transport, sizeof endpoint->transport, "%s", listen->transport);
    snprintf(endpoint->host, sizeof endpoint->host, "%s", listen->host);
    for (int i = 0; i < (listen->port ? 1 : PORT_TRIES) && !endpoint->nua; i++) {
        endpoint->port = listen->port;
        err = probe(listen, &endpoint->port);
        if (err)
            return err;
        err = create(endpoint);
        if (err)
            return err;
    }
    return endpoint->nua ? 0 : EADDRINUSE;
}

static void destroy(void *obj)
{
    struct ua *ua = obj;

    for (unsigned i = 0; i < ua->endpoint_count; i++) {
        assert(!ua->endpoints[i].nua || ua->endpoints[i].down);
        if (ua->endpoints[i].nua)
            nua_destroy(ua->endpoints[i].nua);
        mem_unref(ua->endpoints[i].gate);
    }
    su_timer_destroy(ua->stop_timer);
    mem_unref(ua->challenger);
    mem_unref(ua->tls);
    mem_unref(ua->advertise);
    mem_unref(ua->domain);
    mem_unref(ua->user_agent);
    mem_unref(ua->digest);
    mem_unref(ua->address);
    ua->magic = 0;
}

/* A start that failed half-way: the endpoints that run must be shut down first. */
static void undo(struct ua *ua)
{
    bool down;

    ua->stopping = true;
    if (ua->endpoint_count && !ua->endpoints[ua->endpoint_count - 1].nua)
        mem_unref(ua->endpoints[--ua->endpoint_count].gate);
    start_shutdown(ua);
    do {
        down = true;
        for (unsigned i = 0; i < ua->endpoint_count; i++)
            down = down && ua->endpoints[i].down;
        if (!down)
            su_root_step(ua->root, 10);
    } while (!down);
    mem_unref(ua);
}

static char *text_or_null(const char *text)
{
    return text && text[0] ? mem_strdup(text) : NULL;
}

static int name_addresses(struct ua *ua)
{
    char text[UA_ENDPOINTS * 96], *at = text;

    for (unsigned i = 0; i < ua->endpoint_count; i++) {
        const struct endpoint *e = &ua->endpoints[i];

        at += sprintf(at, strchr(e->host, ':') ? "%s%s:[%s]:%u" : "%s%s:%s:%u", i ? "," : "",
                      e->transport, e->host, e->port);
    }
    ua->address = mem_strdup(text);
    return ua->address ? 0 : ENOMEM;
}

/* Sofia would have them wait for an answer until their transactions time out. It is within them
 * now, so they end a moment later. */
static void on_tls_failed(const struct sockaddr_storage *peer, bool known, void *arg)
{
    struct ua *ua = arg;
    struct dialog *dialog, *next;

    HASH_ITER (hh, ua->dialogs, dialog, next) {
        bool there = addr_is_set(&dialog->hop) ? addr_same(&dialog->hop, peer) : !known;

        if (dialog->state == DIALOG_CALLING && is_tls(dialog->endpoint->transport) && there)
            dialog_timer(dialog, 1, TIMER_TLS);
    }
}

static int start_tls(struct ua *ua, const struct ua_conf *conf)
{
    char reason[UA_REASON] = "out of memory";
    int err = 0;

    for (unsigned i = 0; i < conf->listen_count && !ua->tls && !err; i++)
        if (is_tls(conf->listen[i].transport))
            err = tls_alloc(&ua->tls, &conf->tls, reason);
    if (err)
        log_error("ua", "%s", reason);
    else if (ua->tls)
        tls_handle(ua->tls, on_tls_failed, ua);
    return err;
}

int ua_tls_reload(struct ua *ua, const struct ua_tls *tls, char reason[UA_REASON])
{
    MAGIC_CHECK(ua, UA_MAGIC);
    return ua->tls ? tls_reload(ua->tls, tls, reason) : 0;
}

int ua_start(struct ua **uap, void *root, const struct ua_conf *conf,
             const struct ua_handlers *handlers)
{
    struct ua *ua;
    int err = 0;

    if (!conf->listen_count || conf->listen_count > UA_ENDPOINTS)
        return EINVAL;
    ua = mem_alloc(sizeof *ua, destroy);
    if (!ua)
        return ENOMEM;
    ua->magic = UA_MAGIC;
    ua->root = root;
    ua->handlers = *handlers;
    list_init(&ua->registrations);
    list_init(&ua->pings);
    credentials_start();
    ua->min_se = conf->min_se ? conf->min_se : 90;
    ua->advertise = text_or_null(conf->advertise);
    ua->domain = text_or_null(conf->domain);
    ua->believe_contacts = conf->believe_contacts;
    ua->user_agent = text_or_null(conf->user_agent);
    ua->digest = text_or_null(conf->digest);
    ua->stop_timer = su_timer_create(su_root_task(ua->root), 0);
    err = challenge_alloc(&ua->challenger);
    if (!err)
        err = start_tls(ua, conf);
    for (unsigned i = 0; i < conf->listen_count && !err; i++)
        err = listen_on(ua, &conf->listen[i]);
    if (!err)
        err = name_addresses(ua);
    if (err) {
        undo(ua);
        return err;
    }
    *uap = ua;
    return 0;
}

void ua_drain(struct ua *ua, bool on)
{
    MAGIC_CHECK(ua, UA_MAGIC);
    ua->draining = on;
}

void ua_stop(struct ua *ua, loop_h *done, void *arg)
{
    struct dialog *dialog, *next;

    MAGIC_CHECK(ua, UA_MAGIC);
    if (ua->stopping)
        return;
    ua->stopping = true;
    ua->stopped = done;
    ua->stopped_arg = arg;
    su_timer_set_interval(ua->stop_timer, on_stopped, ua, STOP);
    HASH_ITER (hh, ua->dialogs, dialog, next)
        dialog_hangup(dialog, 503, 0);
    registration_stop_all(ua);
    ua_dialog_gone(ua);
}

const char *ua_address(const struct ua *ua)
{
    return ua->address;
}

unsigned ua_port(const struct ua *ua, const char *transport)
{
    for (unsigned i = 0; i < ua->endpoint_count; i++)
        if (!strcmp(ua->endpoints[i].transport, transport))
            return ua->endpoints[i].port;
    return 0;
}

unsigned ua_dialogs(const struct ua *ua)
{
    return HASH_COUNT(ua->dialogs);
}
