/* start.c: builds the rooms from the ground up; what follows stands on what went before. */
#include "daemon/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/notify.h"
#include "net/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SOUND_RATE = 8000 };

int daemon_keep(struct daemon *daemon, struct conf *conf)
{
    struct conf **kept = realloc(daemon->kept, (daemon->kept_count + 1) * sizeof(struct conf *));

    if (!kept)
        return ENOMEM;
    daemon->kept = kept;
    kept[daemon->kept_count++] = conf;
    return 0;
}

void daemon_log_level(const struct daemon *daemon)
{
    log_set_level(daemon->verbose ? LOG_DEBUG : daemon->conf->log.level);
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

/* As the newest configuration has it. */
static const char *secret_of(const char *application, void *arg)
{
    const struct daemon *daemon = arg;
    const struct conf_application *own = conf_application_find(daemon->conf, application);

    return own && *own->signature_secret ? own->signature_secret
                                         : daemon->conf->http.signature_secret;
}

static int start_webhook(struct daemon *daemon, const char **reason)
{
    struct webhook_conf conf = {
        .store = daemon->store,
        .fetch = daemon->fetch,
        .control = daemon->loop,
        .connect_timeout = daemon->conf->webhook.connect_timeout,
        .event_timeout = daemon->conf->webhook.event_timeout,
        .secret_of = secret_of,
        .arg = daemon,
        .api_key = daemon->conf->http.api_key,
        .give_up = (int64_t)daemon->conf->webhook.give_up * 1000,
    };

    *reason = "cannot start the webhooks";
    return webhook_start(&daemon->webhook, &conf);
}

static int start_sockets(struct daemon *daemon, const char **reason)
{
    struct sockets_conf conf = {
        .allowed = on_allowed, .arg = daemon->conf, .user_agent = "offhook"};

    *reason = "cannot start the WebSocket client";
    return sockets_start(&daemon->sockets, &conf, daemon->loop);
}

static int start_workers(struct daemon *daemon, const char **reason)
{
    struct workers_conf conf = {
        .port_low = daemon->conf->rtp.port_low,
        .port_high = daemon->conf->rtp.port_high,
        .workers = daemon->conf->rtp.workers,
        .silence_timeout = daemon->conf->rtp.silence_timeout,
        .pin = daemon->conf->rtp.pin,
        .straight = daemon->conf->rtp.straight,
        .part_limit = daemon->conf->rtp.part_limit,
    };

    *reason =
        "rtp.address or rtp.address6 is no numeric address of this machine, or the media threads "
        "cannot be started";
    if (addr_parse(&conf.address, daemon->conf->rtp.address, 0) ||
        (*daemon->conf->rtp.address6 && addr_parse(&conf.other, daemon->conf->rtp.address6, 0)))
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
        .timeout = daemon->conf->media.timeout,
    };

    *reason = "cannot start the loader of sounds";
    return loader_start(&daemon->loader, &conf);
}

static struct speech_engine speech_engine(const struct conf *conf)
{
    return (struct speech_engine){
        .url = conf->speech.engine.url,
        .method = conf->speech.engine.method,
        .authorization = conf->speech.engine.authorization,
        .format = conf->speech.engine.format,
        .headers = (const char *const *)conf->speech.engine.headers,
        .voices = conf->speech.engine.voices,
        .voice_count = conf->speech.engine.voice_count,
        .premium_only = strcmp(conf->speech.engine.scope, "premium") == 0,
        .connect_timeout = conf->speech.engine.connect_timeout,
        .timeout = conf->speech.engine.timeout,
    };
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

static int start_recogniser(struct daemon *daemon, const char **reason)
{
    struct recogniser_conf conf = {
        .loop = daemon->loop, .fetch = daemon->fetch, .conf = &daemon->conf->recogniser};

    *reason = "cannot start speech recognition: is recogniser.model the folder of PocketSphinx's "
              "en-us (in Debian pocketsphinx-en-us)?";
    return recogniser_start(&daemon->recogniser, &conf);
}

static int start_engine(struct daemon *daemon, const char **reason)
{
    struct speech_engine engine = speech_engine(daemon->conf);

    *reason = "cannot use the engine of speech.engine";
    return speech_ask_engine(daemon->speech, daemon->fetch, &engine);
}

static int start_recorder(struct daemon *daemon, const char **reason)
{
    *reason = "cannot start the recorder";
    return recorder_start(&daemon->recorder, daemon->loop);
}

static int start_registrar(struct daemon *daemon, const char **reason)
{
    int err = guard_alloc(&daemon->guard);

    *reason = "cannot take up the registrations that the store holds";
    return err ? err : registrar_alloc(&daemon->registrar, daemon->loop, daemon->store);
}

struct ua_tls daemon_tls(const struct conf *conf)
{
    static const enum ua_tls_clients clients[] = {
        [CONF_TLS_CLIENTS_OFF] = UA_TLS_ANY,
        [CONF_TLS_CLIENTS_ASKED] = UA_TLS_ASKED,
        [CONF_TLS_CLIENTS_NEEDED] = UA_TLS_NEEDED,
    };

