/* speech_nomem.c: asking once more with the n-th allocation failing, for every n, first on the
 * loop's thread, then on the one that speaks: who was taken is told, and nothing stays. */
#include "speech_rig.h"

#include <errno.h>
#include <stdatomic.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Thread_local bool is_loop;
static bool loop_fails;
static atomic_uint countdown; /* 0: none fails */

static bool fails(void)
{
    return is_loop == loop_fails && atomic_load(&countdown) && atomic_fetch_sub(&countdown, 1) == 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* False: the n-th allocation was never made. */
static bool ask_short_of(unsigned n)
{
    struct speech_request request = {.text = "<speak>Hello</speak>"};
    struct heard one = {0}, two = {0};
    void *state;
    struct room *room;
    int first, second;
    bool reached;

    set_up(&state);
    room = state;
    atomic_store(&countdown, n);
    first = speech_say(room->speech, &request, on_sound, &one);
    second = speech_say(room->speech, &request, on_sound, &two);
    for (int i = 0; i < 6000 && (one.times < (first == 0) || two.times < (second == 0)); i++)
        loop_wait(room->loop, 10);
    reached = atomic_exchange(&countdown, 0) == 0;
    assert_true(first == 0 || first == ENOMEM);
    assert_true(second == 0 || second == ENOMEM);
    assert_int_equal(one.times, first == 0);
    assert_int_equal(two.times, second == 0);
    if (first == 0 && !one.sound)
        assert_string_not_equal(one.reason, "");
    mem_unref(one.sound);
    mem_unref(two.sound);
    mem_unref(sound_of(room, &request)); /* it has not been forgotten how to speak */
    tear_down(&state);
    return reached;
}

static void ask_short_of_each(bool on_loop, unsigned at_least)
{
    unsigned n = 1;

    is_loop = true;
    loop_fails = on_loop;
    while (ask_short_of(n))
        n++;
    assert_true(n > at_least);
}

static void test_no_memory_to_ask(void **state)
{
    (void)state;
    ask_short_of_each(true, 6);
}

static void test_no_memory_to_speak(void **state)
{
    (void)state;
    ask_short_of_each(false, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory_to_ask),
        cmocka_unit_test(test_no_memory_to_speak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
