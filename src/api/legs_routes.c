/* legs_routes.c: the routes of legs, of sound in calls and conversations, and of files. PUT and
 * POST are the same where versions differ in them. */
#include "api/legs.h"

static const char *const statuses[] = {"started",   "ringing",  "answered",   "machine",
                                       "completed", "failed",   "busy",       "timeout",
                                       "cancelled", "rejected", "unanswered", NULL};

static const struct shape list_query[] = {
    PAGE_NUMBERED_ROWS,
    PAGE_DATE_ROWS,
    {"status", SHAPE_STRING, .words = statuses, .help = "Legs in this state only."},
    {"conversation_uuid", SHAPE_STRING, .high = 100, .help = "Legs of this conversation only."},
    {"conversation_id", SHAPE_STRING, .high = 100, .help = "The same."},
    {0},
};

#define LEG_ROWS                                                                                 \
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .help = "phone or sip."},                             \
        {"status", SHAPE_STRING, SHAPE_REQUIRED, .help = "Where it is in its life."},            \
        {"direction", SHAPE_STRING, SHAPE_REQUIRED, .help = "inbound or outbound."},             \
        {"from", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .help = "Its endpoint."},            \
        {"to", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .help = "Its endpoint."},              \
        {"start_time", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "Answered."},         \
        {"end_time", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY, .help = "Ended."},              \
        {"duration", SHAPE_INTEGER, .help = "[s], once it has ended."},                          \
        {"rate", SHAPE_NUMBER, .help = "A minute."}, {"price", SHAPE_NUMBER, .help = "In all."}, \
        {"network", SHAPE_STRING, SHAPE_EMPTY, .help = "Of the far party."},                     \
    {                                                                                            \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_self_links, .help = "Itself."   \
    }

static const struct shape beta_leg[] = {
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED, .help = "Its id."},
    {"conversation_uuid", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY,
     .help = "Where it is, or was; of one that knocks: nowhere."},
    LEG_ROWS,
    {0},
};
static const struct shape leg[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED, .help = "Its id."},
    {"conversation_id", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY,
     .help = "Where it is, or was; of one that knocks: nowhere."},
    LEG_ROWS,
    {0},
};
static const struct shape beta_item[] = {{"", SHAPE_OBJECT, .members = beta_leg}, {0}};
static const struct shape item[] = {{"", SHAPE_OBJECT, .members = leg}, {0}};
static const struct shape beta_legs[] = {
    {"legs", SHAPE_ARRAY, SHAPE_REQUIRED, .members = beta_item, .help = "The page."},
    {0},
};
static const struct shape legs[] = {
    {"legs", SHAPE_ARRAY, SHAPE_REQUIRED, .members = item, .help = "The page."},
    {0},
};
#define LIST_ROWS                                                                                 \
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "All that match."},                          \
        {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Of a full page."},                  \
        {"record_index", SHAPE_INTEGER, SHAPE_REQUIRED, .help = "Number of the page."},           \
    {                                                                                             \
        "_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_numbered_links, .help = "Pages." \
    }
static const struct shape beta_list[] = {
    LIST_ROWS,
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = beta_legs, .help = "The page."},
    {0},
};
static const struct shape list[] = {
    LIST_ROWS,
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = legs, .help = "The page."},
    {0},
};
static const struct shape told[] = {
    {"message", SHAPE_STRING, SHAPE_REQUIRED, .help = "What was done."},
    {"uuid", SHAPE_STRING, .help = "To which leg, call or conversation."},
    {"id", SHAPE_STRING, .help = "The same, of newer versions."},
    {"recording_id", SHAPE_STRING, .help = "Of a recording that was begun."},
    {0},
};
static const struct shape nothing[] = {{0}};

static const enum api_error leg_errors[] = {API_NO_LEG, API_LEG_COMPLETE, API_LEG_NOT_ANSWERED,
                                            API_ERRORS};
static const enum api_error steer_errors[] = {API_NO_LEG, API_LEG_COMPLETE, API_LEG_NOT_ANSWERED,
                                              API_LEG_INVALID_ACTION, API_ERRORS};
static const enum api_error create_errors[] = {API_NO_CONVERSATION, API_LEG_INVALID_ACTION,
                                               API_INVALID_ACTION, API_THROTTLED, API_ERRORS};
static const enum api_error sound_errors[] = {API_NO_LEG, API_LEG_COMPLETE, API_LEG_NOT_ANSWERED,
                                              API_NO_AUDIO, API_ERRORS};
static const enum api_error call_errors[] = {API_NO_CALL, API_LEG_COMPLETE, API_LEG_NOT_ANSWERED,
                                             API_NO_AUDIO, API_ERRORS};
