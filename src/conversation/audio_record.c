/* audio_record.c: a leg, or the mix of a conversation, written to a file.
 *
 *   running ──stop, time, the leg or the last member leaves, disk──> ended ──file closed──> done
 *
 * The list of the plane holds a recording until its file is done, which the recorder tells
 * once for each. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "record/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LONGEST = 7200 /* [s] */ };

struct record {
    unsigned magic;
    struct audio *audio;
    struct conversation *conversation; /* our reference */
    struct leg *leg;                   /* our reference; NULL: the conversation's mix */
    struct recording *recording;       /* our reference */
    char id[ID_UUID], file[ID_UUID];   /* what events and the URL call it */
    char from[ID_PREFIXED], to[ID_PREFIXED];
    enum recording_format format;
    char *url, *webhook, *method;
    int64_t event; /* 0: it could not be begun */
    bool beep_stop, split, ending;
    struct timer limit;
    struct list node;
};

static void destroy(void *obj)
{
    struct record *record = obj;

    mem_unref(record->conversation);
    mem_unref(record->leg);
    mem_unref(record->recording);
    mem_unref(record->url);
    mem_unref(record->webhook);
    mem_unref(record->method);
    record->magic = 0;
}

/* No more comes; its file is finished by and by. */
static void record_end(struct record *record)
{
    record->ending = true;
    loop_cancel(record->audio->bridge->loop, &record->limit);
    recording_end(record->recording);
}

/* "2024-03-05T10:21:00Z" */
static json_t *whole_time(int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso(text, at);
    memcpy(text + 19, "Z", 2);
    return json_string(text);
}

static json_t *done_body(const struct record *record, const struct recording_result *result,
                         const struct member *to)
{
    json_t *body =
        json_pack("{s:I,s:s,s:s,s:o,s:o,s:I}", "event_id", (json_int_t)record->event,
                  "recording_id", record->id, "format", recording_format_name(record->format),
                  "start_time", whole_time(result->started), "end_time", whole_time(result->ended),
                  "size", (json_int_t)result->size);

    if (!result->error && record->url)
        json_object_set_new(body, "destination_url", json_string(record->url));
    if (result->error)
        json_object_set_new(body, "reason", json_string(result->error));
    if (to && to->channel)
        json_object_set(body, "channel", to->channel);
    return body;
}

static void tell_recorded(const struct record *record, const struct recording_result *result)
{
    const struct audio_plane *plane = &record->audio->plane;
    struct audio_recorded recorded = {
        .application = record->conversation->application,
        .conversation_id = record->conversation->id,
        .recording_id = record->id,
        .url = record->url,
        .webhook = record->webhook,
        .method = record->method,
        .started = result->started,
        .ended = result->ended,
        .size = result->size,
        .channels = record->split ? 2 : 1,
    };

    if (plane->recorded && record->webhook && !result->error)
        plane->recorded(&recorded, plane->arg);
}

/* The event and the webhook become durable together, once the file is whole. */
static void tell_done(const struct record *record, const struct recording_result *result)
{
    struct conversation *conversation = record->conversation;
    struct member *to = audio_member(conversation, record->to);
    struct store *store = record->audio->bridge->store;

    store_together(store);
    conversation_event(conversation, "audio:record:done", audio_member(conversation, record->from),
                       to, done_body(record, result, to), clock_wall_ms());
    tell_recorded(record, result);
    store_together_end(store);
}

static void on_done(const struct recording_result *result, void *arg)
{
    struct record *record = arg;

    MAGIC_CHECK(record, RECORD_MAGIC);
    loop_cancel(record->audio->bridge->loop, &record->limit);
    list_remove(&record->node);
    if (result->error)
        log_warning("audio", "recording cut short id=%s: %s", record->id, result->error);
    if (record->event)
        tell_done(record, result);
    mem_unref(record);
}

static void on_limit(void *arg)
{
    record_end(arg);
}

/* Starting. */

static int fill(struct record *record, const struct audio_target *target,
                const struct audio_record *asked)
{
    const struct member *from = target->from ? target->from : target->to;
    const char *format = asked->format ? asked->format : "wav";

    if (!recording_format_parse(format, &record->format))
        return EINVAL;
    record->magic = RECORD_MAGIC;
    record->audio = target->conversation->bridge->audio;
    record->conversation = mem_ref(target->conversation);
    record->leg = target->to ? mem_ref(target->to->leg) : NULL;
    record->beep_stop = asked->beep_stop;
    record->split = asked->split && target->to;
    snprintf(record->from, sizeof record->from, "%s", from ? from->id : "");
    snprintf(record->to, sizeof record->to, "%s", target->to ? target->to->id : "");
    id_uuid(record->id);
    id_uuid(record->file);
    record->url = mem_printf("%s/v1/files/%s", asked->url ? asked->url : "", record->file);
    record->webhook = mem_strdup(asked->webhook);
    record->method = mem_strdup(asked->method ? asked->method : "POST");
    return record->url && record->method && (record->webhook || !asked->webhook) ? 0 : ENOMEM;
}

