/* private.h: the stream inside. Fields belong to the media worker that owns the
 * stream; those above the line are never changed after stream_alloc(). */
#ifndef OFFHOOK_STREAM_PRIVATE_H
#define OFFHOOK_STREAM_PRIVATE_H

#include "audio/dtmf.h"
#include "audio/plc.h"
#include "stream/playout.h"
#include "stream/sequence.h"
#include "stream/stream.h"

#include <stddef.h>

struct _RtpSession;

enum {
    STREAM_MAGIC = 0x57124a3,
    KEYS_MAX = STREAM_DIGITS,
    STREAM_HEADER = 12 /* bytes of a plain RTP header */
};

/* Who may be heard (latch.c). */
struct latch {
    bool locked;
    struct sockaddr_storage peer;      /* once locked */
    uint32_t ssrc;                     /* of the peer */
    struct sockaddr_storage candidate; /* on probation */
    uint32_t candidate_ssrc;
    uint16_t candidate_next;  /* sequence number */
    unsigned candidate_count; /* packets in a row */
    uint32_t other_ssrc;      /* of the peer's address, beside ssrc */
    unsigned other_count;
};

/* A key the peer holds down (keys_in.c). */
struct keys_in {
    bool down, any; /* not told yet; the last one is still known */
    bool ended;     /* an end packet came */
    uint8_t code;
    uint32_t timestamp; /* of the event now or last */
    uint32_t base;      /* [units] of earlier segments of the same key */
    uint16_t duration;  /* [units] of this segment */
    unsigned quiet;     /* [frames] since its last packet */
};

/* Digits we send (keys_out.c). */
struct keys_out {
    char digits[KEYS_MAX]; /* a ring */
    unsigned head, count;
    enum { KEYS_IDLE, KEYS_EVENT, KEYS_TONE, KEYS_GAP } state;
    bool tones; /* when the peer takes no events */
    uint8_t code;
    unsigned step;      /* [frames] in this state */
    unsigned gap, hush; /* [frames] to wait; of them silent */
    uint32_t timestamp;
    struct dtmf_sender sender;
    char digit, sounding; /* of these tones; of the last frame, 0: none */
};

/* What a tick of theirs came to. */
enum keys_sound {
    KEYS_NONE,    /* the sound goes out */
    KEYS_INSTEAD, /* the frame they wrote does */
    KEYS_SENT     /* they have sent a packet */
};

/* One packet, checked (parse.c). */
struct packet {
    const uint8_t *bytes, *payload;
    size_t size, payload_size;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint8_t type;
};

struct stream {
    unsigned magic;
    int rtp, rtcp; /* sockets */
    struct stream_events events;
    void *arg;
    struct _RtpSession *session;
    bool connected; /* stream_connect() was called */
    struct stream_params params;
    struct sockaddr_storage rtcp_to;
    struct latch latch;
    struct sequence sequence;
    struct keys_in keys_in;
    struct keys_out keys_out;
    uint32_t timestamp; /* of what we send next */
    bool started;       /* something was sent */
    unsigned idle;      /* [frames] without a packet */
    bool dry;           /* the last read found nothing */
    uint64_t bytes_in, packets_out, bytes_out, invalid, strange;
    uint64_t frames_in, frames_concealed;
    const uint8_t *arrived, *report; /* what oRTP is given next; NULL: nothing */
    size_t arrived_size, report_size;
    uint32_t arrival; /* [samples] of what oRTP was given last */
    struct plc plc;
    struct playout playout;
};

/* parse.c: false when it is no RTP packet that RFC 3550 allows. */
bool stream_parse(struct packet *packet, const uint8_t *bytes, size_t size);

/* types.c: what a packet is by its payload type, once both sides may have numbers of their own. */
enum packet_kind {
    PACKET_FOREIGN,
    PACKET_SOUND, /* of the format that was agreed */
    PACKET_PCMU,  /* by its static type, which peers switch to without asking */
    PACKET_PCMA,
    PACKET_EVENT,
    PACKET_NOISE /* comfort noise (RFC 3389) */
};
enum packet_kind stream_kind(const struct stream_params *params, uint8_t type);
/* Units of telephone-events in a millisecond. */
unsigned stream_event_units(const struct stream_params *params);

/* latch.c: may this packet be heard? Counts what may not. */
void latch_unlock(struct stream *stream);
bool latch_admit(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from);
bool latch_admit_report(struct stream *stream, const struct sockaddr_storage *from);

/* keys_in.c */
void keys_in_take(struct stream *stream, const struct packet *packet);
void keys_in_tick(struct stream *stream);
void keys_in_doubt(struct stream *stream);   /* timestamps may have jumped */
void keys_in_restart(struct stream *stream); /* another source: they start anew */

/* keys_out.c */
enum keys_sound keys_out_tick(struct stream *stream, int16_t frame[STREAM_FRAME]);

/* carrier.c: oRTP. */
int carrier_open(struct stream *stream);
void carrier_close(struct stream *stream);
void carrier_send(struct stream *stream, const uint8_t *payload, size_t size, uint8_t type,
                  bool marker, uint32_t timestamp);
void carrier_count(struct stream *stream, const struct packet *packet, uint32_t arrival);
void carrier_report(struct stream *stream, const uint8_t *bytes, size_t size);
void carrier_restart(struct stream *stream);
double carrier_round_trip(const struct stream *stream); /* [ms]; 0: unknown */

#endif
