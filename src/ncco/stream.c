/* stream.c: the `stream` action: a sound is played to the leg. */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"streamUrl", OPTION_SOUND, true, .help = "of a WAV or MP3, or sound:NAME of a bundled one"},
    {"level", OPTION_NUMBER, false, "0", -1, 1, .help = "loudness; 0: as recorded"},
    {"bargeIn", OPTION_BOOL, false, "false",
     .help = "a key ends it; the flow goes on at once, to the input that takes the key"},
    {"loop", OPTION_INTEGER, false, "1", .high = 1000000, .help = "how often; 0: for ever"},
    {0},
};

struct loading {
    struct call *call;   /* our reference */
    struct sound *sound; /* our reference, while it waits */
    unsigned turn, loops;
    double level;
};

/* What cannot be played is told, and the flow goes on. */
static void skip(struct call *call, const char *why)
{
    char text[NCCO_REASON];

    snprintf(text, sizeof text, "stream: %s", why);
    notice_error(call, text);
    call_next(call);
}

static bool is_late(const struct loading *loading)
{
    return !loading->call->member || loading->call->turn != loading->turn;
}

static void drop(struct loading *loading)
{
    mem_unref(loading->sound);
    mem_unref(loading->call);
    free(loading);
}

struct playing {
    struct task task;
    uint32_t play;
};

static bool played(struct task *task, uint32_t play, bool completed)
{
    const struct playing *playing = (const struct playing *)task;

    (void)completed;
    if (play != playing->play)
        return false;
    task_done(task);
    return true;
}

static void stop(struct task *task, enum task_stop why)
{
    if (why != TASK_ENDED)
        leg_stop(task->call->leg);
}

static const struct task_kind kind = {.name = "stream",
                                      .size = sizeof(struct playing),
                                      .keeps = true,
                                      .played = played,
                                      .stop = stop};

static void begin(struct call *call, const struct loading *loading)
{
    struct playing *playing = task_start(call, &kind, true);

    if (playing)
        playing->play = leg_play(call->leg, loading->sound, loading->loops, loading->level);
    else
        skip(call, "out of memory");
}

static void play(void *arg)
{
    struct loading *loading = arg;
    struct call *call = loading->call;

    if (!is_late(loading))
        begin(call, loading);
    drop(loading);
}

/* A caller who is just being answered hears the sound from its beginning: it waits for
 * the 200, which waits for the store. */
static void loaded(struct sound *sound, const char *reason, void *arg)
{
    struct loading *loading = arg;
    struct call *call = loading->call;

    if (is_late(loading) || !sound) {
        if (!is_late(loading))
            skip(call, reason);
        drop(loading);
        return;
    }
    loading->sound = mem_ref(sound);
    if (leg_confirmed(call->leg) || store_fence(bridge_store(call->calls->bridge), play, loading))
        play(loading);
}

static void start(struct call *call, json_t *action)
{
    struct loading *loading = calloc(1, sizeof *loading);

    int err;

    if (!loading) {
        skip(call, "out of memory");
        return;
    }
    loading->call = mem_ref(call);
    loading->turn = call->turn;
    loading->loops = (unsigned)option_number(options, action, "loop");
    loading->level = option_number(options, action, "level");
    err = loader_load(call->calls->loader, option_text(options, action, "streamUrl"), loaded,
                      loading);
    if (err)
        loaded(NULL, err == EINVAL ? "no sound has such a name" : strerror(err), loading);
}

const struct action action_stream = {
    .name = "stream",
    .help = "Plays a sound to the leg.",
    .options = options,
    .answers = true,
    .start = start,
};
