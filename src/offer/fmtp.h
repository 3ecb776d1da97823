/* fmtp.h: parameters of codecs: what each side says of how it wants to be sent to. Private to
 * offer/. */
#ifndef OFFHOOK_OFFER_FMTP_H
#define OFFHOOK_OFFER_FMTP_H

#include "codec/codec.h"

enum { FMTP_SIZE = 160 };

/* Makes of what we can what the peer wants to get, by the value of its a=fmtp (NULL: none). */
void fmtp_shape(struct codec_format *format, const char *value);

/* What we want to get, as the value of an a=fmtp; false: nothing need be said. */
bool fmtp_write(const struct codec_format *can, char value[FMTP_SIZE]);

#endif
