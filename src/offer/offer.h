/* offer.h: SDP offer and answer (RFC 3264, RFC 8866) for one audio stream. Pure:
 * text in, text out; no socket, no state but what the caller keeps.
 *
 * Every m= line of an offer is answered; all but the first usable audio line are
 * refused with port 0. Usable is RTP/AVP only: an answer must repeat the offered
 * profile (RFC 3264 §6.1), and we can keep the promises of neither AVPF nor SAVP.
 * Of the codecs in common the offerer's first wins. `c=0.0.0.0` is the old hold. */
#ifndef OFFHOOK_OFFER_OFFER_H
#define OFFHOOK_OFFER_OFFER_H

#include "codec/codec.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { OFFER_FORMATS = 12 };

/* What we can, in order of preference. */
struct offer_ability {
    struct codec_format formats[OFFER_FORMATS];
    unsigned count;
    unsigned ptime; /* [ms] we would like to get; 0: 20 */
    bool no_events; /* telephone-event is neither offered nor taken: keys are tones */
};

/* Where we receive; `address` is what is written (advertised), as text. */
struct offer_local {
    const char *address; /* "127.0.0.1" or "::1" */
    uint16_t port;
    uint64_t session; /* o= id: constant for a dialog */
    unsigned version; /* o= version: +1 whenever our SDP changes */
    bool hold;        /* we put the peer on hold: sendonly */
    /* offer_make() inside a dialog: the SDP we sent last, so that the lines we refused
     * then keep their places (RFC 3264 §8); NULL: none */
    const char *before;
};

/* What was agreed, from our side. */
struct offer_agreed {
    struct sockaddr_storage remote, remote_rtcp; /* rtcp: port 0 when not told */
    struct codec_format format;                  /* of what we send, and expect */
    uint8_t payload_type;
    uint8_t event_payload_type; /* 0: none */
    unsigned ptime;             /* [ms] wanted by the peer; 20 when not told */
    bool send, receive;
    bool held; /* the peer put us on hold */
};

enum { OFFER_SDP = 4096, OFFER_REASON = 256 };

/* Reads an offer and writes our answer to it.
 *   0        agreed, and sdp holds the answer
 *   EINVAL   not SDP, or nothing to answer; reason says where
 *   ENOTSUP  no audio line or no codec in common: 488; reason names both lists,
 *            fit for a Warning header: `offered G729 L16, supported PCMU PCMA` */
int offer_answer(const struct offer_ability *can, const struct offer_local *local,
                 const char *offer, struct offer_agreed *agreed, char sdp[OFFER_SDP],
                 char reason[OFFER_REASON]);

/* Writes an offer of all we can. EINVAL: `before` is not SDP or too long. */
int offer_make(const struct offer_ability *can, const struct offer_local *local,
               char sdp[OFFER_SDP]);

/* Reads the answer to an offer made by offer_make() with the same ability. Errors
 * as offer_answer(). */
int offer_accept(const struct offer_ability *can, const struct offer_local *local,
                 const char *answer, struct offer_agreed *agreed, char reason[OFFER_REASON]);

#endif
