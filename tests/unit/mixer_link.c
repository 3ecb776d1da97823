/* mixer_link.c: parts of a conversation that hear each other: the sum of the others to the last
 * bit, who is published apart, and two threads that publish and gather as fast as they can. */
#include "base/mem.h"
#include "mixer/link.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = 4, EACH = 5, ALL = PARTS * EACH, FRAME = 320, RATE = 16000, TICKS = 400 };

static struct mixer_link *parts_link;
static struct mixer *mixers[PARTS];
static struct mixer_member *members[ALL];
static int16_t said[ALL][FRAME];

static int start(void **state)
{
    (void)state;
    assert_int_equal(mixer_link_alloc(&parts_link), 0);
    for (int i = 0; i < PARTS; i++) {
        assert_int_equal(mixer_alloc(&mixers[i], RATE), 0);
        assert_int_equal(mixer_link_open(parts_link, (unsigned)i), 0);
        mixer_link_set(parts_link, (unsigned)i, true);
    }
    for (int i = 0; i < ALL; i++)
        assert_int_equal(mixer_add(mixers[i / EACH], &members[i]), 0);
    srand(5);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++)
        mixer_remove(members[i]);
    for (int i = 0; i < PARTS; i++)
        mixers[i] = mem_unref(mixers[i]);
    parts_link = mem_unref(parts_link);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* Loud enough that the sum of all is clipped now and then. */
static void say(int who)
{
    for (int i = 0; i < FRAME; i++)
        said[who][i] = (int16_t)(rand() % 20001 - 10000);
    mixer_put(members[who], said[who]);
}

static void publish_all(uint64_t frame)
{
    for (int i = 0; i < PARTS; i++) {
        mixer_sum(mixers[i]);
        mixer_publish(mixers[i], parts_link, (unsigned)i, frame);
    }
}

static void take_voice(uint64_t who, const int16_t *frame, void *arg)
{
    assert_memory_equal(frame, said[who], sizeof said[who]);
    mixer_add_voice(arg, frame);
}

static void gather_all(uint64_t frame)
{
    for (int i = 0; i < PARTS; i++)
        assert_int_equal(
            mixer_gather(mixers[i], parts_link, (unsigned)i, frame, take_voice, mixers[i]), 0);
}

/* Off by one at most where nothing is clipped; here by nothing at all. */
static void hears_all_but(int listener, const bool *spoke)
{
    int16_t got[FRAME];

    mixer_get(members[listener], got);
    for (int n = 0; n < FRAME; n++) {
        int sum = 0;

        for (int i = 0; i < ALL; i++)
            sum += spoke[i] && i != listener ? said[i][n] : 0;
        sum = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
        if (got[n] != sum)
            fail_msg("%d, sample %d: %d, not %d", listener, n, got[n], sum);
    }
}

static void tick(uint64_t frame, const bool *speaks)
{
    for (int i = 0; i < ALL; i++)
        if (speaks[i])
            say(i);
    publish_all(frame);
    gather_all(frame);
}

static void settle(void)
{
    bool all[ALL];
    int16_t none[FRAME];

    memset(all, true, sizeof all);
    tick(0, all);
    for (int i = 0; i < ALL; i++)
        mixer_get(members[i], none);
}

static void all_hear_the_sum_of_the_others(void **state)
{
    (void)state;
    settle();
    for (uint64_t frame = 1; frame < TICKS; frame++) {
        bool speaks[ALL];

        for (int i = 0; i < ALL; i++) {
            speaks[i] = rand() % 3 > 0;
            mixer_set_apart(members[i], rand() % 4 ? MIXER_TOGETHER : MIXER_MUST, (uint64_t)i);
        }
        tick(frame, speaks);
        for (int i = 0; i < ALL; i++)
            hears_all_but(i, speaks);
    }
}

static void nobody_speaks_and_nobody_is_heard(void **state)
{
    bool none[ALL] = {false};

    (void)state;
    settle();
    tick(1, none);
    for (int i = 0; i < PARTS; i++)
        assert_null(mixer_all(mixers[i]));
    none[0] = true;
    tick(2, none);
    for (int i = 0; i < PARTS; i++)
        assert_memory_equal(mixer_all(mixers[i]), said[0], sizeof said[0]);
}

static void what_is_late_or_of_another_rate_is_silence(void **state)
{
    bool one[ALL] = {[EACH] = true};
    int16_t got[FRAME];

    (void)state;
    settle();
    tick(7, one);
    mixer_sum(mixers[0]);
    assert_int_equal(mixer_gather(mixers[0], parts_link, 0, 8, take_voice, mixers[0]), PARTS - 1);
    assert_null(mixer_all(mixers[0]));
    mixer_set_rate(mixers[0], 8000);
    for (int i = 0; i < 2; i++) {
        mixer_begin(mixers[0]);
        mixer_sum(mixers[0]);
        mixer_get(members[0], got);
    }
    assert_int_equal(mixer_rate(mixers[0]), 8000);
    assert_int_equal(mixer_gather(mixers[0], parts_link, 0, 7, take_voice, mixers[0]), PARTS - 1);
    mixer_link_set(parts_link, 1, false);
    assert_int_equal(mixer_link_others(parts_link, 0), PARTS - 2);
    assert_int_equal(mixer_gather(mixers[0], parts_link, 0, 7, take_voice, mixers[0]), PARTS - 2);
}

struct guest {
    struct mixer_member *member;
    uint64_t who;
};

static void put_guest(uint64_t who, const int16_t *frame, void *arg)
{
    struct guest *guest = arg;

    if (who == guest->who)
        mixer_put_guest(guest->member, frame);
    else
        mixer_add_voice(mixers[0], frame);
}

