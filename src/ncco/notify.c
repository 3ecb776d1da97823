/* notify.c: the `notify` action: a payload is sent, whose answer may bring another flow. */
#include "ncco/private.h"
#include "base/clock.h"

static const struct option options[] = {
    {"payload", OPTION_OBJECT, true, .low = 1, .help = "what is sent"},
    {"eventUrl", OPTION_URL, true, .help = "where to"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    struct webhook_event event = {
        .url = option_text(options, object, "eventUrl"),
        .method = option_text(options, object, "eventMethod"),
        .fields =
            json_pack("{s:O,s:s}", "payload", option_value(object, "payload"), "conversation_uuid",
                      conversation_id(member_conversation(call->member))),
    };

    fields_time(event.fields, "timestamp", clock_wall_ms());
    call_question(call, &event, call_next);
}

const struct action action_notify = {
    .name = "notify",
    .help = "Sends a payload to a URL, whose answer may be another NCCO.",
    .options = options,
    .start = start,
};
