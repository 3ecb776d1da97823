/* base_loop.c: the inbox across threads, and a loop's timers. */
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { POSTERS = 4, EACH = 5000 };

static struct loop *loop;
static unsigned seen[POSTERS], total;

/* arg: poster * EACH + number */
static void take(void *arg)
{
    unsigned value = (unsigned)(uintptr_t)arg;

    assert_int_equal(value % EACH, seen[value / EACH]++);
    total++;
}

static void *post_all(void *arg)
{
    uintptr_t poster = (uintptr_t)arg;

    for (uintptr_t i = 0; i < EACH; i++)
        if (loop_post(loop, take, (void *)(poster * EACH + i)))
            abort();
    return NULL;
}

static void each_thread_keeps_its_order(void **state)
{
    pthread_t threads[POSTERS];

    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    for (uintptr_t i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, (void *)i), 0);
    while (total < POSTERS * EACH)
        loop_wait(loop, 10000);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(total, POSTERS * EACH);
    loop = mem_unref(loop);
}

static bool readable(void)
{
    struct pollfd fd = {.fd = loop_fd(loop), .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void flag(void *arg)
{
    *(bool *)arg = true;
}

static void the_descriptor_tells_of_work(void **state)
{
    bool ran = false;

    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    assert_false(readable());
    loop_post(loop, flag, &ran);
    assert_true(readable());
    assert_false(ran);
    loop_run(loop);
    assert_true(ran);
    assert_false(readable());
    loop = mem_unref(loop);
}

static void a_timer_wakes_the_loop_when_due(void **state)
{
    struct timer late = {0}, soon = {0};
    bool late_ran = false, soon_ran = false;
    int64_t start = clock_mono_ms();

    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(loop_start(loop, &late, 60000, flag, &late_ran), 0);
    assert_int_equal(loop_start(loop, &soon, 30, flag, &soon_ran), 0);
    while (!soon_ran)
        loop_wait(loop, 10000);
    assert_true(clock_mono_ms() - start >= 30);
    assert_true(clock_mono_ms() - start < 9000);
    assert_false(late_ran);
    loop_cancel(loop, &late);
    loop = mem_unref(loop);
}

static void a_cancelled_timer_stays_quiet(void **state)
{
    struct timer cancelled = {0}, after = {0};
    bool cancelled_ran = false, after_ran = false;

    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    loop_start(loop, &cancelled, 5, flag, &cancelled_ran);
    loop_start(loop, &after, 20, flag, &after_ran);
    loop_cancel(loop, &cancelled);
    while (!after_ran)
        loop_wait(loop, 10000);
    assert_false(cancelled_ran);
    loop = mem_unref(loop);
}

static int turns;

static void again(void *arg)
{
    (void)arg;
    if (++turns < 3)
        loop_post(loop, again, NULL);
}

static void a_task_may_post(void **state)
{
    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    loop_post(loop, again, NULL);
    while (turns < 3)
        loop_wait(loop, 10000);
    assert_int_equal(turns, 3);
    loop = mem_unref(loop);
}

/* As a worker wakes control: one task for all, posted again as soon as it runs. */
static struct {
    struct loop_task task;
    atomic_bool posted;
    atomic_uint said;
    unsigned heard, runs;
} word;

static void hear(void *arg)
{
    assert_ptr_equal(arg, &word);
    atomic_store(&word.posted, false);
    word.heard = atomic_load(&word.said);
    word.runs++;
}

static void *say_all(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        atomic_fetch_add(&word.said, 1);
        if (!atomic_exchange(&word.posted, true))
            loop_post_task(arg, &word.task);
    }
    return NULL;
}

static void a_task_of_ones_own_is_posted_again_and_again(void **state)
{
    pthread_t threads[POSTERS];

    (void)state;
    word.task = (struct loop_task){.run = hear, .arg = &word};
    assert_int_equal(loop_alloc(&loop), 0);
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, say_all, loop), 0);
    while (word.heard < POSTERS * EACH)
        loop_wait(loop, 10000);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(word.runs, 1, POSTERS * EACH);
    loop = mem_unref(loop);
}

static void free_it(void *arg)
{
    total++;
    free(arg);
}

static void a_task_of_ones_own_may_go_when_it_runs(void **state)
{
    struct loop_task *task = malloc(sizeof *task), kept = {.run = flag};
    bool ran = false;

    (void)state;
    assert_non_null(task);
    *task = (struct loop_task){.run = free_it, .arg = task};
    total = 0;
    assert_int_equal(loop_alloc(&loop), 0);
    loop_post_task(loop, task);
    loop_post(loop, flag, &ran);
    loop_run(loop);
    assert_int_equal(total, 1);
    assert_true(ran);
    ran = false;
    kept.arg = &ran;
    loop_post_task(loop, &kept); /* is not run, and not freed */
    loop = mem_unref(loop);
    assert_false(ran);
}

static void what_was_not_run_is_freed(void **state)
{
    bool ran = false;
    struct timer timer = {0};

    (void)state;
    assert_int_equal(loop_alloc(&loop), 0);
    loop_post(loop, flag, &ran);
    loop_start(loop, &timer, 1, flag, &ran);
    loop = mem_unref(loop);
    assert_false(ran);
    assert_false(timer_running(&timer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_keeps_its_order),
        cmocka_unit_test(the_descriptor_tells_of_work),
        cmocka_unit_test(a_timer_wakes_the_loop_when_due),
        cmocka_unit_test(a_cancelled_timer_stays_quiet),
        cmocka_unit_test(a_task_may_post),
        cmocka_unit_test(a_task_of_ones_own_is_posted_again_and_again),
        cmocka_unit_test(a_task_of_ones_own_may_go_when_it_runs),
        cmocka_unit_test(what_was_not_run_is_freed),
    };

    return cmocka_run_group_tests_name("base loop", tests, NULL, NULL);
}
