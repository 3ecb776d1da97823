/* make.c: an offer of ours (RFC 3264 §5), the first of a dialog or a later one. */
#include "offer/crypto.h"
#include "offer/numbers.h"

#include <errno.h>

enum { PTIME = 20 }; /* [ms] */

static void write_audio(struct text *text, const struct offer_ability *can,
                        const struct offer_local *local, const struct numbers *numbers)
{
    enum offer_profile profile = local->keys ? local->profile : OFFER_AVP;

    text_add(text, "m=audio %u %s", local->port, text_profile(profile));
    for (unsigned i = 0; i < can->count; i++)
        text_add(text, " %u", numbers->format[i]);
    for (unsigned i = 0; i < numbers->event_count; i++)
        text_add(text, " %u", numbers->events[i].type);
    text_add(text, "\r\n");
    for (unsigned i = 0; i < can->count; i++)
        text_codec(text, numbers->format[i], &can->formats[i]);
    for (unsigned i = 0; i < numbers->event_count; i++)
        text_event(text, numbers->events[i].type, numbers->events[i].clock);
    if (profile != OFFER_AVP)
        crypto_write_offer(text, local->keys);
    text_tail(text, can->ptime ? can->ptime : PTIME, true, !local->hold);
}

int offer_make(const struct offer_ability *can, const struct offer_local *local,
               char sdp[OFFER_SDP])
{
    struct description before = {0};
    char reason[OFFER_REASON];
    struct numbers numbers;
    bool written = false;
    struct text text;
    int err = 0;

    if (local->before) {
        err = description_read(&before, local->before, reason);
        if (err)
            return err;
    }
    numbers_make(&numbers, can, local->before ? &before : NULL);
    text_init(&text, sdp);
    text_head(&text, local, NULL);
    for (const sdp_media_t *m = before.session ? before.session->sdp_media : NULL; m; m = m->m_next)
        if (!written && m->m_type == sdp_media_audio && m->m_port) {
            write_audio(&text, can, local, &numbers);
            written = true;
        } else {
            text_refuse(&text, m);
        }
    if (!written)
        write_audio(&text, can, local, &numbers);
    if (text.full)
        err = EINVAL;
    description_close(&before);
    return err;
}
