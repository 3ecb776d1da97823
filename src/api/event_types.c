/* event_types.c: the types of events, a row each: who may write them, what is in them, what
 * they do. What is not here is refused as unknown. */
#include "api/events.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

enum { TEXT = 2500 };

#define EVENT_ID(flags)                                                     \
    {                                                                       \
        "event_id", SHAPE_ANY, flags, .help = "The event that it is about." \
    }

static const struct shape text_body[] = {
    {"text", SHAPE_STRING, SHAPE_REQUIRED, .low = 1, .high = TEXT, .help = "What is said."},
    {0},
};
static const struct shape update_body[] = {
    {"text", SHAPE_STRING, SHAPE_REQUIRED, .low = 1, .high = TEXT, .help = "What it says now."},
    {"original_event_id", SHAPE_ANY, .help = "The event that it takes the place of."},
    {0},
};
static const struct shape receipt_body[] = {EVENT_ID(SHAPE_REQUIRED), {0}};
static const struct shape typing_body[] = {
    {"activity", SHAPE_ANY, .help = "What is being done."},
    EVENT_ID(0),
    {0},
};
static const struct shape image_body[] = {
    {"representations", SHAPE_ANY, .help = "Where the image is, in each of its sizes."},
    {0},
};
static const struct shape message_body[] = {
    {"message_type", SHAPE_STRING, SHAPE_REQUIRED, .high = 100, .help = "What it holds: text …"},
    {"text", SHAPE_STRING, SHAPE_EMPTY, .help = "Of a text message."},
    {0},
};
static const struct shape switch_body[] = {
    {"rtc_id", SHAPE_ANY, SHAPE_NULL, .help = "Not looked at."},
    {0},
};
static const struct shape play_stop_body[] = {
    {"play_id", SHAPE_STRING, .high = ID_MAX, .help = "Which; without it all."},
    {0},
};
static const struct shape say_stop_body[] = {
    {"say_id", SHAPE_STRING, .high = ID_MAX, .help = "Which; without it all."},
    {0},
};
static const struct shape record_stop_body[] = {
    {"record_id", SHAPE_STRING, .high = ID_MAX, .help = "Which; without it all."},
    {"recording_id", SHAPE_STRING, .high = ID_MAX, .help = "The same."},
    {0},
};

/* Acts. */

static int mute_on(struct api_request *request, const struct audio_target *target,
                   const json_t *body, const char **reason)
{
    (void)request, (void)body, (void)reason;
    member_mute(target->to, true, target->from);
    return 0;
}

static int mute_off(struct api_request *request, const struct audio_target *target,
                    const json_t *body, const char **reason)
{
    (void)request, (void)body, (void)reason;
    member_mute(target->to, false, target->from);
    return 0;
}

static int earmuff_on(struct api_request *request, const struct audio_target *target,
                      const json_t *body, const char **reason)
{
    (void)request, (void)body, (void)reason;
    member_earmuff(target->to, true, target->from);
    return 0;
}

static int earmuff_off(struct api_request *request, const struct audio_target *target,
                       const json_t *body, const char **reason)
{
    (void)request, (void)body, (void)reason;
    member_earmuff(target->to, false, target->from);
    return 0;
}

static int play(struct api_request *request, const struct audio_target *target, const json_t *body,
                const char **reason)
{
    int64_t event;

    (void)request;
    return media_play(target, body, &event, reason);
}

static int say(struct api_request *request, const struct audio_target *target, const json_t *body,
               const char **reason)
{
    int64_t event;

    (void)request;
    return media_say(target, body, &event, reason);
}

static int digits(struct api_request *request, const struct audio_target *target,
                  const json_t *body, const char **reason)
{
    int64_t event;

    (void)request;
    return media_digits(target, body, &event, reason);
}

static int record(struct api_request *request, const struct audio_target *target,
                  const json_t *body, const char **reason)
{
    char id[ID_UUID];
    int64_t event;

    return media_record(request, target, body, id, &event, reason);
}

