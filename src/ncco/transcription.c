/* transcription.c: what a recording says, as text. It is cut at its silence (record/cutter.h), each
 * piece is recognised, and the texts with their times are a file that is told of like the
 * recording. One recording at a time; what a run does not get to is the next one's.
 *
 *   waiting ──> piece ──recogniser──> piece … ──> over ──> written ──> told
 *                └── the recording cannot be read, nobody understands it ──┘ */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "json/text.h"
#include "recogniser/recogniser.h"
#include "record/cutter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOPELESS = 3 /* pieces in a row, from the first one on, that were not recognised */ };

struct transcription {
    struct list node; /* of the calls; holds a reference */
    struct calls *calls;
    struct application *application; /* our reference */
    struct cutter *cutter;           /* NULL: it waits, or is over */
    char *conversation, *recording, *path, *url, *origin, *method, *language; /* ours */
    json_t *channels; /* what is understood so far: {"transcript": […]} of each */
    struct utterance piece;
    int64_t kept;                /* [s]; 0: as all are */
    unsigned understood, failed; /* pieces */
    char error[RECOGNISER_ERROR], file[ID_UUID];
};

static void destroy(void *obj)
{
    struct transcription *job = obj;

    mem_unref(job->application);
    mem_unref(job->conversation);
    mem_unref(job->recording);
    mem_unref(job->path);
    mem_unref(job->url);
    mem_unref(job->origin);
    mem_unref(job->method);
    mem_unref(job->language);
    json_decref(job->channels);
}

/* Telling. */

static json_t *fields_of(const struct transcription *job, const char *error)
{
    json_t *fields =
        json_pack("{s:s,s:s,s:s,s:s}", "type", "record", "status", error ? "error" : "transcribed",
                  "conversation_uuid", job->conversation, "recording_uuid", job->recording);
    char *url = mem_printf("%s%s", job->origin, job->file);

    if (error)
        json_object_set_new(fields, "reason", json_string(error));
    else
        json_object_set_new(fields, "transcription_url", json_string(url ? url : ""));
    fields_time(fields, "timestamp", clock_wall_ms());
    mem_unref(url);
    return fields;
}

static void begin_next(struct calls *calls);

/* It is told, and gone. */
static void finish(struct transcription *job, const char *error)
{
    struct calls *calls = job->calls;
    struct store *store = bridge_store(calls->bridge);
    struct webhook_event event = {
        .application = application_id(job->application),
        .lane = job->conversation,
        .url = *job->url ? job->url : NULL,
        .method = job->method,
        .fields = fields_of(job, error),
    };

    store_together(store);
    notice_send(calls, job->application, &event);
    audio_transcribed(calls->bridge, job->recording);
    store_together_end(store);
    if (error)
        log_info("ncco", "no transcription id=%s: %s", job->recording, error);
    if (job->cutter)
        cutter_stop(job->cutter);
    job->cutter = NULL;
    list_remove(&job->node);
    mem_unref(job);
    begin_next(calls);
}

/* Working. */

static json_t *transcript_of(struct transcription *job, unsigned channel)
{
    while (json_array_size(job->channels) <= channel)
        json_array_append_new(job->channels, json_pack("{s:[]}", "transcript"));
    return json_object_get(json_array_get(job->channels, channel), "transcript");
}

static void take_text(struct transcription *job, const struct recogniser_result *result)
{
    job->understood++;
    json_array_append_new(
        transcript_of(job, job->piece.channel),
        json_pack("{s:s,s:s,s:I,s:I,s:f}", "sentence", result->text, "raw_sentence", result->text,
                  "timestamp", (json_int_t)job->piece.at, "duration",
                  (json_int_t)job->piece.duration, "confidence", result->confidence));
}

static void take_error(struct transcription *job, const char *error)
{
    job->failed++;
    snprintf(job->error, sizeof job->error, "%s", error);
}

static void on_recognised(const struct recogniser_result *results, unsigned count,
                          const char *error, void *arg)
{
    struct transcription *job = arg;

    if (error)
        take_error(job, error);
    else if (count)
        take_text(job, results);
    else
        job->understood++;
    if (job->cutter && !job->understood && job->failed >= HOPELESS)
        finish(job, job->error);
    else if (job->cutter) /* and not over since */
        cutter_next(job->cutter);
    mem_unref(job);
}

static void on_piece(const struct utterance *piece, void *arg)
{
    struct transcription *job = arg;
    struct recogniser_request request = {
        .path = piece->path,
        .language = job->language,
        .application = application_id(job->application),
    };

    job->piece = *piece;
    mem_ref(job);
    if (!recogniser_ask(job->calls->recogniser, &request, on_recognised, job))
        return;
    finish(job, "out of memory");
    mem_unref(job);
}

