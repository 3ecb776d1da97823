/* stream.c: the `stream` action: a sound is played to the leg. */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"streamUrl", OPTION_URL, true, 0, 0, "http(s) URL of a WAV, or sound:NAME of a bundled one"},
    {"level", OPTION_NUMBER, false, -1, 1, "-1 (softest) to 1, 0: as recorded"},
    {"loop", OPTION_NUMBER, false, 0, 1000000, "how often; 0: for ever"},
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

static void play(void *arg)
{
    struct loading *loading = arg;
    struct call *call = loading->call;

    if (!is_late(loading))
        call->play = leg_play(call->leg, loading->sound, loading->loops, loading->level);
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
    loading->loops = (unsigned)option_number(action, "loop", 1);
    loading->level = option_number(action, "level", 0);
    err = loader_load(call->calls->loader, option_url(action, "streamUrl"), loaded, loading);
    if (err)
        loaded(NULL, err == EINVAL ? "no sound has such a name" : strerror(err), loading);
}

static void stop(struct call *call)
{
    if (call->play)
        leg_stop(call->leg);
    call->play = 0;
}

static void played(struct call *call, uint32_t play, bool completed)
{
    (void)completed;
    if (play != call->play)
        return;
    call->play = 0;
    call_next(call);
}

const struct action action_stream = {
    .name = "stream",
    .options = options,
    .answers = true,
    .start = start,
    .stop = stop,
    .played = played,
};
