/* endpoint.c: whom `connect` and POST /v1/calls may name: the rows of each kind of endpoint, and
 * what rows cannot say. */
#include "ncco/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WEBSOCKET_HEADERS = 512 /* [bytes] */ };

static const struct option on_answer[] = {
    {"url", OPTION_URL, true, .help = "NCCO that the callee hears before it is connected"},
    {"ringbackTone", OPTION_SOUND, false, .help = "what the caller hears meanwhile"},
    {"ringback", OPTION_SOUND, false, .help = "older name of ringbackTone"},
    {0},
};
static const struct option phone[] = {
    {"number", OPTION_TEXT, true, .high = 40, .help = "3 to 15 digits"},
    {"dtmfAnswer", OPTION_KEYS, false, .low = 1, .high = 100, .values = "0123456789*#p",
     .help = "keys sent when it answers; p: a pause of 500 ms"},
    {"onAnswer", OPTION_OBJECT, false, .inside = on_answer, .help = "for the callee alone, first"},
    {"shaken", OPTION_TEXT, false, .high = 4096, .help = "Identity header, as it is (RFC 8224)"},
    {0},
};
static const struct option app[] = {
    {"user", OPTION_TEXT, true, .low = 1, .high = 100, .help = "name of a user"},
    {0},
};
static const struct option authorization[] = {
    {"type", OPTION_ENUM, true, .values = "vonage|custom", .help = "whose token is sent"},
    {"value", OPTION_TEXT, false, .high = 8191, .help = "of custom: the header's value"},
    {0},
};
static const struct option websocket[] = {
    {"uri", OPTION_TEXT, true, .high = 2048, .help = "ws: or wss:"},
    {"content-type", OPTION_ENUM, false,
     .values = "audio/l16;rate=8000|audio/l16;rate=16000|audio/l16;rate=24000",
     .help = "what is carried; required"},
    {"contentType", OPTION_ENUM, false,
     .values = "audio/l16;rate=8000|audio/l16;rate=16000|audio/l16;rate=24000",
     .help = "another name of content-type"},
    {"headers", OPTION_OBJECT, false, .help = "told in the first message; 512 bytes at most"},
    {"authorization", OPTION_OBJECT, false, .inside = authorization, .help = "of the request"},
    {0},
};
static const struct option standard_headers[] = {
    {"User-to-User", OPTION_TEXT, false, .high = 256, .help = "RFC 7433"},
    {0},
};
static const struct option sip[] = {
    {"uri", OPTION_TEXT, false, .high = 255, .help = "sip: or sips:; required without domain"},
    {"domain", OPTION_TEXT, false, .high = 255, .without = "uri", .help = "of a trunk"},
    {"user", OPTION_TEXT, false, .high = 100, .with = "domain", .help = "at the domain"},
    {"headers", OPTION_OBJECT, false, .help = "sent as X-NAME each"},
    {"standardHeaders", OPTION_OBJECT, false, .inside = standard_headers,
     .help = "sent as they are"},
    {"standard_headers", OPTION_OBJECT, false, .inside = standard_headers,
     .help = "name of standardHeaders over REST"},
    {0},
};
static const struct option vbc[] = {
    {"extension", OPTION_KEYS, true, .low = 1, .high = 15, .values = "0123456789",
     .help = "digits"},
    {0},
};
const struct endpoint_kind endpoint_kinds[] = {
    {"phone", "A telephone number.", phone},
    {"app", "A user of the application.", app},
    {"websocket", "A WebSocket server.", websocket},
    {"sip", "A SIP address.", sip},
    {"vbc", "An extension.", vbc},
    {0},
};

static bool is_phone(const char *number)
{
    char digits[32];

    return conf_digits(number, digits, sizeof digits) && strlen(digits) >= 3 &&
           strlen(digits) <= 15;
}

static bool is_sip(const char *uri)
{
    return (strncasecmp(uri, "sip:", 4) == 0 || strncasecmp(uri, "sips:", 5) == 0) &&
           !strpbrk(uri, " \t\r\n<>\"");
}

static bool is_websocket(const char *uri)
{
    return (strncasecmp(uri, "ws://", 5) == 0 || strncasecmp(uri, "wss://", 6) == 0) &&
           uri[strcspn(uri, ":") + 3] && !strpbrk(uri, " \t\r\n");
}

static bool is_header_less(const json_t *endpoint)
{
    const char *type = json_string_value(option_value(endpoint, "authorization.type"));

    return type && strcmp(type, "custom") == 0 && !option_value(endpoint, "authorization.value");
}

static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text < 0x7f)
        text++;
    return !*text;
}

static bool is_long(const json_t *headers)
{
    return headers && json_dumpb(headers, NULL, 0, JSON_COMPACT) > WEBSOCKET_HEADERS;
}

static void refuse(struct option_fault *fault, const char *path, const char *reason)
{
    snprintf(fault->path, sizeof fault->path, "%s", path);
    snprintf(fault->reason, sizeof fault->reason, "%s", reason);
}

/* What the rows cannot say. */
static bool check_rest(const char *type, const json_t *endpoint, struct option_fault *fault)
{
    const char *uri = json_string_value(option_value(endpoint, "uri"));
    const char *token = json_string_value(option_value(endpoint, "authorization.value"));

    if (strcmp(type, "phone") == 0 &&
        !is_phone(json_string_value(option_value(endpoint, "number"))))
        refuse(fault, "number", "must be a phone number of 3 to 15 digits");
    else if (strcmp(type, "sip") == 0 && !uri && !option_value(endpoint, "domain"))
        refuse(fault, "uri", "is required");
    else if (strcmp(type, "sip") == 0 && uri && !is_sip(uri))
        refuse(fault, "uri", "must be a SIP URI of up to 255 characters");
    else if (strcmp(type, "websocket") == 0 && !is_websocket(uri))
        refuse(fault, "uri", "must be a ws: or wss: URI");
    else if (strcmp(type, "websocket") == 0 && !option_value(endpoint, "content-type") &&
             !option_value(endpoint, "contentType"))
        refuse(fault, "content-type", "is required");
    else if (strcmp(type, "websocket") == 0 && is_header_less(endpoint))
        refuse(fault, "authorization.value", "is required with type custom");
    else if (strcmp(type, "websocket") == 0 && token && !is_printable(token))
        refuse(fault, "authorization.value", "must hold printable ASCII characters only");
    else if (strcmp(type, "websocket") == 0 && is_long(option_value(endpoint, "headers")))
        refuse(fault, "headers", "must have at most 512 bytes as JSON");
    else
        return true;
    return false;
}

bool endpoint_check(const json_t *endpoint, struct option_fault *fault)
{
    const char *type = json_string_value(option_value(endpoint, "type"));
    const struct endpoint_kind *kind = endpoint_kinds;

    while (type && kind->name && strcmp(kind->name, type) != 0)
        kind++;
    if (!type)
        refuse(fault, "type", "is required");
    else if (!kind->name)
        refuse(fault, "type", "must be one of [phone, app, websocket, sip, vbc]");
    else
        return options_check(kind->options, endpoint, fault) && check_rest(type, endpoint, fault);
    return false;
}
