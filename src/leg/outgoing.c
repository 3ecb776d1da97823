/* outgoing.c: an outbound leg: from our INVITE to our ACK, over the attempts of its route in
 * order. The next one is tried only while nobody can have been rung: after a transport failure,
 * or a status that its trunk has in failover_on, without a 1xx of the far side. A URI with a time
 * of its own is given up when that is over, though it rings. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDIRECTIONS = 3 };

static int try_next(struct leg *leg);
static int try_one(struct leg *leg, const struct trunk_attempt *attempt);

static void on_progress(int status, const char *sdp, const char *branch, void *arg)
{
    struct leg *leg = arg;
    struct offer_agreed agreed;
    char reason[OFFER_REASON];

    (void)branch; /* the latest branch with sound is the one that is heard */
    MAGIC_CHECK(leg, LEG_MAGIC);
    leg->rang = true; /* 181 and 182 too: somebody has taken it up */
    if (status == 180 || status == 183) {
        leg_tell(leg, LEG_RINGING, clock_wall_ms());
    }
    if (!sdp || leg->over || leg->answered || leg_accept(leg, sdp, &agreed, reason) ||
        leg_connect(leg, &agreed))
        return;
    if (leg->handlers && leg->handlers->early)
        leg->handlers->early(leg, leg->arg);
}

/* An answer we cannot use ends the call, RFC 3261 §13.2.2.4. */
static void refuse_answer(struct leg *leg, int err, const char *reason)
{
    log_info("leg", "no usable answer id=%s: %s", leg->id, reason);
    dialog_ack(leg->dialog, NULL);
    leg->failure = leg_media_cause(err);
    leg_hangup(leg, leg->failure);
}

static const struct trunk_attempt *attempt_of(const struct leg *leg)
{
    return &leg->route->attempts[leg->next - 1];
}

static void on_answered(const char *sdp, void *arg)
{
    struct leg *leg = arg;
    struct offer_agreed agreed;
    char reason[OFFER_REASON] = "the 200 has no SDP";
    int err = EINVAL;

    MAGIC_CHECK(leg, LEG_MAGIC);
    if (sdp)
        err = leg_accept(leg, sdp, &agreed, reason);
    else if (leg->connected)
        err = 0; /* what a 1xx told */
    if (sdp && !err) {
        snprintf(reason, sizeof reason, "its sound cannot be made");
        err = leg_connect(leg, &agreed);
    }
    if (err) {
        refuse_answer(leg, err, reason);
    } else {
        if (leg->route)
            trunk_told(attempt_of(leg), &(struct trunk_outcome){.status = 200});
        leg_tell(leg, LEG_ANSWERED, clock_wall_ms());
    }
    leg_heard_sdp(leg, sdp);
}

/* [s] of the ringing time that are left to the next URI. */
static unsigned ring_left(const struct leg *leg)
{
    int64_t gone = (clock_wall_ms() - leg->created) / 1000;

    if (gone <= 0 || !leg->ring_timeout)
        return leg->ring_timeout;
    return gone < leg->ring_timeout ? leg->ring_timeout - (unsigned)gone : 1;
}

static bool may_try_next(const struct leg *leg, int status)
{
    const struct trunk_attempt *attempt = leg->route ? attempt_of(leg) : NULL;

    if (!attempt || leg->hung_up || leg->answered || leg->next >= leg->route->count)
        return false;
    if (dialog_timed_out(leg->dialog))
        return attempt->timeout && ring_left(leg) > 1;
    if (leg->rang && !(attempt->timeout && status >= 500 && status < 600))
        return false;
    return dialog_transport_error(leg->dialog) || trunk_goes_on(attempt, status);
}

/* Of what the far side could do, the names of its codecs. */
static void list_theirs(const char *sdp, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (; sdp && (sdp = strstr(sdp, "a=rtpmap:")); sdp++) {
        const char *name = strchr(sdp, ' ');
        int length = name ? (int)strcspn(name + 1, "/\r\n ") : 0;

        if (length > 0 && length < 20 && at + (size_t)length + 2 < size)
            at += (size_t)snprintf(out + at, size - at, "%s%.*s", at ? " " : "", length, name + 1);
    }
}

static void list_ours(const struct leg *leg, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < leg->can.count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? " " : "",
                               codec_name(leg->can.formats[i].codec));
}

/* The trunk hears what came of the attempt. */
static void tell_trunk(const struct leg *leg, int status, const char *phrase)
{
    const struct dialog_refusal *refusal = dialog_refusal_of(leg->dialog);
    char ours[128], theirs[128];
    struct trunk_outcome outcome = {
        .status = status,
        .err = dialog_transport_error(leg->dialog),
        .cancelled = leg->hung_up || dialog_timed_out(leg->dialog),
        .phrase = phrase,
        .warning = refusal->warning,
        .retry_after = refusal->retry_after,
        .from = leg->said,
        .codecs = ours,
        .theirs = theirs,
    };

    list_ours(leg, ours, sizeof ours);
    list_theirs(refusal->sdp, theirs, sizeof theirs);
    trunk_told(attempt_of(leg), &outcome);
}

