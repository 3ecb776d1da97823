/* report.c: our own RTCP packet (RFC 3550, 6.4 to 6.6). */
#include "stream/report.h"

#include "stream/bytes.h"

#include <string.h>

enum { TYPE_SR = 200, TYPE_RR = 201, TYPE_SDES = 202, TYPE_BYE = 203, ITEM_CNAME = 1 };

/* The header of a packet that begins at `at` and ends before `end`. */
static uint8_t *finish(uint8_t *at, uint8_t *end, unsigned type, unsigned count)
{
    at[0] = (uint8_t)(0x80 | count);
    at[1] = (uint8_t)type;
    put16(at + 2, (uint16_t)((end - at) / 4 - 1));
    return end;
}

static uint8_t *put_block(uint8_t *to, const struct report_heard *heard)
{
    to = put32(to, heard->ssrc);
    to = put32(to, (uint32_t)heard->fraction << 24 | ((uint32_t)heard->lost & 0xffffff));
    to = put32(to, heard->highest);
    to = put32(to, heard->jitter);
    to = put32(to, heard->last_sender);
    return put32(to, heard->delay);
}

static uint8_t *put_report(uint8_t *at, const struct report *report)
{
    uint8_t *to = put32(at + 4, report->ssrc);

    if (report->sender) {
        to = put32(to, (uint32_t)(report->ntp >> 32));
        to = put32(to, (uint32_t)report->ntp);
        to = put32(to, report->timestamp);
        to = put32(to, report->packets);
        to = put32(to, report->bytes);
    }
    if (report->heard)
        to = put_block(to, report->heard);
    return finish(at, to, report->sender ? TYPE_SR : TYPE_RR, report->heard != NULL);
}

/* One item, then zeros to the end of a word, at least one. */
static uint8_t *put_name(uint8_t *at, const struct report *report)
{
    size_t length = strnlen(report->name, REPORT_NAME - 1);
    size_t size = (8 + 2 + length) / 4 * 4 + 4;

    memset(at + 8, 0, size - 8);
    put32(at + 4, report->ssrc);
    at[8] = ITEM_CNAME;
    at[9] = (uint8_t)length;
    memcpy(at + 10, report->name, length);
    return finish(at, at + size, TYPE_SDES, 1);
}

size_t report_write(const struct report *report, uint8_t bytes[REPORT_MAX])
{
    uint8_t *to = put_report(bytes, report);

    to = put_name(to, report);
    if (report->bye)
        to = finish(to, put32(to + 4, report->ssrc), TYPE_BYE, 1);
    return (size_t)(to - bytes);
}
