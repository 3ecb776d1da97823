/* transfer.c: a peer hands its call on: REFER, and the INVITE that takes the place of a dialog
 * (Replaces): the leg stays who it is, and speaks with another. */
#include "leg/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>

struct leg *leg_of_dialog(const struct dialog *dialog)
{
    void *arg;
    const struct dialog_handlers *handlers = dialog_owner(dialog, &arg);

    return handlers && handlers->reoffer == leg_on_reoffer ? arg : NULL;
}

int leg_on_refer(const struct dialog_refer *refer, void *arg)
{
    struct leg *leg = arg;
    struct leg_refer asked = {
        .uri = refer->uri, .user = refer->user, .host = refer->host, .replaces = refer->replaces};
    int status = 403;

    MAGIC_CHECK(leg, LEG_MAGIC);
    asked.with = refer->with ? leg_of_dialog(refer->with) : NULL;
    if (refer->with && !asked.with)
        status = 481;
    else if (leg->refers && leg->handlers && leg->handlers->refer)
        status = leg->handlers->refer(leg, &asked, leg->arg);
    log_info("leg", "REFER id=%s to=%.100s: %s (%d)", leg->id, refer->uri,
             status ? "refused" : "taken up", status ? status : 202);
    return status;
}

void leg_refer_told(struct leg *leg, int status)
{
    if (!leg->over && leg->dialog)
        dialog_refer_told(leg->dialog, status);
}

int leg_refer(struct leg *leg, const char *uri)
{
    return leg->over || leg->hung_up || !leg->dialog ? ENOTCONN : dialog_refer(leg->dialog, uri);
}

void leg_on_referred(int status, void *arg)
{
    struct leg *leg = arg;

    log_info("leg", "referred id=%s: %d", leg->id, status);
    if (leg->handlers && leg->handlers->referred)
        leg->handlers->referred(leg, status, leg->arg);
}

static void refuse(struct dialog *dialog, int err, const char *reason)
{
    if (err == ENOMEM)
        dialog_reject(dialog, 500, NULL, 0, NULL);
    else
        dialog_reject(dialog, 488, NULL, 305, reason);
}

/* Our answer to the new peer's offer (or our offer), which is another session than before. */
static int write_sdp(struct leg *leg, const char *offer, struct offer_agreed *agreed,
                     char reason[OFFER_REASON])
{
    char sdp[OFFER_SDP];
    int err;

    leg->local.version++;
    err = offer ? offer_answer(&leg->can, &leg->local, offer, agreed, sdp, reason)
                : offer_make(&leg->can, &leg->local, sdp);
    return err ? err : leg_keep_sdp(leg, sdp);
}

/* Only the trunk that has the leg may give it another peer, where it may transfer at all. */
static bool may_replace(const struct leg *leg, const struct dialog_invite *invite)
{
    return leg->refers && leg->carrier == trunk_from(leg->plane->trunks, &invite->source);
}

/* Its sound with the new peer; or, with an errno, as it was. */
static int change_peer(struct leg *leg, struct dialog *dialog, char reason[OFFER_REASON])
{
    const char *offer = dialog_invite_of(dialog)->sdp;
    struct dialog *before = leg->dialog;
    char *sdp = mem_strdup(leg->sdp);
    struct offer_agreed agreed;
    int err = !sdp && leg->sdp ? ENOMEM : write_sdp(leg, offer, &agreed, reason);

    leg->dialog = dialog; /* whose source the sound may come from */
    if (!err && offer)
        err = leg_flow(leg, &agreed);
    leg->dialog = before;
    if (err && sdp) {
        mem_unref(leg->sdp);
        leg->sdp = mem_ref(sdp);
    }
    mem_unref(sdp);
    return err;
}

int leg_replace(struct leg *leg, struct dialog *dialog)
{
    const struct dialog_invite *invite = dialog_invite_of(dialog);
    struct dialog *before = leg->dialog;
    char reason[OFFER_REASON] = "";
    const struct dialog_handlers *handlers;
    void *arg;
    int err;

    if (leg_ending(leg) || !leg->confirmed || leg->late || !may_replace(leg, invite)) {
        dialog_reject(dialog, may_replace(leg, invite) ? 481 : 403, NULL, 0, NULL);
        return EPERM;
    }
    if (dialog_hold_to(dialog, &leg->terms))
        return ENOTSUP;
    err = change_peer(leg, dialog, reason);
    if (err) {
        refuse(dialog, err, reason);
        return err;
    }
    log_info("leg", "replaced id=%s by a call from=%.60s", leg->id, invite->from_user);
    handlers = dialog_owner(before, &arg);
    leg->late = !invite->sdp;
    leg->heard = 0;
    leg->dialog = mem_ref(dialog);
    dialog_handle(dialog, handlers, leg);
    dialog_answer(dialog, leg->sdp);
    dialog_handle(before, NULL, NULL); /* which hangs it up */
    mem_unref(before);
    return 0;
}
