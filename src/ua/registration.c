/* registration.c: our registrations with other people's registrars (RFC 3261 §10.2).
 *
 *   TRYING -2xx-> UP -at half to nine tenths of its time-> TRYING, silently
 *   any of them -refused, no answer-> FAILED -after a pause (retry.c)-> TRYING
 *   any of them -registration_end-> REGISTER with Expires: 0 when something may be bound, and
 *   gone with its answer or after a few seconds
 *
 * The REGISTERs of one registration have one Call-ID and one From tag, and their own handle of
 * Sofia's, whose own way of registering is not used: it neither tries again after a failure
 * nor tells what was granted. */
#include "ua/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "ua/retry.h"

#include <sofia-sip/url.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { GIVE_UP = 4000 }; /* [ms] the answer to Expires: 0 may take */

struct registration { /* control thread */
    unsigned magic;
    struct list node; /* of ua->registrations while it has a handle */
    struct ua *ua;
    struct endpoint *endpoint;
    nua_handle_t *handle; /* NULL: over */
    struct credentials *credentials;
    su_timer_t *timer;
    const struct registration_handlers *handlers;
    void *arg;
    char *registrar, *to, *from, *route, *contact;
    char call_id[ID_UUID];
    unsigned expires, failures;
    unsigned requests; /* without a final response */
    int64_t bound_to;  /* [ms] until when the registrar may know us */
    bool ending;
};

static void release(struct registration *registration)
{
    struct ua *ua = registration->ua;

    if (!registration->handle)
        return;
    su_timer_destroy(registration->timer);
    registration->credentials = mem_unref(registration->credentials);
    nua_handle_bind(registration->handle, NULL);
    nua_handle_destroy(registration->handle);
    registration->handle = NULL;
    list_remove(&registration->node);
    mem_unref(registration);
    ua_dialog_gone(ua);
}

static void send_register(struct registration *registration, unsigned expires)
{
    char text[16];

    snprintf(text, sizeof text, "%u", expires);
    registration->requests++;
    nua_method(registration->handle, NUTAG_METHOD("REGISTER"), NUTAG_DIALOG(0),
               NUTAG_URL(registration->registrar), SIPTAG_TO_STR(registration->to),
               SIPTAG_FROM_STR(registration->from), SIPTAG_CALL_ID_STR(registration->call_id),
               SIPTAG_CONTACT_STR(registration->contact), SIPTAG_EXPIRES_STR(text),
               TAG_IF(registration->route, SIPTAG_ROUTE_STR(registration->route)),
               NUTAG_AUTH_CACHE(nua_auth_cache_dialog), TAG_END());
}

static void on_timer(struct ua_root *root, su_timer_t *timer, void *arg)
{
    struct registration *registration = arg;

    (void)root;
    (void)timer;
    MAGIC_CHECK(registration, REGISTRATION_MAGIC);
    if (registration->ending)
        release(registration);
    else
        send_register(registration, registration->expires);
}

static void wait(struct registration *registration, unsigned long ms)
{
    su_timer_set_interval(registration->timer, on_timer, registration, ms);
}

static bool is_ours(const struct registration *registration, const url_t *url)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_contact_t *contact;
    bool same;

    su_home_init(home);
    contact = sip_contact_make(home, registration->contact);
    same = contact && url->url_host && !strcasecmp(contact->m_url->url_host, url->url_host) &&
           !strcmp(contact->m_url->url_user ? contact->m_url->url_user : "",
                   url->url_user ? url->url_user : "") &&
           !strcmp(url_port(contact->m_url), url_port(url));
    su_home_deinit(home);
    return same;
}

/* What the registrar gave our Contact. It may have changed that, and a lonely one is ours. */
static unsigned granted(const struct registration *registration, const sip_t *sip)
{
    const sip_contact_t *found = NULL;
    unsigned long seconds = registration->expires;

    for (const sip_contact_t *at = sip->sip_contact; at && !found; at = at->m_next)
        if (is_ours(registration, at->m_url))
            found = at;
    if (!found && sip->sip_contact && !sip->sip_contact->m_next)
        found = sip->sip_contact;
    if (found && found->m_expires && found->m_expires[0] >= '0' && found->m_expires[0] <= '9')
        seconds = strtoul(found->m_expires, NULL, 10);
    else if (sip->sip_expires)
        seconds = sip->sip_expires->ex_delta;
    return seconds > RETRY_LONGEST_GRANT ? RETRY_LONGEST_GRANT : (unsigned)seconds;
}