/* The cause of an end that no response of the far side gives; NULL: it does. */
static const struct leg_cause *own_cause(const struct leg *leg)
{
    if (dialog_timed_out(leg->dialog))
        return leg_cause_timeout();
    if (dialog_transport_error(leg->dialog))
        return leg_cause_transport();
    if (leg->failure)
        return leg->failure;
    return leg->hung_up && !leg->answered ? leg_cause_sip(487) : NULL;
}

/* The same once more, where the trunk leaves it open: told when it is answered so. */
static int try_in_clear(struct leg *leg, int status)
{
    struct dialog *refused = leg->dialog;
    int err;

    log_info("leg", "SRTP was refused with %d, tried in clear id=%s", status, leg->id);
    leg->clear_at = leg->next;
    leg->dialog = NULL;
    err = try_one(leg, attempt_of(leg));
    if (err)
        leg->dialog = refused;
    else
        mem_unref(refused);
    return err;
}

/* A 3xx is followed where its trunk has that, and only there. */
static bool follow(struct leg *leg, int status)
{
    struct trunk_route *route;

    if (status / 100 != 3 || !leg->route || leg->hung_up || leg->answered ||
        leg->redirections == REDIRECTIONS ||
        trunk_route_redirect(attempt_of(leg), dialog_refusal_of(leg->dialog)->contacts, &route))
        return false;
    log_info("leg", "redirected id=%s to=%.100s", leg->id, route->attempts[0].uri);
    leg->redirections++;
    mem_unref(leg->route);
    leg->route = route;
    leg->next = 0;
    return true;
}

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct leg *leg = arg;
    const struct leg_cause *cause;
    bool lost;

    (void)q850;
    MAGIC_CHECK(leg, LEG_MAGIC);
    if (secure_may_give_way(leg, status) && try_in_clear(leg, status) == 0)
        return;
    lost = dialog_transport_error(leg->dialog) != 0;
    if (leg->route && !leg->answered) /* no route: a user's phone */
        tell_trunk(leg, status, phrase);
    if (follow(leg, status) || may_try_next(leg, status)) {
        log_info("leg", "next route id=%s after %d %s", leg->id, status, phrase ? phrase : "");
        leg->dialog = mem_unref(leg->dialog);
        if (try_next(leg) == 0)
            return;
        cause = lost ? leg_cause_transport() : NULL;
    } else {
        cause = own_cause(leg);
    }
    if (cause) /* there was no such response: the cause's own code is told */
        leg_finish(leg, cause, cause->sip, phrase, false);
    else
        leg_finish(leg, leg_cause_sip(status), status, phrase, remote && !leg->hung_up);
}

const struct dialog_handlers leg_outgoing = {
    .progress = on_progress,
    .answered = on_answered,
    CHANGE_HANDLERS,
    KEYS_HANDLERS,
    .ended = on_ended,
};

/* One more call at the attempt's trunk, which the last one may be at already. */
static int take_place(struct leg *leg, struct trunk *trunk)
{
    int err;

    if (trunk == leg->carrier)
        return 0;
    trunk_end(leg->carrier);
    leg->carrier = NULL;
    err = trunk_begin(trunk);
    if (!err)
        leg->carrier = trunk;
    return err;
}

static int try_one(struct leg *leg, const struct trunk_attempt *attempt)
{
    bool phone = leg->from.type == ENDPOINT_PHONE;
    bool unknown = phone && strcmp(leg->from.address, "Unknown") == 0;
    struct trunk_caller caller = {.number = phone && !unknown ? leg->from.address : NULL,
                                  .name = phone ? NULL : leg->from.address,
                                  .diverted = leg->diverted};
    struct ua_header headers[LEG_HEADERS + TRUNK_HEADERS];
    struct dialog_target target = {
        .headers = headers, .ring_timeout = ring_left(leg), .ring_timeout_ms = attempt->timeout};
    struct trunk_words words;
    int err;

    leg_agree(leg, trunk_conf(attempt->trunk));
    if (attempt->secure)
        secure_insist(leg);
    else if (leg->clear_at == leg->next)
        secure_give_way(leg);
    err = leg_write_offer(leg);
    if (err)
        return err;
    trunk_address(attempt, &caller, &words, &target);
    for (unsigned i = 0; i < leg->header_count && i < LEG_HEADERS; i++)
        headers[target.header_count++] = leg->headers[i];
    for (unsigned i = 0; i < words.header_count; i++)
        headers[target.header_count++] = words.headers[i];
    target.sdp = leg->sdp;
    target.terms = leg->terms;
    leg->rang = false;
    snprintf(leg->said, sizeof leg->said, "%s", target.from_user);
    return dialog_invite(leg->plane->ua, &target, &leg_outgoing, leg, &leg->dialog);
}

