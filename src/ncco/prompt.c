/* prompt.c: what a flow says or plays to its leg: an act on its sound (conversation/audio.h),
 * as REST has them, too. So a talk of REST takes the place of the flow's, which goes on, and a
 * stop of REST is its end.
 *
 *   waits for its turn ──> act ──over──> the flow goes on
 *           └───────────────┴──another flow──> ended
 *
 * With bargeIn the flow does not wait: prompts queue behind each other, and the input that
 * comes next ends them all with its first key, or the first word that it is to take. */
#include "ncco/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 2, AGAIN = 100 /* [ms] */, AGAIN_MOST = 300 };

struct prompt {
    struct task task;
    const char *name; /* of the action */
    struct audio_play play;
    struct audio_say say; /* when it has a text; all texts are the flow's */
    char id[ID_UUID];     /* of the act; "": it has not begun */
    unsigned tries;
    struct timer again;
};

static void stop(struct task *task, enum task_stop why);
static bool digit(struct task *task, char digit, unsigned duration_ms);

static const struct task_kind kind = {
    .name = "prompt", .size = sizeof(struct prompt), .keeps = true, .digit = digit, .stop = stop};

static void stop(struct task *task, enum task_stop why)
{
    struct prompt *prompt = (struct prompt *)task;

    loop_cancel(bridge_loop(task->call->calls->bridge), &prompt->again);
    if (why != TASK_ENDED && *prompt->id)
        audio_end(task->call->member, prompt->id);
}

/* What cannot be heard is told, and the flow goes on. */
static void tell(struct call *call, const char *name, const char *why)
{
    char text[NCCO_REASON];

    snprintf(text, sizeof text, "%s: %s", name, why);
    notice_error(call, text);
}

static void begin_some(struct call *call);

static bool is_last(const struct prompt *prompt)
{
    const struct call *call = prompt->task.call;

    return (prompt->task.blocking || call->at_end) && call->next >= json_array_size(call->ncco);
}

static void over_instead(const char *reason, void *arg);

/* The call is to end with this: what REST plays in its place is heard before. */
static bool wait_instead(struct prompt *prompt)
{
    const struct call *call = prompt->task.call;

    if (!is_last(prompt) || !call->member)
        return false;
    if (audio_await(call->member, over_instead, prompt))
        return false;
    mem_ref(prompt);
    return true;
}

static void done(struct prompt *prompt, const char *reason)
{
    struct call *call;

    if (!reason && wait_instead(prompt))
        return;
    call = mem_ref(prompt->task.call);
    if (reason)
        tell(call, prompt->name, reason);
    task_done(&prompt->task);
    begin_some(call);
    input_prompted(call);
    mem_unref(call);
}

/* The act holds a reference of the prompt until this. */
static void over(const char *reason, void *arg)
{
    struct prompt *prompt = arg;

    if (prompt->task.call)
        done(prompt, reason);
    mem_unref(prompt);
}

/* So does the waiting for another. */
static void over_instead(const char *reason, void *arg)
{
    struct prompt *prompt = arg;

    (void)reason;
    if (prompt->task.call)
        done(prompt, NULL);
    mem_unref(prompt);
}

static int begin(struct prompt *prompt, const char **reason)
{
    struct member *member = prompt->task.call->member;
    const struct audio_target target = {.conversation = member_conversation(member), .to = member};
    int64_t event;
    int err;

    mem_ref(prompt);
    err = prompt->say.text ? audio_say(&target, &prompt->say, prompt->id, &event, reason)
                           : audio_play(&target, &prompt->play, prompt->id, &event, reason);
    if (err) {
        *prompt->id = '\0';
        mem_unref(prompt);
    }
    return err;
}

static void on_again(void *arg)
{
    begin_some(((struct prompt *)arg)->task.call);
}

