/* text.h: texts of peers and of applications, made fit for JSON and the log. */
#ifndef OFFHOOK_LEG_TEXT_H
#define OFFHOOK_LEG_TEXT_H

#include <stddef.h>

/* Copies text into out [size bytes] as valid UTF-8 of one line: what is none becomes U+FFFD,
 * control characters become spaces, and what does not fit is cut at the end of a character. NULL is
 * "". Returns out. */
char *text_keep(char *out, size_t size, const char *text);

/* The user part of a SIP URI, escaped (RFC 3261 §25.1); mem_unref() it. NULL when out of
 * memory. */
char *text_sip_user(const char *user);

/* `sip:user@host` with the user part escaped (RFC 3261 §25.1); mem_unref() it. NULL when
 * out of memory. */
char *text_sip_uri(const char *user, const char *host);

#endif
