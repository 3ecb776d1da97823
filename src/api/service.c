/* service.c: what operators and their machines ask: alive? ready? how much? All three
 * are answered by the control thread, so that a stuck one shows. */
#include "api/trunks.h"
#include "base/mem.h"
#include "player/player.h"
#include "speech/speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void health_get(struct api_request *request)
{
    api_answer(request, 200, json_pack("{s:s}", "status", "ok"));
}

static void ready_get(struct api_request *request)
{
    const char *why = NULL;

    if (request->api->draining)
        why = "draining";
    else if (!store_healthy(request->api->conf.store))
        why = "the store does not take writes";
    if (why)
        api_answer(request, 503, json_pack("{s:s,s:s}", "status", "unavailable", "reason", why));
    else
        api_answer(request, 200, json_pack("{s:s}", "status", "ready"));
}

static void write_bridge(FILE *out, const struct api_conf *conf)
{
    struct bridge_counts counts;

    bridge_counts(conf->bridge, &counts);
    metrics_gauge(out, "legs", "Call legs alive.", counts.legs);
    metrics_gauge(out, "members", "Members invited or joined.", counts.members);
    metrics_gauge(out, "conversations", "Conversations known.", counts.conversations);
    metrics_gauge(out, "dialogs", "SIP dialogs alive.", ua_dialogs(conf->ua));
    metrics_counter(out, "legs_total", "Call legs made.", (double)counts.legs_total);
    metrics_counter(out, "events_total", "Events of conversations.", (double)counts.events_total);
    fputs("# HELP offhook_legs_ended_total Call legs by their final status.\n"
          "# TYPE offhook_legs_ended_total counter\n",
          out);
    for (int status = 0; status <= LEG_DISCONNECTED; status++)
        if (leg_status_final((enum leg_status)status))
            fprintf(out, "offhook_legs_ended_total{status=\"%s\"} %" PRIu64 "\n",
                    leg_status_text((enum leg_status)status), counts.ended[status]);
}

static void write_sounds(FILE *out, const struct api_conf *conf)
{
    struct speech_counts counts = {0};

    if (conf->speech)
        speech_counts(conf->speech, &counts);
    metrics_counter(out, "speech_engine_asked_total",
                    "Texts the engine of speech.engine was asked for.", (double)counts.asked);
    metrics_counter(out, "speech_engine_failed_total", "Those of them it did not speak.",
                    (double)counts.failed);
    metrics_counter(out, "sounds_starved_samples_total",
                    "Samples of silence where more of a sound was not there yet.",
                    (double)player_starved());
}

static void write_webhooks(FILE *out, const struct api_conf *conf)
{
    struct webhook_counts counts;

    webhook_counts(conf->webhook, &counts);
    metrics_gauge(out, "webhooks_waiting", "Events not delivered yet.", counts.waiting);
    metrics_counter(out, "webhooks_emitted_total", "Events to deliver.", (double)counts.emitted);
    metrics_counter(out, "webhooks_delivered_total", "Events delivered.", (double)counts.delivered);
    metrics_counter(out, "webhooks_failed_tries_total", "Deliveries that failed.",
                    (double)counts.failed_tries);
    metrics_counter(out, "webhooks_given_up_total", "Events given up: dead letters.",
                    (double)counts.given_up);
    metrics_counter(out, "webhooks_replayed_total", "Dead letters sent again.",
                    (double)counts.replayed);
}

static void write_http(FILE *out, const struct api *api)
{
    fputs("# HELP offhook_http_replies_total Replies by the class of their status.\n"
          "# TYPE offhook_http_replies_total counter\n",
          out);
    for (int class = 2; class < API_CLASSES; class ++)
        fprintf(out, "offhook_http_replies_total{status=\"%dxx\"} %" PRIuFAST64 "\n", class,
                atomic_load_explicit(&api->answered[class], memory_order_relaxed));
    metrics_gauge(out, "objects", "Objects alive in memory.", (double)mem_alive());
    metrics_gauge(out, "store_healthy", "1 when the last write went well.",
                  store_healthy(api->conf.store));
    metrics_gauge(out, "http_streams", "Live streams of events open.", api_log_streams(api->log));
    metrics_gauge(out, "http_cached_replies", "Replies that are ready.",
                  (double)api_cache_count(api->cache));
    metrics_gauge(out, "http_cached_tokens", "Tokens that were verified.",
                  (double)atomic_load_explicit(&api->token_count, memory_order_relaxed));
    metrics_gauge(out, "draining", "1 while no new calls are taken.", api->draining);
}

static void metrics_get(struct api_request *request)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    write_bridge(out, &request->api->conf);
    metrics_trunks(out, &request->api->conf);
    metrics_registrar(out, &request->api->conf);
    metrics_media(out, &request->api->conf);
    write_sounds(out, &request->api->conf);
    write_webhooks(out, &request->api->conf);
    write_http(out, request->api);
    if (fclose(out))
        api_refuse(request, API_INTERNAL, NULL);
    else
        api_answer_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, NULL);
    free(text);
}

static void openapi_get(struct api_request *request)
{
    api_answer_text(request, 200, "application/json", request->api->openapi, NULL);
}

static const enum api_error of_ready[] = {API_UNAVAILABLE, API_ERRORS};
static const struct shape status_shape[] = {
    {"status", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};

const struct api_route routes_service[] = {
    {"GET", "/healthz", "getHealth", "Is the process alive?", API_SERVICE, AUTH_NONE, 200,
     .reply = status_shape, .run = health_get},
    {"GET", "/readyz", "getReadiness", "Does it take calls?", API_SERVICE, AUTH_NONE, 200,
     .reply = status_shape, .errors = of_ready, .run = ready_get},
    {"GET", "/metrics", "getMetrics", "Counters and gauges as Prometheus reads them.", API_SERVICE,
     AUTH_NONE, 200, .run = metrics_get},
    {"GET", "/openapi.json", "getOpenapi", "This document.", API_SERVICE, AUTH_NONE, 200,
     .run = openapi_get},
    {.method = NULL},
};
