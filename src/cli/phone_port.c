/* phone_port.c: opening, steering and asking one port of a phone. */
#include "cli/phone_rtp_private.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIR_TRIES = 100, PORT_LOW = 40000, PORT_SPAN = 20000, RECEIVE_BUFFER = 1 << 18 };

static int bind_one(int *fdp, struct sockaddr_storage *at, unsigned port)
{
    int fd, on = 1, size = RECEIVE_BUFFER, err = 0;
    socklen_t length =
        at->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

    if (at->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)at)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)at)->sin_port = htons((uint16_t)port);
    fd = socket(at->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)at, length) < 0) {
        err = errno;
        close(fd);
        return err;
    }
    *fdp = fd;
    return 0;
}

static int pair_open(struct pair *pair, const char *address)
{
    struct sockaddr_storage at;
    int err = EADDRINUSE;

    memset(&at, 0, sizeof at);
    pair->rtp = pair->rtcp = -1;
    at.ss_family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(at.ss_family, address,
                  at.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&at)->sin6_addr
                                           : (void *)&((struct sockaddr_in *)&at)->sin_addr) != 1)
        return EINVAL;
    for (int i = 0; i < PAIR_TRIES && err == EADDRINUSE; i++) {
        uint16_t random;
        unsigned port;

        id_random(&random, sizeof random);
        port = PORT_LOW + random % PORT_SPAN / 2 * 2;
        err = bind_one(&pair->rtp, &at, port);
        if (err)
            continue;
        err = bind_one(&pair->rtcp, &at, port + 1);
        if (err) {
            close(pair->rtp);
            pair->rtp = -1;
        }
        pair->number = (uint16_t)port;
    }
    return err;
}

void phone_pair_close(struct pair *pair)
{
    if (pair->rtp >= 0)
        close(pair->rtp);
    if (pair->rtcp >= 0)
        close(pair->rtcp);
    pair->rtp = pair->rtcp = -1;
}

static void watch(struct phone_port *port)
{
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = port};

    epoll_ctl(port->engine->epoll, EPOLL_CTL_ADD, port->pair.rtp, &in);
    epoll_ctl(port->engine->epoll, EPOLL_CTL_ADD, port->pair.rtcp, &in);
}

static void destroy(void *obj)
{
    struct phone_port *port = obj;

    phone_pair_close(&port->pair);
    phone_pair_close(&port->old);
    free(port->receiving.trace);
    free(port->sending.sound);
    if (port->sending.stray >= 0)
        close(port->sending.stray);
    mem_unref(port->engine);
    mem_unref(port->loop);
}

int phone_port_open(struct phone_port **portp, struct phone_rtp *engine, const char *address,
                    struct loop *loop, phone_digit_h *digit, void *arg)
{
    const int64_t step = TICK_MS * INT64_C(1000000);
    struct phone_port *port = mem_alloc(sizeof *port, destroy);
    int err;

    if (!port)
        return ENOMEM;
    port->magic = PORT_MAGIC;
    port->engine = mem_ref(engine);
    port->loop = mem_ref(loop);
    port->digit = digit;
    port->arg = arg;
    port->old.rtp = port->old.rtcp = port->sending.stray = -1;
    port->sending.fault.payload_type = -1;
    id_random(&port->sending.ssrc, sizeof port->sending.ssrc);
    id_random(&port->sending.sequence, sizeof port->sending.sequence);
    id_random(&port->sending.timestamp, sizeof port->sending.timestamp);
    port->sending.keys = (struct phone_keys){.on = DIGIT_MS, .off = DIGIT_GAP_MS, .events = true};
    err = pair_open(&port->pair, address);
    if (err) {
        mem_unref(port);
        return err;
    }
    pthread_mutex_lock(&engine->lock);
    port->sending.due = engine->opened++ % (FRAME_MS / TICK_MS) * step; /* our phase */
    watch(port);
    list_append(&engine->ports, &port->node);
    pthread_cond_signal(&engine->some);
    pthread_mutex_unlock(&engine->lock);
    *portp = port;
    return 0;
}

