/* answer.c: our answer to a peer's offer (RFC 3264 §6). */
#include "offer/crypto.h"

#include <errno.h>
#include <stdio.h>

static void write_audio(struct text *text, const struct offer_ability *can,
                        const struct offer_local *local, const struct description *peer,
                        const struct offer_agreed *agreed)
{
    unsigned ptime = can->ptime ? codec_ptime(&agreed->format, can->ptime) : agreed->ptime;

    text_add(text, "m=audio %u %s %u", local->port, text_profile(agreed->profile),
             agreed->payload_type);
    if (agreed->event_payload_type)
        text_add(text, " %u", agreed->event_payload_type);
    text_add(text, "\r\n");
    text_codec(text, agreed->payload_type, &can->formats[peer->format]);
    if (agreed->event_payload_type)
        text_event(text, agreed->event_payload_type, agreed->event_clock);
    if (agreed->send_key.suite)
        crypto_write(text, peer->crypto.tag, &agreed->send_key);
    text_tail(text, ptime, agreed->send, agreed->receive);
}

int offer_answer(const struct offer_ability *can, const struct offer_local *local,
                 const char *offer, struct offer_agreed *agreed, char sdp[OFFER_SDP],
                 char reason[OFFER_REASON])
{
    struct description peer;
    struct text text;
    int err;

    err = description_read(&peer, offer, reason);
    if (err)
        return err;
    err = description_choose(&peer, can, local, true, agreed, reason);
    if (!err)
        err = description_remote(&peer, local, agreed, reason);
    if (err)
        goto out;
    description_direct(&peer, local->hold, agreed);
    text_init(&text, sdp);
    text_head(&text, local, peer.session);
    for (const sdp_media_t *media = peer.session->sdp_media; media; media = media->m_next)
        if (media == peer.audio)
            write_audio(&text, can, local, &peer, agreed);
        else
            text_refuse(&text, media);
    if (text.full) {
        snprintf(reason, OFFER_REASON, "too many media lines to answer");
        err = EINVAL;
    }
out:
    description_close(&peer);
    return err;
}
