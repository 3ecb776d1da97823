/* codec.c: the codecs by the names SDP gives them (RFC 3551). */
#include "offer/offer.h"

#include <assert.h>
#include <stddef.h>
#include <strings.h>

static const char *const names[OFFER_CODECS] = {[OFFER_PCMU] = "PCMU", [OFFER_PCMA] = "PCMA"};

const char *offer_codec_name(enum offer_codec codec)
{
    assert(codec < OFFER_CODECS);
    return names[codec];
}

int offer_codec_find(const char *name)
{
    for (int i = 0; i < OFFER_CODECS; i++)
        if (!strcasecmp(names[i], name))
            return i;
    return -1;
}
