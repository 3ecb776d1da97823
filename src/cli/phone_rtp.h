/* phone_rtp.h: the sound of a phone: one thread that sends a tone, or digits, on
 * each open port every 20 ms (or as was agreed) by the clock, and keeps what comes in,
 * stamped by the kernel (RFC 3550, RFC 4733, G.711). It shares no code with the daemon's
 * media, so that it may measure it, but for the codecs (codec.h) other than G.711.
 *
 * Every function may be called on any thread but the engine's own. */
#ifndef OFFHOOK_CLI_PHONE_RTP_H
#define OFFHOOK_CLI_PHONE_RTP_H

#include "base/loop.h"
#include "offer/offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phone_rtp;
struct phone_port;

enum {
    PHONE_PAYLOAD = 1440,   /* [bytes] of a packet that are kept */
    PHONE_HISTORY = 64,     /* packets kept for phone_port_heard() */
    PHONE_AMPLITUDE = 8000, /* of a tone, unless told otherwise */
    PHONE_LOWEST = 350,     /* the grid of tones [Hz] that are listened for */
    PHONE_HIGHEST = 3100,
    PHONE_WIDEST = 7000, /* the same of sound at more than 8000 Hz */
    PHONE_STEP = 50,
    PHONE_TONES = (PHONE_WIDEST - PHONE_LOWEST) / PHONE_STEP + 1,
    PHONE_AUDIBLE = 200 /* amplitude above which a tone of the grid counts */
};

/* A packet as it came. */
struct phone_packet {
    int64_t arrived; /* wall [ns], by the kernel */
    uint32_t timestamp;
    uint16_t sequence;
    uint16_t size; /* [bytes] of payload */
    uint8_t payload_type;
    uint8_t payload[PHONE_PAYLOAD];
};

struct phone_tone {
    unsigned hz;
    double amplitude;
};

struct phone_heard {
    unsigned packets, lost; /* in the window */
    unsigned count;
    struct phone_tone tones[PHONE_TONES]; /* the audible ones, low to high */
};

struct phone_stats {
    uint64_t sent, skipped; /* frames; skipped: left out because we were late */
    uint64_t received, lost, late, duplicate, invalid, events, rtcp;
    unsigned sources;              /* SSRCs seen one after another */
    int64_t first_sent, last_sent; /* wall [ns]; 0: none */
    int64_t first_arrived, last_arrived;
};

int phone_rtp_start(struct phone_rtp **engine);
/* All ports are closed. Then mem_unref(). */
void phone_rtp_stop(struct phone_rtp *engine);

/* A digit came in whole; duration [ms]. On the thread of the loop given. */
typedef void phone_digit_h(char digit, unsigned duration, void *arg);

/* Opens a pair of free ports, the first one even. The port keeps the engine alive.
 * Close it with phone_port_close(), then mem_unref(). */
int phone_port_open(struct phone_port **port, struct phone_rtp *engine, const char *address,
                    struct loop *loop, phone_digit_h *digit, void *arg);
/* Nothing is sent or received any more; what was measured stays. On the loop's thread. */
void phone_port_close(struct phone_port *port);

/* Where we receive. */
uint16_t phone_port_number(struct phone_port *port);
/* Takes other ports; the old ones are still read for a while after the next
 * phone_port_direct(). */
int phone_port_move(struct phone_port *port, const char *address);

/* Sends as agreed from now on; NULL: no more. EINVAL: no such codec; ENOMEM: all is as it was. */
int phone_port_direct(struct phone_port *port, const struct offer_agreed *agreed);
/* The tone we send; 0 Hz is silence (packets still flow). Changes without a click. */
void phone_port_tone(struct phone_port *port, unsigned hz, unsigned amplitude);
/* Sends these samples (8 kHz, 16 bit; malloc()ed, taken over) on top of the tone, once, from the
 * next frame that is sent on; in place of what was being sent so. */
void phone_port_play(struct phone_port *port, int16_t *samples, size_t count);
bool phone_port_playing(struct phone_port *port);
/* Sends silence in place of the tone, as a phone does whose user pressed hold. */
void phone_port_hush(struct phone_port *port, bool hush);
/* Sends 0-9 * # A-D and p (500 ms of pause) after what is still to send. EINVAL;
 * ENOTSUP when telephone-event was not agreed; ENOSPC when too many wait. */
int phone_port_dtmf(struct phone_port *port, const char *digits);
/* How keys are sent from now on. At first telephone-events of 160 ms, 100 ms apart. */
struct phone_keys {
    unsigned on, off; /* [ms] */
    bool events, tones;
};
void phone_port_keys(struct phone_port *port, const struct phone_keys *keys);

/* What the network does to the packets we send, of 1,000 each, by a seed. */
struct phone_spoil {
    unsigned lost, overtaken, doubled;
    uint32_t seed;
};
void phone_port_spoil(struct phone_port *port, const struct phone_spoil *spoil);

/* What a broken phone does from now on. */
struct phone_fault {
    bool mute;        /* it sends nothing at all */
    bool elsewhere;   /* it sends from another socket than it named */
    int payload_type; /* of all it sends; negative: as agreed */
};
void phone_port_break(struct phone_port *port, const struct phone_fault *fault);

/* What was audible in the last `window` [ms]. */
void phone_port_heard(struct phone_port *port, unsigned window, struct phone_heard *heard);
void phone_port_stats(struct phone_port *port, struct phone_stats *stats);

/* Makes sound of packets of a port, one after the other, as the port was directed when the ear was
 * made. Released with mem_unref(). */
struct phone_ear;
enum { PHONE_SAMPLES = 5760 }; /* in a packet, at most */
int phone_ear_alloc(struct phone_ear **ear, struct phone_port *port);
unsigned phone_ear_rate(const struct phone_ear *ear); /* [Hz] */
/* [samples] from one timestamp to another. */
int phone_ear_span(const struct phone_ear *ear, uint32_t from, uint32_t to);
/* Returns how many samples there are; 0: it is no packet of sound, or of another codec. */
size_t phone_ear_hear(struct phone_ear *ear, const struct phone_packet *packet,
                      int16_t samples[PHONE_SAMPLES]);

/* Starts to keep every packet, or ends it and hands over what was kept (free()). */
void phone_port_trace(struct phone_port *port);
void phone_port_traced(struct phone_port *port, struct phone_packet **packets, size_t *count);

#endif