static const enum api_error read_errors[] = {API_NO_CALL, API_ERRORS};
static const enum api_error conversation_errors[] = {API_NO_CONVERSATION, API_NO_AUDIO, API_ERRORS};
static const enum api_error file_errors[] = {API_NO_FILE, API_ERRORS};

#define START(verb, versions, family_, what, name_, body_)                                 \
    {                                                                                      \
        .method = (verb), .pattern = "/" versions "/legs/{leg_id}/" what, .name = (name_), \
        .summary = "Start it, for this leg alone.", .family = (family_), .success = 200,   \
        .flags = API_CLOSED, .body = (body_), .reply = told, .errors = sound_errors,       \
        .check = sound_check, .run = sound_start                                           \
    }
#define STOP(versions, family_, what, name_, status, reply_)                                 \
    {                                                                                        \
        .method = "DELETE", .pattern = "/" versions "/legs/{leg_id}/" what, .name = (name_), \
        .summary = "Stop it.", .family = (family_), .success = (status), .reply = (reply_),  \
        .errors = leg_errors, .run = sound_stop                                              \
    }
#define OLD "beta|v0.1"
#define NEW "v0.3|v1"
#define SOUND(what, start, again, stop, body)                                                     \
    START("PUT", OLD, API_BETA, what, start, body),                                               \
        START("POST", OLD, API_BETA, what, again, body),                                          \
        START("POST", NEW, API_V1, what, start, body),                                            \
        START("PUT", NEW, API_V1, what, again, body), STOP(OLD, API_BETA, what, stop, 200, told), \
        STOP(NEW, API_V1, what, stop, 204, NULL)

const struct api_route routes_legs[] = {
    {"GET", "/" OLD "/legs", "listLegs", "List the legs that are up or have ended.", API_BETA,
     .success = 200, .query = list_query, .reply = beta_list, .check = legs_list_check,
     .run = legs_list},
    {"GET", "/" NEW "/legs", "listLegs", "List the legs that are up or have ended.", API_V1,
     .success = 200, .query = list_query, .reply = list, .check = legs_list_check,
     .run = legs_list},
    {"POST", "/" OLD "/legs", "createLeg", "Dial a leg.", API_BETA, .success = 200,
     .flags = API_CREATES | API_CLOSED, .body = legs_create_body, .reply = beta_leg,
     .errors = create_errors, .check = legs_create_check, .run = legs_create},
    {"POST", "/" NEW "/legs", "createLeg", "Dial a leg.", API_V1, .success = 201,
     .flags = API_CREATES | API_CLOSED, .body = legs_create_body, .reply = leg,
     .errors = create_errors, .check = legs_create_check, .run = legs_create},
    {"GET", "/" OLD "/legs/{leg_id}", "getLeg", "Read a leg.", API_BETA, .success = 200,
     .reply = beta_leg, .errors = leg_errors, .run = legs_get},
    {"GET", "/" NEW "/legs/{leg_id}", "getLeg", "Read a leg.", API_V1, .success = 200, .reply = leg,
     .errors = leg_errors, .run = legs_get},
    {"PUT", "/" OLD "/legs/{leg_id}", "updateLeg", "Do something with a leg.", API_BETA,
     .success = 200, .flags = API_CLOSED, .body = legs_steer_body, .reply = told,
     .errors = steer_errors, .run = legs_steer},
    {"PUT", "/" NEW "/legs/{leg_id}", "updateLeg", "Do something with a leg.", API_V1,
     .success = 200, .flags = API_CLOSED, .body = legs_steer_body, .reply = told,
     .errors = steer_errors, .run = legs_steer},
    {"DELETE", "/" OLD "/legs/{leg_id}", "deleteLeg", "End a leg.", API_BETA, .success = 200,
     .reply = nothing, .errors = leg_errors, .run = legs_delete},
    {"DELETE", "/" NEW "/legs/{leg_id}", "deleteLeg", "End a leg.", API_V1, .success = 204,
     .errors = leg_errors, .run = legs_delete},
    SOUND("stream", "startLegStream", "startLegStreamAgain", "stopLegStream", media_leg_play_body),
    SOUND("talk", "startLegTalk", "startLegTalkAgain", "stopLegTalk", media_leg_say_body),
    SOUND("recording", "startLegRecording", "startLegRecordingAgain", "stopLegRecording",
          media_record_body),
    START("PUT", OLD, API_BETA, "dtmf", "sendLegDigits", media_digits_body),
    START("POST", OLD, API_BETA, "dtmf", "sendLegDigitsAgain", media_digits_body),
    START("POST", NEW, API_V1, "dtmf", "sendLegDigits", media_digits_body),
    START("PUT", NEW, API_V1, "dtmf", "sendLegDigitsAgain", media_digits_body),
    {.method = NULL},
};

