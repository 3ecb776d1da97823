/* input_speech.c: what an input hears: a leg is listened to and recorded from the start, so
 * that no first word is lost; what was said is recognised once its file is finished.
 *
 *   listens ──silence, longest, the leg leaves──> closes ──file──> asks ──results──> told
 *      └──nobody begins────────────────────────────────────────────────────────────> told
 *
 * It listens by a task of the leg's own call, which may be another than the one that asks. The
 * recording and the recogniser hold a reference each while they work; the file goes with the
 * last one, unless it is kept. */
#include "ncco/input.h"
#include "audio/activity.h"
#include "base/log.h"
#include "record/record.h"
#include "recogniser/recogniser.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { HANGOVER = ACTIVITY_ENDS * 20 /* [ms] of silence before `speaking` goes off */ };

struct hearing;

struct speech_part {
    struct speech_part_conf conf;
    struct calls *calls;
    struct loop *loop;
    struct hearing *hearing; /* NULL: it listens no more */
    bool ended;              /* nobody wants to know */
    bool begun;              /* somebody spoke */
    bool closed;             /* the file is finished */
    bool kept;               /* and stays */
    const char *why;         /* timeout_reason; NULL: it still listens */
    struct timer timer;      /* until somebody begins, or has been silent long enough */
    struct timer limit;
    struct recording *recording;
    char *path;
    char file[ID_UUID], application[ID_UUID], leg[ID_MAX];
};

struct hearing {
    struct task task;
    struct speech_part *part; /* our reference */
};

static void destroy(void *obj)
{
    struct speech_part *part = obj;

    if (part->path && !part->kept)
        unlink(part->path);
    mem_unref(part->path);
    mem_unref(part->recording);
}

static void hearing_destroy(void *obj)
{
    mem_unref(((struct hearing *)obj)->part);
}

static void on_speaking(struct task *task, bool on);
static void on_stop(struct task *task, enum task_stop why);

static const struct task_kind kind = {.name = "hearing",
                                      .size = sizeof(struct hearing),
                                      .survives = true,
                                      .destroy = hearing_destroy,
                                      .speaking = on_speaking,
                                      .stop = on_stop};

/* The task is off the call already, or goes now. */
static void stop_listening(struct speech_part *part)
{
    struct hearing *hearing = part->hearing;

    loop_cancel(part->loop, &part->timer);
    loop_cancel(part->loop, &part->limit);
    if (part->recording)
        recording_end(part->recording);
    part->hearing = NULL;
    if (!hearing)
        return;
    call_watch_speech(hearing->task.call, false);
    task_done(&hearing->task);
}

/* Telling. */

static char *file_url(const struct speech_part *part)
{
    return mem_printf("%s/v1/files/%s", audio_origin_of(part->calls->bridge), part->file);
}

static void tell(struct speech_part *part, const char *what, json_t *value)
{
    json_t *speech = json_object();
    char *url;

    if (part->why)
        json_object_set_new(speech, "timeout_reason", json_string(part->why));
    json_object_set_new(speech, what, value);
    part->kept = part->conf.save && part->begun && part->closed &&
                 utterance_keep(part->calls->recordings, part->application, part->file);
    if (part->kept) {
        url = file_url(part);
        json_object_set_new(speech, "recording_url", json_string(url));
        mem_unref(url);
    }
    part->conf.heard(speech, part->conf.arg);
}

static void tell_error(struct speech_part *part, const char *error)
{
    tell(part, "error", json_string(error));
}

static json_t *result_json(const struct recogniser_result *result)
{
    char confidence[16];

    snprintf(confidence, sizeof confidence, "%.2f", result->confidence);
    return json_pack("{s:s,s:s}", "confidence", confidence, "text", result->text);
}

static void on_results(const struct recogniser_result *results, unsigned count, const char *error,
                       void *arg)
{
    struct speech_part *part = arg;
    json_t *list;

    if (!part->ended && error) {
        tell_error(part, error);
    } else if (!part->ended) {
        list = json_array();
        for (unsigned i = 0; i < count; i++)
            json_array_append_new(list, result_json(&results[i]));
        tell(part, "results", list);
    }
    mem_unref(part);
}

/* Asking. */

/* Its hints: mem, or NULL. */
static const char **context_of(const struct speech_part *part, unsigned *count)
{
    size_t size = json_array_size(part->conf.context);
    const char **context = size ? mem_alloc(size * sizeof *context, NULL) : NULL;

    *count = context ? (unsigned)size : 0;
    for (unsigned i = 0; i < *count; i++)
        context[i] = json_string_value(json_array_get(part->conf.context, i));
    return context;
}

static void ask(struct speech_part *part)
{
    unsigned count;
    const char **context = context_of(part, &count);
    const struct recogniser_request request = {
        .path = part->path,
        .language = part->conf.language,
        .context = context,
        .context_count = count,
        .sensitivity = part->conf.sensitivity,
        .leg = part->leg,
        .application = part->application,
    };

    mem_ref(part);
    if (!part->calls->recogniser || !recogniser_has(part->calls->recogniser)) {
        on_results(NULL, 0, RECOGNISER_NONE, part);
    } else if (recogniser_ask(part->calls->recogniser, &request, on_results, part)) {
        log_warning("ncco", "speech not recognised id=%s: out of memory", part->leg);
        on_results(NULL, 0, RECOGNISER_BUSY, part);
    }
    mem_unref(context);
}

/* The recording's reference goes with this. One that is cut short while somebody may still
 * speak is all there is. */
