/* make.c: an offer of ours (RFC 3264 §5), the first of a dialog or a later one. */
#include "offer/read.h"
#include "offer/write.h"

#include <errno.h>

static void write_audio(struct text *text, const struct offer_ability *can,
                        const struct offer_local *local)
{
    text_add(text, "m=audio %u RTP/AVP", local->port);
    for (unsigned i = 0; i < can->count; i++)
        text_add(text, " %u", codec_static_type(&can->formats[i]));
    if (!can->no_events)
        text_add(text, " %u", OFFER_EVENT_PAYLOAD_TYPE);
    text_add(text, "\r\n");
    for (unsigned i = 0; i < can->count; i++)
        text_codec(text, codec_static_type(&can->formats[i]), &can->formats[i]);
    if (!can->no_events)
        text_event(text, OFFER_EVENT_PAYLOAD_TYPE);
    text_tail(text, true, !local->hold);
}

int offer_make(const struct offer_ability *can, const struct offer_local *local,
               char sdp[OFFER_SDP])
{
    struct description before = {0};
    char reason[OFFER_REASON];
    bool written = false;
    struct text text;
    int err = 0;

    if (local->before) {
        err = description_read(&before, local->before, reason);
        if (err)
            return err;
    }
    text_init(&text, sdp);
    text_head(&text, local, NULL);
    for (const sdp_media_t *m = before.session ? before.session->sdp_media : NULL; m; m = m->m_next)
        if (!written && m->m_type == sdp_media_audio && m->m_port) {
            write_audio(&text, can, local);
            written = true;
        } else {
            text_refuse(&text, m);
        }
    if (!written)
        write_audio(&text, can, local);
    if (text.full)
        err = EINVAL;
    description_close(&before);
    return err;
}
