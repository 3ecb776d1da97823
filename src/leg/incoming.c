/* incoming.c: an inbound leg: from the peer's INVITE to our 200. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "leg/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct leg *leg = arg;

    (void)q850;
    MAGIC_CHECK(leg, LEG_MAGIC);
    leg_finish(leg, leg_cause_sip(status), status, phrase, remote && !leg->hung_up);
}

static const struct dialog_handlers handlers = {
    CHANGE_HANDLERS,
    KEYS_HANDLERS,
    .ended = on_ended,
};

/* A caller with a number is a phone; one with a name is a SIP URI. */
static int name_endpoint(struct endpoint *endpoint, const char *user, const char *host)
{
    char digits[64];

    if (strcasecmp(user, "anonymous") == 0 || *user == '\0') {
        *endpoint = (struct endpoint){ENDPOINT_PHONE, mem_strdup("Unknown")};
    } else if (conf_digits(user, digits, sizeof digits) && digits[0]) {
        *endpoint = (struct endpoint){ENDPOINT_PHONE, mem_strdup(digits)};
    } else {
        *endpoint = (struct endpoint){ENDPOINT_SIP, text_sip_uri(user, host)};
    }
    return endpoint->address ? 0 : ENOMEM;
}

/* What the dialog is told when no leg can be made of it. */
static void refuse(struct dialog *dialog, int err, const char *reason)
{
    switch (err) {
    case EINVAL:
        dialog_reject(dialog, 400, "Bad Request", 399, reason);
        break;
    case ENOTSUP:
        dialog_reject(dialog, 488, "Not Acceptable Here", 305, reason);
        break;
    case ENOMEM:
        dialog_reject(dialog, 500, "Internal Server Error", 0, NULL);
        break;
    default:
        dialog_reject(dialog, 503, "Service Unavailable", 0, NULL);
    }
    log_info("leg", "call refused err=%s %s", strerror(err), reason);
}

/* The user a header or From names, as the rules of its trunk have numbers. */
static int name_by(struct endpoint *endpoint, const struct trunk *trunk, const char *user,
                   const char *host)
{
    char number[256];

    trunk_read_number(trunk, user, number, sizeof number);
    return name_endpoint(endpoint, number, host);
}

/* Who calls: who the trunk says it is, where it is believed; nobody who does not want to be told.
 */
static const char *caller_of(const struct trunk *trunk, const struct dialog_invite *invite)
{
    const struct conf_trunk *conf = trunk_conf(trunk);

    if (!conf || !conf->trust)
        return invite->from_user;
    if (invite->wants_privacy)
        return "anonymous";
    if (*invite->asserted)
        return invite->asserted;
    return *invite->remote_party ? invite->remote_party : invite->from_user;
}

/* Our offer, or our answer to theirs. */
static int write_sdp(struct leg *leg, const char *offer, char reason[OFFER_REASON])
{
    char sdp[OFFER_SDP];
    int err;

    leg->late = !offer;
    leg_heard_sdp(leg, offer);
    if (leg->late)
        return leg_write_offer(leg);
    err = offer_answer(&leg->can, &leg->local, offer, &leg->agreed, sdp, reason);
    return err ? err : leg_keep_sdp(leg, sdp);
}

static int name_known(struct endpoint *endpoint, const struct endpoint *known)
{
    *endpoint = (struct endpoint){known->type, mem_strdup(known->address)};
    return endpoint->address ? 0 : ENOMEM;
}

int leg_incoming(struct leg_plane *plane, struct dialog *dialog, struct leg **leg)
{
    return leg_incoming_from(plane, dialog, NULL, leg);
}

int leg_incoming_from(struct leg_plane *plane, struct dialog *dialog, const struct endpoint *from,
                      struct leg **legp)
{
    const struct dialog_invite *invite = dialog_invite_of(dialog);
    char reason[OFFER_REASON] = "";
    struct trunk *trunk =
        from ? NULL : trunk_of_caller(plane->trunks, &invite->source, invite->user);
    struct leg *leg = NULL;
    int err = leg_alloc(&leg, plane, LEG_INBOUND);

    if (err)
        goto out;
    id_hex32(leg->id);
    leg_agree(leg, trunk_conf(trunk));
    leg->carrier = trunk;
    trunk_begin_inbound(trunk);
    err = dialog_hold_to(dialog, &leg->terms);
    if (err) {
        mem_unref(leg);
        return err;
    }
    err = from ? name_known(&leg->from, from)
               : name_by(&leg->from, trunk, caller_of(trunk, invite), invite->from_host);
    if (!err)
        err = name_by(&leg->to, trunk, trunk_called(trunk, invite->to_user, invite->to_header),
                      invite->to_host);
    if (!err)
        err =
            leg_open_port(leg, invite->sdp ? offer_family(invite->sdp) : invite->source.ss_family);
    if (err)
        goto out;
    err = write_sdp(leg, invite->sdp, reason);
    if (err) {
        /* the leg outlives this call by its port's closing */
        leg->over = true;
        media_port_close(leg->port);
        leg->port = NULL;
        refuse(dialog, err, reason);
        return err;
    }
    leg->dialog = mem_ref(dialog);
    dialog_handle(dialog, &handlers, leg);
    *legp = mem_ref(leg);
    return 0;
out:
    mem_unref(leg);
    refuse(dialog, err, reason);
    return err;
}

void leg_ring(struct leg *leg)
{
    if (leg->over || leg->answered || leg->direction != LEG_INBOUND)
        return;
    leg_tell(leg, LEG_RINGING, clock_wall_ms());
    dialog_ring(leg->dialog, NULL);
}

void leg_early(struct leg *leg)
{
    int err;

    if (leg->over || leg->answered || leg->direction != LEG_INBOUND ||
        (leg->late && !dialog_offers_early(leg->dialog)))
        return;
    err = leg->late ? 0 : leg_connect(leg, &leg->agreed);
    if (err)
        leg_hangup(leg, leg_media_cause(err));
    else
        dialog_ring(leg->dialog, leg->sdp);
}

void leg_answer(struct leg *leg)
{
    if (leg->over || leg->answered || leg->direction != LEG_INBOUND)
        return;
    leg_tell(leg, LEG_ANSWERED, clock_wall_ms());
}
