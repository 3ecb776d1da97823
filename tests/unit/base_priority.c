/* base_priority.c: a thread's priority is its own, whether we may have a better one or not. */
#include "base/priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

/* What a thread got, and what it is then. */
struct taken {
    enum priority first, then;
    int err, policy, nice;
};

static void *take(void *arg)
{
    struct taken *taken = arg;

    priority_take(taken->first);
    taken->err = priority_take(taken->then);
    taken->policy = sched_getscheduler(0);
    taken->nice = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

static struct taken on_a_thread(enum priority first, enum priority then)
{
    struct taken taken = {.first = first, .then = then};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, take, &taken), 0);
    pthread_join(thread, NULL);
    return taken;
}

static void a_low_thread_goes_after_us(void **state)
{
    int ours = getpriority(PRIO_PROCESS, 0);
    struct taken taken = on_a_thread(PRIORITY_LOW, PRIORITY_LOW);

    (void)state;
    assert_int_equal(taken.policy, SCHED_OTHER);
    if (!taken.err)
        assert_int_equal(taken.nice, 5);
    else
        assert_true(taken.err == EPERM && ours > 5); /* we run lower than that already */
    assert_int_equal(getpriority(PRIO_PROCESS, 0), ours);
}

static void a_prompt_thread_is_never_refused(void **state)
{
    struct taken taken = on_a_thread(PRIORITY_PROMPT, PRIORITY_PROMPT);

    (void)state;
    assert_int_equal(taken.err, 0);
    assert_int_equal(taken.policy, SCHED_OTHER);
    assert_true(taken.nice <= getpriority(PRIO_PROCESS, 0));
}

static void real_time_is_ours_or_nothing_changes(void **state)
{
    struct taken taken = on_a_thread(PRIORITY_PROMPT, PRIORITY_REAL_TIME);

    (void)state;
    if (taken.err)
        assert_int_equal(taken.err, EPERM);
    assert_int_equal(taken.policy, taken.err ? SCHED_OTHER : SCHED_FIFO);
}

static void real_time_can_be_given_back(void **state)
{
    struct taken taken = on_a_thread(PRIORITY_REAL_TIME, PRIORITY_PROMPT);

    (void)state;
    assert_int_equal(taken.err, 0);
    assert_int_equal(taken.policy, SCHED_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_low_thread_goes_after_us),
        cmocka_unit_test(a_prompt_thread_is_never_refused),
        cmocka_unit_test(real_time_is_ours_or_nothing_changes),
        cmocka_unit_test(real_time_can_be_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
