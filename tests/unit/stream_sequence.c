/* stream_sequence.c: loss, order, copies and jitter are counted as RFC 3550 says. */
#include "stream/sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void gaps_are_losses_until_they_are_filled(void **state)
{
    struct sequence s = {0};

    (void)state;
    assert_int_equal(sequence_take(&s, 65533), SEQUENCE_NEXT);
    assert_int_equal(sequence_take(&s, 65534), SEQUENCE_NEXT);
    assert_int_equal(sequence_take(&s, 1), SEQUENCE_NEXT); /* across the wrap */
    assert_int_equal(s.lost, 2);
    assert_int_equal(sequence_take(&s, 0), SEQUENCE_REORDERED);
    assert_int_equal(s.lost, 1);
    assert_int_equal(sequence_take(&s, 0), SEQUENCE_DUPLICATE);
    assert_int_equal(sequence_take(&s, 65534), SEQUENCE_DUPLICATE);
    assert_int_equal(sequence_take(&s, 1), SEQUENCE_DUPLICATE);
    assert_int_equal(s.received, 4);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.duplicate, 3);
    assert_int_equal(s.reordered, 1);
}

static void a_jump_is_a_new_beginning(void **state)
{
    struct sequence s = {0};

    (void)state;
    sequence_take(&s, 10);
    assert_int_equal(sequence_take(&s, 40000), SEQUENCE_RESTART);
    assert_int_equal(sequence_take(&s, 40001), SEQUENCE_NEXT);
    assert_int_equal(sequence_take(&s, 5), SEQUENCE_RESTART);
    assert_int_equal(s.lost, 0);
    assert_int_equal(s.received, 4);
}

static void a_long_burst_of_loss_is_counted(void **state)
{
    struct sequence s = {0};

    (void)state;
    sequence_take(&s, 100);
    assert_int_equal(sequence_take(&s, 190), SEQUENCE_NEXT);
    assert_int_equal(s.lost, 89);
    assert_int_equal(sequence_take(&s, 110), SEQUENCE_DUPLICATE); /* too old to tell */
}

static void jitter_follows_the_formula(void **state)
{
    struct sequence s = {0};
    uint32_t timestamp = 0xffffff00u;
    double expected = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        sequence_time(&s, timestamp, 1000000 + i * 160 + (i % 2) * 40);
        timestamp += 160;
        if (i)
            expected += (40 - expected) / 16;
    }
    assert_float_equal(s.jitter, expected, 0.001);
    assert_float_equal(s.jitter_max, expected, 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_losses_until_they_are_filled),
        cmocka_unit_test(a_jump_is_a_new_beginning),
        cmocka_unit_test(a_long_burst_of_loss_is_counted),
        cmocka_unit_test(jitter_follows_the_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
