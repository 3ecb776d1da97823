/* worker_rig.h: workers with real threads and sockets, and peers that talk to their
 * ports. A peer sends a tone every 20 ms while the rig is pumped, and keeps the last
 * second of what it hears, by RTP time. */
#ifndef OFFHOOK_TESTS_WORKER_RIG_H
#define OFFHOOK_TESTS_WORKER_RIG_H

#include "audio/g711.h"
#include "audio/goertzel.h"
#include "audio/tone.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "codec/codec.h"
#include "net/addr.h"
#include "worker/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum {
    RIG_FRAME = 160,
    RIG_KEPT = 64, /* frames a peer keeps */
    RIG_VERDICTS = 8,
    RIG_EVENT_TYPE = 101,
    RIG_OTHER_TYPE = 111, /* of a codec that is not G.711 */
    RIG_PATIENCE = 20000  /* [ms] a condition is waited for */
};

struct peer {
    struct media_port *port;
    int fd;
    struct sockaddr_storage at;
    enum codec codec;
    bool talks;
    struct tone tone;
    double hz;
    void (*sing)(struct peer *peer, int16_t *frame); /* NULL: the tone */
    unsigned sung;                                   /* frames */
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    int64_t due; /* [ms] */
    /* heard */
    unsigned packets, events;
    uint16_t last_sequence;
    uint32_t last_timestamp, source;
    unsigned gaps;               /* holes in the sequence numbers */
    struct decoder *decoder;     /* of another codec than G.711 */
    uint32_t payloads[RIG_KEPT]; /* what each packet held, as a number */
    int16_t frames[RIG_KEPT][RIG_FRAME];
    uint32_t times[RIG_KEPT];
    unsigned lengths[RIG_KEPT]; /* [samples], of G.711 */
    bool any_length;            /* a packet may be shorter than a frame */
    unsigned repeating;         /* packets of Opus that tell once more what the last one told */
    /* told */
    unsigned latched, silent, dialled, closed, played, completed, spoke, hushed;
    bool speaks;
    enum detect_verdict verdicts[RIG_VERDICTS];
    enum detect_reason reason; /* of the last one */
    unsigned verdict_count;
    uint32_t last_play;
    char digits[64];
    unsigned digit_count;
    struct stream_stats stats;
    unsigned troubles;
    struct stream_trouble trouble; /* the last one */
};

static struct loop *rig_loop;
static struct workers *rig_workers;
static struct peer *rig_peers[32];
static unsigned rig_count;

static inline void rig_latched(const struct sockaddr_storage *from, void *arg)
{
    (void)from;
    ((struct peer *)arg)->latched++;
}

static inline void rig_digit(char digit, unsigned duration_ms, void *arg)
{
    struct peer *peer = arg;

    (void)duration_ms;
    peer->digits[peer->digit_count++ % sizeof peer->digits] = digit;
}

static inline void rig_played(uint32_t play, bool completed, void *arg)
{
    struct peer *peer = arg;

    peer->played++;
    peer->completed += completed;
    peer->last_play = play;
}

static inline void rig_dialled(void *arg)
{
    ((struct peer *)arg)->dialled++;
}

static inline void rig_silent(void *arg)
{
    ((struct peer *)arg)->silent++;
}

static inline void rig_speaking(bool on, void *arg)
{
    struct peer *peer = arg;

    assert_true(on != peer->speaks);
    peer->speaks = on;
    peer->spoke += on;
    peer->hushed += !on;
}

static inline void rig_closed(const struct stream_stats *stats, void *arg)
{
    struct peer *peer = arg;

    peer->closed++;
    peer->stats = *stats;
}

static inline void rig_detected(enum detect_verdict verdict, enum detect_reason reason, void *arg)
{
    struct peer *peer = arg;

    peer->reason = reason;
    peer->verdicts[peer->verdict_count++ % RIG_VERDICTS] = verdict;
}

static inline void rig_problem(const struct stream_trouble *trouble, void *arg)
{
    struct peer *peer = arg;

    peer->troubles++;
    peer->trouble = *trouble;
}

static const struct media_events rig_events = {rig_latched,  rig_digit,   rig_played,
                                               rig_dialled,  rig_silent,  rig_speaking,
                                               rig_detected, rig_problem, rig_closed};

