/* stream_playout.c: what comes when is heard when. A sample's value tells its place. */
#include "audio/g711.h"
#include "base/mem.h"
#include "stream/playout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
    FRAME = 160,
    GRAIN = 16,         /* samples of one value */
    TURN = 128 * GRAIN, /* after which values come again */
    TICK = 20000,       /* [us] */
    EARLY = 10000       /* [us] before a tick a packet comes as a rule */
};

static struct playout playout;
static struct playout_counts counts;
static struct decoder *decoder;
static void *memory;
static uint32_t base, now;
static uint16_t first_sequence;

static struct playout_packet packet_of(uint8_t *bytes, int n, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(0x80 | ((size_t)n * size + i) / GRAIN % 128);
    return (struct playout_packet){.payload = bytes,
                                   .size = size,
                                   .timestamp = base + (uint32_t)((size_t)n * size),
                                   .arrival = now + TICK - EARLY,
                                   .sequence = (uint16_t)(first_sequence + n)};
}

/* Packet number n of `size` samples. */
static bool put(int n, size_t size)
{
    uint8_t bytes[1024];
    struct playout_packet packet = packet_of(bytes, n, size);

    return playout_put(&playout, &packet);
}

/* `behind`: where the frame ends in the stream [samples], modulo TURN. */
static enum playout_sound get(int *behind)
{
    int16_t frame[FRAME] = {0};
    uint8_t last;
    enum playout_sound sound;

    now += TICK;
    sound = playout_get(&playout, now, frame);
    g711_ulaw_encode(&last, frame + FRAME - 1, 1);
    *behind = sound == PLAYOUT_SOUND ? ((last & 127) + 1) * GRAIN % TURN : -1;
    return sound;
}

/* The frame that begins at sample `first`; < 0: one that is concealed. */
static void expect(int first)
{
    int got;

    assert_int_equal(get(&got), first < 0 ? PLAYOUT_LOST : PLAYOUT_SOUND);
    assert_int_equal(got, first < 0 ? -1 : (first + FRAME) % TURN);
}

static int make(void **state)
{
    static const struct codec_format format = {.codec = CODEC_PCMU};

    (void)state;
    assert_int_equal(decoder_alloc(&decoder, &format), 0);
    memory = malloc(playout_memory(&format));
    playout_init(&playout, &format, memory, decoder, NULL, NULL);
    counts = (struct playout_counts){0};
    playout_count(&playout, &counts);
    base = 0xffffff01u; /* wraps early, and is no multiple of anything */
    first_sequence = 65530;
    now = 0xffffffffu - 100 * TICK;
    return 0;
}

static int drop(void **state)
{
    (void)state;
    mem_unref(decoder);
    free(memory);
    return 0;
}

static void what_came_is_heard_at_the_next_tick(void **state)
{
    (void)state;
    for (int n = 0; n < 3000; n++) {
        assert_true(put(n, FRAME));
        expect(n * FRAME);
        assert_int_equal(playout_depth(&playout), 0);
    }
    assert_int_equal(counts.frames_in, 3000);
    assert_int_equal(counts.adjusted, 0);
}

static void order_is_restored(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    put(2, FRAME);
    put(1, FRAME);
    expect(FRAME);
    expect(2 * FRAME);
    assert_int_equal(counts.concealed, 0);
}

static void a_lost_packet_costs_one_frame(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    expect(-1); /* 1 is lost */
    put(2, FRAME);
    expect(2 * FRAME);
    put(3, FRAME);
    expect(3 * FRAME);
    assert_int_equal(counts.concealed, 1);
    assert_int_equal(counts.bursts, 0);
}

static void a_hole_before_newer_sound_is_concealed(void **state)
{
    (void)state;
    put(0, FRAME);
    put(2, FRAME);
    expect(0);
    expect(-1);
    expect(2 * FRAME);
}

static void a_burst_of_losses_is_as_long_as_it_was(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    put(1, FRAME);
    put(4, FRAME);
    expect(FRAME);
    expect(-1);
    expect(-1);
    expect(4 * FRAME);
    assert_int_equal(counts.concealed, 2);
    assert_int_equal(counts.bursts, 1);
}

static void a_packet_that_just_missed_its_tick_is_heard(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    expect(-1);
    put(1, FRAME); /* late, and from now on a frame is in hand */
    put(2, FRAME);
    for (int n = 1; n < 50; n++) {
        expect(n * FRAME);
        put(n + 2, FRAME);
    }
    assert_int_equal(counts.late, 0);
    assert_int_equal(counts.concealed, 1);
}

static void arrivals_on_the_edge_of_the_tick_lose_nothing(void **state)
{
    int next = 0, heard = 0, concealed = 0;

    (void)state;
    for (int tick = 0; tick < 1000; tick++) {
        int upto = tick + 1 - tick % 2, behind; /* every other packet misses its tick */

        while (next < upto)
            put(next++, FRAME);
        if (get(&behind) != PLAYOUT_SOUND)
            concealed++;
        else
            assert_int_equal(behind, ++heard * FRAME % TURN);
    }
    assert_in_range(concealed, 0, 2);
    assert_int_equal(counts.late, 0);
}

