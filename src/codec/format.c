/* format.c: what the codecs are called and how they count (RFC 3551). */
#include "codec/codec.h"

#include <assert.h>
#include <strings.h>

enum { RATES = 3 };

static const struct fact {
    const char *name;
    unsigned rates[RATES]; /* [Hz] the first is the standard one; 0: no more */
    unsigned clock;        /* [Hz]; 0: the rate */
    unsigned type;         /* static payload type */
    unsigned step;         /* [ms] */
} facts[CODEC_COUNT] = {
    [CODEC_PCMU] = {"PCMU", {8000}, 0, 0, 10},
    [CODEC_PCMA] = {"PCMA", {8000}, 0, 8, 10},
    [CODEC_G722] = {"G722", {16000}, 8000, 9, 10},
    [CODEC_G729] = {"G729", {8000}, 0, 18, 10},
    [CODEC_GSM] = {"GSM", {8000}, 0, 3, 20},
    [CODEC_SPEEX] = {"speex", {16000, 8000}, 0, CODEC_NO_TYPE, 20},
    [CODEC_L16] = {"L16", {16000, 8000, 48000}, 0, CODEC_NO_TYPE, 10},
    [CODEC_OPUS] = {"opus", {48000, 16000, 8000}, 48000, CODEC_NO_TYPE, 10},
};

const char *codec_name(enum codec codec)
{
    assert(codec < CODEC_COUNT);
    return facts[codec].name;
}

int codec_find(const char *name)
{
    for (int i = 0; i < CODEC_COUNT; i++)
        if (!strcasecmp(facts[i].name, name))
            return i;
    return -1;
}

unsigned codec_rate(const struct codec_format *format)
{
    return format->rate ? format->rate : facts[format->codec].rates[0];
}

bool codec_has_rate(enum codec codec, unsigned rate)
{
    for (int i = 0; i < RATES; i++)
        if (rate && facts[codec].rates[i] == rate)
            return true;
    return false;
}

unsigned codec_clock(const struct codec_format *format)
{
    unsigned clock = facts[format->codec].clock;

    return clock ? clock : codec_rate(format);
}

unsigned codec_static_type(const struct codec_format *format)
{
    return facts[format->codec].type;
}

unsigned codec_ptime(const struct codec_format *format, unsigned ms)
{
    unsigned step = facts[format->codec].step;

    ms = (ms + step / 2) / step * step;
    return ms < step ? step : ms > 60 ? 60 : ms;
}

bool codec_same(const struct codec_format *a, const struct codec_format *b)
{
    return a->codec == b->codec && codec_rate(a) == codec_rate(b) && a->bitrate == b->bitrate &&
           a->fec == b->fec && a->dtx == b->dtx && a->cbr == b->cbr;
}
