/* dial.c: an endpoint of an NCCO or of REST is dialled: its kind says by which way. Whom no way
 * leads to is a leg, too, which fails at once: the application is told as of any other. */
#include "ncco/private.h"
#include "base/log.h"
#include "json/text.h"
#include "leg/text.h"
#include "registrar/registrar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 32 };

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
    text = json_is_string(value) ? strdup(json_string_value(value)) : json_text(value);
    for (char *c = text; c && *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' '; /* no value brings a line of its own */
    }
    header = &headers->list[headers->count++];
    header->name = mem_printf("%s%s", prefix, name);
    header->value = mem_strdup(text);
    free(text);
}

static void add_text(struct headers *headers, const char *name, const char *text)
{
    json_t *value = json_string(text);

    if (value)
        add_header(headers, "", name, value);
    json_decref(value);
}

static void read_headers(struct headers *headers, const json_t *endpoint)
{
    static const char *const standard[] = {"standardHeaders", "standard_headers"};
    json_t *object = json_object_get(endpoint, "headers"), *value;
    const char *name, *identity = json_string_value(option_value(endpoint, "shaken"));

    json_object_foreach (object, name, value)
        add_header(headers, "X-", name, value);
    for (int i = 0; i < 2; i++) {
        value = json_object_get(json_object_get(endpoint, standard[i]), "User-to-User");
        if (json_is_string(value))
            add_header(headers, "", "User-to-User", value);
    }
    if (identity)
        add_header(headers, "", "Identity", option_value(endpoint, "shaken"));
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

/* What a kind makes of its endpoint. */
struct way {
    struct calls *calls;
    struct application *application;
    const json_t *endpoint;
    struct endpoint to;
    char digits[32];
    struct trunk_route *route;           /* our reference, or */
    struct leg_phone phones[LEG_PHONES]; /* of a user; texts are the registrar's; or */
    unsigned phone_count;
    const char *uri; /* borrowed, or */
    bool is_socket;  /* or */
    struct socket_request socket;
    const struct leg_cause *failure;
    char *why; /* for the log; mem */
};

static const char *member_of(const struct way *way, const char *name)
{
    const char *text = json_string_value(option_value(way->endpoint, name));

    return text ? text : "";
}

static struct trunks *trunks_of(const struct way *way)
{
    return bridge_plane(way->calls->bridge)->trunks;
}

/* By a trunk, if there is one. */
static int take_trunk(struct way *way, struct trunk *trunk, const char *user)
{
    int err = trunk_route_user(trunk, user, &way->route);

    if (err != ENOENT)
        return err;
    way->failure = leg_cause_sip(404);
    return 0;
}

static int take_number(struct way *way)
{
    int err = trunk_route_phone(trunks_of(way), way->digits, &way->route);

    if (err != ENOENT)
        return err;
    way->failure = leg_cause_sip(404);
    return 0;
}

static int by_phone(struct way *way)
{
    conf_digits(member_of(way, "number"), way->digits, sizeof way->digits);
    way->to = (struct endpoint){ENDPOINT_PHONE, way->digits};
    way->why = mem_printf("no trunk takes the number %s", way->digits);
    return take_number(way);
}

/* False: the user has registered no phone. */
static bool take_phones(struct way *way, const struct user *user)
{
    struct registrar_contact found[REGISTRAR_CONTACTS];

    _Static_assert((int)REGISTRAR_CONTACTS <= (int)LEG_PHONES, "all of them ring");
    if (!way->calls->registrar)
        return false;
    way->phone_count = registrar_find(way->calls->registrar, user_id(user), found);
    for (unsigned i = 0; i < way->phone_count; i++)
        way->phones[i] = (struct leg_phone){found[i].dial, found[i].route, found[i].by};
    return way->phone_count;
}

/* A URI at our own domain. */
static int by_address(struct way *way, const char *address)
{
    struct user *user = user_at(way->application, address);

    way->uri = NULL;
    way->why = mem_printf(user ? "no phone of %s is registered" : "there is no user %s", address);
    way->failure = leg_cause_sip(user ? 480 : 404);
    if (user)
        take_phones(way, user);
    return 0;
}

static int by_sip(struct way *way)
{
    const char *domain = member_of(way, "domain");
    char *address = NULL;
    char *user;
    int err;

    way->uri = member_of(way, "uri");
    way->to = (struct endpoint){ENDPOINT_SIP, way->uri};
    if (user_uri_is_ours(way->calls->bridge, way->uri, &address)) {
        err = address ? by_address(way, address) : ENOMEM;
        mem_unref(address);
        return err;
    }
    if (*way->uri)
        return 0;
    way->uri = NULL;
    way->to.address = domain;
    way->why = mem_printf("no trunk has the name or the host %s", domain);
    user = text_sip_user(member_of(way, "user"));
    err = user ? take_trunk(way, trunk_named(trunks_of(way), domain), user) : ENOMEM;
    mem_unref(user);
    return err;
}

static int by_extension(struct way *way)
{
    way->to = (struct endpoint){ENDPOINT_VBC, option_keys(way->endpoint, "extension", way->digits)};
    way->why = mem_strdup("no trunk takes extensions");
    return take_trunk(way, trunk_of_extensions(trunks_of(way)), way->to.address);
}

/* A number as users have it: a text, or a JSON number. False: it is none. */
static bool take_digits(struct way *way, const json_t *number)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(number));
    return (json_is_integer(number) || json_is_string(number)) &&
           conf_digits(json_is_string(number) ? json_string_value(number) : text, way->digits,
                       sizeof way->digits) &&
           *way->digits;
}

