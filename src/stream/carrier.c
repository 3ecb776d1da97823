/* carrier.c: the stream's oRTP session. oRTP never sees a socket: it is given a
 * transport of ours that hands it one packet when we have one, and that sends what
 * it built. Its jitter buffer is off and what it returns is not listened to: the
 * play-out has the sound already, so nothing oRTP drops as old can be missed. Its
 * share is the header and count of each packet we send, and RTCP. */
#include "base/id.h"
#include "net/addr.h"
#include "stream/private.h"

#include <errno.h>
#include <ortp/ortp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPORT_INTERVAL = 5000, /* [ms] */
    BUFFER = 1024           /* [bytes] of a packet given to oRTP; reports are shorter */
};

static ortp_socket_t no_socket(RtpTransport *transport)
{
    (void)transport;
    return -1;
}

static void keep_open(RtpTransport *transport)
{
    (void)transport;
}

static void free_transport(RtpTransport *transport)
{
    ortp_free(transport);
}

static int hand(mblk_t *msg, const uint8_t **bytes, size_t size)
{
    if (!*bytes)
        return 0;
    memcpy(msg->b_wptr, *bytes, size);
    *bytes = NULL;
    msg->timestamp.tv_sec = 1; /* else it asks the clock and complains */
    return (int)size;
}

static int hand_rtp(RtpTransport *transport, mblk_t *msg, int flags, struct sockaddr *from,
                    socklen_t *fromlen)
{
    struct stream *stream = transport->data;

    (void)flags;
    (void)from;
    *fromlen = 0;
    return hand(msg, &stream->arrived, stream->arrived_size);
}

static int hand_rtcp(RtpTransport *transport, mblk_t *msg, int flags, struct sockaddr *from,
                     socklen_t *fromlen)
{
    struct stream *stream = transport->data;

    (void)flags;
    (void)from;
    *fromlen = 0;
    return hand(msg, &stream->report, stream->report_size);
}

static size_t gather(struct iovec pieces[8], mblk_t *msg)
{
    size_t count = 0;

    for (; msg && count < 8; msg = msg->b_cont)
        pieces[count++] = (struct iovec){msg->b_rptr, (size_t)(msg->b_wptr - msg->b_rptr)};
    return count;
}

