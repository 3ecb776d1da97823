/* media.c: what was agreed in SDP, made to flow; and the verbs of sound. */
#include "leg/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int leg_connect(struct leg *leg, const struct offer_agreed *agreed)
{
    struct stream_params params = {
        .remote = agreed->remote,
        .remote_rtcp = agreed->remote_rtcp,
        .latch_strict = leg->media_strict,
        .format = agreed->format,
        .payload_type = agreed->payload_type,
        .event_payload_type = agreed->event_payload_type,
        .receive_payload_type = agreed->receive_payload_type,
        .receive_event_type = agreed->receive_event_type,
        .event_clock = agreed->event_clock,
        .ptime = agreed->ptime,
        .send = agreed->send,
        .receive = agreed->receive,
        .send_key = agreed->send_key,
        .receive_key = agreed->receive_key,
    };

    int err;

    if (!leg->port)
        return 0;
    if (leg->dialog)
        dialog_source(leg->dialog, &params.signalling);
    err = media_port_connect(leg->port, &params);
    if (err) {
        log_warning("leg", "no sound of %s id=%s: %s", codec_name(agreed->format.codec), leg->id,
                    strerror(err));
        return err;
    }
    trouble_connect(leg, agreed);
    secure_connect(leg, agreed);
    log_debug("leg", "sound id=%s codec=%s/%u type=%u ptime=%u", leg->id,
              codec_name(agreed->format.codec), codec_rate(&agreed->format), agreed->payload_type,
              agreed->ptime);
    keys_connect(leg, agreed->event_payload_type != 0);
    leg->connected = true;
    return 0;
}

const struct leg_cause *leg_media_cause(int err)
{
    return leg_cause_sip(err == ENOMEM ? 500 : 488);
}

int leg_keep_sdp(struct leg *leg, const char *sdp)
{
    char *copy = mem_strdup(sdp);

    if (!copy)
        return ENOMEM;
    mem_unref(leg->sdp);
    leg->sdp = copy;
    return 0;
}

int leg_write_offer(struct leg *leg)
{
    char sdp[OFFER_SDP];
    int err;

    leg->local.version++;
    err = offer_make(&leg->can, &leg->local, sdp);
    return err ? err : leg_keep_sdp(leg, sdp);
}

int leg_accept(struct leg *leg, const char *sdp, struct offer_agreed *agreed,
               char reason[OFFER_REASON])
{
    int err;

    leg->local.before = leg->sdp;
    err = offer_accept(&leg->can, &leg->local, sdp, agreed, reason);
    leg->local.before = NULL;
    return err;
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
    trouble_mute(leg, on);
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

int leg_echo(struct leg *leg, bool on)
{
    return leg->port ? media_port_echo(leg->port, on) : ENOTCONN;
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
