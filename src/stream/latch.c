/* latch.c: whom we listen to, and send to (symmetric RTP).
 *
 *   open ──a packet from the signalled address──────────────> locked
 *     └──PROBATION in a row, one source and SSRC, elsewhere──> locked
 *   locked ──stream_connect() with another address──> open
 *
 * Once locked the socket is connected, so the kernel drops everybody else; what
 * was queued before that is dropped and counted here. */
#include "net/addr.h"
#include "stream/private.h"

#include <string.h>

enum {
    PROBATION = 5, /* packets in a row */
    NEW_SSRC = 2   /* packets in a row of another SSRC from the peer's address */
};

void latch_unlock(struct stream *stream)
{
    struct sockaddr_storage nobody = {.ss_family = AF_UNSPEC};

    if (stream->latch.locked)
        (void)connect(stream->rtp, (struct sockaddr *)&nobody, sizeof nobody); /* cannot fail */
    memset(&stream->latch, 0, sizeof stream->latch);
}

static void lock(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from)
{
    struct latch *latch = &stream->latch;

    latch->locked = true;
    latch->peer = *from;
    latch->ssrc = packet->ssrc;
    /* Fails only without a way back to the peer, and then nothing could be sent either. */
    (void)connect(stream->rtp, (const struct sockaddr *)from, addr_size(from));
    if (!addr_same_host(from, &stream->rtcp_to)) {
        stream->rtcp_to = *from;
        addr_set_port(&stream->rtcp_to, (uint16_t)(addr_port(from) + 1));
    }
    sequence_restart(&stream->sequence);
    keys_in_restart(stream);
    stream->events.latched(from, stream->arg);
}

static bool on_probation(struct latch *latch, const struct packet *packet,
                         const struct sockaddr_storage *from)
{
    if (latch->candidate_count && latch->candidate_ssrc == packet->ssrc &&
        latch->candidate_next == packet->sequence && addr_same(&latch->candidate, from)) {
        latch->candidate_count++;
    } else {
        latch->candidate = *from;
        latch->candidate_ssrc = packet->ssrc;
        latch->candidate_count = 1;
    }
    latch->candidate_next = (uint16_t)(packet->sequence + 1);
    return latch->candidate_count < PROBATION;
}

/* The peer's own address, another SSRC: a new sender behind it, if it goes on. */
static bool admit_ssrc(struct stream *stream, const struct packet *packet)
{
    struct latch *latch = &stream->latch;

    if (packet->ssrc == latch->ssrc) {
        latch->other_count = 0;
        return true;
    }
    if (latch->other_count && latch->other_ssrc == packet->ssrc)
        latch->other_count++;
    else
        latch->other_count = 1;
    latch->other_ssrc = packet->ssrc;
    if (latch->other_count < NEW_SSRC)
        return false;
    latch->ssrc = packet->ssrc;
    latch->other_count = 0;
    sequence_restart(&stream->sequence);
    keys_in_restart(stream);
    playout_reset(&stream->playout);
    return true;
}

bool latch_admit(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from)
{
    struct latch *latch = &stream->latch;

    if (latch->locked && addr_same(from, &latch->peer))
        return admit_ssrc(stream, packet);
    if (latch->locked ||
        (!addr_same(from, &stream->params.remote) && on_probation(latch, packet, from))) {
        stream->strange++;
        return false;
    }
    lock(stream, packet, from);
    return true;
}

bool latch_admit_report(struct stream *stream, const struct sockaddr_storage *from)
{
    const struct latch *latch = &stream->latch;

    if (!addr_same_host(from, latch->locked ? &latch->peer : &stream->params.remote))
        return false;
    if (latch->locked)
        stream->rtcp_to = *from;
    return true;
}
