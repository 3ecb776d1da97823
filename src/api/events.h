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
    EVENT_SELF = 8    /* without `to` it is for the sender; else for everybody */
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

/* Acts on sound as bodies of requests ask for them: events, legs, calls and conversations
 * differ in their names only. media.c */
int media_play(const struct audio_target *target, const json_t *body, int64_t *event,
               const char **reason);
int media_say(const struct audio_target *target, const json_t *body, int64_t *event,
              const char **reason);
int media_record(struct api_request *request, const struct audio_target *target,
                 const json_t *body, char id[ID_UUID], int64_t *event, const char **reason);
int media_digits(const struct audio_target *target, const json_t *body, int64_t *event,
                 const char **reason);
extern const struct shape media_play_body[], media_say_body[], media_record_body[],
    media_digits_body[];
void media_check_play(struct api_request *request, const json_t *body);
void media_check_say(struct api_request *request, const json_t *body);
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