/* A port range for each process, above the daemon's and below the ephemeral ones. */
static inline struct workers_conf rig_conf(unsigned workers)
{
    struct workers_conf conf = {.workers = workers, .drain_time = 200};

    conf.port_low = (uint16_t)(23000 + getpid() % 35 * 200);
    conf.port_high = (uint16_t)(conf.port_low + 2199);
    assert_int_equal(addr_parse(&conf.address, "127.0.0.1", 0), 0);
    return conf;
}

static inline void rig_start(const struct workers_conf *conf)
{
    rig_count = 0;
    assert_int_equal(loop_alloc(&rig_loop), 0);
    assert_int_equal(workers_start(&rig_workers, conf, rig_loop), 0);
}

static inline void rig_free_peers(void)
{
    for (unsigned i = 0; i < rig_count; i++) {
        close(rig_peers[i]->fd);
        mem_unref(rig_peers[i]->decoder);
        free(rig_peers[i]);
    }
    rig_count = 0;
}

static inline void rig_stop(void)
{
    workers_stop(rig_workers);
    loop_run(rig_loop);
    for (unsigned i = 0; i < rig_count; i++)
        assert_int_equal(rig_peers[i]->closed, 1);
    rig_free_peers();
    mem_unref(rig_loop);
}

/* Peers of other codecs than G.711 hear telephone band. */
static inline struct codec_format rig_format(enum codec codec)
{
    return (struct codec_format){.codec = codec, .rate = codec_has_rate(codec, 8000) ? 8000 : 0};
}

static inline uint8_t rig_type(enum codec codec)
{
    return codec == CODEC_PCMU ? 0 : codec == CODEC_PCMA ? 8 : RIG_OTHER_TYPE;
}

static inline struct stream_params rig_params(const struct peer *peer)
{
    return (struct stream_params){.remote = peer->at,
                                  .format = rig_format(peer->codec),
                                  .payload_type = rig_type(peer->codec),
                                  .event_payload_type = RIG_EVENT_TYPE,
                                  .ptime = 20,
                                  .send = true,
                                  .receive = true};
}

/* A port and the peer that talks to it with a tone of `hz` (0: says nothing). */
static inline struct peer *rig_peer(enum codec codec, double hz)
{
    struct peer *peer = calloc(1, sizeof *peer);
    socklen_t size = sizeof peer->at;
    struct sockaddr_storage port_at;
    struct stream_params params;

    peer->codec = codec;
    peer->hz = hz;
    peer->talks = hz > 0;
    peer->ssrc = 0x1000 + rig_count;
    peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(addr_parse(&peer->at, "127.0.0.1", 0), 0);
    assert_int_equal(bind(peer->fd, (struct sockaddr *)&peer->at, addr_size(&peer->at)), 0);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&peer->at, &size), 0);
    tone_start(&peer->tone, 8000, hz, 2500);
    if (rig_type(codec) == RIG_OTHER_TYPE) {
        struct codec_format format = rig_format(codec);

        assert_int_equal(decoder_alloc(&peer->decoder, &format), 0);
    }
    assert_int_equal(media_port_open(rig_workers, &rig_events, peer, &peer->port), 0);
    assert_int_equal(media_port_number(peer->port) % 2, 0);
    rig_peers[rig_count++] = peer;
    /* another program may still talk to who had this number before */
    assert_int_equal(addr_parse(&port_at, "127.0.0.1", media_port_number(peer->port)), 0);
    assert_int_equal(connect(peer->fd, (struct sockaddr *)&port_at, addr_size(&port_at)), 0);
    params = rig_params(peer);
    media_port_connect(peer->port, &params);
    return peer;
}

static inline void rig_talk(struct peer *peer, int64_t now)
{
    uint8_t bytes[12 + RIG_FRAME] = {0x80, peer->codec == CODEC_PCMU ? 0 : 8};
    int16_t frame[RIG_FRAME];

    if (!peer->due || now - peer->due > 200)
        peer->due = now;
    if (!peer->talks || now < peer->due)
        return;
    peer->due += 20;
    bytes[2] = (uint8_t)(peer->sequence >> 8);
    bytes[3] = (uint8_t)peer->sequence++;
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(peer->timestamp >> (24 - 8 * i));
        bytes[8 + i] = (uint8_t)(peer->ssrc >> (24 - 8 * i));
    }
    peer->timestamp += RIG_FRAME;
    if (peer->sing)
        peer->sing(peer, frame);
    else
        tone_fill(&peer->tone, frame, RIG_FRAME);
    peer->sung++;
    if (peer->codec == CODEC_PCMU)
        g711_ulaw_encode(bytes + 12, frame, RIG_FRAME);
    else
        g711_alaw_encode(bytes + 12, frame, RIG_FRAME);
    send(peer->fd, bytes, sizeof bytes, 0);
}

