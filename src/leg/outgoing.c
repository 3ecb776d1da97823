/* outgoing.c: an outbound leg: from our INVITE to our ACK, over the request URIs of its
 * route in order. The next one is tried only while nobody can have been rung: after a
 * transport failure, 408, 500, 502, 503 or 504 without a 1xx of the far side. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int try_next(struct leg *leg);

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
    if (err)
        refuse_answer(leg, err, reason);
    else
        leg_tell(leg, LEG_ANSWERED, clock_wall_ms());
}

static bool may_try_next(const struct leg *leg, int status)
{
    if (leg->rang || leg->hung_up || leg->answered || leg->uri_next >= leg->uri_count ||
        dialog_timed_out(leg->dialog))
        return false;
    return dialog_transport_error(leg->dialog) || status == 408 || status == 500 || status == 502 ||
           status == 503 || status == 504;
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

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct leg *leg = arg;
    const struct leg_cause *cause;

    (void)q850;
    MAGIC_CHECK(leg, LEG_MAGIC);
    if (may_try_next(leg, status)) {
        log_info("leg", "next route id=%s after %d %s", leg->id, status, phrase ? phrase : "");
        leg->dialog = mem_unref(leg->dialog);
        if (try_next(leg) == 0)
            return;
        cause = leg_cause_transport();
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
    .acked = leg_on_acked,
    .reoffer = leg_on_reoffer,
    KEYS_HANDLERS,
    .ended = on_ended,
};

/* [s] of the ringing time that are left to the next URI. */
static unsigned ring_left(const struct leg *leg)
{
    int64_t gone = (clock_wall_ms() - leg->created) / 1000;

    if (gone <= 0 || !leg->ring_timeout)
        return leg->ring_timeout;
    return gone < leg->ring_timeout ? leg->ring_timeout - (unsigned)gone : 1;
}

static int try_next(struct leg *leg)
{
    bool unknown = leg->from.type == ENDPOINT_PHONE && strcmp(leg->from.address, "Unknown") == 0;
    struct dialog_target target = {
        .from_user = unknown ? "" : leg->from.address,
        .from_host = leg->from_host,
        .headers = leg->headers,
        .header_count = leg->header_count,
        .sdp = leg->sdp,
        .ring_timeout = ring_left(leg),
    };
    int err = ENOENT;

    while (err && leg->uri_next < leg->uri_count) {
        target.uri = leg->uris[leg->uri_next++];
        err = dialog_invite(leg->plane->ua, &target, &leg_outgoing, leg, &leg->dialog);
        if (err)
            log_warning("leg", "cannot dial id=%s uri=%s: %s", leg->id, target.uri, strerror(err));
    }
    return err;
}

static int copy_texts(struct leg *leg, const struct leg_dial *dial)
{
    leg->from = (struct endpoint){dial->from.type, mem_strdup(dial->from.address)};
    leg->to = (struct endpoint){dial->to.type, mem_strdup(dial->to.address)};
    leg->from_host = mem_strdup(dial->from_host);
    leg->uris = calloc(dial->uri_count ? dial->uri_count : 1, sizeof *leg->uris);
    leg->headers = calloc(dial->header_count ? dial->header_count : 1, sizeof *leg->headers);
    if (!leg->from.address || !leg->to.address || !leg->uris || !leg->headers ||
        (dial->from_host && !leg->from_host))
        return ENOMEM;
    for (; leg->uri_count < dial->uri_count; leg->uri_count++) {
        leg->uris[leg->uri_count] = mem_strdup(dial->uris[leg->uri_count]);
        if (!leg->uris[leg->uri_count])
            return ENOMEM;
    }
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
    else
        leg_finish(leg, leg_cause_transport(), 503, "No route", false);
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
    leg_agree(leg, dial->trunk);
    leg->unreachable = dial->uri_count || dial->socket || dial->phone_count ? NULL : dial->failure;
    err = copy_texts(leg, dial);
    if (!err && (dial->uri_count || dial->phone_count))
        err = leg_open_port(leg);
    if (err) {
        mem_unref(leg);
        return err;
    }
    if (dial->socket)
        err = socket_leg_dial(leg, dial);
    else if (dial->uri_count || dial->phone_count)
        err = leg_write_offer(leg);
    if (!err && dial->phone_count)
        err = fork_dial(leg, dial->phones, dial->phone_count);
    else if (!err && !dial->socket)
        err = try_next(leg);
    /* told later, so that the owner knows the leg by then */
    if (err && loop_start(plane->loop, &leg->length, 0, give_up, leg)) {
        give_up(leg);
        return ENOMEM;
    }
    *legp = mem_ref(leg);
    return 0;
}
