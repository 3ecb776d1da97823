/* connect.c: the `connect` action: a leg is dialled into the caller's conversation.
 *
 *   dialling ──not connected──> next action
 *      └──answered──┬─ next action is a connect too ──> it runs at once
 *                   └─ else: wait until the dialled leg leaves ──> next action, or end
 *
 * With eventType synchronous it always waits. Who came by an earlier connect keeps the
 * caller waiting too: the flow goes on when the last of them has left. The caller, if not answered
 * yet, hears early media and is answered when the callee answers. A caller that leaves while the
 * callee rings takes the call back (CANCEL). */
#include "ncco/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RING_SECONDS = 60, LENGTH_SECONDS = 7200, HEADERS_MAX = 32 };

static bool check(const json_t *action, const char **reason);

static const struct option options[] = {
    {"endpoint", OPTION_ARRAY, true, 1, 1, "whom to dial: one phone or sip endpoint"},
    {"from", OPTION_STRING, false, 0, 0, "caller id: a number of the application"},
    {"timeout", OPTION_NUMBER, false, 1, 7200, "ringing time [s]"},
    {"limit", OPTION_NUMBER, false, 1, 7200, "longest call [s]"},
    {"eventUrl", OPTION_URL, false, 0, 0, "where status events of the new leg go"},
    {"eventMethod", OPTION_STRING, false, 0, 0, "GET or POST"},
    {"eventType", OPTION_STRING, false, 0, 0, "synchronous: wait for the end of the leg"},
    {0},
};

static bool is_endpoint(const json_t *endpoint, const char **reason)
{
    const char *type = json_string_value(json_object_get(endpoint, "type"));
    const char *number = json_string_value(json_object_get(endpoint, "number"));
    const char *uri = json_string_value(json_object_get(endpoint, "uri"));
    char digits[32];

    if (!type) {
        *reason = "\"endpoint.type\" is required";
    } else if (strcmp(type, "phone") == 0) {
        if (number && conf_digits(number, digits, sizeof digits) && strlen(digits) >= 3 &&
            strlen(digits) <= 15)
            return true;
        *reason = "\"endpoint.number\" must be a phone number of up to 15 digits";
    } else if (strcmp(type, "sip") == 0) {
        if (uri && (strncasecmp(uri, "sip:", 4) == 0 || strncasecmp(uri, "sips:", 5) == 0) &&
            strlen(uri) <= 255 && !strpbrk(uri, " \t\r\n<>\""))
            return true;
        *reason = "\"endpoint.uri\" must be a SIP URI of up to 255 characters";
    } else {
        *reason = "\"endpoint.type\" must be one of [phone, sip]";
    }
    return false;
}

static bool is_method(const char *method)
{
    return !method || strcasecmp(method, "GET") == 0 || strcasecmp(method, "POST") == 0;
}

static bool check(const json_t *action, const char **reason)
{
    const char *type = json_string_value(json_object_get(action, "eventType"));

    if (!is_method(json_string_value(json_object_get(action, "eventMethod"))))
        *reason = "\"eventMethod\" must be one of [GET, POST]";
    else if (type && strcmp(type, "synchronous") != 0)
        *reason = "\"eventType\" must be synchronous";
    else
        return is_endpoint(json_array_get(json_object_get(action, "endpoint"), 0), reason);
    return false;
}

/* `headers` of a sip endpoint become X- headers; User-to-User goes as it is. */
struct headers {
    struct ua_header list[HEADERS_MAX];
    unsigned count;
};

static void add_header(struct headers *headers, const char *prefix, const char *name,
                       const json_t *value)
{
    struct ua_header *header;
    char *text;

    if (headers->count == HEADERS_MAX)
        return;
    if (strncasecmp(name, prefix, strlen(prefix)) == 0)
        prefix = "";
    text = json_is_string(value) ? strdup(json_string_value(value))
                                 : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    for (char *c = text; c && *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' '; /* no value brings a line of its own */
    }
    header = &headers->list[headers->count++];
    header->name = mem_printf("%s%s", prefix, name);
    header->value = mem_strdup(text);
    free(text);
}

