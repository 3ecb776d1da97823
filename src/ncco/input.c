/* input.c: the `input` action: keys and speech of the leg, and what is told of them.
 *
 *   prompts sound ──they are over, a key, a word──> its time runs ──┬─ enough keys, #, time ─┐
 *                                                                   └─ speech was heard ─────┤
 *   the next action, or another flow <──── the reply <──── the event (call_question) <───────┘
 *
 * The first of both to finish ends it. While somebody speaks, no time runs out for keys that
 * were never pressed; a key ends what was taken for speech before it. An asynchronous one
 * is no task: see digits.c. */
#include "ncco/input.h"

#include <stdio.h>
#include <string.h>

static const struct option dtmf[] = {
    {"timeOut", OPTION_INTEGER, false, "3", 0, 10, .help = "after the last key [s]"},
    {"maxDigits", OPTION_INTEGER, false, "4", 1, 20, .help = "how many are enough"},
    {"submitOnHash", OPTION_BOOL, false, "false", .help = "# is the last one, and is left out"},
    {0},
};

static const struct option speech[] = {
    {"uuid", OPTION_IDS, false, .low = 1, .high = 1, .help = "the leg that is listened to"},
    {"endOnSilence", OPTION_NUMBER, false, "2", 0.4, 10, .help = "silence that ends it [s]"},
    {"language", OPTION_TEXT, false, "en-US", 2, 35, .help = "BCP-47 tag"},
    {"context", OPTION_IDS, false, .high = 1000, .help = "words and phrases to be expected"},
    {"startTimeout", OPTION_INTEGER, false, "10", 1, 60, .help = "silence at the start [s]"},
    {"maxDuration", OPTION_INTEGER, false, "60", 1, 60, .help = "longest speech [s]"},
    {"saveAudio", OPTION_BOOL, false, "false", .help = "keeps what was said as a file"},
    {"sensitivity", OPTION_INTEGER, false, "90", 10, 100, .help = "how little is taken for speech"},
    {0},
};

