/* refer.c: a peer hands its call on (REFER), where its trunk may. Blind: whom it names is dialled
 * into the conversation, as any member that is invited, and the peer leaves when that one answers;
 * until then it hears how that goes. Attended: the call it names is one of its own here, and the
 * others of both conversations come together in that one's.
 *
 * Nobody is dialled whom the application could not: a number goes by the trunks' prefixes, a URI
 * only to a host that is a trunk's. What limits legs that are dialled limits these. */
#include "ncco/private.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Whom the transferred are told that calls: the application's number of this call. */
static const char *own_number(const struct call *call)
{
    const struct endpoint *own =
        leg_direction_of(call->leg) == LEG_INBOUND ? leg_to(call->leg) : leg_from(call->leg);

    return own->type == ENDPOINT_PHONE ? own->address : "";
}

/* A channel as REST would have it; NULL: nobody that may be dialled. */
static json_t *channel_of(const struct call *call, const struct leg_refer *refer)
{
    struct trunks *trunks = bridge_plane(call->calls->bridge)->trunks;
    char digits[32];

    if (conf_digits(refer->user, digits, sizeof digits) && *digits)
        return json_pack("{s:s,s:{s:s,s:s},s:{s:s,s:s}}", "type", "phone", "to", "type", "phone",
                         "number", digits, "from", "type", "phone", "number", own_number(call));
    if (!*refer->host || !trunk_named(trunks, refer->host))
        return NULL;
    return json_pack("{s:s,s:{s:s,s:s},s:{s:s,s:s}}", "type", "sip", "to", "type", "sip", "uri",
                     refer->uri, "from", "type", "phone", "number", own_number(call));
}

/* The new one is a child of whoever dialled the old one: that flow waits for both. */
static void adopt(struct call *call, struct call *child)
{
    const char *url = call->event_url, *method = call->event_method;

    child->referrer = call;
    call->referred = child;
    child->event_url = mem_strdup(url);
    child->event_method = mem_strdup(url ? method : NULL);
    if (!call->parent)
        return;
    child->parent = call->parent;
    list_append(&call->parent->children, &child->sibling);
}

static int status_of(int err)
{
    switch (err) {
    case EINVAL:
        return 400;
    case ENOENT:
        return 404;
    case ENOMEM:
        return 500;
    default:
        return 503;
    }
}

static int blind(struct call *call, const struct leg_refer *refer)
{
    struct call_invitation invitation = {.conversation = member_conversation(call->member),
                                         .replaces = refer->replaces};
    struct member *member = NULL;
    const char *reason = NULL;
    int err;

    invitation.asked.channel = channel_of(call, refer);
    if (!invitation.asked.channel)
        return 403;
    err = call_invite(call->calls, &invitation, &member, &reason);
    json_decref(invitation.asked.channel);
    if (err) {
        log_info("ncco", "transfer refused id=%s: %s", leg_id(call->leg),
                 reason ? reason : strerror(err));
        return status_of(err);
    }
    adopt(call, member_kept(member));
    return 0;
}

/* Two calls of one peer, of which the others are to be together. */
struct joining {
    struct call *call, *with; /* our references */
};

static bool next_other(struct member *member, void *arg)
{
    struct member **found = arg;

    if (member == found[0] || !member_leg(member) || leg_ending(member_leg(member)))
        return false;
    found[1] = member;
    return true;
}

static int join_others(struct call *call, struct conversation *to)
{
    struct member *found[2] = {call->member, NULL}, *moved;
    struct conversation *from = member_conversation(call->member);
    int err = 0;

    while (!err) {
        found[1] = NULL;
        conversation_each(from, next_other, found);
        if (!found[1])
            break;
        err = call_enter(found[1], to, NULL, &moved);
    }
    return err;
}

static void join(void *arg)
{
    struct joining *joining = arg;
    struct call *call = joining->call, *with = joining->with;
    int err = ENOENT;

    if (call->member && with->member && !leg_ending(call->leg) && !leg_ending(with->leg))
        err = join_others(call, member_conversation(with->member));
    leg_refer_told(call->leg, err ? 500 : 200);
    if (err) {
        log_info("ncco", "transfer failed id=%s: %s", leg_id(call->leg), strerror(err));
    } else {
        call_hangup(call);
        call_hangup(with);
    }
    mem_unref(call);
    mem_unref(with);
    mem_unref(joining);
}

static int attended(struct call *call, const struct leg_refer *refer)
{
    struct call *with = call_find(call->calls, call->application, leg_id(refer->with));
    struct joining *joining;

    if (!with || with == call)
        return 403;
    if (with->member && member_conversation(with->member) == member_conversation(call->member))
        return 491; /* they are together */
    joining = mem_alloc(sizeof *joining, NULL);
    if (!joining)
        return 500;
    *joining = (struct joining){mem_ref(call), mem_ref(with)};
    if (!loop_post(bridge_loop(call->calls->bridge), join, joining))
        return 0;
    mem_unref(call);
    mem_unref(with);
    mem_unref(joining);
    return 500;
}

int refer_taken(struct member *member, const struct leg_refer *refer, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (!call || leg_ending(call->leg))
        return 403;
    if (call->referred)
        return 491;
    return refer->with ? attended(call, refer) : blind(call, refer);
}

static void part(struct call *child)
{
    child->referrer->referred = NULL;
    child->referrer = NULL;
}

void refer_status(struct call *call, const struct leg_news *news)
{
    struct call *referrer = call->referrer;

    if (leg_status_final(news->status) && call->referred)
        part(call->referred); /* it left before that was decided */
    if (!referrer)
        return;
    if (news->status == LEG_RINGING) {
        leg_refer_told(referrer->leg, 180);
    } else if (news->status == LEG_ANSWERED) {
        part(call);
        leg_refer_told(referrer->leg, 200);
        call_hangup(referrer);
    } else if (leg_status_final(news->status)) {
        part(call);
        leg_refer_told(referrer->leg, news->sip_code >= 300 ? news->sip_code : 503);
    }
}

int call_refer(struct call *call, const char *uri)
{
    return leg_refer(call->leg, uri);
}