static void read_headers(struct headers *headers, const json_t *endpoint)
{
    static const char *const standard[] = {"standardHeaders", "standard_headers"};
    json_t *object = json_object_get(endpoint, "headers"), *value;
    const char *name;

    json_object_foreach (object, name, value)
        add_header(headers, "X-", name, value);
    for (int i = 0; i < 2; i++) {
        value = json_object_get(json_object_get(endpoint, standard[i]), "User-to-User");
        if (json_is_string(value))
            add_header(headers, "", "User-to-User", value);
    }
}

static bool complete(const struct headers *headers)
{
    for (unsigned i = 0; i < headers->count; i++) {
        if (!headers->list[i].name || !headers->list[i].value)
            return false;
    }
    return true;
}

static void drop_headers(struct headers *headers)
{
    for (unsigned i = 0; i < headers->count; i++) {
        mem_unref((char *)headers->list[i].name);
        mem_unref((char *)headers->list[i].value);
    }
}

static int dial_phone(struct calls *calls, struct leg_dial *dial, const char *number,
                      struct leg **leg, struct dial_reason *reason)
{
    struct leg_route *route;
    char digits[32] = "";
    int err;

    conf_digits(number, digits, sizeof digits);
    dial->to = (struct endpoint){ENDPOINT_PHONE, digits};
    err = leg_route_phone(bridge_config(calls->bridge), digits, &route);
    if (err) {
        snprintf(reason->text, sizeof reason->text, "no trunk takes the number %s", digits);
        return err;
    }
    dial->uris = route->uris;
    dial->uri_count = route->uri_count;
    dial->from_host = route->from_host;
    err = leg_dial(bridge_plane(calls->bridge), dial, leg);
    mem_unref(route);
    return err;
}

static int dial_sip(struct calls *calls, struct leg_dial *dial, const char *uri, struct leg **leg)
{
    dial->to = (struct endpoint){ENDPOINT_SIP, uri};
    dial->uris = &uri;
    dial->uri_count = 1;
    return leg_dial(bridge_plane(calls->bridge), dial, leg);
}

int call_dial(struct calls *calls, struct application *application, const json_t *endpoint,
              const char *from, unsigned ring_timeout, unsigned length, struct leg **leg,
              struct dial_reason *reason)
{
    const char *type = json_string_value(json_object_get(endpoint, "type"));
    const char *why = NULL;
    struct headers headers = {.count = 0};
    char digits[32] = "";
    bool owned =
        from && conf_digits(from, digits, sizeof digits) && application_owns(application, digits);
    struct leg_dial dial = {
        .from = {ENDPOINT_PHONE, owned ? digits : "Unknown"},
        .ring_timeout = ring_timeout,
        .length = length,
        .headers = headers.list,
    };
    int err;

    if (!is_endpoint(endpoint, &why)) {
        snprintf(reason->text, sizeof reason->text, "%s", why);
        return EINVAL;
    }
    read_headers(&headers, endpoint);
    dial.header_count = headers.count;
    if (!complete(&headers))
        err = ENOMEM;
    else if (strcmp(type, "phone") == 0)
        err = dial_phone(calls, &dial, json_string_value(json_object_get(endpoint, "number")), leg,
                         reason);
    else
        err = dial_sip(calls, &dial, json_string_value(json_object_get(endpoint, "uri")), leg);
    drop_headers(&headers);
    if (err && !*reason->text)
        snprintf(reason->text, sizeof reason->text, "no leg could be made: %s", strerror(err));
    return err;
}

static void take_event_url(struct call *child, const struct call *parent, const json_t *action)
{
    const char *text = option_url(action, "eventUrl");
    const char *method = json_string_value(json_object_get(action, "eventMethod"));

    if (!text) {
        text = parent->event_url;
        method = parent->event_method;
    }
    child->event_url = mem_strdup(text);
    child->event_method = mem_strdup(text ? (method ? method : "POST") : NULL);
}

static bool next_is_connect(const struct call *call)
{
    json_t *next = json_array_get(call->ncco, call->next);
    const char *name = json_string_value(json_object_get(next, "action"));

    return name && strcmp(name, "connect") == 0;
}

