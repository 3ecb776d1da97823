/* stream.h: one RTP stream, both ways: its two sockets, the latch on the peer,
 * the jitter ring, telephone-events (RFC 4733), RTCP (RFC 3550) and statistics.
 *
 * Made and released on the control thread; everything else happens on the media
 * worker that owns it, once a frame of 20 ms: read, get, put. No call on that path
 * waits, takes a lock, allocates or writes a log. */
#ifndef OFFHOOK_STREAM_STREAM_H
#define OFFHOOK_STREAM_STREAM_H

#include "codec/codec.h"
#include "srtp/srtp.h"
#include "stream/slack.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct stream;

enum {
    STREAM_FRAME = 160,     /* [samples], 20 ms at 8 kHz */
    STREAM_FRAME_MAX = 960, /* the same at 48 kHz */
    STREAM_PACKET_MAX = CODEC_MS_MAX * CODEC_RATE_MAX / 1000,
    STREAM_DIGITS = 1024, /* that may wait to be sent */
    STREAM_DELAYS = 12,   /* classes of the histogram of delays */
    STREAM_TYPES = 4      /* payload types that are told of */
};

struct stream_params {
    struct sockaddr_storage remote;      /* RTP; where to send until latched */
    struct sockaddr_storage remote_rtcp; /* port 0: RTP's port + 1 */
    /* The host that the peer's signalling comes from (family 0: not known): when SDP names another
     * one, behind a NAT, packets from this host are the peer's. */
    struct sockaddr_storage signalling;
    bool latch_strict; /* nobody is heard but whom SDP names, whatever the NAT */
    struct codec_format format;
    uint8_t payload_type;       /* of what we send */
    uint8_t event_payload_type; /* telephone-event; 0: none */
    /* The numbers that we told the peer to send with, when those above are the peer's and differ
     * (RFC 3264, 5.1 and 7); 0: the same. */
    uint8_t receive_payload_type, receive_event_type;
    unsigned event_clock; /* [Hz] that durations of telephone-events count in; 0: 8000 */
    unsigned ptime;       /* [ms] of what we send; 0: 20 */
    bool send, receive;   /* from our side: hold is send only or neither */
    /* SRTP: of what we send, and of what the peer does; both or neither have a suite. The same keys
     * again change nothing. */
    struct srtp_key send_key, receive_key;
};

/* What one format needs of memory: encoder, decoder, the jitter ring, and SRTP. Made on the control
 * thread, so that a media worker need not allocate; a reference-counted object that one
 * stream uses. EINVAL: no such format; ENOMEM. */
struct stream_coding;
int stream_coding_alloc(struct stream_coding **coding, const struct stream_params *params);

/* Upper bounds [ms] of the classes of the histogram but the last, which has none. */
extern const unsigned stream_delay_bounds[STREAM_DELAYS - 1];

struct stream_stats {
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* bytes of payload */
    uint64_t lost, late, duplicate, reordered, invalid, strange;
    double jitter, jitter_min, jitter_max; /* [ms] RFC 3550; jitter_min: least once settled */
    double round_trip;                     /* [ms] from RTCP; 0: unknown */
    double peer_loss, peer_jitter;         /* [%], [ms]: of what we send, as the peer reports */
    /* frames of 20 ms: heard as sent, concealed, told by FEC, of comfort noise; dropped or made
     * up to keep the clocks in step */
    uint64_t frames_in, frames_concealed, frames_recovered, frames_comfort, frames_adjusted;
    uint64_t bursts; /* runs of two or more frames that were concealed */
    double depth;    /* [ms] in the jitter ring now */
    /* Sound of this peer by the time from its arrival in the kernel to its way out to the
     * others, in classes of stream_delay_bounds. */
    uint64_t delay[STREAM_DELAYS];
    double mos, r_factor; /* E-model (ITU-T G.107), of all that came so far; 0: nothing did */
};

/* Why there is no sound, or none in one direction. Each is told when it begins and when it ends;
 * at most one at a time goes on. */
enum stream_problem {
    STREAM_NO_PACKETS,    /* nothing comes, though it should, for some seconds */
    STREAM_SILENCE,       /* packets come, and hold digital silence only */
    STREAM_WRONG_PAYLOAD, /* packets come of payload types that were not agreed */
    STREAM_NAT_MISMATCH,  /* packets come, from another address than the one latched on */
    STREAM_SRTP_FAILURE,  /* packets come, and none under the peer's key */
    STREAM_UNPROTECTED    /* not of a stream: a leg's sound is in clear, though SRTP was wanted */
};

enum { STREAM_PROBLEMS = STREAM_UNPROTECTED + 1 };

/* What is told of one, and what was seen of it. */
struct stream_trouble {
    enum stream_problem problem;
    bool on;                      /* it begins; false: it is over */
    uint8_t types[STREAM_TYPES];  /* payload types that came and were not agreed: type_count */
    uint8_t type_count;           /* of them, as they came first */
    struct sockaddr_storage from; /* who sent what was not taken; AF_UNSPEC: nobody */
};

/* Called from within read, put and look, on the media worker. */
struct stream_events {
    void (*latched)(const struct sockaddr_storage *from, void *arg);
    void (*digit)(char digit, unsigned duration_ms, void *arg);
    void (*dialled)(void *arg);
    void (*problem)(const struct stream_trouble *trouble, void *arg);
};

/* A stream on two bound, non-blocking sockets, which stay the caller's and outlive
 * it. Silent and deaf until stream_connect(). Released with mem_unref(). */
int stream_alloc(struct stream **stream, int rtp, int rtcp, const struct stream_events *events,
                 void *arg);

