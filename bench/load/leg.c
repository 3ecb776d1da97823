/* leg.c: RTP (RFC 3550) by hand: twelve bytes and 20 ms of PCMU. */
#include "bench/load/leg.h"
#include "bench/load/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, PACKET_MAX = 1500, LISTEN_NS = 200000000 };

/* Bits of the tones that the leg should hear in a verse, and of its own. */
static uint64_t expected(const struct leg *leg, unsigned verse, uint64_t *own)
{
    const struct choir *choir = leg->choir;
    unsigned first = leg->room * choir->song.per_room;
    uint64_t others = 0;

    *own = 1ull << song_tone(&choir->song, leg->room, leg->place, verse);
    for (unsigned i = first; i < first + choir->song.per_room && i < choir->count; i++) {
        const struct leg *other = &choir->legs[i];

        if (other->singing && other != leg)
            others |= 1ull << song_tone(&choir->song, other->room, other->place, verse);
    }
    return others;
}

static void hear(struct leg *leg, const uint8_t *frame, int64_t arrived)
{
    struct ear *ear = &leg->ear;
    uint64_t clear, faint, own, others;
    unsigned verse;

    if (arrived < ear->next || !song_verse_heard(arrived, &verse))
        return;
    ear->next = arrived + LISTEN_NS;
    song_listen(&leg->choir->song, frame, &clear, &faint);
    others = expected(leg, verse, &own);
    if (leg->choir->echo) {
        others = own;
        own = 0;
    }
    ear->frames++;
    ear->missing += (clear & others) != others;
    ear->own += (faint & own) != 0;
    ear->stranger += (faint & ~others & ~own) != 0;
}

bool leg_heard_right(const struct leg *leg)
{
    const struct ear *ear = &leg->ear;

    if (leg->choir->voice)
        return leg->sounding.frames > 0;
    return ear->frames > 0 && ear->missing <= ear->frames / 5 &&
           ear->own + ear->stranger <= ear->frames / 5;
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
    if (choir->voice)
        sounding_add(&leg->sounding, packet + header, size - header, number, arrived);
    else if (size - header >= SONG_FRAME)
        hear(leg, packet + header, arrived);
}

static void leg_read(void *arg)
{
    struct leg *leg = arg;
    uint8_t packet[PACKET_MAX];
    int64_t arrived;
    ssize_t size = wire_read(leg->watcher.fd, packet, sizeof packet, &arrived);

    if (size >= HEADER)
        take(leg, packet, (size_t)size, arrived);
}

int leg_open(struct leg *leg, struct choir *choir, unsigned number,
             const struct sockaddr_in *address)
{
    leg->choir = choir;
    leg->room = number / choir->song.per_room;
    leg->place = number % choir->song.per_room;
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

void leg_sing(struct leg *leg)
{
    const struct song *song = &leg->choir->song;
    unsigned tone = song_tone(song, leg->room, leg->place, song_verse(wire_now()));
    uint8_t packet[HEADER + SONG_FRAME] = {0x80, 0};

    write_be(packet + 2, leg->sequence++, 2);
    write_be(packet + 4, leg->timestamp, 4);
    write_be(packet + 8, leg->ssrc, 4);
    leg->timestamp += SONG_FRAME;
    memcpy(packet + HEADER, song->frames[tone], SONG_FRAME);
    /* A full or refused send is a packet lost on the way, like any other. */
    (void)!send(leg->watcher.fd, packet, sizeof packet, 0);
}
