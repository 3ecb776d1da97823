/* audio_record.c: a leg, or all of a conversation, written to a file.
 *
 *   running ──stop, time, the leg ends or the last member leaves, disk──> ended
 *   ended ──file closed, or made whole by the next run──> done
 *
 * The list of the plane holds a recording until its file is done, which the recorder tells
 * once for each. A leg that goes to another conversation takes its recording along; what is
 * told of it stays in the conversation where it was begun. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LONGEST = 7200 /* [s] */ };

static void destroy(void *obj)
{
    struct record *record = obj;

    mem_unref(record->application);
    mem_unref(record->conversation);
    mem_unref(record->leg);
    mem_unref(record->recording);
    mem_unref(record->url);
    mem_unref(record->webhook);
    mem_unref(record->method);
    json_decref(record->transcription);
    record->magic = 0;
}

struct record *record_alloc(struct audio *audio, struct application *application)
{
    struct record *record = mem_alloc(sizeof *record, destroy);

    if (!record)
        return NULL;
    record->magic = RECORD_MAGIC;
    record->audio = audio;
    record->application = mem_ref(application);
    return record;
}

/* No more comes; its file is finished by and by. */
static void record_end(struct record *record)
{
    record->ending = true;
    loop_cancel(record->audio->bridge->loop, &record->limit);
    recording_end(record->recording);
}

/* Who has a leg now, or NULL. */
static struct member *member_of(const struct bridge *bridge, const struct leg *leg)
{
    const char *id = leg_id(leg);
    struct member *member = NULL;

    HASH_FIND_STR(bridge->by_leg, id, member);
    return member;
}

void record_told_ended(const struct record *record)
{
    const struct audio_plane *plane = &record->audio->plane;
    struct member *member = record->leg ? member_of(record->audio->bridge, record->leg) : NULL;

    if (member && plane->record_ended)
        plane->record_ended(member, record->id, plane->arg);
}

static void on_limit(void *arg)
{
    struct record *record = mem_ref(arg);

    record_end(record);
    record_told_ended(record);
    mem_unref(record);
}

/* Starting. */

static void name(struct record *record, const struct audio_target *target)
{
    const struct member *from = target->from ? target->from : target->to;

    snprintf(record->from, sizeof record->from, "%s", from ? from->id : "");
    snprintf(record->to, sizeof record->to, "%s", target->to ? target->to->id : "");
    snprintf(record->conversation_id, sizeof record->conversation_id, "%s",
             target->conversation->id);
    id_uuid(record->id);
    id_uuid(record->file);
}

static int fill(struct record *record, const struct audio_target *target,
                const struct audio_record *asked)
{
    const char *format = asked->format ? asked->format : "wav";
    const char *origin = record->audio->origin;

    if (!recording_format_parse(format, &record->format))
        return EINVAL;
    record->conversation = mem_ref(target->conversation);
    record->leg = target->to ? mem_ref(target->to->leg) : NULL;
    record->beep_stop = asked->beep_stop;
    record->split = asked->split && asked->channels != 1;
    record->channels = !record->split ? 1 : asked->channels ? asked->channels : 2;
    record->tell_channels = asked->tell_channels;
    record->kept = asked->kept ? asked->kept : asked->validity * INT64_C(60);
    name(record, target);
    record->url = mem_printf("%s/v1/files/%s",
                             asked->url ? asked->url
                             : origin   ? origin
                                        : "",
                             record->file);
    record->webhook = mem_strdup(asked->webhook);
    record->method = mem_strdup(asked->method ? asked->method : "POST");
    record->transcription = asked->transcription ? json_deep_copy(asked->transcription) : NULL;
    return record->url && record->method && (record->webhook || !asked->webhook) &&
                   (record->transcription || !asked->transcription)
               ? 0
               : ENOMEM;
}

