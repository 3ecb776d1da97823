/* latch.c: whom we listen to, and send to.
 *
 *   open ──a packet from the signalled address───────────────────────────> locked
 *     └──another one, behind a NAT by all that can be told──> learned ──────> locked
 *   learned ──a packet from the signalled address────────────────────────> locked
 *   locked, learned ──stream_connect() with another address──> open
 *
 * Anybody can send to our port, and must neither be heard nor be sent a copy of the call (RTP
 * bleed). The peer that SDP names is believed at once, and at any time. Another is learned only
 * where that one cannot be the sender: SDP names a host behind a NAT, and the packets come from the
 * host that signals; or, for a short time after each offer, when nothing has come from where SDP
 * says, one source sends what a phone would, at a phone's pace, and nobody else sends anything.
 *
 * Once locked the socket is connected, so the kernel drops everybody else; what was queued before
 * that is dropped and counted here. While the peer is quiet it is not connected, so that we can
 * tell whether packets come from elsewhere (problem.c); nor with a learned one, so that the
 * signalled one is still heard of. */
#include "net/addr.h"
#include "stream/bytes.h"
#include "stream/private.h"

#include <string.h>

enum {
    NEAR_ROW = 5, /* packets in a row from the host that signals */
    FAR_ROW = 25, /* from anywhere else */
    NEW_SSRC = 2, /* packets in a row of another SSRC from the peer's address */
    SECOND = 1000 /* [ms] */
};

enum {
    PATIENCE = 2 * SECOND, /* the signalled peer has to begin */
    LEARNING = 10 * SECOND,
    RIVAL = 2 * SECOND, /* that two others sent at the same time is remembered */
    ROW_TIME = 400,     /* [ms] that FAR_ROW takes a phone, at least */
    ROW_SLACK = 100     /* [ms] by which timestamps and arrivals may differ, at least */
};

static int64_t ms_since(const struct stream *stream, int64_t then)
{
    return (stream->now - then) / 1000000;
}

static void connect_to(const struct stream *stream, const struct sockaddr_storage *to)
{
    static const struct sockaddr_storage nobody = {.ss_family = AF_UNSPEC};

    /* Fails only without a way to the peer, and then nothing could be sent either. */
    if (to)
        (void)connect(stream->rtp, (const struct sockaddr *)to, addr_size(to));
    else
        (void)connect(stream->rtp, (const struct sockaddr *)&nobody, sizeof nobody);
}

void latch_unlock(struct stream *stream)
{
    if (stream->latch.locked)
        connect_to(stream, NULL);
    memset(&stream->latch, 0, sizeof stream->latch);
}

void latch_renew(struct stream *stream)
{
    stream->latch.since = 0;
}

void latch_tick(struct stream *stream)
{
    if (!stream->latch.since)
        stream->latch.since = stream->now;
}

void latch_listen(struct stream *stream, bool wide)
{
    struct latch *latch = &stream->latch;

    if (!latch->locked || latch->learned || latch->wide == wide)
        return;
    latch->wide = wide;
    connect_to(stream, wide ? NULL : &latch->peer);
}

static void lock(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from, bool learned)
{
    struct latch *latch = &stream->latch;
    bool another = latch->locked;

    *latch = (struct latch){.locked = true,
                            .learned = learned,
                            .wide = learned,
                            .since = latch->since,
                            .peer = *from,
                            .ssrc = packet->ssrc};
    if (!learned)
        connect_to(stream, from);
    if (!addr_same_host(from, &stream->rtcp_to)) {
        stream->rtcp_to = *from;
        addr_set_port(&stream->rtcp_to, (uint16_t)(addr_port(from) + 1));
    }
    sequence_restart(&stream->sequence);
    keys_in_restart(stream);
    if (another && stream->coding)
        playout_restart(&stream->coding->playout);
    stream->events.latched(from, stream->arg);
}

/* Is it behind the NAT that the peer's signalling comes through? */
static bool is_near(const struct stream *stream, const struct sockaddr_storage *from)
{
    const struct stream_params *params = &stream->params;

    return params->signalling.ss_family && !addr_same_host(&params->signalling, &params->remote) &&
           addr_same_host(&params->signalling, from);
}

/* A packet that does not go on where the one on probation was: does it begin anew? Another source
 * does only when that one is quiet, or the new one is near; else both are one too many. */