    return (struct ua_tls){
        .certificate = conf->sip.tls.certificate,
        .key = conf->sip.tls.key,
        .ca = conf->sip.tls.ca,
        .verify = conf->sip.tls.verify,
        .clients = clients[conf->sip.tls.clients],
    };
}

static bool has_tls(const struct conf *conf)
{
    for (size_t i = 0; i < conf->sip.listen_count; i++)
        if (!strcmp(conf->sip.listen[i].transport, "tls"))
            return true;
    return false;
}

int daemon_check(const struct conf *conf, char reason[DAEMON_REASON])
{
    struct ua_tls tls = daemon_tls(conf);

    return has_tls(conf) ? ua_tls_check(&tls, reason) : 0;
}

static int start_ua(struct daemon *daemon, const char **reason)
{
    const struct conf *conf = daemon->conf;
    struct ua_handlers handlers = {
        .source = daemon_admit,
        .secret = daemon_secret,
        .tried = daemon_tried,
        .incoming = on_incoming,
        .registering = conf->sip.is_registrar ? daemon_registering : NULL,
        .arg = daemon,
    };
    struct ua_conf ua = {
        .advertise = conf->sip.advertise,
        .domain = conf->sip.domain,
        .user_agent = "offhook",
        .digest = strcmp(conf->sip.digest, "both") ? conf->sip.digest : NULL,
        .tls = daemon_tls(conf),
        .believe_contacts = !conf->sip.nat,
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

static int start_trunks(struct daemon *daemon, const char **reason)
{
    struct trunks_conf conf = {.loop = daemon->loop, .ua = daemon->ua, .conf = daemon->conf};

    *reason = "cannot take up the trunks";
    return trunks_start(&daemon->trunks, &conf);
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
                  .trunks = daemon->trunks,
                  .workers = daemon->workers,
                  .sockets = daemon->sockets,
                  .address = *conf->rtp.advertise ? conf->rtp.advertise : conf->rtp.address,
                  .address6 = *conf->rtp.advertise6 ? conf->rtp.advertise6 : conf->rtp.address6,
                  .limit = conf->limits.legs},
    };
    struct calls_conf calls = {
        .webhook = daemon->webhook,
        .loader = daemon->loader,
        .speech = daemon->speech,
        .recorder = daemon->recorder,
        .recogniser = daemon->recogniser,
        .recordings = conf->media.recordings,
        .registrar = daemon->registrar,
    };
    int err;

    *reason = "cannot take up what the store holds";
    leg_ability(&bridge.plane.can, conf);
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
        .kept = daemon->conf->media.retention * INT64_C(86400),
        .recorded = calls_recorded,
        .record_ended = calls_record_ended,
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
        .speech = daemon->speech,
        .registrar = daemon->registrar,
        .guard = daemon->guard,
    };

    *reason = "cannot listen for HTTP: is the port of http.listen taken?";
    return api_start(&daemon->api, &conf);
}

/* Where we take REST requests, as a URL, for who tells of files and was not asked over REST. Any
 * address of this machine is told as its loopback one: http.public_url is for the rest. */
static char *origin_of(const struct daemon *daemon, const struct conf *conf)
{
    const char *host = conf->http.listen.host;
    const char *scheme = *conf->http.tls.certificate ? "https" : "http";

    if (*conf->http.public_url)
        return mem_strdup(conf->http.public_url);
    if (!strcmp(host, "0.0.0.0"))
        host = "127.0.0.1";
    else if (!strcmp(host, "::"))
        host = "::1";
    return mem_printf(strchr(host, ':') ? "%s://[%s]:%u" : "%s://%s:%u", scheme, host,
                      api_port(daemon->api));
}

int daemon_tell_origin(struct daemon *daemon, const struct conf *conf)
{
    char *origin = origin_of(daemon, conf);
    int err = origin ? audio_origin(daemon->bridge, origin) : ENOMEM;

    mem_unref(origin);
    return err;
}

static int start_origin(struct daemon *daemon, const char **reason)
{
    *reason = "out of memory";
    return daemon_tell_origin(daemon, daemon->conf);
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

int daemon_start(struct daemon **daemonp, struct conf *conf, bool verbose, const char **reason)
{
    /* in order of the floors: what follows stands on what went before; speech sets the locale
     * while there is no other thread */
    static int (*const starts[])(struct daemon *, const char **) = {
        start_root,    start_speech,  start_store,  start_fetch,    start_webhook, start_recogniser,
        start_workers, start_sockets, start_engine, start_recorder, start_loader,  start_registrar,
        start_ua,      start_trunks,  start_bridge, start_audio,    start_api,     start_origin,
    };
    struct daemon *daemon = mem_alloc(sizeof *daemon, NULL);

    *reason = "out of memory";
    if (!daemon)
        return ENOMEM;
    raise_descriptors();
    daemon->verbose = verbose;
    if (daemon_keep(daemon, mem_ref(conf))) {
        mem_unref(conf);
        mem_unref(daemon);
        return ENOMEM;
    }
    daemon->conf = conf;
    daemon_log_level(daemon);
    daemon_make_limiters(daemon);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        int err = starts[i](daemon, reason);

        if (err) {
            daemon_free(daemon);
            return err;
        }
    }
    loop_start(daemon->loop, &daemon->prune, PRUNE_MS, daemon_prune, daemon);
    lag_start(daemon);
    fprintf(stderr, "ready sip=%s http=%s:%u\n", ua_address(daemon->ua), conf->http.listen.host,
            api_port(daemon->api));
    notify_systemd("READY=1");
    *daemonp = daemon;
    return 0;
}
