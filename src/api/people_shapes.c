/* people_shapes.c: rows that the tables of conversations, users, members and knocking share:
 * links, endpoints, channels, media. */
#include "api/people.h"

enum { SHORT = 200 }; /* characters */

const struct shape shape_nothing[] = {{.name = NULL}};
const struct shape shape_text_item[] = {{"", SHAPE_STRING}, {.name = NULL}};

const struct shape shape_id_href[] = {
    {"id", SHAPE_STRING, SHAPE_REQUIRED},
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI},
    {.name = NULL},
};
static const char *const types[] = {"app", "phone", "sip", "websocket", "vbc", NULL};

const struct shape shape_endpoint[] = {
    {"type", SHAPE_STRING, .words = types},
    {"number", SHAPE_STRING, .high = SHORT, .help = "phone: E.164 digits."},
    {"uri", SHAPE_STRING, .format = FORMAT_URI, .help = "sip, websocket."},
    {"user", SHAPE_STRING, .high = SHORT, .help = "app: name of a user."},
    {"extension", SHAPE_STRING, .high = SHORT, .help = "vbc."},
    {"username", SHAPE_STRING, SHAPE_EMPTY, .high = SHORT},
    {"password", SHAPE_STRING, SHAPE_EMPTY, .high = SHORT},
    {"headers", SHAPE_OBJECT, .help = "sip: sent as X- headers."},
    {"standard_headers", SHAPE_OBJECT, .help = "sip: User-to-User."},
    {"content-type", SHAPE_STRING, .help = "websocket."},
    {"content_type", SHAPE_STRING, .help = "websocket."},
    {.name = NULL},
};

static const struct shape leg[] = {{"", SHAPE_ANY}, {.name = NULL}};

const struct shape shape_channel[] = {
    {"type", SHAPE_STRING, SHAPE_REQUIRED, .words = types},
    {"id", SHAPE_STRING, .high = 64, .help = "A leg that is up: it becomes the member's."},
    {"to", SHAPE_OBJECT, .members = shape_endpoint, .help = "Whom to call."},
    {"from", SHAPE_OBJECT, .members = shape_endpoint,
     .help = "A number of the application's, or the callee sees none."},
    {"headers", SHAPE_OBJECT},
    {"preanswer", SHAPE_BOOL},
    {"cpa", SHAPE_BOOL},
    {"cpa_time", SHAPE_INTEGER, .high = 600000, .help = "Milliseconds."},
    {"ring_timeout", SHAPE_INTEGER, .low = 1000, .high = 120000,
     .help = "Milliseconds; default 60000."},
    {"max_length", SHAPE_INTEGER, .low = 1000, .high = 7200000,
     .help = "Milliseconds; default 7200000."},
    {"can_hear", SHAPE_ARRAY, .high = 1000, .members = shape_text_item,
     .help = "Members or legs it hears; default all."},
    {"can_speak", SHAPE_ARRAY, .high = 1000, .members = shape_text_item,
     .help = "Members or legs that hear it; default all."},
    {"knocking_id", SHAPE_STRING, .high = 64},
    {"legs", SHAPE_ARRAY, .members = leg},
    {"leg_ids", SHAPE_ARRAY, .members = leg},
    {"leg_settings", SHAPE_OBJECT},
    {"uri", SHAPE_STRING, .format = FORMAT_URI},
    {"content-type", SHAPE_STRING},
    {"content_type", SHAPE_STRING},
    {.name = NULL},
};

static const struct shape audio_settings[] = {
    {"enabled", SHAPE_BOOL, .help = "Takes part in the sound."},
    {"earmuffed", SHAPE_BOOL, .help = "Hears nobody."},
    {"muted", SHAPE_BOOL, .help = "Is heard by nobody."},
    {.name = NULL},
};
const struct shape shape_media[] = {
    {"audio", SHAPE_BOOL},
    {"audio_settings", SHAPE_OBJECT, .members = audio_settings},
    {.name = NULL},
};
const struct shape shape_reason[] = {
    {"code", SHAPE_STRING, SHAPE_EMPTY, .high = SHORT},
    {"text", SHAPE_STRING, SHAPE_EMPTY, .high = SHORT},
    {.name = NULL},
};