/* Members 0 and 1 have speaker 7, of the second part, as a guest; 0 may not hear it. */
static void a_guest_is_a_member_for_rules(void **state)
{
    bool speaks[ALL] = {[1] = true, [7] = true, [12] = true};
    struct guest guest = {.who = 7};
    int16_t got[FRAME];

    (void)state;
    settle();
    assert_int_equal(mixer_add(mixers[0], &guest.member), 0);
    assert_int_equal(mixer_audible(members[0], guest.member, false), 0);
    mixer_set_apart(members[7], MIXER_MUST, 7);
    for (uint64_t frame = 1; frame < 20; frame++) {
        for (int i = 0; i < ALL; i++)
            if (speaks[i])
                say(i);
        publish_all(frame);
        mixer_gather(mixers[0], parts_link, 0, frame, put_guest, &guest);
        mixer_get(members[0], got);
        for (int n = 0; n < FRAME; n++)
            assert_int_equal(got[n], said[1][n] + said[12][n]);
        mixer_get(members[1], got);
        for (int n = 0; n < FRAME; n++)
            assert_int_equal(got[n], said[7][n] + said[12][n]);
    }
    mixer_remove(guest.member);
}

static void count_voice(uint64_t who, const int16_t *frame, void *arg)
{
    (void)who;
    (void)frame;
    ++*(unsigned *)arg;
}

/* Of too many who must be apart the last are not heard elsewhere; who may be is in the sum. */
static void too_many_voices_are_kept_in(void **state)
{
    struct mixer_member *crowd[LINK_VOICES + 8];
    int16_t one[FRAME];
    unsigned voices;

    (void)state;
    for (int i = 0; i < FRAME; i++)
        one[i] = 100;
    for (int i = 0; i < LINK_VOICES + 8; i++)
        assert_int_equal(mixer_add(mixers[1], &crowd[i]), 0);
    for (int turn = 0; turn < 2; turn++) {
        for (uint64_t frame = 0; frame < 2; frame++) { /* the first one fades in */
            for (int i = 0; i < LINK_VOICES + 8; i++) {
                mixer_set_apart(crowd[i], turn ? MIXER_MAY : MIXER_MUST, (uint64_t)i);
                mixer_put(crowd[i], one);
            }
            publish_all(frame);
        }
        voices = 0;
        mixer_gather(mixers[0], parts_link, 0, 1, count_voice, &voices);
        assert_int_equal(voices, LINK_VOICES);
        if (turn)
            assert_int_equal(mixer_all(mixers[0])[9], 800);
        else
            assert_null(mixer_all(mixers[0]));
    }
    for (int i = 0; i < LINK_VOICES + 8; i++)
        mixer_remove(crowd[i]);
}

static atomic_uint_fast64_t written;
static atomic_bool over;

/* Says frames of one value each, as fast as it can. */
static void *write_fast(void *arg)
{
    (void)arg;
    for (uint64_t frame = 0; !atomic_load(&over); frame++) {
        for (int i = 0; i < FRAME; i++)
            said[0][i] = (int16_t)(1000 + frame % 1000);
        mixer_put(members[0], said[0]);
        mixer_sum(mixers[0]);
        mixer_publish(mixers[0], parts_link, 0, frame);
        atomic_store(&written, frame);
    }
    return NULL;
}

/* What is gathered is one frame and the right one, however fast the other part goes on. */
static void what_is_torn_is_dropped(void **state)
{
    unsigned good = 0;
    pthread_t thread;
    int16_t first[FRAME];

    (void)state;
    for (int i = 0; i < FRAME; i++)
        first[i] = 1000;
    mixer_put(members[0], first);
    mixer_sum(mixers[0]); /* has faded in */
    for (int i = 1; i < PARTS; i++)
        mixer_link_set(parts_link, (unsigned)i, i == 1);
    atomic_store(&over, false);
    atomic_store(&written, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_fast, NULL), 0);
    while (good < 300) {
        uint64_t frame = atomic_load(&written);
        const int16_t *all;

        mixer_sum(mixers[1]);
        if (mixer_gather(mixers[1], parts_link, 1, frame, count_voice, &(unsigned){0}))
            continue;
        all = mixer_all(mixers[1]);
        for (int i = 0; all && i < FRAME; i++)
            if (all[i] != (int16_t)(1000 + frame % 1000))
                fail_msg("frame %lu, sample %d: %d", (unsigned long)frame, i, all[i]);
        good += all != NULL;
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
}

static void the_rate_is_what_two_have(void **state)
{
    (void)state;
    assert_int_equal(mixer_link_rate(parts_link), 8000);
    mixer_link_tell_rates(parts_link, 0, 48000, 8000);
    assert_int_equal(mixer_link_rate(parts_link), 8000);
    mixer_link_tell_rates(parts_link, 2, 16000, 16000);
    assert_int_equal(mixer_link_rate(parts_link), 16000);
    mixer_link_tell_rates(parts_link, 3, 48000, 8000);
    assert_int_equal(mixer_link_rate(parts_link), 48000);
    mixer_link_set(parts_link, 0, false);
    assert_int_equal(mixer_link_rate(parts_link), 16000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(all_hear_the_sum_of_the_others),
        TEST(nobody_speaks_and_nobody_is_heard),
        TEST(what_is_late_or_of_another_rate_is_silence),
        TEST(a_guest_is_a_member_for_rules),
        TEST(too_many_voices_are_kept_in),
        TEST(what_is_torn_is_dropped),
        TEST(the_rate_is_what_two_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
