/* ping_out.c: OPTIONS of ours, outside a dialog, to see whether somebody is there
 * (RFC 3261 §11). */
#include "ua/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ping { /* control thread */
    unsigned magic;
    struct list node; /* of ua->pings */
    struct ua *ua;
    struct endpoint *endpoint;
    nua_handle_t *handle;
    struct credentials *credentials;
    su_timer_t *timer;
    int64_t since;
    ua_ping_h *done;
    void *arg;
};

void ping_seen_as(struct sockaddr_storage *address, const sip_t *sip)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    const sip_via_t *via = sip ? sip->sip_via : NULL;
    char host[INET6_ADDRSTRLEN + 2];
    unsigned long port;
    size_t size;

    memset(address, 0, sizeof *address);
    if (!via || (!via->v_received && !(via->v_rport && via->v_rport[0])))
        return;
    snprintf(host, sizeof host, "%s", via->v_received ? via->v_received : via->v_host);
    size = strlen(host);
    if (host[0] == '[' && size > 2) {
        memmove(host, host + 1, size - 2);
        host[size - 2] = '\0';
    }
    port = strtoul(via->v_rport ? via->v_rport : "", NULL, 10);
    port = port ? port : strtoul(via->v_port ? via->v_port : "5060", NULL, 10);
    if (port > 65535)
        return;
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
    }
}

/* Lets go of everything but the news, and tells it. */
static void finish(struct ping *ping, struct ua_echo *echo)
{
    struct ua *ua = ping->ua;

    list_remove(&ping->node);
    su_timer_destroy(ping->timer);
    mem_unref(ping->credentials);
    nua_handle_bind(ping->handle, NULL);
    nua_handle_destroy(ping->handle);
    ping->magic = 0;
    echo->ms = (unsigned)(clock_mono_ms() - ping->since);
    echo->phrase = echo->phrase ? echo->phrase : "";
    echo->server = echo->server ? echo->server : "";
    echo->allow = echo->allow ? echo->allow : "";
    ping->done(echo, ping->arg);
    mem_unref(ping);
    ua_dialog_gone(ua);
}

static void fail(struct ping *ping, int err)
{
    struct ua_echo echo = {.err = err, .phrase = strerror(err)};

    finish(ping, &echo);
}

static void on_timeout(struct ua_root *root, su_timer_t *timer, void *arg)
{
    struct ping *ping = arg;

    (void)root;
    (void)timer;
    MAGIC_CHECK(ping, PING_MAGIC);
    fail(ping, ETIMEDOUT);
}

void ping_event(void *obj, nua_event_t event, int status, const char *phrase, const sip_t *sip)
{
    struct ping *ping = obj;
    struct ua_echo echo = {.status = status, .phrase = phrase};
    su_home_t home[1] = {SU_HOME_INIT(home)};
    int err;

    MAGIC_CHECK(ping, PING_MAGIC);
    if (event != nua_r_options || status < 200)
        return;
    err = outgoing_failure(ping->endpoint, status, phrase);
    if (err || !sip) {
        fail(ping, err ? err : EIO);
        return;
    }
    su_home_init(home);
    echo.server = sip->sip_server       ? sip->sip_server->g_string
                  : sip->sip_user_agent ? sip->sip_user_agent->g_string
                                        : NULL;
    if (sip->sip_allow)
        echo.allow = sip_header_as_string(home, (const sip_header_t *)sip->sip_allow);
    ping_seen_as(&echo.seen_as, sip);
    finish(ping, &echo);
    su_home_deinit(home);
}

static void destroy(void *obj)
{
    struct ping *ping = obj;

    assert(!ping->magic);
}

static int start(struct ping *ping, const struct ua_ping *what, const struct outgoing *request)
{
    int err;

    ping->timer = su_timer_create(su_root_task(ping->ua->root), 0);
    ping->handle = nua_handle(ping->endpoint->nua, (struct dialog *)(void *)ping, TAG_END());
    if (!ping->timer || !ping->handle)
        return ENOMEM;
    err = credentials_alloc(&ping->credentials, &what->credentials, nua_handle_home(ping->handle),
                            ping->endpoint->gate);
    if (err)
        return err;
    nua_options(ping->handle, NUTAG_URL(what->uri), SIPTAG_TO_STR(request->to),
                SIPTAG_FROM_STR(request->from), SIPTAG_ACCEPT_STR("application/sdp"),
                NUTAG_AUTH_CACHE(nua_auth_cache_challenged),
                TAG_IF(request->route, NUTAG_INITIAL_ROUTE_STR(request->route)), TAG_END());
    su_timer_set_interval(ping->timer, on_timeout, ping, what->timeout ? what->timeout : 32000);
    return 0;
}

static int make(struct ua *ua, const struct ua_ping *what, const struct outgoing *request,
                ua_ping_h *done, void *arg)
{
    struct ping *ping = mem_alloc(sizeof *ping, destroy);
    int err;

    if (!ping)
        return ENOMEM;
    ping->magic = PING_MAGIC;
    ping->ua = ua;
    ping->endpoint = request->endpoint;
    ping->since = clock_mono_ms();
    ping->done = done;
    ping->arg = arg;
    err = start(ping, what, request);
    if (!err) {
        list_append(&ua->pings, &ping->node);
        return 0;
    }
    if (ping->timer)
        su_timer_destroy(ping->timer);
    mem_unref(ping->credentials);
    if (ping->handle)
        nua_handle_destroy(ping->handle);
    ping->magic = 0;
    mem_unref(ping);
    return err;
}

int ua_ping(struct ua *ua, const struct ua_ping *ping, ua_ping_h *done, void *arg)
{
    struct outgoing request = {.home = {SU_HOME_INIT(request.home)}};
    struct dialog_target target = {.uri = ping->uri,
                                   .route = ping->route,
                                   .from_user = ping->from_user,
                                   .from_host = ping->from_host};
    int err;

    MAGIC_CHECK(ua, UA_MAGIC);
    su_home_init(request.home);
    err = ua->stopping ? ESHUTDOWN : outgoing_prepare(&request, ua, &target);
    if (!err)
        err = make(ua, ping, &request, done, arg);
    mem_unref(request.lines);
    su_home_deinit(request.home);
    return err;
}

void ping_drop_all(struct ua *ua)
{
    while (!list_empty(&ua->pings))
        fail(list_entry(list_first(&ua->pings), struct ping, node), ECANCELED);
}