static const char *id_of(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

static int play_stop(struct api_request *request, const struct audio_target *target,
                     const json_t *body, const char **reason)
{
    int64_t event;

    (void)request, (void)reason;
    return audio_play_stop(target, id_of(body, "play_id"), &event);
}

static int say_stop(struct api_request *request, const struct audio_target *target,
                    const json_t *body, const char **reason)
{
    int64_t event;

    (void)request, (void)reason;
    return audio_say_stop(target, id_of(body, "say_id"), &event);
}

static int record_stop(struct api_request *request, const struct audio_target *target,
                       const json_t *body, const char **reason)
{
    const char *id = id_of(body, "record_id");
    int64_t event;

    (void)request, (void)reason;
    return audio_record_stop(target, id ? id : id_of(body, "recording_id"), &event);
}

static int ringing_start(struct api_request *request, const struct audio_target *target,
                         const json_t *body, const char **reason)
{
    int64_t event;

    (void)request, (void)body, (void)reason;
    return audio_ringing(target, true, &event);
}

static int ringing_stop(struct api_request *request, const struct audio_target *target,
                        const json_t *body, const char **reason)
{
    int64_t event;

    (void)request, (void)body, (void)reason;
    return audio_ringing(target, false, &event);
}

/* In the order of the catalogue. */
static const struct event_type types[] = {
    {"text", 0, text_body, NULL, NULL},
    {"text:update", 0, update_body, NULL, NULL},
    {"text:seen", 0, receipt_body, NULL, NULL},
    {"text:delivered", 0, receipt_body, NULL, NULL},
    {"text:typing:on", EVENT_TOLD, typing_body, NULL, NULL},
    {"text:typing:off", EVENT_TOLD, typing_body, NULL, NULL},
    {"image", 0, image_body, NULL, NULL},
    {"image:seen", 0, receipt_body, NULL, NULL},
    {"image:delivered", 0, receipt_body, NULL, NULL},
    {"message", 0, message_body, NULL, NULL},
    {"message:submitted", 0, receipt_body, NULL, NULL},
    {"message:delivered", 0, receipt_body, NULL, NULL},
    {"message:seen", 0, receipt_body, NULL, NULL},
    {"message:rejected", 0, receipt_body, NULL, NULL},
    {"message:undeliverable", 0, receipt_body, NULL, NULL},
    {"custom:*", 0, NULL, NULL, NULL},
    {"ephemeral", EVENT_TOLD, NULL, NULL, NULL},

    {"audio:mute:on", EVENT_SOUND | EVENT_SELF, switch_body, mute_on, NULL},
    {"audio:mute:off", EVENT_SOUND | EVENT_SELF, switch_body, mute_off, NULL},
    {"audio:earmuff:on", EVENT_SOUND | EVENT_SELF, switch_body, earmuff_on, NULL},
    {"audio:earmuff:off", EVENT_SOUND | EVENT_SELF, switch_body, earmuff_off, NULL},
    {"audio:play", EVENT_SOUND, media_play_body, play, media_check_play},
    {"audio:play:stop", EVENT_SOUND, play_stop_body, play_stop, NULL},
    {"audio:say", EVENT_SOUND, media_say_body, say, media_check_say},
    {"audio:say:stop", EVENT_SOUND, say_stop_body, say_stop, NULL},
    {"audio:dtmf", EVENT_SOUND | EVENT_KEYS, media_digits_body, digits, media_check_digits},
    {"audio:record", EVENT_SOUND, media_record_body, record, media_check_record},
    {"audio:record:stop", EVENT_SOUND, record_stop_body, record_stop, NULL},
    {"audio:ringing:start", EVENT_SOUND, NULL, ringing_start, NULL},
    {"audio:ringing:stop", EVENT_SOUND, NULL, ringing_stop, NULL},

    /* told by us, or made through another resource */
    {"app:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"conversation:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"member:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"leg:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"sip:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"rtc:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"mixer:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"media:*", EVENT_SYSTEM, NULL, NULL, NULL},
    {"event:delete", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:play:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:say:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:record:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:transcribe:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:asr:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:asr:record:done", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:speaking:on", EVENT_SYSTEM, NULL, NULL, NULL},
    {"audio:speaking:off", EVENT_SYSTEM, NULL, NULL, NULL},
};

static bool is_word(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-:";

    return *text && strspn(text, letters) == strlen(text);
}

static bool is_type(const struct event_type *type, const char *name)
{
    size_t length = strlen(type->name) - 1;

    if (type->name[length] != '*')
        return !strcmp(type->name, name);
    return !strncmp(type->name, name, length) && is_word(name + length);
}

const struct event_type *event_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_type(&types[i], name))
            return &types[i];
    return NULL;
}
