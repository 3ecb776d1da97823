/* run.c: a flow runs: one action after the other, for one leg.
 *
 *   no flow ──call_run──> action 1 ──call_next──> action 2 … ──> end: hang up
 *                            └──── leg ended, another flow ────> stopped */
#include "ncco/private.h"
#include "base/log.h"

#include <stdio.h>

void call_fail(struct call *call, const char *reason)
{
    char text[NCCO_REASON + 80];

    snprintf(text, sizeof text, "Syntax error in NCCO. Invalid value type or action. %s", reason);
    log_info("ncco", "refused id=%s: %s", leg_id(call->leg), reason);
    notice_error(call, text);
    leg_hangup(call->leg, leg_cause_sip(503));
}

void call_stop(struct call *call)
{
    const struct action *action = call->action;

    call->action = NULL;
    call->turn++;
    if (action && action->stop)
        action->stop(call);
    json_decref(call->ncco);
    call->ncco = NULL;
}

static void finish(struct call *call)
{
    json_decref(call->ncco);
    call->ncco = NULL;
    leg_hangup(call->leg, call->cause);
}

void call_next(struct call *call)
{
    json_t *object;

    MAGIC_CHECK(call, CALL_MAGIC);
    call->action = NULL;
    call->turn++;
    if (!call->ncco || !call->member)
        return;
    if (call->next >= json_array_size(call->ncco)) {
        finish(call);
        return;
    }
    object = json_array_get(call->ncco, call->next++);
    call->action = action_find(json_string_value(json_object_get(object, "action")));
    log_debug("ncco", "action id=%s %s", leg_id(call->leg), call->action->name);
    if (call->action->answers)
        leg_answer(call->leg);
    if (call->action)
        call->action->start(call, object);
}

void call_run(struct call *call, json_t *ncco)
{
    char reason[NCCO_REASON];

    MAGIC_CHECK(call, CALL_MAGIC);
    call_stop(call);
    if (!call->member)
        return;
    if (!ncco_check(ncco, reason)) {
        call_fail(call, reason);
        return;
    }
    call->ncco = json_incref(ncco);
    call->next = 0;
    call->cause = NULL;
    call_next(call);
}
