/* stream.h: one RTP stream, both ways: its two sockets, the latch on the peer,
 * the jitter ring, telephone-events (RFC 4733), RTCP (RFC 3550) and statistics.
 *
 * Made and released on the control thread; everything else happens on the media
 * worker that owns it, once a frame of 20 ms: read, get, put. No call on that path
 * waits, takes a lock, allocates or writes a log. */
#ifndef OFFHOOK_STREAM_STREAM_H
#define OFFHOOK_STREAM_STREAM_H

#include "codec/codec.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct stream;

enum {
    STREAM_FRAME = 160,     /* [samples], 20 ms at 8 kHz */
    STREAM_FRAME_MAX = 960, /* the same at 48 kHz */
    STREAM_DIGITS = 1024,   /* that may wait to be sent */
    STREAM_DELAYS = 12      /* classes of the histogram of delays */
};

struct stream_params {
    struct sockaddr_storage remote;      /* RTP; where to send until latched */
    struct sockaddr_storage remote_rtcp; /* port 0: RTP's port + 1 */
    struct codec_format format;
    uint8_t payload_type;       /* of what we send */
    uint8_t event_payload_type; /* telephone-event; 0: none */
    /* The numbers that we told the peer to send with, when those above are the peer's and differ
     * (RFC 3264, 5.1 and 7); 0: the same. */
    uint8_t receive_payload_type, receive_event_type;
    unsigned event_clock; /* [Hz] that durations of telephone-events count in; 0: 8000 */
    unsigned ptime;       /* [ms] of what we send; 0: 20 */
    bool send, receive;   /* from our side: hold is send only or neither */
};

/* What one format needs of memory: encoder, decoder, the jitter ring. Made on the control
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
    STREAM_SRTP_FAILURE   /* packets come that do not authenticate */
};

/* Called from within read and put, on the media worker. */
struct stream_events {
    void (*latched)(const struct sockaddr_storage *from, void *arg);
    void (*digit)(char digit, unsigned duration_ms, void *arg);
    void (*dialled)(void *arg);
    void (*problem)(enum stream_problem problem, bool on, void *arg);
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
 * digits going out). stream_put_coded() sends what an encoder of that format made of such a
 * frame; size 0: a pause. */
const struct codec_format *stream_shareable(const struct stream *stream);
bool stream_put_coded(struct stream *stream, const uint8_t *payload, size_t size, unsigned frames);

/* How much trouble the encoder takes (encoder_effort()). */
void stream_effort(struct stream *stream, unsigned complexity);

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

void stream_stats(const struct stream *stream, struct stream_stats *stats);

#endif
