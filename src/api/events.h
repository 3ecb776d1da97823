/* events.h: the events resource, inside: what may be posted, and what it does. */
#ifndef OFFHOOK_API_EVENTS_H
#define OFFHOOK_API_EVENTS_H

#include "api/private.h"
#include "conversation/audio.h"

enum { EVENT_TYPE_LENGTH = 100 };

/* A type of event. */
enum event_flags {
    EVENT_SYSTEM = 1, /* written by us alone */
    EVENT_TOLD = 2,   /* goes to who watches, and is not stored */
    EVENT_SOUND = 4,  /* `to` is whom it is for; an administrator may leave out `from` */
    EVENT_SELF = 8,   /* without `to` it is for the sender; else for everybody */
    EVENT_KEYS = 16   /* likewise when its method is in: the sender's own keys */
};
struct event_type {
    const char *name; /* "custom:*": what begins so */
    unsigned flags;
    const struct shape *body; /* NULL: any object */
    /* Does it; the event is written by who does it. NULL: it is written as it came. 0, or as
     * the verbs of audio.h, with a reason (static). Control. */
    int (*act)(struct api_request *request, const struct audio_target *target, const json_t *body,
               const char **reason);
    /* HTTP thread: what the shape cannot say; notes faults. May be NULL. */
    void (*check)(struct api_request *request, const json_t *body);
};
/* NULL: there is none of that name. */
const struct event_type *event_type_find(const char *name);

/* Handlers of the routes. */
bool events_list_check(struct api_request *request);
void events_list(struct api_request *request);
bool events_post_check(struct api_request *request);
void events_post(struct api_request *request);
void events_get(struct api_request *request);
void events_delete(struct api_request *request);
/* One of a list, where that differs from one alone. json_event.c */
json_t *event_item(const struct api_request *request, const char *conversation, const json_t *row);

/* Acts on sound as bodies of requests ask for them: events, legs, calls and conversations
 * differ in their names only. media.c */
int media_play(const struct audio_target *target, const json_t *body, int64_t *event,
               const char **reason);
int media_say(const struct audio_target *target, const json_t *body, int64_t *event,
              const char **reason);
int media_record(struct api_request *request, const struct audio_target *target, const json_t *body,
                 char id[ID_UUID], int64_t *event, const char **reason);
int media_digits(const struct audio_target *target, const json_t *body, int64_t *event,
                 const char **reason);
extern const struct shape media_play_body[], media_say_body[], media_record_body[],
    media_digits_body[], media_leg_play_body[], media_leg_say_body[];
extern const struct shape media_url[], media_hook[];
extern const char *const media_formats[], *const media_methods[];
enum { MEDIA_URLS = 3, MEDIA_VALIDITY = 44640 /* [min] */, MEDIA_RETENTION = 315360000 /* [s] */ };
#define MEDIA_RECORD_ROWS                                                                         \
    {"format", SHAPE_STRING, .words = media_formats, .help = "Of the file; default mp3."},        \
        {"streamed", SHAPE_BOOL, .help = "Not looked at."},                                       \
        {"beep", SHAPE_BOOL, .help = "A tone at the beginning."},                                 \
        {"beep_start", SHAPE_BOOL, .help = "The same."},                                          \
        {"beep_stop", SHAPE_BOOL, .help = "A tone at the end."},                                  \
        {"public", SHAPE_BOOL, .help = "Not looked at: files are for the application's tokens."}, \
        {"validity", SHAPE_INTEGER, .low = 1, .high = MEDIA_VALIDITY,                             \
         .help = "[min] the file is kept; default as configured (30 days)."},                     \
        {"validity_time", SHAPE_INTEGER, .low = 1, .high = MEDIA_VALIDITY, .help = "The same."},  \
        {"timeout", SHAPE_INTEGER, .low = 1, .high = 7200,                                        \
         .help = "[s] to its end; default 7200."},                                                \
        {"detect_speech", SHAPE_BOOL, .help = "Not looked at."},                                  \
        {"multitrack", SHAPE_BOOL, .help = "Not looked at: one track a file."},                   \
        {"channels", SHAPE_INTEGER, .low = 1, .high = 32,                                         \
         .help = "More than 2 (WAV): a voice each; those beyond share the last."},                \
        {"transcription", SHAPE_ANY,                                                              \
         .help = "{language, event_url, event_method}: who is told of the text, or why there is " \
                 "none."},                                                                        \
        {"destination_url", SHAPE_ANY, .help = "Not looked at."},                                 \
        {"event_url",                                                                             \
         SHAPE_ARRAY,                                                                             \
         SHAPE_ONE,                                                                               \
         .low = 1,                                                                                \
         .high = MEDIA_URLS,                                                                      \
         .members = media_hook,                                                                   \
         .help = "Who is told of the file: the first."},                                          \
    {                                                                                             \
        "event_method", SHAPE_STRING, SHAPE_ANY_CASE, .words = media_methods,                     \
                                                      .help = "Default POST."                     \
    }
void media_check_play(struct api_request *request, const json_t *body);
void media_check_say(struct api_request *request, const json_t *body);
void media_check_record(struct api_request *request, const json_t *body);
void media_check_digits(struct api_request *request, const json_t *body);
/* Answers for an errno of these; path: where the fault is ("body." or ""). */
void media_refuse(struct api_request *request, int err, const char *reason);

/* What a verb writes first, of one type, as a row; for the reply. NULL: it wrote none. */
struct event_seen {
    const struct conversation *conversation;
    const char *type;
    json_t *row; /* new reference */
};
/* Control: watches from here on, until events_unwatch(). Not nested. */
void event_watch(struct api *api, struct event_seen *seen);
void event_unwatch(struct api *api);
/* Called by the api's own watching of the bridge. */
void event_saw(struct api *api, const struct bridge_event *event);

#endif
