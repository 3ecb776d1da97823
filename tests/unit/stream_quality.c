/* stream_quality.c: the E-model at points that are known. */
#include "stream/quality.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void near(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within))
        fail_msg("%f is not %f", value, expected);
}

static double r_of(enum codec codec, double loss, double burst, double delay)
{
    return quality_r(&(struct quality){codec, loss, burst, delay});
}

/* ITU-T G.107, table B.1: R and MOS. */
static void mos_follows_r(void **state)
{
    static const double table[][2] = {{90, 4.34}, {80, 4.03},   {70, 3.60}, {60, 3.10},
                                      {50, 2.58}, {93.2, 4.41}, {0, 1},     {100, 4.5}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        near(quality_mos(table[i][0]), table[i][1], 0.007);
    near(quality_mos(-20), 1, 0);
    near(quality_mos(3), 1, 0); /* where the cubic dips below */
    near(quality_mos(140), 4.5, 0);
    for (double r = 0; r < 100; r += 0.25)
        assert_true(quality_mos(r + 0.25) >= quality_mos(r));
}

static void the_default_is_what_g107_says(void **state)
{
    (void)state;
    near(r_of(CODEC_PCMU, 0, 1, 0), 93.2, 0.05);
    near(quality_mos(r_of(CODEC_PCMU, 0, 1, 0)), 4.41, 0.005);
    near(r_of(CODEC_PCMA, 0, 1, 0), r_of(CODEC_PCMU, 0, 1, 0), 0);
    near(r_of(CODEC_L16, 0, 1, 0), 93.2, 0.05);
}

/* Ie of G.113 is what a codec takes off while nothing is lost. */
static void codecs_cost_their_ie(void **state)
{
    (void)state;
    near(r_of(CODEC_G729, 0, 1, 0), 82.2, 0.05);
    near(quality_mos(r_of(CODEC_G729, 0, 1, 0)), 4.10, 0.01);
    near(r_of(CODEC_GSM, 0, 1, 0), 73.2, 0.05);
    for (int codec = 0; codec < CODEC_COUNT; codec++)
        assert_true(r_of((enum codec)codec, 0, 1, 0) <= 93.25);
}

/* 95 * Ppl / (Ppl + Bpl): at Ppl = Bpl half of 95 - Ie is gone. */
static void loss_costs_what_the_codec_cannot_bear(void **state)
{
    (void)state;
    near(r_of(CODEC_PCMU, 25.1, 1, 0), 93.2 - 47.5, 0.05);
    near(r_of(CODEC_PCMU, 1, 1, 0), 93.2 - 95 / 26.1, 0.05);
    near(r_of(CODEC_G729, 19, 1, 0), 82.2 - 42, 0.05);
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        double before = 100;

        for (double loss = 0; loss <= 100; loss += 2.5) {
            double r = r_of((enum codec)codec, loss, 1, 0);

            assert_true(r < before);
            assert_true(r >= 0);
            before = r;
        }
    }
}

/* Bursts cost more than single packets; a ratio below one is none. */
static void bursts_cost_more(void **state)
{
    (void)state;
    near(r_of(CODEC_PCMU, 5, 2, 0), 93.2 - 95 * 5 / (2.5 + 25.1), 0.05);
    assert_true(r_of(CODEC_PCMU, 5, 2, 0) < r_of(CODEC_PCMU, 5, 1, 0));
    near(r_of(CODEC_PCMU, 5, 0, 0), r_of(CODEC_PCMU, 5, 1, 0), 0);
    near(quality_burst(10, 1000, 10), 1, 0);       /* each by itself */
    near(quality_burst(10, 1000, 2), 4.95, 0.001); /* two of five */
    near(quality_burst(0, 1000, 0), 1, 0);
    near(quality_burst(5, 5, 1), 1, 0);
    near(quality_burst(5, 0, 0), 1, 0);
}

/* The formulas of G.107, 7.4, by hand at 150 and 400 ms (TELR 65 dB). */
static void delay_costs_little_at_first(void **state)
{
    double before = 100;

    (void)state;
    near(r_of(CODEC_PCMU, 0, 1, 150), 89.5, 0.5);
    near(r_of(CODEC_PCMU, 0, 1, 400), 62.2, 0.1);
    for (double delay = 0; delay < 2000; delay += 10) {
        double r = r_of(CODEC_PCMU, 0, 1, delay);

        assert_true(r <= before + 1e-9);
        before = r;
    }
    near(r_of(CODEC_PCMU, 0, 1, -5), 93.2, 0.05);
    assert_true(r_of(CODEC_PCMU, 0, 1, 50) > 91);
}

static void all_of_it_stays_in_bounds(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        double r = r_of((enum codec)codec, 100, 30, 5000);

        near(r, 0, 0);
        near(quality_mos(r), 1, 0);
        assert_true(quality_lookahead((enum codec)codec) >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mos_follows_r),
        cmocka_unit_test(the_default_is_what_g107_says),
        cmocka_unit_test(codecs_cost_their_ie),
        cmocka_unit_test(loss_costs_what_the_codec_cannot_bear),
        cmocka_unit_test(bursts_cost_more),
        cmocka_unit_test(delay_costs_little_at_first),
        cmocka_unit_test(all_of_it_stays_in_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