/* Only so many texts wait to be spoken: one that finds no place comes back for it. */
static void attempt(struct prompt *prompt)
{
    struct loop *loop = bridge_loop(prompt->task.call->calls->bridge);
    const char *reason = NULL;
    int err = begin(prompt, &reason);

    if (err == EAGAIN && prompt->tries++ < AGAIN_MOST)
        err = loop_start(loop, &prompt->again, AGAIN, on_again, prompt);
    if (err)
        done(prompt, reason          ? reason
                     : err == ENODEV ? "the leg has no sound"
                     : err == EAGAIN ? "too many texts wait to be spoken"
                                     : strerror(err));
}

/* The first that has not begun, if it may: one sounds, one is ready to follow it. */
static struct prompt *next_prompt(const struct call *call)
{
    unsigned begun = 0;

    list_each (node, &call->tasks) {
        struct task *task = list_entry(node, struct task, node);
        struct prompt *prompt = (struct prompt *)task;

        if (task->kind != &kind)
            continue;
        if (!*prompt->id)
            return timer_running(&prompt->again) ? NULL : prompt;
        if (++begun == AT_ONCE)
            return NULL;
    }
    return NULL;
}

/* One that ends at once comes back here from within: the loop goes on for it. A leg that ends is
 * played nothing more. */
static void begin_some(struct call *call)
{
    struct prompt *prompt;

    if (call->prompting)
        return;
    call->prompting = true;
    mem_ref(call);
    while (!leg_ending(call->leg) && (prompt = next_prompt(call)))
        attempt(prompt);
    call->prompting = false;
    mem_unref(call);
}

static struct prompt *make(struct call *call, const char *name, bool barge)
{
    struct prompt *prompt;

    call->barge = call->barge || barge; /* until an input is met */
    prompt = task_start(call, &kind, !call->barge);
    if (!prompt) {
        tell(call, name, strerror(ENOMEM));
        call_next(call);
        return NULL;
    }
    prompt->name = name;
    return prompt;
}

/* The flow goes on at once when it is not to wait. */
static void go(struct prompt *prompt)
{
    struct call *call = mem_ref(prompt->task.call);
    bool waits = prompt->task.blocking;

    begin_some(call);
    if (!waits)
        call_next(call);
    mem_unref(call);
}

void prompt_say(struct call *call, const struct audio_say *say, bool barge)
{
    bool behind = prompts_run(call); /* ours for ever is for ever */
    struct prompt *prompt = make(call, "talk", barge);

    if (!prompt)
        return;
    prompt->say = *say;
    prompt->say.queue = true;
    prompt->say.ends_endless = !behind;
    prompt->say.over = over;
    prompt->say.arg = prompt;
    go(prompt);
}

void prompt_play(struct call *call, const struct audio_play *play, bool barge)
{
    bool behind = prompts_run(call);
    struct prompt *prompt = make(call, "stream", barge);

    if (!prompt)
        return;
    prompt->play = *play;
    prompt->play.queue = true;
    prompt->play.ends_endless = !behind;
    prompt->play.over = over;
    prompt->play.arg = prompt;
    go(prompt);
}

bool prompts_run(const struct call *call)
{
    list_each (node, &call->tasks) {
        if (list_entry(node, struct task, node)->kind == &kind)
            return true;
    }
    return false;
}

/* The input did not take it, or is not there yet. */
static bool digit(struct task *task, char digit, unsigned duration_ms)
{
    struct call *call = task->call;

    (void)digit, (void)duration_ms;
    if (task->blocking)
        return false;
    prompts_end(call);
    input_prompted(call);
    return false;
}

/* The youngest first: none is heard in the place of another. */
void prompts_end(struct call *call)
{
    for (struct list *node = call->tasks.prev, *before; node != &call->tasks; node = before) {
        struct task *task = list_entry(node, struct task, node);

        before = node->prev;
        if (task->kind != &kind || task->blocking)
            continue;
        stop(task, TASK_REPLACED);
        task_done(task);
    }
}