static void tell(struct registration *registration, const struct registration_news *news)
{
    if (!registration->ending && registration->handlers && registration->handlers->changed)
        registration->handlers->changed(news, registration->arg);
}

static void on_failure(struct registration *registration, int status, const char *phrase,
                       const sip_t *sip)
{
    int err = outgoing_failure(registration->endpoint, status, phrase);
    struct registration_news news = {.state = REGISTRATION_FAILED,
                                     .status = err ? 0 : status,
                                     .phrase = err ? strerror(err) : phrase};
    struct retry_reason reason = {.status = news.status, .failures = registration->failures++};

    if (!err && sip && sip->sip_retry_after)
        reason.retry_after = (unsigned)sip->sip_retry_after->af_delta;
    if (!err && status == 423 && sip && sip->sip_min_expires &&
        sip->sip_min_expires->me_delta > registration->expires &&
        sip->sip_min_expires->me_delta <= RETRY_LONGEST_GRANT)
        registration->expires = (unsigned)sip->sip_min_expires->me_delta;
    news.retry = retry_pause(&reason, retry_chance());
    wait(registration, (unsigned long)news.retry * 1000);
    ping_seen_as(&news.seen_as, err ? NULL : sip);
    tell(registration, &news);
}

static void on_up(struct registration *registration, int status, const char *phrase,
                  const sip_t *sip)
{
    struct registration_news news = {.state = REGISTRATION_UP, .status = status, .phrase = phrase};

    news.expires = granted(registration, sip);
    if (!news.expires) { /* it would be asked again at once, for ever */
        on_failure(registration, status, "The registrar granted no time", sip);
        return;
    }
    registration->failures = 0;
    if (news.expires > registration->expires) /* after a 423 */
        registration->expires = news.expires;
    registration->bound_to = clock_mono_ms() + (int64_t)news.expires * 1000;
    wait(registration, retry_refresh(news.expires, retry_chance()));
    ping_seen_as(&news.seen_as, sip);
    tell(registration, &news);
}

void registration_event(void *obj, nua_event_t event, int status, const char *phrase,
                        const sip_t *sip)
{
    struct registration *registration = obj;

    MAGIC_CHECK(registration, REGISTRATION_MAGIC);
    if (event != nua_r_method || status < 200 || !registration->requests)
        return;
    registration->requests--;
    mem_ref(registration); /* whoever is told may end it */
    if (registration->ending) {
        if (!registration->requests)
            release(registration);
    } else if (status < 300 && sip) {
        on_up(registration, status, phrase, sip);
    } else {
        on_failure(registration, status, phrase, sip);
    }
    mem_unref(registration);
}

static void destroy(void *obj)
{
    struct registration *registration = obj;

    assert(!registration->handle);
    mem_unref(registration->registrar);
    mem_unref(registration->to);
    mem_unref(registration->from);
    mem_unref(registration->route);
    mem_unref(registration->contact);
    registration->magic = 0;
}

/* <sip:user@where-we-are:port;transport=tcp> */
static char *contact_of(const struct endpoint *endpoint, const char *user)
{
    const char *host = endpoint->ua->advertise ? endpoint->ua->advertise : endpoint->host;
    bool bracket = strchr(host, ':') && host[0] != '[', udp = !strcmp(endpoint->transport, "udp");

    return mem_printf("<sip:%s%s%s%s%s:%u%s%s>", user, user[0] ? "@" : "", bracket ? "[" : "", host,
                      bracket ? "]" : "", endpoint->port,
                      udp ? "" : ";transport=", udp ? "" : endpoint->transport);
}

