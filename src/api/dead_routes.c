/* dead_routes.c: the routes of dead letters, and what they take and give. */
#include "api/dead.h"

static const struct shape list_query[] = {
    PAGE_CURSOR_ROWS,
    {"lane", SHAPE_STRING, .high = 200, .help = "Those of this leg or conversation."},
    {"url", SHAPE_STRING, .high = 2048, .help = "Those whose URL begins so."},
    {"after", SHAPE_STRING, .format = FORMAT_TIME, .help = "Given up then or later."},
    {.name = NULL},
};

#define DEAD_ROWS                                                                             \
    {"id", SHAPE_INTEGER, SHAPE_REQUIRED, .low = 1, .high = 9e15, .help = "Of this list."},   \
        {"lane", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY,                                  \
         .help = "The leg or conversation it is about: such events are sent in order."},      \
        {"url", SHAPE_STRING, SHAPE_REQUIRED, .help = "Where it should have gone."},          \
        {"method", SHAPE_STRING, SHAPE_REQUIRED, .help = "GET or POST."},                     \
        {"attempts", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "How often it was tried."},       \
        {"reason", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "Why it is here."},    \
        {"created", SHAPE_STRING, .format = FORMAT_TIME, .help = "When it was to be told."},  \
        {"given_up", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_TIME, .help = "When."},   \
        {"fields", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .help = "What is to be told."}, \
    {                                                                                         \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links,                  \
                                                .help = "Where it is."                        \
    }

static const struct shape dead_reply[] = {DEAD_ROWS, {.name = NULL}};
static const struct shape dead_item[] = {
    {"", SHAPE_OBJECT, .members = dead_reply},
    {.name = NULL},
};
static const struct shape embedded[] = {
    {"webhooks", SHAPE_ARRAY, SHAPE_REQUIRED, .members = dead_item, .help = "The page."},
    {.name = NULL},
};
static const struct shape list_reply[] = {
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of a full page."},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_page_links, .help = "Pages."},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded, .help = "The page."},
    {.name = NULL},
};
static const struct shape give_up_body[] = {
    {"lane", SHAPE_STRING, .low = 1, .high = 200,
     .help = "Events of this leg or conversation; absent: of all."},
    {"url", SHAPE_STRING, .high = 2048, .format = FORMAT_URL,
     .help = "Events for the server of this URL; absent: for any."},
    {.name = NULL},
};
static const struct shape give_up_reply[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "So many were given up."},
    {"more", SHAPE_BOOL, SHAPE_REQUIRED, .help = "There may be others: ask again."},
    {.name = NULL},
};
static const struct shape nothing[] = {{.name = NULL}};

static const enum api_error of_one[] = {API_NO_WEBHOOK, API_ERRORS};
static const enum api_error of_replay[] = {API_NO_WEBHOOK, API_CONFLICT, API_ERRORS};

const struct api_route routes_dead[] = {
    {"GET", "/v1/webhooks/dead", "listDeadWebhooks",
     "Webhooks that were given up, in the order in which they were to be told.", API_V1, AUTH_TOKEN,
     200, .query = list_query, .reply = list_reply, .check = dead_list_check, .run = dead_list},
    {"GET", "/v1/webhooks/dead/{id}", "getDeadWebhook", "One webhook that was given up.", API_V1,
     AUTH_TOKEN, 200, .reply = dead_reply, .errors = of_one, .run = dead_get},
    {"POST", "/v1/webhooks/dead/{id}/replay", "replayDeadWebhook",
     "Sends it again, behind what its lane has to tell.", API_V1, AUTH_TOKEN, 202, .reply = nothing,
     .errors = of_replay, .run = dead_replay},
    {"DELETE", "/v1/webhooks/dead/{id}", "deleteDeadWebhook", "Throws it away.", API_V1, AUTH_TOKEN,
     204, .errors = of_one, .run = dead_delete},
    {"POST", "/v1/webhooks/give-up", "giveUpWebhooks",
     "Gives up what waits to be told: it is dead then, and holds up nothing behind it.", API_V1,
     AUTH_TOKEN, 200, API_CLOSED, .body = give_up_body, .reply = give_up_reply,
     .run = dead_give_up},
    {.method = NULL},
};
