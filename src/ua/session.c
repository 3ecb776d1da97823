/* session.c: session timers (RFC 4028), ours and not Sofia's: of those that refresh, who does it
 * and how, and the end of a call that nobody refreshes.
 *
 * The side that refreshes does so at half the interval: by UPDATE when the peer takes it, else by a
 * re-INVITE that says our session again, word by word. Either side ends the call a little before
 * the interval is over (§10), as it does when the peer says that there is no such call. */
#include "ua/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SECOND = 1000, EARLY = 32 };

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void write_fields(const struct dialog *dialog, struct session_fields *fields,
                         unsigned interval, const char *refresher)
{
    const struct session *session = &dialog->session;

    memset(fields, 0, sizeof *fields);
    extension_ours(fields->supported, session->terms.rel100 != UA_REL100_OFF);
    if (!interval)
        return;
    snprintf(fields->expires, sizeof fields->expires, "%u%s%s", interval,
             refresher ? ";refresher=" : "", refresher ? refresher : "");
    snprintf(fields->min, sizeof fields->min, "%u", larger(dialog->ua->min_se, session->least));
}

void session_request(const struct dialog *dialog, struct session_fields *fields)
{
    const struct session *session = &dialog->session;
    unsigned least = larger(dialog->ua->min_se, session->least);

    if (dialog->state == DIALOG_CALLING) /* who refreshes is the peer's choice */
        write_fields(dialog, fields,
                     session->terms.session ? larger(session->terms.session, least) : 0, NULL);
    else
        write_fields(dialog, fields, session->interval ? larger(session->interval, least) : 0,
                     session->ours ? "uac" : "uas");
}