/* Calls, conversations, files. */

static const char *const actions[] = {"start", "stop", NULL};
static const char *const splits[] = {"conversation", NULL};
static const struct shape record_body[] = {
    {"action", SHAPE_STRING, SHAPE_REQUIRED, .words = actions, .help = "start or stop."},
    MEDIA_RECORD_ROWS,
    {"split", SHAPE_STRING, .words = splits, .help = "A channel each; without channels two."},
    {"retention_ttl", SHAPE_INTEGER, .low = 1, .high = MEDIA_RETENTION,
     .help = "[s] the file is kept; default as configured (30 days)."},
    {0},
};
static const struct shape digits_url_body[] = {
    {"event_url", SHAPE_ARRAY, SHAPE_REQUIRED | SHAPE_ONE, .low = 1, .high = 1,
     .members = media_hook, .help = "Who is told of each key."},
    {"event_method", SHAPE_STRING, SHAPE_ANY_CASE, .words = media_methods, .help = "Default POST."},
    {0},
};

#define CALL(verb, what, name_, summary_, body_, check_, run_)                       \
    {                                                                                \
        .method = (verb), .pattern = "/v1/calls/{uuid}/" what, .name = (name_),      \
        .summary = (summary_), .family = API_VOICE, .success = 200, .body = (body_), \
        .reply = told, .errors = call_errors, .check = (check_), .run = (run_)       \
    }
#define ROOM(verb, what, name_, summary_, body_, check_, run_)                                     \
    {                                                                                              \
        .method = (verb), .pattern = "/v1/conversations/{conversation_id}/" what, .name = (name_), \
        .summary = (summary_), .family = API_V1, .success = 200, .flags = API_CLOSED,              \
        .body = (body_), .reply = told, .errors = conversation_errors, .check = (check_),          \
        .run = (run_)                                                                              \
    }

const struct api_route routes_media[] = {
    CALL("PUT", "stream", "startStream", "Play a sound to a call.", media_play_body, sound_check,
         sound_start),
    CALL("DELETE", "stream", "stopStream", "Stop the sound.", NULL, NULL, sound_stop),
    CALL("PUT", "talk", "startTalk", "Say a text to a call.", media_say_body, sound_check,
         sound_start),
    CALL("DELETE", "talk", "stopTalk", "Stop saying it.", NULL, NULL, sound_stop),
    CALL("PUT", "dtmf", "sendDigits", "Send keys to a call.", media_digits_body, sound_check,
         sound_start),
    {"GET", "/v1/calls/{uuid}/quality", "getCallQuality", "How the sound of a call is, or was.",
     API_VOICE, .success = 200, .reply = calls_quality_reply, .errors = read_errors,
     .run = calls_quality},
    {"PUT", "/v1/calls/{uuid}/input/dtmf", "startDigits", "Be told of the keys of a call.",
     API_VOICE, .success = 204, .body = digits_url_body, .errors = call_errors,
     .run = calls_digits_start},
    {"DELETE", "/v1/calls/{uuid}/input/dtmf", "stopDigits", "Be told of them no more.", API_VOICE,
     .success = 204, .errors = call_errors, .run = calls_digits_stop},
    {"PUT", "/" OLD "/conversations/{conversation_id}/record", "recordConversation",
     "Start or stop recording what all say.", API_BETA, .success = 204, .flags = API_CLOSED,
     .body = record_body, .errors = conversation_errors, .check = conversation_record_check,
     .run = conversation_record},
    {"PUT", "/v1/conversations/{conversation_id}/record", "recordConversation",
     "Start or stop recording what all say.", API_V1, .success = 200, .flags = API_CLOSED,
     .body = record_body, .reply = nothing, .errors = conversation_errors,
     .check = conversation_record_check, .run = conversation_record},
    ROOM("PUT", "talk", "startConversationTalk", "Say a text to all.", media_say_body, sound_check,
         sound_start_all),
    ROOM("DELETE", "talk", "stopConversationTalk", "Stop saying it.", NULL, NULL, sound_stop_all),
    ROOM("PUT", "stream", "startConversationStream", "Play a sound to all.", media_play_body,
         sound_check, sound_start_all),
    ROOM("DELETE", "stream", "stopConversationStream", "Stop the sound.", NULL, NULL,
         sound_stop_all),
    {"GET", "/v1|v3/files/{file_id}", "getFile", "Fetch a recording.", API_VOICE, .success = 200,
     .flags = API_BINARY, .errors = file_errors, .check = files_check, .run = NULL},
    {.method = NULL},
};
