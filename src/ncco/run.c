/* run.c: a flow runs: one action after the other, for one leg.
 *
 *   no flow ──call_run──> action 1 ──call_next──> action 2 … ──> end: hang up
 *                            └──── leg ended, another flow ────> stopped */
#include "ncco/private.h"
#include "base/log.h"

#include <stdio.h>

void call_fail(struct call *call, const char *reason)
{
    char text[NCCO_REASON + 80], line[CALL_LINE];

    snprintf(text, sizeof text, "Syntax error in NCCO. Invalid value type or action. %s", reason);
    call_debug(call, line, sizeof line);
    log_info("ncco", "NCCO refused: %s: %s", reason, line);
    notice_error(call, text);
    leg_hangup(call->leg, leg_cause_sip(503));
}

void call_stop(struct call *call, enum task_stop why)
{
    const struct action *action = call->action;

    call->action = NULL;
    call->at_end = false;
    call->barge = false;
    call->ahead[0] = '\0';
    call->turn++;
    if (action && action->stop)
        action->stop(call);
    tasks_stop(call, why);
    digits_stop(call, why);
    connect_release(call); /* they outlast the action that dialled them */
    json_decref(call->ncco);
    call->ncco = NULL;
}

static bool is_kept(const struct call *call)
{
    list_each (node, &call->tasks) {
        if (list_entry(node, struct task, node)->kind->keeps)
            return true;
    }
    return false;
}

/* All actions are done: what still sounds is heard to its end. */
static void finish(struct call *call)
{
    call->at_end = is_kept(call);
    if (call->at_end)
        return;
    json_decref(call->ncco);
    call->ncco = NULL;
    if (call->greeted)
        connect_child_greeted(call);
    else
        leg_hangup(call->leg, call->cause);
}

static void start_action(struct call *call)
{
    json_t *object;
    char line[CALL_LINE];

    if (!call->ncco || !call->member || leg_ending(call->leg))
        return;
    if (call->next >= json_array_size(call->ncco)) {
        finish(call);
        return;
    }
    object = json_array_get(call->ncco, call->next++);
    call->action = action_find(json_string_value(json_object_get(object, "action")));
    if (log_get_level() >= LOG_DEBUG) {
        call_debug(call, line, sizeof line);
        log_debug("ncco", "%s", line);
    }
    if (call->action->answers)
        leg_answer(call->leg);
    json_incref(object); /* the action may bring another flow */
    if (call->action)
        call->action->start(call, object);
    json_decref(object);
}

/* An action that is over as soon as it begins comes back here from within: it is noted,
 * and the next one starts from the same loop, however many there are. */
void call_next(struct call *call)
{
    MAGIC_CHECK(call, CALL_MAGIC);
    call->action = NULL;
    call->turn++;
    call->again = true;
    if (call->stepping)
        return;
    call->stepping = true;
    mem_ref(call);
    while (call->again) {
        call->again = false;
        start_action(call);
    }
    call->stepping = false;
    mem_unref(call);
}

void call_run(struct call *call, json_t *ncco)
{
    char reason[NCCO_REASON];

    MAGIC_CHECK(call, CALL_MAGIC);
    call_stop(call, TASK_REPLACED);
    if (!call->member || leg_ending(call->leg))
        return;
    if (!ncco_check(ncco, reason) || (call->greeted && !greet_check(ncco, reason))) {
        call_fail(call, reason);
        return;
    }
    call->ncco = json_incref(ncco);
    call->next = 0;
    call->cause = NULL;
    call_next(call);
}