static const struct option options[] = {
    {"type", OPTION_WORDS, false, .values = "dtmf|speech",
     .help = "what is taken; absent (older schema): dtmf"},
    {"dtmf", OPTION_OBJECT, false, .inside = dtmf, .help = "how keys are taken"},
    {"speech", OPTION_OBJECT, false, .inside = speech, .help = "how speech is taken"},
    {"mode", OPTION_ENUM, false, "synchronous", .values = "synchronous|asynchronous",
     .help = "asynchronous: each key is told as it comes, and the flow goes on"},
    {"timeOut", OPTION_INTEGER, false, .high = 10, .help = "older name of dtmf.timeOut"},
    {"maxDigits", OPTION_INTEGER, false, .low = 1, .high = 20,
     .help = "older name of dtmf.maxDigits"},
    {"submitOnHash", OPTION_BOOL, false, .help = "older name of dtmf.submitOnHash"},
    {"eventUrl", OPTION_URL, false, .help = "who is told, and may answer with another NCCO"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {0},
};

enum { KEYS_MOST = 20 };

struct input {
    struct task task;
    const json_t *object; /* the flow's */
    bool keys;            /* they are taken */
    char digits[KEYS_MOST + 1];
    size_t most;
    bool hash;                /* submits */
    int64_t patience;         /* [ms] after a key */
    bool begun;               /* its time runs */
    struct timer timer;       /* of keys */
    struct speech_part *part; /* our reference; NULL: nobody listens */
    bool spoken;              /* the part has heard all it will: keys are late */
    json_t *speech;           /* what is told of it */
};

static void destroy(void *obj)
{
    json_decref(((struct input *)obj)->speech);
}

static void stop(struct task *task, enum task_stop why);
static bool digit(struct task *task, char key, unsigned duration_ms);

static const struct task_kind kind = {.name = "input",
                                      .size = sizeof(struct input),
                                      .destroy = destroy,
                                      .digit = digit,
                                      .stop = stop};

static void stop(struct task *task, enum task_stop why)
{
    struct input *input = (struct input *)task;

    (void)why;
    loop_cancel(bridge_loop(task->call->calls->bridge), &input->timer);
    speech_part_end(input->part);
    input->part = NULL;
}

/* {"digits": …, "timed_out": …} */
static json_t *keys_json(const struct input *input, bool timed_out)
{
    json_t *digits = input->keys ? json_string(input->digits) : json_null();

    return json_pack("{s:o,s:b}", "digits", digits, "timed_out", timed_out);
}

static json_t *no_speech(void)
{
    return json_pack("{s:[]}", "results");
}

/* It is over: told, and what comes back decides how the flow goes on. */
static void finish(struct input *input, bool timed_out)
{
    struct call *call = mem_ref(input->task.call);
    struct webhook_event event = {
        .url = option_text(options, input->object, "eventUrl"),
        .fields = json_object(),
    };

    if (event.url)
        event.method = option_text(options, input->object, "eventMethod");
    json_object_set_new(event.fields, "speech", input->speech ? input->speech : no_speech());
    input->speech = NULL;
    json_object_set_new(event.fields, "dtmf", keys_json(input, timed_out));
    fields_of_call(call, event.fields);
    stop(&input->task, TASK_REPLACED);
    input->task.blocking = false; /* the flow waits for the reply instead */
    task_done(&input->task);
    call_question(call, &event, call_next);
    mem_unref(call);
}

static void on_time(void *arg)
{
    finish(arg, true);
}

/* The time for keys runs from now on; without memory for it there is none. */
static void run_time(struct input *input)
{
    struct loop *loop = bridge_loop(input->task.call->calls->bridge);

    if (!input->keys)
        return;
    if (loop_start(loop, &input->timer, input->patience, on_time, input))
        finish(input, true);
}

/* Its prompts are over. */
static void begin(struct input *input)
{
    if (input->begun)
        return;
    input->begun = true;
    if (!input->keys && !input->part) { /* nobody can listen */
        finish(input, false);
        return;
    }
    speech_part_begin(input->part);
    run_time(input);
}

/* The keys are looked at one after the other; true: that was the last. */
static bool take(struct input *input, char key)
{
    size_t length = strlen(input->digits);

    if (key == '#' && input->hash)
        return true;
    input->digits[length] = key;
    input->digits[length + 1] = '\0';
    return length + 1 >= input->most;
}

static bool digit(struct task *task, char key, unsigned duration_ms)
{
    struct input *input = (struct input *)task;

    (void)duration_ms;
    if (!input->keys || input->spoken)
        return false;
    prompts_end(task->call);
    speech_part_hold(input->part);
    input->begun = true;
    if (take(input, key))
        finish(input, false);
    else
        run_time(input);
    return true;
}

void input_prompted(struct call *call)
{
    struct task *task = prompts_run(call) ? NULL : task_find(call, &kind);

    if (task)
        begin((struct input *)task);
}

void input_ahead(struct call *call, char key)
{
    size_t length = strlen(call->ahead);

    if (call->barge && length + 1 < sizeof call->ahead) {
        call->ahead[length] = key;
        call->ahead[length + 1] = '\0';
    }
}

/* What the part hears. */

static void on_spoke(void *arg)
{
    struct input *input = arg;
    struct loop *loop = bridge_loop(input->task.call->calls->bridge);

    prompts_end(input->task.call);
    if (!input->begun) {
        input->begun = true;
        speech_part_begin(input->part);
        if (*input->digits)
            run_time(input);
    } else if (!*input->digits) {
        loop_cancel(loop, &input->timer);
    }
}

static void on_spoken(void *arg)
{
    struct input *input = arg;

    input->spoken = true;
    loop_cancel(bridge_loop(input->task.call->calls->bridge), &input->timer);
}

static void on_heard(json_t *said, void *arg)
{
    struct input *input = arg;

    json_decref(input->speech);
    input->speech = said;
    finish(input, false);
}

/* Starting. */

/* A setting of dtmf, or its older name beside it. */
static const char *setting(const json_t *object, const char *path, const char *older)
{
    return !option_value(object, path) && option_value(object, older) ? older : path;
}

static bool has_type(const json_t *object, const char *type)
{
    const json_t *types = option_value(object, "type"), *word;
    size_t i;

    json_array_foreach (types, i, word) {
        if (strcmp(json_string_value(word), type) == 0)
            return true;
    }
    return !types && strcmp(type, "dtmf") == 0;
}

static void set_keys(struct input *input, const json_t *object)
{
    input->keys = has_type(object, "dtmf");
    input->most =
        (size_t)option_number(options, object, setting(object, "dtmf.maxDigits", "maxDigits"));
    input->hash =
        option_bool(options, object, setting(object, "dtmf.submitOnHash", "submitOnHash"));
    input->patience =
        (int64_t)(option_number(options, object, setting(object, "dtmf.timeOut", "timeOut")) *
                  1000);
}

static const char *first_text(const json_t *list)
{
    return json_string_value(json_array_get(list, 0));
}

static void set_speech(struct input *input, const json_t *object)
{
    struct speech_part_conf conf = {
        .call = input->task.call,
        .uuid = first_text(option_value(object, "speech.uuid")),
        .silence = (int64_t)(option_number(options, object, "speech.endOnSilence") * 1000),
        .patience = (int64_t)(option_number(options, object, "speech.startTimeout") * 1000),
        .longest = (int64_t)(option_number(options, object, "speech.maxDuration") * 1000),
        .language = option_text(options, object, "speech.language"),
        .context = option_value(object, "speech.context"),
        .sensitivity = (unsigned)option_number(options, object, "speech.sensitivity"),
        .save = option_bool(options, object, "speech.saveAudio"),
        .spoke = on_spoke,
        .spoken = on_spoken,
        .heard = on_heard,
        .arg = input,
    };
    const char *error;

    if (!has_type(object, "speech"))
        return;
    error = speech_part_start(&input->part, &conf);
    if (error)
        input->speech = json_pack("{s:s}", "error", error);
}

/* Keys that came before it. True: they were enough. */
static bool take_ahead(struct input *input)
{
    struct call *call = input->task.call;
    bool enough = false;

    for (const char *key = call->ahead; *key && input->keys && !enough; key++)
        enough = take(input, *key);
    call->ahead[0] = '\0';
    return enough;
}

static void start_synchronous(struct call *call, json_t *object)
{
    struct input *input = task_start(call, &kind, true);

    call->barge = false;
    if (!input) {
        notice_error(call, "input: out of memory");
        call_next(call);
        return;
    }
    input->object = object;
    set_keys(input, object);
    set_speech(input, object);
    if (take_ahead(input))
        finish(input, false);
    else if (!prompts_run(call))
        begin(input);
}

static void start(struct call *call, json_t *object)
{
    const char *url = option_text(options, object, "eventUrl");

    if (strcmp(option_text(options, object, "mode"), "asynchronous") != 0) {
        start_synchronous(call, object);
        return;
    }
    if (digits_watch(call, url, url ? option_text(options, object, "eventMethod") : NULL))
        notice_error(call, "input: out of memory");
    call->barge = false;
    call->ahead[0] = '\0';
    call_next(call);
}

/* Of an asynchronous one each key is told: nothing is to be set for it. */
static bool check(const json_t *object, struct option_fault *fault)
{
    static const char *const names[] = {"dtmf", "timeOut", "maxDigits", "submitOnHash", NULL};

    if (strcmp(option_text(options, object, "mode"), "asynchronous") != 0)
        return true;
    for (const char *const *name = names; *name; name++) {
        json_t *value = option_value(object, *name);

        if (!value || (json_is_object(value) && json_object_size(value) == 0))
            continue;
        snprintf(fault->path, sizeof fault->path, "%s", *name);
        snprintf(fault->reason, sizeof fault->reason,
                 "is not allowed together with \"mode\" asynchronous");
        return false;
    }
    if (!has_type(object, "speech"))
        return true;
    snprintf(fault->path, sizeof fault->path, "type");
    snprintf(fault->reason, sizeof fault->reason, "must be dtmf when \"mode\" is asynchronous");
    return false;
}

const struct action action_input = {
    .name = "input",
    .help = "Takes keys or speech, and tells them to a URL, whose answer may be another NCCO.",
    .options = options,
    .answers = true,
    .start = start,
    .check = check,
};
