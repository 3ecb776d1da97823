/* phone_receive.c: what a phone port hears: packets kept with the kernel's time of
 * arrival, gaps counted, digits recognised (RFC 3550 §A.1, RFC 4733 §2.5). */
#include "cli/phone_rtp_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADER = 12, EVENT_SIZE = 4, DATAGRAM = 2048 };

struct parsed {
    bool marker;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    const uint8_t *payload;
    size_t size;
};

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool parse(struct parsed *p, const uint8_t *in, size_t size)
{
    size_t head = HEADER, tail = 0;

    if (size < HEADER || in[0] >> 6 != 2)
        return false;
    head += 4 * (size_t)(in[0] & 15);
    if (in[0] & 0x10) {
        if (size < head + 4)
            return false;
        head += 4 + 4 * (size_t)(word(in + head) & 0xffff);
    }
    if (in[0] & 0x20)
        tail = in[size - 1];
    if (size < head + tail)
        return false;
    p->marker = in[1] >> 7;
    p->payload_type = in[1] & 0x7f;
    p->sequence = (uint16_t)(in[2] << 8 | in[3]);
    p->timestamp = word(in + 4);
    p->ssrc = word(in + 8);
    p->payload = in + head;
    p->size = size - head - tail;
    return true;
}

/* Counts by sequence number; false: it came before. */
static bool count(struct phone_port *port, const struct parsed *p)
{
    struct receiving *r = &port->receiving;
    int16_t ahead = (int16_t)(p->sequence - r->highest);

    if (!r->any || r->ssrc != p->ssrc) {
        r->any = true;
        r->ssrc = p->ssrc;
        r->highest = p->sequence;
        r->window = 1;
        port->stats.sources++;
    } else if (ahead > 0) {
        port->stats.lost += (unsigned)ahead - 1;
        r->window = ahead < 64 ? r->window << ahead | 1 : 1;
        r->highest = p->sequence;
    } else if (ahead <= -64 || r->window >> -ahead & 1) {
        port->stats.duplicate++;
        return false;
    } else {
        r->window |= (uint64_t)1 << -ahead;
        port->stats.late++;
        if (port->stats.lost)
            port->stats.lost--;
    }
    return true;
}

static void fill(struct phone_packet *packet, const struct parsed *p, int64_t arrived)
{
    packet->arrived = arrived;
    packet->timestamp = p->timestamp;
    packet->sequence = p->sequence;
    packet->payload_type = p->payload_type;
    packet->size = (uint16_t)(p->size < PHONE_PAYLOAD ? p->size : PHONE_PAYLOAD);
    memcpy(packet->payload, p->payload, packet->size);
}

static void trace(struct receiving *r, const struct phone_packet *packet)
{
    if (r->traced == TRACE_LIMIT)
        return;
    if (r->traced == r->trace_room) {
        size_t room = r->trace_room ? 2 * r->trace_room : 512;
        struct phone_packet *grown = realloc(r->trace, room * sizeof *grown);

        if (!grown)
            return;
        r->trace = grown;
        r->trace_room = room;
    }
    r->trace[r->traced++] = *packet;
}

struct told {
    struct phone_port *port;
    char digit;
    unsigned duration;
};

static void tell(void *arg)
{
    struct told *told = arg;

    if (told->port->digit)
        told->port->digit(told->digit, told->duration, told->port->arg);
    mem_unref(told->port);
    free(told);
}

static void digit_over(struct phone_port *port)
{
    struct receiving *r = &port->receiving;
    struct told *told = malloc(sizeof *told);

    if (told) {
        told->port = mem_ref(port);
        told->digit = r->digit;
        told->duration = r->digit_units / r->event_units;
        if (loop_post(port->loop, tell, told)) {
            mem_unref(port);
            free(told);
        }
    }
    r->reported = true;
    r->reported_timestamp = r->digit_timestamp;
    r->digit = 0;
}

static void event(struct phone_port *port, const struct parsed *p)
{
    static const char names[] = "0123456789*#ABCD";
    struct receiving *r = &port->receiving;

    port->stats.events++;
    if (p->size < EVENT_SIZE || p->payload[0] > 15)
        return;
    if (r->reported && r->reported_timestamp == p->timestamp)
        return; /* an end packet once more */
    if (r->digit && r->digit_timestamp != p->timestamp)
        digit_over(port);
    r->digit = names[p->payload[0]];
    r->digit_timestamp = p->timestamp;
    r->digit_units = (unsigned)(p->payload[2] << 8 | p->payload[3]);
    r->digit_seen = clock_mono_ns();
    if (p->payload[1] & 0x80)
        digit_over(port);
}

/* Our own number goes before one of theirs that we call sound. */
static bool is_event(const struct receiving *r, uint8_t type)
{
    if (!r->event_payload_type)
        return false;
    return type == r->own_event_type ||
           (type == r->event_payload_type && type != r->own_payload_type);
}

static void take(struct phone_port *port, const uint8_t *in, size_t size, int64_t arrived)
{
    struct receiving *r = &port->receiving;
    struct phone_packet *packet = &r->history[r->next % PHONE_HISTORY];
    struct parsed p;

    if (!parse(&p, in, size)) {
        port->stats.invalid++;
        return;
    }
    if (!count(port, &p))
        return;
    port->stats.received++;
    port->stats.last_arrived = arrived;
    if (!port->stats.first_arrived)
        port->stats.first_arrived = arrived;
    if (is_event(r, p.payload_type)) {
        event(port, &p);
        if (r->tracing) {
            struct phone_packet copy;

            fill(&copy, &p, arrived);
            trace(r, &copy);
        }
        return;
    }
    fill(packet, &p, arrived);
    r->next++;
    if (r->tracing)
        trace(r, packet);
}

static int64_t arrival(struct msghdr *message)
{
    struct timespec at;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&at, CMSG_DATA(c), sizeof at);
            return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
        }
    }
    clock_gettime(CLOCK_REALTIME, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void drain(struct phone_port *port, int fd, bool rtcp)
{
    uint8_t in[DATAGRAM];
    char control[128];
    struct iovec iov = {in, sizeof in};
    ssize_t size;

    while (fd >= 0) {
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};

        size = recvmsg(fd, &message, MSG_DONTWAIT);
        if (size < 0)
            return;
        if (rtcp)
            port->stats.rtcp++;
        else
            take(port, in, (size_t)size, arrival(&message));
    }
}

void phone_receive(struct phone_port *port)
{
    drain(port, port->pair.rtp, false);
    drain(port, port->pair.rtcp, true);
    drain(port, port->old.rtp, false);
    drain(port, port->old.rtcp, true);
}

void phone_receive_tick(struct phone_port *port, int64_t now)
{
    struct receiving *r = &port->receiving;

    if (r->digit && now - r->digit_seen > DIGIT_LOST_MS * INT64_C(1000000))
        digit_over(port);
    if (port->old_until && now > port->old_until) {
        phone_pair_close(&port->old);
        port->old_until = 0;
    }
}
