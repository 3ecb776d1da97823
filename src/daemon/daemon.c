/* daemon.c: builds the rooms from the ground up and takes them down from the roof. */
#include "daemon/daemon.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "daemon/notify.h"
#include "http/fetch.h"
#include "ncco/call.h"
#include "rtc/rtc.h"
#include "net/addr.h"
#include "net/limiter.h"
#include "player/loader.h"
#include "record/record.h"
#include "speech/speech.h"
#include "store/store.h"
#include "ua/root.h"
#include "ua/ua.h"
#include "webhook/webhook.h"
#include "worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    SOURCES = 4096,
    SOUND_RATE = 8000,
    END_MS = 5000,
    POLL_MS = 20,
    PRUNE_MS = 60000,
    DAY_MS = 86400000,
    LEG_DAYS = 7,
    LEG_DAYS_MOST = 31
};

struct daemon {
    struct conf *conf;  /* the newest */
    struct conf **kept; /* all that ever were in force */
    size_t kept_count;
    struct loop *loop;
    struct ua_root *root;
    struct store *store;
    struct fetch *fetch;
    struct webhook *webhook;
    struct workers *workers;
    struct loader *loader;
    struct speech *speech;
    struct recorder *recorder;
    struct ua *ua;
    struct bridge *bridge;
    struct rtc *rtc;
    struct calls *calls;
    struct api *api;
    struct limiter *all, *each; /* calls a second; NULL: no limit */
    struct timer drain, poll, prune;
    int64_t end; /* monotonic [ms] when patience with the last legs ends */
    bool draining, stopping, ua_down, verbose;
};

/* Who may call. */

static bool known_source(const struct conf *conf, const struct sockaddr_storage *from)
{
    for (size_t i = 0; i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        if (conf_network_has(trunk->allow, trunk->allow_count, from))
            return true;
    }
    return false;
}

static enum ua_verdict on_source(const struct sockaddr_storage *from, const char *method, void *arg)
{
    struct daemon *daemon = arg;
    struct sockaddr_storage anyone = {.ss_family = AF_INET};
    int64_t now;

    if (!known_source(daemon->conf, from))
        return UA_IGNORE;
    if (strcmp(method, "INVITE") != 0)
        return UA_ALLOW;
    now = clock_mono_ms();
    if (daemon->each && !limiter_admit(daemon->each, from, now))
        return UA_BUSY;
    if (daemon->all && !limiter_admit(daemon->all, &anyone, now))
        return UA_BUSY;
    return UA_ALLOW;
}

static void on_incoming(struct dialog *dialog, void *arg)
{
    struct daemon *daemon = arg;

    call_incoming(daemon->calls, dialog);
}

static bool on_allowed(const struct sockaddr_storage *address, void *arg)
{
    const struct conf *conf = arg;

    return conf_network_has(conf->webhook.allow, conf->webhook.allow_count, address);
}

static void make_limiters(struct daemon *daemon)
{
    unsigned all = daemon->conf->limits.calls_per_second;
    unsigned each = daemon->conf->limits.calls_per_second_per_source;

    daemon->all = mem_unref(daemon->all);
    daemon->each = mem_unref(daemon->each);
    if (all)
        limiter_alloc(&daemon->all, all, all, 1);
    if (each)
        limiter_alloc(&daemon->each, each, each, SOURCES);
}

/* The fetch thread, and texts of calls that are up, may still read an old one: all stay
 * until the end. Takes the reference on success. */
static int keep_configuration(struct daemon *daemon, struct conf *conf)
{
    struct conf **kept = realloc(daemon->kept, (daemon->kept_count + 1) * sizeof(struct conf *));

    if (!kept)
        return ENOMEM;
    daemon->kept = kept;
    kept[daemon->kept_count++] = conf;
    return 0;
}

static void take_log_level(const struct daemon *daemon)
{
    log_set_level(daemon->verbose ? LOG_DEBUG : daemon->conf->log.level);
}

/* Start. */

static int start_store(struct daemon *daemon, const char **reason)
{
    return store_open(&daemon->store, daemon->conf->store.url, daemon->loop, reason);
}

static int start_fetch(struct daemon *daemon, const char **reason)
{
    struct fetch_conf conf = {.allowed = on_allowed, .arg = daemon->conf, .user_agent = "offhook"};

    *reason = "cannot start the HTTP client";
    return fetch_start(&daemon->fetch, &conf);
}

static int start_webhook(struct daemon *daemon, const char **reason)
{
    struct webhook_conf conf = {
        .store = daemon->store,
        .fetch = daemon->fetch,
        .control = daemon->loop,
        .connect_timeout = daemon->conf->webhook.connect_timeout,
        .event_timeout = daemon->conf->webhook.event_timeout,
        .signature_secret = daemon->conf->http.signature_secret,
        .api_key = daemon->conf->http.api_key,
    };

    *reason = "cannot start the webhooks";
    return webhook_start(&daemon->webhook, &conf);
}

