/* members.c: the table of members, and their shapes. */
#include "api/members.h"

static const char *const actions[] = {"invite", "join", NULL};
static const char *const states[] = {"invited", "joined", NULL};
static const char *const ends[] = {"joined", "left", NULL};
static const char *const any_state[] = {"invited", "joined", "left", NULL};
static const char *const shown[] = {"INVITED", "JOINED", "LEFT", NULL};

enum { ID = 64, NAME = 100 };

#define CHANNEL_ROWS                                                      \
    {"channel", SHAPE_OBJECT, .members = shape_channel,                   \
     .help = "How it takes part; none or app: by text."},                 \
        {"media", SHAPE_OBJECT, .members = shape_media},                  \
    {                                                                     \
        "from", SHAPE_STRING, .high = ID, .help = "The member that acts." \
    }
#define INVITATION_ROWS                                                                         \
    CHANNEL_ROWS,                                                                               \
        {"knocking_id", SHAPE_STRING, .high = ID, .help = "A caller that waits to be let in."}, \
    {                                                                                           \
        "member_id_inviting", SHAPE_STRING, .high = ID                                          \
    }

static const struct shape old_body[] = {
    {"action", SHAPE_STRING, SHAPE_REQUIRED, .words = actions},
    {"user_id", SHAPE_STRING, .high = ID, .help = "This or user_name is required."},
    {"user_name", SHAPE_STRING, .high = NAME},
    {"member_id", SHAPE_STRING, .high = ID, .help = "join: one that was invited."},
    INVITATION_ROWS,
    {.name = NULL},
};
static const struct shape user[] = {
    {"id", SHAPE_STRING, .high = ID, .help = "This or name is required."},
    {"name", SHAPE_STRING, .high = NAME},
    {.name = NULL},
};
static const struct shape body[] = {
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = states},
    {"user", SHAPE_OBJECT, SHAPE_REQUIRED, .members = user},
    INVITATION_ROWS,
    {.name = NULL},
};
static const struct shape old_change[] = {
    {"action", SHAPE_STRING, .words = actions},
    CHANNEL_ROWS,
    {.name = NULL},
};
static const struct shape put_change[] = {
    {"action", SHAPE_STRING, .words = actions},
    {"state", SHAPE_STRING, .words = any_state},
    {"reason", SHAPE_OBJECT, .members = shape_reason},
    CHANNEL_ROWS,
    {.name = NULL},
};
static const struct shape change[] = {
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = ends},
    {"reason", SHAPE_OBJECT, .members = shape_reason, .help = "Of leaving."},
    CHANNEL_ROWS,
    {.name = NULL},
};
static const struct shape cursor_query[] = {PAGE_CURSOR_ROWS, {.name = NULL}};
static const struct shape delete_query[] = {
    {"from", SHAPE_STRING, .high = ID, .help = "The member that acts."},
    {"reason_code", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {"reason_text", SHAPE_STRING, SHAPE_EMPTY, .high = 200},
    {.name = NULL},
};

/* Replies. */

static const struct shape times[] = {
    {"invited", SHAPE_STRING, .format = FORMAT_TIME},
    {"joined", SHAPE_STRING, .format = FORMAT_TIME},
    {"left", SHAPE_STRING, .format = FORMAT_TIME},
    {.name = NULL},
};
static const struct shape old_reply[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"user_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = shown},
    {"timestamp", SHAPE_OBJECT, .members = times},
    {"channel", SHAPE_OBJECT},
    {"media", SHAPE_OBJECT, .members = shape_media},
    {"invited_by", SHAPE_STRING},
    {"knocking_id", SHAPE_STRING},
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {"initiator", SHAPE_OBJECT, SHAPE_REQUIRED},
    {.name = NULL},
};
static const struct shape embedded_user[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING},
    {"display_name", SHAPE_STRING},
    {"_links", SHAPE_OBJECT, .members = shape_self_links},
    {.name = NULL},
};
static const struct shape embedded[] = {
    {"user", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded_user},
    {.name = NULL},
};
static const struct shape reply[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"conversation_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = shown},
    {"timestamp", SHAPE_OBJECT, SHAPE_REQUIRED, .members = times},
    {"initiator", SHAPE_OBJECT, SHAPE_REQUIRED},
    {"channel", SHAPE_OBJECT},
    {"media", SHAPE_OBJECT, .members = shape_media},
    {"knocking_id", SHAPE_STRING},
    {"invited_by", SHAPE_STRING},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link},
    {.name = NULL},
};
static const struct shape old_item[] = {
    {"user_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY},
    {"user_name", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = shown},
    {.name = NULL},
};
static const struct shape data_item[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"user_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"name", SHAPE_STRING},
    {"display_name", SHAPE_STRING},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = shown},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links},
    {.name = NULL},
};
static const struct shape item[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded},
    {"state", SHAPE_STRING, SHAPE_REQUIRED, .words = shown},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link},
    {.name = NULL},
};
SHAPE_ROW(data_row, data_item);
SHAPE_ROW(item_row, item);
SHAPE_DATA_LIST(data_list, "members", data_row);
SHAPE_CURSOR_LIST(cursor_list, "members", item_row);

