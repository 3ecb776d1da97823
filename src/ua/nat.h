/* nat.h: peers behind a NAT, who write addresses that only they can reach. Private to ua/.
 *
 * Of a request that came without a proxy between, from another address than its Via names, which
 * is a private one: the response goes to where it came from (as if it had rport, RFC 3581), and a
 * private Contact is taken for that address, too. Of a response likewise, when it came from a
 * public address and its Contact is private. A Contact behind a Record-Route stays: the proxy knows
 * the way. */
#ifndef OFFHOOK_UA_NAT_H
#define OFFHOOK_UA_NAT_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <sys/socket.h>

void nat_mend_request(msg_t *msg, sip_t *sip, const struct sockaddr_storage *from);
void nat_mend_response(msg_t *msg, sip_t *sip, const struct sockaddr_storage *from);

/* Is it of a network that others use as well (RFC 1918, 6598, 3927, 4193, link-local)? */
bool nat_is_private(const struct sockaddr_storage *address);

#endif
