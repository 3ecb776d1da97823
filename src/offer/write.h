/* write.h: lines of SDP into a buffer of OFFER_SDP bytes. Private to offer/. */
#ifndef OFFHOOK_OFFER_WRITE_H
#define OFFHOOK_OFFER_WRITE_H

#include "offer/offer.h"

#include <sofia-sip/sdp.h>

struct text {
    char *at;
    size_t left; /* [bytes], NUL included */
    bool full;
};

void text_init(struct text *text, char sdp[OFFER_SDP]);
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* v=, o=, s=, c= and t= lines. `peer`: whose t= is repeated, or NULL. */
void text_head(struct text *text, const struct offer_local *local, const sdp_session_t *peer);

/* "RTP/AVP" */
const char *text_profile(enum offer_profile profile);

/* The same line with port 0. */
void text_refuse(struct text *text, const sdp_media_t *media);

/* rtpmap and fmtp lines of one codec, as we can it, and of telephone-event. */
void text_codec(struct text *text, unsigned payload_type, const struct codec_format *format);
void text_event(struct text *text, unsigned payload_type, unsigned clock);

/* a=ptime and the direction, with which a media section ends. */
void text_tail(struct text *text, unsigned ptime, bool send, bool receive);

#endif