static int start_workers(struct daemon *daemon, const char **reason)
{
    struct workers_conf conf = {
        .port_low = daemon->conf->rtp.port_low,
        .port_high = daemon->conf->rtp.port_high,
        .workers = daemon->conf->rtp.workers,
        .silence_timeout = daemon->conf->rtp.silence_timeout,
    };

    *reason = "rtp.address is no numeric address of this machine, or the media threads "
              "cannot be started";
    if (addr_parse(&conf.address, daemon->conf->rtp.address, 0))
        return EINVAL;
    return workers_start(&daemon->workers, &conf, daemon->loop);
}

static int start_loader(struct daemon *daemon, const char **reason)
{
    struct loader_conf conf = {
        .loop = daemon->loop,
        .fetch = daemon->fetch,
        .sounds = daemon->conf->media.sounds,
        .rate = SOUND_RATE,
        .cache = (size_t)daemon->conf->media.cache_mb << 20,
        .connect_timeout = daemon->conf->webhook.connect_timeout,
        .timeout = daemon->conf->webhook.event_timeout,
    };

    *reason = "cannot start the loader of sounds";
    return loader_start(&daemon->loader, &conf);
}

static int start_speech(struct daemon *daemon, const char **reason)
{
    struct speech_conf conf = {
        .loop = daemon->loop,
        .rate = SOUND_RATE,
        .cache = (size_t)daemon->conf->media.cache_mb << 20,
    };

    *reason = "cannot start the speech: are espeak-ng's voices (espeak-ng-data) installed?";
    return speech_start(&daemon->speech, &conf);
}

static int start_recorder(struct daemon *daemon, const char **reason)
{
    *reason = "cannot start the recorder";
    return recorder_start(&daemon->recorder, daemon->loop);
}

static int start_ua(struct daemon *daemon, const char **reason)
{
    const struct conf *conf = daemon->conf;
    struct ua_handlers handlers = {on_source, on_incoming, daemon};
    struct ua_conf ua = {
        .advertise = conf->sip.advertise,
        .domain = conf->sip.domain,
        .user_agent = "offhook",
        .listen_count = (unsigned)conf->sip.listen_count,
    };
    int err;

    *reason = "cannot listen for SIP: is the port of sip.listen taken?";
    ua.listen = calloc(conf->sip.listen_count, sizeof *ua.listen);
    if (!ua.listen)
        return ENOMEM;
    for (size_t i = 0; i < conf->sip.listen_count; i++) {
        const struct conf_listen *from = &conf->sip.listen[i];

        memcpy(ua.listen[i].transport, from->transport, sizeof ua.listen[i].transport);
        memcpy(ua.listen[i].host, from->host, sizeof ua.listen[i].host);
        ua.listen[i].port = from->port;
    }
    err = ua_start(&daemon->ua, ua_root_su(daemon->root), &ua, &handlers);
    free(ua.listen);
    return err;
}

static int start_bridge(struct daemon *daemon, const char **reason)
{
    const struct conf *conf = daemon->conf;
    struct bridge_conf bridge = {
        .loop = daemon->loop,
        .store = daemon->store,
        .conf = conf,
        .plane = {.loop = daemon->loop,
                  .ua = daemon->ua,
                  .workers = daemon->workers,
                  .address = *conf->rtp.advertise ? conf->rtp.advertise : conf->rtp.address,
                  .limit = conf->limits.legs},
    };
    struct calls_conf calls = {.webhook = daemon->webhook, .loader = daemon->loader};
    int err;

    *reason = "cannot take up what the store holds";
    for (size_t i = 0; i < conf->rtp.codec_count && bridge.plane.can.count < OFFER_CODECS; i++) {
        int codec = offer_codec_find(conf->rtp.codecs[i]);

        if (codec >= 0)
            bridge.plane.can.codecs[bridge.plane.can.count++] = (enum offer_codec)codec;
    }
    err = bridge_alloc(&daemon->bridge, &bridge);
    calls.bridge = daemon->bridge;
    if (!err)
        err = rtc_start(&daemon->rtc, daemon->bridge, daemon->webhook);
    if (!err)
        err = calls_alloc(&daemon->calls, &calls);
    if (!err)
        err = calls_recover(daemon->calls);
    return err;
}

static int start_audio(struct daemon *daemon, const char **reason)
{
    struct audio_plane plane = {
        .loader = daemon->loader,
        .speech = daemon->speech,
        .recorder = daemon->recorder,
        .recordings = daemon->conf->media.recordings,
        .recorded = calls_recorded,
        .arg = daemon->calls,
    };

    *reason = "cannot start the acts on sound";
    return bridge_audio(daemon->bridge, &plane);
}

