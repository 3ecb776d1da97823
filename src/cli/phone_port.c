/* phone_port.c: opening, steering and asking one port of a phone. */
#include "cli/phone_rtp_private.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
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
    phone_coder_close(&port->sending.coder);
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
    const int64_t step = s->ptime * INT64_C(1000000);
    int64_t phase = s->due % step, now = clock_mono_ns();

    s->due = now - now % step + phase + step;
    s->marker = true;
}

static void direct_sending(struct sending *s, const struct offer_agreed *agreed)
{
    unsigned ptime = agreed->ptime ? agreed->ptime : FRAME_MS;
    bool anew = !s->on || ptime != s->ptime;

    s->ptime = ptime;
    if (anew)
        begin(s);
    s->on = true;
    s->to = agreed->remote;
    s->rate = codec_rate(&agreed->format);
    s->clock = codec_clock(&agreed->format);
    s->payload_type = agreed->payload_type;
    s->event_payload_type = agreed->event_payload_type;
    s->event_units = (agreed->event_clock ? agreed->event_clock : PHONE_RATE) / 1000;
}

static void direct_receiving(struct receiving *r, const struct offer_agreed *agreed)
{
    uint8_t own = agreed->receive_payload_type, event = agreed->receive_event_type;

    r->format = agreed->format;
    r->payload_type = agreed->payload_type;
    r->own_payload_type = own ? own : agreed->payload_type;
    r->event_payload_type = agreed->event_payload_type;
    r->own_event_type = event ? event : agreed->event_payload_type;
    r->event_units = (agreed->event_clock ? agreed->event_clock : PHONE_RATE) / 1000;
}

/* Another format has another coder; `spent` is the one before it. */
static int renew_coder(struct sending *s, const struct codec_format *format, struct coder *spent)
{
    struct coder coder;
    int err;

    *spent = (struct coder){NULL, NULL};
    if (s->rate && codec_same(&s->format, format))
        return 0;
    err = phone_coder_open(&coder, format);
    if (err)
        return err;
    *spent = s->coder;
    s->coder = coder;
    s->format = *format;
    return 0;
}

int phone_port_direct(struct phone_port *port, const struct offer_agreed *agreed)
{
    struct sending *s = &port->sending;
    struct coder spent = {NULL, NULL};
    int err = 0;

    MAGIC_CHECK(port, PORT_MAGIC);
    pthread_mutex_lock(&port->engine->lock);
    if (agreed && agreed->send)
        err = renew_coder(s, &agreed->format, &spent);
    if (err) {
        pthread_mutex_unlock(&port->engine->lock);
        return err;
    }
    if (agreed && agreed->send)
        direct_sending(s, agreed);
    else
        s->on = false;
    if (agreed) {
        direct_receiving(&port->receiving, agreed);
        port->old_until = clock_mono_ns() + OLD_PAIR_MS * INT64_C(1000000);
    }
    pthread_mutex_unlock(&port->engine->lock);
    phone_coder_close(&spent);
    return 0;
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
