/* phone_send.c: what a phone port sends: a tone, or keys: telephone-events
 * (RFC 4733) with the audio left out meanwhile, or pairs of tones (ITU-T Q.23), or both at
 * once. RTP time follows the clock. The network may be made a bad one. */
#include "cli/phone_rtp_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, END_PACKETS = 3, DIGIT_VOLUME = 10, KEY_AMPLITUDE = 7934 /* -9 dBm0 */ };

static const char events[] = "0123456789*#ABCD";

static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

/* A refusal of the peer, or a full buffer: a lost packet like any other. */
static void carry(const struct phone_port *port, const uint8_t *bytes, size_t size)
{
    const struct sockaddr_storage *to = &port->sending.to;
    int fd = port->sending.fault.elsewhere ? port->sending.stray : port->pair.rtp;

    (void)!sendto(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
                  address_size(to));
}

static bool happens(struct phone_spoil *spoil, unsigned chance)
{
    spoil->seed = spoil->seed * 1664525 + 1013904223;
    return (spoil->seed >> 8) % 1000 < chance;
}

/* Into the network, which may lose the packet, double it or have the next one overtake it. */
static void enter(struct phone_port *port, const uint8_t *bytes, size_t size)
{
    struct sending *s = &port->sending;
    bool lost = happens(&s->spoil, s->spoil.lost), doubled = happens(&s->spoil, s->spoil.doubled);
    bool overtaken = happens(&s->spoil, s->spoil.overtaken) && !s->kept_size;

    if (!lost && !overtaken)
        carry(port, bytes, size);
    if (!lost && doubled)
        carry(port, bytes, size);
    if (s->kept_size)
        carry(port, s->kept, s->kept_size);
    s->kept_size = 0;
    if (!lost && overtaken) {
        memcpy(s->kept, bytes, size);
        s->kept_size = size;
    }
}

