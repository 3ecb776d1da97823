/* crypto.h: keys of SRTP in SDP. Private to offer/. */
#ifndef OFFHOOK_OFFER_CRYPTO_H
#define OFFHOOK_OFFER_CRYPTO_H

#include "offer/read.h"
#include "offer/write.h"

/* The best line of an offer; the line of an answer. False: none that we can keep. */
bool crypto_choose(const sdp_media_t *media, struct crypto *crypto);
bool crypto_accept(const sdp_media_t *media, struct crypto *crypto);

void crypto_write(struct text *text, unsigned tag, const struct srtp_key *key);
void crypto_write_offer(struct text *text, const struct offer_keys *keys);

#endif
