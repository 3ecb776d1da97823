/* The mixer: who hears whom, told by a tone for each member; no clicks; and the
 * same sums as a slow, plain mixer under random orders. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/tone.h"
#include "base/mem.h"
#include "mixer/mixer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = 160, TICKS = 50, MANY = 200, PEAK = 150 };

static size_t alive;

static int remember_alive(void **state)
{
    (void)state;
    alive = mem_alive();
    return 0;
}

static int nothing_left(void **state)
{
    (void)state;
    return mem_alive() == alive ? 0 : -1;
}

/* People in a room, each humming a tone of its own, and a second of what each heard. */
struct hall {
    struct mixer *mixer;
    int count, ticks;
    struct mixer_member *member[MANY];
    struct tone tone[MANY];
    int16_t heard[MANY][TICKS * FRAME];
};

/* Whole numbers of Hz: within a second all have whole periods. */
static double pitch(int i)
{
    return 300 + 15 * i;
}

static struct hall *hall_open(int count, double amplitude)
{
    struct hall *hall = mem_alloc(sizeof *hall, NULL);
    assert_int_equal(mixer_alloc(&hall->mixer, RATE), 0);
    assert_int_equal(mixer_frame(hall->mixer), FRAME);
    hall->count = count;
    for (int i = 0; i < count; i++) {
        assert_int_equal(mixer_add(hall->mixer, &hall->member[i]), 0);
        tone_start(&hall->tone[i], RATE, pitch(i), amplitude);
    }
    assert_int_equal(mixer_count(hall->mixer), count);
    return hall;
}

static void hall_close(struct hall *hall)
{
    for (int i = 0; i < hall->count; i++)
        mixer_remove(hall->member[i]);
    assert_int_equal(mixer_count(hall->mixer), 0);
    mem_unref(hall->mixer);
    mem_unref(hall);
}

static void hall_run(struct hall *hall, int ticks)
{
    int16_t frame[FRAME];
    for (int tick = 0; tick < ticks; tick++, hall->ticks++) {
        for (int i = 0; i < hall->count; i++) {
            tone_fill(&hall->tone[i], frame, FRAME);
            mixer_put(hall->member[i], frame);
        }
        mixer_sum(hall->mixer);
        for (int i = 0; i < hall->count; i++)
            mixer_get(hall->member[i], hall->heard[i] + hall->ticks % TICKS * FRAME);
    }
}

static bool hears(struct hall *hall, int listener, int speaker, double amplitude)
{
    double got = goertzel_amplitude(hall->heard[listener], TICKS * FRAME, RATE, pitch(speaker));
    if (got > amplitude * 0.98 && got < amplitude * 1.02)
        return true;
    if (got > amplitude * 0.02)
        fail_msg("%d hears %d at %.1f of %.1f", listener, speaker, got, amplitude);
    return false;
}

static void all_hear_all_but_themselves(void **state)
{
    (void)state;
    for (int count = 1; count <= 8; count++) {
        struct hall *hall = hall_open(count, 3000);
        hall_run(hall, 1 + TICKS);
        for (int a = 0; a < count; a++)
            for (int b = 0; b < count; b++)
                assert_int_equal(hears(hall, a, b, 3000), a != b);
        hall_close(hall);
    }
}

static void two_hundred_with_rules(void **state)
{
    struct hall *hall = hall_open(MANY, PEAK);
    (void)state;
    mixer_mute(hall->member[3], true);
    mixer_earmuff(hall->member[5], true);
    for (int b = 10; b < 20; b++)
        assert_int_equal(mixer_audible(hall->member[7], hall->member[b], false), 0);
    for (int a = 0; a < MANY; a += 2)
        assert_int_equal(mixer_audible(hall->member[a], hall->member[199], false), 0);
    hall_run(hall, 1 + TICKS);
    for (int a = 0; a < MANY; a += 1)
        for (int b = 0; b < MANY; b += 1) {
            bool want = a != b && b != 3 && a != 5 && !(a == 7 && b >= 10 && b < 20) &&
                        !(b == 199 && a % 2 == 0);
            if (hears(hall, a, b, PEAK) != want)
                fail_msg("%d %s %d", a, want ? "does not hear" : "hears", b);
        }
    hall_close(hall);
}

