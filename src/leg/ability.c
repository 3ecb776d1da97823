/* ability.c: what a leg may agree on: the codecs, packets and keys of its trunk, or everybody's. */
#include "leg/private.h"
#include "base/log.h"

#include <string.h>

/* conf.h checked the names. */
static void take_codecs(struct offer_ability *can, const char **names, size_t count)
{
    can->count = 0;
    for (size_t i = 0; i < count; i++) {
        int err = offer_add(can, names[i]);

        if (err)
            log_error("leg", "codec %s is left out: %s", names[i], strerror(err));
    }
}

void leg_ability(struct offer_ability *can, const struct conf *conf)
{
    *can = (struct offer_ability){.prefer_ours = conf->rtp.prefer_ours};
    take_codecs(can, conf->rtp.codecs, conf->rtp.codec_count);
}

static struct dialog_terms terms_of(const struct conf_trunk *trunk)
{
    static const enum ua_rel100 rel100[] = {
        [CONF_REL100_OFF] = UA_REL100_OFF,
        [CONF_REL100_SUPPORTED] = UA_REL100_SUPPORTED,
        [CONF_REL100_REQUIRED] = UA_REL100_REQUIRED,
    };

    return (struct dialog_terms){.session = trunk->session_timer, .rel100 = rel100[trunk->rel100]};
}

void leg_agree(struct leg *leg, const struct conf_trunk *trunk)
{
    leg->can = leg->plane->can;
    if (trunk && trunk->codec_count)
        take_codecs(&leg->can, trunk->codecs, trunk->codec_count);
    if (trunk && trunk->ptime)
        leg->can.ptime = trunk->ptime;
    leg->media_strict = trunk && trunk->media_strict;
    secure_agree(leg, trunk);
    leg->refers = trunk && trunk->refers;
    leg->terms = trunk ? terms_of(trunk) : (struct dialog_terms){.session = 0};
    keys_agree(leg, trunk ? trunk->dtmf : CONF_DTMF_AUTO);
}
