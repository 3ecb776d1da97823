/* call.c: what moves a call from state to state. */
#include "bench/load/call.h"
#include "base/clock.h"
#include "bench/load/wire.h"

#include <stdio.h>

enum { T1 = 500, T2 = 4000 }; /* RFC 3261, 17.1.1.1 [ms] */

static void finish(struct call *call, enum call_state state, int status)
{
    struct caller *caller = call->caller;

    timer_cancel(&caller->timers, &call->timer);
    call->state = state;
    if (state == CALL_FAILED) {
        caller->counts.failed++;
        caller->counts.last_status = status;
    } else {
        caller->counts.ended++;
    }
    caller->events.over(call_number(call), state == CALL_OVER, caller->arg);
}

static void send_again(struct call *call)
{
    call->caller->counts.retransmitted++;
    if (call->state == CALL_CALLING)
        send_invite(call);
    else
        send_bye(call);
}

static void on_timer(void *arg);

static void arm(struct call *call, int64_t delay)
{
    int64_t left = call->deadline - clock_mono_ms();

    if (timer_start(&call->caller->timers, &call->timer, delay < left ? delay : left, on_timer,
                    call))
        finish(call, CALL_FAILED, 500);
}

static void on_timer(void *arg)
{
    struct call *call = arg;

    if (clock_mono_ms() >= call->deadline) {
        finish(call, CALL_FAILED, 408);
        return;
    }
    send_again(call);
    call->interval *= 2;
    if (call->state == CALL_ENDING && call->interval > T2)
        call->interval = T2;
    arm(call, call->interval);
}

static void start_transaction(struct call *call, enum call_state state)
{
    call->state = state;
    call->interval = T1;
    call->deadline = clock_mono_ms() + call->caller->timeout;
    arm(call, T1);
}

void call_invite(struct call *call)
{
    call->caller->counts.invited++;
    call->invited = wire_now();
    send_invite(call);
    start_transaction(call, CALL_CALLING);
}

void call_bye(struct call *call)
{
    if (call->state != CALL_UP)
        return;
    send_bye(call);
    start_transaction(call, CALL_ENDING);
}

static void keep(char *out, size_t size, struct text text)
{
    snprintf(out, size, "%.*s", (int)text.size, text.at);
}

static void answered(struct call *call, const struct message *response, int64_t arrived)
{
    struct caller *caller = call->caller;
    struct sockaddr_in media;

    keep(call->to_tag, sizeof call->to_tag,
         text_parameter(message_header(response, "To", "t", 0), "tag"));
    keep(call->target, sizeof call->target, text_uri(message_header(response, "Contact", "m", 0)));
    send_ack(call, NULL);
    timer_cancel(&caller->timers, &call->timer);
    call->answered = arrived;
    histogram_add(&caller->setup, arrived - call->invited);
    caller->counts.answered++;
    call->state = CALL_UP;
    if (message_media(response, &media)) {
        caller->events.up(call_number(call), &media, caller->arg);
        return;
    }
    send_bye(call);
    finish(call, CALL_FAILED, 488);
}

static void invite_response(struct call *call, const struct message *response, int64_t arrived)
{
    bool waiting = call->state == CALL_CALLING || call->state == CALL_PROCEEDING;

    if (response->status >= 300) {
        send_ack(call, response);
        if (waiting)
            finish(call, CALL_FAILED, response->status);
    } else if (response->status >= 200) {
        if (waiting)
            answered(call, response, arrived);
        else
            send_ack(call, NULL);
    } else if (call->state == CALL_CALLING) {
        call->state = CALL_PROCEEDING;
        call->interval = call->caller->timeout;
        arm(call, call->interval);
    }
}

void call_response(struct call *call, const struct message *response, int64_t arrived)
{
    if (text_is(response->method, "INVITE"))
        invite_response(call, response, arrived);
    else if (text_is(response->method, "BYE") && call->state == CALL_ENDING) {
        if (response->status >= 300)
            finish(call, CALL_FAILED, response->status);
        else if (response->status >= 200)
            finish(call, CALL_OVER, 0);
    }
}

void call_request(struct call *call, const struct message *request)
{
    if (text_is(request->method, "ACK"))
        return;
    send_reply(call->caller, call, request, 200, "OK");
    if (text_is(request->method, "BYE") && call->state == CALL_UP)
        finish(call, CALL_FAILED, 487);
}
