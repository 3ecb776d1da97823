/* fmtp.c: see fmtp.h. Opus: RFC 7587, 6.1: each parameter tells what its own side wants to
 * receive, so those of the two sides need not be alike. G.729: RFC 3555, 4.1.9. What other codecs
 * say of themselves (speex: mode, vbr, cng) their payloads say, too. */
#include "offer/fmtp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BITRATE_LEAST = 6000, BITRATE_MOST = 510000 };

/* The value of `name=` in `name=value; name=value`; -1: it is not there, or no number. */
static long parameter(const char *text, const char *name)
{
    size_t size = strlen(name);

    while (*text) {
        text += strspn(text, "; \t");
        if (!strncasecmp(text, name, size)) {
            const char *at = text + size;
            char *end;
            long value;

            at += strspn(at, " \t");
            value = *at == '=' ? strtol(at + 1, &end, 10) : -1;
            if (*at == '=' && end > at + 1 && value >= 0)
                return value;
        }
        text += strcspn(text, ";");
    }
    return -1;
}

static unsigned playback_rate(long told, unsigned ours)
{
    unsigned rate = told < 0 || told > 16000 ? 48000 : told <= 8000 ? 8000 : 16000;

    return rate < ours ? rate : ours;
}

static void shape_opus(struct codec_format *format, const char *value)
{
    long bitrate = parameter(value, "maxaveragebitrate");

    format->rate = playback_rate(parameter(value, "maxplaybackrate"), codec_rate(format));
    if (bitrate >= 0 && bitrate < BITRATE_LEAST)
        bitrate = BITRATE_LEAST;
    if (bitrate >= 0 && bitrate <= BITRATE_MOST && (!format->bitrate || bitrate < format->bitrate))
        format->bitrate = (unsigned)bitrate;
    format->fec = parameter(value, "useinbandfec") == 1;
    format->dtx = parameter(value, "usedtx") == 1;
    format->cbr = parameter(value, "cbr") == 1;
}

void fmtp_shape(struct codec_format *format, const char *value)
{
    if (format->codec == CODEC_OPUS)
        shape_opus(format, value ? value : "");
}

static void add(char value[FMTP_SIZE], const char *format, ...)
{
    size_t at = strlen(value);
    va_list args;

    if (at)
        at += (size_t)snprintf(value + at, FMTP_SIZE - at, ";");
    va_start(args, format);
    vsnprintf(value + at, FMTP_SIZE - at, format, args);
    va_end(args);
}

static void write_opus(const struct codec_format *can, char value[FMTP_SIZE])
{
    unsigned rate = codec_rate(can);

    if (rate < 48000)
        add(value, "maxplaybackrate=%u;sprop-maxcapturerate=%u", rate, rate);
    if (can->bitrate)
        add(value, "maxaveragebitrate=%u", can->bitrate);
    if (can->cbr)
        add(value, "cbr=1");
    if (can->fec)
        add(value, "useinbandfec=1");
    if (can->dtx)
        add(value, "usedtx=1");
}

bool fmtp_write(const struct codec_format *can, char value[FMTP_SIZE])
{
    value[0] = '\0';
    if (can->codec == CODEC_OPUS)
        write_opus(can, value);
    else if (can->codec == CODEC_G729)
        add(value, "annexb=no");
    return value[0] != '\0';
}
