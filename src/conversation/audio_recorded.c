/* audio_recorded.c: the end of a recording: what is told of its file, once; and those that a
 * crash left. A row is kept of each from its begin until it is told of; the event, the webhook
 * and the end of the row are one transaction. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Telling. A recording that is to be transcribed has its row until that is told, too. */

static json_t *whole_time(int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso_seconds(text, at);
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

    if (result->path && record->url)
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
        .application = record->application,
        .conversation_id = record->conversation_id,
        .recording_id = record->id,
        .url = record->url,
        .path = result->path,
        .webhook = record->webhook,
        .method = record->method,
        .started = result->started,
        .ended = result->ended,
        .size = result->size,
        .kept = record->kept,
        .channels = record->channels,
        .tell_channels = record->tell_channels,
        .transcription = record->transcription,
        .told = record->told,
    };

    if (plane->recorded && result->path)
        plane->recorded(&recorded, plane->arg);
}

/* A crash took the conversation in whose log it would stand, and no webhook was asked for: nobody
 * can ever learn where the file is. */
static bool is_nobodys(const struct record *record)
{
    return !record->conversation && !record->webhook;
}

static void remove_file(const struct record *record, const struct recording_result *result)
{
    if (!result->path)
        return;
    log_info("audio", "recording that nobody can be told of is removed id=%s", record->id);
    unlink(result->path);
}

static void tell_event(const struct record *record, const struct recording_result *result)
{
    struct conversation *conversation = record->conversation;
    struct member *to;

    if (!conversation)
        return;
    to = audio_member(conversation, record->to);
    conversation_event(conversation, "audio:record:done", audio_member(conversation, record->from),
                       to, done_body(record, result, to), clock_wall_ms());
}

/* Before it is told: who hears of it may be done with its transcription at once. */
static void keep_row(struct record *record, const struct recording_result *result)
{
    if (!record->transcription || !result->path) {
        store_recording_drop(record->audio->bridge->store, record->id);
        return;
    }
    if (record->told)
        return;
    record->told = true;
    if (record_put(record, result->started))
        log_error("audio", "transcription may be lost id=%s", record->id);
    record->told = false;
}

void record_done(const struct recording_result *result, void *arg)
{
    struct record *record = arg;
    struct store *store;

    MAGIC_CHECK(record, RECORD_MAGIC);
    store = record->audio->bridge->store;
    loop_cancel(record->audio->bridge->loop, &record->limit);
    list_remove(&record->node);
    if (result->error)
        log_warning("audio", "recording cut short id=%s: %s", record->id, result->error);
    if (!record->ending)
        record_told_ended(record);
    if (record->event) {
        store_together(store);
        if (!record->told)
            tell_event(record, result);
        keep_row(record, result);
        if (is_nobodys(record))
            remove_file(record, result);
        else
            tell_recorded(record, result);
        store_together_end(store);
    }
    mem_unref(record);
}

void audio_transcribed(struct bridge *bridge, const char *recording_id)
{
    store_recording_drop(bridge->store, recording_id);
}

/* Rows. */

static json_t *data_of(const struct record *record)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:b,s:b,s:b,s:I,s:I,s:s,s:s*,s:s,s:O*}", "file",
                     record->file, "format", recording_format_name(record->format), "from",
                     record->from, "to", record->to, "channels", (int)record->channels, "split",
                     (int)record->split, "tell_channels", (int)record->tell_channels, "told",
                     (int)record->told, "event", (json_int_t)record->event, "kept",
                     (json_int_t)record->kept, "url", record->url, "webhook", record->webhook,
                     "method", record->method, "transcription", record->transcription);
}

int record_put(const struct record *record, int64_t at)
{
    json_t *data = data_of(record);
    char *text = data ? json_text(data) : NULL;
    struct store_recording row = {
        .id = record->id,
        .application = record->application->id,
        .conversation = record->conversation_id,
        .data = text,
        .created = at,
    };
    int err = text ? store_recording_put(record->audio->bridge->store, &row) : ENOMEM;

    free(text);
    json_decref(data);
    return err;
}

/* After a crash. */

static bool take_text(char *to, size_t size, const json_t *data, const char *name)
{
    const char *text = json_string_value(json_object_get(data, name));

    return text && (size_t)snprintf(to, size, "%s", text) < size;
}

static char *copy_text(const json_t *data, const char *name)
{
    return mem_strdup(json_string_value(json_object_get(data, name)));
}

static int64_t number(const json_t *data, const char *name)
{
    return json_integer_value(json_object_get(data, name));
}

/* False: no run of ours wrote that. */
static bool take_row(struct record *record, const struct store_recording *row, const json_t *data)
{
    const char *format = json_string_value(json_object_get(data, "format"));
    struct bridge *bridge = record->audio->bridge;

    record->channels = (unsigned)number(data, "channels");
    record->split = json_is_true(json_object_get(data, "split"));
    record->tell_channels = json_is_true(json_object_get(data, "tell_channels"));
    record->told = json_is_true(json_object_get(data, "told"));
    record->event = number(data, "event");
    record->kept = number(data, "kept");
    record->url = copy_text(data, "url");
    record->webhook = copy_text(data, "webhook");
    record->method = copy_text(data, "method");
    record->transcription = json_incref(json_object_get(data, "transcription"));
    HASH_FIND_STR(bridge->conversations, row->conversation, record->conversation);
    mem_ref(record->conversation);
    return snprintf(record->id, sizeof record->id, "%s", row->id) < (int)sizeof record->id &&
           snprintf(record->conversation_id, sizeof record->conversation_id, "%s",
                    row->conversation) < (int)sizeof record->conversation_id &&
           format && recording_format_parse(format, &record->format) && record->url &&
           record->method && take_text(record->file, sizeof record->file, data, "file") &&
           id_is_uuid(record->file) && take_text(record->from, sizeof record->from, data, "from") &&
           take_text(record->to, sizeof record->to, data, "to");
}

static int finish(struct record *record, int64_t started)
{
    struct recording_conf conf;
    char *path = record_conf(record, &conf);
    int err = path ? 0 : ENOMEM;

    conf.started = started;
    if (!err)
        err = recording_salvage(record->audio->plane.recorder, &conf);
    if (!err) {
        list_append(&record->audio->records, &record->node);
        log_info("audio", "recording of the run before id=%s file=%s conversation=%s%s", record->id,
                 record->file, record->conversation_id, record->conversation ? "" : " (gone)");
    }
    mem_unref(path);
    return err;
}

/* One of an application that is not there any more waits for it. */
static void recover(const struct store_recording *row, void *arg)
{
    struct audio *audio = arg;
    struct application *application = application_find(audio->bridge, row->application);
    struct record *record = application ? record_alloc(audio, application) : NULL;
    json_t *data = record ? json_loads(row->data ? row->data : "", 0, NULL) : NULL;

    if (!application)
        log_info("audio", "recording of no application id=%.60s", row->id);
    else if (!data || !take_row(record, row, data) || finish(record, row->created))
        log_error("audio", "recording not recovered id=%.60s", row->id);
    else
        mem_ref(record); /* the list's, until it is done */
    json_decref(data);
    mem_unref(record);
}

int records_recover(struct audio *audio)
{
    return store_each_recording(audio->bridge->store, recover, audio);
}
