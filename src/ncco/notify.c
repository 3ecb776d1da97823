/* notify.c: the `notify` action: a payload is sent, whose answer may bring another flow. */
#include "ncco/private.h"

static const struct option options[] = {
    {"payload", OPTION_OBJECT, true, .low = 1, .help = "what is sent"},
    {"eventUrl", OPTION_URL, true, .help = "where to"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    (void)object;
    call_next(call);
}

const struct action action_notify = {
    .name = "notify",
    .help = "Sends a payload to a URL, whose answer may be another NCCO.",
    .options = options,
    .start = start,
};