static void what_is_never_needed_is_given_back(void **state)
{
    int behind;

    (void)state;
    put(0, FRAME);
    put(1, FRAME);
    put(2, FRAME); /* three at once: two are in hand */
    for (int n = 3; n < 1500; n++) {
        get(&behind);
        put(n, FRAME);
    }
    get(&behind);
    assert_in_range(playout_depth(&playout), 0, 12000);
    assert_in_range(counts.adjusted, 1, 2);
    assert_int_equal(counts.concealed, 0);
}

static void a_copy_of_old_sound_is_too_late(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    put(1, FRAME);
    expect(FRAME);
    assert_false(put(0, FRAME));
    assert_int_equal(counts.late, 1);
    put(2, FRAME);
    expect(2 * FRAME);
}

static void packets_of_any_length(void **state)
{
    static const size_t sizes[] = {80, 160, 240, 320, 400, 480, 640, 800, 960};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t size = sizes[s];
        int next = 0, heard = 0, missed = 0;

        drop(state);
        make(state);
        for (int tick = 0; tick < 200; tick++) {
            int behind;

            while ((size_t)next * size + size <= (size_t)(tick + 1) * FRAME)
                put(next++, size); /* when all of it has been said */
            if (get(&behind) == PLAYOUT_SOUND) {
                heard++;
                assert_int_equal(behind % GRAIN, 0);
            } else if (heard) {
                missed++;
            }
        }
        assert_in_range(missed, 0, 6);
        assert_in_range(heard, 188, 200);
        assert_int_equal(counts.adjusted, 0);
    }
}

static void time_that_jumps_begins_anew(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    base += 1000000;
    put(0, FRAME);
    expect(0);
    base -= 480000000;
    put(0, FRAME);
    expect(0);
    put(1, FRAME);
    expect(FRAME);
}

/* Of the packets after a jump of timestamps, numbers or both at most five are not heard. */
static void check_jump(int samples, int numbers, bool restart)
{
    int heard = 0, behind;

    for (int n = 0; n < 30; n++) {
        put(n, FRAME);
        get(&behind);
    }
    base += (uint32_t)samples;
    first_sequence = (uint16_t)(first_sequence + numbers);
    for (int n = 30; n < 60; n++) {
        uint8_t bytes[FRAME];
        struct playout_packet packet = packet_of(bytes, n, FRAME);

        packet.restart = n == 30 && restart;
        playout_put(&playout, &packet);
        heard += get(&behind) == PLAYOUT_SOUND &&
                 ((n + 1) * FRAME - behind + 2 * TURN) % TURN <= 4 * FRAME;
    }
    if (heard < 25)
        print_message("%d samples, %d numbers, restart %d: %d heard\n", samples, numbers, restart,
                      heard);
    assert_true(heard >= 25);
}

static void jumps_of_any_kind_cost_little(void **state)
{
    static const int samples[] = {0,      40,   800,   1600,  2400,   8000,
                                  100000, -800, -1600, -8000, -100000};

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        for (int numbers = 0; numbers < 60000; numbers = numbers * 30 + 10) {
            drop(state);
            make(state);
            check_jump(samples[i], numbers, numbers > 100);
        }
    }
}

static void a_stall_adds_no_lasting_delay(void **state)
{
    int behind;

    (void)state;
    for (int n = 0; n < 10; n++) {
        put(n, FRAME);
        get(&behind);
    }
    for (int n = 0; n < 15; n++)
        get(&behind); /* nothing comes for 300 ms */
    for (int n = 10; n < 26; n++)
        put(n, FRAME); /* then all of it */
    assert_in_range(playout_depth(&playout), 0, 60000);
    for (int n = 26; n < 28; n++) {
        get(&behind);
        put(n, FRAME);
    }
    assert_int_equal(behind, 26 * FRAME % TURN); /* the last but one had just missed its tick */
}

static void a_deep_ring_empties_soon(void **state)
{
    int behind;

    (void)state;
    put(0, FRAME);
    get(&behind);
    for (int n = 1; n < 8; n++)
        put(n, FRAME);
    for (int n = 8; n < 300; n++) {
        get(&behind);
        put(n, FRAME);
    }
    assert_in_range(playout_depth(&playout), 0, 60000);
    assert_int_equal(counts.concealed, 0);
}

/* What came in a burst before the first tick is no measure of what is to come. */
static void a_burst_at_the_beginning_is_not_waited_for(void **state)
{
    int behind;

    (void)state;
    get(&behind);
    for (int n = 0; n < 9; n++)
        put(n, FRAME);
    expect(7 * FRAME);
    expect(8 * FRAME);
    put(9, FRAME);
    expect(9 * FRAME);
}

