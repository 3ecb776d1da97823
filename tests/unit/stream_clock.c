/* stream_clock.c: a peer whose clock is not ours, for ten minutes of a time that takes none: the
 * delay stays what it was, nothing is lost, and nobody hears a seam. */
#include "audio/g711.h"
#include "base/mem.h"
#include "stream/playout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
    RATE = 8000,
    FRAME = 160,
    TICK = 20000, /* [us] */
    TICKS = 10 * 60 * 50,
    LEVEL = 8000
};

#define PI 3.14159265358979

static struct playout playout;
static struct playout_counts counts;
static struct decoder *decoder;
static void *memory;

static int make(void **state)
{
    static const struct codec_format format = {.codec = CODEC_PCMA};

    (void)state;
    assert_int_equal(decoder_alloc(&decoder, &format), 0);
    memory = malloc(playout_memory(&format));
    playout_init(&playout, &format, memory, decoder, NULL, NULL);
    counts = (struct playout_counts){0};
    playout_count(&playout, &counts);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    mem_unref(decoder);
    free(memory);
    return 0;
}

struct peer {
    double ppm, hz;
    double offset, jitter; /* [us] of arrivals before the tick; at most later than that */
    double stall;          /* [us] at the beginning of every third second nothing comes */
    double stray;          /* [us] that packet number `from` and each `every` after it come later */
    unsigned from, every;  /* 0: one alone */
    unsigned next;         /* packet */
    double after[2];       /* [us], delay of the first and the last tick that was measured */
    double least, most;
    double last[2]; /* samples heard */
    double seam;    /* how far one was off what two before it promise, at most */
};

static int16_t tone_at(const struct peer *peer, unsigned sample)
{
    return (int16_t)lrint(LEVEL * sin(2 * PI * peer->hz * sample / RATE));
}

static double arrival_of(const struct peer *peer, unsigned n)
{
    double spread = peer->jitter * (rand() % 1000) / 1000;
    double at = (n + 1) * (TICK / (1 + peer->ppm / 1e6)) - peer->offset + spread;
    double stalled = fmod(at, 3e6);
    bool strays =
        n == peer->from || (peer->every && n > peer->from && !((n - peer->from) % peer->every));

    at += strays ? peer->stray : 0;

    return stalled < peer->stall ? at + peer->stall - stalled : at;
}

/* Sends all that has come by `now`. */
static void send_until(struct peer *peer, double now)
{
    static double at;

    if (!peer->next)
        at = arrival_of(peer, 0);
    while (at <= now) {
        int16_t samples[FRAME];
        uint8_t payload[FRAME];
        struct playout_packet packet = {.payload = payload,
                                        .size = FRAME,
                                        .timestamp = peer->next * FRAME,
                                        .arrival = (uint32_t)(uint64_t)at,
                                        .sequence = (uint16_t)peer->next};

        for (unsigned i = 0; i < FRAME; i++)
            samples[i] = tone_at(peer, peer->next * FRAME + i);
        g711_alaw_encode(payload, samples, FRAME);
        playout_put(&playout, &packet);
        at = fmax(at, arrival_of(peer, ++peer->next)); /* in order */
    }
}

/* From when what is heard next was said to now [us]. */
static double delay(const struct peer *peer, double now)
{
    double said = (double)playout.play - (double)(playout.end - playout.head);

    return now - said * 1e6 / RATE / (1 + peer->ppm / 1e6);
}

static void look_for_seams(struct peer *peer, const int16_t *frame)
{
    double turn = 2 * cos(2 * PI * peer->hz / RATE);

    for (int i = 0; i < FRAME; i++) {
        double off = fabs(frame[i] - turn * peer->last[1] + peer->last[0]);

        peer->seam = off > peer->seam ? off : peer->seam;
        peer->last[0] = peer->last[1];
        peer->last[1] = frame[i];
    }
}

/* Ticks from + 1 … to, of a stream that was heard before. */
static void go_on(struct peer *peer, unsigned from, unsigned to)
{
    int16_t frame[FRAME] = {0};

    for (unsigned tick = from + 1; tick <= to; tick++) {
        double now = (double)tick * TICK, behind;

        send_until(peer, now);
        behind = delay(peer, now);
        playout_get(&playout, (uint32_t)(uint64_t)now, frame);
        look_for_seams(peer, frame);
        peer->least = behind < peer->least ? behind : peer->least;
        peer->most = behind > peer->most ? behind : peer->most;
        peer->after[1] = behind;
    }
}

/* From the beginning. */
static void run(struct peer *peer, unsigned ticks)
{
    int16_t frame[FRAME] = {0};
    unsigned tick = 1;

    for (;; tick++) {
        send_until(peer, (double)tick * TICK);
        peer->after[0] = delay(peer, (double)tick * TICK);
        if (playout_get(&playout, tick * TICK, frame) == PLAYOUT_SOUND)
            break;
    }
    peer->last[0] = frame[FRAME - 2];
    peer->last[1] = frame[FRAME - 1];
    peer->least = 1e9;
    go_on(peer, tick, ticks);
}

