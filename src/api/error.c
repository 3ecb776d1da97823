/* error.c: errors as a table, and the bodies the API families give them. */
#include "api/private.h"
#include "base/id.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct row {
    int status;
    const char *title; /* of the voice family; the other has a full stop and small letters */
    const char *type;  /* fragment, voice family */
    const char *title_v1;
    const char *code; /* conversation families */
    const char *text;
} rows[] = {
    [API_INVALID] = {400, "Bad Request", "bad-request", "Bad request.",
                     "http:error:validation-fail", "Input validation failure."},
    [API_UNAUTHORIZED] = {401, "Unauthorized", "unauthorized", "Unauthorized.",
                          "system:error:invalid-token", "You did not provide a valid token."},
    [API_EXPIRED] = {401, "Unauthorized", "unauthorized", "Unauthorized.",
                     "system:error:expired-token",
                     "You did not provide a valid token. The token has expired."},
    [API_FORBIDDEN] = {403, "Forbidden", "forbidden", "Forbidden.", "system:error:permission",
                       "You do not have permission to perform this action."},
    [API_NO_ROUTE] = {404, "Not Found", "not-found", "Not found.", "http:error:not-found",
                      "There is nothing at this path."},
    [API_NO_CONVERSATION] = {404, "Not Found", "not-found", "Not found.",
                             "conversation:error:not-found",
                             "Conversation does not exist, or you do not have access."},
    [API_NO_CALL] = {404, "Not Found", "not-found", "Not found.", "leg:error:not-found",
                     "Call does not exist, or you do not have access."},
    [API_METHOD] = {405, "Method Not Allowed", "wrong-verb", "Method not allowed.",
                    "http:error:method-not-allowed", "Request method not supported."},
    [API_TOO_LARGE] = {413, "Content Too Large", "content-too-large", "Content too large.",
                       "http:error:content-too-large", "The body is larger than 1 MiB."},
    [API_MEDIA_TYPE] = {415, "Unsupported Media Type", "content-type-header",
                        "Unsupported media type.", "http:error:unsupported-media-type",
                        "The Content-Type of the body must be application/json."},
    [API_INTERNAL] = {500, "Internal Server Error", "internal-error", "Internal error.",
                      "system:error:internal-error", "Something went wrong on our side."},
    [API_UNAVAILABLE] = {503, "Service Unavailable", "unavailable", "Service unavailable.",
                         "system:error:unavailable", "The service takes no more at the moment."},
};

static bool begins(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    return !strncmp(path, prefix, length) && (path[length] == '/' || !path[length]);
}

enum api_family api_family_of(const char *path)
{
    static const struct {
        const char *prefix;
        enum api_family family;
    } prefixes[] = {
        {"/beta", API_BETA},
        {"/v0.1", API_BETA},
        {"/beta2", API_BETA},
        {"/v0.2", API_BETA},
        {"/v0.3", API_CONVERSATION},
        {"/v1/conversations", API_CONVERSATION},
        {"/v1/users", API_CONVERSATION},
        {"/v1/legs", API_CONVERSATION},
        {"/v1/sessions", API_CONVERSATION},
        {"/v1/knocking", API_CONVERSATION},
    };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (begins(path, prefixes[i].prefix))
            return prefixes[i].family;
    return API_VOICE;
}

int api_error_status(enum api_error error)
{
    return rows[error].status;
}

enum api_error api_error_of(int status)
{
    if (status >= 500)
        return status == 503 ? API_UNAVAILABLE : API_INTERNAL;
    return status == 413 ? API_TOO_LARGE : API_INVALID;
}

static json_t *beta_body(const struct row *row, const char *detail, json_t *faults)
{
    json_t *body = json_pack("{s:s,s:s}", "code", row->code, "description", detail), *fault;
    json_t *error = json_object();
    size_t i;

    json_array_foreach (faults, i, fault) {
        const char *name = json_string_value(json_object_get(fault, "name"));
        char *reason =
            mem_printf("\"%s\" %s", name, json_string_value(json_object_get(fault, "reason")));

        json_object_set_new(error, name, json_string(reason));
        mem_unref(reason);
    }
    if (json_object_size(error))
        json_object_set(body, "error", error);
    json_decref(error);
    return body;
}

static json_t *conversation_body(const struct row *row, const char *detail, json_t *faults)
{
    char instance[ID_HEX32], *type;
    json_t *body, *list, *fault;
    size_t i;

    id_hex32(instance);
    type = mem_printf("https://developer.nexmo.com/api/conversation#%s", row->code);
    body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "title", row->title_v1, "type", type, "code",
                     row->code, "detail", detail, "instance", instance);
    mem_unref(type);
    if (!faults)
        return body;
    list = json_array();
    json_array_foreach (faults, i, fault) {
        const char *name = json_string_value(json_object_get(fault, "name"));
        char *reason =
            mem_printf("\"%s\" %s", name, json_string_value(json_object_get(fault, "reason")));

        json_array_append_new(list, json_pack("{s:s,s:s}", "name", name, "reason", reason));
        mem_unref(reason);
    }
    json_object_set_new(body, "invalid_parameters", list);
    return body;
}

static json_t *voice_body(const struct row *row, const char *detail, json_t *faults)
{
    char instance[ID_HEX32], *type;
    json_t *body;

    if (faults)
        return json_pack("{s:i,s:s,s:O}", "type", row->status, "title", row->title,
                         "invalid_parameters", faults);
    id_hex32(instance);
    type = mem_printf("https://developer.nexmo.com/api-errors#%s", row->type);
    body = json_pack("{s:s,s:s,s:s,s:s}", "type", type, "title", row->title, "detail", detail,
                     "instance", instance);
    mem_unref(type);
    return body;
}

json_t *api_error_body(enum api_family family, enum api_error error, const char *detail,
                       json_t *faults)
{
    const struct row *row = &rows[error];

    if (!detail)
        detail = row->text;
    switch (family) {
    case API_BETA:
        return beta_body(row, detail, faults);
    case API_CONVERSATION:
        return conversation_body(row, detail, faults);
    case API_VOICE:
        break;
    }
    return voice_body(row, detail, faults);
}

void api_refuse(struct api_request *request, enum api_error error, const char *detail)
{
    api_answer(request, rows[error].status,
               api_error_body(request->family, error, detail, request->faults));
}

void api_fault(struct api_request *request, const char *name, const char *format, ...)
{
    char reason[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    if (!request->faults)
        request->faults = json_array();
    /* a text cut in the middle of a character is no JSON string */
    for (size_t n = strlen(reason); n; n--) {
        json_t *fault;

        reason[n] = '\0';
        fault = json_pack("{s:s,s:s}", "reason", reason, "name", name);
        if (!fault)
            continue;
        json_array_append_new(request->faults, fault);
        break;
    }
}

bool api_refuse_faults(struct api_request *request)
{
    if (!request->faults)
        return false;
    api_refuse(request, API_INVALID, NULL);
    return true;
}
