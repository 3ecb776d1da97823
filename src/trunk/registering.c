/* registering.c: a trunk's registration with its carrier. */
#include "trunk/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void on_changed(const struct registration_news *news, void *arg)
{
    struct trunk *trunk = arg;
    struct trunk_registration *state = &trunk->registration;
    bool was_up = state->state == REGISTRATION_UP, is_new = state->state != news->state;

    state->state = news->state;
    state->status = news->status;
    snprintf(state->phrase, sizeof state->phrase, "%s", news->phrase ? news->phrase : "");
    state->expires = news->expires;
    state->retry = news->retry;
    state->at = clock_wall_ms();
    if (news->seen_as.ss_family)
        state->seen_as = news->seen_as;
    if (news->state == REGISTRATION_UP && is_new)
        log_info("trunk", "%s is registered for %u s", trunk->conf->name, news->expires);
    else if (news->state == REGISTRATION_FAILED)
        log_warning("trunk", "%s is not registered%s: %d %s, tried again in %u s",
                    trunk->conf->name, was_up ? " any more" : "", news->status, state->phrase,
                    news->retry);
}

/* sip:user@host:port;params made sip:host:port;params */
static char *without_user(const char *uri)
{
    const char *host;

    proxy_host(uri, &host);
    return mem_printf("%.*s:%s", (int)strcspn(uri, ":"), uri, host);
}

/* What tells one registration from another. */
static char *sign(const struct conf_trunk *conf)
{
    char route[1024];

    trunk_write_route(conf, route, sizeof route);
    return mem_printf("%s %s %s %s %s %s %u %s", conf->registrar, conf->proxies[0], conf->username,
                      conf->password, conf->from_user, conf->from_domain, conf->expires, route);
}

static int begin(struct trunk *trunk)
{
    const struct conf_trunk *conf = trunk->conf;
    static const struct registration_handlers handlers = {.changed = on_changed};
    char *registrar = without_user(*conf->registrar ? conf->registrar : conf->proxies[0]);
    char *aor = NULL, route[1024];
    const char *host;
    int length, err = ENOMEM;

    trunk_write_route(conf, route, sizeof route);
    if (registrar) {
        length = (int)proxy_host(registrar, &host);
        if (*conf->from_domain)
            aor = mem_printf("sip:%s@%s", trunk_own_user(conf), conf->from_domain);
        else
            aor = mem_printf("sip:%s@%.*s", trunk_own_user(conf), length, host);
    }
    if (aor) {
        struct ua_account account = {
            .registrar = registrar,
            .aor = aor,
            .route = *route ? route : NULL,
            .credentials = {.user = conf->username, .password = conf->password},
            .expires = conf->expires,
        };

        err =
            ua_register(trunk->trunks->ua, &account, &handlers, trunk, &trunk->registration.handle);
    }
    mem_unref(registrar);
    mem_unref(aor);
    return err;
}

void registering_end(struct trunk *trunk)
{
    if (trunk->registration.handle)
        registration_end(trunk->registration.handle);
    mem_unref(trunk->registration.signature);
    trunk->registration = (struct trunk_registration){.signature = NULL};
}

void registering_begin(struct trunk *trunk)
{
    char *signature;
    int err;

    if (!trunk->trunks->ua)
        return;
    if (!trunk->conf->is_register) {
        registering_end(trunk);
        return;
    }
    signature = sign(trunk->conf);
    if (signature && trunk->registration.signature && trunk->registration.handle &&
        strcmp(signature, trunk->registration.signature) == 0) {
        mem_unref(signature);
        return;
    }
    registering_end(trunk);
    trunk->registration.signature = signature;
    trunk->registration.at = clock_wall_ms();
    err = begin(trunk);
    if (err) {
        trunk->registration.state = REGISTRATION_FAILED;
        snprintf(trunk->registration.phrase, sizeof trunk->registration.phrase, "%s",
                 strerror(err));
        log_error("trunk", "%s cannot be registered: %s", trunk->conf->name, strerror(err));
    }
}