/* Starts or changes the flow. Another remote address unlocks the latch. Takes over the
 * coding, made of the same params, and gives back the one it used before (NULL: none), which
 * control is to release. Without a coding (NULL) the one in use stays, for the same format. */
struct stream_coding *stream_connect(struct stream *stream, const struct stream_params *params,
                                     struct stream_coding *coding);
bool stream_connected(const struct stream *stream);

/* Takes what the RTP socket holds, at `now` (wall time [ns], as of the kernel's
 * stamps), and returns the number of packets. */
unsigned stream_read(struct stream *stream, int64_t now);

/* Takes what the RTCP socket holds, up to a few packets, whenever it is readable;
 * returns their number. */
unsigned stream_read_reports(struct stream *stream);

/* The next 20 ms heard from the peer, at `rate` [Hz] (8000, 16000, 48000), which may
 * change from call to call; false: silence, and frame is untouched. */
bool stream_get(struct stream *stream, unsigned rate, int16_t *frame);

/* Sends 20 ms at `rate` (NULL: silence) or, while digits go out, a telephone-event or the tones
 * of a key in its place. `frames` is how far the clock went on since the last one: 1, or more when
 * ticks were skipped. False when there was nothing to send (yet: a packet may hold more). */
bool stream_put(struct stream *stream, unsigned rate, const int16_t *frame, unsigned frames);

/* Encode once: what stream_put() would encode is the same for all streams of one format that send
 * packets of 20 ms and hear the same. NULL: this one needs an encoder of its own (another ptime,
 * digits going out). stream_put_coded() sends what an encoder of that format made of such a frame;
 * size 0: a pause. What that one is to expect is the highest stream_expected_loss() [%] of them. */
const struct codec_format *stream_shareable(const struct stream *stream);
unsigned stream_expected_loss(const struct stream *stream);
bool stream_put_coded(struct stream *stream, const uint8_t *payload, size_t size, unsigned frames);

/* Before the first stream_put() behind some stream_put_coded(): the frame that the last of those
 * was made of, so that the stream's own encoder goes on from it. */
void stream_prime(struct stream *stream, unsigned rate, const int16_t *frame);

/* How much trouble the encoder takes (encoder_effort()). */
void stream_effort(struct stream *stream, unsigned complexity);

/* Two streams that hear each other and nobody else need no mixer: what comes to one goes out on
 * the other as it is, with the number, time and source of the other's packets, for which it
 * is one stream that never broke off. Keys are told and do not pass; what was lost stays a hole.
 *
 * Can they: both flow both ways, speak the same format, hold no key and send none. What SRTP
 * protects is mixed: each leg has keys and a count of packets of its own. */
bool stream_can_relay(const struct stream *a, const struct stream *b);

/* Between two frames, after both were put: from now on, both ways. What waited to be played goes
 * out at once. False: not at this frame, for one of them is being concealed or a packet is half
 * full; try again. */
bool stream_relay_begin(struct stream *a, struct stream *b, int64_t now);

/* In the place of stream_read(), get and put while it lasts. Takes one packet that the RTP socket
 * of `from` holds; returns how many there were, and in `sent` how many went on. After a packet
 * that `to` cannot have, nothing goes on any more and stream_can_relay() says no. */
unsigned stream_relay(struct stream *from, struct stream *to, int64_t now, unsigned *sent);

/* What stream_relay() passed on last, decoded for who listens: samples at the format's rate, at
 * most STREAM_PACKET_MAX; 0: no sound, -1: it is too large to be kept. Each packet once. */
int stream_relay_sound(struct stream *from, int16_t *samples);

/* Once a frame, each way. */
void stream_relay_tick(struct stream *from, struct stream *to, int64_t now);

/* Back to read, get and put: returns for how many frames from this one on the others have more
 * in hand than they would: so often neither get nor put, but read. */
unsigned stream_relay_end(struct stream *a, struct stream *b, int64_t now);

/* Queues digits 0-9 A-D * # and p (a pause of 500 ms); others are passed over.
 * What does not fit any more is dropped. They go out as telephone-events, 100 ms long and
 * 140 ms apart, when the peer takes them; else as tones of 100 ms, 80 ms apart, if that is
 * switched on; else not at all. */
void stream_dial(struct stream *stream, const char *digits);
void stream_tones(struct stream *stream, bool on);
/* The digit whose tones the last frame was; 0: none. */
char stream_tone(const struct stream *stream);
/* Digits and pauses that wait, without the one under way. */
unsigned stream_dialling(const struct stream *stream);

/* Tells the peer by RTCP that the stream ends. */
void stream_bye(struct stream *stream);

/* Frames since the last packet of the peer, or since stream_connect(). */
unsigned stream_idle(const struct stream *stream);

/* How early its packets are there for stream_get(). False: that is not settled. */
bool stream_slack(const struct stream *stream, struct slack *slack);
/* Once it takes so much longer [us] from one stream_get() to the next; < 0: not so long. */
void stream_shift(struct stream *stream, int32_t by);

/* Once a frame, after what came was read and got (or relayed): looks, once a second, whether
 * something is wrong with the sound of the peer, who should both hear and be heard. */
void stream_look(struct stream *stream);

/* The frame of the last stream_get() went out to the others at `now` (wall time [ns]). Counts and
 * returns the time since its arrival [ns]; 0: it was not known. */
int64_t stream_heard(struct stream *stream, int64_t now);
/* The class of stream_stats.delay that a delay [ns] is in. */
unsigned stream_delay_class(int64_t delay);

void stream_stats(const struct stream *stream, struct stream_stats *stats);

#endif
