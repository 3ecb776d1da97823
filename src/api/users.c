/* users.c: the table of users, of their conversations and their sessions; and the shapes. */
#include "api/conversations.h"
#include "api/users.h"

static const char *const states[] = {"INVITED", "JOINED", "LEFT", NULL};
static const char *const orders[] = {"created", NULL};

static const struct shape number[] = {
    {"number", SHAPE_ANY, SHAPE_REQUIRED, .help = "E.164 digits, as a text or a number."},
    {.name = NULL},
};
static const struct shape address[] = {
    {"uri", SHAPE_STRING, SHAPE_REQUIRED, .high = 255, .format = FORMAT_SIP},
    {"username", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {"password", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {"headers", SHAPE_OBJECT},
    {.name = NULL},
};
static const struct shape extension[] = {
    {"extension", SHAPE_STRING, SHAPE_REQUIRED, .high = 200},
    {.name = NULL},
};
static const struct shape web[] = {
    {"uri", SHAPE_STRING, SHAPE_REQUIRED, .high = 2048, .format = FORMAT_URI},
    {"content-type", SHAPE_STRING, .high = 200},
    {"content_type", SHAPE_STRING, .high = 200},
    {"headers", SHAPE_OBJECT},
    {.name = NULL},
};
SHAPE_ROW(phone_row, number);
SHAPE_ROW(address_row, address);
SHAPE_ROW(extension_row, extension);
SHAPE_ROW(socket_row, web);
static const struct shape any_row[] = {{"", SHAPE_OBJECT}, {.name = NULL}};
static const struct shape channels[] = {
    {"pstn", SHAPE_ARRAY, .high = 20, .members = phone_row},
    {"sip", SHAPE_ARRAY, .high = 20, .members = address_row},
    {"vbc", SHAPE_ARRAY, .high = 20, .members = extension_row},
    {"websocket", SHAPE_ARRAY, .high = 20, .members = socket_row},
    {"sms", SHAPE_ARRAY, .high = 20, .members = any_row},
    {"mms", SHAPE_ARRAY, .high = 20, .members = any_row},
    {"whatsapp", SHAPE_ARRAY, .high = 20, .members = any_row},
    {"viber", SHAPE_ARRAY, .high = 20, .members = any_row},
    {"messenger", SHAPE_ARRAY, .high = 20, .members = any_row},
    {.name = NULL},
};
static const struct shape properties[] = {
    {"ttl", SHAPE_INTEGER, SHAPE_NULL},
    {"type", SHAPE_STRING, SHAPE_NULL, .high = 200},
    {"custom_data", SHAPE_OBJECT, SHAPE_NULL},
    {.name = NULL},
};
#define BODY_ROWS(characters)                                                                      \
    {"name", SHAPE_STRING, .high = 100,                                                            \
     .help = "Unique in the application; default NAM- and "                                        \
             "a uuid."},                                                                           \
        {"display_name", SHAPE_STRING, SHAPE_NULL, .high = (characters)},                          \
        {"image_url", SHAPE_STRING, SHAPE_NULL, .high = 2048, .format = FORMAT_URI},               \
        {"properties", SHAPE_OBJECT, SHAPE_NULL, .members = properties},                           \
    {                                                                                              \
        "channels", SHAPE_OBJECT, SHAPE_NULL, .members = channels, .help = "How it can be called." \
    }
static const struct shape old_body[] = {BODY_ROWS(70), {.name = NULL}};
static const struct shape body[] = {BODY_ROWS(50), {.name = NULL}};

static const struct shape cursor_query[] = {PAGE_CURSOR_ROWS, {.name = NULL}};
static const struct shape named_query[] = {
    PAGE_CURSOR_ROWS,
    {"name", SHAPE_STRING, .help = "Exactly this one."},
    {.name = NULL},
};
#define STATE_ROW                                                            \
    {                                                                        \
        "state", SHAPE_STRING, .words = states, .help = "Of the membership." \
    }
static const struct shape state_query[] = {STATE_ROW, {.name = NULL}};
static const struct shape memberships_query[] = {
    PAGE_CURSOR_ROWS,
    STATE_ROW,
    {"order_by", SHAPE_STRING, .words = orders},
    {"date_start", SHAPE_STRING, .format = FORMAT_TIME, .help = "A member then or later."},
    {"include_custom_data", SHAPE_BOOL, .help = "Shows properties.custom_data."},
    {.name = NULL},
};

/* Replies. */

static const struct shape old_reply[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"image_url", SHAPE_STRING},
    {"channels", SHAPE_OBJECT, SHAPE_REQUIRED},
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {.name = NULL},
};
static const struct shape reply[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"image_url", SHAPE_STRING},
    {"properties", SHAPE_OBJECT, SHAPE_REQUIRED},
    {"channels", SHAPE_OBJECT, SHAPE_REQUIRED},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
static const struct shape old_item[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {.name = NULL},
};
static const struct shape item[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
SHAPE_ROW(item_row, item);
SHAPE_DATA_LIST(data_list, "users", item_row);
SHAPE_CURSOR_LIST(cursor_list, "users", item_row);

static const struct shape times[] = {
    {"created", SHAPE_STRING, .format = FORMAT_TIME},
    {.name = NULL},
};
static const struct shape old_membership[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED},
    {"display_name", SHAPE_STRING},
    {"image_url", SHAPE_STRING},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = states},
    {"member_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"sequence_number", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = times},
    {.name = NULL},
};
SHAPE_ROW(membership_row, conversations_of_user_item);
SHAPE_CURSOR_LIST(memberships, "conversations", membership_row);

static const struct shape session[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"_embedded", SHAPE_OBJECT},
    {"properties", SHAPE_OBJECT},
    {"_links", SHAPE_OBJECT},
    {.name = NULL},
};
SHAPE_ROW(session_row, session);
SHAPE_CURSOR_LIST(sessions, "sessions", session_row);

