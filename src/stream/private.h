/* private.h: the stream inside. Fields belong to the media worker that owns the
 * stream; those above the line are never changed after stream_alloc(). */
#ifndef OFFHOOK_STREAM_PRIVATE_H
#define OFFHOOK_STREAM_PRIVATE_H

#include "audio/dtmf.h"
#include "stream/measure.h"
#include "stream/playout.h"
#include "stream/reception.h"
#include "stream/report.h"
#include "stream/sending.h"
#include "stream/sequence.h"
#include "stream/stream.h"

#include <stddef.h>
#include <sys/types.h>

enum {
    STREAM_MAGIC = 0x57124a3,
    KEYS_MAX = STREAM_DIGITS,
    STREAM_HEADER = SENDING_ROOM, /* bytes of a plain RTP header */
    REPORTS_FRESH = 2
};

/* Somebody else than SDP names, on probation (latch.c). */
struct candidate {
    struct sockaddr_storage from;
    uint32_t ssrc;
    uint16_t next;             /* sequence number */
    unsigned count;            /* packets in a row; 0: nobody */
    bool near;                 /* it comes from where the peer signals */
    uint32_t timestamp;        /* of the first of them, */
    int64_t first_at, last_at; /* and when [ns] */
};

/* Who may be heard (latch.c). */
struct latch {
    bool locked;
    bool learned;                 /* on another than SDP names */
    bool wide;                    /* the kernel lets strangers through, to be counted */
    struct sockaddr_storage peer; /* once locked */
    uint32_t ssrc;                /* of the peer */
    uint32_t other_ssrc;          /* of the peer's address, beside ssrc */
    unsigned other_count;
    int64_t since;    /* [ns] of the first tick after an offer; 0: none was */
    int64_t rival_at; /* [ns] when two strangers sent at a time; 0: never */
    struct candidate candidate;
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

/* SRTP (secret.c). */
struct secrets {
    struct srtp *out, *in; /* our references; NULL: in clear */
    struct srtp *before;   /* what `in` was, for as long as */
    unsigned grace;        /* [frames] */
};

/* What a format needs of memory (coding.c). Control's until a stream takes it over. */
struct stream_coding {
    struct codec_format format;
    unsigned ptime;
    struct sending *sending;
    struct decoder *decoder, *other; /* other: of G.711, when the format is none */
    struct resample lift;            /* from other's 8000 Hz */
    struct resample to;              /* what is heard, to the rate asked for last */
    unsigned heard_rate;             /* [Hz] of that one; 0: none */
    bool sounding;                   /* the last frame heard was no silence */
    struct secrets secrets;          /* of the same params; then what a stream gave up for them */
    struct playout playout;
    _Alignas(int64_t) uint8_t memory[]; /* the playout's */
};

/* What a tick of theirs came to. */
enum keys_sound {
    KEYS_NONE,    /* the sound goes out */
    KEYS_INSTEAD, /* the frame they wrote does */
    KEYS_SENT     /* they have sent a packet */
};

/* The source we are (carrier.c). */
struct source {
    uint32_t ssrc;
    uint16_t sequence;       /* of the next packet */
    uint32_t packets, bytes; /* sent so far, as an SR counts them */
    uint32_t before;         /* our SSRC before this one; the same: none */
    unsigned loop;           /* [frames] in which own packets that come back are no news */
    unsigned voice;          /* [frames] in which the peer has one of its own */
};

/* RTCP both ways (reports.c). */
struct reports {
    char name[REPORT_NAME]; /* CNAME: new for each stream, so it tells nothing (RFC 7022) */
    uint32_t random;        /* state of what the intervals are drawn from */
    unsigned wait;          /* [frames] until our next report */
    bool sent;              /* there was one */
    unsigned fresh;         /* reports that are still an SR when no more is sent (6.4) */
    struct reception reception;
    uint32_t sender;     /* whose SR came last, */
    uint32_t sender_ntp; /* what it said, the middle of it, 0: none came, */
    int64_t sender_at;   /* and when [ns] */
    bool left;           /* the source we hear has said BYE, and nothing since */
    /* what the peer says of our packets */
    double round_trip;  /* [ms]; 0: unknown */
    double peer_loss;   /* [%] of all */
    double peer_jitter; /* [ms] */
};

/* One packet, checked (parse.c). */
struct packet {
    const uint8_t *bytes, *payload;
    size_t size, payload_size;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint8_t type;
    int64_t arrival; /* wall time [ns] */
    bool restart;    /* sequence numbers jumped */
};

/* What comes to this stream and goes straight to another (relay.c). `ours` is this one's line of
 * time, `theirs` that of what the other sends; both [clock]. */
struct relay {
    enum { RELAY_OFF, RELAY_ON, RELAY_STOPPED } state;
    bool tied;                   /* the two lines are, by: */
    uint32_t shift;              /* theirs less ours */
    uint16_t number_shift;       /* the same of sequence numbers */
    uint16_t first, highest;     /* our numbers: the first one that goes, the newest that went */
    unsigned count;              /* that went */
    uint32_t ssrc;               /* of what went */
    uint32_t our_end, their_end; /* behind the newest that went */
    uint32_t heard;              /* units that went of a frame not counted yet */
    int64_t until;               /* wall time [ns]: then more is due */
    uint32_t last_at;            /* timestamp of what went last, */
    uint8_t last[STREAM_FRAME];  /* and that itself, to decode the next by */
    size_t last_size;            /* 0: it is too large to be kept */
    bool fresh;                  /* nobody has listened to it yet, */
    bool noise;                  /* and would hear nothing */
};

/* A packet as it came from a socket (read.c). */
enum { PACKET_MAX = 2048 };
struct arrival {
    uint8_t bytes[PACKET_MAX];
    struct sockaddr_storage from;
    int64_t at; /* wall time [ns]; 0: unknown */
};

struct stream {
    unsigned magic;
    int rtp, rtcp; /* sockets */
    struct stream_events events;
    void *arg;
    bool connected; /* stream_connect() was called */
    struct stream_params params;
    struct sockaddr_storage rtcp_to;
    struct latch latch;
    struct sequence sequence;
    struct keys_in keys_in;
    struct keys_out keys_out;
    struct stream_coding *coding; /* our reference; NULL: not connected */
    struct source source;
    struct secrets secrets;
    struct reports reports;
    uint32_t timestamp; /* of the frame that goes out now */
    bool talking;       /* sound went out without a pause: no marker */
    unsigned idle;      /* [frames] without a packet */
    bool dry;           /* the last read found nothing */
    uint64_t bytes_in, packets_out, bytes_out, invalid, strange;
    struct relay relay;
    struct playout_counts counts;
    int64_t now;      /* wall time [ns] of the last read */
    int64_t heard_at; /* the same, when the newest packet of the last frame came; 0: none */
    struct measure measure;
    struct watch watch;
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

/* read.c: the next packet of a socket, or -1 with errno; a packet of the RTP socket is checked,
 * admitted and counted: what it is, for read_play(); PACKET_FOREIGN: nothing, for one that
 * is not to be heard. A key is told. */
ssize_t read_socket(int fd, struct arrival *arrival);
enum packet_kind read_examine(struct stream *stream, struct arrival *arrival, size_t size,
                              struct packet *packet);
void read_play(struct stream *stream, const struct packet *packet, enum packet_kind kind);

/* latch.c: may this packet be heard? Counts what may not. */
void latch_unlock(struct stream *stream);
void latch_renew(struct stream *stream); /* an offer and its answer: there is time to learn */
void latch_tick(struct stream *stream);
/* Once locked: whether strangers are counted, who are dropped by the kernel else. None of them is
 * ever heard, and what we send goes to the peer all the same. */
void latch_listen(struct stream *stream, bool wide);
bool latch_admit(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from);
bool latch_admit_report(struct stream *stream, const struct sockaddr_storage *from,
                        const uint8_t *bytes, size_t size);

/* keys_in.c */
void keys_in_take(struct stream *stream, const struct packet *packet);
void keys_in_tick(struct stream *stream);
void keys_in_doubt(struct stream *stream);   /* timestamps may have jumped */
void keys_in_restart(struct stream *stream); /* another source: they start anew */

/* keys_out.c */
enum keys_sound keys_out_tick(struct stream *stream, int16_t frame[STREAM_FRAME]);
bool keys_out_idle(const struct stream *stream); /* and nothing waits */

/* problem.c: what it must know of; the look, once a second. */
void problem_connect(struct stream *stream); /* the flow was started or changed */
void problem_take(struct stream *stream, enum packet_kind kind, size_t size); /* [bytes] */
void problem_unknown(struct stream *stream, const struct packet *packet,
                     const struct sockaddr_storage *from); /* of no payload type we agreed on */
void problem_strange(struct stream *stream, const struct sockaddr_storage *from);
void problem_unauthentic(struct stream *stream, const struct sockaddr_storage *from);
void problem_hear(struct stream *stream, const int16_t *frame, unsigned n);
void problem_look(struct stream *stream);

/* carrier.c: packets of ours. */
void carrier_open(struct stream *stream);
void carrier_renew(struct stream *stream); /* as another source from now on */

/* Sends a payload, numbered; before it is STREAM_HEADER bytes of room, where the header goes. */
void carrier_send(struct stream *stream, uint8_t *payload, size_t size, uint8_t type, bool marker,
                  uint32_t timestamp);
/* The same with a number of the caller's; carrier_next() is what the next packet gets. */
void carrier_pass(struct stream *stream, uint8_t *payload, size_t size, uint8_t type, bool marker,
                  uint16_t number, uint32_t timestamp);
uint16_t carrier_next(const struct stream *stream);

/* Is a packet of `ssrc` that came to be dropped, because that is our own (RFC 3550, 8.2)? At first
 * we take another one, so that a peer that happened to have the same is heard. What comes back
 * all the same is a loop. It is dropped where the peer has a voice of its own; a peer that has
 * none is an echo, which whoever calls one wants to hear. */
bool carrier_collides(struct stream *stream, uint32_t ssrc);
void carrier_hear(struct stream *stream, uint32_t ssrc); /* it was not dropped */
void carrier_tick(struct stream *stream);

/* secret.c: SRTP. change: as the params have it, from `fresh`, which was allocated of them and is
 * left with what is not used any more. open: false for what is not to be heard, which was counted;
 * in clear all is. seal: 0: nothing may be sent. */
int secret_alloc(struct secrets *secrets, const struct stream_params *params);
void secret_release(struct secrets *secrets);
void secret_change(struct stream *stream, struct secrets *fresh,
                   const struct stream_params *params);
void secret_tick(struct stream *stream);
size_t secret_seal(struct stream *stream, uint8_t sealed[SRTP_PACKET], const uint8_t *packet,
                   size_t size);
bool secret_open(struct stream *stream, struct arrival *arrival, size_t *size);
bool secret_open_report(struct stream *stream, struct arrival *arrival, size_t *size);

/* reports.c: RTCP. tick: once a tick that a stream is alive in, `frames` after the last one. */
void reports_open(struct stream *stream);
void reports_tick(struct stream *stream, unsigned frames);
void reports_count(struct stream *stream, const struct packet *packet); /* it is heard */
void reports_take(struct stream *stream, const uint8_t *bytes, size_t size);
void reports_bye(struct stream *stream);

#endif
