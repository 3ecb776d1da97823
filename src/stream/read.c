/* read.c: from the socket to the play-out. One packet a frame is the rule, so one
 * system call a frame: only a packet that waited long, or came after a frame with
 * none, makes us look for another. */
#include "net/addr.h"
#include "stream/private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    WAITED = 12000000, /* [ns] in the queue: another may be behind it */
    BATCH = 16         /* packets a frame, at most */
};

static int64_t stamp_of(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        struct timespec at;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&at, CMSG_DATA(c), sizeof at);
        return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
    }
    return 0;
}

ssize_t read_socket(int fd, struct arrival *arrival)
{
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct iovec piece = {arrival->bytes, sizeof arrival->bytes};
    struct msghdr header = {.msg_name = &arrival->from,
                            .msg_namelen = sizeof arrival->from,
                            .msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t size = recvmsg(fd, &header, MSG_DONTWAIT);

    if (size >= 0)
        arrival->at = stamp_of(&header);
    return size;
}

/* How the playout is to take a packet of sound. False: it is none. */
static bool law_of(enum packet_kind kind, enum playout_law *law)
{
    *law = kind == PACKET_PCMU ? PLAYOUT_PCMU : kind == PACKET_PCMA ? PLAYOUT_PCMA : PLAYOUT_AGREED;
    return kind == PACKET_SOUND || *law != PLAYOUT_AGREED;
}

static bool is_known(const struct stream *stream, const struct packet *packet,
                     enum packet_kind kind)
{
    enum playout_law law;

    if (!law_of(kind, &law))
        return kind != PACKET_FOREIGN;
    return stream->coding &&
           playout_knows(&stream->coding->playout, packet->payload, packet->payload_size, law);
}

void read_play(struct stream *stream, const struct packet *packet, enum packet_kind kind)
{
    struct playout_packet sound = {.payload = packet->payload,
                                   .size = packet->payload_size,
                                   .timestamp = packet->timestamp,
                                   .arrival = (uint32_t)(packet->arrival / 1000),
                                   .sequence = packet->sequence,
                                   .restart = packet->restart};

    if (law_of(kind, &sound.law))
        playout_put(&stream->coding->playout, &sound);
    else if (kind == PACKET_NOISE && stream->coding)
        playout_noise(&stream->coding->playout, &sound);
}

/* Counts it; true when it may be heard, as sound or as a key. */
static bool take(struct stream *stream, struct packet *packet, enum packet_kind kind)
{
    uint32_t arrival =
        (uint32_t)(packet->arrival / 1000 * (codec_clock(&stream->params.format) / 1000) / 1000);
    enum sequence_verdict verdict = sequence_take(&stream->sequence, packet->sequence);

    stream->idle = 0;
    problem_take(stream, kind, packet->payload_size);
    packet->restart = verdict == SEQUENCE_RESTART;
    if (packet->restart)
        keys_in_doubt(stream);
    if (kind != PACKET_EVENT) /* its timestamp stands still: no measure of jitter */
        sequence_time(&stream->sequence, packet->timestamp, arrival);
    reports_count(stream, packet);
    if (verdict == SEQUENCE_DUPLICATE)
        return false;
    stream->bytes_in += packet->payload_size;
    return stream->params.receive;
}

enum packet_kind read_examine(struct stream *stream, struct arrival *arrival, size_t size,
                              struct packet *packet)
{
    enum packet_kind kind = PACKET_FOREIGN;

    *packet = (struct packet){.size = 0};
    if (!secret_open(stream, arrival, &size))
        return kind;
    if (stream_parse(packet, arrival->bytes, size))
        kind = stream_kind(&stream->params, packet->type);
    packet->arrival = arrival->at ? arrival->at : stream->now;
    if (kind == PACKET_FOREIGN || !is_known(stream, packet, kind)) {
        stream->invalid++;
        if (packet->size && kind == PACKET_FOREIGN)
            problem_unknown(stream, packet, &arrival->from);
    } else if (carrier_collides(stream, packet->ssrc)) {
        stream->strange++;
    } else if (!latch_admit(stream, packet, &arrival->from)) {
        problem_strange(stream, &arrival->from);
    } else if (take(stream, packet, kind)) {
        if (kind == PACKET_EVENT)
            keys_in_take(stream, packet);
        return kind;
    }
    return PACKET_FOREIGN;
}

unsigned stream_read(struct stream *stream, int64_t now)
{
    struct arrival arrival;
    struct packet packet;
    unsigned count = 0;

    stream->idle++;
    stream->now = now;
    latch_tick(stream);
    secret_tick(stream);
    for (int i = 0; i < BATCH; i++) {
        ssize_t size = read_socket(stream->rtp, &arrival);

        if (size < 0 && errno == ECONNREFUSED) /* the peer's port is shut: told by ICMP */
            continue;
        if (size < 0)
            break;
        count++;
        read_play(stream, &packet, read_examine(stream, &arrival, (size_t)size, &packet));
        if (!stream->dry && now - arrival.at < WAITED)
            break;
    }
    stream->dry = !count;
    keys_in_tick(stream);
    return count;
}

static void take_report(struct stream *stream, struct arrival *arrival, size_t size)
{
    if (stream->connected && !secret_open_report(stream, arrival, &size))
        return;
    if (!stream->connected || !latch_admit_report(stream, &arrival->from, arrival->bytes, size))
        stream->strange++;
    else
        reports_take(stream, arrival->bytes, size);
}

unsigned stream_read_reports(struct stream *stream)
{
    struct arrival arrival;
    unsigned count;

    for (count = 0; count < BATCH; count++) {
        ssize_t size = read_socket(stream->rtcp, &arrival);

        if (size < 0 && errno == ECONNREFUSED)
            continue;
        if (size < 0)
            break;
        take_report(stream, &arrival, (size_t)size);
    }
    return count;
}
