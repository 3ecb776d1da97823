/* worker_rate.c: rooms at the rate that their members have, with real threads and sockets: two of
 * wide band hear each other so, who has telephone band hears what fits it. */
#include "worker_rig.h"

#include <math.h>

enum { WIDE = 16000, FRAME = WIDE / 50, KEPT = 16, TYPE = 98, LEVEL = 3000 };

/* A peer with L16 at 16 kHz that hums a low and a high tone. */
struct wide {
    struct peer told; /* what its port tells */
    int fd;
    struct tone low, high;
    double low_hz, high_hz;
    bool talks;
    uint16_t sequence;
    int64_t due;      /* [ms] */
    unsigned packets; /* heard */
    int16_t frames[KEPT][FRAME];
};

static struct media_room *room;
static struct wide *wides[4];
static unsigned wide_count;

static int start(void **state)
{
    struct workers_conf conf = rig_conf(3);

    conf.part_limit = *(const unsigned *)*state;
    rig_start(&conf);
    wide_count = 0;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mem_unref(room);
    rig_stop();
    for (unsigned i = 0; i < wide_count; i++) {
        assert_int_equal(wides[i]->told.closed, 1);
        close(wides[i]->fd);
        free(wides[i]);
    }
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static void connect_wide(struct wide *wide)
{
    struct sockaddr_storage at, port_at;
    socklen_t size = sizeof at;
    struct stream_params params = {.format = {.codec = CODEC_L16, .rate = WIDE},
                                   .payload_type = TYPE,
                                   .ptime = 20,
                                   .send = true,
                                   .receive = true};

    wide->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(addr_parse(&at, "127.0.0.1", 0), 0);
    assert_int_equal(bind(wide->fd, (struct sockaddr *)&at, addr_size(&at)), 0);
    assert_int_equal(getsockname(wide->fd, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(media_port_open(rig_workers, &rig_events, &wide->told, &wide->told.port), 0);
    assert_int_equal(addr_parse(&port_at, "127.0.0.1", media_port_number(wide->told.port)), 0);
    assert_int_equal(connect(wide->fd, (struct sockaddr *)&port_at, addr_size(&port_at)), 0);
    params.remote = at;
    assert_int_equal(media_port_connect(wide->told.port, &params), 0);
}

static struct wide *wide_peer(double low, double high)
{
    struct wide *wide = calloc(1, sizeof *wide);

    wide->low_hz = low;
    wide->high_hz = high;
    wide->talks = true;
    tone_start(&wide->low, WIDE, low, LEVEL);
    tone_start(&wide->high, WIDE, high, LEVEL);
    connect_wide(wide);
    wides[wide_count++] = wide;
    return wide;
}

static void wide_talk(struct wide *wide)
{
    uint8_t bytes[12 + 2 * FRAME] = {0x80, TYPE};
    int16_t low[FRAME], high[FRAME];
    int64_t now = clock_mono_ms();

    if (!wide->due || now - wide->due > 200)
        wide->due = now;
    if (!wide->talks || now < wide->due)
        return;
    wide->due += 20;
    tone_fill(&wide->low, low, FRAME);
    tone_fill(&wide->high, high, FRAME);
    bytes[2] = (uint8_t)(wide->sequence >> 8);
    bytes[3] = (uint8_t)wide->sequence;
    for (int i = 0; i < 4; i++)
        bytes[4 + i] = (uint8_t)((uint32_t)wide->sequence * FRAME >> (24 - 8 * i));
    bytes[11] = (uint8_t)(wide->low_hz / 10);
    wide->sequence++;
    for (int i = 0; i < FRAME; i++) {
        bytes[12 + 2 * i] = (uint8_t)((uint16_t)(low[i] + high[i]) >> 8);
        bytes[13 + 2 * i] = (uint8_t)(low[i] + high[i]);
    }
    send(wide->fd, bytes, sizeof bytes, 0);
}

static void wide_hear(struct wide *wide)
{
    uint8_t bytes[1500];
    ssize_t size;

    while ((size = recv(wide->fd, bytes, sizeof bytes, 0)) >= 12) {
        int16_t *frame = wide->frames[wide->packets++ % KEPT];

        assert_int_equal(size, 12 + 2 * FRAME);
        assert_int_equal(bytes[1] & 127, TYPE);
        for (int i = 0; i < FRAME; i++)
            frame[i] = (int16_t)(bytes[12 + 2 * i] << 8 | bytes[13 + 2 * i]);
    }
}

static bool turned(bool done)
{
    for (unsigned i = 0; i < wide_count; i++) {
        if (media_port_number(wides[i]->told.port))
            wide_talk(wides[i]);
        wide_hear(wides[i]);
    }
    return done;
}

#define until(condition) rig_until(turned(condition))

static double amplitude(const struct wide *wide, double hz)
{
    if (!wide->packets)
        return 0;
    return goertzel_amplitude(wide->frames[(wide->packets - 1) % KEPT], FRAME, WIDE, hz);
}

static bool hears(const struct wide *wide, double hz)
{
    return fabs(amplitude(wide, hz) - LEVEL) < LEVEL / 10;
}

static bool lacks(const struct wide *wide, double hz)
{
    return amplitude(wide, hz) < LEVEL / 30;
}

static bool narrow_hears(const struct peer *peer, double hz)
{
    return rig_amplitude(peer, hz) > 2000;
}

/* Both bands between the two, the lower one to who has no other. */
static void two_of_wide_band_hear_all_of_it(void **state)
{
    struct wide *a = wide_peer(500, 5000), *b = wide_peer(900, 6000);
    struct peer *c = rig_peer(CODEC_PCMU, 1500);

    (void)state;
    media_port_join(c->port, room);
    media_port_join(a->told.port, room);
    media_port_join(b->told.port, room);
    until(hears(a, 900) && hears(a, 6000) && narrow_hears(c, 500) && narrow_hears(c, 900) &&
          hears(b, 500) && hears(b, 5000));
    until(amplitude(a, 1500) > 2000 && amplitude(b, 1500) > 2000);
    for (int i = 0; i < 20; i++) {
        unsigned upto = c->packets + 1;

        until(c->packets >= upto);
        assert_true(rig_amplitude(c, 3000) < 150 && rig_amplitude(c, 2000) < 150); /* no images */
        assert_true(lacks(a, 500) && lacks(a, 5000));
    }
}

/* One of wide band alone is heard in telephone band, and hears so; what listens to it works at
 * any rate. */
static void the_rate_follows_who_is_there(void **state)
{
    struct wide *a = wide_peer(500, 5000), *b = wide_peer(900, 6000);
    struct peer *c = rig_peer(CODEC_PCMU, 1500);

    (void)state;
    media_port_watch(a->told.port, true);
    media_port_join(c->port, room);
    media_port_join(a->told.port, room);
    until(narrow_hears(c, 500) && amplitude(a, 1500) > 2000 && a->told.spoke == 1);
    for (int turn = 0; turn < 3; turn++) {
        media_port_join(b->told.port, room);
        until(hears(a, 6000) && hears(b, 5000) && narrow_hears(c, 900));
        media_port_leave(b->told.port);
        until(lacks(a, 6000) && lacks(a, 900) && lacks(b, 5000) && narrow_hears(c, 500) &&
              !narrow_hears(c, 900) && amplitude(a, 1500) > 2000);
    }
    assert_true(a->told.speaks);
    a->talks = false;
    until(a->told.hushed == 1);
}

int main(void)
{
    static unsigned whole = 0, apart = 1;
#define TEST(name, limit) cmocka_unit_test_prestate_setup_teardown(name, start, stop, limit)
    const struct CMUnitTest tests[] = {
        TEST(two_of_wide_band_hear_all_of_it, &whole),
        TEST(the_rate_follows_who_is_there, &whole),
        TEST(two_of_wide_band_hear_all_of_it, &apart),
        TEST(the_rate_follows_who_is_there, &apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
