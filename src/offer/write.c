/* write.c: see write.h. */
#include "offer/write.h"
#include "offer/fmtp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char sdp[OFFER_SDP])
{
    text->at = sdp;
    text->left = OFFER_SDP;
    text->full = false;
    sdp[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text->at, text->left, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= text->left) {
        text->full = true;
        *text->at = '\0';
        return;
    }
    text->at += size;
    text->left -= (size_t)size;
}

void text_head(struct text *text, const struct offer_local *local, const sdp_session_t *peer)
{
    const char *family = strchr(local->address, ':') ? "IP6" : "IP4";
    const sdp_time_t *time = peer ? peer->sdp_time : NULL;

    text_add(text,
             "v=0\r\n"
             "o=- %llu %u IN %s %s\r\n"
             "s=-\r\n"
             "c=IN %s %s\r\n"
             "t=%lu %lu\r\n",
             (unsigned long long)local->session, local->version, family, local->address, family,
             local->address, time ? time->t_start : 0, time ? time->t_stop : 0);
}

const char *text_profile(enum offer_profile profile)
{
    return profile == OFFER_SAVP ? "RTP/SAVP" : "RTP/AVP";
}

void text_refuse(struct text *text, const sdp_media_t *media)
{
    text_add(text, "m=%s 0 %s", media->m_type_name, media->m_proto_name);
    for (const sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next)
        text_add(text, " %u", map->rm_pt);
    for (const sdp_list_t *format = media->m_format; format; format = format->l_next)
        if (format->l_text)
            text_add(text, " %s", format->l_text);
    if (!media->m_rtpmaps && !media->m_format)
        text_add(text, " 0"); /* the grammar wants one */
    text_add(text, "\r\n");
}

void text_codec(struct text *text, unsigned payload_type, const struct codec_format *format)
{
    char value[FMTP_SIZE];

    text_add(text, "a=rtpmap:%u %s/%u%s\r\n", payload_type, codec_name(format->codec),
             codec_clock(format), format->codec == CODEC_OPUS ? "/2" : "");
    if (fmtp_write(format, value))
        text_add(text, "a=fmtp:%u %s\r\n", payload_type, value);
}

void text_event(struct text *text, unsigned payload_type, unsigned clock)
{
    text_add(text, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n", payload_type, clock,
             payload_type);
}

void text_tail(struct text *text, unsigned ptime, bool send, bool receive)
{
    static const char *const directions[] = {"inactive", "recvonly", "sendonly", "sendrecv"};

    text_add(text, "a=ptime:%u\r\na=%s\r\n", ptime, directions[send * 2 + receive]);
}
