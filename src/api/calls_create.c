/* calls_create.c: POST /v1/calls. Unknown members are ignored, as the Voice API does;
 * what would be asked for in vain is refused. */
#include "api/private.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { LENGTH_MAX = 7200, RINGING_MAX = 120, RINGING = 60, NUMBER_MIN = 7, NUMBER_MAX = 15 };

static const char *const methods[] = {"GET", "POST", NULL};

static bool is_sip_uri(const char *uri)
{
    const char *user;

    if (!strncmp(uri, "sip:", 4))
        user = uri + 4;
    else if (!strncmp(uri, "sips:", 5))
        user = uri + 5;
    else
        return false;
    if (!*user || strlen(uri) > 1024)
        return false;
    for (const char *c = uri; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127 || strchr("<>\"", *c))
            return false;
    return true;
}

static void check_phone(struct api_request *request, const json_t *endpoint)
{
    const char *number = json_string_value(json_object_get(endpoint, "number"));
    char digits[32];

    if (!json_object_get(endpoint, "number"))
        api_fault(request, "to.number", "is required");
    else if (!number || !conf_digits(number, digits, sizeof digits) ||
             strlen(digits) < NUMBER_MIN || strlen(digits) > NUMBER_MAX)
        api_fault(request, "to.number", "must be a string of %d to %d digits", NUMBER_MIN,
                  NUMBER_MAX);
}

static void check_sip(struct api_request *request, const json_t *endpoint)
{
    const char *uri = json_string_value(json_object_get(endpoint, "uri"));
    const json_t *headers = json_object_get(endpoint, "headers");

    if (!json_object_get(endpoint, "uri"))
        api_fault(request, "to.uri", "is required");
    else if (!uri || !is_sip_uri(uri))
        api_fault(request, "to.uri", "must be a valid SIP URI");
    if (headers && !json_is_object(headers))
        api_fault(request, "to.headers", "must be an object");
}

static void check_to(struct api_request *request)
{
    const json_t *to = json_object_get(request->body, "to"), *endpoint = json_array_get(to, 0);
    const char *type = json_string_value(json_object_get(endpoint, "type"));

    if (!to || (json_is_array(to) && !json_array_size(to)))
        api_fault(request, "to", "must not be empty");
    else if (!json_is_array(to))
        api_fault(request, "to", "must be an array of one endpoint");
    else if (json_array_size(to) > 1)
        api_fault(request, "to", "must hold exactly one endpoint");
    else if (!json_is_object(endpoint))
        api_fault(request, "to", "must hold an object");
    else if (!type)
        api_fault(request, "to.type", "is required");
    else if (!strcmp(type, "phone"))
        check_phone(request, endpoint);
    else if (!strcmp(type, "sip"))
        check_sip(request, endpoint);
    else
        api_fault(request, "to.type", "must be one of [phone, sip]");
}

static void check_from(struct api_request *request)
{
    const json_t *from = json_object_get(request->body, "from");
    const json_t *random = json_object_get(request->body, "random_from_number");
    const char *number = json_string_value(json_object_get(from, "number"));
    const char *type = json_string_value(json_object_get(from, "type"));
    char digits[32];

    if (random && !json_is_boolean(random))
        api_fault(request, "random_from_number", "must be a boolean");
    else if (json_is_true(random) && from)
        api_fault(request, "from", "must not be given together with random_from_number");
    else if (!from && !json_is_true(random))
        api_fault(request, "from", "is required");
    else if (from && (!json_is_object(from) || !type))
        api_fault(request, "from.type", "is required");
    else if (from && strcmp(type, "phone") != 0)
        api_fault(request, "from.type", "must be phone");
    else if (from && (!number || !conf_digits(number, digits, sizeof digits) || !*digits))
        api_fault(request, "from.number", "must be a string of digits");
}

static void check_flow(struct api_request *request)
{
    const json_t *ncco = json_object_get(request->body, "ncco");
    char reason[NCCO_REASON];

    api_body_url(request, request->body, "answer_url");
    if (!ncco && !json_object_get(request->body, "answer_url"))
        api_fault(request, "ncco", "or answer_url is required");
    else if (ncco && json_object_get(request->body, "answer_url"))
        api_fault(request, "ncco", "must not be given together with answer_url");
    else if (ncco && !json_array_size(ncco))
        api_fault(request, "ncco", "must be an array of actions, and not empty");
    else if (ncco && !ncco_check(ncco, reason))
        api_fault(request, "ncco", "is not valid: %s", reason);
}

bool calls_create_check(struct api_request *request)
{
    static const char *const not_served[] = {"machine_detection", "advanced_machine_detection"};

    check_to(request);
    check_from(request);
    check_flow(request);
    api_body_url(request, request->body, "event_url");
    api_body_word(request, "answer_method", methods);
    api_body_word(request, "event_method", methods);
    api_body_number(request, "length_timer", 1, LENGTH_MAX, LENGTH_MAX);
    api_body_number(request, "ringing_timer", 1, RINGING_MAX, RINGING);
    for (size_t i = 0; i < sizeof not_served / sizeof *not_served; i++)
        if (json_object_get(request->body, not_served[i]))
            api_fault(request, not_served[i], "is not served here");
    return true;
}

/* A number of the application's that is one, not a range. */
static const char *own_number(const struct application *application)
{
    const struct conf_application *conf = application_conf(application);

    for (size_t i = 0; conf && i < conf->number_count; i++)
        if (!strchr(conf->numbers[i], '*'))
            return conf->numbers[i];
    return NULL;
}

static void refuse_creation(struct api_request *request, int err, const char *reason)
{
    if (err == EINVAL || err == ENOENT) {
        api_fault(request, "to", "cannot be called: %s", reason ? reason : strerror(err));
        api_refuse_faults(request);
    } else if (err == EAGAIN || err == EBUSY || err == EMFILE || err == ENFILE || err == ENOBUFS) {
        api_refuse(request, API_UNAVAILABLE, reason);
    } else {
        api_refuse(request, API_INTERNAL, NULL);
    }
}

static void create(struct api_request *request, struct application *application)
{
    json_t *body = request->body, *from = json_object_get(body, "from");
    struct call_request asked = {
        .application = application,
        .endpoint = json_array_get(json_object_get(body, "to"), 0),
        .from = from ? json_string_value(json_object_get(from, "number")) : own_number(application),
        .ncco = json_object_get(body, "ncco"),
        .answer_url = api_body_url(request, body, "answer_url"),
        .answer_method = api_body_word(request, "answer_method", methods),
        .event_url = api_body_url(request, body, "event_url"),
        .event_method = api_body_word(request, "event_method", methods),
        .length_timer = api_body_number(request, "length_timer", 1, LENGTH_MAX, LENGTH_MAX),
        .ringing_timer = api_body_number(request, "ringing_timer", 1, RINGING_MAX, RINGING),
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
    api_answer_committed(request, 201,
                         json_pack("{s:s,s:s,s:s,s:s}", "uuid", leg_id(member_leg(member)),
                                   "status", "started", "direction", "outbound",
                                   "conversation_uuid",
                                   conversation_id(member_conversation(member))));
}

void calls_create(struct api_request *request)
{
    struct application *application = api_application(request);

    if (!application) {
        api_refuse(request, API_UNAUTHORIZED, NULL);
    } else if (request->api->draining) {
        api_refuse(request, API_UNAVAILABLE, "The service is about to stop.");
    } else if (!json_object_get(request->body, "from") && !own_number(application)) {
        api_fault(request, "random_from_number", "needs a number of the application");
        api_refuse_faults(request);
    } else {
        create(request, application);
    }
}
