/* leg.c: RTP (RFC 3550) by hand: twelve bytes and 20 ms of PCMU. */
#include "bench/load/leg.h"
#include "bench/load/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER = 12,
    LATCH = 10 /* packets that a quiet leg sends, so that the server knows its address */
};

const struct leg *leg_source(const struct leg *leg)
{
    const struct leg *first = &leg->choir->legs[leg->room * leg->choir->per_room];

    if (leg->choir->echo)
        return leg->speaks ? leg : NULL;
    return first == leg ? NULL : first;
}

static bool heard_bursts(const struct leg *leg)
{
    const struct leg *source = leg_source(leg);

    return !source || (leg->burst.heard > 0 && leg->burst.heard >= source->bursts * 4 / 5);
}

bool leg_heard_right(const struct leg *leg)
{
    if (leg->choir->voice)
        return leg->sounding.frames > 0;
    return leg->choir->delay ? heard_bursts(leg) : ear_right(&leg->ear);
}

static void hear_burst(struct leg *leg, const uint8_t *frame, int64_t arrived)
{
    const struct leg *source = leg_source(leg);
    int64_t delay = source ? burst_hear(&leg->burst, frame, source->burst_sent, arrived) : -1;

    if (delay >= 0)
        histogram_add(&leg->choir->delays, delay);
}

static void hear(struct leg *leg, const uint8_t *payload, size_t size, uint16_t number,
                 int64_t arrived)
{
    if (leg->choir->voice)
        sounding_add(&leg->sounding, payload, size, number, arrived);
    else if (size < SONG_FRAME)
        return;
    else if (leg->choir->delay)
        hear_burst(leg, payload, arrived);
    else if (ear_open(leg, arrived))
        ear_hear(leg, payload, arrived);
}

static uint32_t read_be(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    while (size--)
        value = value << 8 | *at++;
    return value;
}

static void take(struct leg *leg, const uint8_t *packet, size_t size, int64_t arrived)
{
    struct choir *choir = leg->choir;
    size_t header = HEADER + 4u * (packet[0] & 15);

    /* Version 2, no extension; the payload type is PCMU, with or without the marker. */
    if ((packet[0] & 0xd0) != 0x80 || (packet[1] & 0x7f) != 0 || size < header)
        return;
    if (arrived < choir->window.from || arrived >= choir->window.to)
        return;
    uint16_t number = (uint16_t)read_be(packet + 2, 2);

    reception_add(&leg->reception, &choir->window, read_be(packet + 8, 4), number, arrived,
                  &choir->gaps);
    hear(leg, packet + header, size - header, number, arrived);
}

static void leg_read(void *arg)
{
    struct leg *leg = arg;
    struct wire_packet packets[WIRE_BATCH];
    unsigned count;

    do {
        count = wire_read_some(leg->watcher.fd, packets);
        for (unsigned i = 0; i < count; i++) {
            if (packets[i].size >= HEADER)
                take(leg, packets[i].data, packets[i].size, packets[i].arrived);
        }
    } while (count == WIRE_BATCH);
}

int leg_open(struct leg *leg, struct choir *choir, unsigned number,
             const struct sockaddr_in *address)
{
    leg->choir = choir;
    leg->room = number / choir->per_room;
    leg->place = number % choir->per_room;
    leg->speaks = leg->place < choir->song.voices;
    leg->address = *address;
    leg->watcher = (struct watcher){leg_read, leg, -1};
    if (getrandom(&leg->ssrc, sizeof leg->ssrc, 0) < 0 ||
        getrandom(&leg->sequence, sizeof leg->sequence, 0) < 0)
        return errno;
    return wire_open(&leg->watcher.fd, &leg->address);
}

void leg_close(struct leg *leg)
{
    if (leg->choir && leg->watcher.fd >= 0)
        close(leg->watcher.fd);
}

int leg_start(struct leg *leg, const struct sockaddr_in *peer)
{
    if (connect(leg->watcher.fd, (const struct sockaddr *)peer, sizeof *peer))
        return errno;
    leg->singing = true;
    return 0;
}

void leg_stop(struct leg *leg)
{
    leg->singing = false;
}

static void write_be(uint8_t *at, uint32_t value, unsigned size)
{
    while (size--) {
        at[size] = (uint8_t)value;
        value >>= 8;
    }
}

/* What is in the next packet. */
static const uint8_t *sound(struct leg *leg, int64_t now)
{
    const struct choir *choir = leg->choir;

    if (!leg->speaks)
        return choir->song.silence;
    if (!choir->delay)
        return choir->song.frames[song_tone(&choir->song, leg->room, leg->place, song_verse(now))];
    if (burst_begins(leg->room, leg->frames)) {
        leg->burst_sent = now;
        leg->bursts += now >= choir->window.from && now < choir->window.to;
    }
    return burst_sounds(leg->room, leg->frames) ? choir->burst.frame : choir->song.silence;
}

void leg_sing(struct leg *leg)
{
    const uint8_t *payload = sound(leg, wire_now());
    uint8_t packet[HEADER + SONG_FRAME] = {0x80, 0};

    write_be(packet + 2, leg->sequence, 2);
    write_be(packet + 4, leg->timestamp, 4);
    write_be(packet + 8, leg->ssrc, 4);
    leg->timestamp += SONG_FRAME;
    if (leg->frames++ >= LATCH && leg->choir->quiet && !leg->speaks)
        return;
    leg->sequence++;
    memcpy(packet + HEADER, payload, SONG_FRAME);
    /* A full or refused send is a packet lost on the way, like any other. */
    (void)!send(leg->watcher.fd, packet, sizeof packet, 0);
}

void leg_pause(struct leg *leg, unsigned frames)
{
    if (!leg->singing)
        return;
    leg->frames += frames;
    leg->timestamp += frames * SONG_FRAME;
}