void phone_port_close(struct phone_port *port)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    port->digit = NULL;
    pthread_mutex_lock(&port->engine->lock);
    list_remove(&port->node);
    port->sending.on = false;
    phone_receive(port); /* what has come already counts */
    phone_pair_close(&port->pair);
    phone_pair_close(&port->old);
    pthread_mutex_unlock(&port->engine->lock);
}

uint16_t phone_port_number(struct phone_port *port)
{
    uint16_t number;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    number = port->pair.number;
    pthread_mutex_unlock(&port->engine->lock);
    return number;
}

int phone_port_move(struct phone_port *port, const char *address)
{
    struct pair pair;
    int err = pair_open(&pair, address);

    MAGIC_CHECK(port, PORT_MAGIC);
    if (err)
        return err;
    pthread_mutex_lock(&port->engine->lock);
    phone_pair_close(&port->old);
    port->old = port->pair;
    port->old_until = 0;
    port->pair = pair;
    watch(port);
    pthread_mutex_unlock(&port->engine->lock);
    return 0;
}

static void begin(struct sending *s)
{
    const int64_t step = FRAME_MS * INT64_C(1000000);
    int64_t phase = s->due % step, now = clock_mono_ns();

    s->due = now - now % step + phase + step;
    s->marker = true;
}

void phone_port_direct(struct phone_port *port, const struct offer_agreed *agreed)
{
    struct sending *s = &port->sending;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    if (!agreed || !agreed->send) {
        s->on = false;
    } else {
        if (!s->on)
            begin(s);
        s->on = true;
        s->to = agreed->remote;
        s->payload_type = agreed->format.codec == CODEC_PCMA ? PHONE_PCMA : PHONE_PCMU;
        s->event_payload_type = agreed->event_payload_type;
    }
    if (agreed) {
        port->receiving.event_payload_type = agreed->event_payload_type;
        port->old_until = clock_mono_ns() + OLD_PAIR_MS * INT64_C(1000000);
    }
    pthread_mutex_unlock(&port->engine->lock);
}

void phone_port_tone(struct phone_port *port, unsigned hz, unsigned amplitude)
{
    struct sending *s = &port->sending;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    s->wanted_gain = hz ? amplitude : 0;
    if (hz)
        s->wanted_hz = hz;
    if (s->gain == 0)
        s->hz = s->wanted_hz;
    pthread_mutex_unlock(&port->engine->lock);
}

void phone_port_play(struct phone_port *port, int16_t *samples, size_t count)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    free(port->sending.sound);
    port->sending.sound = samples;
    port->sending.sound_count = count;
    port->sending.sound_at = 0;
    pthread_mutex_unlock(&port->engine->lock);
}

bool phone_port_playing(struct phone_port *port)
{
    bool playing;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    playing = port->sending.sound != NULL;
    pthread_mutex_unlock(&port->engine->lock);
    return playing;
}

void phone_port_hush(struct phone_port *port, bool hush)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    port->sending.hush = hush;
    pthread_mutex_unlock(&port->engine->lock);
}

int phone_port_dtmf(struct phone_port *port, const char *digits)
{
    struct sending *s = &port->sending;
    size_t count = strlen(digits);
    int err = 0;

    MAGIC_CHECK(port, PORT_MAGIC);
    if (count == 0 || strspn(digits, "0123456789*#ABCDp") != count)
        return EINVAL;
    pthread_mutex_lock(&port->engine->lock);
    if (!s->event_payload_type && s->keys.events)
        err = ENOTSUP;
    else if (s->waiting + count > DIGITS_WAITING)
        err = ENOSPC;
    else
        memcpy(s->digits + s->waiting, digits, count);
    if (!err)
        s->waiting += (unsigned)count;
    pthread_mutex_unlock(&port->engine->lock);
    return err;
}

void phone_port_keys(struct phone_port *port, const struct phone_keys *keys)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    port->sending.keys = *keys;
    pthread_mutex_unlock(&port->engine->lock);
}