/* The running connect is over, unless somebody whom an earlier one dialled is still
 * there and nobody else is to be dialled. */
static void proceed(struct call *call)
{
    call->dialling = NULL;
    if (list_empty(&call->children) || next_is_connect(call))
        call_next(call);
}

static int invite(struct call *call, const json_t *action, struct leg *leg, unsigned ring,
                  unsigned limit)
{
    struct member_invitation invitation = {ring * 1000, limit * 1000};
    struct call *child;
    int err = call_alloc(call->calls, call->application, leg, &child);

    if (err)
        return err;
    err = member_invite(member_conversation(call->member), leg, &invitation, &child->member);
    if (err) {
        mem_unref(child);
        return err;
    }
    member_keep(child->member, child);
    take_event_url(child, call, action);
    child->parent = call;
    list_append(&call->children, &child->sibling);
    call->dialling = child;
    return 0;
}

static void start(struct call *call, json_t *action)
{
    unsigned ring = (unsigned)option_number(action, "timeout", RING_SECONDS);
    unsigned limit = (unsigned)option_number(action, "limit", LENGTH_SECONDS);
    struct dial_reason reason = {""};
    char text[NCCO_REASON];
    struct leg *leg = NULL;
    int err = call_dial(
        call->calls, call->application, json_array_get(json_object_get(action, "endpoint"), 0),
        json_string_value(json_object_get(action, "from")), ring, limit, &leg, &reason);

    call->dialling = NULL;
    call->synchronous = json_object_get(action, "eventType") != NULL;
    if (!err) {
        err = invite(call, action, leg, ring, limit);
        if (err) {
            leg_own(leg, NULL, NULL);
            mem_unref(leg);
        }
    }
    if (err) {
        snprintf(text, sizeof text, "connect: %s",
                 *reason.text ? reason.text : "no leg could be made");
        notice_error(call, text);
        call->cause = leg_cause_sip(err == ENOENT ? 404 : 503);
        proceed(call);
    }
}

static void detach(struct call *child)
{
    list_remove(&child->sibling);
    child->parent = NULL;
}

/* The caller's flow ended: who still rings is called back; an answered one is seen to by
 * whoever is alone then. */
void connect_release(struct call *call)
{
    call->dialling = NULL;
    list_each (node, &call->children) {
        struct call *child = list_entry(node, struct call, sibling);

        detach(child);
        if (leg_status_of(child->leg) < LEG_ANSWERED)
            leg_hangup(child->leg, NULL);
    }
}

static void let_hear(struct call *call)
{
    if (!call->member || leg_ending(call->leg) || leg_status_of(call->leg) >= LEG_ANSWERED)
        return;
    leg_early(call->leg);
    member_listen(call->member);
}

/* That it rings is told before the caller hears it. */
void connect_child_early(struct call *child)
{
    struct call *parent = child->parent;

    if (parent && leg_status_of(parent->leg) < LEG_ANSWERED)
        call_after_commit(parent, let_hear);
}

/* The child left the conversation by its end or by a move; it may be the only one. */
static void child_left(struct call *child)
{
    struct call *parent = child->parent;
    bool was_dialled = parent->dialling == child;

    detach(child);
    if (was_dialled)
        proceed(parent);
    else if (!parent->dialling && list_empty(&parent->children))
        call_next(parent);
}

void connect_child_moved(struct call *child)
{
    if (child->parent)
        child_left(child);
}

void connect_child_status(struct call *child, const struct leg_news *news)
{
    struct call *parent = child->parent;

    if (!parent)
        return;
    if (news->status == LEG_ANSWERED) {
        leg_answer(parent->leg);
        if (parent->dialling == child && !parent->synchronous && next_is_connect(parent))
            proceed(parent);
    } else if (leg_status_final(news->status)) {
        if (!leg_answered(child->leg))
            parent->cause = news->cause;
        child_left(child);
    }
}

const struct action action_connect = {
    .name = "connect",
    .options = options,
    .start = start,
    .check = check,
};
