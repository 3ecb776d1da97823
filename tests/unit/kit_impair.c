/* kit_impair.c: the network model of the kit does what it is told, and always the same. */
#include "tests/kit/impair.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PACKETS = 200000 };

struct outcome {
    double lost, runs, overtaken, twice, least, most;
    uint64_t print; /* of all arrivals */
};

static struct outcome run(const char *text)
{
    struct outcome outcome = {.least = 1e9};
    struct impair_conf conf;
    struct impair impair;
    bool before = false;
    double newest = 0;

    assert_true(impair_parse(&conf, text));
    impair_start(&impair, &conf);
    for (int i = 0; i < PACKETS; i++) {
        double at[2], sent = i * 20.0;
        unsigned count = impair_packet(&impair, sent, at);

        outcome.lost += !count;
        outcome.runs += !count && !before;
        before = !count;
        outcome.twice += count == 2;
        if (!count)
            continue;
        outcome.overtaken += at[0] < newest;
        newest = fmax(newest, at[0]);
        outcome.least = fmin(outcome.least, at[0] - sent);
        outcome.most = fmax(outcome.most, at[0] - sent);
        outcome.print = outcome.print * 31 + (uint64_t)(at[0] * 1000);
    }
    return outcome;
}

static void near(double value, double goal, double slack)
{
    if (fabs(value - goal) > slack)
        fail_msg("%g is not %g +- %g", value, goal, slack);
}

static void a_good_network_does_nothing(void **state)
{
    struct outcome outcome = run("");

    (void)state;
    assert_true(outcome.lost == 0 && outcome.twice == 0 && outcome.overtaken == 0);
    assert_true(outcome.most == 0);
}

static void losses_are_as_many_and_as_long_as_told(void **state)
{
    struct outcome single = run("loss=0.05"), runs = run("loss=0.05 burst=4");

    (void)state;
    near(single.lost / PACKETS, 0.05, 0.003);
    near(single.lost / single.runs, 1 / 0.95, 0.02);
    near(runs.lost / PACKETS, 0.05, 0.006);
    near(runs.lost / runs.runs, 4, 0.3);
    assert_true(run("loss=1").lost == PACKETS);
}

static void delay_has_bounds_and_keeps_the_order(void **state)
{
    struct outcome outcome = run("delay=30 jitter=100");

    (void)state;
    near(outcome.least, 30, 1);
    near(outcome.most, 130, 1);
    assert_true(outcome.overtaken == 0);
}

static void some_are_overtaken_and_some_come_twice(void **state)
{
    struct outcome outcome = run("reorder=0.02 duplicate=0.03 late=50");

    (void)state;
    near(outcome.overtaken / PACKETS, 2 * 0.02, 0.004); /* by two each */
    near(outcome.twice / PACKETS, 0.03, 0.003);
    near(outcome.most, 50, 0.001);
}

static void a_seed_is_a_network(void **state)
{
    (void)state;
    assert_true(run("loss=0.1 jitter=50 seed=7").print == run("loss=0.1 jitter=50 seed=7").print);
    assert_true(run("loss=0.1 jitter=50 seed=7").print != run("loss=0.1 jitter=50 seed=8").print);
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const bad[] = {"loss",    "loss=",     "loss=x",     "loss=2",
                                      "loss=-1", "reorder=3", "weather=1",  "loss=0.1,",
                                      "=1",      "loss=nan",  "loss=1 los", "delay=1e300"};
    struct impair_conf conf;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (impair_parse(&conf, bad[i]))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_does_nothing),
        cmocka_unit_test(losses_are_as_many_and_as_long_as_told),
        cmocka_unit_test(delay_has_bounds_and_keeps_the_order),
        cmocka_unit_test(some_are_overtaken_and_some_come_twice),
        cmocka_unit_test(a_seed_is_a_network),
        cmocka_unit_test(what_is_no_network_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
