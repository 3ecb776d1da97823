/* stream.c: a stream's life, its statistics, and the frame that goes out. */
#include "stream/stream.h"
#include "audio/g711.h"
#include "base/mem.h"
#include "net/addr.h"
#include "stream/private.h"

#include <assert.h>
#include <errno.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>

static void destroy(void *obj)
{
    struct stream *stream = obj;

    carrier_close(stream);
    stream->magic = 0;
}

/* Expedited forwarding for sound, and the kernel's time on each packet. */
static void set_options(int fd)
{
    int class = IPTOS_DSCP_EF, on = 1;

    setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof class);
    setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

int stream_alloc(struct stream **streamp, int rtp, int rtcp, const struct stream_events *events,
                 void *arg)
{
    struct stream *stream = mem_alloc(sizeof *stream, destroy);
    int err;

    if (!stream)
        return ENOMEM;
    stream->magic = STREAM_MAGIC;
    stream->rtp = rtp;
    stream->rtcp = rtcp;
    stream->events = *events;
    stream->arg = arg;
    playout_reset(&stream->playout);
    err = carrier_open(stream);
    if (err) {
        mem_unref(stream);
        return err;
    }
    set_options(rtp);
    *streamp = stream;
    return 0;
}

/* Sound that came before anybody was agreed on is nobody's. */
static void discard(int fd)
{
    char byte;

    for (int i = 0; i < 4096 && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0; i++)
        ;
}

void stream_connect(struct stream *stream, const struct stream_params *params)
{
    bool moved = !addr_same(&stream->params.remote, &params->remote);

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (!stream->connected)
        discard(stream->rtp);
    stream->params = *params;
    if (!stream->connected || moved) {
        latch_unlock(stream);
        playout_reset(&stream->playout);
        stream->rtcp_to = params->remote_rtcp;
        if (!addr_is_set(&stream->rtcp_to)) {
            stream->rtcp_to = params->remote;
            addr_set_port(&stream->rtcp_to, (uint16_t)(addr_port(&params->remote) + 1));
        }
    }
    if (!params->receive)
        playout_reset(&stream->playout);
    stream->connected = true;
    stream->idle = 0;
}

bool stream_connected(const struct stream *stream)
{
    return stream->connected;
}

static void encode(const struct stream *stream, uint8_t *payload, const int16_t *frame)
{
    bool ulaw = stream->params.codec == STREAM_PCMU;

    if (!frame)
        memset(payload, ulaw ? G711_ULAW_SILENCE : G711_ALAW_SILENCE, STREAM_FRAME);
    else if (ulaw)
        g711_ulaw_encode(payload, frame, STREAM_FRAME);
    else
        g711_alaw_encode(payload, frame, STREAM_FRAME);
}

bool stream_put(struct stream *stream, const int16_t *frame, unsigned frames)
{
    uint8_t payload[STREAM_FRAME];
    int16_t keys[STREAM_FRAME];
    enum keys_sound instead;

    stream->timestamp += frames * STREAM_FRAME;
    if (!stream->connected || !addr_is_set(&stream->params.remote))
        return false;
    if (!stream->params.send) /* digits wait, too */
        return false;
    instead = keys_out_tick(stream, keys);
    if (instead == KEYS_SENT)
        return true;
    encode(stream, payload, instead == KEYS_INSTEAD ? keys : frame);
    carrier_send(stream, payload, sizeof payload, stream->params.payload_type, !stream->started,
                 stream->timestamp);
    stream->started = true;
    return true;
}

unsigned stream_idle(const struct stream *stream)
{
    return stream->idle;
}

void stream_stats(const struct stream *stream, struct stream_stats *stats)
{
    const struct sequence *sequence = &stream->sequence;

    *stats = (struct stream_stats){
        .packets_in = sequence->received,
        .bytes_in = stream->bytes_in,
        .packets_out = stream->packets_out,
        .bytes_out = stream->bytes_out,
        .lost = sequence->lost,
        .late = stream->playout.late_packets,
        .duplicate = sequence->duplicate,
        .reordered = sequence->reordered,
        .invalid = stream->invalid,
        .strange = stream->strange,
        .jitter = sequence->jitter / 8,
        .jitter_max = sequence->jitter_max / 8,
        .round_trip = carrier_round_trip(stream),
        .frames_in = stream->frames_in,
        .frames_concealed = stream->frames_concealed,
    };
}
