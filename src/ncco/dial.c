/* dial.c: an endpoint of an NCCO or of REST is dialled: its kind says by which way. Whom no way
 * leads to is a leg, too, which fails at once: the application is told as of any other. */
#include "ncco/private.h"
#include "base/log.h"
#include "json/text.h"
#include "leg/text.h"

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
    struct leg_route *route; /* our reference, or */
    const char *uri;         /* borrowed, or */
    bool is_socket;          /* or */
    struct socket_request socket;
    const struct leg_cause *failure;
    char *why; /* for the log; mem */
};

static const char *member_of(const struct way *way, const char *name)
{
    const char *text = json_string_value(option_value(way->endpoint, name));

    return text ? text : "";
}

/* By a trunk, if there is one. */
static int take_trunk(struct way *way, const struct conf_trunk *trunk, const char *user)
{
    int err = leg_route_trunk(trunk, user, &way->route);

    if (err != ENOENT)
        return err;
    way->failure = leg_cause_sip(404);
    return 0;
}

static int by_phone(struct way *way)
{
    const struct conf *conf = bridge_config(way->calls->bridge);

    conf_digits(member_of(way, "number"), way->digits, sizeof way->digits);
    way->to = (struct endpoint){ENDPOINT_PHONE, way->digits};
    way->why = mem_printf("no trunk takes the number %s", way->digits);
    return take_trunk(way, conf_trunk_of(conf, way->digits), way->digits);
}

static int by_sip(struct way *way)
{
    const struct conf *conf = bridge_config(way->calls->bridge);
    const char *domain = member_of(way, "domain");
    char *user;
    int err;

    way->uri = member_of(way, "uri");
    way->to = (struct endpoint){ENDPOINT_SIP, way->uri};
    if (strcasestr(way->uri, ";media=srtp")) {
        way->uri = NULL; /* rather not at all than in the clear */
        way->why = mem_strdup("encrypted sound (media=srtp) cannot be had here");
        way->failure = leg_cause_sip(488);
        return 0;
    }
    if (*way->uri)
        return 0;
    way->uri = NULL;
    way->to.address = domain;
    way->why = mem_printf("no trunk has the name or the host %s", domain);
    user = text_sip_user(member_of(way, "user"));
    err = user ? take_trunk(way, conf_trunk_named(conf, domain), user) : ENOMEM;
    mem_unref(user);
    return err;
}

static int by_extension(struct way *way)
{
    const struct conf *conf = bridge_config(way->calls->bridge);

    way->to = (struct endpoint){ENDPOINT_VBC, option_keys(way->endpoint, "extension", way->digits)};
    way->why = mem_strdup("no trunk takes extensions");
    return take_trunk(way, conf_trunk_of_extensions(conf), way->to.address);
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
    const json_t *channel = json_array_get(json_object_get(channels, "sip"), 0);
    const char *uri = json_string_value(json_object_get(channel, "uri"));

    if (uri && strncasecmp(uri, "sip", 3) == 0) {
        way->uri = uri;
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        channel = json_array_get(json_object_get(channels, phones[i]), 0);
        if (take_digits(way, json_object_get(channel, "number")))
            return take_trunk(way, conf_trunk_of(bridge_config(way->calls->bridge), way->digits),
                              way->digits);
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
    return user ? take_channel(way, user_channels(user)) : 0;
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
        .from = {ENDPOINT_PHONE, caller_of(request, digits, sizeof digits)},
        .to = way->to,
        .uris = (const char **)&way->uri,
        .uri_count = way->uri != NULL,
        .ring_timeout = request->ring_timeout,
        .length = request->length,
        .headers = headers.list,
        .failure = way->failure,
    };
    int err = ENOMEM;

    if (way->route) {
        dial.uris = way->route->uris;
        dial.uri_count = way->route->uri_count;
        dial.from_host = way->route->from_host;
        dial.trunk = way->route->trunk;
    }
    if (way->is_socket)
        dial.socket = &way->socket;
    else
        read_headers(&headers, request->endpoint);
    dial.header_count = headers.count;
    if (complete(&headers))
        err = leg_dial(bridge_plane(way->calls->bridge), &dial, leg);
    drop_headers(&headers);
    return err;
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
    lost = !err && !way.uri && !way.route && !way.is_socket;
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
