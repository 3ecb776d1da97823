/* openapi_errors.c: which statuses a route may answer, and what their bodies are. */
#include "api/openapi.h"
#include "api/private.h"

#include <stdio.h>
#include <string.h>

static const struct shape fault_shape[] = {
    {"name", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY}, /* a member's name may be "" */
    {"reason", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};
static const struct shape faults_shape[] = {
    {"", SHAPE_OBJECT, .members = fault_shape},
    {.name = NULL},
};

static const struct shape error_beta_shape[] = {
    {"code", SHAPE_STRING, SHAPE_REQUIRED},
    {"description", SHAPE_STRING, SHAPE_REQUIRED},
    {"error", SHAPE_OBJECT, SHAPE_OPEN, .help = "Parameters that are wrong, and why."},
    {.name = NULL},
};
static const struct shape error_conversation_shape[] = {
    {"title", SHAPE_STRING, SHAPE_REQUIRED},
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {"code", SHAPE_STRING, SHAPE_REQUIRED},
    {"detail", SHAPE_STRING, SHAPE_REQUIRED},
    {"instance", SHAPE_STRING, SHAPE_REQUIRED},
    {"invalid_parameters", SHAPE_ARRAY, .members = faults_shape},
    {.name = NULL},
};
/* With invalid_parameters `type` is a number, and neither detail nor instance is there. */
static const struct shape error_voice_shape[] = {
    {"type", SHAPE_ANY, SHAPE_REQUIRED},
    {"title", SHAPE_STRING, SHAPE_REQUIRED},
    {"detail", SHAPE_STRING},
    {"instance", SHAPE_STRING},
    {"invalid_parameters", SHAPE_ARRAY, .members = faults_shape},
    {.name = NULL},
};
static const struct shape error_application_shape[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {"title", SHAPE_STRING, SHAPE_REQUIRED},
    {"detail", SHAPE_STRING, SHAPE_REQUIRED},
    {"instance", SHAPE_STRING, SHAPE_REQUIRED},
    {"invalid_parameters", SHAPE_ARRAY, .members = faults_shape},
    {.name = NULL},
};

/* Of /readyz too, which says why. */
static const struct shape error_service_shape[] = {
    {"status", SHAPE_STRING},
    {"reason", SHAPE_STRING},
    {"type", SHAPE_ANY},
    {"title", SHAPE_STRING},
    {"detail", SHAPE_STRING},
    {"instance", SHAPE_STRING},
    {"invalid_parameters", SHAPE_ARRAY, .members = faults_shape},
    {.name = NULL},
};

static const struct family {
    const char *name;
    const struct shape *shape;
} families[] = {
    [API_BETA] = {"BetaError", error_beta_shape},
    [API_BETA2] = {"BetaError", error_beta_shape},
    [API_V03] = {"ConversationError", error_conversation_shape},
    [API_V1] = {"ConversationError", error_conversation_shape},
    [API_VOICE] = {"VoiceError", error_voice_shape},
    [API_APPLICATION] = {"ApplicationError", error_application_shape},
    [API_SERVICE] = {"ServiceError", error_service_shape},
};

/* Of any route, unless it takes nobody's word for who asks. */
static const enum api_error of_any[] = {API_INVALID,  API_METHOD,      API_TOO_LARGE,
                                        API_INTERNAL, API_UNAVAILABLE, API_ERRORS};
static const enum api_error of_known[] = {API_UNAUTHORIZED, API_FORBIDDEN, API_NO_ROUTE,
                                          API_MEDIA_TYPE, API_ERRORS};
static const enum api_error of_creating[] = {API_CONFLICT, API_KEY_REUSED, API_ERRORS};

json_t *openapi_error_schemas(void)
{
    json_t *schemas = json_object();

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (!json_object_get(schemas, families[i].name))
            json_object_set_new(schemas, families[i].name, shape_schema(families[i].shape, false));
    return schemas;
}

static void name_of(char out[64], const struct family *family, int status)
{
    snprintf(out, 64, "%s%d", family->name, status);
}

json_t *openapi_error_responses(void)
{
    json_t *responses = json_object();
    char name[64], ref[96];

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (int error = 0; error < API_ERRORS; error++) {
            name_of(name, &families[i], api_error_status((enum api_error)error));
            snprintf(ref, sizeof ref, "#/components/schemas/%s", families[i].name);
            json_object_set_new(responses, name,
                                json_pack("{s:s,s:{s:{s:{s:s}}}}", "description",
                                          api_error_title((enum api_error)error), "content",
                                          "application/json", "schema", "$ref", ref));
        }
    return responses;
}

static void add(json_t *responses, const struct family *family, const enum api_error *errors)
{
    char name[64], ref[128], status[8];

    for (; errors && *errors != API_ERRORS; errors++) {
        name_of(name, family, api_error_status(*errors));
        snprintf(ref, sizeof ref, "#/components/responses/%s", name);
        snprintf(status, sizeof status, "%d", api_error_status(*errors));
        json_object_set_new(responses, status, json_pack("{s:s}", "$ref", ref));
    }
}

void openapi_add_errors(json_t *responses, const struct api_route *route)
{
    const struct family *family = &families[route->family];

    add(responses, family, of_any);
    if (route->auth != AUTH_NONE)
        add(responses, family, of_known);
    if (route->flags & API_CREATES)
        add(responses, family, of_creating);
    add(responses, family, route->errors);
}
