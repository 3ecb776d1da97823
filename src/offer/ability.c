/* ability.c: what we can, from the names of a configuration. */
#include "offer/offer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 16 };

/* "L16/8000" in two; rate 0: none is told. */
static int split(const char *text, char name[NAME], unsigned *rate)
{
    size_t size = strcspn(text, "/");
    char *end = NULL;

    if (size >= NAME)
        return EINVAL;
    memcpy(name, text, size);
    name[size] = '\0';
    *rate = text[size] ? (unsigned)strtoul(text + size + 1, &end, 10) : 0;
    return text[size] && (!*rate || *end) ? EINVAL : 0;
}

int offer_add(struct offer_ability *can, const char *text)
{
    struct codec_format format = {0};
    char name[NAME];
    int codec;

    if (split(text, name, &format.rate))
        return EINVAL;
    codec = codec_find(name);
    if (codec < 0 || (format.rate && !codec_has_rate((enum codec)codec, format.rate)))
        return EINVAL;
    format.codec = (enum codec)codec;
    format.rate = codec_rate(&format);
    format.fec = format.codec == CODEC_OPUS; /* it costs nothing to hear it */
    for (unsigned i = 0; i < can->count; i++)
        if (can->formats[i].codec == format.codec &&
            codec_clock(&can->formats[i]) == codec_clock(&format))
            return EEXIST;
    if (can->count == OFFER_FORMATS)
        return ENOSPC;
    can->formats[can->count++] = format;
    return 0;
}
