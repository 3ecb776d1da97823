/* offer.h: SDP offer and answer (RFC 3264, RFC 8866) for one audio stream. Pure:
 * text in, text out; no socket, no state but what the caller keeps.
 *
 * Every m= line of an offer is answered; all but the first usable audio line are
 * refused with port 0. Usable is RTP/AVP, and RTP/SAVP with keys in SDP (RFC 4568), as the
 * security wants it: an answer must repeat the offered profile (RFC 3264 §6.1), and we cannot
 * keep the promises of AVPF.
 * Of the codecs in common the offerer's first wins, or ours when we prefer that. `c=0.0.0.0` is
 * the old hold.
 *
 * Payload types: an answer uses the offerer's numbers. To our offer a peer may answer with
 * numbers of its own; then we send with those, and hear ours. Dynamic types of ours are from 96
 * up, without 101, where telephone-event/8000 is; a later offer in a dialog keeps the numbers of
 * the one before. Of telephone-events the one with the codec's clock is taken, else 8000's
 * (RFC 4733, 2.1). */
#ifndef OFFHOOK_OFFER_OFFER_H
#define OFFHOOK_OFFER_OFFER_H

#include "codec/codec.h"
#include "srtp/srtp.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { OFFER_FORMATS = 12 };

/* Is sound to be protected by SRTP? */
enum offer_security {
    OFFER_PLAIN,  /* no: RTP/AVP only */
    OFFER_EITHER, /* as the peer has it: RTP/SAVP before RTP/AVP with a=crypto before RTP/AVP */
    OFFER_SECURE  /* yes: RTP/SAVP only */
};

/* What an audio line is. RTP/AVP with a=crypto is what some phones call optional encryption. */
enum offer_profile { OFFER_AVP, OFFER_SAVP, OFFER_AVP_CRYPTO };

/* What we can, in order of preference. */
struct offer_ability {
    struct codec_format formats[OFFER_FORMATS];
    unsigned count;
    unsigned ptime;   /* [ms] we would like to get; 0: as the peer does, else 20 */
    bool no_events;   /* telephone-event is neither offered nor taken: keys are tones */
    bool prefer_ours; /* an answer takes our first codec of those in common */
    enum offer_security security;
};

/* Adds a codec by its name in a configuration: "PCMU", "L16/8000" with the rate of its samples,
 * "opus/16000" with the highest. EINVAL: none of ours, or not at that rate; EEXIST: it is there
 * already, at a rate that SDP could not tell apart; ENOSPC. */
int offer_add(struct offer_ability *can, const char *name);

/* What we protect our sound with, a key a suite: the same for the whole of a dialog. */
struct offer_keys {
    struct srtp_key of[SRTP_SUITES];
};
void offer_keys_make(struct offer_keys *keys);
void offer_keys_wipe(struct offer_keys *keys);

/* Where we receive; `address` is what is written (advertised), as text. */
struct offer_local {
    const char *address; /* "127.0.0.1" or "::1" */
    uint16_t port;
    uint64_t session; /* o= id: constant for a dialog */
    unsigned version; /* o= version: +1 whenever our SDP changes */
    bool hold;        /* we put the peer on hold: sendonly */
    /* the SDP we sent last in this dialog; NULL: none. offer_make(): the lines we refused then
     * keep their places (RFC 3264 §8), codecs their payload types. offer_accept(): our offer, when
     * it was made so. */
    const char *before;
    const struct offer_keys *keys; /* NULL: as if the security were OFFER_PLAIN */
    enum offer_profile profile;    /* of our offer, when there are keys */
};

/* What was agreed, from our side. */
struct offer_agreed {
    struct sockaddr_storage remote, remote_rtcp; /* rtcp: port 0 when not told */
    struct codec_format format;                  /* of what we send, and expect */
    uint8_t payload_type;                        /* of what we send */
    uint8_t event_payload_type;                  /* 0: none */
    /* with which the peer is to send, when they differ; 0: the same */
    uint8_t receive_payload_type, receive_event_type;
    unsigned event_clock; /* [Hz]; 0: no events */
    unsigned ptime; /* [ms] of what we send, as the peer wants, or else we, and the codec can */
    bool send, receive;
    bool held; /* the peer put us on hold */
    enum offer_profile profile;
    struct srtp_key send_key, receive_key; /* without a suite: the sound is in clear */
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

/* The family of the address where the offer wants its sound: AF_INET, AF_INET6; AF_UNSPEC: it does
 * not say (0.0.0.0 and :: do). */
int offer_family(const char *offer);

/* Writes an offer of all we can. EINVAL: `before` is not SDP or too long. */
int offer_make(const struct offer_ability *can, const struct offer_local *local,
               char sdp[OFFER_SDP]);

/* Reads the answer to an offer made by offer_make() with the same ability. Errors
 * as offer_answer(). */
int offer_accept(const struct offer_ability *can, const struct offer_local *local,
                 const char *answer, struct offer_agreed *agreed, char reason[OFFER_REASON]);

#endif