static bool displaces(struct stream *stream, const struct sockaddr_storage *from, bool near)
{
    const struct candidate *candidate = &stream->latch.candidate;

    if (!candidate->count || ms_since(stream, candidate->last_at) > RIVAL ||
        addr_same(&candidate->from, from))
        return true;
    if (near == candidate->near)
        stream->latch.rival_at = stream->now;
    return near && !candidate->near;
}

static bool goes_on(const struct candidate *candidate, const struct packet *packet,
                    const struct sockaddr_storage *from)
{
    return candidate->count && candidate->ssrc == packet->ssrc &&
           candidate->next == packet->sequence && addr_same(&candidate->from, from);
}

/* False: it is not the one on probation. */
static bool note(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from)
{
    struct candidate *candidate = &stream->latch.candidate;
    bool near = is_near(stream, from);

    if (goes_on(candidate, packet, from)) {
        candidate->count++;
    } else if (displaces(stream, from, near)) {
        *candidate = (struct candidate){.from = *from,
                                        .ssrc = packet->ssrc,
                                        .count = 1,
                                        .near = near,
                                        .first_at = stream->now,
                                        .timestamp = packet->timestamp};
    } else {
        return false;
    }
    candidate->last_at = stream->now;
    candidate->next = (uint16_t)(packet->sequence + 1);
    return true;
}

/* Does its time go as ours does? Who guesses at numbers does not know how fast it should. */
static bool keeps_time(const struct stream *stream, const struct packet *packet)
{
    const struct candidate *candidate = &stream->latch.candidate;
    int64_t took = ms_since(stream, candidate->first_at);
    unsigned clock = codec_clock(&stream->params.format);
    int64_t said = (int64_t)(packet->timestamp - candidate->timestamp) * 1000 / clock;
    int64_t slack = took / 4 > ROW_SLACK ? took / 4 : ROW_SLACK;

    return took >= ROW_TIME && said >= took - slack && said <= took + slack;
}

/* May a packet from elsewhere be the peer's? */
static bool learn(struct stream *stream, const struct packet *packet,
                  const struct sockaddr_storage *from)
{
    struct latch *latch = &stream->latch;
    int64_t age = ms_since(stream, latch->since);

    if (stream->params.latch_strict || !note(stream, packet, from))
        return false;
    if (latch->candidate.near)
        return latch->candidate.count >= NEAR_ROW;
    return latch->candidate.count >= FAR_ROW && age >= PATIENCE && age <= LEARNING &&
           (!latch->rival_at || ms_since(stream, latch->rival_at) >= RIVAL) &&
           keeps_time(stream, packet);
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
    if (stream->coding)
        playout_restart(&stream->coding->playout);
    return true;
}

bool latch_admit(struct stream *stream, const struct packet *packet,
                 const struct sockaddr_storage *from)
{
    struct latch *latch = &stream->latch;
    bool signalled = addr_same(from, &stream->params.remote);

    if (latch->locked && addr_same(from, &latch->peer)) {
        latch_listen(stream, false);
        return admit_ssrc(stream, packet);
    }
    if (signalled && (!latch->locked || latch->learned)) {
        lock(stream, packet, from, false);
        return true;
    }
    if (!latch->locked && !signalled && learn(stream, packet, from)) {
        lock(stream, packet, from, true);
        return true;
    }
    stream->strange++;
    return false;
}

/* Where SDP says that reports come from. */
static bool is_signalled(const struct stream *stream, const struct sockaddr_storage *from)
{
    const struct stream_params *params = &stream->params;
    struct sockaddr_storage next = params->remote;

    if (addr_is_set(&params->remote_rtcp))
        return addr_same(from, &params->remote_rtcp);
    addr_set_port(&next, (uint16_t)(addr_port(&params->remote) + 1));
    return addr_same(from, &next);
}

/* From elsewhere a report is taken when it comes from the host of the peer we hear and knows its
 * SSRC, which nobody can guess; it tells where a NAT has put its port. */
bool latch_admit_report(struct stream *stream, const struct sockaddr_storage *from,
                        const uint8_t *bytes, size_t size)
{
    const struct latch *latch = &stream->latch;
    bool knows = latch->locked && size >= 8 && get32(bytes + 4) == latch->ssrc;

    if (latch->learned
            ? !addr_same_host(from, &latch->peer) || !knows
            : !is_signalled(stream, from) && (!knows || !addr_same_host(from, &latch->peer)))
        return false;
    stream->rtcp_to = *from;
    return true;
}
