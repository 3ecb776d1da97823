/* api.h: the REST door: one table of routes, one file a resource, one serializer an API
 * family. Requests come on the HTTP thread, which parses, authenticates and validates;
 * what touches live things is posted to control, and the reply waits for the store's
 * fence, so that nothing is shown that could be lost. */
#ifndef OFFHOOK_API_API_H
#define OFFHOOK_API_API_H

#include "conf/conf.h"
#include "conversation/conversation.h"
#include "ncco/call.h"
#include "webhook/webhook.h"
#include "worker/worker.h"

#include <stdbool.h>

struct api;
struct guard;
struct registrar;

struct api_conf {
    const struct conf *conf; /* http.*, applications (keys) */
    struct loop *control;
    struct bridge *bridge;
    struct calls *calls;
    struct store *store;
    struct webhook *webhook;
    struct workers *workers;
    struct ua *ua;
    struct speech *speech; /* NULL: there is none */
    struct registrar *registrar;
    struct guard *guard;
};

/* Control thread, all of it. Serves from here on. */
int api_start(struct api **api, const struct api_conf *conf);
unsigned api_port(const struct api *api);
/* Another configuration, which the bridge has taken up already. The old one may go
 * afterwards. */
int api_configure(struct api *api, const struct conf *conf);
/* While draining: /readyz says 503, new calls are refused with 503. */
void api_drain(struct api *api, bool on);
/* Answers what is open, takes no more, ends. */
void api_stop(struct api *api);

#endif
