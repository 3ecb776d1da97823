/* record.c: the `record` action: what is said on a leg goes to a file. */
#include "ncco/private.h"
#include "base/id.h"
#include "record/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct option transcription_options[] = {
    {"language", OPTION_TEXT, false, "en-US", 2, 35, .help = "BCP-47 tag"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the text"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {"sentimentAnalysis", OPTION_BOOL, false, "false", .help = "asks for the mood, too"},
    {0},
};

static const struct option options[] = {
    {"format", OPTION_ENUM, false, .values = "mp3|wav|ogg",
     .help = "of the file; absent: mp3, or wav with more than two channels"},
    {"split", OPTION_ENUM, false, .values = "conversation",
     .help = "who speaks left, what he hears right"},
    {"channels", OPTION_INTEGER, false, "1", 1, 32, .with = "split",
     .help = "one for each participant; those beyond share the last"},
    {"endOnSilence", OPTION_NUMBER, false, .low = 3, .high = 10,
     .help = "silence that ends it [s]"},
    {"endOnKey", OPTION_KEYS, false, .low = 1, .high = 1, .values = "0123456789*#",
     .help = "a key that ends it"},
    {"timeOut", OPTION_INTEGER, false, .low = 3, .high = 7200, .help = "longest recording [s]"},
    {"timeout", OPTION_INTEGER, false, .low = 3, .high = 7200,
     .help = "timeOut, as an SDK writes it"},
    {"beepStart", OPTION_BOOL, false, "false", .help = "a beep tells that it begins"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the file"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {"transcription", OPTION_OBJECT, false, .inside = transcription_options,
     .help = "has it written down"},
    {0},
};

