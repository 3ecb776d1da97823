/* error.c: errors as a table, and the bodies the API families give them. */
#include "api/private.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What all errors of a status share. */
static const struct status {
    int status;
    const char *title;    /* of the voice and application families */
    const char *title_v1; /* of the conversation family */
    const char *type;     /* fragment of the voice and application families */
} statuses[] = {
    {400, "Bad Request", "Bad request.", "bad-request"},
    {401, "Unauthorized", "Unauthorized.", "unauthorized"},
    {403, "Forbidden", "Forbidden.", "forbidden"},
    {404, "Not Found", "Not found.", "not-found"},
    {405, "Method Not Allowed", "Method not allowed.", "wrong-verb"},
    {409, "Conflict", "Conflict.", "conflict"},
    {413, "Content Too Large", "Content too large.", "content-too-large"},
    {415, "Unsupported Media Type", "Unsupported media type.", "content-type-header"},
    {422, "Unprocessable Content", "Unprocessable content.", "unprocessable-content"},
    {429, "Too Many Requests", "Too many requests.", "throttled"},
    {500, "Internal Server Error", "Internal error.", "internal-error"},
    {503, "Service Unavailable", "Service unavailable.", "unavailable"},
};

static const struct row {
    int status;
    const char *code; /* conversation families */
    const char *text;
} rows[] = {
    [API_INVALID] = {400, "http:error:validation-fail", "Input validation failure."},
    [API_DUPLICATE_CONVERSATION] = {400, "conversation:error:duplicate-name",
                                    "A conversation of this name exists already."},
    [API_DUPLICATE_USER] = {400, "user:error:duplicate-name",
                            "A user of this name exists already."},
    [API_INVALID_ACTION] = {400, "conversation:error:invalid-action",
                            "This action cannot be done."},
    [API_INVALID_CHANNEL] = {400, "conversation:error:invalid-channel",
                             "The channel cannot be used."},
    [API_INVALID_EVENT] = {400, "conversation:error:invalid-event",
                           "Events of this type cannot be made."},
    [API_INVALID_MEMBER_STATE] = {400, "conversation:error:invalid-member-state",
                                  "The member is not in a state that allows this."},
    [API_ALREADY_MEMBER] = {400, "conversation:error:already-member",
                            "The user is a member already."},
    [API_ALREADY_JOINED] = {400, "conversation:error:member-already-joined",
                            "The member has joined already."},
    [API_TOO_MANY_MEMBERS] = {400, "conversation:error:maximum-number-of-members",
                              "The conversation takes no more members."},
    [API_LEG_INVALID_ACTION] = {400, "leg:error:invalid-action",
                                "This action cannot be done with the leg."},
    [API_LEG_NOT_ANSWERED] = {400, "leg:error:not-answered", "The leg was not answered yet."},
    [API_LEG_COMPLETE] = {400, "leg:error:complete", "The leg has ended."},
    [API_UNKNOWN_EVENT] = {400, "event:error:unknown-event", "There is no such type of event."},
    [API_EVENT_NOT_JOINED] = {400, "event:error:not-joined", "The member has not joined."},
    [API_NO_AUDIO] = {400, "audio:error:not-found", "The member has no audio."},
    [API_NO_ACT] = {404, "audio:error:not-found", "There is nothing of that kind to be stopped."},
    [API_UNAUTHORIZED] = {401, "system:error:invalid-token", "You did not provide a valid token."},
    [API_EXPIRED] = {401, "system:error:expired-token",
                     "You did not provide a valid token. The token has expired."},
    [API_FORBIDDEN] = {403, "system:error:permission",
                       "You do not have permission to perform this action."},
    [API_EVENT_DENIED] = {403, "event:error:permission-denied",
                          "You do not have permission to make events of this member."},
    [API_CONFIGURED] = {403, "system:error:permission",
                        "This is set in the configuration file, and cannot be changed here."},
    [API_NO_ROUTE] = {404, "http:error:not-found", "There is nothing at this path."},
    [API_NO_CONVERSATION] = {404, "conversation:error:not-found",
                             "Conversation does not exist, or you do not have access."},
    [API_NO_MEMBER] = {404, "member:error:not-found",
                       "Member does not exist, or you do not have access."},
    [API_NO_USER] = {404, "user:error:not-found",
                     "User does not exist, or you do not have access."},
    [API_NO_EVENT] = {404, "event:error:not-found",
                      "Event does not exist, or you do not have access."},
    [API_NO_LEG] = {404, "leg:error:not-found", "Leg does not exist, or you do not have access."},
    [API_NO_CALL] = {404, "leg:error:not-found", "Call does not exist, or you do not have access."},
    [API_NO_KNOCK] = {404, "knocking:error:not-found",
                      "Knocking does not exist, or you do not have access."},
    [API_NO_RECORDING] = {404, "recording:error:not-found",
                          "Recording does not exist, or you do not have access."},
    [API_NO_FILE] = {404, "media:error:not-found",
                     "File does not exist, or you do not have access."},
    [API_NO_APPLICATION] = {404, "application:error:not-found",
                            "Application does not exist, or you do not have access."},
    [API_NO_WEBHOOK] = {404, "webhook:error:not-found",
                        "Webhook does not exist, or you do not have access."},
    [API_NO_TRUNK] = {404, "trunk:error:not-found", "Trunk does not exist."},
    [API_METHOD] = {405, "http:error:method-not-allowed", "Request method not supported."},
    [API_CONFLICT] = {409, "http:error:conflict",
                      "The request with this Idempotency-Key is being worked on."},
    [API_TOO_LARGE] = {413, "http:error:content-too-large", "The body is larger than 1 MiB."},
    [API_MEDIA_TYPE] = {415, "http:error:unsupported-media-type",
                        "The Content-Type of the body must be application/json."},
    [API_KEY_REUSED] = {422, "http:error:idempotency-key-reused",
                        "The Idempotency-Key was used for another request."},
    [API_THROTTLED] = {429, "http:error:too-many-requests",
                       "More legs are not dialled in this second."},
    [API_INTERNAL] = {500, "system:error:internal-error", "Something went wrong on our side."},
    [API_UNAVAILABLE] = {503, "system:error:unavailable",
                         "The service takes no more at the moment."},
};

