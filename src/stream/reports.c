/* reports.c: RTCP of a stream (RFC 3550, 6): a report about every five seconds, from our own
 * counts, and what the peer's reports say of our packets. */
#include "base/clock.h"
#include "base/id.h"
#include "net/addr.h"
#include "stream/private.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    INTERVAL = 250,       /* [frames] 5 s on average; 0.5 to 1.5 times that */
    FIRST = 125,          /* the same of the first (6.2) */
    ROUND_TRIP_MOST = 60, /* [s] a longer one is nonsense */
    SLACK = 655,          /* [1/65536 s] that two clocks may disagree over one, 10 ms */
    SECOND = 1000000000   /* [ns] */
};

static const uint64_t unix_epoch = 2208988800; /* [s] as NTP counts them */

static uint64_t ntp_of(int64_t wall)
{
    uint64_t seconds = (uint64_t)(wall / SECOND) + unix_epoch;
    uint64_t rest = ((uint64_t)(wall % SECOND) << 32) / SECOND;

    return seconds << 32 | rest;
}

/* xorshift: intervals need no better one. */
static uint32_t draw(struct reports *reports)
{
    reports->random ^= reports->random << 13;
    reports->random ^= reports->random >> 17;
    reports->random ^= reports->random << 5;
    return reports->random;
}

static void wait(struct reports *reports, unsigned mean)
{
    reports->wait = mean / 2 + draw(reports) % (mean + 1);
}

void reports_open(struct stream *stream)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
    struct reports *reports = &stream->reports;
    uint8_t random[REPORT_NAME - 1];

    id_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        reports->name[i] = digits[random[i] % 64];
    id_random(&reports->random, sizeof reports->random);
    reports->random |= 1;
    wait(reports, FIRST);
}

/* [1/65536 s]; 0 when the clock was set back. */
static uint32_t since(int64_t then, int64_t now)
{
    return now > then ? (uint32_t)((now - then) / 1000 * REPORT_SECOND / 1000000) : 0;
}

static bool about_peer(struct stream *stream, int64_t now, struct report_heard *heard)
{
    struct reports *reports = &stream->reports;

    if (reports->left || !reception_report(&reports->reception, heard))
        return false;
    heard->jitter = (uint32_t)stream->sequence.jitter;
    if (reports->sender_ntp && reports->sender == heard->ssrc) {
        heard->last_sender = reports->sender_ntp;
        heard->delay = since(reports->sender_at, now);
    }
    return true;
}

static void send_report(struct stream *stream, bool bye)
{
    struct reports *reports = &stream->reports;
    struct report_heard heard = {0};
    uint8_t bytes[REPORT_MAX + SRTP_OVERHEAD];
    size_t size;
    int64_t now = clock_wall_ns();
    struct report report = {
        .ssrc = stream->source.ssrc,
        .sender = reports->fresh > 0,
        .ntp = ntp_of(now),
        .timestamp = stream->timestamp,
        .packets = stream->source.packets,
        .bytes = stream->source.bytes,
        .heard = about_peer(stream, now, &heard) ? &heard : NULL,
        .name = reports->name,
        .bye = bye,
    };

    size = report_write(&report, bytes);
    if (stream->secrets.out)
        size = srtp_protect_report(stream->secrets.out, bytes, size);
    if (!size)
        return;
    sendto(stream->rtcp, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL,
           (struct sockaddr *)&stream->rtcp_to, addr_size(&stream->rtcp_to));
    reports->sent = true;
    if (reports->fresh)
        reports->fresh--;
}

static bool reachable(const struct stream *stream)
{
    return stream->connected && addr_is_set(&stream->rtcp_to);
}

void reports_tick(struct stream *stream, unsigned frames)
{
    struct reports *reports = &stream->reports;

    carrier_tick(stream);
    if (!reachable(stream))
        return;
    if (reports->wait > frames) {
        reports->wait -= frames;
        return;
    }
    send_report(stream, false);
    wait(reports, INTERVAL);
}

/* Who never sent anything says no goodbye (6.3.7). */
void reports_bye(struct stream *stream)
{
    if (reachable(stream) && (stream->source.packets || stream->reports.sent))
        send_report(stream, true);
}

void stream_bye(struct stream *stream)
{
    reports_bye(stream);
}

void reports_count(struct stream *stream, const struct packet *packet)
{
    stream->reports.left = false;
    carrier_hear(stream, packet->ssrc);
    reception_take(&stream->reports.reception, packet->ssrc, packet->sequence);
}

static void on_sender(uint32_t ssrc, uint64_t ntp, void *arg)
{
    struct stream *stream = arg;
    struct reports *reports = &stream->reports;

    if (carrier_collides(stream, ssrc))
        return;
    reports->sender = ssrc;
    reports->sender_ntp = (uint32_t)(ntp >> 16);
    reports->sender_at = clock_wall_ns();
}

/* From our report to theirs and back, less the time it lay with them (6.4.1). */
static void time_round_trip(struct reports *reports, const struct report_heard *block)
{
    uint32_t now = (uint32_t)(ntp_of(clock_wall_ns()) >> 16);
    uint32_t all = now - block->last_sender;

    if (!block->last_sender || all > ROUND_TRIP_MOST * REPORT_SECOND || block->delay > all + SLACK)
        return;
    all = block->delay < all ? all - block->delay : 1;
    reports->round_trip = all * 1000.0 / REPORT_SECOND;
}

static void on_block(uint32_t from, const struct report_heard *block, void *arg)
{
    struct stream *stream = arg;
    struct reports *reports = &stream->reports;
    uint32_t sent = stream->source.packets;

    if (block->ssrc != stream->source.ssrc || from == block->ssrc)
        return;
    time_round_trip(reports, block);
    if (sent && block->lost > 0)
        reports->peer_loss = (uint32_t)block->lost < sent ? block->lost * 100.0 / sent : 100;
    else
        reports->peer_loss = 0;
    reports->peer_jitter = block->jitter * 1000.0 / codec_clock(&stream->params.format);
    if (stream->coding)
        sending_expect_loss(stream->coding->sending, (block->fraction * 100 + 128) / 256);
}

static void on_bye(uint32_t ssrc, void *arg)
{
    struct stream *stream = arg;

    if (stream->reports.reception.any && ssrc == stream->reports.reception.ssrc)
        stream->reports.left = true;
}

void reports_take(struct stream *stream, const uint8_t *bytes, size_t size)
{
    static const struct report_reader reader = {on_sender, on_block, on_bye};

    if (!report_read(bytes, size, &reader, stream))
        stream->invalid++;
}
