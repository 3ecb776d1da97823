/* stream_rtcp.h: a rig whose peer speaks RTCP, too. */
#ifndef OFFHOOK_TESTS_STREAM_RTCP_H
#define OFFHOOK_TESTS_STREAM_RTCP_H

#include "stream_rig.h"

static struct rig rig;

static inline int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    rig_hear_only(&rig);
    rig_connect(&rig, &rig.peer_at);
    return 0;
}

static inline int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* A receiver report of ours about the stream: `lsr` and a delay of `dlsr`. */
static inline size_t build_report(uint8_t bytes[32], uint32_t about, uint32_t lsr, uint32_t dlsr)
{
    memset(bytes, 0, 32);
    bytes[0] = 0x81;
    bytes[1] = 201;
    bytes[3] = 7;
    put32(bytes + 4, RIG_SSRC);
    put32(bytes + 8, about);
    put32(bytes + 24, lsr);
    put32(bytes + 28, dlsr);
    return 32;
}

/* A sender report of the peer's, without blocks. */
static inline size_t build_sender(uint8_t bytes[28], uint32_t ssrc)
{
    memset(bytes, 0, 28);
    bytes[0] = 0x80;
    bytes[1] = 200;
    bytes[3] = 6;
    put32(bytes + 4, ssrc);
    put32(bytes + 8, 0x1111aaaa);
    put32(bytes + 12, 0xbbbb2222);
    return 28;
}

static inline void send_report(const uint8_t *bytes, size_t size)
{
    assert_int_equal(sendto(rig.peer_rtcp, bytes, size, 0, (struct sockaddr *)&rig.rtcp_at,
                            addr_size(&rig.rtcp_at)),
                     size);
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
}

static inline struct stream_stats stats(void)
{
    struct stream_stats now;

    stream_stats(rig.stream, &now);
    return now;
}

/* Ticks, no time: until the next report, `heard` with sound of the peer in each. */
static inline struct rig_packet next_report(unsigned *ticks, unsigned *number)
{
    struct rig_packet report = {.size = 0};

    for (*ticks = 0; !report.size; ++*ticks) {
        assert_true(*ticks < 1000);
        if (number)
            rig_send_sound(&rig, rig.peer, (*number)++, RIG_SSRC, 100);
        stream_put(rig.stream, 8000, NULL, 1);
        while (rig_readable(rig.peer, 0) && !rig_readable(rig.peer_rtcp, 0))
            rig_receive(rig.peer, 0);
        report = rig_receive(rig.peer_rtcp, 0);
    }
    return report;
}

/* The packet of one type in a compound; NULL: there is none. */
static inline const uint8_t *part_of(const struct rig_packet *report, unsigned type)
{
    for (size_t at = 0; at + 4 <= report->size;
         at += 4 + 4 * (size_t)(report->bytes[at + 2] << 8 | report->bytes[at + 3]))
        if (report->bytes[at + 1] == type)
            return report->bytes + at;
    return NULL;
}

#endif