static const enum api_error of_one[] = {API_NO_USER, API_ERRORS};
static const enum api_error of_making[] = {API_DUPLICATE_USER, API_ERRORS};
static const enum api_error of_change[] = {API_NO_USER, API_DUPLICATE_USER, API_ERRORS};

#define ALL "/users"
#define ONE "/users/{user_id}"

const struct api_route routes_users[] = {
    {"GET", "/beta|v0.1" ALL, "listUsers", "Lists all users.", API_BETA, AUTH_TOKEN, 200,
     .reply = old_item, .reply_array = true, .check = people_list_check, .run = users_list},
    {"GET", "/beta2|v0.2" ALL, "listUsers", "Lists users by a cursor.", API_BETA2, AUTH_TOKEN, 200,
     .query = cursor_query, .reply = data_list, .check = people_list_check, .run = users_list},
    {"GET", "/v0.3|v1" ALL, "listUsers", "Lists users by a cursor.", API_V1, AUTH_TOKEN, 200,
     .query = named_query, .reply = cursor_list, .check = people_list_check, .run = users_list},
    {"POST", "/beta|v0.1" ALL, "createUser", "Makes a user.", API_BETA, AUTH_TOKEN, 200,
     API_CREATES | API_CLOSED, .body = old_body, .reply = shape_id_href, .errors = of_making,
     .check = users_body_check, .run = users_create},
    {"POST", "/v0.3|v1" ALL, "createUser", "Makes a user.", API_V1, AUTH_TOKEN, 201,
     API_CREATES | API_CLOSED, .body = body, .reply = reply, .errors = of_making,
     .check = users_body_check, .run = users_create},
    {"GET", "/beta|v0.1|beta2|v0.2" ONE, "getUser", "Shows a user.", API_BETA, AUTH_TOKEN, 200,
     .reply = old_reply, .errors = of_one, .run = users_get},
    {"GET", "/v0.3|v1" ONE, "getUser", "Shows a user.", API_V1, AUTH_TOKEN, 200, .reply = reply,
     .errors = of_one, .run = users_get},
    {"PUT", "/beta|v0.1" ONE, "updateUser", "Changes a user.", API_BETA, AUTH_TOKEN, 200,
     API_CLOSED, .body = old_body, .reply = shape_id_href, .errors = of_change,
     .check = users_body_check, .run = users_update},
    {"PATCH", "/v0.3|v1" ONE, "updateUser", "Changes a user.", API_V1, AUTH_TOKEN, 200, API_CLOSED,
     .body = body, .reply = reply, .errors = of_change, .check = users_body_check,
     .run = users_update},
    {"DELETE", "/beta|v0.1" ONE, "deleteUser", "Ends a user and its legs.", API_BETA, AUTH_TOKEN,
     200, .reply = shape_nothing, .errors = of_one, .run = users_delete},
    {"DELETE", "/v0.3|v1" ONE, "deleteUser", "Ends a user and its legs.", API_V1, AUTH_TOKEN, 204,
     .errors = of_one, .run = users_delete},
    {"GET", "/beta|v0.1|beta2|v0.2" ONE "/conversations", "listUserConversations",
     "Lists conversations of a user.", API_BETA, AUTH_TOKEN, 200, .query = state_query,
     .reply = old_membership, .reply_array = true, .errors = of_one, .check = people_list_check,
     .run = users_conversations},
    {"GET", "/v0.3|v1" ONE "/conversations", "listUserConversations",
     "Lists conversations of a user by a cursor.", API_V1, AUTH_TOKEN, 200,
     .query = memberships_query, .reply = memberships, .errors = of_one, .check = people_list_check,
     .run = users_conversations},
    {"GET", "/beta|v0.1" ONE "/sessions", "listUserSessions", "Lists sessions of a user.", API_BETA,
     AUTH_TOKEN, 200, .reply = session, .reply_array = true, .errors = of_one,
     .check = people_list_check, .run = users_sessions},
    {"GET", "/v0.3|v1" ONE "/sessions", "listUserSessions", "Lists sessions of a user.", API_V1,
     AUTH_TOKEN, 200, .query = cursor_query, .reply = sessions, .errors = of_one,
     .check = people_list_check, .run = users_sessions},
    {.method = NULL},
};