void phone_port_spoil(struct phone_port *port, const struct phone_spoil *spoil)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    port->sending.spoil = *spoil;
    pthread_mutex_unlock(&port->engine->lock);
}

/* Copies the newest packets that came within the window; oldest first. */
static unsigned newest(struct phone_port *port, unsigned window, struct phone_packet *out)
{
    struct receiving *r = &port->receiving;
    unsigned wanted = window / FRAME_MS ? window / FRAME_MS : 1, have = 0;
    struct timespec now;
    int64_t from;

    clock_gettime(CLOCK_REALTIME, &now);
    /* two frames more than the window: one may be on its way, one be early */
    from =
        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (window + 2 * FRAME_MS) * INT64_C(1000000);
    if (wanted > PHONE_HISTORY)
        wanted = PHONE_HISTORY;
    while (have < wanted && have < r->next) {
        const struct phone_packet *p = &r->history[(r->next - have - 1) % PHONE_HISTORY];

        if (p->arrived < from)
            break;
        out[wanted - ++have] = *p;
    }
    memmove(out, out + wanted - have, have * sizeof *out);
    return have;
}

/* Lays the packets on one line of samples by their timestamps; gaps are silence. */
static size_t lay(const struct phone_packet *packets, unsigned count, int16_t *samples, size_t room)
{
    uint32_t start = packets[0].timestamp;
    size_t end = 0;

    memset(samples, 0, room * sizeof *samples);
    for (unsigned i = 0; i < count; i++) {
        size_t at = packets[i].timestamp - start;

        if (at > room || at < end || at > end + PHONE_RATE)
            start = packets[i].timestamp - (uint32_t)(at = end); /* the stream jumped: go on */
        if (at + packets[i].size > room)
            break;
        phone_tone_decode(packets[i].payload_type, samples + at, packets[i].payload,
                          packets[i].size);
        end = at + packets[i].size;
    }
    return end;
}

static void measure(const int16_t *samples, size_t count, struct phone_heard *heard)
{
    for (unsigned hz = PHONE_LOWEST; hz <= PHONE_HIGHEST; hz += PHONE_STEP) {
        double amplitude = phone_tone_amplitude(samples, count, hz);

        if (amplitude > PHONE_AUDIBLE)
            heard->tones[heard->count++] = (struct phone_tone){hz, amplitude};
    }
}

void phone_port_heard(struct phone_port *port, unsigned window, struct phone_heard *heard)
{
    const size_t room = (size_t)PHONE_HISTORY * PHONE_PAYLOAD;
    struct phone_packet *packets = malloc(PHONE_HISTORY * sizeof *packets);
    int16_t *samples = malloc(room * sizeof *samples);

    MAGIC_CHECK(port, PORT_MAGIC);
    memset(heard, 0, sizeof *heard);
    if (packets && samples) {
        pthread_mutex_lock(&port->engine->lock);
        heard->packets = newest(port, window, packets);
        pthread_mutex_unlock(&port->engine->lock);
        if (heard->packets) {
            unsigned last = heard->packets - 1;

            heard->lost = (uint16_t)(packets[last].sequence - packets[0].sequence) - last;
            measure(samples, lay(packets, heard->packets, samples, room), heard);
        }
    }
    free(packets);
    free(samples);
}

void phone_port_stats(struct phone_port *port, struct phone_stats *stats)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    *stats = port->stats;
    pthread_mutex_unlock(&port->engine->lock);
}

void phone_port_trace(struct phone_port *port)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    port->receiving.traced = 0;
    port->receiving.tracing = true;
    pthread_mutex_unlock(&port->engine->lock);
}

void phone_port_traced(struct phone_port *port, struct phone_packet **packets, size_t *count)
{
    struct receiving *r = &port->receiving;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    *packets = r->trace;
    *count = r->traced;
    r->tracing = false;
    r->trace = NULL;
    r->traced = r->trace_room = 0;
    pthread_mutex_unlock(&port->engine->lock);
}