/* EDQUOT: all trunks that are left have as many calls as they may. */
static int try_next(struct leg *leg)
{
    int err = ENOENT;

    while (err && leg->next < leg->route->count) {
        const struct trunk_attempt *attempt = &leg->route->attempts[leg->next++];

        err = take_place(leg, attempt->trunk);
        if (err) {
            err = EDQUOT;
            continue;
        }
        err = try_one(leg, attempt);
        if (err)
            log_warning("leg", "cannot dial id=%s uri=%s: %s", leg->id, attempt->uri,
                        strerror(err));
    }
    return err;
}

static int copy_texts(struct leg *leg, const struct leg_dial *dial)
{
    leg->from = (struct endpoint){dial->from.type, mem_strdup(dial->from.address)};
    leg->to = (struct endpoint){dial->to.type, mem_strdup(dial->to.address)};
    leg->diverted = mem_strdup(dial->diverted);
    leg->headers = calloc(dial->header_count ? dial->header_count : 1, sizeof *leg->headers);
    if (!leg->from.address || !leg->to.address || !leg->headers ||
        (dial->diverted && !leg->diverted))
        return ENOMEM;
    for (; leg->header_count < dial->header_count; leg->header_count++) {
        const struct ua_header *from = &dial->headers[leg->header_count];

        leg->headers[leg->header_count] =
            (struct ua_header){mem_strdup(from->name), mem_strdup(from->value)};
        if (!leg->headers[leg->header_count].name || !leg->headers[leg->header_count].value) {
            leg->header_count++; /* destroy() takes what there is */
            return ENOMEM;
        }
    }
    return 0;
}

static void give_up(void *arg)
{
    struct leg *leg = arg;

    const struct leg_cause *cause = leg->unreachable;

    if (cause)
        leg_finish(leg, cause, cause->sip, cause->phrase, false);
    else if (leg->full)
        leg_finish(leg, leg_cause_full(), 503, "Trunk At Capacity", false);
    else
        leg_finish(leg, leg_cause_transport(), 503, "No route", false);
}

/* Of the sound that is offered: as the first attempt goes. */
static int family_of(const struct leg *leg, const struct leg_dial *dial)
{
    const struct trunk_caller nobody = {.number = NULL};
    struct trunk_words words;
    struct dialog_target target;

    if (!dial->route)
        return ua_family(leg->plane->ua, dial->phones[0].uri, dial->phones[0].route);
    memset(&target, 0, sizeof target);
    target.uri = dial->route->attempts[0].uri;
    trunk_address(&dial->route->attempts[0], &nobody, &words, &target);
    return ua_family(leg->plane->ua,
                     target.next_hop && *target.next_hop ? target.next_hop : target.uri,
                     target.route);
}

int leg_dial(struct leg_plane *plane, const struct leg_dial *dial, struct leg **legp)
{
    struct leg *leg = NULL;
    int err = leg_alloc(&leg, plane, LEG_OUTBOUND);

    if (err)
        return err;
    if (dial->id) {
        size_t length = strlen(dial->id);

        assert(length < ID_MAX);
        memcpy(leg->id, dial->id, length + 1);
    } else {
        id_uuid(leg->id);
    }
    leg->ring_timeout = dial->ring_timeout;
    leg->length_limit = dial->length;
    leg_agree(leg, dial->route ? trunk_conf(dial->route->attempts[0].trunk) : NULL);
    leg->route = mem_ref(dial->route);
    leg->unreachable = dial->route || dial->socket || dial->phone_count ? NULL : dial->failure;
    err = copy_texts(leg, dial);
    if (!err && (dial->route || dial->phone_count))
        err = leg_open_port(leg, family_of(leg, dial));
    if (err) {
        mem_unref(leg);
        return err;
    }
    if (dial->socket)
        err = socket_leg_dial(leg, dial);
    else if (dial->phone_count)
        err = fork_dial(leg, dial->phones, dial->phone_count);
    else
        err = dial->route ? try_next(leg) : ENOENT;
    leg->full = err == EDQUOT;
    /* told later, so that the owner knows the leg by then */
    if (err && loop_start(plane->loop, &leg->length, 0, give_up, leg)) {
        give_up(leg);
        return ENOMEM;
    }
    *legp = mem_ref(leg);
    return 0;
}