static void send_pieces(int fd, mblk_t *msg, struct sockaddr_storage *to)
{
    struct iovec pieces[8];
    struct msghdr header = {.msg_iov = pieces, .msg_iovlen = gather(pieces, msg)};

    if (to) {
        header.msg_name = to;
        header.msg_namelen = addr_size(to);
    }
    sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A send that fails is a lost packet, and one the peer has no use for later. */
static int send_rtp(RtpTransport *transport, mblk_t *msg, int flags, const struct sockaddr *to,
                    socklen_t tolen)
{
    struct stream *stream = transport->data;
    size_t size = msgdsize(msg);

    (void)flags;
    (void)to;
    (void)tolen;
    if (!stream->latch.locked)
        send_pieces(stream->rtp, msg, &stream->params.remote);
    else if (msg->b_cont)
        send_pieces(stream->rtp, msg, NULL);
    else
        send(stream->rtp, msg->b_rptr, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return (int)size;
}

static int send_rtcp(RtpTransport *transport, mblk_t *msg, int flags, const struct sockaddr *to,
                     socklen_t tolen)
{
    struct stream *stream = transport->data;

    (void)flags;
    (void)to;
    (void)tolen;
    if (stream->connected && addr_is_set(&stream->rtcp_to))
        send_pieces(stream->rtcp, msg, &stream->rtcp_to);
    return (int)msgdsize(msg);
}

static RtpTransport *make_transport(struct stream *stream, bool rtp)
{
    RtpTransport *transport = ortp_malloc0(sizeof *transport);

    transport->data = stream;
    transport->t_getsocket = no_socket;
    transport->t_sendto = rtp ? send_rtp : send_rtcp;
    transport->t_recvfrom = rtp ? hand_rtp : hand_rtcp;
    transport->t_close = keep_open;
    transport->t_destroy = free_transport;
    return transport;
}

void stream_init(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    ortp_init();
    ortp_set_log_level_mask(NULL, ORTP_FATAL);
}

static void name_source(RtpSession *session)
{
    char cname[ID_HEX32];

    id_hex32(cname); /* RFC 7022: tells nothing about us, new for each stream */
    rtp_session_set_source_description(session, cname, NULL, NULL, NULL, NULL, "offhook", NULL);
}

int carrier_open(struct stream *stream)
{
    RtpSession *session = rtp_session_new(RTP_SESSION_SENDRECV);
    RtpTransport *rtp = NULL, *rtcp = NULL;
    uint32_t random[3];

    if (!session)
        return ENOMEM;
    id_random(random, sizeof random);
    rtp_session_set_scheduling_mode(session, 0);
    rtp_session_set_blocking_mode(session, 0);
    rtp_session_set_connected_mode(session, 0);
    rtp_session_set_symmetric_rtp(session, 0);
    rtp_session_enable_jitter_buffer(session, 0);
    rtp_session_enable_adaptive_jitter_compensation(session, 0);
    rtp_session_set_recv_buf_size(session, BUFFER);
    rtp_session_set_ssrc_changed_threshold(session, 0);
    rtp_session_set_profile(session, &av_profile);
    rtp_session_set_payload_type(session, 0);
    rtp_session_set_ssrc(session, random[0]);
    rtp_session_set_seq_number(session, random[1] & 0x7fff);
    rtp_session_set_rtcp_report_interval(session, REPORT_INTERVAL);
    name_source(session);
    rtp_session_get_transports(session, &rtp, &rtcp);
    meta_rtp_transport_set_endpoint(rtp, make_transport(stream, true));
    meta_rtp_transport_set_endpoint(rtcp, make_transport(stream, false));
    stream->timestamp = random[2];
    stream->session = session;
    return 0;
}

void carrier_close(struct stream *stream)
{
    if (stream->session)
        rtp_session_destroy(stream->session);
    stream->session = NULL;
}

void carrier_send(struct stream *stream, const uint8_t *payload, size_t size, uint8_t type,
                  bool marker, uint32_t timestamp)
{
    mblk_t *msg = rtp_session_create_packet(stream->session, STREAM_HEADER, payload, size);

    rtp_set_payload_type(msg, type);
    rtp_set_markbit(msg, marker);
    rtp_session_sendm_with_ts(stream->session, msg, timestamp);
    stream->packets_out++;
    stream->bytes_out += size;
}

static void write_header(const struct stream *stream, uint8_t *at, uint8_t type, bool marker,
                         uint16_t number, uint32_t timestamp)
{
    uint32_t ssrc = rtp_session_get_send_ssrc(stream->session);

    at[0] = 0x80;
    at[1] = (uint8_t)(marker << 7 | type);
    at[2] = (uint8_t)(number >> 8);
    at[3] = (uint8_t)number;
    for (int i = 0; i < 4; i++) {
        at[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
        at[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
}

void carrier_pass(struct stream *stream, uint8_t *payload, size_t size, uint8_t type, bool marker,
                  uint16_t number, uint32_t timestamp)
{
    write_header(stream, payload - STREAM_HEADER, type, marker, number, timestamp);
    send(stream->rtp, payload - STREAM_HEADER, STREAM_HEADER + size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if ((int16_t)(uint16_t)(number - carrier_next(stream)) >= 0)
        rtp_session_set_seq_number(stream->session, (uint16_t)(number + 1));
    stream->packets_out++;
    stream->bytes_out += size;
}

uint16_t carrier_next(const struct stream *stream)
{
    return (uint16_t)rtp_session_get_seq_number(stream->session);
}

/* oRTP reads its sockets only when asked for another time than the last one. */
static void ask(struct stream *stream, uint32_t arrival)
{
    mblk_t *msg;

    if (arrival == stream->arrival)
        arrival++;
    stream->arrival = arrival;
    msg = rtp_session_recvm_with_ts(stream->session, arrival);
    if (msg)
        freemsg(msg);
}

void carrier_count(struct stream *stream, const struct packet *packet, uint32_t arrival)
{
    size_t most = (size_t)(packet->payload - packet->bytes) + 1;

    if (most > BUFFER || packet->bytes[0] & 0x30)
        return; /* an extension or padding that is cut off would only confuse it */
    stream->arrived = packet->bytes;
    stream->arrived_size = most < packet->size ? most : packet->size;
    ask(stream, arrival);
    stream->arrived = NULL;
}

void carrier_report(struct stream *stream, const uint8_t *bytes, size_t size)
{
    if (size > BUFFER)
        return;
    stream->report = size ? bytes : NULL;
    stream->report_size = size;
    ask(stream, stream->arrival + 1);
    stream->report = NULL;
}

void stream_bye(struct stream *stream)
{
    if (stream->connected)
        rtp_session_bye(stream->session, NULL);
}

void carrier_restart(struct stream *stream)
{
    rtp_session_resync(stream->session);
}

double carrier_round_trip(const struct stream *stream)
{
    float seconds = rtp_session_get_round_trip_propagation(stream->session);

    return seconds > 0 ? (double)seconds * 1000.0 : 0;
}
