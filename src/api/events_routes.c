/* events_routes.c: the routes of events, and what they take and give. */
#include "api/events.h"

#define EVENT_FILTERS                                                                        \
    {"start_id", SHAPE_INTEGER, .low = 0, .high = 9e15, .help = "Events from this one on."}, \
    {                                                                                        \
        "end_id", SHAPE_INTEGER, .low = 0, .high = 9e15, .help = "Events up to this one."    \
    }

static const struct shape beta_query[] = {EVENT_FILTERS, {0}};
static const struct shape page_query[] = {
    EVENT_FILTERS,
    {"event_type", SHAPE_STRING, .high = EVENT_TYPE_LENGTH, .help = "Events of this type only."},
    PAGE_CURSOR_ROWS,
    {0},
};
static const struct shape newest_query[] = {
    EVENT_FILTERS,
    {"event_type", SHAPE_STRING, .high = EVENT_TYPE_LENGTH, .help = "Events of this type only."},
    {"exclude_deleted_events", SHAPE_BOOL, .help = "Without those that were taken back."},
    PAGE_CURSOR_ROWS,
    {0},
};
static const struct shape delete_query[] = {
    {"from", SHAPE_STRING, .high = 100, .help = "The member that takes it back."},
    {0},
};
static const struct shape post_body[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .high = EVENT_TYPE_LENGTH, .help = "What it is."},
    {"from", SHAPE_STRING, .high = 100,
     .help = "The member it is from; an administrator may leave it out for acts on sound."},
    {"to", SHAPE_STRING, .high = 100, .help = "The member it is for."},
    {"body", SHAPE_OBJECT, SHAPE_OPEN, .help = "By its type."},
    {0},
};

#define BODY_ROWS                                                                    \
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .help = "What it is."},                   \
        {"body", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .help = "By its type."}, \
    {                                                                                \
        "timestamp", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME,            \
                                                   .help = "When it happened."       \
    }
#define BETA_ROWS                                                                           \
    {"id",     SHAPE_INTEGER, SHAPE_REQUIRED,                                               \
     .low = 1, .high = 9e15,  .help = "Its place in the conversation."},                    \
        {"from", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "A member, or \"\"."}, \
        {"to", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "A member, or \"\"."},   \
        {"state", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "Always \"\"."},      \
        {"href", SHAPE_STRING, SHAPE_REQUIRED, .help = "Where it is."}, BODY_ROWS

static const struct shape beta_event[] = {BETA_ROWS, {0}};
static const struct shape beta_made[] = {
    {"id", SHAPE_INTEGER, .low = 1, .high = 9e15, .help = "Absent: it is not stored."},
    {"timestamp", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME, .help = "When."},
    {"href", SHAPE_STRING, .help = "Where it is; absent: it is not stored."},
    {0},
};
static const struct shape beta2_event[] = {
    {"id", SHAPE_INTEGER, SHAPE_REQUIRED, .low = 1, .high = 9e15, .help = "Its place."},
    {"from", SHAPE_STRING, .help = "A member."},
    {"to", SHAPE_STRING, .help = "A member."},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links, .help = "Where it is."},
    BODY_ROWS,
    {0},
};
static const struct shape from_user[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "USR-…"},
    {"name", SHAPE_STRING, SHAPE_REQUIRED, .help = "Its name."},
    {"display_name", SHAPE_STRING, SHAPE_NULL, .help = "To be shown."},
    {"image_url", SHAPE_STRING, SHAPE_NULL, .help = "A picture."},
    {"custom_data", SHAPE_OBJECT, SHAPE_OPEN, .help = "The application's own."},
    {0},
};
static const struct shape from_member[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "MEM-…"},
    {0},
};
static const struct shape embedded[] = {
    {"from_user", SHAPE_OBJECT, .members = from_user, .help = "Whose member it is from."},
    {"from_member", SHAPE_OBJECT, .members = from_member, .help = "The member."},
    {0},
};
#define EVENT_ROWS                                                  \
    {"from", SHAPE_STRING, .help = "A member; absent: ourselves."}, \
        {"to", SHAPE_STRING, .help = "A member."},                  \
        {"_embedded", SHAPE_OBJECT, .members = embedded, .help = "Who it is from."}, BODY_ROWS

static const struct shape event[] = {
    {"id", SHAPE_INTEGER, SHAPE_REQUIRED, .low = 1, .high = 9e15, .help = "Its place."},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links, .help = "Where it is."},
    EVENT_ROWS,
    {0},
};
static const struct shape event_made[] = {
    {"id", SHAPE_INTEGER, .low = 1, .high = 9e15, .help = "Absent: it is not stored."},
    {"_links", SHAPE_OBJECT, .members = shape_self_links, .help = "Absent: it is not stored."},
    EVENT_ROWS,
    {0},
};

