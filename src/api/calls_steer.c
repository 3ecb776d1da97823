/* calls_steer.c: PUT /v1/calls/{uuid}: one row an action. */
#include "api/calls.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

static void hang_up(struct api_request *request, struct call *call);
static void mute(struct api_request *request, struct call *call);
static void unmute(struct api_request *request, struct call *call);
static void earmuff(struct api_request *request, struct call *call);
static void unearmuff(struct api_request *request, struct call *call);
static void transfer(struct api_request *request, struct call *call);
static void check_transfer(struct api_request *request);
static void refer(struct api_request *request, struct call *call);
static void check_refer(struct api_request *request);

static const struct action {
    const char *name;
    void (*check)(struct api_request *request); /* HTTP thread; notes faults; may be NULL */
    void (*run)(struct api_request *request, struct call *call); /* answers */
} actions[] = {
    {"hangup", NULL, hang_up},      {"mute", NULL, mute},
    {"unmute", NULL, unmute},       {"earmuff", NULL, earmuff},
    {"unearmuff", NULL, unearmuff}, {"transfer", check_transfer, transfer},
    {"refer", check_refer, refer},
};

static const struct action *find_action(const json_t *body)
{
    const char *name = json_string_value(json_object_get(body, "action"));

    for (size_t i = 0; name && i < sizeof actions / sizeof *actions; i++)
        if (!strcmp(actions[i].name, name))
            return &actions[i];
    return NULL;
}

static const char *const names[] = {"hangup",    "mute",     "unmute", "earmuff",
                                    "unearmuff", "transfer", "refer",  NULL};
static const char *const flows[] = {"ncco", NULL};
static const struct shape url_shape[] = {
    {"", SHAPE_STRING, .format = FORMAT_URL},
    {.name = NULL},
};
static const struct shape flow_shape[] = {
    {"", SHAPE_OBJECT, SHAPE_OPEN},
    {.name = NULL},
};
static const struct shape destination_shape[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .words = flows},
    {"url", SHAPE_ARRAY, SHAPE_ONE, .low = 1, .high = 1, .members = url_shape},
    {"ncco", SHAPE_ARRAY, .members = flow_shape},
    {.name = NULL},
};
const struct shape calls_steer_body[] = {
    {"action", SHAPE_STRING, SHAPE_REQUIRED, .words = names, .help = "What to do."},
    {"destination", SHAPE_OBJECT, SHAPE_OPEN, .members = destination_shape,
     .help = "transfer: the flow that follows."},
    {"to", SHAPE_STRING,
     .help = "refer: the SIP or tel URI that the far party is to call instead "
             "(SIP REFER). An extension."},
    {.name = NULL},
};

bool calls_steer_check(struct api_request *request)
{
    const struct action *action = find_action(request->body);

    if (action->check)
        action->check(request);
    return true;
}

static void check_transfer(struct api_request *request)
{
    const json_t *destination = api_member(request, "destination");
    const json_t *ncco = json_object_get(destination, "ncco");
    const json_t *url = json_object_get(destination, "url");
    char reason[NCCO_REASON];

    if (!destination)
        api_fault(request, "destination", "is required");
    else if (!ncco && !url)
        api_fault(request, "destination", "must have a url or an ncco");
    else if (ncco && url)
        api_fault(request, "destination", "must not have both a url and an ncco");
    else if (ncco && !json_array_size(ncco))
        api_fault(request, "destination.ncco", "must be an array of actions, and not empty");
    else if (ncco && !ncco_check(ncco, reason))
        api_fault(request, "destination.ncco", "is not valid: %s", reason);
}

static void check_refer(struct api_request *request)
{
    if (!json_is_string(api_member(request, "to")))
        api_fault(request, "to", "is required");
}

static void hang_up(struct api_request *request, struct call *call)
{
    call_hangup(call);
    api_answer_done(request, NULL);
}

static void mute(struct api_request *request, struct call *call)
{
    member_mute(call_member(call), true, NULL);
    api_answer_done(request, NULL);
}

static void unmute(struct api_request *request, struct call *call)
{
    member_mute(call_member(call), false, NULL);
    api_answer_done(request, NULL);
}

static void earmuff(struct api_request *request, struct call *call)
{
    member_earmuff(call_member(call), true, NULL);
    api_answer_done(request, NULL);
}

static void unearmuff(struct api_request *request, struct call *call)
{
    member_earmuff(call_member(call), false, NULL);
    api_answer_done(request, NULL);
}

static void transfer(struct api_request *request, struct call *call)
{
    json_t *destination = json_object_get(request->body, "destination");
    json_t *ncco = json_object_get(destination, "ncco");
    int err;

    if (!leg_answered(member_leg(call_member(call)))) {
        api_fault(request, "action", "cannot be done: the call was not answered yet");
        api_refuse_faults(request);
        return;
    }
    err = ncco ? call_transfer(call, ncco) : call_transfer_url(call, api_url(destination, "url"));
    if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request, NULL);
}

/* Not in the API: the far party is sent elsewhere. leg:refer tells what comes of it. */
static void refer(struct api_request *request, struct call *call)
{
    int err = call_refer(call, json_string_value(api_member(request, "to")));

    if (!err) {
        api_answer_done(request, NULL);
        return;
    }
    if (err == EINVAL)
        api_fault(request, "to", "must be a SIP or tel URI");
    else
        api_fault(request, "action",
                  err == EBUSY ? "cannot be done: one is under way"
                               : "cannot be done: the call is not up");
    api_refuse_faults(request);
}

/* No call that is up: did one of that name end? */
static void on_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;

    (void)count;
    if (err) {
        api_refuse(request, API_INTERNAL, NULL);
    } else if (!json_array_size(rows)) {
        api_refuse(request, API_NO_CALL, NULL);
    } else {
        api_fault(request, "action", "cannot be done: the call has ended");
        api_refuse_faults(request);
    }
    json_decref(rows);
}

void calls_steer(struct api_request *request)
{
    const struct api_conf *conf = &request->api->conf;
    struct application *application = api_application(request);
    struct call *call = application ? call_find(conf->calls, application, request->ids[0]) : NULL;
    struct store_legs_query legs = {
        .application = request->application, .id = request->ids[0], .page.limit = 1};
    int err;

    if (call) {
        find_action(request->body)->run(request, call);
        return;
    }
    err = store_ask_legs(conf->store, &legs, on_row, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}