/* A change for one pair is undone by its opposite, and by leaving. */
static void rules_end(void **state)
{
    struct hall *hall = hall_open(3, 3000);
    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(mixer_audible(hall->member[0], hall->member[1], false), 0);
        assert_int_equal(mixer_audible(hall->member[0], hall->member[1], false), 0);
        assert_int_equal(mixer_audible(hall->member[0], hall->member[0], false), 0);
        hall_run(hall, 1 + TICKS);
        assert_false(hears(hall, 0, 1, 3000));
        assert_true(hears(hall, 0, 2, 3000));
        assert_true(hears(hall, 1, 0, 3000));
        assert_int_equal(mixer_audible(hall->member[0], hall->member[1], true), 0);
        hall_run(hall, 1 + TICKS);
        assert_true(hears(hall, 0, 1, 3000));
    }
    assert_int_equal(mixer_audible(hall->member[0], hall->member[1], false), 0);
    assert_int_equal(mixer_audible(hall->member[1], hall->member[0], false), 0);
    mixer_remove(hall->member[1]);
    assert_int_equal(mixer_add(hall->mixer, &hall->member[1]), 0);
    hall_run(hall, 1 + TICKS);
    assert_true(hears(hall, 0, 1, 3000));
    assert_true(hears(hall, 1, 0, 3000));
    hall_close(hall);
}

/* The steepest step in what a listener heard. */
static int steepest(struct hall *hall, int listener)
{
    int found = 0;
    for (int i = 1; i < TICKS * FRAME; i++) {
        int step = abs(hall->heard[listener][i] - hall->heard[listener][i - 1]);
        found = step > found ? step : found;
    }
    return found;
}

typedef void change_h(struct hall *hall, bool on);

static void by_mute(struct hall *hall, bool on)
{
    mixer_mute(hall->member[1], on);
}

static void by_earmuff(struct hall *hall, bool on)
{
    mixer_earmuff(hall->member[0], on);
}

static void by_pair(struct hall *hall, bool on)
{
    assert_int_equal(mixer_audible(hall->member[0], hall->member[1], !on), 0);
}

/* Switched on and off again at many phases of the tone, also back and forth from
 * tick to tick: never a step beyond the tone's own and the ramp's. */
static void changes_do_not_click(void **state)
{
    static change_h *const changes[] = {by_mute, by_earmuff, by_pair};
    enum { LOUD = 12000 };
    int tone_step = (int)ceil(LOUD * 2 * sin(M_PI * pitch(1) / RATE)), ramp_step = LOUD / FRAME;
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct hall *hall = hall_open(2, LOUD);
        hall_run(hall, 2);
        for (int tick = 0; tick < 48; tick += 1 + tick % 3) {
            changes[i](hall, (tick & 1) == 0);
            hall_run(hall, 1 + tick % 3);
        }
        int found = steepest(hall, 0);
        if (found > tone_step + ramp_step + 16)
            fail_msg("change %zu: a step of %d; the tone's is %d", i, found, tone_step);
        hall_close(hall);
    }
}

/* Within the frame after the change it is silent, and loud again. */
static void changes_take_one_frame(void **state)
{
    static change_h *const changes[] = {by_mute, by_earmuff, by_pair};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct hall *hall = hall_open(2, 12000);
        hall_run(hall, 5);
        changes[i](hall, true);
        hall_run(hall, 3);
        const int16_t *heard = hall->heard[0] + 5 * FRAME;
        assert_true(frame_peak(heard, FRAME / 4) > 6000);
        assert_true(frame_peak(heard + FRAME - 8, 8) < 800);
        assert_int_equal(frame_peak(heard + FRAME, 2 * FRAME), 0);
        changes[i](hall, false);
        hall_run(hall, 2);
        heard = hall->heard[0] + 8 * FRAME;
        assert_true(frame_peak(heard, 8) < 1000);
        assert_true(frame_level(heard + FRAME, FRAME) > -13);
        hall_close(hall);
    }
}

static void joining_fades_in(void **state)
{
    struct hall *hall = hall_open(2, 0);
    int16_t loud[FRAME], out[FRAME];
    struct mixer_member *late;
    (void)state;
    for (int i = 0; i < FRAME; i++)
        loud[i] = 16000;
    hall_run(hall, 2);
    assert_int_equal(mixer_add(hall->mixer, &late), 0);
    hall_run(hall, 3); /* silent at first */
    mixer_put(late, loud);
    mixer_put(hall->member[0], loud);
    mixer_sum(hall->mixer);
    mixer_get(hall->member[1], out);
    assert_in_range(out[0], 16000, 16300);
    assert_true(abs(out[FRAME / 2] - 24000) < 200);
    assert_int_equal(out[FRAME - 1], 32000);
    mixer_get(late, out);
    assert_true(out[0] < 300 && out[FRAME - 1] == 16000);
    mixer_remove(late);
    hall_close(hall);
}

/* One that is denied from the start is not heard for a moment either. */
static void nothing_slips_out(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) {
        struct hall *hall = hall_open(2, 12000);
        if (order == 0)
            assert_int_equal(mixer_audible(hall->member[0], hall->member[1], false), 0);
        else if (order == 1)
            mixer_mute(hall->member[1], true);
        else
            mixer_earmuff(hall->member[0], true);
        hall_run(hall, TICKS);
        assert_int_equal(frame_peak(hall->heard[0], TICKS * FRAME), 0);
        hall_close(hall);
    }
}

