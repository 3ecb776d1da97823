/* dialog.c: what every dialog has whichever side made it: its table entry, its owner,
 * its end.
 *
 *   INCOMING -200-> ACCEPTED -ACK-> UP          CALLING -2xx-> ANSWERED -ack-> UP
 *   any of them -hangup-> ENDING -BYE answered, INVITE over-> released
 *   any of them -BYE, CANCEL, refusal, failure of the peer's-> released
 *
 * The owner is told when the end is certain or, of our own hang-up, after a second at
 * most: a dead peer must not keep a call from being over. */
#include "ua/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* [ms] how long the owner waits for the peer's word on our BYE or CANCEL; and after which
 * we forget a transaction that Sofia never ends (a CANCEL answered, its INVITE not). */
enum { LINGER = 1000, GIVE_UP = 40000 };

static void destroy(void *obj)
{
    struct dialog *dialog = obj;

    assert(!dialog->handle);
    mem_unref(dialog->request);
    mem_unref(dialog->change);
    mem_unref(dialog->text);
    mem_unref(dialog->invited);
    mem_unref(dialog->user);
    mem_unref(dialog->identity);
    mem_unref(dialog->refused);
    dialog->magic = 0;
}

int dialog_alloc(struct dialog **dialogp, struct endpoint *endpoint, const char *call_id)
{
    struct dialog *dialog = mem_alloc(sizeof *dialog, destroy);
    struct ua *ua = endpoint->ua;

    if (!dialog)
        return ENOMEM;
    dialog->magic = DIALOG_MAGIC;
    dialog->ua = ua;
    dialog->endpoint = endpoint;
    dialog->timer = su_timer_create(su_root_task(ua->root), 0);
    dialog->invite.call_id = dialog->text = mem_strdup(call_id);
    if (!dialog->timer || !dialog->text) {
        su_timer_destroy(dialog->timer);
        mem_unref(dialog);
        return ENOMEM;
    }
    HASH_ADD_KEYPTR(hh, ua->dialogs, dialog->invite.call_id, strlen(call_id), dialog);
    *dialogp = dialog;
    return 0;
}

void dialog_release(struct dialog *dialog)
{
    struct ua *ua = dialog->ua;

    dialog_tell(dialog);
    if (!dialog->timer)
        return; /* released already */
    su_timer_destroy(dialog->timer);
    dialog->timer = NULL;
    reoffer_drop(dialog);
    dialog->credentials = mem_unref(dialog->credentials);
    if (dialog->handle) {
        nua_handle_bind(dialog->handle, NULL);
        nua_handle_destroy(dialog->handle);
        dialog->handle = NULL;
    }
    HASH_DEL(ua->dialogs, dialog);
    mem_unref(dialog);
    ua_dialog_gone(ua);
}

void dialog_end_as(struct dialog *dialog, int status, const char *phrase, bool remote, int q850)
{
    dialog->end_status = status;
    dialog->end_remote = remote;
    dialog->end_q850 = q850;
    snprintf(dialog->end_phrase, sizeof dialog->end_phrase, "%s", phrase ? phrase : "");
}

void dialog_tell(struct dialog *dialog)
{
    const struct dialog_handlers *handlers = dialog->handlers;

    if (dialog->told)
        return;
    dialog->told = true;
    dialog->state = DIALOG_ENDING;
    dialog->handlers = NULL;
    if (handlers)
        handlers->ended(dialog->end_status, dialog->end_phrase, dialog->end_remote,
                        dialog->end_q850, dialog->arg);
}

static void on_timer(struct ua_root *unused, su_timer_t *timer, void *arg)
{
    struct dialog *dialog = arg;

    (void)unused;
    (void)timer;
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    switch (dialog->timer_stage) {
    case TIMER_RING:
        dialog->timed_out = true;
        dialog_hangup(dialog, 0, 0);
        dialog_end_as(dialog, 408, "Ring timeout", false, 0);
        break;
    case TIMER_SESSION:
        session_timer(dialog);
        break;
    case TIMER_TLS:
        dialog->transport_error = EPROTO;
        dialog_end_as(dialog, 408, "TLS Failed", false, 0);
        dialog_release(dialog);
        break;
    case TIMER_LINGER:
        dialog_timer(dialog, GIVE_UP, TIMER_GIVE_UP);
        dialog_tell(dialog);
        break;
    default:
        dialog_release(dialog);
    }
}

