/* carrier.c: packets of ours: numbered, their header written in the place before the payload,
 * and sent at once. */
#include "base/id.h"
#include "net/addr.h"
#include "stream/bytes.h"
#include "stream/private.h"

#include <sys/socket.h>

enum {
    LOOP = 500, /* [frames] without a packet of our own, 10 s: a loop is over */
    VOICE = 50  /* [frames] without one of the peer's: it has no voice of its own */
};

static void begin(struct stream *stream)
{
    uint32_t random[2];

    id_random(random, sizeof random);
    stream->source = (struct source){.ssrc = random[0],
                                     .before = stream->source.ssrc,
                                     .sequence = random[1] & 0x7fff, /* SRTP: far from its wrap */
                                     .voice = stream->source.voice};
}

void carrier_open(struct stream *stream)
{
    begin(stream);
    stream->source.before = stream->source.ssrc;
    id_random(&stream->timestamp, sizeof stream->timestamp);
}

void carrier_renew(struct stream *stream)
{
    reports_bye(stream);
    begin(stream);
}

/* One that fails is a lost packet, and one the peer has no use for later. */
static void transmit(struct stream *stream, const uint8_t *packet, size_t size)
{
    uint8_t sealed[SRTP_PACKET];
    const struct latch *latch = &stream->latch;
    const struct sockaddr_storage *to = latch->locked ? &latch->peer : &stream->params.remote;

    if (stream->secrets.out) {
        size = secret_seal(stream, sealed, packet, size);
        packet = sealed;
    }
    if (!size)
        return;
    if (latch->locked && !latch->wide)
        send(stream->rtp, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
        sendto(stream->rtp, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
               addr_size(to));
}

void carrier_pass(struct stream *stream, uint8_t *payload, size_t size, uint8_t type, bool marker,
                  uint16_t number, uint32_t timestamp)
{
    struct source *source = &stream->source;
    uint8_t *packet = payload - STREAM_HEADER;

    packet[0] = 0x80;
    packet[1] = (uint8_t)(type | (marker ? 0x80 : 0));
    put16(packet + 2, number);
    put32(packet + 4, timestamp);
    put32(packet + 8, source->ssrc);
    transmit(stream, packet, STREAM_HEADER + size);
    if ((int16_t)(uint16_t)(number - source->sequence) >= 0)
        source->sequence = (uint16_t)(number + 1);
    source->packets++;
    source->bytes += (uint32_t)size;
    stream->reports.fresh = REPORTS_FRESH;
    stream->packets_out++;
    stream->bytes_out += size;
}

void carrier_send(struct stream *stream, uint8_t *payload, size_t size, uint8_t type, bool marker,
                  uint32_t timestamp)
{
    carrier_pass(stream, payload, size, type, marker, stream->source.sequence, timestamp);
}

uint16_t carrier_next(const struct stream *stream)
{
    return stream->source.sequence;
}

void carrier_tick(struct stream *stream)
{
    struct source *source = &stream->source;

    if (source->loop)
        source->loop--;
    if (source->voice)
        source->voice--;
}

static bool is_ours(const struct source *source, uint32_t ssrc)
{
    return ssrc == source->ssrc || ssrc == source->before;
}

void carrier_hear(struct stream *stream, uint32_t ssrc)
{
    if (!is_ours(&stream->source, ssrc))
        stream->source.voice = VOICE;
}

bool carrier_collides(struct stream *stream, uint32_t ssrc)
{
    struct source *source = &stream->source;
    bool news = ssrc == source->ssrc && !source->loop;

    if (!is_ours(source, ssrc))
        return false;
    if (news)
        carrier_renew(stream);
    source->loop = LOOP;
    return news || source->voice > 0;
}
