/* stream_rig.h: a stream on real loopback sockets and a peer made of two more, with
 * no thread and no clock: the test ticks the stream itself. */
#ifndef OFFHOOK_TESTS_STREAM_RIG_H
#define OFFHOOK_TESTS_STREAM_RIG_H

#include "audio/g711.h"
#include "base/mem.h"
#include "net/addr.h"
#include "stream/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { RIG_EVENTS = 101, RIG_SSRC = 0x1234567 };

struct rig_packet {
    uint8_t bytes[1500];
    size_t size; /* 0: none came */
    uint8_t type;
    bool marker;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    const uint8_t *payload;
    size_t payload_size;
};

struct rig {
    struct stream *stream;
    int rtp, rtcp, peer, peer_rtcp;
    struct sockaddr_storage at, rtcp_at, peer_at, peer_rtcp_at;
    char digits[64];
    unsigned durations[64], digit_count, latched_count, dialled_count;
    struct sockaddr_storage latched_to;
    int64_t ahead; /* [ns] of the clock: what the stream takes for now */
    struct stream_trouble troubles[16];
    unsigned trouble_count;
};

/* Bound to a number by name, as calls are: the kernel keeps such a number when the
 * socket is connected to nobody again. */
static inline int rig_socket(struct sockaddr_storage *at)
{
    for (int tries = 0; tries < 100; tries++) {
        int probe = socket(AF_INET, SOCK_DGRAM, 0);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        socklen_t size = sizeof *at;

        assert_int_equal(addr_parse(at, "127.0.0.1", 0), 0);
        assert_int_equal(bind(probe, (struct sockaddr *)at, addr_size(at)), 0);
        assert_int_equal(getsockname(probe, (struct sockaddr *)at, &size), 0);
        close(probe);
        if (!bind(fd, (struct sockaddr *)at, addr_size(at)))
            return fd;
        close(fd);
    }
    fail_msg("no free port");
    return -1;
}

static inline void rig_on_latched(const struct sockaddr_storage *from, void *arg)
{
    struct rig *rig = arg;

    rig->latched_count++;
    rig->latched_to = *from;
}

static inline void rig_on_digit(char digit, unsigned duration_ms, void *arg)
{
    struct rig *rig = arg;

    rig->durations[rig->digit_count] = duration_ms;
    rig->digits[rig->digit_count++] = digit;
}

static inline void rig_on_dialled(void *arg)
{
    ((struct rig *)arg)->dialled_count++;
}

static inline void rig_on_problem(const struct stream_trouble *trouble, void *arg)
{
    struct rig *rig = arg;

    assert_true(rig->trouble_count < 16);
    rig->troubles[rig->trouble_count++] = *trouble;
}

/* With what `params` tells beside that. */
static inline void rig_connect_as(struct rig *rig, const struct sockaddr_storage *remote,
                                  struct stream_params params)
{
    struct stream_coding *coding;

    params.remote = *remote;
    params.remote_rtcp = rig->peer_rtcp_at;
    params.event_payload_type = RIG_EVENTS;
    params.send = params.receive = true;
    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    mem_unref(stream_connect(rig->stream, &params, coding));
}

static inline void rig_connect(struct rig *rig, const struct sockaddr_storage *remote)
{
    rig_connect_as(rig, remote, (struct stream_params){.format = {CODEC_PCMU}});
}

static inline void rig_open(struct rig *rig)
{
    static const struct stream_events events = {rig_on_latched, rig_on_digit, rig_on_dialled,
                                                rig_on_problem};

    memset(rig, 0, sizeof *rig);
    rig->rtp = rig_socket(&rig->at);
    rig->rtcp = rig_socket(&rig->rtcp_at);
    rig->peer = rig_socket(&rig->peer_at);
    rig->peer_rtcp = rig_socket(&rig->peer_rtcp_at);
    assert_int_equal(stream_alloc(&rig->stream, rig->rtp, rig->rtcp, &events, rig), 0);
}

/* The peer hears the stream and nobody else: not who still sends to a number that it had before. */
static inline void rig_hear_only(struct rig *rig)
{
    assert_int_equal(connect(rig->peer, (struct sockaddr *)&rig->at, addr_size(&rig->at)), 0);
    assert_int_equal(
        connect(rig->peer_rtcp, (struct sockaddr *)&rig->rtcp_at, addr_size(&rig->rtcp_at)), 0);
}