void dialog_timer(struct dialog *dialog, unsigned ms, unsigned stage)
{
    dialog->timer_stage = stage;
    su_timer_set_interval(dialog->timer, on_timer, dialog, ms);
}

void dialog_handle(struct dialog *dialog, const struct dialog_handlers *handlers, void *arg)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    dialog->handlers = dialog->told ? NULL : handlers;
    dialog->arg = arg;
    if (!handlers && !dialog->told && dialog->state != DIALOG_ENDING)
        dialog_hangup(dialog, 0, 0);
}

void dialog_source(const struct dialog *dialog, struct sockaddr_storage *source)
{
    *source = dialog->invite.source;
}

const struct dialog_invite *dialog_invite_of(const struct dialog *dialog)
{
    return &dialog->invite;
}

void dialog_bye(struct dialog *dialog)
{
    char reason[32];

    nua_bye(dialog->handle, SIPTAG_REASON_STR(header_reason(reason, dialog->bye_q850)), TAG_END());
    dialog_timer(dialog, LINGER, TIMER_LINGER);
}

void dialog_fail(struct dialog *dialog, int status, const char *phrase, int q850)
{
    char reason[160], line[32];

    dialog->state = DIALOG_ENDING;
    dialog->bye_q850 = q850;
    dialog_end_as(dialog, status, phrase, false, q850);
    snprintf(reason, sizeof reason, "SIP;cause=%d;text=\"%s\", %s", status, phrase,
             header_reason(line, q850));
    nua_bye(dialog->handle, SIPTAG_REASON_STR(reason), TAG_END());
    dialog_timer(dialog, LINGER, TIMER_LINGER);
}

bool dialog_lost(struct dialog *dialog, int status)
{
    if (dialog->state != DIALOG_UP || (status != 408 && status != 481))
        return false;
    log_info("ua", "call %s: the peer answers %d", dialog->invite.call_id, status);
    dialog_fail(dialog, status, sip_status_phrase(status), status == 408 ? 102 : 41);
    return true;
}

static void refuse(struct dialog *dialog, int status)
{
    char reason[32];

    status = status >= 300 && status < 700 ? status : 480;
    dialog_end_as(dialog, status, sip_status_phrase(status), false, dialog->bye_q850);
    nua_respond(dialog->handle, status, sip_status_phrase(status),
                SIPTAG_REASON_STR(header_reason(reason, dialog->bye_q850)), TAG_END());
    dialog_timer(dialog, LINGER, TIMER_LINGER);
}

static void cancel(struct dialog *dialog)
{
    static const char elsewhere[] = "SIP;cause=200;text=\"Call completed elsewhere\"";
    char reason[32];

    credentials_stop(dialog->credentials);
    dialog_end_as(dialog, 487, "Request Terminated", false, dialog->bye_q850);
    nua_cancel(dialog->handle,
               SIPTAG_REASON_STR(dialog->taken_elsewhere ? elsewhere
                                                         : header_reason(reason, dialog->bye_q850)),
               TAG_END());
    dialog_timer(dialog, LINGER, TIMER_LINGER);
}

void dialog_hangup(struct dialog *dialog, int status, int q850)
{
    enum dialog_state state = dialog->state;

    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    if (state == DIALOG_ENDING || dialog->told)
        return;
    dialog->state = DIALOG_ENDING;
    dialog->bye_q850 = q850;
    dialog_end_as(dialog, 200, "OK", false, q850);
    switch (state) {
    case DIALOG_INCOMING:
        refuse(dialog, status);
        break;
    case DIALOG_ACCEPTED: /* RFC 3261 §15: no BYE of the callee's before the ACK */
        dialog->bye_at_ack = true;
        dialog_timer(dialog, LINGER, TIMER_LINGER);
        break;
    case DIALOG_CALLING:
        cancel(dialog);
        break;
    case DIALOG_ANSWERED:
        outgoing_ack(dialog, NULL);
        dialog_bye(dialog);
        break;
    default:
        dialog_bye(dialog);
    }
}

void dialog_taken_elsewhere(struct dialog *dialog)
{
    MAGIC_CHECK(dialog, DIALOG_MAGIC);
    dialog->taken_elsewhere = true;
    dialog_hangup(dialog, 0, 26); /* Q.850: non-selected user clearing */
}

bool dialog_timed_out(const struct dialog *dialog)
{
    return dialog->timed_out;
}

int dialog_transport_error(const struct dialog *dialog)
{
    return dialog->transport_error;
}