char *record_conf(struct record *record, struct recording_conf *conf)
{
    char *path = mem_printf("%s/%s/%s.%s", record->audio->recordings, record->application->id,
                            record->file, recording_format_name(record->format));

    *conf = (struct recording_conf){
        .path = path,
        .format = record->format,
        .channels = record->channels,
        .split = record->split,
        .kept = record->kept,
        .done = record_done,
        .arg = record,
    };
    return path;
}

/* The folder of the application is made when it is needed; when it cannot be, the
 * recording says so. */
static int open_file(struct record *record)
{
    const char *recordings = record->audio->recordings;
    char *folder = mem_printf("%s/%s", recordings, record->application->id);
    struct recording_conf conf;
    char *path = record_conf(record, &conf);
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
    if (asked->channels)
        json_object_set_new(body, "channels", json_integer(asked->channels));
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

/* What is written of it is there as a whole, or not at all. */
static int write_down(struct record *record, const struct audio_target *target,
                      const struct audio_record *asked)
{
    struct store *store = record->audio->bridge->store;
    int err = ENOSPC;

    store_together(store);
    record->event = audio_event(target, "audio:record", start_body(record, asked));
    if (record->event)
        err = record_put(record, clock_wall_ms());
    store_together_end(store);
    return err;
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
    if (!err)
        err = write_down(record, target, asked);
    if (err)
        record_end(record);
    return err;
}

/* Why such a file cannot be written. */
static const char *reason_of(int err)
{
    return err == EINVAL    ? "no file of this format, or of so many channels, can be written"
           : err == ENOTSUP ? "a file of this format cannot be written, or not of so many channels"
                            : NULL;
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
    if (err)
        return err;
    record = record_alloc(target->conversation->bridge->audio, target->conversation->application);
    if (!record)
        return ENOMEM;
    err = fill(record, target, asked);
    if (!err)
        err = open_file(record);
    if (err) {
        *reason = reason_of(err);
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

/* Stopping. A leg's recording is its member's, in whichever conversation that is by now. */

static bool is_of(const struct record *record, const struct audio_target *target)
{
    const struct member *member =
        record->leg ? member_of(record->audio->bridge, record->leg) : NULL;

    if (target->to)
        return member == target->to;
    return record->conversation == target->conversation ||
           (member && member->conversation == target->conversation);
}

static struct record *find(const struct audio_target *target, const char *id)
{
    list_each (node, &target->conversation->bridge->audio->records) {
        struct record *record = list_entry(node, struct record, node);

        if (!record->ending && is_of(record, target) && (!id || !strcmp(record->id, id)))
            return record;
    }
    return NULL;
}

static void stop(struct record *record)
{
    struct audio_target target = {.conversation = record->conversation};

    if (record->leg && (target.to = member_of(record->audio->bridge, record->leg)))
        target.conversation = target.to->conversation;
    if (record->beep_stop && (target.to || !record->leg))
        audio_beep(&target);
    record_end(record);
    record_told_ended(record);
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

bool audio_records(const struct audio_target *target)
{
    const struct audio *audio = target->conversation->bridge->audio;

    list_each (node, &audio->records) {
        const struct record *record = list_entry(node, struct record, node);

        if (!record->ending && record->conversation == target->conversation &&
            record->leg == (target->to ? target->to->leg : NULL))
            return true;
    }
    return false;
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

/* Its leg leaves for good, and not for another conversation. */
static bool is_alone(const struct record *record, const struct member *leaving)
{
    struct member *member = record->leg ? member_of(record->audio->bridge, record->leg) : NULL;

    if (record->leg)
        return record->leg == leaving->leg && (!member || member == leaving);
    return record->conversation == leaving->conversation &&
           is_deserted(leaving->conversation, leaving);
}

void record_left(struct audio *audio, const struct member *member)
{
    list_each (node, &audio->records) {
        struct record *record = list_entry(node, struct record, node);

        if (!record->ending && is_alone(record, member))
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
