/* credentials.h: answers to challenges of our own requests (401, 407). Private to ua/.
 *
 * Sofia asks an "auth client" when a response challenges, and sends the request again with
 * what it says. Its own knows MD5 only, and answers whoever asks; ours (see credentials.c)
 * looks up whose handle the request was sent by, and decides by these rules:
 *
 *   - once; again only when the nonce was stale, or was one of an earlier request;
 *   - outside a dialog, for any realm, unless one is named;
 *   - within a dialog only to the address and for the realm that challenged its INVITE, or a
 *     REGISTER of the same account: a callee who challenges our BYE would get what it takes to
 *     guess the password;
 *   - Digest only, by the strongest algorithm offered. Basic is never answered. */
#ifndef OFFHOOK_UA_CREDENTIALS_H
#define OFFHOOK_UA_CREDENTIALS_H

#include "ua/gate.h"
#include "ua/ua.h"

#include <sofia-sip/sip.h>
#include <sofia-sip/su_alloc.h>

struct credentials; /* control thread */

/* Once a process, before the first NUA; more calls do nothing. */
void credentials_start(void);

/* *credentials stays NULL when there is no user. `home` is of the handle whose requests they are
 * for (nua_handle_home()); `gate` of its endpoint. Release with mem_unref() before the handle. */
int credentials_alloc(struct credentials **credentials, const struct ua_credentials *from,
                      su_home_t *home, const struct gate *gate);

/* From here on requests are within a dialog. NULL is fine. */
void credentials_enter_dialog(struct credentials *credentials);
/* RFC 3261 §22.1: an ACK has the proofs its INVITE had, which Sofia copies. Here only where it
 * goes back to who asked for them (by what the 2xx says), for it may go straight to who was
 * called: otherwise _before_ack takes them out of the INVITE, which is over. */
void credentials_hear_answer(struct credentials *credentials, const sip_t *sip);
void credentials_before_ack(struct credentials *credentials);
/* No more answers: the call is being ended. */
void credentials_stop(struct credentials *credentials);

#endif