/* The first of a user's own channels that can be dialled: {sip: [{uri}], pstn or phone:
 * [{number}]}. */
static int take_channel(struct way *way, const json_t *channels)
{
    static const char *const phones[] = {"pstn", "phone"};
    const json_t *channel;
    size_t place;

    json_array_foreach (json_object_get(channels, "sip"), place, channel) {
        const char *uri = json_string_value(json_object_get(channel, "uri"));

        if (uri && strncasecmp(uri, "sip", 3) == 0 &&
            !user_uri_is_ours(way->calls->bridge, uri, NULL)) {
            way->uri = uri;
            return 0;
        }
    }
    for (int i = 0; i < 2; i++) {
        channel = json_array_get(json_object_get(channels, phones[i]), 0);
        if (take_digits(way, json_object_get(channel, "number")))
            return take_number(way);
    }
    way->failure = leg_cause_sip(480);
    return 0;
}

static int by_user(struct way *way)
{
    const char *name = member_of(way, "user");
    struct user *user = user_named(way->application, name);

    if (!user)
        user = user_find(way->application, name);
    way->to = (struct endpoint){ENDPOINT_APP, name};
    way->why =
        mem_printf(user ? "the user %s has no channel that rings" : "there is no user %s", name);
    way->failure = leg_cause_sip(404);
    if (!user || take_phones(way, user))
        return 0;
    return take_channel(way, user_channels(user));
}

static int by_websocket(struct way *way)
{
    int err = socket_ask_for(way->calls, way->application, way->endpoint, &way->socket);

    way->to = (struct endpoint){ENDPOINT_WEBSOCKET, member_of(way, "uri")};
    way->is_socket = !err;
    if (err != ENOENT)
        return err;
    way->why = mem_strdup("the WebSocket endpoint wants a token, and there is no signature secret");
    way->failure = leg_cause_sip(404);
    return 0;
}

static const struct {
    const char *type;
    int (*find)(struct way *way);
} ways[] = {
    {"phone", by_phone},         {"sip", by_sip},       {"app", by_user},
    {"websocket", by_websocket}, {"vbc", by_extension},
};

static int find_way(struct way *way)
{
    const char *type = member_of(way, "type");

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].type, type) == 0)
            return ways[i].find(way);
    }
    return EINVAL;
}

