/* dial.c: an endpoint of an NCCO or of REST, checked and dialled. */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 32 };

bool dial_check(const json_t *endpoint, const char **reason)
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

static int dial_phone(struct calls *calls, const struct leg_dial *common, const char *number,
                      struct leg **leg, struct dial_reason *reason)
{
    struct leg_dial dial = *common;
    struct leg_route *route;
    char digits[32] = "";
    int err;

    conf_digits(number, digits, sizeof digits);
    dial.to = (struct endpoint){ENDPOINT_PHONE, digits};
    err = leg_route_phone(bridge_config(calls->bridge), digits, &route);
    if (err) {
        snprintf(reason->text, sizeof reason->text, "no trunk takes the number %s", digits);
        return err;
    }
    dial.uris = route->uris;
    dial.uri_count = route->uri_count;
    dial.from_host = route->from_host;
    dial.dtmf = route->dtmf;
    err = leg_dial(bridge_plane(calls->bridge), &dial, leg);
    mem_unref(route);
    return err;
}

static int dial_sip(struct calls *calls, const struct leg_dial *common, const char *uri,
                    struct leg **leg)
{
    struct leg_dial dial = *common;

    dial.to = (struct endpoint){ENDPOINT_SIP, uri};
    dial.uris = &uri;
    dial.uri_count = 1;
    return leg_dial(bridge_plane(calls->bridge), &dial, leg);
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

    if (!dial_check(endpoint, &why)) {
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
