/* format.c: what the codecs are called and how they count (RFC 3551). */
#include "codec/private.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

enum { RATES = 3, MS_SENT_MAX = 60, ROOM = 65536 /* [bytes] */ };

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

static bool may_hold(const struct codec_format *format, unsigned ms)
{
    if (format->codec == CODEC_OPUS && ms != 10 && ms != 20 && ms != 40 && ms != 60)
        return false;
    if (format->codec == CODEC_L16 && 2 * codec_rate(format) / 1000 * ms > CODEC_BYTES_MAX)
        return false;
    return ms % facts[format->codec].step == 0;
}

unsigned codec_ptime(const struct codec_format *format, unsigned ms)
{
    unsigned best = facts[format->codec].step;

    for (unsigned one = best; one <= MS_SENT_MAX; one += 10) {
        unsigned off = one > ms ? one - ms : ms - one;
        unsigned best_off = best > ms ? best - ms : ms - best;

        if (may_hold(format, one) && off < best_off)
            best = one;
    }
    return best;
}

bool codec_known(const struct codec_format *format)
{
    return (unsigned)format->codec < CODEC_COUNT &&
           codec_has_rate(format->codec, codec_rate(format));
}

bool codec_same(const struct codec_format *a, const struct codec_format *b)
{
    return a->codec == b->codec && codec_rate(a) == codec_rate(b) && a->bitrate == b->bitrate &&
           a->fec == b->fec && a->dtx == b->dtx && a->cbr == b->cbr;
}

bool codec_room(void)
{
    void *probe = malloc(ROOM);

    free(probe);
    return probe != NULL;
}