static inline void rig_close(struct rig *rig)
{
    mem_unref(rig->stream);
    close(rig->rtp);
    close(rig->rtcp);
    close(rig->peer);
    close(rig->peer_rtcp);
}

static inline bool rig_readable(int fd, int timeout)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};

    return poll(&poller, 1, timeout) == 1;
}

static inline int64_t rig_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Has the stream read all that has come to it. */
static inline void rig_swallow(struct rig *rig)
{
    while (stream_read(rig->stream, rig_now() + rig->ahead))
        ;
}

/* So much time goes by. */
static inline void rig_pass(struct rig *rig, unsigned ms)
{
    rig->ahead += ms * INT64_C(1000000);
    rig_swallow(rig);
}

static inline void rig_send_raw(struct rig *rig, int fd, const void *bytes, size_t size)
{
    assert_int_equal(sendto(fd, bytes, size, 0, (struct sockaddr *)&rig->at, addr_size(&rig->at)),
                     size);
}

static inline size_t rig_build(uint8_t *bytes, uint8_t type, uint16_t sequence, uint32_t timestamp,
                               uint32_t ssrc, const void *payload, size_t size)
{
    uint8_t head[12] = {0x80,
                        type,
                        (uint8_t)(sequence >> 8),
                        (uint8_t)sequence,
                        (uint8_t)(timestamp >> 24),
                        (uint8_t)(timestamp >> 16),
                        (uint8_t)(timestamp >> 8),
                        (uint8_t)timestamp,
                        (uint8_t)(ssrc >> 24),
                        (uint8_t)(ssrc >> 16),
                        (uint8_t)(ssrc >> 8),
                        (uint8_t)ssrc};

    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, payload, size);
    return sizeof head + size;
}

/* Sends from `fd`, waits until it is there, and has it read. */
static inline void rig_send(struct rig *rig, int fd, uint8_t type, uint16_t sequence,
                            uint32_t timestamp, uint32_t ssrc, const void *payload, size_t size)
{
    uint8_t bytes[1500];

    rig_send_raw(rig, fd, bytes, rig_build(bytes, type, sequence, timestamp, ssrc, payload, size));
    assert_true(rig_readable(rig->rtp, 5000));
    rig_swallow(rig);
}

/* A frame of sound number n: every sample is `level`. */
static inline void rig_send_sound(struct rig *rig, int fd, unsigned n, uint32_t ssrc, int level)
{
    int16_t samples[STREAM_FRAME];
    uint8_t payload[STREAM_FRAME];

    for (int i = 0; i < STREAM_FRAME; i++)
        samples[i] = (int16_t)level;
    g711_ulaw_encode(payload, samples, STREAM_FRAME);
    rig_send(rig, fd, 0, (uint16_t)n, n * STREAM_FRAME, ssrc, payload, sizeof payload);
}

/* What the stream hears in its next frame: the last sample; 0: silence. */
static inline int rig_hear(struct rig *rig)
{
    int16_t frame[STREAM_FRAME];

    return stream_get(rig->stream, 8000, frame) ? frame[STREAM_FRAME - 1] : 0;
}

/* The next packet that came to `fd`; size 0 when none does within `timeout` [ms]. */
static inline struct rig_packet rig_receive(int fd, int timeout)
{
    struct rig_packet packet = {.size = 0};
    ssize_t size;

    if (!rig_readable(fd, timeout))
        return packet;
    size = recv(fd, packet.bytes, sizeof packet.bytes, 0);
    assert_true(size >= 8);
    packet.size = (size_t)size;
    packet.type = packet.bytes[1] & 127;
    packet.marker = packet.bytes[1] >> 7;
    packet.sequence = (uint16_t)(packet.bytes[2] << 8 | packet.bytes[3]);
    for (int i = 4; i < 8; i++)
        packet.timestamp = packet.timestamp << 8 | packet.bytes[i];
    for (int i = 8; i < 12 && size >= 12; i++)
        packet.ssrc = packet.ssrc << 8 | packet.bytes[i];
    packet.payload_size = size >= 12 ? (size_t)size - 12 : 0;
    return packet;
}

#endif
