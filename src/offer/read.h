/* read.h: what a peer's SDP says of the one audio stream we want. Private to offer/. */
#ifndef OFFHOOK_OFFER_READ_H
#define OFFHOOK_OFFER_READ_H

#include "offer/offer.h"

#include <sofia-sip/sdp.h>

struct description {
    sdp_parser_t *parser;
    const sdp_session_t *session;
    const sdp_media_t *audio; /* the line chosen */
};

enum { OFFER_LONGEST = 16384 }; /* [bytes] of a peer's SDP */

/* Parses the text. On error the description holds nothing. */
int description_read(struct description *description, const char *text, char reason[OFFER_REASON]);

/* Picks the first audio line we can use and fills what was agreed of it, as seen
 * by a peer we neither hold nor refuse. Errors as offer_answer(). */
int description_choose(struct description *description, const struct offer_ability *can,
                       const struct offer_local *local, struct offer_agreed *agreed,
                       char reason[OFFER_REASON]);

void description_close(struct description *description);

/* Sets send, receive and held from the peer's direction and from our hold. */
void description_direct(const struct description *description, bool hold,
                        struct offer_agreed *agreed);

#endif