static const struct shape beta2_item[] = {{"", SHAPE_OBJECT, .members = beta2_event}, {0}};
static const struct shape item[] = {{"", SHAPE_OBJECT, .members = event}, {0}};
static const struct shape beta2_data[] = {
    {"events", SHAPE_ARRAY, SHAPE_REQUIRED, .members = beta2_item, .help = "The page."},
    {0},
};
static const struct shape beta2_embedded[] = {
    {"data", SHAPE_OBJECT, SHAPE_REQUIRED, .members = beta2_data, .help = "The page."},
    {0},
};
static const struct shape v03_embedded[] = {
    {"events", SHAPE_ARRAY, SHAPE_REQUIRED, .members = item, .help = "The page."},
    {0},
};
#define LIST_ROWS                                                                             \
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of a full page."},                  \
    {                                                                                         \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_page_links, .help = "Pages." \
    }
static const struct shape beta2_list[] = {
    LIST_ROWS,
    {"cursor", SHAPE_STRING, SHAPE_EMPTY, .help = "Of this page."},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = beta2_embedded, .help = "The page."},
    {0},
};
static const struct shape v03_list[] = {
    LIST_ROWS,
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = v03_embedded, .help = "The page."},
    {0},
};
static const struct shape v1_list[] = {
    LIST_ROWS,
    {"_embedded", SHAPE_ARRAY, SHAPE_REQUIRED, .members = item, .help = "The page."},
    {0},
};
static const struct shape nothing[] = {{0}};

static const enum api_error read_errors[] = {API_NO_CONVERSATION, API_NO_EVENT, API_ERRORS};
static const enum api_error list_errors[] = {API_NO_CONVERSATION, API_ERRORS};
static const enum api_error delete_errors[] = {API_NO_CONVERSATION, API_NO_EVENT, API_EVENT_DENIED,
                                               API_ERRORS};
static const enum api_error post_errors[] = {
    API_NO_CONVERSATION, API_NO_MEMBER, API_INVALID_EVENT, API_UNKNOWN_EVENT, API_EVENT_NOT_JOINED,
    API_EVENT_DENIED,    API_NO_AUDIO,  API_NO_ACT,        API_ERRORS,
};

#define LIST(versions, family_, query_, reply_, array_)                                     \
    {                                                                                       \
        .method = "GET", .pattern = "/" versions "/conversations/{conversation_id}/events", \
        .name = "listEvents", .summary = "List the events of a conversation.",              \
        .family = (family_), .success = 200, .query = (query_), .reply = (reply_),          \
        .reply_array = (array_), .errors = list_errors, .check = events_list_check,         \
        .run = events_list                                                                  \
    }
#define POST(versions, family_, reply_)                                                            \
    {                                                                                              \
        .method = "POST", .pattern = "/" versions "/conversations/{conversation_id}/events",       \
        .name = "createEvent", .summary = "Write an event, or do what it asks for.",               \
        .family = (family_), .success = 201, .flags = API_CREATES | API_CLOSED, .body = post_body, \
        .reply = (reply_), .errors = post_errors, .check = events_post_check, .run = events_post   \
    }
#define GET_ONE(versions, family_, reply_)                                                    \
    {                                                                                         \
        .method = "GET",                                                                      \
        .pattern = "/" versions "/conversations/{conversation_id}/events/{event_id}",         \
        .name = "getEvent", .summary = "Read an event.", .family = (family_), .success = 200, \
        .reply = (reply_), .errors = read_errors, .run = events_get                           \
    }
#define DELETE(versions, family_, status, reply_)                                           \
    {                                                                                       \
        .method = "DELETE",                                                                 \
        .pattern = "/" versions "/conversations/{conversation_id}/events/{event_id}",       \
        .name = "deleteEvent", .summary = "Take an event back: its body goes.",             \
        .family = (family_), .success = (status), .query = delete_query, .reply = (reply_), \
        .errors = delete_errors, .run = events_delete                                       \
    }

const struct api_route routes_events[] = {
    LIST("beta|v0.1", API_BETA, beta_query, beta_event, true),
    POST("beta|v0.1", API_BETA, beta_made),
    GET_ONE("beta|v0.1", API_BETA, beta_event),
    DELETE("beta|v0.1", API_BETA, 200, nothing),
    LIST("beta2|v0.2", API_BETA2, page_query, beta2_list, false),
    GET_ONE("beta2|v0.2", API_BETA2, beta_event),
    LIST("v0.3", API_V03, newest_query, v03_list, false),
    POST("v0.3", API_V03, event_made),
    GET_ONE("v0.3", API_V03, event),
    DELETE("v0.3", API_V03, 204, NULL),
    LIST("v1", API_V1, newest_query, v1_list, false),
    POST("v1", API_V1, event_made),
    GET_ONE("v1", API_V1, event),
    DELETE("v1", API_V1, 204, NULL),
    {.method = NULL},
};
