/* numbers.c: which number is whose: POST /number/update links one to an application, and
 * GET /account/numbers lists them, as the Numbers API does. Numbers of the configuration
 * file are listed too; one linked here stands before them. */
#include "api/private.h"

#include <errno.h>
#include <string.h>

enum { SIZE_DEFAULT = 10, SIZE_MOST = 100 };

static const char *const callback_types[] = {"app", NULL};

static const struct shape update_body[] = {
    {"country", SHAPE_STRING, .pattern = "[A-Za-z]{2}", .help = "ISO 3166 code."},
    {"msisdn", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_PHONE, .help = "The number."},
    {"app_id", SHAPE_STRING, SHAPE_EMPTY, .high = 64,
     .help = "The application; empty or absent: none any more."},
    {"voiceCallbackType", SHAPE_STRING, .words = callback_types, .help = "app"},
    {"voiceCallbackValue", SHAPE_STRING, .high = 64, .help = "The application, as app_id."},
    {0},
};
static const struct shape update_reply[] = {
    {"error-code", SHAPE_STRING, SHAPE_REQUIRED, .help = "200"},
    {"error-code-label", SHAPE_STRING, SHAPE_REQUIRED, .help = "success"},
    {0},
};
static const struct shape list_query[] = {
    {"application_id", SHAPE_STRING, .high = 64, .help = "Those of one application."},
    {"pattern", SHAPE_STRING, .high = 20, .help = "Those that begin with these digits."},
    {"size", SHAPE_INTEGER, .low = 1, .high = SIZE_MOST, .help = "Numbers a page."},
    {"index", SHAPE_INTEGER, .low = 1, .high = 1000000, .help = "Which page, from 1."},
    {0},
};
static const struct shape feature[] = {{"feature", SHAPE_STRING}, {0}};
static const struct shape number_reply[] = {
    {"country", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "ISO 3166 code, if known."},
    {"msisdn", SHAPE_STRING, SHAPE_REQUIRED, .help = "The number, or a range with * at its end."},
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .help = "mobile-lvn"},
    {"features", SHAPE_ARRAY, SHAPE_REQUIRED, .members = feature, .help = "VOICE"},
    {"app_id", SHAPE_STRING, .help = "The application it is linked to."},
    {0},
};
static const struct shape number_item[] = {{"number", SHAPE_OBJECT, .members = number_reply}, {0}};
static const struct shape list_reply[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of all pages."},
    {"numbers", SHAPE_ARRAY, SHAPE_REQUIRED, .members = number_item, .help = "The page."},
    {0},
};

static const char *application_given(const struct api_request *request)
{
    const char *id = api_text(request, "app_id");

    if (!id || !*id)
        id = api_text(request, "voiceCallbackValue");
    return id && *id ? id : NULL;
}

static void number_update(struct api_request *request)
{
    struct bridge *bridge = request->api->conf.bridge;
    const char *id = application_given(request), *country = api_text(request, "country");
    struct application *application = id ? application_find(bridge, id) : NULL;
    char digits[32];
    int err;

    if (id && !application) {
        api_fault(request, "app_id", "must be the id of an application");
        api_refuse_faults(request);
        return;
    }
    conf_digits(api_text(request, "msisdn"), digits, sizeof digits); /* its shape was checked */
    err = number_put(bridge, digits, country, application, NULL);
    if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request,
                        json_pack("{s:s,s:s}", "error-code", "200", "error-code-label", "success"));
}

static bool matches(const struct api_request *request, const json_t *row)
{
    const char *application = api_query(request, "application_id");
    const char *pattern = api_query(request, "pattern");
    const char *owner = json_string_value(json_object_get(row, "application"));

    if (application && (!owner || strcmp(owner, application)))
        return false;
    return !pattern ||
           !strncmp(json_string_value(json_object_get(row, "msisdn")), pattern, strlen(pattern));
}

static json_t *number_json(const json_t *row)
{
    json_t *application = json_object_get(row, "application");
    json_t *json =
        json_pack("{s:O,s:O,s:s,s:[s]}", "country", json_object_get(row, "country"), "msisdn",
                  json_object_get(row, "msisdn"), "type", "mobile-lvn", "features", "VOICE");

    if (application)
        json_object_set(json, "app_id", application);
    return json;
}

static void numbers_list(struct api_request *request)
{
    int64_t size = api_query_number(request, "size", SIZE_DEFAULT);
    int64_t first = (api_query_number(request, "index", 1) - 1) * size, count = 0;
    json_t *rows = number_rows(request->api->conf.bridge), *page = json_array(), *row;
    size_t i;

    json_array_foreach (rows, i, row) {
        if (!matches(request, row))
            continue;
        if (count >= first && count < first + size)
            json_array_append_new(page, number_json(row));
        count++;
    }
    json_decref(rows);
    api_answer(request, 200, json_pack("{s:I,s:o}", "count", (json_int_t)count, "numbers", page));
}

const struct api_route routes_numbers[] = {
    {.method = "POST",
     .pattern = "/number/update",
     .name = "updateNumber",
     .summary = "Links a number to an application, or to none.",
     .family = API_APPLICATION,
     .auth = AUTH_SECRET,
     .success = 200,
     .flags = API_FORM,
     .body = update_body,
     .reply = update_reply,
     .run = number_update},
    {.method = "GET",
     .pattern = "/account/numbers",
     .name = "listNumbers",
     .summary = "The numbers, with the application each is linked to.",
     .family = API_APPLICATION,
     .auth = AUTH_SECRET,
     .success = 200,
     .query = list_query,
     .reply = list_reply,
     .run = numbers_list},
    {0},
};