static void packet(struct phone_port *port, uint8_t payload_type, uint32_t timestamp,
                   const uint8_t *payload, size_t size)
{
    struct sending *s = &port->sending;
    uint8_t out[PHONE_PACKET] = {0x80, (uint8_t)(payload_type | (s->marker ? 0x80 : 0))};

    out[2] = (uint8_t)(s->sequence >> 8);
    out[3] = (uint8_t)s->sequence;
    for (int i = 0; i < 4; i++) {
        out[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
        out[8 + i] = (uint8_t)(s->ssrc >> (24 - 8 * i));
    }
    memcpy(out + HEADER, payload, size);
    if (s->fault.payload_type >= 0)
        out[1] = (uint8_t)((out[1] & 0x80) | s->fault.payload_type);
    s->sequence++;
    s->marker = false;
    enter(port, out, HEADER + size);
    port->stats.sent++;
    port->stats.last_sent = wall_ns();
    if (!port->stats.first_sent)
        port->stats.first_sent = port->stats.last_sent;
}

/* The amplitude moves evenly over the frame; a new pitch comes in at silence. */
static void frame(struct sending *s, int16_t *out, size_t size)
{
    double target = s->hz == s->wanted_hz && !s->hush ? s->wanted_gain : 0;
    double slope = (target - s->gain) / (double)size;

    for (size_t i = 0; i < size; i++) {
        s->gain += slope;
        out[i] = (int16_t)lrint(s->gain * sin(s->phase));
        s->phase += 2 * M_PI * s->hz / s->rate;
    }
    s->phase = fmod(s->phase, 2 * M_PI);
    s->gain = target;
    if (target == 0 && s->hz != s->wanted_hz) {
        s->hz = s->wanted_hz;
        s->phase = 0;
    }
}

/* The next of the sound, which is of 8000 Hz, at our rate; what is behind its end is silence. */
static void next_sound(struct sending *s, int16_t *out, size_t size)
{
    size_t count = size * PHONE_RATE / s->rate, left = s->sound_count - s->sound_at;
    int16_t at_8k[FRAME_SAMPLES] = {0};

    memcpy(at_8k, s->sound + s->sound_at, (left < count ? left : count) * sizeof *at_8k);
    s->sound_at += left < count ? left : count;
    if (s->coder.resample)
        resample_run(s->coder.resample, out, at_8k, count);
    else
        memcpy(out, at_8k, size * sizeof *out);
}

static void add_sound(struct sending *s, int16_t *out, size_t size)
{
    int16_t sound[FRAME_SAMPLES];

    next_sound(s, sound, size);
    for (size_t i = 0; i < size; i++) {
        int sum = out[i] + sound[i];

        out[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
    if (s->sound_at < s->sound_count)
        return;
    free(s->sound);
    s->sound = NULL;
}

/* The pair of tones of the digit under way, as long as it is held. */
static void key_tones(const struct sending *s, int16_t *out, size_t size)
{
    static const char rows[] = "123A456B789C*0#D";
    static const double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
    size_t place = (size_t)(strchr(rows, s->digit) - rows);
    size_t first = s->digit_ms * (s->rate / 1000);

    for (size_t i = 0; i < size; i++) {
        double turns = 2 * M_PI * (double)(first + i) / s->rate;

        out[i] = 0;
        if (first + i < s->keys.on * (s->rate / 1000))
            out[i] = (int16_t)lrint(KEY_AMPLITUDE *
                                    (sin(turns * low[place / 4]) + sin(turns * high[place % 4])));
    }
}

static void send_audio(struct phone_port *port)
{
    struct sending *s = &port->sending;
    size_t count = s->rate / 1000 * s->ptime, size;
    int16_t samples[FRAME_SAMPLES];
    uint8_t bytes[CODEC_BYTES_MAX];

    frame(s, samples, count);
    if (s->sound && !s->hush)
        add_sound(s, samples, count);
    if (s->digit && s->keys.tones)
        key_tones(s, samples, count);
    size = phone_encode(s, bytes, samples, count);
    if (size)
        packet(port, s->payload_type, s->timestamp, bytes, size);
}

static void next_digit(struct sending *s)
{
    char digit = s->digits[0];

    memmove(s->digits, s->digits + 1, --s->waiting);
    if (digit == 'p') {
        s->gap_ms = DIGIT_PAUSE_MS;
        return;
    }
    s->digit = digit;
    s->digit_ms = s->ends = 0;
    s->digit_timestamp = s->timestamp;
    s->marker = s->keys.events;
}

/* One packet of the digit under way; the end is sent three times. */
static void send_event(struct phone_port *port)
{
    struct sending *s = &port->sending;
    const char *event = strchr(events, s->digit);
    uint8_t body[4] = {(uint8_t)(event - events), DIGIT_VOLUME};
    unsigned held = s->digit_ms + s->ptime;
    unsigned units = (held < s->keys.on ? held : s->keys.on) * s->event_units;

    if (held >= s->keys.on) {
        s->ends++;
        body[1] |= 0x80;
    }
    body[2] = (uint8_t)(units >> 8);
    body[3] = (uint8_t)units;
    packet(port, s->event_payload_type, s->digit_timestamp, body, sizeof body);
    s->marker = s->ends == END_PACKETS;
}

/* A frame of the digit under way. */
static void send_digit(struct phone_port *port)
{
    struct sending *s = &port->sending;
    bool events_left = s->keys.events && s->ends < END_PACKETS;

    if (s->keys.tones || !events_left)
        send_audio(port);
    if (events_left)
        send_event(port);
    s->digit_ms += s->ptime;
    if (s->digit_ms >= s->keys.on + s->keys.off && (!s->keys.events || s->ends == END_PACKETS))
        s->digit = 0;
}

static void send_one(struct phone_port *port)
{
    struct sending *s = &port->sending;

    if (!s->digit && s->waiting && s->gap_ms == 0)
        next_digit(s);
    if (s->digit) {
        send_digit(port);
    } else {
        s->gap_ms -= s->gap_ms < s->ptime ? s->gap_ms : s->ptime;
        send_audio(port);
    }
}

void phone_send(struct phone_port *port, int64_t now)
{
    struct sending *s = &port->sending;
    const int64_t step = s->ptime * INT64_C(1000000);

    if (!s->on)
        return;
    while (now - s->due > CATCH_UP * step) {
        s->due += step;
        s->timestamp += s->clock / 1000 * s->ptime;
        port->stats.skipped++;
    }
    for (; s->due <= now; s->due += step) {
        if (!s->fault.mute)
            send_one(port);
        s->timestamp += s->clock / 1000 * s->ptime;
    }
}

void phone_port_break(struct phone_port *port, const struct phone_fault *fault)
{
    struct sending *s = &port->sending;
    struct sockaddr_storage own = {.ss_family = AF_INET};
    socklen_t size = sizeof own;

    MAGIC_CHECK(port, PORT_MAGIC);
    getsockname(port->pair.rtp, (struct sockaddr *)&own, &size);
    pthread_mutex_lock(&port->engine->lock);
    if (fault->elsewhere && s->stray < 0)
        s->stray = socket(own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    s->fault = *fault;
    pthread_mutex_unlock(&port->engine->lock);
}