/* Beside the recording, by a name of its own. */
static char *target_of(struct transcription *job)
{
    int folder = (int)(strrchr(job->path, '/') - job->path);

    id_uuid(job->file);
    return mem_printf("%.*s/%s.json", folder, job->path, job->file);
}

static char *text_of(struct transcription *job, unsigned channels, int64_t duration)
{
    json_t *all = json_pack("{s:s,s:s,s:O}", "recording_uuid", job->recording, "language",
                            *job->language ? job->language : "en-US", "channels", job->channels);
    char *text;

    for (unsigned i = 0; i < channels; i++) {
        transcript_of(job, i);
        json_object_set_new(json_array_get(job->channels, i), "duration", json_integer(duration));
    }
    if (job->failed)
        json_object_set_new(all, "unrecognised", json_integer(job->failed));
    text = all ? json_text(all) : NULL;
    json_decref(all);
    return text;
}

static void on_over(unsigned channels, int64_t duration, const char *error, void *arg)
{
    struct transcription *job = arg;
    char *path, *text;
    int err = 0;

    if (error || (job->failed && !job->understood)) {
        finish(job, error ? error : job->error);
        return;
    }
    path = target_of(job);
    text = text_of(job, channels, duration);
    err = path && text ? cutter_write(job->cutter, path, text, job->kept) : 1;
    mem_unref(path);
    free(text);
    if (err)
        finish(job, "out of memory");
}

static void on_written(const char *error, void *arg)
{
    finish(arg, error);
}

static int start(struct transcription *job)
{
    static const struct cutter_handlers handlers = {on_piece, on_over, on_written};
    char *scratch = mem_printf("%s.cut", job->path);
    int err = scratch ? cutter_start(&job->cutter, job->path, scratch,
                                     bridge_loop(job->calls->bridge), &handlers, job)
                      : 1;

    mem_unref(scratch);
    return err;
}

static void begin_next(struct calls *calls)
{
    struct list *first = list_first(&calls->transcriptions);
    struct transcription *job = first ? list_entry(first, struct transcription, node) : NULL;

    if (!job || job->cutter)
        return;
    if (start(job))
        finish(job, "out of memory");
}

/* Asking. The names are those of the NCCO or those of REST. */

static const char *asked(const json_t *object, const char *ncco, const char *rest)
{
    const json_t *value = json_object_get(object, ncco);

    if (!value)
        value = json_object_get(object, rest);
    if (json_is_array(value))
        value = json_array_get(value, 0);
    return json_string_value(value);
}

/* Up to the id of the file: that of the text will be another. */
static char *origin_of(const char *url)
{
    return mem_printf("%.*s", (int)(strrchr(url, '/') + 1 - url), url);
}

static struct transcription *make(struct calls *calls, const struct audio_recorded *recorded)
{
    const char *url = asked(recorded->transcription, "eventUrl", "event_url");
    const char *method = asked(recorded->transcription, "eventMethod", "event_method");
    const char *language = asked(recorded->transcription, "language", "language");
    struct transcription *job = mem_alloc(sizeof *job, destroy);

    if (!job)
        return NULL;
    job->calls = calls;
    job->kept = recorded->kept;
    job->application = mem_ref(recorded->application);
    job->conversation = mem_strdup(recorded->conversation_id);
    job->recording = mem_strdup(recorded->recording_id);
    job->path = mem_strdup(recorded->path);
    job->url = mem_strdup(url ? url : recorded->webhook ? recorded->webhook : "");
    job->origin = origin_of(recorded->url);
    job->method = mem_strdup(method ? method : "POST");
    job->language = mem_strdup(language ? language : "");
    job->channels = json_array();
    if (job->conversation && job->recording && job->path && job->url && job->origin &&
        job->method && job->language && job->channels)
        return job;
    mem_unref(job);
    return NULL;
}

void transcription_begin(struct calls *calls, const struct audio_recorded *recorded)
{
    struct transcription *job = make(calls, recorded);

    if (!job) {
        log_error("ncco", "no transcription id=%s: out of memory", recorded->recording_id);
        return; /* its row is there for the next run */
    }
    list_append(&calls->transcriptions, &job->node);
    if (!calls->recogniser || !recogniser_has(calls->recogniser))
        finish(job, RECOGNISER_NONE);
    else
        begin_next(calls);
}

void calls_end(struct calls *calls)
{
    list_each (node, &calls->transcriptions) {
        struct transcription *job = list_entry(node, struct transcription, node);

        list_remove(node);
        if (job->cutter)
            cutter_stop(job->cutter);
        job->cutter = NULL;
        mem_unref(job);
    }
}