static void on_closed(const struct recording_result *result, void *arg)
{
    struct speech_part *part = arg;

    part->closed = result->path && !result->error;
    if (result->path && !part->closed)
        unlink(result->path);
    part->recording = mem_unref(part->recording);
    if (!part->ended && result->error) {
        log_warning("ncco", "speech not recorded id=%s: %s", part->leg, result->error);
        stop_listening(part);
        tell_error(part, "The speech could not be recorded");
    } else if (!part->ended && part->why) {
        ask(part);
    }
    mem_unref(part);
}

/* All was said. */
static void close_file(struct speech_part *part, const char *why)
{
    mem_ref(part);
    part->why = why;
    stop_listening(part);
    part->conf.spoken(part->conf.arg);
    if (!part->ended && part->closed)
        ask(part);
    mem_unref(part);
}

/* Listening. */

static void on_silence(void *arg)
{
    close_file(arg, "end_on_silence_timeout");
}

static void on_limit(void *arg)
{
    close_file(arg, "max_duration");
}

static void on_nobody(void *arg)
{
    struct speech_part *part = mem_ref(arg);

    part->why = "start_timeout";
    stop_listening(part);
    tell(part, "results", json_array());
    mem_unref(part);
}

static void speaks(struct speech_part *part)
{
    loop_cancel(part->loop, &part->timer);
    if (!part->begun && loop_start(part->loop, &part->limit, part->conf.longest, on_limit, part)) {
        on_limit(part);
        return;
    }
    part->begun = true;
    part->conf.spoke(part->conf.arg);
}

static void falls_silent(struct speech_part *part)
{
    int64_t rest = part->conf.silence > HANGOVER ? part->conf.silence - HANGOVER : 0;

    if (part->begun && loop_start(part->loop, &part->timer, rest, on_silence, part))
        on_silence(part);
}

static void on_speaking(struct task *task, bool on)
{
    struct speech_part *part = mem_ref(((struct hearing *)task)->part);

    if (on)
        speaks(part);
    else
        falls_silent(part);
    mem_unref(part);
}

/* It spoke when it was listened to for the first time. */
static void on_already(void *arg)
{
    struct speech_part *part = mem_ref(arg);

    speaks(part);
    mem_unref(part);
}

/* The leg leaves. Of another call that is the end of what is said; of the asking one, the
 * input is stopped as well. */
static void on_stop(struct task *task, enum task_stop why)
{
    struct speech_part *part = mem_ref(((struct hearing *)task)->part);

    (void)why;
    part->hearing = NULL;
    call_watch_speech(task->call, false);
    if (task->call == part->conf.call)
        stop_listening(part);
    else if (part->begun)
        on_silence(part);
    else
        on_nobody(part);
    mem_unref(part);
}

/* Starting. */

static int open_file(struct speech_part *part)
{
    struct recording_conf conf = {
        .format = RECORDING_WAV, .said_only = true, .done = on_closed, .arg = part};
    int err = ENOMEM;

    id_uuid(part->file);
    part->path = utterance_path(part->calls->recordings, part->file);
    conf.path = part->path;
    if (part->path)
        err = recording_open(part->calls->recorder, &conf, &part->recording);
    if (!err)
        mem_ref(part); /* of the recording */
    return err;
}

static int attach(struct speech_part *part, struct call *target)
{
    struct hearing *hearing = task_start(target, &kind, false);
    int err = hearing ? leg_record(target->leg, part->recording) : ENOMEM;

    if (!hearing)
        return err;
    hearing->part = mem_ref(part);
    part->hearing = hearing;
    call_watch_speech(target, true);
    if (!err && leg_speaking(target->leg))
        err = loop_start(part->loop, &part->limit, 0, on_already, part);
    return err;
}

static struct speech_part *make(const struct speech_part_conf *conf, const struct call *target)
{
    struct speech_part *part = mem_alloc(sizeof *part, destroy);

    if (!part)
        return NULL;
    part->conf = *conf;
    part->calls = conf->call->calls;
    part->loop = bridge_loop(part->calls->bridge);
    snprintf(part->application, sizeof part->application, "%s",
             application_id(conf->call->application));
    snprintf(part->leg, sizeof part->leg, "%s", leg_id(target->leg));
    return part;
}

const char *speech_part_start(struct speech_part **partp, const struct speech_part_conf *conf)
{
    struct calls *calls = conf->call->calls;
    struct call *target =
        conf->uuid ? call_find(calls, conf->call->application, conf->uuid) : conf->call;
    struct speech_part *part;
    int err;

    if (!conf->save && (!calls->recogniser || !recogniser_has(calls->recogniser)))
        return RECOGNISER_NONE;
    if (!target || !leg_answered(target->leg))
        return "The leg to listen to is not there";
    if (!calls->recorder || !calls->recordings)
        return "Nothing can be recorded here";
    part = make(conf, target);
    err = part ? open_file(part) : ENOMEM;
    if (!err) {
        err = attach(part, target);
        if (err)
            stop_listening(part);
    }
    if (err) {
        if (part)
            part->ended = true;
        mem_unref(part);
        return err == ENOTCONN ? "The leg to listen to has no sound" : "Out of memory";
    }
    *partp = part;
    return NULL;
}

void speech_part_begin(struct speech_part *part)
{
    if (part && !part->begun && !part->why &&
        loop_start(part->loop, &part->timer, part->conf.patience, on_nobody, part))
        on_nobody(part);
}

void speech_part_hold(struct speech_part *part)
{
    if (!part || part->why)
        return;
    part->begun = false;
    loop_cancel(part->loop, &part->timer);
    loop_cancel(part->loop, &part->limit);
}

void speech_part_end(struct speech_part *part)
{
    if (!part)
        return;
    part->ended = true;
    stop_listening(part);
    mem_unref(part);
}
