/* conversations.c: the table of conversations, and their shapes. */
#include "api/conversations.h"

static const char *const methods[] = {"GET", "POST", NULL};
static const char *const states[] = {"ACTIVE", "INACTIVE", NULL};

static const struct shape properties[] = {
    {"ttl", SHAPE_INTEGER, SHAPE_NULL, .high = 315360000,
     .help = "Seconds that it is kept when nobody is in it."},
    {"type", SHAPE_STRING, SHAPE_NULL, .high = 200},
    {"custom_sort_key", SHAPE_STRING, SHAPE_NULL, .high = 200},
    {"custom_data", SHAPE_OBJECT, SHAPE_NULL},
    {"video", SHAPE_BOOL, SHAPE_NULL},
    {.name = NULL},
};
static const struct shape number[] = {
    {"", SHAPE_OBJECT, .members = shape_endpoint},
    {.name = NULL},
};
static const struct shape callback[] = {
    {"url", SHAPE_STRING, SHAPE_REQUIRED, .high = 2048, .format = FORMAT_URL},
    {"event_mask", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {"params", SHAPE_OBJECT, .help = "applicationId, ncco_url."},
    {"method", SHAPE_STRING, .words = methods},
    {.name = NULL},
};
#define BODY_ROWS                                                                       \
    {"name", SHAPE_STRING, .high = 100,                                                 \
     .help = "Unique in the application; default NAM- and "                             \
             "a uuid."},                                                                \
        {"display_name", SHAPE_STRING, SHAPE_NULL, .high = 50},                         \
        {"image_url", SHAPE_STRING, SHAPE_NULL, .high = 2048, .format = FORMAT_URI},    \
        {"properties", SHAPE_OBJECT, SHAPE_NULL, .members = properties},                \
        {"numbers", SHAPE_ARRAY, SHAPE_NULL, .high = 100, .members = number},           \
    {                                                                                   \
        "callback", SHAPE_OBJECT, SHAPE_NULL, .members = callback,                      \
                                              .help = "Where its events are told, too." \
    }
static const struct shape body[] = {BODY_ROWS, {.name = NULL}};
static const struct shape change[] = {
    BODY_ROWS,
    {"state", SHAPE_STRING, .words = states, .help = "INACTIVE: nobody may come in."},
    {.name = NULL},
};

static const struct shape numbered_query[] = {
    PAGE_NUMBERED_ROWS,
    PAGE_DATE_ROWS,
    {"name", SHAPE_STRING, .help = "Exactly this one."},
    {.name = NULL},
};
static const struct shape cursor_query[] = {PAGE_CURSOR_ROWS, PAGE_DATE_ROWS, {.name = NULL}};

/* Replies. */

static const struct shape times[] = {
    {"created", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME},
    {"updated", SHAPE_STRING, .format = FORMAT_TIME},
    {.name = NULL},
};
static const struct shape old_times[] = {
    {"created", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME},
    {.name = NULL},
};
static const struct shape member_times[] = {
    {"invited", SHAPE_STRING, .format = FORMAT_TIME},
    {"joined", SHAPE_STRING, .format = FORMAT_TIME},
    {"left", SHAPE_STRING, .format = FORMAT_TIME},
    {.name = NULL},
};
static const struct shape member[] = {
    {"member_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"user_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY},
    {"state", SHAPE_STRING, SHAPE_REQUIRED},
    {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = member_times},
    {"invited_by", SHAPE_STRING},
    {"channel", SHAPE_OBJECT},
    {"initiator", SHAPE_OBJECT},
    {.name = NULL},
};
SHAPE_ROW(member_row_shape, member);
static const struct shape old_reply[] = {
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"image_url", SHAPE_STRING},
    {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = old_times},
    {"sequence_number", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"numbers", SHAPE_ANY, SHAPE_REQUIRED, .help = "An array, or {} when there are none."},
    {"properties", SHAPE_OBJECT, SHAPE_REQUIRED},
    {"members", SHAPE_ARRAY, SHAPE_REQUIRED, .members = member_row_shape},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
#define REPLY_ROWS                                                                \
    {"id", SHAPE_STRING, SHAPE_REQUIRED}, {"name", SHAPE_STRING, SHAPE_REQUIRED}, \
        {"display_name", SHAPE_STRING}, {"image_url", SHAPE_STRING},              \
        {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = states},                 \
        {"sequence_number", SHAPE_INTEGER, SHAPE_REQUIRED},                       \
        {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = times},            \
        {"properties", SHAPE_OBJECT, SHAPE_REQUIRED}, {"numbers", SHAPE_ARRAY},   \
        {"callback", SHAPE_OBJECT},                                               \
    {                                                                             \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links       \
    }
static const struct shape reply[] = {REPLY_ROWS, {.name = NULL}};
static const struct shape membership[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "Of the member."},
    {"state", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};
const struct shape conversations_of_user_item[] = {
    REPLY_ROWS,
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = membership},
    {.name = NULL},
};
static const struct shape numbered_item[] = {
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
SHAPE_ROW(numbered_row, numbered_item);
static const struct shape numbered_items[] = {
    {"conversations", SHAPE_ARRAY, SHAPE_REQUIRED, .members = numbered_row},
    {.name = NULL},
};
static const struct shape numbered_list[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"record_index", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_page_links},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = numbered_items},
    {.name = NULL},
};
static const struct shape item[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"image_url", SHAPE_STRING},
    {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = old_times},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