static int write_texts(struct registration *registration, const struct outgoing *request,
                       const struct ua_account *account, const url_t *aor)
{
    char user[3 * 128 + 1] = "", tag[ID_HEX32];

    if (account->contact_user && strlen(account->contact_user) > 128)
        return EINVAL;
    if (account->contact_user)
        url_escape(user, account->contact_user, "@:;?,<>\"[]/");
    else
        snprintf(user, sizeof user, "%s", aor->url_user ? aor->url_user : "");
    id_uuid(registration->call_id);
    id_hex32(tag);
    registration->registrar = mem_strdup(account->registrar);
    registration->to = mem_printf("<%s>", account->aor);
    registration->from = mem_printf("<%s>;tag=%s", account->aor, tag);
    registration->route = request->route ? mem_strdup(request->route) : NULL;
    registration->contact = contact_of(request->endpoint, user);
    return registration->registrar && registration->to && registration->from &&
                   (registration->route || !request->route) && registration->contact
               ? 0
               : ENOMEM;
}

static int open_handle(struct registration *registration, const struct ua_account *account)
{
    struct endpoint *endpoint = registration->endpoint;
    int err;

    registration->handle =
        nua_handle(endpoint->nua, (struct dialog *)(void *)registration, TAG_END());
    registration->timer = su_timer_create(su_root_task(endpoint->ua->root), 0);
    if (!registration->handle || !registration->timer)
        return ENOMEM;
    err = credentials_alloc(&registration->credentials, &account->credentials,
                            nua_handle_home(registration->handle), endpoint->gate);
    if (err)
        return err;
    list_append(&endpoint->ua->registrations, &registration->node);
    mem_ref(registration);
    return 0;
}

static int make(struct registration **registrationp, const struct outgoing *request,
                const struct ua_account *account, const url_t *aor)
{
    struct registration *registration = mem_alloc(sizeof *registration, destroy);
    int err;

    if (!registration)
        return ENOMEM;
    registration->magic = REGISTRATION_MAGIC;
    registration->ua = request->endpoint->ua;
    registration->endpoint = request->endpoint;
    registration->expires = account->expires ? account->expires : RETRY_USUAL_GRANT;
    err = write_texts(registration, request, account, aor);
    if (!err)
        err = open_handle(registration, account);
    if (!err) {
        *registrationp = registration;
        return 0;
    }
    if (registration->timer)
        su_timer_destroy(registration->timer);
    registration->credentials = mem_unref(registration->credentials);
    if (registration->handle)
        nua_handle_destroy(registration->handle);
    registration->handle = NULL;
    mem_unref(registration);
    return err;
}

int ua_register(struct ua *ua, const struct ua_account *account,
                const struct registration_handlers *handlers, void *arg,
                struct registration **registrationp)
{
    struct outgoing request = {.home = {SU_HOME_INIT(request.home)}};
    struct dialog_target target = {.uri = account->registrar, .route = account->route};
    url_t *aor;
    int err;

    MAGIC_CHECK(ua, UA_MAGIC);
    su_home_init(request.home);
    err = ua->stopping ? ESHUTDOWN : outgoing_prepare(&request, ua, &target);
    aor = outgoing_uri(request.home, account->aor);
    if (!err && !aor)
        err = EINVAL;
    if (!err)
        err = make(registrationp, &request, account, aor);
    if (!err) {
        (*registrationp)->handlers = handlers;
        (*registrationp)->arg = arg;
        send_register(*registrationp, (*registrationp)->expires);
    }
    mem_unref(request.lines);
    su_home_deinit(request.home);
    return err;
}

static void end(struct registration *registration)
{
    if (!registration->handle || registration->ending)
        return;
    registration->ending = true;
    if (registration->requests || registration->bound_to > clock_mono_ms()) {
        send_register(registration, 0);
        wait(registration, GIVE_UP);
    } else {
        release(registration);
    }
}

void registration_end(struct registration *registration)
{
    if (!registration)
        return;
    MAGIC_CHECK(registration, REGISTRATION_MAGIC);
    registration->handlers = NULL;
    end(registration);
    mem_unref(registration);
}

void registration_stop_all(struct ua *ua)
{
    list_each (node, &ua->registrations)
        end(list_entry(node, struct registration, node));
}

void registration_drop_all(struct ua *ua)
{
    while (!list_empty(&ua->registrations))
        release(list_entry(list_first(&ua->registrations), struct registration, node));
}
