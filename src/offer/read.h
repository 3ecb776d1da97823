/* read.h: what a peer's SDP says of the one audio stream we want. Private to offer/. */
#ifndef OFFHOOK_OFFER_READ_H
#define OFFHOOK_OFFER_READ_H

#include "offer/offer.h"

#include <sofia-sip/sdp.h>

/* A line of a=crypto. */
struct crypto {
    unsigned tag;
    struct srtp_key key;
};

struct description {
    sdp_parser_t *parser;
    const sdp_session_t *session;
    const sdp_media_t *audio; /* the line chosen */
    unsigned format;          /* and which of our formats */
    struct crypto crypto;     /* and how the peer protects it */
};

enum { OFFER_LONGEST = 16384 }; /* [bytes] of a peer's SDP */

/* Parses the text. On error the description holds nothing. */
int description_read(struct description *description, const char *text, char reason[OFFER_REASON]);
void description_close(struct description *description);

/* Picks the audio line we can use of an offer to be answered, or of the answer to ours, and fills
 * codec, payload types, ptime, profile and keys of what was agreed. Errors as offer_answer(). */
int description_choose(struct description *description, const struct offer_ability *can,
                       const struct offer_local *local, bool answering, struct offer_agreed *agreed,
                       char reason[OFFER_REASON]);

/* Fills the addresses. Errors as offer_answer(). */
int description_remote(const struct description *description, const struct offer_local *local,
                       struct offer_agreed *agreed, char reason[OFFER_REASON]);

/* Sets send, receive and held from the peer's direction and from our hold. */
void description_direct(const struct description *description, bool hold,
                        struct offer_agreed *agreed);

/* Value of a line's attribute; NULL: it has none. */
const char *description_attribute(const sdp_media_t *media, const char *name);

/* Does the map name this format; is it telephone-event? */
bool description_same(const sdp_rtpmap_t *map, const struct codec_format *format);
bool description_is_event(const sdp_rtpmap_t *map);

/* The character, or '?' in place of one that a quoted string of a header would mind. */
char description_plain(char c);

#endif
