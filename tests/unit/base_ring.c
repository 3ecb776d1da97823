/* base_ring.c: the bounded queue, alone and with several producers at once. */
#include "base/mem.h"
#include "base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { PRODUCERS = 4, EACH = 20000 };

struct element {
    unsigned producer, number;
    char check[24];
};

static void what_goes_in_comes_out_in_order(void **state)
{
    struct ring *ring;
    int value;

    (void)state;
    assert_int_equal(ring_alloc(&ring, 5, sizeof value), 0);
    assert_false(ring_pop(ring, &value));
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 8; i++) {
            value = round * 8 + i;
            assert_true(ring_push(ring, &value));
        }
        value = -1;
        assert_false(ring_push(ring, &value));
        for (int i = 0; i < 8; i++) {
            assert_true(ring_pop(ring, &value));
            assert_int_equal(value, round * 8 + i);
        }
        assert_false(ring_pop(ring, &value));
    }
    mem_unref(ring);
}

struct producer {
    struct ring *ring;
    unsigned id;
};

static void *produce(void *arg)
{
    struct producer *me = arg;
    struct element element = {.producer = me->id};

    memset(element.check, 'a' + (int)me->id, sizeof element.check);
    for (unsigned i = 0; i < EACH; i++) {
        element.number = i;
        while (!ring_push(me->ring, &element))
            sched_yield();
    }
    return NULL;
}

static void producers_lose_and_mix_nothing(void **state)
{
    struct ring *ring;
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    unsigned next[PRODUCERS] = {0}, taken = 0;
    struct element element;

    (void)state;
    assert_int_equal(ring_alloc(&ring, 64, sizeof element), 0);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){ring, i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    while (taken < PRODUCERS * EACH) {
        if (!ring_pop(ring, &element)) {
            sched_yield();
            continue;
        }
        taken++;
        assert_true(element.producer < PRODUCERS);
        assert_int_equal(element.number, next[element.producer]++);
        for (size_t i = 0; i < sizeof element.check; i++)
            assert_int_equal(element.check[i], 'a' + (int)element.producer);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_false(ring_pop(ring, &element));
    mem_unref(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order),
        cmocka_unit_test(producers_lose_and_mix_nothing),
    };

    return cmocka_run_group_tests_name("base ring", tests, NULL, NULL);
}
