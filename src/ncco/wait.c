/* wait.c: the `wait` action: nothing happens for a while. */
#include "ncco/private.h"

static const struct option options[] = {
    {"timeout", OPTION_NUMBER, false, "10", 0.1, 7200, .clamped = true, .help = "how long [s]"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    (void)object;
    call_next(call);
}

const struct action action_wait = {
    .name = "wait",
    .help = "Waits.",
    .options = options,
    .start = start,
};
