/* secure.c: SRTP of a leg: what its trunk wants (trunk.srtp), or the URI that is called
 * (;media=srtp), and what is told when sound may be protected and is not. Keys are made for each
 * INVITE anew, so that no carrier knows what the next one is called under. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

static enum offer_security security_of(const struct conf_trunk *trunk)
{
    if (!trunk || !trunk->srtp || !strcmp(trunk->srtp, "off"))
        return OFFER_PLAIN;
    return !strcmp(trunk->srtp, "required") ? OFFER_SECURE : OFFER_EITHER;
}

void secure_agree(struct leg *leg, const struct conf_trunk *trunk)
{
    leg->can.security = security_of(trunk);
    secure_wipe(leg);
    leg->local.keys = NULL;
    leg->local.profile = OFFER_AVP;
    if (leg->can.security == OFFER_PLAIN)
        return;
    offer_keys_make(&leg->keys);
    leg->local.keys = &leg->keys;
    /* who called us cannot be asked twice: an offer of ours leaves it open */
    leg->local.profile = leg->can.security == OFFER_EITHER && leg->direction == LEG_INBOUND
                             ? OFFER_AVP_CRYPTO
                             : OFFER_SAVP;
}

void secure_insist(struct leg *leg)
{
    if (!leg->local.keys)
        offer_keys_make(&leg->keys);
    leg->local.keys = &leg->keys;
    leg->can.security = OFFER_SECURE;
    leg->local.profile = OFFER_SAVP;
}

void secure_give_way(struct leg *leg)
{
    leg->local.profile = OFFER_AVP;
}

bool secure_may_give_way(const struct leg *leg, int status)
{
    bool refused = status == 488 || status == 606 || status == 415;

    return refused && leg->can.security == OFFER_EITHER && leg->local.profile == OFFER_SAVP &&
           !leg->hung_up && !leg->answered && !leg->rang;
}

static void judge(struct leg *leg)
{
    bool clear = leg->can.security == OFFER_EITHER && !leg->secured;
    struct leg_trouble told = {
        .problem = STREAM_UNPROTECTED,
        .on = clear,
        .harmless = true,
        .since = clock_wall_ms(),
        .text =
            "The sound goes in clear, for the peer would not have it under SRTP: set srtp of "
            "the trunk to \"required\" where that must not be, or to \"off\" where it is right.",
        .expected = "",
        .seen = ""};

    if (leg->over || clear == leg->clear_told)
        return;
    leg->clear_told = clear;
    if (clear) {
        leg->plane->sums.problems[STREAM_UNPROTECTED]++;
        log_warning("leg", "media problem id=%s unprotected: %s", leg->id, told.text);
    } else {
        log_info("leg", "the sound is under SRTP now id=%s", leg->id);
    }
    if (leg->handlers && leg->handlers->problem)
        leg->handlers->problem(leg, &told, leg->arg);
}

void secure_answered(struct leg *leg)
{
    if (leg->port)
        judge(leg);
}

void secure_connect(struct leg *leg, const struct offer_agreed *agreed)
{
    leg->secured = agreed->send_key.suite != SRTP_NONE;
    leg->local.profile = agreed->profile;
    if (leg->secured)
        log_debug("leg", "srtp id=%s suite=%s", leg->id, srtp_suite_name(agreed->send_key.suite));
    if (leg->answered && !timer_running(&leg->trouble.settling))
        judge(leg);
}

void secure_wipe(struct leg *leg)
{
    offer_keys_wipe(&leg->keys);
    srtp_key_wipe(&leg->agreed.send_key);
    srtp_key_wipe(&leg->agreed.receive_key);
}
