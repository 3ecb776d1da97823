/* stream.c: a stream's life. */
#include "stream/stream.h"
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

    mem_unref(stream->coding);
    secret_release(&stream->secrets);
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

    if (!stream)
        return ENOMEM;
    stream->magic = STREAM_MAGIC;
    stream->rtp = rtp;
    stream->rtcp = rtcp;
    stream->events = *events;
    stream->arg = arg;
    carrier_open(stream);
    reports_open(stream);
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

/* The same format goes on without a seam, so only another one takes the place of what is there. */
static struct stream_coding *exchange(struct stream *stream, struct stream_coding *coding)
{
    struct stream_coding *old = stream->coding;

    if (!coding ||
        (old && codec_same(&old->format, &coding->format) && old->ptime == coding->ptime))
        return coding;
    stream->coding = coding;
    playout_count(&coding->playout, &stream->counts);
    return old;
}

static void forget_sound(struct stream *stream)
{
    if (stream->coding)
        playout_reset(&stream->coding->playout);
}

struct stream_coding *stream_connect(struct stream *stream, const struct stream_params *params,
                                     struct stream_coding *coding)
{
    bool moved = !addr_same(&stream->params.remote, &params->remote);
    struct stream_coding *old;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (!stream->connected)
        discard(stream->rtp);
    if (coding)
        secret_change(stream, &coding->secrets, params);
    stream->params = *params;
    old = exchange(stream, coding);
    if (!stream->connected || moved) {
        latch_unlock(stream);
        forget_sound(stream);
        stream->rtcp_to = params->remote_rtcp;
        if (!addr_is_set(&stream->rtcp_to)) {
            stream->rtcp_to = params->remote;
            addr_set_port(&stream->rtcp_to, (uint16_t)(addr_port(&params->remote) + 1));
        }
    }
    latch_renew(stream);
    if (!params->receive)
        forget_sound(stream);
    stream->connected = true;
    stream->idle = 0;
    problem_connect(stream);
    return old;
}

bool stream_connected(const struct stream *stream)
{
    return stream->connected;
}

unsigned stream_idle(const struct stream *stream)
{
    return stream->idle;
}

bool stream_slack(const struct stream *stream, struct slack *slack)
{
    if (stream->coding)
        return playout_slack(&stream->coding->playout, slack);
    *slack = (struct slack){.any = false};
    return true;
}

void stream_shift(struct stream *stream, int32_t by)
{
    if (stream->coding)
        playout_shift(&stream->coding->playout, by);
}
