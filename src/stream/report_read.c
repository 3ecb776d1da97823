/* report_read.c: RTCP packets of others, read with oRTP's accessors (ortp/rtcp.h), which need
 * no session: a message block on the stack that spans one packet of the compound.
 *
 * They trust the length that a packet says of itself, so the lengths are checked first, of all
 * packets, and a block never spans more or less than one packet. */
#include "stream/report.h"

#include "stream/bytes.h"

#include <ortp/ortp.h>
#include <string.h>

enum {
    HEAD = 4,
    SENDER = 28, /* [bytes] of a report of a sender without blocks */
    RECEIVER = 8,
    BLOCK = 24
};

struct reading {
    const struct report_reader *reader;
    void *arg;
};

static size_t size_of(const uint8_t *packet)
{
    return ((size_t)get16(packet + 2) + 1) * 4;
}

static unsigned count_of(const uint8_t *packet)
{
    return packet[0] & 31;
}

/* Does the packet hold all that its header promises? */
static bool is_whole(const uint8_t *packet, size_t size)
{
    size_t promised = HEAD;

    if (packet[1] == RTCP_SR)
        promised = SENDER + (size_t)count_of(packet) * BLOCK;
    else if (packet[1] == RTCP_RR)
        promised = RECEIVER + (size_t)count_of(packet) * BLOCK;
    else if (packet[1] == RTCP_BYE)
        promised = HEAD + (size_t)count_of(packet) * 4;
    return size >= promised;
}

/* RFC 3550, A.2, but for the order of the packets, which is not ours to judge. */
static bool is_valid(const uint8_t *bytes, size_t size)
{
    size_t part;

    if (size < HEAD || size > REPORT_TAKEN || bytes[1] < RTCP_SR || bytes[1] > RTCP_XR)
        return false;
    for (; size; bytes += part, size -= part) {
        if (size < HEAD || bytes[0] >> 6 != 2)
            return false;
        part = size_of(bytes);
        if (part > size || !is_whole(bytes, part))
            return false;
    }
    return true;
}

static void tell_block(const struct reading *reading, uint32_t from, const report_block_t *block)
{
    struct report_heard heard = {
        .ssrc = report_block_get_ssrc(block),
        .fraction = (uint8_t)report_block_get_fraction_lost(block),
        .lost = report_block_get_cum_packet_lost(block),
        .highest = report_block_get_high_ext_seq(block),
        .jitter = report_block_get_interarrival_jitter(block),
        .last_sender = report_block_get_last_SR_time(block),
        .delay = report_block_get_last_SR_delay(block),
    };

    reading->reader->block(from, &heard, reading->arg);
}

static void read_sender(const struct reading *reading, const mblk_t *msg, unsigned count)
{
    uint32_t from = rtcp_SR_get_ssrc(msg);
    uint64_t ntp = sender_info_get_ntp_timestamp(rtcp_SR_get_sender_info(msg));

    reading->reader->sender(from, ntp, reading->arg);
    for (unsigned i = 0; i < count; i++)
        tell_block(reading, from, rtcp_SR_get_report_block(msg, (int)i));
}

static void read_receiver(const struct reading *reading, const mblk_t *msg, unsigned count)
{
    uint32_t from = rtcp_RR_get_ssrc(msg);

    for (unsigned i = 0; i < count; i++)
        tell_block(reading, from, rtcp_RR_get_report_block(msg, (int)i));
}

/* oRTP's own accessor of these takes words for bytes and misses the last ones. */
static void read_bye(const struct reading *reading, const mblk_t *msg, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        reading->reader->bye(get32(msg->b_rptr + HEAD + (size_t)i * 4), reading->arg);
}

static void read_packet(const struct reading *reading, uint8_t *packet, size_t size)
{
    mblk_t msg = {.b_rptr = packet, .b_wptr = packet + size};
    unsigned count = count_of(packet);

    if (rtcp_is_SR(&msg))
        read_sender(reading, &msg, count);
    else if (count && rtcp_is_RR(&msg))
        read_receiver(reading, &msg, count);
    else if (rtcp_is_BYE(&msg))
        read_bye(reading, &msg, count);
}

bool report_read(const uint8_t *bytes, size_t size, const struct report_reader *reader, void *arg)
{
    struct reading reading = {reader, arg};
    uint32_t words[REPORT_TAKEN / 4]; /* oRTP reads whole words */
    uint8_t *at = (uint8_t *)words;

    if (!is_valid(bytes, size))
        return false;
    memcpy(words, bytes, size);
    for (size_t part; size; at += part, size -= part) {
        part = size_of(at);
        read_packet(&reading, at, part);
    }
    return true;
}
