/* prompt.c: what a flow says or plays to its leg: an act on its sound (conversation/audio.h),
 * as REST has them, too. So a talk of REST takes the place of the flow's, which goes on, and a
 * stop of REST is its end.
 *
 *   waits for a free speaker ──> act ──over──> the flow goes on
 *                                 └──another flow──> ended
 *
 * With bargeIn the flow does not wait: acts queue behind each other, and the input that comes
 * next ends them all with its first key, or the first word that it is to take. */
#include "ncco/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { AGAIN = 100 /* [ms] */, AGAIN_MOST = 300 };

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

static void done(struct prompt *prompt, const char *reason)
{
    struct call *call = mem_ref(prompt->task.call);

    if (reason)
        tell(call, prompt->name, reason);
    task_done(&prompt->task);
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

/* Only so many texts wait to be spoken: one that finds no place comes back for it. */
static void attempt(void *arg)
{
    struct prompt *prompt = arg;
    struct loop *loop = bridge_loop(prompt->task.call->calls->bridge);
    const char *reason = NULL;
    int err = begin(prompt, &reason);

    if (err == EAGAIN && prompt->tries++ < AGAIN_MOST)
        err = loop_start(loop, &prompt->again, AGAIN, attempt, prompt);
    if (err)
        done(prompt, reason          ? reason
                     : err == ENODEV ? "the leg has no sound"
                     : err == EAGAIN ? "too many texts wait to be spoken"
                                     : strerror(err));
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

    attempt(prompt);
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
    return task_find(call, &kind) != NULL;
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

void prompts_end(struct call *call)
{
    struct task *task;

    while ((task = task_find(call, &kind)) && !task->blocking) {
        stop(task, TASK_REPLACED);
        task_done(task);
    }
}