static const enum api_error of_all[] = {API_NO_CONVERSATION, API_ERRORS};
static const enum api_error of_one[] = {API_NO_CONVERSATION, API_NO_MEMBER, API_ERRORS};
static const enum api_error of_making[] = {
    API_NO_CONVERSATION, API_NO_USER,         API_NO_MEMBER,      API_NO_KNOCK,
    API_NO_LEG,          API_ALREADY_MEMBER,  API_ALREADY_JOINED, API_TOO_MANY_MEMBERS,
    API_INVALID_ACTION,  API_INVALID_CHANNEL, API_THROTTLED,      API_ERRORS};
static const enum api_error of_change[] = {API_NO_CONVERSATION, API_NO_MEMBER,
                                           API_ALREADY_JOINED,  API_INVALID_MEMBER_STATE,
                                           API_INVALID_ACTION,  API_ERRORS};

#define ALL "/conversations/{conversation_id}/members"
#define ME ALL "/me"
#define ONE ALL "/{member_id}"

const struct api_route routes_members[] = {
    {"GET", "/beta|v0.1" ALL, "listMembers", "Lists all members.", API_BETA, AUTH_TOKEN, 200,
     .reply = old_item, .reply_array = true, .errors = of_all, .check = people_list_check,
     .run = members_list},
    {"GET", "/beta2|v0.2" ALL, "listMembers", "Lists members by a cursor.", API_BETA2, AUTH_TOKEN,
     200, .query = cursor_query, .reply = data_list, .errors = of_all, .check = people_list_check,
     .run = members_list},
    {"GET", "/v0.3|v1" ALL, "listMembers", "Lists members by a cursor.", API_V1, AUTH_TOKEN, 200,
     .query = cursor_query, .reply = cursor_list, .errors = of_all, .check = people_list_check,
     .run = members_list},
    {"POST", "/beta|v0.1" ALL, "createMember", "Invites or joins a user, by text or by a call.",
     API_BETA, AUTH_TOKEN, 201, API_CREATES | API_CLOSED, .body = old_body, .reply = old_reply,
     .errors = of_making, .check = members_add_check, .run = members_add},
    {"POST", "/v0.3|v1" ALL, "createMember", "Invites or joins a user, by text or by a call.",
     API_V1, AUTH_TOKEN, 201, API_CREATES | API_CLOSED, .body = body, .reply = reply,
     .errors = of_making, .check = members_add_check, .run = members_add},
    {"GET", "/beta|v0.1" ME, "getMe", "Shows the member of the token's user.", API_BETA, AUTH_TOKEN,
     200, .reply = old_reply, .errors = of_one, .run = members_me},
    {"GET", "/v0.3|v1" ME, "getMe", "Shows the member of the token's user.", API_V1, AUTH_TOKEN,
     200, .reply = reply, .errors = of_one, .run = members_me},
    {"GET", "/beta|v0.1|beta2|v0.2" ONE, "getMember", "Shows a member.", API_BETA, AUTH_TOKEN, 200,
     .reply = old_reply, .errors = of_one, .run = members_get},
    {"GET", "/v0.3|v1" ONE, "getMember", "Shows a member.", API_V1, AUTH_TOKEN, 200, .reply = reply,
     .errors = of_one, .run = members_get},
    {"PUT", "/beta|v0.1" ONE, "updateMember", "Makes a member join, or changes its media.",
     API_BETA, AUTH_TOKEN, 200, API_CLOSED, .body = old_change, .reply = shape_id_href,
     .errors = of_change, .check = members_change_check, .run = members_change},
    {"PUT", "/v0.3" ONE, "replaceMember", "Makes a member join or leave, or changes its media.",
     API_V03, AUTH_TOKEN, 200, API_CLOSED, .body = put_change, .reply = shape_id_href,
     .errors = of_change, .check = members_change_check, .run = members_change},
    {"PATCH", "/v0.3|v1" ONE, "updateMember", "Makes a member join or leave.", API_V1, AUTH_TOKEN,
     200, API_CLOSED, .body = change, .reply = reply, .errors = of_change,
     .check = members_change_check, .run = members_change},
    {"DELETE", "/beta|v0.1" ONE, "deleteMember", "Makes a member leave.", API_BETA, AUTH_TOKEN, 200,
     .query = delete_query, .reply = shape_nothing, .errors = of_change, .run = members_delete},
    {.method = NULL},
};
