/* daemon.c: the house while it stands: reload, drain, and its taking down from the roof. */
#include "daemon/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/notify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { END_MS = 5000, POLL_MS = 20 };

/* Reload. */

/* Connections that are up keep what they have. */
static int reload_tls(struct daemon *daemon, const struct conf *conf)
{
    struct ua_tls tls = daemon_tls(conf);
    char reason[DAEMON_REASON];
    int err = ua_tls_reload(daemon->ua, &tls, reason);

    if (err)
        log_error("daemon", "reload refused, the running configuration stays: %s", reason);
    return err;
}

void daemon_reload(struct daemon *daemon)
{
    char error[CONF_ERROR];
    struct conf *conf;

    if (conf_read(&conf, daemon->conf->path, error)) {
        log_error("daemon", "reload refused, the running configuration stays: %s", error);
        return;
    }
    if (reload_tls(daemon, conf)) {
        mem_unref(conf);
        return;
    }
    if (daemon_keep(daemon, conf)) {
        mem_unref(conf);
        log_error("daemon", "reload failed: out of memory");
        return;
    }
    if (trunks_configure(daemon->trunks, conf) || bridge_configure(daemon->bridge, conf) ||
        api_configure(daemon->api, conf) || daemon_tell_origin(daemon, conf)) {
        log_error("daemon", "reload failed: out of memory");
        return;
    }
    bridge_plane(daemon->bridge)->limit = conf->limits.legs;
    leg_ability(&bridge_plane(daemon->bridge)->can, conf);
    daemon->conf = conf;
    daemon_log_level(daemon);
    daemon_make_limiters(daemon);
    log_info("daemon", "reloaded applications=%zu trunks=%zu", conf->application_count,
             conf->trunk_count);
    bridge_debug(daemon->bridge, LOG_DEBUG);
}

/* Stop. */

static void on_ua_down(void *arg)
{
    struct daemon *daemon = arg;

    daemon->ua_down = true;
    ua_root_break(daemon->root);
}

static void check_empty(void *arg)
{
    struct daemon *daemon = arg;
    bool empty = bridge_plane(daemon->bridge)->count == 0;

    if (!empty && clock_mono_ms() < daemon->end) {
        loop_start(daemon->loop, &daemon->poll, POLL_MS, check_empty, daemon);
        return;
    }
    if (!empty) {
        log_warning("daemon", "legs left at the end count=%u", bridge_plane(daemon->bridge)->count);
        bridge_debug(daemon->bridge, LOG_WARNING);
    }
    ua_stop(daemon->ua, on_ua_down, daemon);
}

static void end_calls(void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->stopping)
        return;
    daemon->stopping = true;
    trunks_stop(daemon->trunks);
    loop_cancel(daemon->loop, &daemon->drain);
    bridge_hangup_all(daemon->bridge);
    knock_refuse_all(daemon->calls, NULL);
    daemon->end = clock_mono_ms() + END_MS;
    check_empty(daemon);
}

static void wait_for_calls(void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->stopping)
        return;
    if (bridge_plane(daemon->bridge)->count == 0)
        end_calls(daemon);
    else
        loop_start(daemon->loop, &daemon->poll, POLL_MS, wait_for_calls, daemon);
}

void daemon_drain(struct daemon *daemon)
{
    if (daemon->draining) {
        end_calls(daemon);
        return;
    }
    daemon->draining = true;
    notify_systemd("STOPPING=1");
    log_info("daemon", "draining legs=%u", bridge_plane(daemon->bridge)->count);
    ua_drain(daemon->ua, true);
    api_drain(daemon->api, true);
    loop_start(daemon->loop, &daemon->drain, (int64_t)daemon->conf->sip.drain_seconds * 1000,
               end_calls, daemon);
    wait_for_calls(daemon);
}

static void on_reload(void *arg)
{
    daemon_reload(arg);
}

static void on_drain(void *arg)
{
    daemon_drain(arg);
}

void daemon_signal(struct daemon *daemon, int number)
{
    loop_post(daemon->loop, number == SIGHUP ? on_reload : on_drain, daemon);
}

/* After a start that failed half-way the user agent is still up. */
static void end_ua(struct daemon *daemon)
{
    if (!daemon->ua)
        return;
    if (!daemon->ua_down)
        ua_stop(daemon->ua, on_ua_down, daemon);
    while (!daemon->ua_down)
        ua_root_step(daemon->root, POLL_MS);
    mem_unref(daemon->ua);
}

/* Each room goes once nothing above it can speak any more; the loop is run in between
 * for the last words of threads that have ended. */
void daemon_free(struct daemon *daemon)
{
    if (daemon->api)
        api_stop(daemon->api);
    if (daemon->sockets)
        sockets_stop(daemon->sockets); /* likewise */
    if (daemon->loop)
        loop_run(daemon->loop);
    if (daemon->workers)
        workers_stop(daemon->workers); /* ends the ports, and with them the legs */
    if (daemon->loop)
        loop_run(daemon->loop);
    if (daemon->recorder)
        recorder_stop(daemon->recorder);
    if (daemon->loop)
        loop_run(daemon->loop); /* its last words are events and webhooks */
    if (daemon->calls)
        calls_end(daemon->calls);
    if (daemon->trunks)
        trunks_stop(daemon->trunks);
    end_ua(daemon);
    if (daemon->webhook)
        webhook_stop(daemon->webhook);
    if (daemon->rtc)
        rtc_stop(daemon->rtc);
    if (daemon->fetch)
        fetch_stop(daemon->fetch);
    if (daemon->loop)
        loop_run(daemon->loop);
    if (daemon->recogniser)
        recogniser_stop(daemon->recogniser);
    if (daemon->speech)
        speech_stop(daemon->speech);
    if (daemon->loader)
        loader_stop(daemon->loader);
    if (daemon->loop)
        loop_run(daemon->loop);
    if (daemon->store)
        store_close(daemon->store);
    if (daemon->loop)
        loop_run(daemon->loop); /* what waited for the store; it finds its legs over */
    mem_unref(daemon->calls);
    mem_unref(daemon->bridge);
    mem_unref(daemon->registrar);
    mem_unref(daemon->guard);
    mem_unref(daemon->trunks);
    mem_unref(daemon->root);
    mem_unref(daemon->loop);
    mem_unref(daemon->all);
    mem_unref(daemon->each);
    mem_unref(daemon->challenges);
    for (size_t i = 0; i < daemon->kept_count; i++)
        mem_unref(daemon->kept[i]);
    free(daemon->kept);
    mem_unref(daemon);
}

void daemon_run(struct daemon *daemon)
{
    ua_root_run(daemon->root);
}