/* RFC 6716, 3.1 and 4.2.4: one frame of SILK, of 10 or 20 ms. */
static inline bool rig_repeats(const uint8_t *payload, size_t size)
{
    return size > 1 && !(payload[0] & 0x87) && payload[1] & 0x40;
}

static inline void rig_decode(struct peer *peer, unsigned place, const uint8_t *payload,
                              size_t size)
{
    uint32_t number = 2166136261; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        number = (number ^ payload[i]) * 16777619;
    peer->payloads[place] = number;
    if (peer->decoder) {
        peer->repeating += peer->codec == CODEC_OPUS && rig_repeats(payload, size);
        assert_int_equal(decoder_run(peer->decoder, peer->frames[place], RIG_FRAME, payload, size),
                         RIG_FRAME);
        return;
    }
    assert_true(size == RIG_FRAME || (peer->any_length && size && size < RIG_FRAME));
    peer->lengths[place] = (unsigned)size;
    memset(peer->frames[place], 0, sizeof peer->frames[place]);
    if (peer->codec == CODEC_PCMU)
        g711_ulaw_decode(peer->frames[place], payload, size);
    else
        g711_alaw_decode(peer->frames[place], payload, size);
}

static inline void rig_hear(struct peer *peer)
{
    uint8_t bytes[1500];
    ssize_t size;

    while ((size = recv(peer->fd, bytes, sizeof bytes, 0)) >= 12) {
        uint16_t sequence = (uint16_t)(bytes[2] << 8 | bytes[3]);
        unsigned place = peer->packets % RIG_KEPT;

        peer->gaps += peer->packets && sequence != (uint16_t)(peer->last_sequence + 1);
        peer->last_sequence = sequence;
        peer->packets++;
        if ((bytes[1] & 127) == RIG_EVENT_TYPE) {
            peer->events++;
            continue;
        }
        assert_int_equal(bytes[1] & 127, rig_type(peer->codec));
        rig_decode(peer, place, bytes + 12, (size_t)size - 12);
        peer->last_timestamp = (uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 |
                               (uint32_t)bytes[6] << 8 | bytes[7];
        peer->times[place] = peer->last_timestamp;
        peer->source = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 |
                       (uint32_t)bytes[10] << 8 | bytes[11];
    }
}

static inline void rig_turn(void)
{
    int64_t now = clock_mono_ms();

    for (unsigned i = 0; i < rig_count; i++) {
        if (media_port_number(rig_peers[i]->port))
            rig_talk(rig_peers[i], now);
        rig_hear(rig_peers[i]);
    }
    loop_wait(rig_loop, 1);
}

/* Pumps until the condition holds; fails the test when it does not in RIG_PATIENCE. */
#define rig_until(condition)                                    \
    do {                                                        \
        int64_t rig_end = clock_mono_ms() + RIG_PATIENCE;       \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > rig_end)                      \
                fail_msg("waited in vain for: %s", #condition); \
            rig_turn();                                         \
        }                                                       \
    } while (0)

/* Pumps until `peer` got `count` more packets. */
static inline void rig_packets(const struct peer *peer, unsigned count)
{
    unsigned upto = peer->packets + count;

    rig_until(peer->packets >= upto);
}

/* The amplitude of `hz` in the last frame that was heard. */
static inline double rig_amplitude(const struct peer *peer, double hz)
{
    if (!peer->packets)
        return 0;
    return goertzel_amplitude(peer->frames[(peer->packets - 1) % RIG_KEPT], RIG_FRAME, 8000, hz);
}

/* Tones are multiples of 50 Hz: each fits a frame in whole periods. */
static inline bool rig_hears(const struct peer *peer, const struct peer *other)
{
    return rig_amplitude(peer, other->hz) > 2000;
}

static inline bool rig_deaf_to(const struct peer *peer, const struct peer *other)
{
    return rig_amplitude(peer, other->hz) < 150;
}

#endif
