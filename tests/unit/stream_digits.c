/* stream_digits.c: many digits through a bad network, in virtual time: packets are lost,
 * overtaken and doubled by a seed, over real sockets, one tick of the stream a frame. All
 * digits arrive, in order, once each. */
#include "stream_rig.h"

#include <stdlib.h>

enum { COUNT = 10000, PATH = 64, TICK = 160 /* [samples] */ };

static const char names[] = "0123456789*#ABCD";

static struct stream_end {
    struct rig rig;
    char told[COUNT + 64];
    unsigned durations[COUNT + 64], count, dialled;
} heard, sent;

static uint32_t seed;

static uint32_t chance(uint32_t of)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % of;
}

static void on_latched(const struct sockaddr_storage *from, void *arg)
{
    (void)from;
    (void)arg;
}

static void on_digit(char digit, unsigned duration_ms, void *arg)
{
    struct stream_end *end = arg;

    assert_true(end->count < sizeof end->told - 1);
    end->durations[end->count] = duration_ms;
    end->told[end->count++] = digit;
}

static void on_dialled(void *arg)
{
    ((struct stream_end *)arg)->dialled++;
}

static void open_end(struct stream_end *end)
{
    static const struct stream_events events = {on_latched, on_digit, on_dialled, NULL};

    memset(end, 0, sizeof *end);
    rig_open(&end->rig);
    mem_unref(end->rig.stream);
    assert_int_equal(stream_alloc(&end->rig.stream, end->rig.rtp, end->rig.rtcp, &events, end), 0);
    rig_connect(&end->rig, &end->rig.peer_at);
}

static int open_both(void **state)
{
    (void)state;
    open_end(&heard);
    open_end(&sent);
    seed = 4733;
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    rig_close(&heard.rig);
    rig_close(&sent.rig);
    return 0;
}

/* A network: each packet is lost, or comes `late` places behind, or twice. */
static struct path {
    unsigned lost, overtaken, doubled; /* of 1,000 */
    struct waiting {
        uint8_t bytes[12 + TICK];
        size_t size;
        unsigned due; /* [ticks] */
    } waiting[PATH];
    unsigned now;
} path;

static void carry(const uint8_t *bytes, size_t size, unsigned late)
{
    for (int i = 0; i < PATH; i++)
        if (!path.waiting[i].size) {
            memcpy(path.waiting[i].bytes, bytes, size);
            path.waiting[i].size = size;
            path.waiting[i].due = path.now + late;
            return;
        }
    fail_msg("the path is full");
}

static void enter(const uint8_t *bytes, size_t size)
{
    if (chance(1000) < path.lost)
        return;
    carry(bytes, size, chance(1000) < path.overtaken ? 1 + chance(2) : 0);
    if (chance(1000) < path.doubled)
        carry(bytes, size, chance(4));
}

/* One frame of time goes by: what is due arrives, and the stream has its tick. */
static void tick(void)
{
    for (int i = 0; i < PATH; i++) {
        struct waiting *waiting = &path.waiting[i];

        if (waiting->size && waiting->due <= path.now) {
            rig_send_raw(&heard.rig, heard.rig.peer, waiting->bytes, waiting->size);
            waiting->size = 0;
        }
    }
    path.now++;
    /* as if all had come long ago: none is left for the next tick */
    stream_read(heard.rig.stream, rig_now() + INT64_C(1000000000));
}

static char *random_digits(void)
{
    char *digits = calloc(1, COUNT + 1);

    for (int i = 0; i < COUNT; i++) /* a fifth of them as the one before */
        digits[i] = i && !chance(5) ? digits[i - 1] : names[chance(16)];
    return digits;
}

static void settle(void)
{
    for (int i = 0; i < 20; i++)
        tick();
}

struct sender {
    uint16_t sequence;
    uint32_t timestamp;
};

static void send_event(struct sender *sender, char digit, uint32_t timestamp, unsigned duration,
                       bool end)
{
    uint8_t code = (uint8_t)(strchr(names, digit) - names), bytes[16];
    uint8_t payload[4] = {code, end ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration};

    enter(bytes, rig_build(bytes, RIG_EVENTS, sender->sequence++, timestamp, RIG_SSRC, payload, 4));
}

/* A key of 50 ms: two updates and three ends, 20 ms apart, the last one 10 ms before the next
 * key may begin. */
static void send_digit(struct sender *sender, char digit)
{
    static const unsigned at[] = {20, 40, 50, 70, 90};
    unsigned next = 0;

    for (unsigned ms = 10; ms <= 100; ms += 10) {
        if (next < 5 && at[next] == ms) {
            send_event(sender, digit, sender->timestamp, (ms < 50 ? ms : 50) * 8, ms >= 50);
            next++;
        }
        if (ms % 20 == 0)
            tick();
    }
    sender->timestamp += 800;
}

