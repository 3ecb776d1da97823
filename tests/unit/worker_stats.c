/* worker_stats.c: how the sound of a port is, asked for while it flows; sums over all of them;
 * problems on their way to control. */
#include "worker_rig.h"

#include <errno.h>

static struct workers_conf conf;
static struct media_room *room;

struct answer {
    unsigned count;
    struct stream_stats stats;
};

static int start(void **state)
{
    (void)state;
    conf = rig_conf(1);
    rig_start(&conf);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mem_unref(room);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static void keep(const struct stream_stats *stats, void *arg)
{
    struct answer *answer = arg;

    answer->count++;
    answer->stats = *stats;
}

static uint64_t sum(const uint64_t *counts, unsigned n)
{
    uint64_t all = 0;

    while (n--)
        all += counts[n];
    return all;
}

static void two_hear_each_other(struct peer **a, struct peer **b)
{
    *a = rig_peer(CODEC_PCMU, 400);
    *b = rig_peer(CODEC_PCMA, 600);
    media_port_join((*a)->port, room);
    media_port_join((*b)->port, room);
    rig_until(rig_hears(*a, *b) && rig_hears(*b, *a));
}

static void statistics_are_told_while_sound_flows(void **state)
{
    struct answer answer = {0}, later = {0};
    struct peer *a, *b;

    (void)state;
    two_hear_each_other(&a, &b);
    rig_packets(a, 60);
    assert_int_equal(media_port_stats(a->port, keep, &answer), 0);
    rig_until(answer.count);
    assert_in_range(answer.stats.packets_in, 50, a->sung);
    assert_in_range(answer.stats.packets_out, 50, a->packets + 50);
    assert_true(answer.stats.mos > 1 && answer.stats.mos <= 4.5);
    assert_true(answer.stats.r_factor > 0 && answer.stats.r_factor < 93.3);
    assert_true(sum(answer.stats.delay, STREAM_DELAYS) > 0);
    rig_packets(a, 20);
    assert_int_equal(media_port_stats(a->port, keep, &later), 0);
    rig_until(later.count);
    assert_true(later.stats.packets_in > answer.stats.packets_in);
    assert_int_equal(answer.count, 1);
}

/* Whoever asked is not called any more; nothing is left of the question. */
static void a_port_that_ends_answers_no_more(void **state)
{
    struct answer answer = {0};
    struct peer *a = rig_peer(CODEC_PCMU, 400);
    struct media_port *port = a->port;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(media_port_stats(port, keep, &answer), 0);
    media_port_close(port);
    assert_int_equal(media_port_stats(port, keep, &answer), ENOTCONN);
    rig_until(a->closed);
    assert_int_equal(answer.count, 0);
}

/* One that is alone is heard by nobody: it has no delay to others. */
static void nobody_waits_for_who_is_alone(void **state)
{
    struct answer answer = {0};
    struct peer *a = rig_peer(CODEC_PCMU, 400);

    (void)state;
    media_port_join(a->port, room);
    rig_packets(a, 40);
    assert_int_equal(media_port_stats(a->port, keep, &answer), 0);
    rig_until(answer.count);
    assert_true(answer.stats.frames_in > 0);
    assert_int_equal(sum(answer.stats.delay, STREAM_DELAYS), 0);
}

static void sums_are_of_all_ports_and_outlive_them(void **state)
{
    struct workers_sound sums;
    struct peer *a, *b;
    uint64_t delays;

    (void)state;
    two_hear_each_other(&a, &b);
    rig_packets(a, 20);
    a->sequence += 5; /* never sent */
    rig_packets(a, 20);
    media_port_close(a->port);
    media_port_close(b->port);
    rig_until(a->closed && b->closed);
    workers_sound(rig_workers, &sums);
    delays = sum(sums.delay, STREAM_DELAYS);
    assert_int_equal(sums.frames, a->stats.frames_in + b->stats.frames_in);
    assert_int_equal(sums.lost, 5 + b->stats.lost);
    assert_int_equal(sums.concealed, a->stats.frames_concealed + b->stats.frames_concealed);
    assert_int_equal(delays,
                     sum(a->stats.delay, STREAM_DELAYS) + sum(b->stats.delay, STREAM_DELAYS));
    assert_true(sums.delay_sum > 0 && sums.delay_sum < 10.0 * (double)delays);
    assert_true(workers_fill(rig_workers, 0) >= 0);
}

static void problems_are_told_on_control(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 0);

    (void)state;
    rig_until(a->troubles == 1);
    assert_true(a->trouble.on);
    assert_int_equal(a->trouble.problem, STREAM_NO_PACKETS);
    tone_start(&a->tone, 8000, 400, 2500);
    a->talks = true;
    rig_until(a->troubles == 2);
    assert_false(a->trouble.on);
    assert_int_equal(a->trouble.problem, STREAM_NO_PACKETS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(statistics_are_told_while_sound_flows), TEST(a_port_that_ends_answers_no_more),
        TEST(nobody_waits_for_who_is_alone),         TEST(sums_are_of_all_ports_and_outlive_them),
        TEST(problems_are_told_on_control),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