/* The rows of who is told: the same in the conversation action. */
static const struct option telling[] = {
    {"eventUrl", OPTION_URL, false, .help = "who is told of the file"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {0},
};

/* The running one: it ends itself at a key, at silence or after its time; otherwise with the
 * leg, by REST, or when the leg leaves its flow. */
struct recording_task {
    struct task task;
    char id[ID_UUID];
    char key;        /* that ends it; 0: none */
    int64_t silence; /* [ms] that ends it; 0: none does */
    struct timer quiet;
    bool over; /* what ends it is on its way */
};

enum { HANGOVER = 600 /* [ms] of silence until it is told that somebody speaks no more */ };

static struct loop *loop_of(const struct recording_task *running)
{
    return bridge_loop(running->task.call->calls->bridge);
}

static void leave(struct recording_task *running)
{
    running->over = true;
    loop_cancel(loop_of(running), &running->quiet);
    if (running->silence)
        call_watch_speech(running->task.call, false);
}

static void stop_recording(const struct recording_task *running)
{
    struct member *member = running->task.call->member;
    struct audio_target target = {.to = member};
    int64_t event;

    if (!member)
        return;
    target.conversation = member_conversation(member);
    audio_record_stop(&target, running->id, &event);
}

static void finish(struct recording_task *running)
{
    mem_ref(running);
    leave(running);
    stop_recording(running);
    task_done(&running->task);
    mem_unref(running);
}

static void on_quiet(void *arg)
{
    finish(arg);
}

static bool digit(struct task *task, char key, unsigned duration_ms)
{
    struct recording_task *running = (struct recording_task *)task;

    (void)duration_ms;
    if (running->key != key)
        return false;
    finish(running);
    return true;
}

static void wait_for_silence(struct recording_task *running, int64_t ms)
{
    loop_start(loop_of(running), &running->quiet, ms, on_quiet, running);
}

static void speaking(struct task *task, bool on)
{
    struct recording_task *running = (struct recording_task *)task;

    if (!running->silence)
        return;
    loop_cancel(loop_of(running), &running->quiet);
    if (!on)
        wait_for_silence(running, running->silence - HANGOVER);
}

static void stop(struct task *task, enum task_stop why)
{
    struct recording_task *running = (struct recording_task *)task;

    leave(running);
    if (why != TASK_ENDED)
        stop_recording(running);
}

/* One that the flow waits for ends with that flow; the other goes on beside the next. */
static const struct task_kind waited = {.name = "record",
                                        .size = sizeof(struct recording_task),
                                        .digit = digit,
                                        .speaking = speaking,
                                        .stop = stop};
static const struct task_kind beside = {
    .name = "record", .size = sizeof(struct recording_task), .survives = true, .stop = stop};

/* REST, its time or the disk ended it. */
void calls_record_ended(struct member *member, const char *recording_id, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (!call)
        return;
    list_each (node, &call->tasks) {
        struct task *task = list_entry(node, struct task, node);
        struct recording_task *running = (struct recording_task *)task;

        if ((task->kind != &waited && task->kind != &beside) || running->over ||
            strcmp(running->id, recording_id) != 0)
            continue;
        leave(running);
        task_done(task);
        return;
    }
}

/* What is asked for. */

static const char *usual_format(unsigned channels)
{
    return channels <= 2 && recording_format_can(RECORDING_MP3) ? "mp3" : "wav";
}

/* The object's URL, the call's, or the application's. */
static void take_webhook(const struct call *call, const json_t *object, struct audio_record *record)
{
    const char *url = option_text(telling, object, "eventUrl");

    record->webhook = url ? url : call->event_url ? call->event_url : "";
    record->method =
        url || !call->event_url ? option_text(telling, object, "eventMethod") : call->event_method;
    record->transcription = option_value(object, "transcription");
}

/* [s]; 0: none was asked for. */
static unsigned longest(const json_t *object)
{
    const char *name = option_value(object, "timeOut") ? "timeOut" : "timeout";

    return option_value(object, name) ? (unsigned)option_number(options, object, name) : 0;
}

static struct audio_record asked(const struct call *call, const json_t *object)
{
    unsigned channels = (unsigned)option_number(options, object, "channels");
    const char *format = option_text(options, object, "format");
    struct audio_record record = {
        .format = format ? format : usual_format(channels),
        .split = option_text(options, object, "split") != NULL,
    };

    if (option_value(object, "channels")) {
        record.channels = channels;
        record.tell_channels = true;
    }
    record.timeout = longest(object);
    take_webhook(call, object, &record);
    return record;
}

static void watch(struct recording_task *running, const json_t *object)
{
    struct call *call = running->task.call;
    char number[OPTION_NUMBER_TEXT];
    const char *key = option_keys(object, "endOnKey", number);

    running->key = key ? *key : '\0';
    if (!option_value(object, "endOnSilence"))
        return;
    running->silence = (int64_t)(option_number(options, object, "endOnSilence") * 1000);
    call_watch_speech(call, true);
    if (!leg_speaking(call->leg))
        wait_for_silence(running, running->silence);
}

/* What cannot be recorded is told, and the flow goes on. */
static void fail(struct call *call, struct recording_task *running, int err, const char *why)
{
    char text[NCCO_REASON];

    snprintf(text, sizeof text, "record: %s", why ? why : strerror(err));
    notice_error(call, text);
    if (running) {
        running->task.blocking = false;
        task_done(&running->task);
    }
    call_next(call);
}

static bool is_waited_for(const json_t *object)
{
    return option_value(object, "endOnSilence") || option_value(object, "endOnKey");
}

static void start(struct call *call, json_t *object)
{
    struct audio_target target = {member_conversation(call->member), call->member, NULL};
    bool waits = is_waited_for(object), beeps = option_bool(options, object, "beepStart");
    struct audio_record record = asked(call, object);
    struct recording_task *running = task_start(call, waits ? &waited : &beside, waits);
    const char *reason = NULL;
    int64_t event;
    int err = running ? audio_record(&target, &record, running->id, &event, &reason) : ENOMEM;

    if (err) {
        fail(call, running, err, reason);
        return;
    }
    if (waits)
        watch(running, object);
    if (beeps)
        call_beep(call, !waits);
    else if (!waits)
        call_next(call);
}

static bool check(const json_t *object, struct option_fault *fault)
{
    const char *format = option_text(options, object, "format");
    enum recording_format file;

    if (!format || !recording_format_parse(format, &file) ||
        option_number(options, object, "channels") <= recording_format_channels(file))
        return true;
    snprintf(fault->path, sizeof fault->path, "format");
    snprintf(fault->reason, sizeof fault->reason, "must be wav with more than two channels");
    return false;
}

int record_conversation(struct call *call, struct conversation *conversation, const json_t *object,
                        const char **reason)
{
    struct audio_target target = {.conversation = conversation, .from = call->member};
    struct audio_record record = {.format = usual_format(1)};
    char id[ID_UUID];
    int64_t event;

    *reason = NULL;
    if (audio_records(&target))
        return 0;
    take_webhook(call, object, &record);
    return audio_record(&target, &record, id, &event, reason);
}

const struct action action_record = {
    .name = "record",
    .help = "Records the leg.",
    .options = options,
    .answers = true,
    .start = start,
    .check = check,
};
