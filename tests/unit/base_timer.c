/* base_timer.c: the heap of timers, driven by a made-up clock. */
#include "base/clock.h"
#include "base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

static struct timers timers;
static struct timer made[500];
static int64_t fired_due[500];
static size_t fired;

static void note(void *arg)
{
    struct timer *timer = arg;

    assert_false(timer_running(timer));
    fired_due[fired++] = timer->due;
}

static void begin(void)
{
    timers_free(&timers);
    fired = 0;
    for (size_t i = 0; i < 500; i++)
        made[i] = (struct timer){0};
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
    int64_t now = clock_mono_ms();

    (void)state;
    begin();
    srand(1);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(timer_start(&timers, &made[i], 1000 + rand() % 1000, note, &made[i]), 0);
    for (size_t i = 0; i < 500; i += 3)
        timer_cancel(&timers, &made[i]);
    timers_run(&timers, now + 900);
    assert_int_equal(fired, 0);
    timers_run(&timers, now + 60000);
    assert_int_equal(fired, 500 - 167);
    for (size_t i = 1; i < fired; i++)
        assert_true(fired_due[i - 1] <= fired_due[i]);
    assert_int_equal(timers_next(&timers), -1);
}

static void only_the_due_fire(void **state)
{
    int64_t due;

    (void)state;
    begin();
    timer_start(&timers, &made[0], 100, note, &made[0]);
    timer_start(&timers, &made[1], 5000, note, &made[1]);
    due = made[0].due;
    assert_int_equal(timers_next(&timers), due);
    timers_run(&timers, due - 1);
    assert_int_equal(fired, 0);
    timers_run(&timers, due);
    assert_int_equal(fired, 1);
    assert_true(timer_running(&made[1]));
    timer_cancel(&timers, &made[1]);
    assert_false(timer_running(&made[1]));
}

static void starting_again_moves_a_timer(void **state)
{
    (void)state;
    begin();
    timer_start(&timers, &made[0], 10000, note, &made[0]);
    timer_start(&timers, &made[0], 10, note, &made[0]);
    assert_int_equal(timers.count, 1);
    timers_run(&timers, made[0].due);
    assert_int_equal(fired, 1);
    timers_run(&timers, made[0].due + 20000);
    assert_int_equal(fired, 1);
}

/* Each one that fires cancels the next and starts itself anew once. */
static void meddle(void *arg)
{
    struct timer *timer = arg;

    fired++;
    timer_cancel(&timers, timer + 1);
    if (fired == 1)
        timer_start(&timers, timer, 10000, meddle, timer);
}

static void a_handler_may_start_and_cancel(void **state)
{
    int64_t now = clock_mono_ms();

    (void)state;
    begin();
    for (size_t i = 0; i < 4; i++)
        timer_start(&timers, &made[i], (int64_t)i + 1, meddle, &made[i]);
    timers_run(&timers, now + 1000);
    assert_int_equal(fired, 2);
    assert_int_equal(timers.count, 1);
    assert_true(timer_running(&made[0]));
}

static void cancelling_what_never_ran_is_safe(void **state)
{
    (void)state;
    begin();
    timer_cancel(&timers, &made[0]);
    timer_cancel(&timers, &made[0]);
    assert_int_equal(timers_next(&timers), -1);
}

static void freeing_stops_all(void **state)
{
    (void)state;
    begin();
    timer_start(&timers, &made[0], 1, note, &made[0]);
    timers_free(&timers);
    assert_false(timer_running(&made[0]));
    timer_cancel(&timers, &made[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_the_order_of_their_time),
        cmocka_unit_test(only_the_due_fire),
        cmocka_unit_test(starting_again_moves_a_timer),
        cmocka_unit_test(a_handler_may_start_and_cancel),
        cmocka_unit_test(cancelling_what_never_ran_is_safe),
        cmocka_unit_test(freeing_stops_all),
    };

    return cmocka_run_group_tests_name("base timer", tests, NULL, NULL);
}
