/* sound.c: stream, talk, dtmf and recording of a leg, a call or a whole conversation: a row
 * each, which the last word of the route's path names. */
#include "api/legs.h"

#include <errno.h>
#include <string.h>

static int record_start(struct api_request *request, const struct audio_target *target,
                        json_t *reply, const char **reason)
{
    char id[ID_UUID];
    int64_t event;
    int err = media_record(request, target, request->body, id, &event, reason);

    if (!err)
        json_object_set_new(reply, "recording_id", json_string(id));
    return err;
}

static int play_start(struct api_request *request, const struct audio_target *target, json_t *reply,
                      const char **reason)
{
    int64_t event;

    (void)reply;
    return media_play(target, request->body, &event, reason);
}

static int say_start(struct api_request *request, const struct audio_target *target, json_t *reply,
                     const char **reason)
{
    int64_t event;

    (void)reply;
    return media_say(target, request->body, &event, reason);
}

static int digits_start(struct api_request *request, const struct audio_target *target,
                        json_t *reply, const char **reason)
{
    int64_t event;

    (void)reply;
    return media_digits(target, request->body, &event, reason);
}

static const struct sound_verb {
    const char *name;
    void (*check)(struct api_request *request, const json_t *body);
    int (*start)(struct api_request *request, const struct audio_target *target, json_t *reply,
                 const char **reason);
    int (*stop)(const struct audio_target *target, const char *id, int64_t *event);
    const char *started, *stopped;
} verbs[] = {
    {"stream", media_check_play, play_start, audio_play_stop, "Stream started", "Stream stopped"},
    {"talk", media_check_say, say_start, audio_say_stop, "Talk started", "Talk stopped"},
    {"dtmf", media_check_digits, digits_start, NULL, "DTMF sent", NULL},
    {"recording", media_check_record, record_start, audio_record_stop, "Recording started",
     "Recording stopped"},
    {"record", media_check_record, record_start, audio_record_stop, "Recording started",
     "Recording stopped"},
};

static const struct sound_verb *verb_of(const struct api_request *request)
{
    const char *name = strrchr(request->route->pattern, '/') + 1;
    const struct sound_verb *verb = verbs;

    while (strcmp(verb->name, name) != 0)
        verb++;
    return verb;
}

bool sound_check(struct api_request *request)
{
    const struct sound_verb *verb = verb_of(request);

    if (verb->check)
        verb->check(request, request->body);
    return true;
}

static json_t *reply_of(const struct api_request *request, const char *message)
{
    bool id = request->family != API_VOICE && request->family != API_BETA;

    return json_pack("{s:s,s:s}", "message", message,
                     id && !strstr(request->route->pattern, "/conversations/") ? "id" : "uuid",
                     request->ids[0]);
}

static void finish(struct api_request *request, int err, const char *reason, json_t *reply)
{
    if (err) {
        json_decref(reply);
        media_refuse(request, err, reason);
    } else if (request->route->success == 204) {
        json_decref(reply);
        api_answer_done(request, NULL);
    } else {
        api_answer_done(request, reply);
    }
}

/* The leg is up; false: it was not answered, and it refused. */
static bool is_answered(struct api_request *request, const struct member *member)
{
    if (audio_has(member))
        return true;
    api_refuse(request, API_LEG_NOT_ANSWERED, NULL);
    return false;
}

static void start(struct api_request *request, const struct audio_target *target)
{
    const struct sound_verb *verb = verb_of(request);
    json_t *reply = reply_of(request, verb->started);
    const char *reason = NULL;
    int err = verb->start(request, target, reply, &reason);

    finish(request, err, reason, reply);
}

/* Nothing to stop is as good as stopped. */
static void stop(struct api_request *request, const struct audio_target *target)
{
    const struct sound_verb *verb = verb_of(request);
    json_t *reply = reply_of(request, verb->stopped);
    int64_t event;
    int err = verb->stop(target, NULL, &event);

    finish(request, err == ENOENT ? 0 : err, NULL, reply);
}

void sound_start(struct api_request *request)
{
    struct audio_target target = {.to = legs_find(request)};

    if (!target.to || !is_answered(request, target.to))
        return;
    target.conversation = member_conversation(target.to);
    start(request, &target);
}

void sound_stop(struct api_request *request)
{
    struct audio_target target = {.to = legs_find(request)};

    if (!target.to)
        return;
    target.conversation = member_conversation(target.to);
    stop(request, &target);
}

void sound_start_all(struct api_request *request)
{
    struct audio_target target = {.conversation = api_conversation(request)};

    if (target.conversation)
        start(request, &target);
}

void sound_stop_all(struct api_request *request)
{
    struct audio_target target = {.conversation = api_conversation(request)};

    if (target.conversation)
        stop(request, &target);
}