/* The folder of the application is made when it is needed; when it cannot be, the
 * recording says so. */
static int open_file(struct record *record)
{
    const char *application = record->conversation->application->id;
    const char *recordings = record->audio->recordings;
    char *folder = mem_printf("%s/%s", recordings, application);
    char *path = mem_printf("%s/%s/%s.%s", recordings, application, record->file,
                            recording_format_name(record->format));
    struct recording_conf conf = {
        .path = path,
        .format = record->format,
        .split = record->split,
        .done = on_done,
        .arg = record,
    };
    int err = folder && path ? 0 : ENOMEM;

    if (!err) {
        mkdir(recordings, 0750);
        mkdir(folder, 0750);
        err = recording_open(record->audio->plane.recorder, &conf, &record->recording);
    }
    mem_unref(folder);
    mem_unref(path);
    return err;
}

static json_t *start_body(const struct record *record, const struct audio_record *asked)
{
    json_t *body =
        json_pack("{s:s,s:s,s:b,s:b,s:b,s:b}", "recording_id", record->id, "format",
                  recording_format_name(record->format), "split", asked->split, "streamed",
                  asked->streamed, "beep_start", asked->beep_start, "beep_stop", asked->beep_stop);

    if (asked->validity)
        json_object_set_new(body, "validity", json_integer(asked->validity));
    return body;
}

/* There is no room yet where nobody takes part in the sound. */
static int record_from(const struct record *record)
{
    int err;

    if (record->leg)
        return leg_record(record->leg, record->recording);
    err = conversation_room(record->conversation);
    return err ? err : media_room_record(record->conversation->room, record->recording);
}

/* It is open, and its done will come: begins, or ends it unsaid. */
static int begin(struct record *record, const struct audio_target *target,
                 const struct audio_record *asked)
{
    unsigned seconds = asked->timeout && asked->timeout < LONGEST ? asked->timeout : LONGEST;
    int err;

    list_append(&record->audio->records, &record->node);
    err = record_from(record);
    if (!err)
        err = loop_start(record->audio->bridge->loop, &record->limit, (int64_t)seconds * 1000,
                         on_limit, record);
    if (!err) {
        record->event = audio_event(target, "audio:record", start_body(record, asked));
        err = record->event ? 0 : ENOSPC;
    }
    if (err)
        record_end(record);
    return err;
}

int audio_record(const struct audio_target *target, const struct audio_record *asked,
                 char id[ID_UUID], int64_t *event, const char **reason)
{
    struct record *record;
    struct member **members;
    int err;

    *event = 0;
    *reason = NULL;
    members = audio_members(target, &err);
    mem_unref(members);
    if (err || !(record = mem_alloc(sizeof *record, destroy)))
        return err ? err : ENOMEM;
    err = fill(record, target, asked);
    if (!err)
        err = open_file(record);
    if (err) {
        *reason = err == EINVAL || err == ENOTSUP ? "no file of this format can be written" : NULL;
        mem_unref(record);
        return err;
    }
    err = begin(record, target, asked);
    if (err)
        return err;
    if (asked->beep_start)
        audio_beep(target);
    *event = record->event;
    memcpy(id, record->id, sizeof record->id);
    return 0;
}

/* Stopping. */

static struct record *find(const struct audio_target *target, const char *id)
{
    list_each (node, &target->conversation->bridge->audio->records) {
        struct record *record = list_entry(node, struct record, node);

        if (!record->ending && record->conversation == target->conversation &&
            (!target->to || !strcmp(record->to, target->to->id)) &&
            (!id || !strcmp(record->id, id)))
            return record;
    }
    return NULL;
}

static void stop(struct record *record)
{
    struct audio_target target = {.conversation = record->conversation,
                                  .to = audio_member(record->conversation, record->to)};

    if (record->beep_stop && (target.to || !*record->to))
        audio_beep(&target);
    record_end(record);
}

int audio_record_stop(const struct audio_target *target, const char *id, int64_t *event)
{
    struct record *record = find(target, id);

    *event = 0;
    if (!record)
        return ENOENT;
    *event = audio_event(target, "audio:record:stop", json_pack("{s:s}", "record_id", record->id));
    if (!*event)
        return ENOSPC;
    for (; record; record = find(target, id))
        stop(record);
    return 0;
}

/* Is nobody left to be heard? */
static bool is_deserted(struct conversation *conversation, const struct member *leaving)
{
    list_each (node, &conversation->members) {
        const struct member *member = list_entry(node, struct member, node);

        if (member != leaving && audio_has(member))
            return false;
    }
    return true;
}

void record_left(struct audio *audio, const struct member *member)
{
    list_each (node, &audio->records) {
        struct record *record = list_entry(node, struct record, node);

        if (record->leg == member->leg ||
            (!record->leg && record->conversation == member->conversation &&
             is_deserted(member->conversation, member)))
            record_end(record);
    }
}

void records_free(struct audio *audio)
{
    list_each (node, &audio->records) {
        struct record *record = list_entry(node, struct record, node);

        list_remove(node);
        loop_cancel(audio->bridge->loop, &record->limit);
        mem_unref(record);
    }
}