static void the_same_clock_is_left_alone(void **state)
{
    struct peer peer = {.hz = 1000, .offset = 700};
    uint32_t frames = 0;
    int16_t frame[FRAME];

    (void)state;
    for (unsigned tick = 1; tick <= TICKS; tick++) {
        send_until(&peer, (double)tick * TICK);
        assert_int_equal(playout_get(&playout, tick * TICK, frame), PLAYOUT_SOUND);
        for (unsigned i = 0; i < FRAME; i++) { /* 0.1 dB, and no phase but this one */
            int16_t sent = tone_at(&peer, frames * FRAME + i);

            assert_in_range(frame[i] - sent + 200, 0, 400);
        }
        frames++;
    }
    assert_int_equal(counts.frames_in, TICKS);
    assert_int_equal(counts.adjusted, 0);
    assert_int_equal(counts.concealed, 0);
}

/* [us] by which clocks differ in ten minutes, and what may be heard of it. */
static void check_drift(double ppm, double hz, double offset)
{
    struct peer peer = {.ppm = ppm, .hz = hz, .offset = offset};
    double frames = fabs(ppm) * 600 / 20000;
    double seam = hz < 150 ? 5000 : 0; /* [us] whole periods only */

    make(NULL);
    run(&peer, TICKS);
    assert_int_equal(counts.concealed, 0);
    assert_int_equal(counts.late, 0);
    assert_true(peer.most - peer.after[0] <= 20000 + seam);
    assert_true(peer.after[0] - peer.least <= 20000);
    assert_true(counts.adjusted >= frames - 2 && counts.adjusted <= frames + 2);
    assert_true(peer.seam < LEVEL * 0.1);
    drop(NULL);
}

static void a_clock_that_differs_is_kept_in_step(void **state)
{
    static const double ppms[] = {100, -100, 1000, -1000}, tones[] = {1000, 440, 117};

    drop(state);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            check_drift(ppms[i], tones[k], 10000);
    make(state);
}

/* A network with jitter, too: it costs what it takes until the delay is learned. */
static void jitter_and_drift_together(void **state)
{
    static const double ppms[] = {0, 200, -200};

    drop(state);
    srand(3);
    for (int i = 0; i < 3; i++) {
        struct peer peer = {.ppm = ppms[i], .hz = 300, .offset = 15000, .jitter = 50000};

        make(state);
        run(&peer, TICKS);
        assert_true(counts.concealed < TICKS / 200);
        assert_true(peer.most < 160000);
        drop(state);
    }
    make(state);
}

/* A network that stands still for 130 ms every three seconds: that is waited for, too, and when it
 * is cured the delay goes. */
static void stalls_are_learned_and_forgotten(void **state)
{
    struct peer peer = {.hz = 300, .offset = 10000, .stall = 130000};
    uint64_t concealed;

    (void)state;
    run(&peer, 500);
    concealed = counts.concealed;
    go_on(&peer, 500, 2000);
    assert_int_equal(counts.concealed, concealed);
    assert_true(peer.after[1] > peer.stall);
    peer.stall = 0;
    go_on(&peer, 2000, 4500);
    assert_true(peer.after[1] < 60000);
    assert_int_equal(counts.concealed, concealed);
}

/* One packet misses its tick: what the play-out waits longer for it is over in seconds. */
static void one_stray_packet_is_not_waited_for_long(void **state)
{
    struct peer peer = {.hz = 300, .offset = 2000, .jitter = 500, .stray = 6000, .from = 300};

    (void)state;
    run(&peer, 300);
    assert_true(peer.most < TICK + 1000);
    go_on(&peer, 300, 350);
    assert_true(peer.after[1] > 2 * TICK - 1000);
    go_on(&peer, 350, 900);
    assert_true(peer.after[1] < TICK + 3000);
    assert_true(counts.concealed <= 1);
    assert_true(counts.adjusted <= 1);
    assert_int_equal(counts.late, 0);
}

/* One in six seconds does, for ten minutes: then it is worth waiting for, more and more. */
static void strays_that_go_on_are_waited_for(void **state)
{
    struct peer peer = {
        .hz = 300, .offset = 2000, .jitter = 500, .stray = 6000, .from = 300, .every = 300};

    (void)state;
    run(&peer, TICKS);
    assert_true(counts.concealed <= 24);
    assert_true(counts.adjusted <= 24);
    assert_true(peer.most < 3 * TICK - 1000);
}

/* Where a tick is in hand already, a packet that is later still is late, and all others are heard
 * when they were. */
static void a_second_tick_takes_more_than_one_packet(void **state)
{
    struct peer peer = {.hz = 300, .offset = 3000, .jitter = 4000, .stray = 24000, .from = 2000};

    (void)state;
    run(&peer, 2000);
    assert_true(peer.after[1] > 2 * TICK - 1000);
    go_on(&peer, 2000, 2100);
    assert_int_equal(counts.late, 1);
    assert_true(peer.most < 3 * TICK - 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(the_same_clock_is_left_alone),
        TEST(a_clock_that_differs_is_kept_in_step),
        TEST(jitter_and_drift_together),
        TEST(stalls_are_learned_and_forgotten),
        TEST(one_stray_packet_is_not_waited_for_long),
        TEST(strays_that_go_on_are_waited_for),
        TEST(a_second_tick_takes_more_than_one_packet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