SHAPE_ROW(item_row, item);
SHAPE_DATA_LIST(data_list, "conversations", item_row);
SHAPE_CURSOR_LIST(cursor_list, "conversations", item_row);

static const enum api_error of_one[] = {API_NO_CONVERSATION, API_ERRORS};
static const enum api_error of_making[] = {API_DUPLICATE_CONVERSATION, API_ERRORS};
static const enum api_error of_change[] = {API_NO_CONVERSATION, API_DUPLICATE_CONVERSATION,
                                           API_INVALID_ACTION, API_ERRORS};

#define ALL "/conversations"
#define ONE "/conversations/{conversation_id}"

const struct api_route routes_conversations[] = {
    {"GET", "/beta|v0.1" ALL, "listConversations", "Lists conversations by pages.", API_BETA,
     AUTH_TOKEN, 200, .query = numbered_query, .reply = numbered_list, .check = people_list_check,
     .run = conversations_list},
    {"GET", "/beta2|v0.2" ALL, "listConversations", "Lists conversations by a cursor.", API_BETA2,
     AUTH_TOKEN, 200, .query = cursor_query, .reply = data_list, .check = people_list_check,
     .run = conversations_list},
    {"GET", "/v0.3|v1" ALL, "listConversations", "Lists conversations by a cursor.", API_V1,
     AUTH_TOKEN, 200, .query = cursor_query, .reply = cursor_list, .check = people_list_check,
     .run = conversations_list},
    {"POST", "/beta|v0.1" ALL, "createConversation", "Makes a conversation.", API_BETA, AUTH_TOKEN,
     200, API_CREATES | API_CLOSED, .body = body, .reply = shape_id_href, .errors = of_making,
     .run = conversations_create},
    {"POST", "/v0.3|v1" ALL, "createConversation", "Makes a conversation.", API_V1, AUTH_TOKEN, 201,
     API_CREATES | API_CLOSED, .body = body, .reply = reply, .errors = of_making,
     .run = conversations_create},
    {"GET", "/beta|v0.1|beta2|v0.2" ONE, "getConversation", "Shows a conversation and its members.",
     API_BETA, AUTH_TOKEN, 200, API_CACHED, .reply = old_reply, .errors = of_one,
     .run = conversations_get},
    {"GET", "/v0.3|v1" ONE, "getConversation", "Shows a conversation.", API_V1, AUTH_TOKEN, 200,
     API_CACHED, .reply = reply, .errors = of_one, .run = conversations_get},
    {"PUT", "/beta|v0.1" ONE, "updateConversation", "Changes a conversation.", API_BETA, AUTH_TOKEN,
     200, API_CLOSED, .body = body, .reply = shape_id_href, .errors = of_change,
     .run = conversations_update},
    {"PUT", "/v0.3|v1" ONE, "updateConversation", "Changes a conversation.", API_V1, AUTH_TOKEN,
     200, API_CLOSED, .body = change, .reply = reply, .errors = of_change,
     .run = conversations_update},
    {"DELETE", "/beta|v0.1" ONE, "deleteConversation", "Ends a conversation and its legs.",
     API_BETA, AUTH_TOKEN, 200, .reply = shape_nothing, .errors = of_one,
     .run = conversations_delete},
    {"DELETE", "/v0.3|v1" ONE, "deleteConversation", "Ends a conversation and its legs.", API_V1,
     AUTH_TOKEN, 204, .errors = of_one, .run = conversations_delete},
    {.method = NULL},
};
