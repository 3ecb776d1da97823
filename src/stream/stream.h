/* stream.h: one RTP stream, both ways: its two sockets, the latch on the peer,
 * the jitter ring, telephone-events (RFC 4733), RTCP (RFC 3550) and statistics.
 *
 * Made and released on the control thread; everything else happens on the media
 * worker that owns it, once a frame of 20 ms: read, get, put. No call on that path
 * waits, takes a lock or writes a log. oRTP numbers, stamps and counts what is
 * sent, and writes and reads the RTCP reports; the sockets, the check of each
 * packet and the order of play are ours. */
#ifndef OFFHOOK_STREAM_STREAM_H
#define OFFHOOK_STREAM_STREAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct stream;

enum {
    STREAM_FRAME = 160,  /* [samples], 20 ms at 8 kHz */
    STREAM_DIGITS = 1024 /* that may wait to be sent */
};

enum stream_codec { STREAM_PCMU, STREAM_PCMA };

struct stream_params {
    struct sockaddr_storage remote;      /* RTP; where to send until latched */
    struct sockaddr_storage remote_rtcp; /* port 0: RTP's port + 1 */
    enum stream_codec codec;
    uint8_t payload_type;
    uint8_t event_payload_type; /* telephone-event; 0: none */
    bool send, receive;
};

struct stream_stats {
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* bytes of payload */
    uint64_t lost, late, duplicate, reordered, invalid, strange;
    double jitter, jitter_max, round_trip; /* [ms] */
    uint64_t frames_in, frames_concealed;
};

/* Called from within read and put, on the media worker. */
struct stream_events {
    void (*latched)(const struct sockaddr_storage *from, void *arg);
    void (*digit)(char digit, unsigned duration_ms, void *arg);
    void (*dialled)(void *arg);
};

/* Prepares oRTP; once, before the first stream and before threads start. */
void stream_init(void);

/* A stream on two bound, non-blocking sockets, which stay the caller's and outlive
 * it. Silent and deaf until stream_connect(). Released with mem_unref(). */
int stream_alloc(struct stream **stream, int rtp, int rtcp, const struct stream_events *events,
                 void *arg);

/* Starts or changes the flow. Another remote address unlocks the latch. */
void stream_connect(struct stream *stream, const struct stream_params *params);
bool stream_connected(const struct stream *stream);

/* Takes what the RTP socket holds, at `now` (wall time [ns], as of the kernel's
 * stamps), and returns the number of packets. */
unsigned stream_read(struct stream *stream, int64_t now);

/* Takes what the RTCP socket holds, up to a few packets, whenever it is readable;
 * returns their number. */
unsigned stream_read_reports(struct stream *stream);

/* The next frame heard from the peer; false: silence, and frame is untouched. */
bool stream_get(struct stream *stream, int16_t frame[STREAM_FRAME]);

/* Sends a frame (NULL: silence) or, while digits go out, a telephone-event or the tones
 * of a key in its place. `frames` is how far the clock went on since the last one: 1, or more when
 * ticks were skipped. False when there was nothing to send. */
bool stream_put(struct stream *stream, const int16_t *frame, unsigned frames);

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
