/* knocking.c: who waits to be let in: POST announces an app channel, DELETE refuses whoever
 * knocks. A caller knocks by calling. */
#include "api/people.h"

#include <errno.h>

static const struct shape properties[] = {
    {"custom_data", SHAPE_OBJECT},
    {.name = NULL},
};
static const struct shape body[] = {
    {"channel", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_channel},
    {"properties", SHAPE_OBJECT, .members = properties},
    {.name = NULL},
};
static const struct shape query[] = {
    {"reason_code", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {"reason_text", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {.name = NULL},
};

static void make(struct api_request *request)
{
    struct application *application = api_application(request);
    struct knock *knock;
    struct user *actor;
    int err;

    if (!application) {
        api_refuse(request, API_UNAUTHORIZED, NULL);
        return;
    }
    if (request->api->draining) {
        api_refuse(request, API_UNAVAILABLE, "The service is about to stop.");
        return;
    }
    if (!api_actor(request, &actor))
        return;
    err = knock_make(request->api->conf.calls, application, actor, api_member(request, "channel"),
                     &knock);
    if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request, json_id_href(request, "knocking", knock_id(knock)));
}

static void refuse(struct api_request *request)
{
    struct application *application = api_application(request);
    struct knock *knock =
        application ? knock_find(request->api->conf.calls, application, request->ids[0]) : NULL;

    if (!knock) {
        api_refuse(request, API_NO_KNOCK, NULL);
        return;
    }
    knock_refuse(knock);
    api_answer_done(request, api_is_old(request) ? json_object() : NULL);
}

static const enum api_error of_one[] = {API_NO_KNOCK, API_ERRORS};

const struct api_route routes_knocking[] = {
    {"POST", "/beta|v0.1/knocking", "createKnocking", "Asks to be let in, by an app channel.",
     API_BETA, AUTH_TOKEN, 200, API_CREATES | API_CLOSED, .body = body, .reply = shape_id_href,
     .run = make},
    {"POST", "/v0.3|v1/knocking", "createKnocking", "Asks to be let in, by an app channel.", API_V1,
     AUTH_TOKEN, 201, API_CREATES | API_CLOSED, .body = body, .reply = shape_id_href, .run = make},
    {"DELETE", "/beta|v0.1/knocking/{knocking_id}", "deleteKnocking", "Refuses who knocks.",
     API_BETA, AUTH_TOKEN, 200, .query = query, .reply = shape_nothing, .errors = of_one,
     .run = refuse},
    {"DELETE", "/v0.3|v1/knocking/{knocking_id}", "deleteKnocking", "Refuses who knocks.", API_V1,
     AUTH_TOKEN, 204, .query = query, .errors = of_one, .run = refuse},
    {.method = NULL},
};