_Static_assert(sizeof rows / sizeof *rows == API_ERRORS, "a row for each error");

static const struct status *status_of(int status)
{
    const struct status *found = statuses;

    while (found->status != status)
        found++;
    return found;
}

int api_error_status(enum api_error error)
{
    return rows[error].status;
}

const char *api_error_title(enum api_error error)
{
    return status_of(rows[error].status)->title;
}

enum api_error api_error_of(int status)
{
    if (status >= 500)
        return status == 503 ? API_UNAVAILABLE : API_INTERNAL;
    return status == 413 ? API_TOO_LARGE : API_INVALID;
}

/* "name" reason */
static char *sentence(const json_t *fault)
{
    return mem_printf("\"%s\" %s", json_string_value(json_object_get(fault, "name")),
                      json_string_value(json_object_get(fault, "reason")));
}

static json_t *beta_body(const struct row *row, const char *detail, json_t *faults)
{
    json_t *body = json_pack("{s:s,s:s}", "code", row->code, "description", detail), *fault;
    json_t *error = json_object();
    size_t i;

    json_array_foreach (faults, i, fault) {
        char *reason = sentence(fault);

        json_object_set_new(error, json_string_value(json_object_get(fault, "name")),
                            json_string(reason));
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
    body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "title", status_of(row->status)->title_v1, "type",
                     type ? type : "", "code", row->code, "detail", detail, "instance", instance);
    mem_unref(type);
    if (!faults)
        return body;
    list = json_array();
    json_array_foreach (faults, i, fault) {
        char *reason = sentence(fault);

        json_array_append_new(list, json_pack("{s:O,s:s}", "name", json_object_get(fault, "name"),
                                              "reason", reason ? reason : ""));
        mem_unref(reason);
    }
    json_object_set_new(body, "invalid_parameters", list);
    return body;
}

static json_t *problem_body(const struct row *row, const char *base, const char *detail)
{
    const struct status *status = status_of(row->status);
    char instance[ID_HEX32], *type = mem_printf("%s#%s", base, status->type);
    json_t *body;

    id_hex32(instance);
    body = json_pack("{s:s,s:s,s:s,s:s}", "type", type ? type : "", "title", status->title,
                     "detail", detail, "instance", instance);
    mem_unref(type);
    return body;
}

static json_t *voice_body(const struct row *row, const char *detail, json_t *faults)
{
    if (faults)
        return json_pack("{s:i,s:s,s:O}", "type", row->status, "title",
                         status_of(row->status)->title, "invalid_parameters", faults);
    return problem_body(row, "https://developer.nexmo.com/api-errors", detail);
}

static json_t *application_body(const struct row *row, const char *detail, json_t *faults)
{
    static const char invalid[] =
        "https://developer.nexmo.com/api-errors/application#payload-validation";
    json_t *body = problem_body(row, "https://developer.nexmo.com/api-errors", detail);

    if (row->status == 400)
        json_object_set_new(body, "type", json_string(invalid));
    if (faults)
        json_object_set(body, "invalid_parameters", faults);
    return body;
}

/* What a client sent may be quoted in a detail, and JSON has room for characters only. */
static void make_legible(char *text)
{
    while (*text) {
        size_t length = utf8_character((const uint8_t *)text, SIZE_MAX);

        if (!length)
            *text = '?';
        text += length ? length : 1;
    }
}

static json_t *make_body(enum api_family family, const struct row *row, const char *detail,
                         json_t *faults)
{
    switch (family) {
    case API_BETA:
    case API_BETA2:
        return beta_body(row, detail, faults);
    case API_V03:
    case API_V1:
        return conversation_body(row, detail, faults);
    case API_APPLICATION:
        return application_body(row, detail, faults);
    case API_VOICE:
    case API_SERVICE:
        break;
    }
    return voice_body(row, detail, faults);
}

json_t *api_error_body(enum api_family family, enum api_error error, const char *detail,
                       json_t *faults)
{
    const struct row *row = &rows[error];
    char *legible = detail ? mem_printf("%s", detail) : NULL;
    json_t *body;

    if (legible)
        make_legible(legible);
    body = make_body(family, row, legible ? legible : row->text, faults);
    mem_unref(legible);
    return body;
}

void api_refuse(struct api_request *request, enum api_error error, const char *detail)
{
    api_answer(request, rows[error].status,
               api_error_body(request->family, error, detail, request->faults));
}

void api_refuse_errno(struct api_request *request, int err, const char *detail)
{
    static const int busy[] = {EAGAIN, EBUSY,   ENOSPC,    EMFILE,
                               ENFILE, ENOBUFS, ECANCELED, ETIMEDOUT};

    if (err == EDQUOT || err == EACCES) {
        api_refuse(request, err == EDQUOT ? API_THROTTLED : API_FORBIDDEN, detail);
        return;
    }
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++)
        if (err == busy[i]) {
            api_refuse(request, API_UNAVAILABLE, detail);
            return;
        }
    api_refuse(request, API_INTERNAL, detail);
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