/* Who calls: a number of the application's own, or nobody that is told. */
static const char *caller_of(const struct dial_request *request, char *digits, size_t size)
{
    const char *random = request->random_from ? application_any_number(request->application) : NULL;

    if (random)
        return random;
    if (request->from && conf_digits(request->from, digits, size) && *digits &&
        application_owns(request->application, digits))
        return digits;
    return "Unknown";
}

static int dial_way(const struct way *way, const struct dial_request *request, struct leg **leg)
{
    struct headers headers = {.count = 0};
    char digits[32] = "";
    struct leg_dial dial = {
        .from = request->caller
                    ? *request->caller
                    : (struct endpoint){ENDPOINT_PHONE, caller_of(request, digits, sizeof digits)},
        .to = way->to,
        .route = way->route,
        .diverted = request->diverted,
        .ring_timeout = request->ring_timeout,
        .length = request->length,
        .headers = headers.list,
        .failure = way->failure,
    };
    int err = ENOMEM;

    dial.phones = way->phones;
    dial.phone_count = way->phone_count;
    if (way->is_socket)
        dial.socket = &way->socket;
    else
        read_headers(&headers, request->endpoint);
    if (request->replaces)
        add_text(&headers, "Replaces", request->replaces);
    dial.header_count = headers.count;
    if (complete(&headers))
        err = leg_dial(bridge_plane(way->calls->bridge), &dial, leg);
    drop_headers(&headers);
    return err;
}

/* What the application may not dial it does not: a leg that fails at once, or (refuse) none. */
static int guard(struct way *way, const struct dial_request *request, struct dial_reason *reason)
{
    const char *number = *way->digits ? way->digits : way->uri ? NULL : member_of(way, "user");
    int err;

    if (!way->route)
        return 0;
    if (way->to.type == ENDPOINT_VBC)
        number = ""; /* an extension is nobody's telephone number */
    err = fraud_check(way->calls, way->application, number, way->route, reason);
    if (err != EACCES || request->refuse)
        return err;
    *reason->text = '\0';
    way->uri = NULL;
    way->route = mem_unref(way->route);
    way->failure = leg_cause_sip(403);
    return 0;
}

int call_dial(struct calls *calls, const struct dial_request *request, struct leg **leg,
              struct dial_reason *reason)
{
    struct way way = {
        .calls = calls, .application = request->application, .endpoint = request->endpoint};
    struct option_fault fault;
    bool lost;
    int err;

    if (!endpoint_check(request->endpoint, &fault)) {
        snprintf(reason->text, sizeof reason->text, "\"endpoint.%.50s\" %.90s", fault.path,
                 fault.reason);
        return EINVAL;
    }
    if (request->random_from && !application_any_number(request->application)) {
        snprintf(reason->text, sizeof reason->text, "randomFromNumber: the application has none");
        return EINVAL;
    }
    err = find_way(&way);
    if (!err && way.uri)
        err = trunk_route_uris(way.uri, &way.route);
    if (!err)
        err = guard(&way, request, reason);
    lost = !err && !way.route && !way.is_socket && !way.phone_count;
    if (lost && way.why)
        log_info("ncco", "%s", way.why);
    if (lost && request->refuse) {
        snprintf(reason->text, sizeof reason->text, "%.150s", way.why ? way.why : "no way there");
        err = ENOENT;
    }
    if (!err && !lost && !calls_admit(calls)) {
        snprintf(reason->text, sizeof reason->text,
                 "more than %u legs a second are not dialled (limits.outgoing_per_second)",
                 bridge_config(calls->bridge)->limits.outgoing_per_second);
        err = EDQUOT;
    }
    if (!err)
        err = dial_way(&way, request, leg);
    socket_ask_end(&way.socket);
    mem_unref(way.route);
    mem_unref(way.why);
    if (err && !*reason->text)
        snprintf(reason->text, sizeof reason->text, "no leg could be made: %s", strerror(err));
    return err;
}
