/* calls_create.c: POST /v1/calls. Unknown members are ignored, as the Voice API does. What an
 * endpoint may be is said by the rows of `connect` (ncco/endpoint.c). */
#include "api/calls.h"
#include "base/mem.h"
#include "ncco/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LENGTH_MAX = 7200, RINGING_MAX = 120, RINGING = 60, NUMBER_MIN = 7, NUMBER_MAX = 15 };

static const char *const methods[] = {"GET", "POST", NULL};
static const char *const ends[] = {"phone", "sip", "app", "websocket", "vbc", NULL};
static const char *const behaviors[] = {"continue", "hangup", NULL};
static const char *const modes[] = {"default", "detect", "detect_beep", NULL};
static const char *const phone[] = {"phone", NULL};

static const struct shape endpoint_shape[] = {
    {"type", SHAPE_STRING, .words = ends, .help = "What is called."},
    {"number", SHAPE_STRING, .help = "phone: E.164 digits."},
    {"dtmfAnswer", SHAPE_STRING, .help = "phone: keys sent when it answers; p: half a second."},
    {"shaken", SHAPE_STRING, .help = "phone: Identity header."},
    {"uri", SHAPE_STRING, .help = "sip, websocket: where."},
    {"domain", SHAPE_STRING, .help = "sip, in place of uri: name or host of a trunk."},
    {"user", SHAPE_STRING, .help = "app: its name; sip: at the domain."},
    {"extension", SHAPE_STRING, .help = "vbc: digits."},
    {"content-type", SHAPE_STRING, .help = "websocket: audio/l16;rate=8000, 16000 or 24000."},
    {"headers", SHAPE_OBJECT, SHAPE_OPEN,
     .help = "sip: sent as X- headers; websocket: told in the first message."},
    {"standard_headers", SHAPE_OBJECT, SHAPE_OPEN, .help = "sip: {User-to-User}."},
    {"authorization", SHAPE_OBJECT, SHAPE_OPEN, .help = "websocket: of the request."},
    {.name = NULL},
};
static const struct shape to_shape[] = {
    {"", SHAPE_OBJECT, SHAPE_OPEN, .members = endpoint_shape},
    {.name = NULL},
};
static const struct shape advanced_shape[] = {
    {"behavior", SHAPE_STRING, .words = behaviors, .help = "Default continue."},
    {"mode", SHAPE_STRING, .words = modes, .help = "detect_beep: waits for the beep, too."},
    {"beep_timeout", SHAPE_INTEGER, .low = 45, .high = 120, .help = "Seconds; default 45."},
    {.name = NULL},
};
static const struct shape from_shape[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .words = phone},
    {"number", SHAPE_STRING, SHAPE_REQUIRED, .help = "A number of the application."},
    {.name = NULL},
};
static const struct shape action_shape[] = {
    {"", SHAPE_OBJECT, SHAPE_OPEN},
    {.name = NULL},
};
static const struct shape url_shape[] = {
    {"", SHAPE_STRING, .format = FORMAT_URL},
    {.name = NULL},
};
const struct shape calls_create_body[] = {
    {"to", SHAPE_ARRAY, .members = to_shape, .help = "Exactly one endpoint."},
    {"from", SHAPE_OBJECT, SHAPE_OPEN, .members = from_shape, .help = "Who calls."},
    {"random_from_number", SHAPE_BOOL, .help = "One of the application's numbers calls."},
    {"ncco", SHAPE_ARRAY, .members = action_shape, .help = "What happens in the call."},
    {"answer_url", SHAPE_ARRAY, SHAPE_ONE, .low = 1, .high = 1, .members = url_shape,
     .help = "Where the NCCO is asked for instead."},
    {"answer_method", SHAPE_STRING, SHAPE_ANY_CASE, .words = methods, .help = "Default GET."},
    {"event_url", SHAPE_ARRAY, SHAPE_ONE, .low = 1, .high = 1, .members = url_shape,
     .help = "Where its events go; default the application's."},
    {"event_method", SHAPE_STRING, SHAPE_ANY_CASE, .words = methods, .help = "Default POST."},
    {"machine_detection", SHAPE_STRING, .words = behaviors,
     .help = "Finds out who answers; hangup: on a machine."},
    {"advanced_machine_detection", SHAPE_OBJECT, SHAPE_OPEN, .members = advanced_shape,
     .help = "The same, with more to say; goes before machine_detection."},
    {"length_timer", SHAPE_INTEGER, .low = 1, .high = LENGTH_MAX, .help = "Seconds; default 7200."},
    {"ringing_timer", SHAPE_INTEGER, .low = 1, .high = RINGING_MAX, .help = "Seconds; default 60."},
    {.name = NULL},
};
const struct shape calls_create_reply[] = {
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {"status", SHAPE_STRING, SHAPE_REQUIRED},
    {"direction", SHAPE_STRING, SHAPE_REQUIRED},
    {"conversation_uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};

/* Whether it is there is said by its row. */
static bool is_phone(const json_t *endpoint)
{
    const char *number = json_string_value(json_object_get(endpoint, "number"));
    char digits[32];

    return !number || (conf_digits(number, digits, sizeof digits) && strlen(digits) >= NUMBER_MIN &&
                       strlen(digits) <= NUMBER_MAX);
}

static void check_to(struct api_request *request)
{
    const json_t *to = api_member(request, "to"), *endpoint = json_array_get(to, 0);
    const char *type = json_string_value(json_object_get(endpoint, "type"));
    struct option_fault fault;
    char name[sizeof "to." + OPTION_PATH];

    if (!endpoint)
        api_fault(request, "to", "must not be empty");
    else if (json_array_size(to) > 1)
        api_fault(request, "to", "must hold exactly one endpoint");
    else if (!type)
        api_fault(request, "to.type", "is required");
    else if (!strcmp(type, "phone") && !is_phone(endpoint))
        api_fault(request, "to.number", "must be a string of %d to %d digits", NUMBER_MIN,
                  NUMBER_MAX);
    else if (!endpoint_check(endpoint, &fault)) {
        snprintf(name, sizeof name, "to.%s", fault.path);
        api_fault(request, name, "%s", fault.reason);
    }
}

static void check_from(struct api_request *request)
{
    const json_t *from = api_member(request, "from");
    bool random = json_is_true(api_member(request, "random_from_number"));
    const char *number = json_string_value(json_object_get(from, "number"));
    char digits[32];

    if (random && from)
        api_fault(request, "from", "must not be given together with random_from_number");
    else if (!from && !random)
        api_fault(request, "from", "is required");
    else if (from && (!conf_digits(number, digits, sizeof digits) || !*digits))
        api_fault(request, "from.number", "must be a string of digits");
}

static void check_flow(struct api_request *request)
{
    const json_t *ncco = api_member(request, "ncco"), *url = api_member(request, "answer_url");
    char reason[NCCO_REASON];

    if (!ncco && !url)
        api_fault(request, "ncco", "or answer_url is required");
    else if (ncco && url)
        api_fault(request, "ncco", "must not be given together with answer_url");
    else if (ncco && !json_array_size(ncco))
        api_fault(request, "ncco", "must be an array of actions, and not empty");
    else if (ncco && !ncco_check(ncco, reason))
        api_fault(request, "ncco", "is not valid: %s", reason);
}

bool calls_create_check(struct api_request *request)
{
    check_to(request);
    check_from(request);
    check_flow(request);
    return true;
}

static void refuse_creation(struct api_request *request, int err, const char *reason)
{
    if (err != EINVAL && err != ENOENT) {
        api_refuse_errno(request, err, reason);
        return;
    }
    api_fault(request, "to", "cannot be called: %s", reason ? reason : strerror(err));
    api_refuse_faults(request);
}

static void create(struct api_request *request, struct application *application)
{
    json_t *body = request->body, *from = json_object_get(body, "from");
    const json_t *advanced = api_member(request, "advanced_machine_detection");
    struct call_request asked = {
        .application = application,
        .endpoint = json_array_get(json_object_get(body, "to"), 0),
        .from = json_string_value(json_object_get(from, "number")),
        .random_from = !from,
        .ncco = json_object_get(body, "ncco"),
        .answer_url = api_url(body, "answer_url"),
        .answer_method = shape_word(methods, api_text(request, "answer_method")),
        .event_url = api_url(body, "event_url"),
        .event_method = shape_word(methods, api_text(request, "event_method")),
        .length_timer = (unsigned)api_number(request, "length_timer", LENGTH_MAX),
        .ringing_timer = (unsigned)api_number(request, "ringing_timer", RINGING),
        .detection = call_detection_of(api_text(request, "machine_detection"), advanced),
    };
    const char *reason = NULL;
    struct member *member;
    struct call *call;
    int err = call_create(request->api->conf.calls, &asked, &call, &reason);

    if (err) {
        refuse_creation(request, err, reason);
        return;
    }
    member = call_member(call);
    api_answer_done(request,
                    json_pack("{s:s,s:s,s:s,s:s}", "uuid", leg_id(member_leg(member)), "status",
                              "started", "direction", "outbound", "conversation_uuid",
                              conversation_id(member_conversation(member))));
}

void calls_create(struct api_request *request)
{
    struct application *application = api_application(request);

    if (!application) {
        api_refuse(request, API_UNAUTHORIZED, NULL);
    } else if (request->api->draining) {
        api_refuse(request, API_UNAVAILABLE, "The service is about to stop.");
    } else if (!json_object_get(request->body, "from") && !application_number(application)) {
        api_fault(request, "random_from_number", "needs a number of the application");
        api_refuse_faults(request);
    } else {
        create(request, application);
    }
}