/* Between the sum and the get a denied speaker leaves: still not heard. */
static void leaving_tells_no_secret(void **state)
{
    struct hall *hall = hall_open(3, 12000);
    int16_t frame[FRAME];
    (void)state;
    assert_int_equal(mixer_audible(hall->member[0], hall->member[2], false), 0);
    hall_run(hall, 2);
    for (int i = 0; i < FRAME; i++)
        frame[i] = 20000;
    mixer_put(hall->member[2], frame);
    mixer_sum(hall->mixer);
    mixer_remove(hall->member[2]);
    hall->count = 2;
    mixer_get(hall->member[0], frame);
    assert_int_equal(frame_peak(frame, FRAME), 0);
    hall_close(hall);
}

/* The sum of all who are not muted, whoever hears whom; and each one's part in it. */
static void all_are_heard_together(void **state)
{
    struct mixer_member *one, *two, *three;
    int16_t loud[FRAME], soft[FRAME];
    const int16_t *out;
    struct mixer *mixer;

    (void)state;
    for (int i = 0; i < FRAME; i++) {
        loud[i] = 30000;
        soft[i] = 3000;
    }
    assert_int_equal(mixer_alloc(&mixer, RATE), 0);
    assert_int_equal(mixer_add(mixer, &one), 0);
    assert_int_equal(mixer_add(mixer, &two), 0);
    assert_int_equal(mixer_add(mixer, &three), 0);
    mixer_earmuff(one, true);
    mixer_audible(one, two, false);
    mixer_mute(three, true);
    mixer_sum(mixer);
    assert_null(mixer_all(mixer));         /* nobody has said anything */
    for (int tick = 0; tick < 2; tick++) { /* the first one fades in */
        mixer_put(one, soft);
        mixer_put(two, soft);
        mixer_put(three, loud);
        mixer_sum(mixer);
        out = mixer_all(mixer);
        assert_non_null(out);
        assert_null(mixer_voice(three));
    }
    for (int i = 0; i < FRAME; i++)
        assert_int_equal(out[i], 6000);
    assert_memory_equal(mixer_voice(one), soft, sizeof soft);
    mixer_mute(three, false);
    for (int tick = 0; tick < 2; tick++) {
        mixer_put(one, soft);
        mixer_put(three, loud);
        mixer_sum(mixer);
        assert_null(mixer_voice(two));
    }
    out = mixer_all(mixer);
    for (int i = 0; i < FRAME; i++)
        assert_int_equal(out[i], INT16_MAX); /* clipped, not wrapped */
    mixer_sum(mixer);
    assert_null(mixer_all(mixer));
    mixer_remove(one);
    mixer_remove(two);
    mixer_remove(three);
    mem_unref(mixer);
}

static void loud_rooms_clip_once(void **state)
{
    struct hall *hall = hall_open(MANY, 0);
    int16_t loud[FRAME], soft[FRAME], out[FRAME];
    (void)state;
    hall_run(hall, 1);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < FRAME; i++) {
            loud[i] = i % 2 ? INT16_MIN : INT16_MAX;
            soft[i] = (int16_t)(i % 2 ? INT16_MAX - 100 : INT16_MIN + 100);
        }
        for (int i = 0; i < MANY; i++)
            mixer_put(hall->member[i], i % 2 == 0 ? loud : soft);
        mixer_sum(hall->mixer);
    }
    mixer_get(hall->member[1], out); /* 100 loud against 99 soft */
    assert_int_equal(out[0], 100 * INT16_MAX + 99 * (INT16_MIN + 100) > INT16_MAX
                                 ? INT16_MAX
                                 : 100 * INT16_MAX + 99 * (INT16_MIN + 100));
    mixer_get(hall->member[0], out); /* 99 against 100 */
    assert_int_equal(out[0], 99 * INT16_MAX + 100 * (INT16_MIN + 100) < INT16_MIN
                                 ? INT16_MIN
                                 : 99 * INT16_MAX + 100 * (INT16_MIN + 100));
    hall_close(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_hear_all_but_themselves),
        cmocka_unit_test(two_hundred_with_rules),
        cmocka_unit_test(rules_end),
        cmocka_unit_test(changes_do_not_click),
        cmocka_unit_test(changes_take_one_frame),
        cmocka_unit_test(joining_fades_in),
        cmocka_unit_test(nothing_slips_out),
        cmocka_unit_test(leaving_tells_no_secret),
        cmocka_unit_test(all_are_heard_together),
        cmocka_unit_test(loud_rooms_clip_once),
    };
    return cmocka_run_group_tests(tests, remember_alive, nothing_left);
}