static void a_stopped_stream_is_silent_and_may_start_again(void **state)
{
    int behind;

    (void)state;
    put(0, FRAME);
    expect(0);
    for (int n = 0; n < 5; n++)
        assert_int_equal(get(&behind), PLAYOUT_LOST);
    for (int n = 0; n < 200; n++)
        assert_int_equal(get(&behind), PLAYOUT_SILENT);
    put(1, FRAME);
    expect(FRAME);
    assert_int_equal(counts.concealed, 5);
}

/* A talkspurt: the numbers go on and the timestamps tell how long the peer was silent. */
static void silence_that_is_not_sent_is_no_loss(void **state)
{
    int behind;

    (void)state;
    for (int spurt = 0; spurt < 4; spurt++) {
        for (int n = 0; n < 20; n++) {
            put(20 * spurt + n, FRAME);
            expect((20 * spurt + n) * FRAME);
        }
        for (int n = 0; n < 25; n++)
            get(&behind);
        base += 25 * FRAME;
    }
    put(80, FRAME);
    expect(80 * FRAME);
    assert_int_equal(counts.concealed, 0);
    assert_int_equal(counts.comfort, 4 * 5);
    assert_int_equal(counts.late, 0);
}

/* The same, where packets wait 60 ms for their turn: they do so after each pause. */
static void a_talkspurt_finds_the_delay_that_was_learned(void **state)
{
    int behind, n = 4;

    (void)state;
    put(0, FRAME);
    expect(0);
    for (int early = 1; early < 4; early++)
        put(early, FRAME);
    for (int spurt = 0; spurt < 3; spurt++) {
        for (int i = 0; i < (spurt ? 8 : 40); i++) {
            put(n++, FRAME);
            get(&behind);
        }
        assert_in_range((behind - (n - 3) * FRAME + 30 * TURN + 80) % TURN, 0, 160); /* 10 ms */
        for (int i = 0; i < 15; i++)
            get(&behind);
        base += 15 * FRAME + (spurt % 2 ? 400 : -400); /* the pause was told a little wrong */
    }
    assert_int_equal(counts.late, 0);
    assert_int_equal(counts.concealed, 0);
}

/* Every tenth packet comes 50 ms late: the delay grows until they are in time. */
static void packets_that_come_late_make_it_deeper(void **state)
{
    int behind, lost = 0;
    uint8_t bytes[FRAME];

    (void)state;
    for (int n = 0; n < 1000; n++) {
        if (n % 10 != 5)
            put(n, FRAME);
        if (n % 10 == 8) {
            struct playout_packet packet = packet_of(bytes, n - 3, FRAME);

            packet.arrival = now + 10000;
            playout_put(&playout, &packet);
        }
        if (get(&behind) != PLAYOUT_SOUND && n > 200)
            lost++;
    }
    assert_int_equal(lost, 0);
    assert_in_range(playout_depth(&playout), 40000, 100000);
    assert_in_range(counts.late, 1, 4);
}

static void any_input_keeps_it_whole(void **state)
{
    uint8_t bytes[1024] = {0};
    int16_t frame[FRAME];
    struct playout_packet packet = {.payload = bytes};

    (void)state;
    srand(7);
    for (int i = 0; i < 200000; i++) {
        packet.timestamp += (uint32_t)(rand() % 700 - 300);
        if (rand() % 500 == 0)
            packet.timestamp = (uint32_t)rand();
        packet.size = (size_t)(1 + rand() % 960);
        packet.arrival = now + (uint32_t)(rand() % 40000);
        packet.sequence = (uint16_t)(packet.sequence + rand() % 3);
        packet.law = (enum playout_law)(rand() % 3);
        packet.restart = rand() % 50 == 0;
        playout_put(&playout, &packet);
        now += (uint32_t)(rand() % 40000);
        if (rand() % 2)
            playout_get(&playout, now, frame);
        assert_in_range(playout_depth(&playout), 0, 600000);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(what_came_is_heard_at_the_next_tick),
        TEST(order_is_restored),
        TEST(a_lost_packet_costs_one_frame),
        TEST(a_hole_before_newer_sound_is_concealed),
        TEST(a_burst_of_losses_is_as_long_as_it_was),
        TEST(a_packet_that_just_missed_its_tick_is_heard),
        TEST(arrivals_on_the_edge_of_the_tick_lose_nothing),
        TEST(what_is_never_needed_is_given_back),
        TEST(a_copy_of_old_sound_is_too_late),
        TEST(packets_of_any_length),
        TEST(time_that_jumps_begins_anew),
        TEST(jumps_of_any_kind_cost_little),
        TEST(a_stall_adds_no_lasting_delay),
        TEST(a_deep_ring_empties_soon),
        TEST(a_burst_at_the_beginning_is_not_waited_for),
        TEST(a_stopped_stream_is_silent_and_may_start_again),
        TEST(silence_that_is_not_sent_is_no_loss),
        TEST(a_talkspurt_finds_the_delay_that_was_learned),
        TEST(packets_that_come_late_make_it_deeper),
        TEST(any_input_keeps_it_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
