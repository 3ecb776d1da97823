/* change.c: changes of a session that is up (RFC 3264 §8): the peer's, by re-INVITE and UPDATE, and
 * what a refresh says again. A session that is the same as before is left alone, so that who
 * refreshes it every minute is neither heard nor told of. */
#include "leg/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void leg_heard_sdp(struct leg *leg, const char *sdp)
{
    uint64_t sum = 14695981039346656037u; /* FNV-1a */

    for (; sdp && *sdp; sdp++)
        sum = (sum ^ (unsigned char)*sdp) * 1099511628211u;
    leg->same = leg->heard == sum;
    leg->heard = sum;
}

/* The peer keeps us from being heard, or does not any more. */
static void note_hold(struct leg *leg, bool held)
{
    if (leg->held == held)
        return;
    leg->held = held;
    log_info("leg", "%s id=%s", held ? "held by its peer" : "retrieved by its peer", leg->id);
    if (leg->handlers && leg->handlers->held)
        leg->handlers->held(leg, held, leg->arg);
}

int leg_flow(struct leg *leg, const struct offer_agreed *agreed)
{
    int err = leg_connect(leg, agreed);

    if (!err)
        note_hold(leg, agreed->held);
    return err;
}

/* The ACK to a 200 that carried our offer, of an INVITE or a re-INVITE without one. */
void leg_on_acked(const char *sdp, void *arg)
{
    struct leg *leg = arg;
    struct offer_agreed agreed;
    char reason[OFFER_REASON] = "";
    int err;

    if (!leg->late)
        return;
    if (!sdp && !leg->confirmed) /* a PRACK; the ACK may still bring it */
        return;
    leg->late = false;
    if (!sdp && leg->connected) /* a refresh by who makes nothing of our offer */
        return;
    err = sdp ? leg_accept(leg, sdp, &agreed, reason) : EINVAL;
    if (err) {
        log_info("leg", "no usable answer in the ACK id=%s: %s", leg->id,
                 sdp ? reason : "it has no SDP");
        leg_hangup(leg, leg_cause_sip(488));
        return;
    }
    leg->agreed = agreed;
    leg->settled = !leg->confirmed;
    err = leg_flow(leg, &agreed);
    if (err)
        leg_hangup(leg, leg_media_cause(err));
}

/* Our offer in a 200 keeps the places of the lines we refused before (RFC 3264 §8). */
static int write_offer_again(struct leg *leg)
{
    int err;

    leg->local.before = leg->sdp;
    err = leg_write_offer(leg);
    leg->local.before = NULL;
    return err;
}

static void refuse_again(struct leg *leg, int err, const char *reason)
{
    log_info("leg", "re-INVITE refused id=%s: %s", leg->id, reason);
    leg->heard = 0;
    if (err == ENOMEM)
        dialog_reoffer_reject(leg->dialog, 500, "Internal Server Error", 0, NULL);
    else
        dialog_reoffer_reject(leg->dialog, 488, "Not Acceptable Here", 305, reason);
}

/* Our answer, under a new version when it is not what we said last (RFC 3264 §8). */
static int write_answer(struct leg *leg, const char *offer, struct offer_agreed *agreed,
                        char sdp[OFFER_SDP], char reason[OFFER_REASON])
{
    int err = offer_answer(&leg->can, &leg->local, offer, agreed, sdp, reason);

    if (err || (leg->sdp && !strcmp(sdp, leg->sdp)))
        return err;
    leg->local.version++;
    err = offer_answer(&leg->can, &leg->local, offer, agreed, sdp, reason);
    if (err)
        leg->local.version--;
    return err;
}

/* Our answer to another offer, and its flow; or neither. */
static int answer_again(struct leg *leg, const char *offer, char reason[OFFER_REASON])
{
    unsigned version = leg->local.version;
    struct offer_agreed agreed;
    char sdp[OFFER_SDP], *copy;
    int err = write_answer(leg, offer, &agreed, sdp, reason);

    if (err)
        return err;
    copy = mem_strdup(sdp);
    snprintf(reason, OFFER_REASON, "its sound cannot be made");
    err = copy ? leg_flow(leg, &agreed) : ENOMEM;
    if (err) {
        leg->local.version = version;
        mem_unref(copy);
        return err;
    }
    mem_unref(leg->sdp);
    leg->sdp = copy;
    return 0;
}

/* A re-INVITE or UPDATE: hold, a new address, a refresh, or a request for our offer. */
void leg_on_reoffer(const char *sdp, void *arg)
{
    struct leg *leg = arg;
    char reason[OFFER_REASON] = "";
    int err;

    if (!sdp) {
        err = write_offer_again(leg);
        if (err) {
            dialog_reoffer_reject(leg->dialog, 500, "Internal Server Error", 0, NULL);
            return;
        }
        leg->late = true;
        leg->heard = 0;
        dialog_reoffer_answer(leg->dialog, leg->sdp);
        return;
    }
    leg_heard_sdp(leg, sdp);
    err = leg->same && leg->connected ? 0 : answer_again(leg, sdp, reason);
    if (err)
        refuse_again(leg, err, reason);
    else
        dialog_reoffer_answer(leg->dialog, leg->sdp);
}

const char *leg_on_session(void *arg)
{
    struct leg *leg = arg;

    return leg->late ? NULL : leg->sdp;
}

/* The answer to what leg_on_session() gave: most often the one we have. */
void leg_on_refreshed(const char *sdp, void *arg)
{
    struct leg *leg = arg;
    struct offer_agreed agreed;
    char reason[OFFER_REASON] = "";

    if (!sdp)
        return;
    leg_heard_sdp(leg, sdp);
    if (leg->same)
        return;
    if (leg_accept(leg, sdp, &agreed, reason))
        log_info("leg", "no usable answer to a refresh id=%s: %s", leg->id, reason);
    else
        leg_flow(leg, &agreed);
}
