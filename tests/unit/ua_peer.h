/* ua_peer.h: a peer of a user agent that is played by hand, message by message, in one dialog over
 * UDP, for what must be seen as it is on the wire. */
#ifndef OFFHOOK_TESTS_UA_PEER_H
#define OFFHOOK_TESTS_UA_PEER_H

#include "ua_kit.h"

struct peer {
    struct phone *phone;
    int fd;
    unsigned port, cseq, branch;
    bool called;                  /* the phone calls us */
    char call_id[128], tag[64];   /* of the dialog; the phone's tag */
    char target[256];             /* the phone's Contact */
    char own[256], theirs[256];   /* From or To as they are, without our tag */
    char in[8192], request[8192]; /* the last message, and the last request */
};

void peer_start(struct peer *peer, struct phone *phone);
void peer_stop(struct peer *peer);
/* sip:peer@127.0.0.1:PORT, in a static buffer */
const char *peer_uri(const struct peer *peer);

/* Sends a request; `lines` are header lines with their ends, or NULL; body is SDP, or NULL. An
 * INVITE outside of a dialog begins a new one. ACK has the number of the INVITE before. */
void peer_send(struct peer *peer, const char *method, const char *lines, const char *body);
/* Answers the last request that came. Contact is in it. */
void peer_reply(struct peer *peer, int status, const char *lines, const char *body);
/* Waits up to `ms` for a message that begins so ("UPDATE ", "SIP/2.0 200"), and fails the test when
 * it does not come or another comes before; provisional responses pass by when none is asked for.
 */
void peer_expect(struct peer *peer, const char *start, int ms);
void peer_expect_silence(struct peer *peer, int ms);
bool peer_says(const struct peer *peer, const char *text); /* is it in the last message? */

/* The phone calls us: 200 with these lines, ACK. `lines` must not bring Contact. */
void peer_takes(struct peer *peer, struct side *side, const char *lines);
/* We call the phone, which answers: its 200 stays in `in`. */
void peer_calls(struct peer *peer, const char *lines);

#endif
