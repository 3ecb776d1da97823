/* The mixer beside a plain one that adds up every pair: thousands of ticks of
 * random sound, joining, leaving, mute, earmuff and pair rules. */
#include "audio/frame.h"
#include "base/mem.h"
#include "mixer/mixer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 12, FRAME = 320, RATE = 16000, TICKS = 6000 };

/* A gain as the plain mixer knows it: what it was and what it shall be, 0 or 1. */
struct gain {
    double now, to;
};

struct plain {
    struct mixer_member *member;        /* NULL: the seat is empty */
    struct gain voice, ear, pair[ROOM]; /* pair: hearing seat i */
    bool put;
    int16_t frame[FRAME];
    double spoken[FRAME]; /* the frame after its fade */
};

static struct plain seats[ROOM];
static struct mixer *mixer;
static unsigned long long seed = 88172645463325252ULL;

static unsigned dice(unsigned sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % sides;
}

static double at(struct gain gain, int i)
{
    return gain.now + (gain.to - gain.now) * (i + 1) / FRAME;
}

static bool fading(struct gain gain)
{
    return gain.now != gain.to;
}

static void sit(int i)
{
    struct plain *seat = &seats[i];
    assert_int_equal(mixer_add(mixer, &seat->member), 0);
    seat->voice = seat->ear = (struct gain){0, 1};
    for (int k = 0; k < ROOM; k++)
        seat->pair[k] = seats[k].pair[i] = (struct gain){1, 1};
}

static void stand(int i)
{
    mixer_remove(seats[i].member);
    seats[i] = (struct plain){0};
}

static void set_pair(struct plain *listener, int speaker, bool on)
{
    assert_int_equal(mixer_audible(listener->member, seats[speaker].member, on), 0);
    struct gain *gain = &listener->pair[speaker];
    bool same = gain->to == on && !fading(*gain);
    gain->to = on;
    if (!same && (listener->ear.now == 0 || seats[speaker].voice.now == 0))
        gain->now = on;
}

static void change_something(void)
{
    int i = (int)dice(ROOM), k = (int)dice(ROOM);
    struct plain *seat = &seats[i];
    bool on = dice(2);
    unsigned what = dice(10);
    if (!seat->member)
        sit(i);
    else if (what == 0)
        stand(i);
    else if (what < 4) {
        mixer_mute(seat->member, on);
        seat->voice.to = !on;
    } else if (what < 6) {
        mixer_earmuff(seat->member, on);
        seat->ear.to = !on;
    } else if (i != k && seats[k].member)
        set_pair(seat, k, on);
}

static void put_all(void)
{
    int loudness = 1 << dice(16);
    for (int i = 0; i < ROOM; i++) {
        struct plain *seat = &seats[i];
        seat->put = seat->member && dice(5) > 0;
        if (!seat->put)
            continue;
        for (int n = 0; n < FRAME; n++)
            seat->frame[n] = (int16_t)((int)dice((unsigned)loudness * 2) - loudness);
        mixer_put(seat->member, seat->frame);
        bool silent = frame_silent(seat->frame, FRAME, MIXER_SILENCE);
        for (int n = 0; n < FRAME; n++)
            seat->spoken[n] = silent ? 0 : seat->frame[n] * at(seat->voice, n);
    }
}

/* One listener's frame; each fade may be off by the rounding of its gain. */
static void check_one(int listener)
{
    struct plain *seat = &seats[listener];
    double sum[FRAME] = {0}, slack = fading(seat->ear) ? 16 : 0;
    int16_t got[FRAME];
    mixer_get(seat->member, got);
    for (int i = 0; i < ROOM; i++) {
        if (i == listener || !seats[i].put)
            continue;
        slack += (fading(seats[i].voice) ? 16 : 0) + (fading(seat->pair[i]) ? 16 : 0);
        for (int n = 0; n < FRAME; n++)
            sum[n] += seats[i].spoken[n] * at(seat->pair[i], n);
    }
    for (int n = 0; n < FRAME; n++) {
        double want = sum[n] > INT16_MAX ? INT16_MAX : sum[n] < INT16_MIN ? INT16_MIN : sum[n];
        want *= at(seat->ear, n);
        if (got[n] > want + slack || got[n] < want - slack)
            fail_msg("seat %d, sample %d: %d, not %.1f +- %.0f", listener, n, got[n], want, slack);
    }
}

static void settle(void)
{
    for (int i = 0; i < ROOM; i++) {
        struct plain *seat = &seats[i];
        if (seat->put || seat->voice.to == 0)
            seat->voice.now = seat->voice.to;
        seat->ear.now = seat->ear.to;
        for (int k = 0; k < ROOM; k++)
            seat->pair[k].now = seat->pair[k].to;
    }
}

static void same_as_plain_mixer(void **state)
{
    (void)state;
    assert_int_equal(mixer_alloc(&mixer, RATE), 0);
    for (int tick = 0; tick < TICKS; tick++) {
        for (unsigned i = dice(3); i > 0; i--)
            change_something();
        put_all();
        mixer_sum(mixer);
        for (int i = 0; i < ROOM; i++)
            if (seats[i].member)
                check_one(i);
        settle();
    }
    for (int i = 0; i < ROOM; i++)
        if (seats[i].member)
            stand(i);
    mixer = mem_unref(mixer);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_plain_mixer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