static int64_t sooner(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

void session_schedule(struct dialog *dialog)
{
    const struct session *session = &dialog->session;
    int64_t at = sooner(sooner(session->expire_at, session->refresh_at), session->again_at);
    int64_t now = clock_mono_ms();

    if (dialog->state == DIALOG_ENDING || dialog->told || !dialog->timer)
        return;
    if (at)
        dialog_timer(dialog, at > now ? (unsigned)(at - now) : 1, TIMER_SESSION);
    else
        su_timer_reset(dialog->timer);
}

/* Begins anew: the session has been agreed or refreshed now. */
static void begin(struct dialog *dialog)
{
    struct session *session = &dialog->session;
    int64_t now = clock_mono_ms(), whole = (int64_t)session->interval * SECOND;
    int64_t early = whole / 3 < EARLY * SECOND ? whole / 3 : EARLY * SECOND;

    session->expire_at = whole ? now + whole - early : 0;
    session->refresh_at = whole && session->ours ? now + whole / 2 : 0;
    session_schedule(dialog);
}

static void learn(struct dialog *dialog, const sip_t *sip)
{
    struct session *session = &dialog->session;

    session->peer_timer = extension_supported(sip, "timer");
    if (sip->sip_allow)
        session->peer_update = sip_is_allowed(sip->sip_allow, sip_method_update, NULL);
    session->least = larger(session->least, extension_min_se(sip));
}

static bool says(const sip_session_expires_t *expires, const char *who)
{
    return expires->x_refresher && !strcasecmp(expires->x_refresher, who);
}

bool session_asked(struct dialog *dialog, const sip_t *sip)
{
    const sip_session_expires_t *expires = extension_session_expires(sip);
    struct session *session = &dialog->session;

    learn(dialog, sip);
    session->asked = 0;
    session->asked_us = !session->peer_timer || (expires && says(expires, "uas"));
    if (!expires)
        return true;
    if (expires->x_delta < dialog->ua->min_se) /* a proxy's, when the peer would not know 422 */
        return !session->peer_timer;
    session->asked =
        expires->x_delta < UINT32_MAX / SECOND ? (unsigned)expires->x_delta : UINT32_MAX / SECOND;
    return true;
}

void session_accept(struct dialog *dialog, struct session_fields *fields)
{
    struct session *session = &dialog->session;
    unsigned wanted = session->terms.session;

    session->interval = session->asked;
    if (wanted && (!session->asked || wanted < session->asked))
        session->interval = larger(larger(wanted, session->least), dialog->ua->min_se);
    session->ours = session->asked_us;
    write_fields(dialog, fields, session->interval, session->ours ? "uas" : "uac");
    fields->min[0] = '\0'; /* has no place in a 2xx */
    fields->required = session->interval && !session->ours;
    begin(dialog);
}

void session_told(struct dialog *dialog, const sip_t *sip)
{
    const sip_session_expires_t *expires = sip ? extension_session_expires(sip) : NULL;
    struct session *session = &dialog->session;

    if (sip)
        learn(dialog, sip);
    if (expires) {
        session->interval = expires->x_delta < UINT32_MAX / SECOND ? (unsigned)expires->x_delta
                                                                   : UINT32_MAX / SECOND;
        session->interval = larger(session->interval, dialog->ua->min_se);
        session->ours = !says(expires, "uas");
    } else { /* who knows no timers is asked by us alone whether he is there */
        session->interval =
            session->terms.session ? larger(session->terms.session, session->least) : 0;
        session->ours = true;
    }
    begin(dialog);
}

static void update(struct dialog *dialog)
{
    struct session_fields fields;

    session_request(dialog, &fields);
    dialog->session.updating = true;
    nua_update(dialog->handle, CONTACT_TAG(dialog), SESSION_TAGS(&fields), TAG_END());
}

static void reinvite(struct dialog *dialog, const char *sdp)
{
    struct session_fields fields;

    session_request(dialog, &fields);
    dialog->session.reinviting = dialog->reinviting = true;
    nua_invite(dialog->handle, CONTACT_TAG(dialog), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
               SIPTAG_PAYLOAD_STR(sdp), SESSION_TAGS(&fields), TAG_END());
}

static void refresh(struct dialog *dialog, int64_t now)
{
    struct session *session = &dialog->session;
    const struct dialog_handlers *handlers = dialog->handlers;
    const char *sdp;

    if (dialog->state != DIALOG_UP || dialog->asked || dialog->reinviting || session->updating ||
        session->again_at) {
        session->refresh_at = now + SECOND; /* what is under way may do it for us */
        return;
    }
    session->refresh_at = 0;
    if (session->peer_update) {
        update(dialog);
        return;
    }
    sdp = handlers && handlers->session ? handlers->session(dialog->arg) : NULL;
    if (sdp)
        reinvite(dialog, sdp);
}

void session_timer(struct dialog *dialog)
{
    struct session *session = &dialog->session;
    int64_t now = clock_mono_ms();

    if (session->expire_at && now >= session->expire_at) {
        log_info("ua", "call %s: not refreshed in time", dialog->invite.call_id);
        dialog_fail(dialog, SIP_408_REQUEST_TIMEOUT, 102);
        return;
    }
    if (session->again_at && now >= session->again_at) {
        session->again_at = 0;
        change_again(dialog);
    }
    if (session->refresh_at && now >= session->refresh_at)
        refresh(dialog, now);
    session_schedule(dialog);
}

unsigned session_glare(const struct dialog *dialog)
{
    uint16_t dice;

    id_random(&dice, sizeof dice);
    return dialog->incoming ? dice % 200 * 10 : 2100 + dice % 190 * 10;
}

static void put_off(struct dialog *dialog, int64_t ms)
{
    dialog->session.refresh_at = clock_mono_ms() + ms;
}

/* [ms] until a refresh that was refused is tried again. */
static int64_t pause_of(const struct dialog *dialog, const sip_t *sip)
{
    if (sip && sip->sip_retry_after)
        return (int64_t)sip->sip_retry_after->af_delta * SECOND + 10;
    return (int64_t)dialog->session.interval * SECOND / 16 + 10;
}

static void refused(struct dialog *dialog, int status, const sip_t *sip, bool by_update)
{
    struct session *session = &dialog->session;

    if (dialog_lost(dialog, status))
        return;
    switch (status) {
    case 422:
        session->least = larger(session->least, sip ? extension_min_se(sip) : 0);
        put_off(dialog, session->least > session->interval ? 0 : pause_of(dialog, NULL));
        break;
    case 491:
        put_off(dialog, session_glare(dialog));
        break;
    case 405:
    case 501:
        session->peer_update = false;
        put_off(dialog, by_update ? 0 : pause_of(dialog, sip));
        break;
    default:
        put_off(dialog, pause_of(dialog, sip));
    }
    session_schedule(dialog);
}

void session_updated(struct dialog *dialog, int status, const sip_t *sip)
{
    if (status < 200 || !dialog->session.updating)
        return;
    dialog->session.updating = false;
    if (dialog->state == DIALOG_ENDING)
        return;
    if (status < 300)
        session_told(dialog, sip);
    else
        refused(dialog, status, sip, true);
}

void session_reinvited(struct dialog *dialog, int status, const sip_t *sip)
{
    const struct dialog_handlers *handlers = dialog->handlers;

    dialog->session.reinviting = false;
    if (status < 300)
        outgoing_ack(dialog, NULL);
    if (dialog->state != DIALOG_UP)
        return;
    if (status >= 300) {
        refused(dialog, status, sip, false);
        return;
    }
    session_told(dialog, sip);
    if (handlers && handlers->refreshed)
        handlers->refreshed(header_sdp(sip), dialog->arg);
}

void session_short(struct dialog *dialog)
{
    char min[16];

    snprintf(min, sizeof min, "%u", dialog->ua->min_se);
    nua_respond(dialog->handle, SIP_422_SESSION_TIMER_TOO_SMALL,
                NUTAG_WITH_THIS(dialog->endpoint->nua), SIPTAG_MIN_SE_STR(min), TAG_END());
}
