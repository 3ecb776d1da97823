/* health.c: is a target there? It is asked by OPTIONS; so many answers in a row that are missing or
 * say that it cannot work make it down, so many good ones up again. While it is asked, a call that
 * gets no answer there counts, too. */
#include "trunk/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const struct trunk_target *target)
{
    return target->hop[0] ? target->hop : target->proxy->uri;
}

/* Any word but that it cannot work: who refuses OPTIONS is there. */
static bool is_good(int status, int err)
{
    return !err && status != 408 && status != 500 && status != 502 && status != 503 &&
           status != 504;
}

void target_told(struct trunk_target *target, int status, int err)
{
    const struct trunk *trunk = target->proxy ? target->proxy->trunk : NULL;
    const struct conf_trunk *conf = trunk_conf(trunk);

    if (!conf || !conf->ping)
        return;
    if (is_good(status, err)) {
        target->failed = 0;
        if (!target->down || ++target->good < conf->ping_recover)
            return;
        target->down = false;
        log_info("trunk", "%s is up again: %s", conf->name, name_of(target));
    } else {
        target->good = 0;
        if (++target->failed < conf->ping_fail || target->down)
            return;
        target->down = true;
        log_warning("trunk", "%s is down: %s: %s %.0d", conf->name, name_of(target),
                    err ? strerror(err) : "status", err ? 0 : status);
    }
}

/* The answer to one OPTIONS. */
static void on_echo(const struct ua_echo *echo, void *arg)
{
    struct trunk_target *target = arg;

    target->pinging = false;
    target->asked = clock_wall_ms();
    target->status = echo->status;
    target->err = echo->err;
    target->ms = echo->ms;
    target_told(target, echo->status, echo->err);
    mem_unref(target);
}

void target_write_ping(const struct trunk_target *target, char route[1024], struct ua_ping *ping)
{
    const struct conf_trunk *conf = target->proxy->trunk->conf;

    trunk_write_route(conf, route, 1024);
    *ping = (struct ua_ping){
        .uri = target->hop[0] && !*route ? target->hop : target->proxy->uri,
        .route = *route ? route : NULL,
        .from_user = trunk_own_user(conf),
        .from_host = conf->from_domain && *conf->from_domain ? conf->from_domain : NULL,
        .credentials = {.user = conf->username, .password = conf->password},
        .timeout = conf->ping_timeout,
    };
}

static void ask(struct ua *ua, struct trunk_target *target)
{
    char route[1024];
    struct ua_ping ping;
    int err;

    if (target->pinging)
        return;
    target_write_ping(target, route, &ping);
    target->pinging = true;
    mem_ref(target);
    err = ua_ping(ua, &ping, on_echo, target);
    if (err)
        on_echo(&(struct ua_echo){.err = err, .phrase = "", .server = "", .allow = ""}, target);
}

static void on_due(void *arg)
{
    struct trunk *trunk = arg;

    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        for (unsigned k = 0; k < trunk->proxies[i]->count; k++)
            ask(trunk->trunks->ua, trunk->proxies[i]->targets[k]);
    }
    loop_start(trunk->trunks->loop, &trunk->ping, (int64_t)trunk->conf->ping * 1000, on_due, trunk);
}

/* Nobody is down who is not asked any more. */
static void forget(struct trunk *trunk)
{
    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        for (unsigned k = 0; k < trunk->proxies[i]->count; k++)
            trunk->proxies[i]->targets[k]->down = false;
    }
}

void health_begin(struct trunk *trunk)
{
    struct trunks *trunks = trunk->trunks;

    if (!trunks->ua || !trunk->conf->ping) {
        loop_cancel(trunks->loop, &trunk->ping);
        forget(trunk);
    } else if (!timer_running(&trunk->ping) ||
               trunk->ping.due > clock_mono_ms() + (int64_t)trunk->conf->ping * 1000) {
        loop_start(trunks->loop, &trunk->ping, 0, on_due, trunk);
    }
}

void health_end(struct trunk *trunk)
{
    loop_cancel(trunk->trunks->loop, &trunk->ping);
}
