/* digits.c: a call whose keys are told to a URL, one event a key (asynchronous DTMF). */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>

int call_watch_digits(struct call *call, const char *url, const char *method)
{
    char *copy = mem_strdup(url), *how = mem_strdup(method ? method : "POST");

    if ((url && !copy) || !how) {
        mem_unref(copy);
        mem_unref(how);
        return ENOMEM;
    }
    mem_unref(call->digits_url);
    mem_unref(call->digits_method);
    call->digits_url = copy;
    call->digits_method = how;
    return 0;
}

void digits_told(struct call *call, char digit)
{
    const char text[2] = {digit, '\0'};
    struct webhook_event event = {
        .application = application_id(call->application),
        .lane = leg_id(call->leg),
        .url = call->digits_url,
        .method = call->digits_method,
    };

    if (!call->digits_url)
        return;
    event.fields = json_pack(
        "{s:{s:s,s:b},s:s,s:s,s:s,s:s}", "dtmf", "digits", text, "timed_out", 0, "from",
        notice_name(leg_from(call->leg)), "to", notice_name(leg_to(call->leg)), "uuid",
        leg_id(call->leg), "conversation_uuid", conversation_id(member_conversation(call->member)));
    fields_time(event.fields, "timestamp", clock_wall_ms());
    notice_send(call->calls, call->application, &event);
}