static void check_all(const char *digits)
{
    for (unsigned i = 0; i < heard.count && i < COUNT; i++)
        if (heard.told[i] != digits[i])
            fail_msg("digit %u is %c and should be %c", i, heard.told[i], digits[i]);
    assert_int_equal(heard.count, COUNT);
}

static void run(unsigned lost, unsigned overtaken, unsigned doubled)
{
    struct sender sender = {.sequence = 65000, .timestamp = 0xffff0000}; /* both wrap */
    char *digits = random_digits();

    memset(&path, 0, sizeof path);
    path.lost = lost;
    path.overtaken = overtaken;
    path.doubled = doubled;
    for (int i = 0; i < COUNT; i++)
        send_digit(&sender, digits[i]);
    settle();
    check_all(digits);
    free(digits);
}

static void ten_thousand_digits_arrive_whole(void **state)
{
    (void)state;
    run(0, 0, 0);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(heard.durations[i], 50);
}

static void ten_thousand_digits_arrive_through_5_percent_loss(void **state)
{
    (void)state;
    run(50, 0, 0);
}

static void and_through_copies_and_disorder(void **state)
{
    (void)state;
    run(0, 0, 300);
    heard.count = 0;
    mem_unref(
        stream_connect(heard.rig.stream, &(struct stream_params){.remote = heard.rig.at}, NULL));
    rig_connect(&heard.rig, &heard.rig.peer_at);
    run(50, 50, 50);
}

/* Our own sender, 100 ms on and at least 80 off, through the same path. */
static void what_we_send_arrives_through_5_percent_loss(void **state)
{
    char *digits = random_digits();
    unsigned at = 0, ticks = 0;

    (void)state;
    memset(&path, 0, sizeof path);
    path.lost = 50;
    path.doubled = 20;
    while (at < COUNT || !sent.dialled) {
        char piece[101] = "";
        struct rig_packet packet;

        if (at < COUNT && ticks % 1200 == 0) { /* 100 digits take 12 ticks each */
            memcpy(piece, digits + at, 100);
            at += 100;
            sent.dialled = 0;
            stream_dial(sent.rig.stream, piece);
        }
        ticks++;
        assert_true(stream_put(sent.rig.stream, 8000, NULL, 1));
        packet = rig_receive(sent.rig.peer, 5000);
        enter(packet.bytes, packet.size);
        tick();
    }
    settle();
    check_all(digits);
    free(digits);
}

/* A key held for half a minute, in segments: one key, whatever is lost at the seams. */
static void a_long_key_is_one_key_through_loss(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct sender sender = {.sequence = 100, .timestamp = 1000 + round * 1000000};
        uint32_t begin = sender.timestamp;
        unsigned total = 240000, at = 0;

        memset(&path, 0, sizeof path);
        path.lost = 50;
        heard.count = 0;
        while (at < total) {
            at += TICK;
            if (sender.timestamp + 0xffff < begin + at) {
                send_event(&sender, '5', sender.timestamp, 0xffff, false);
                sender.timestamp += 0xffff;
            }
            send_event(&sender, '5', sender.timestamp, begin + at - sender.timestamp, at >= total);
            tick();
        }
        for (int i = 0; i < 2; i++) {
            send_event(&sender, '5', sender.timestamp, begin + total - sender.timestamp, true);
            tick();
        }
        settle();
        assert_int_equal(heard.count, 1);
        assert_in_range(heard.durations[0], 29900, 30000);
    }
}

/* A hole of a second in a long key, then its rest: told at the hole, and not again. */
static void a_key_told_at_a_hole_is_not_told_again(void **state)
{
    struct sender sender = {.sequence = 100, .timestamp = 1000};

    (void)state;
    memset(&path, 0, sizeof path);
    for (unsigned at = TICK; at <= 0x18000; at += TICK) {
        bool hole = at > 0x8000 && at < 0x8000 + 50 * TICK;
        unsigned segment = at > 0xffff ? 0xffff : 0;

        if (hole)
            sender.sequence++;
        else
            send_event(&sender, '1', 1000 + segment, at - segment, at == 0x18000);
        tick();
    }
    settle();
    assert_int_equal(heard.count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
    const struct CMUnitTest tests[] = {
        TEST(ten_thousand_digits_arrive_whole),
        TEST(ten_thousand_digits_arrive_through_5_percent_loss),
        TEST(and_through_copies_and_disorder),
        TEST(what_we_send_arrives_through_5_percent_loss),
        TEST(a_long_key_is_one_key_through_loss),
        TEST(a_key_told_at_a_hole_is_not_told_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
