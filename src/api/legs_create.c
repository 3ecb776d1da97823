/* legs_create.c: POST /legs: a leg is dialled, into a conversation that there is or one of its
 * own; it has no flow. App legs are made by their clients. */
#include "api/legs.h"

#include <errno.h>
#include <string.h>

enum { LENGTH = 7200000, RING = 60000 }; /* [ms] */

static const char *const types[] = {"app", "phone", "sip", "websocket", "vbc", NULL};
static const struct shape endpoint[] = {
    {"type", SHAPE_STRING, .words = types, .help = "Default: that of the leg."},
    {"number", SHAPE_STRING, .format = FORMAT_PHONE, .help = "Of a phone."},
    {"uri", SHAPE_STRING, .high = 255, .format = FORMAT_SIP, .help = "Of a SIP peer."},
    {"headers", SHAPE_OBJECT, SHAPE_OPEN, .help = "X- headers of the INVITE."},
    {0},
};
const struct shape legs_create_body[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .words = types, .help = "phone or sip here."},
    {"to", SHAPE_OBJECT, SHAPE_OPEN, .members = endpoint, .help = "Who is called."},
    {"from", SHAPE_OBJECT, SHAPE_OPEN, .members = endpoint,
     .help = "A number of the application's own; else it is Unknown."},
    {"conversation_id", SHAPE_STRING, .high = 100, .help = "Where it joins; else one of its own."},
    {"conversation_uuid", SHAPE_STRING, .high = 100, .help = "The same."},
    {"ring_timeout", SHAPE_INTEGER, .low = 1000, .high = 120000, .help = "[ms] default 60000."},
    {"max_length", SHAPE_INTEGER, .low = 1000, .high = 7200000, .help = "[ms] default 7200000."},
    {0},
};

static bool is_dialled(const char *type)
{
    return !strcmp(type, "phone") || !strcmp(type, "sip");
}

bool legs_create_check(struct api_request *request)
{
    const json_t *to = api_member(request, "to");
    const char *type = api_text(request, "type");
    const char *own = json_string_value(json_object_get(to, "type"));

    if (!is_dialled(type)) {
        api_refuse(request, API_LEG_INVALID_ACTION, "Legs of this type cannot be made here.");
        return false;
    }
    if (!to)
        api_fault(request, "to", "is required");
    else if (own && strcmp(own, type) != 0)
        api_fault(request, "to.type", "must be %s", type);
    else if (!strcmp(type, "phone") && !json_object_get(to, "number"))
        api_fault(request, "to.number", "is required");
    else if (!strcmp(type, "sip") && !json_object_get(to, "uri"))
        api_fault(request, "to.uri", "is required");
    return true;
}

/* The conversation that is asked for. False: there is none, and it refused. */
static bool find_conversation(struct api_request *request, struct application *application,
                              struct conversation **conversation)
{
    const char *id = api_text(request, "conversation_id");

    if (!id)
        id = api_text(request, "conversation_uuid");
    *conversation = id ? conversation_find(request->api->conf.bridge, application, id) : NULL;
    if (id && !*conversation) {
        api_refuse(request, API_NO_CONVERSATION, NULL);
        return false;
    }
    if (*conversation && !conversation_active(*conversation)) {
        api_refuse(request, API_INVALID_ACTION, "The conversation is not active.");
        return false;
    }
    return true;
}

static void refuse(struct api_request *request, int err, const char *reason)
{
    if (err == EINVAL || err == ENOENT) {
        api_fault(request, "to", "cannot be called: %s", reason ? reason : strerror(err));
        api_refuse_faults(request);
    } else {
        api_refuse_errno(request, err, reason);
    }
}

/* As its row will be. */
static json_t *row_of(const struct member *member)
{
    const struct leg *leg = member_leg(member);

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:b}", "id", leg_id(leg), "type",
                     endpoint_type_text(leg_to(leg)->type), "conversation",
                     conversation_id(member_conversation(member)), "status", "started", "direction",
                     "outbound", "from", endpoint_json(leg_from(leg)), "to",
                     endpoint_json(leg_to(leg)), "live", 1);
}

static void create(struct api_request *request, struct call_request *asked)
{
    const char *reason = NULL;
    struct call *call;
    json_t *row;
    int err = call_create(request->api->conf.calls, asked, &call, &reason);

    if (err) {
        refuse(request, err, reason);
        return;
    }
    row = row_of(call_member(call));
    api_answer_done(request, leg_json(request, row));
    json_decref(row);
}

void legs_create(struct api_request *request)
{
    struct application *application = api_application(request);
    json_t *to = json_copy(api_member(request, "to"));
    struct call_request asked = {
        .application = application,
        .endpoint = to,
        .from = json_string_value(json_object_get(api_member(request, "from"), "number")),
        .length_timer = (unsigned)(api_number(request, "max_length", LENGTH) / 1000),
        .ringing_timer = (unsigned)(api_number(request, "ring_timeout", RING) / 1000),
    };

    json_object_set(to, "type", api_member(request, "type"));
    if (!application)
        api_refuse(request, API_UNAUTHORIZED, NULL);
    else if (request->api->draining)
        api_refuse(request, API_UNAVAILABLE, "The service is about to stop.");
    else if (find_conversation(request, application, &asked.conversation))
        create(request, &asked);
    json_decref(to);
}
