/* read.c: from the socket to the play-out. One packet a frame is the rule, so one
 * system call a frame: only a packet that waited long, or came after a frame with
 * none, makes us look for another. */
#include "audio/g711.h"
#include "net/addr.h"
#include "stream/private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    PACKET_MAX = 2048,
    SAMPLES_MAX = 960, /* 120 ms */
    WAITED = 12000000, /* [ns] in the queue: another may be behind it */
    BATCH = 16         /* packets a frame, at most */
};

struct arrival {
    uint8_t bytes[PACKET_MAX];
    struct sockaddr_storage from;
    int64_t at; /* wall time [ns]; 0: unknown */
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

static ssize_t receive(int fd, struct arrival *arrival)
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

/* The law of a packet of sound. */
static enum codec law_of(const struct stream *stream, enum packet_kind kind)
{
    if (kind == PACKET_SOUND)
        return stream->params.format.codec;
    return kind == PACKET_PCMU ? CODEC_PCMU : CODEC_PCMA;
}

static bool is_sound(enum packet_kind kind)
{
    return kind == PACKET_SOUND || kind == PACKET_PCMU || kind == PACKET_PCMA;
}

static bool is_known(const struct packet *packet, enum packet_kind kind)
{
    if (is_sound(kind))
        return packet->payload_size > 0 && packet->payload_size <= SAMPLES_MAX;
    return kind != PACKET_FOREIGN;
}

static void play(struct stream *stream, const struct packet *packet, enum packet_kind kind)
{
    int16_t samples[SAMPLES_MAX];

    if (law_of(stream, kind) == CODEC_PCMU)
        g711_ulaw_decode(samples, packet->payload, packet->payload_size);
    else
        g711_alaw_decode(samples, packet->payload, packet->payload_size);
    playout_put(&stream->playout, packet->timestamp, samples, packet->payload_size);
}

static void take(struct stream *stream, const struct packet *packet, enum packet_kind kind,
                 int64_t at)
{
    uint32_t arrival = (uint32_t)(at / 125000);
    enum sequence_verdict verdict = sequence_take(&stream->sequence, packet->sequence);

    stream->idle = 0;
    if (verdict == SEQUENCE_RESTART)
        keys_in_doubt(stream);
    if (kind == PACKET_EVENT) /* its timestamp stands still: no measure of jitter */
        arrival = packet->timestamp + (uint32_t)stream->sequence.transit;
    else
        sequence_time(&stream->sequence, packet->timestamp, arrival);
    reports_count(stream, packet);
    if (verdict == SEQUENCE_DUPLICATE)
        return;
    stream->bytes_in += packet->payload_size;
    if (!stream->params.receive)
        return;
    if (kind == PACKET_EVENT)
        keys_in_take(stream, packet);
    else if (is_sound(kind))
        play(stream, packet, kind);
}

static void examine(struct stream *stream, const struct arrival *arrival, size_t size)
{
    enum packet_kind kind = PACKET_FOREIGN;
    struct packet packet;

    if (stream_parse(&packet, arrival->bytes, size))
        kind = stream_kind(&stream->params, packet.type);
    if (kind == PACKET_FOREIGN || !is_known(&packet, kind))
        stream->invalid++;
    else if (carrier_collides(stream, packet.ssrc))
        stream->strange++;
    else if (latch_admit(stream, &packet, &arrival->from))
        take(stream, &packet, kind, arrival->at);
}

unsigned stream_read(struct stream *stream, int64_t now)
{
    struct arrival arrival;
    unsigned count = 0;

    stream->idle++;
    for (int i = 0; i < BATCH; i++) {
        ssize_t size = receive(stream->rtp, &arrival);

        if (size < 0 && errno == ECONNREFUSED) /* the peer's port is shut: told by ICMP */
            continue;
        if (size < 0)
            break;
        count++;
        examine(stream, &arrival, (size_t)size);
        if (!stream->dry && now - arrival.at < WAITED)
            break;
    }
    stream->dry = !count;
    keys_in_tick(stream);
    return count;
}

unsigned stream_read_reports(struct stream *stream)
{
    struct arrival arrival;
    unsigned count;

    for (count = 0; count < BATCH; count++) {
        ssize_t size = receive(stream->rtcp, &arrival);

        if (size < 0 && errno == ECONNREFUSED)
            continue;
        if (size < 0)
            break;
        if (!stream->connected || !latch_admit_report(stream, &arrival.from))
            stream->strange++;
        else
            reports_take(stream, arrival.bytes, (size_t)size);
    }
    return count;
}

bool stream_get(struct stream *stream, unsigned rate, int16_t *frame)
{
    (void)rate;
    enum playout_sound sound = playout_get(&stream->playout, frame);

    if (sound == PLAYOUT_SOUND) {
        stream->frames_in++;
        plc_good(&stream->plc, frame, STREAM_FRAME);
        return true;
    }
    if (sound == PLAYOUT_SILENT || stream->keys_in.down)
        return false;
    stream->frames_concealed++;
    plc_lost(&stream->plc, frame, STREAM_FRAME);
    return true;
}
