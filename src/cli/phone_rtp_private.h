/* phone_rtp_private.h: the insides of the phone's sound engine. */
#ifndef OFFHOOK_CLI_PHONE_RTP_PRIVATE_H
#define OFFHOOK_CLI_PHONE_RTP_PRIVATE_H

#include "base/list.h"
#include "audio/resample.h"
#include "cli/phone_rtp.h"
#include "cli/phone_tone.h"

#include <pthread.h>

enum {
    PORT_MAGIC = 0x706f7274,
    TICK_MS = 5,           /* the engine wakes */
    FRAME_MS = 20,         /* a port sends, unless told otherwise; spread over the four ticks */
    CATCH_UP = 5,          /* frames sent at once after a late wake-up; more are skipped */
    DIGITS_WAITING = 1024, /* to be sent */
    DIGIT_MS = 160,        /* length of a digit we send */
    DIGIT_GAP_MS = 100,    /* after it */
    DIGIT_PAUSE_MS = 500,  /* of 'p' */
    OLD_PAIR_MS = 300,     /* an old pair is read after the peer has agreed to the new one */
    DIGIT_LOST_MS = 200,   /* a digit without an end packet is taken as over after this */
    PHONE_PACKET = 12 + CODEC_BYTES_MAX, /* [bytes] of a packet we send, at most */
    FRAME_SAMPLES = 2880,                /* the same: 60 ms at 48 kHz */
    TRACE_LIMIT = 200 * 1000             /* packets */
};

struct phone_rtp {
    pthread_mutex_t lock; /* over all that is in the ports, too */
    pthread_cond_t some;  /* a port was opened, or we stop */
    pthread_t thread;
    struct list ports;
    unsigned opened; /* ports ever, to spread them */
    bool stopping;
    int epoll; /* of all sockets; data.ptr is the port */
};

/* One pair of sockets. */
struct pair {
    int rtp, rtcp; /* -1: none */
    uint16_t number;
};

/* What codecs of other sounds than G.711 need. */
struct coder {
    struct encoder *encoder;   /* NULL: G.711, ours */
    struct resample *resample; /* from 8000 Hz; NULL: not needed */
};

/* What we send. */
struct sending {
    bool on;
    struct sockaddr_storage to;
    struct codec_format format;
    struct coder coder;
    unsigned rate, clock, ptime; /* [Hz] of samples and timestamps; [ms] of a packet */
    uint8_t payload_type, event_payload_type;
    unsigned event_units; /* in a millisecond */
    int64_t due;          /* monotonic [ns] of the next frame */
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    bool marker; /* on the next packet */
    bool hush;

    unsigned hz, wanted_hz;          /* now; after the fade */
    double gain, wanted_gain, phase; /* amplitude; [radians] */

    int16_t *sound; /* NULL: none */
    size_t sound_count, sound_at;

    char digits[DIGITS_WAITING]; /* waiting, a queue */
    unsigned waiting;
    char digit;        /* being sent; 0: none */
    unsigned digit_ms; /* since it began */
    unsigned ends;     /* end packets sent of it */
    unsigned gap_ms;   /* silence left before the next digit */
    uint32_t digit_timestamp;
    struct phone_keys keys;

    struct phone_spoil spoil;
    struct phone_fault fault;
    int stray;                  /* the socket of fault.elsewhere; -1: none yet */
    uint8_t kept[PHONE_PACKET]; /* overtaken by the next one */
    size_t kept_size;           /* 0: none */
};

/* What came in. */
struct receiving {
    struct codec_format format;
    uint8_t payload_type, own_payload_type; /* theirs and ours: both are understood */
    uint8_t event_payload_type, own_event_type;
    unsigned event_units; /* in a millisecond */
    bool any;
    uint32_t ssrc;
    uint16_t highest; /* sequence number */
    uint64_t window;  /* bit n: highest - n came */

    struct phone_packet history[PHONE_HISTORY]; /* a ring of audio packets */
    size_t next;                                /* ever written */

    bool tracing;
    struct phone_packet *trace;
    size_t traced, trace_room;

    char digit; /* coming in; 0: none */
    uint32_t digit_timestamp;
    uint32_t reported_timestamp; /* of the last digit that was told */
    bool reported;
    unsigned digit_units;
    int64_t digit_seen; /* monotonic [ns] */
};

struct phone_port {
    unsigned magic;
    struct phone_rtp *engine; /* our reference; its lock guards the rest */
    struct list node;         /* in engine->ports while open */
    struct pair pair, old;
    int64_t old_until; /* monotonic [ns]: the old pair is closed; 0: not yet known */
    struct sending sending;
    struct receiving receiving;
    struct phone_stats stats;
    struct loop *loop;
    phone_digit_h *digit; /* loop's thread; NULL once closed */
    void *arg;
};

void phone_pair_close(struct pair *pair);

/* phone_code.c */
int phone_coder_open(struct coder *coder, const struct codec_format *format);
void phone_coder_close(struct coder *coder);
/* A frame of ours as a payload; returns its size, 0: nothing is to be sent. */
size_t phone_encode(struct sending *s, uint8_t payload[CODEC_BYTES_MAX], const int16_t *samples,
                    size_t count);

/* All of these with the engine's lock held. */

/* Sends what is due at `now` (monotonic [ns]). */
void phone_send(struct phone_port *port, int64_t now);
/* Reads all that waits on the port's sockets. */
void phone_receive(struct phone_port *port);
/* What time alone brings about: a digit whose end never came, an old pair's end. */
void phone_receive_tick(struct phone_port *port, int64_t now);

#endif