static int start_api(struct daemon *daemon, const char **reason)
{
    struct api_conf conf = {
        .conf = daemon->conf,
        .control = daemon->loop,
        .bridge = daemon->bridge,
        .calls = daemon->calls,
        .store = daemon->store,
        .webhook = daemon->webhook,
        .workers = daemon->workers,
        .ua = daemon->ua,
    };

    *reason = "cannot listen for HTTP: is the port of http.listen taken?";
    return api_start(&daemon->api, &conf);
}

static int start_root(struct daemon *daemon, const char **reason)
{
    int err = loop_alloc(&daemon->loop);

    *reason = "cannot start the control loop";
    if (!err)
        err = ua_root_alloc(&daemon->root, daemon->loop);
    return err;
}

/* 4,000 legs want 8,000 sockets: take what the system grants. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Ended legs stay as long as their application says. */
static bool prune_application(struct application *application, void *arg)
{
    struct daemon *daemon = arg;
    unsigned days = application_conf(application)->leg_persistence;
    struct store_prune_query query = {
        .application = application_id(application),
        .before = clock_wall_ms() - (int64_t)(days ? days : LEG_DAYS) * DAY_MS,
    };

    store_prune(daemon->store, &query, NULL, NULL);
    return false;
}

static void prune(void *arg)
{
    struct daemon *daemon = arg;
    struct store_prune_query others = {.before = clock_wall_ms() - (int64_t)LEG_DAYS_MOST * DAY_MS};

    application_each(daemon->bridge, prune_application, daemon);
    store_prune(daemon->store, &others, NULL, NULL);
    store_prune_rest(daemon->store, clock_wall_ms() - DAY_MS, NULL, NULL);
    loop_start(daemon->loop, &daemon->prune, PRUNE_MS, prune, daemon);
}

int daemon_start(struct daemon **daemonp, struct conf *conf, bool verbose, const char **reason)
{
    /* in order of the floors: what follows stands on what went before; speech sets the locale
     * while there is no other thread */
    static int (*const starts[])(struct daemon *, const char **) = {
        start_root,     start_speech, start_store, start_fetch,  start_webhook, start_workers,
        start_recorder, start_loader, start_ua,    start_bridge, start_audio,   start_api,
    };
    struct daemon *daemon = mem_alloc(sizeof *daemon, NULL);

    *reason = "out of memory";
    if (!daemon)
        return ENOMEM;
    raise_descriptors();
    daemon->verbose = verbose;
    if (keep_configuration(daemon, mem_ref(conf))) {
        mem_unref(conf);
        mem_unref(daemon);
        return ENOMEM;
    }
    daemon->conf = conf;
    take_log_level(daemon);
    make_limiters(daemon);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        int err = starts[i](daemon, reason);

        if (err) {
            daemon_free(daemon);
            return err;
        }
    }
    loop_start(daemon->loop, &daemon->prune, PRUNE_MS, prune, daemon);
    fprintf(stderr, "ready sip=%s http=%s:%u\n", ua_address(daemon->ua), conf->http.listen.host,
            api_port(daemon->api));
    notify_systemd("READY=1");
    *daemonp = daemon;
    return 0;
}

/* Reload. */

void daemon_reload(struct daemon *daemon)
{
    char error[CONF_ERROR];
    struct conf *conf;

    if (conf_read(&conf, daemon->conf->path, error)) {
        log_error("daemon", "reload refused, the running configuration stays: %s", error);
        return;
    }
    if (keep_configuration(daemon, conf)) {
        mem_unref(conf);
        log_error("daemon", "reload failed: out of memory");
        return;
    }
    if (bridge_configure(daemon->bridge, conf) || api_configure(daemon->api, conf)) {
        log_error("daemon", "reload failed: out of memory");
        return;
    }
    bridge_plane(daemon->bridge)->limit = conf->limits.legs;
    daemon->conf = conf;
    take_log_level(daemon);
    make_limiters(daemon);
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
    if (daemon->workers)
        workers_stop(daemon->workers); /* ends the ports, and with them the legs */
    if (daemon->loop)
        loop_run(daemon->loop);
    if (daemon->recorder)
        recorder_stop(daemon->recorder);
    if (daemon->loop)
        loop_run(daemon->loop); /* its last words are events and webhooks */
    end_ua(daemon);
    if (daemon->webhook)
        webhook_stop(daemon->webhook);
    if (daemon->rtc)
        rtc_stop(daemon->rtc);
    if (daemon->fetch)
        fetch_stop(daemon->fetch);
    if (daemon->loop)
        loop_run(daemon->loop);
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
    mem_unref(daemon->root);
    mem_unref(daemon->loop);
    mem_unref(daemon->all);
    mem_unref(daemon->each);
    for (size_t i = 0; i < daemon->kept_count; i++)
        mem_unref(daemon->kept[i]);
    free(daemon->kept);
    mem_unref(daemon);
}

void daemon_run(struct daemon *daemon)
{
    ua_root_run(daemon->root);
}
