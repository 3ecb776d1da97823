/* What the bench's load takes for the sound of a call, and for silence in it. */
#include "audio/g711.h"
#include "bench/load/sounding.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME = 160, LOUD = 8000, NOISE = 60 };
static const int64_t FRAME_NS = 20000000;

/* The frame of that number: a tone of that amplitude. */
static void hear(struct sounding *sounding, uint16_t number, double amplitude)
{
    int16_t samples[FRAME];
    uint8_t payload[FRAME];

    for (int i = 0; i < FRAME; i++)
        samples[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * i / 16));
    g711_ulaw_encode(payload, samples, FRAME);
    sounding_add(sounding, payload, FRAME, number, number * FRAME_NS);
}

static void a_sound_has_a_beginning_and_an_end(void **state)
{
    struct sounding sounding = {0};
    (void)state;

    for (uint16_t i = 100; i < 200; i++)
        hear(&sounding, i, i >= 120 && i < 170 ? LOUD : NOISE);
    assert_int_equal(sounding.frames, 50);
    assert_int_equal(sounding.first, 120 * FRAME_NS);
    assert_int_equal(sounding.last, 169 * FRAME_NS);
    assert_int_equal(sounding.silences, 0);
}

static void noise_is_no_sound(void **state)
{
    struct sounding sounding = {0};
    (void)state;

    for (uint16_t i = 0; i < 50; i++)
        hear(&sounding, i, NOISE);
    assert_int_equal(sounding.frames, 0);
}

static void silence_inside_is_counted_and_the_longest_kept(void **state)
{
    struct sounding sounding = {0};
    (void)state;

    for (uint16_t i = 0; i < 40; i++)
        hear(&sounding, i, i == 5 || (i >= 10 && i < 13) ? 0 : LOUD);
    assert_int_equal(sounding.silences, 4);
    assert_int_equal(sounding.silence, 3);
}

/* Also where the sequence numbers begin again. */
static void a_lost_frame_is_silent(void **state)
{
    struct sounding sounding = {0};
    (void)state;

    for (unsigned i = 65530; i < 65546; i++)
        if (i != 65536 && i != 65537)
            hear(&sounding, (uint16_t)i, LOUD);
    assert_int_equal(sounding.frames, 14);
    assert_int_equal(sounding.silence, 2);
    hear(&sounding, 1, LOUD); /* too late to be heard */
    assert_int_equal(sounding.frames, 14);
    assert_int_equal(sounding.last_number, 9);
}

static void a_packet_of_any_size_is_read(void **state)
{
    uint8_t big[1500];
    struct sounding sounding = {0};
    (void)state;

    memset(big, 0, sizeof big); /* the loudest negative sample */
    sounding_add(&sounding, big, 0, 1, 1);
    assert_int_equal(sounding.frames, 0);
    sounding_add(&sounding, big, sizeof big, 2, 2);
    assert_int_equal(sounding.frames, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_has_a_beginning_and_an_end),
        cmocka_unit_test(noise_is_no_sound),
        cmocka_unit_test(silence_inside_is_counted_and_the_longest_kept),
        cmocka_unit_test(a_lost_frame_is_silent),
        cmocka_unit_test(a_packet_of_any_size_is_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
