/* media.c: what was agreed in SDP, made to flow; and the verbs of sound. */
#include "leg/private.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

void leg_connect(struct leg *leg, const struct offer_agreed *agreed)
{
    struct stream_params params = {
        .remote = agreed->remote,
        .remote_rtcp = agreed->remote_rtcp,
        .format = agreed->format,
        .payload_type = agreed->payload_type,
        .event_payload_type = agreed->event_payload_type,
        .receive_payload_type = agreed->receive_payload_type,
        .receive_event_type = agreed->receive_event_type,
        .event_clock = agreed->event_clock,
        .ptime = agreed->ptime,
        .send = agreed->send,
        .receive = agreed->receive,
    };

    if (!leg->port)
        return;
    media_port_connect(leg->port, &params);
    keys_connect(leg, agreed->event_payload_type != 0);
    leg->connected = true;
}

int leg_write_offer(struct leg *leg)
{
    leg->local.version++;
    return offer_make(&leg->can, &leg->local, leg->sdp);
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
    leg->late = false;
    err = sdp ? offer_accept(&leg->can, &leg->local, sdp, &agreed, reason) : EINVAL;
    if (err) {
        log_info("leg", "no usable answer in the ACK id=%s: %s", leg->id,
                 sdp ? reason : "it has no SDP");
        leg_hangup(leg, leg_cause_sip(488));
        return;
    }
    leg_connect(leg, &agreed);
}

/* Our offer in a 200 keeps the places of the lines we refused before (RFC 3264 §8). */
static int write_offer_again(struct leg *leg)
{
    char before[OFFER_SDP];
    int err;

    memcpy(before, leg->sdp, sizeof before);
    leg->local.before = before;
    err = leg_write_offer(leg);
    leg->local.before = NULL;
    return err;
}

/* A re-INVITE or UPDATE: hold, a new address, or a request for our offer. */
void leg_on_reoffer(const char *sdp, void *arg)
{
    struct leg *leg = arg;
    struct offer_agreed agreed;
    char answer[OFFER_SDP], reason[OFFER_REASON] = "";
    int err;

    if (!sdp) {
        err = write_offer_again(leg);
        if (err) {
            dialog_reoffer_reject(leg->dialog, 500, "Internal Server Error", 0, NULL);
            return;
        }
        leg->late = true;
        dialog_reoffer_answer(leg->dialog, leg->sdp);
        return;
    }
    leg->local.version++;
    err = offer_answer(&leg->can, &leg->local, sdp, &agreed, answer, reason);
    if (err) {
        leg->local.version--;
        log_info("leg", "re-INVITE refused id=%s: %s", leg->id, reason);
        dialog_reoffer_reject(leg->dialog, 488, "Not Acceptable Here", 305, reason);
        return;
    }
    memcpy(leg->sdp, answer, sizeof answer);
    leg_connect(leg, &agreed);
    dialog_reoffer_answer(leg->dialog, leg->sdp);
}

void leg_join(struct leg *leg, struct media_room *room)
{
    if (leg->port)
        media_port_join(leg->port, room);
}

void leg_leave(struct leg *leg)
{
    if (leg->port)
        media_port_leave(leg->port);
}

void leg_mute(struct leg *leg, bool on)
{
    if (leg->port)
        media_port_mute(leg->port, on);
}

void leg_earmuff(struct leg *leg, bool on)
{
    if (leg->port)
        media_port_earmuff(leg->port, on);
}

void leg_audible(struct leg *listener, struct leg *speaker, bool on)
{
    if (listener->port && speaker->port)
        media_port_audible(listener->port, speaker->port, on);
}

uint32_t leg_play(struct leg *leg, struct sound *sound, unsigned loops, double level)
{
    return leg->port ? media_port_play(leg->port, sound, loops, level) : 0;
}

void leg_stop(struct leg *leg)
{
    if (leg->port)
        media_port_stop(leg->port);
}

void leg_watch(struct leg *leg, enum leg_watcher who, bool on)
{
    unsigned before = leg->watchers;

    leg->watchers = on ? before | (unsigned)who : before & ~(unsigned)who;
    if (!before == !leg->watchers)
        return;
    leg->speaking = false;
    if (leg->port)
        media_port_watch(leg->port, leg->watchers != 0);
}

bool leg_speaking(const struct leg *leg)
{
    return leg->speaking;
}

int leg_detect(struct leg *leg, const struct detect_conf *conf)
{
    return leg->port ? media_port_detect(leg->port, conf) : ENOTCONN;
}

int leg_record(struct leg *leg, struct recording *recording)
{
    return leg->port ? media_port_record(leg->port, recording) : ENOTCONN;
}

void leg_record_stop(struct leg *leg)
{
    if (leg->port)
        media_port_record_stop(leg->port);
}
