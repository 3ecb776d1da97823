/* worker_time.c: who is straight by how much time the worker has: with little to do pairs become
 * straight, with much they are mixed, and in between all is as it was. The clock that tells how
 * long a thread has worked is ours. */
#include "worker_rig.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

enum { PAIRS = 4, PEERS = 2 * PAIRS };

static atomic_uint share; /* [per mille] of its time that every thread says it has worked */
static struct media_room *rooms[PAIRS];
static struct peer *peers[PEERS];

static int64_t worked(int64_t now)
{
    static _Thread_local int64_t last, sum;

    if (last)
        sum += (now - last) * atomic_load(&share) / 1000;
    last = now;
    return sum;
}

/* In the place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *time)
{
    bool faked = id == CLOCK_THREAD_CPUTIME_ID;
    int err = (int)syscall(SYS_clock_gettime, faked ? CLOCK_MONOTONIC : id, time);
    int64_t now;

    if (err || !faked)
        return err;
    now = worked(time->tv_sec * INT64_C(1000000000) + time->tv_nsec);
    *time = (struct timespec){now / 1000000000, now % 1000000000};
    return 0;
}

static unsigned straight_ports(void)
{
    struct workers_load load;

    workers_load(rig_workers, &load);
    return load.straight;
}

/* What workers do by the measure before is done by then. */
static void work(unsigned per_mille)
{
    atomic_store(&share, per_mille);
    rig_until(workers_fill(rig_workers, 0) * 1000 > per_mille - 20.0 &&
              workers_fill(rig_workers, 0) * 1000 < per_mille + 20.0);
}

static void gather(bool straight)
{
    struct workers_conf conf = rig_conf(1);

    conf.straight = straight;
    atomic_store(&share, 0);
    rig_start(&conf);
    for (int i = 0; i < PEERS; i++) {
        peers[i] = rig_peer(CODEC_PCMU, 400 + 150 * i);
        peers[i]->any_length = true;
        if (i % 2 == 0)
            assert_int_equal(media_room_alloc(rig_workers, &rooms[i / 2]), 0);
        media_port_join(peers[i]->port, rooms[i / 2]);
    }
}

static void part(void)
{
    for (int i = 0; i < PAIRS; i++)
        rooms[i] = mem_unref(rooms[i]);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
}

/* For longer than it takes to become straight, and to be measured once more. */
static void stay(unsigned straight)
{
    for (int i = 0; i < 120; i++) {
        rig_packets(peers[0], 1);
        assert_int_equal(straight_ports(), straight);
    }
}

static bool all_hear(void)
{
    for (int i = 0; i < PEERS; i++)
        if (!rig_hears(peers[i], peers[i ^ 1]))
            return false;
    return true;
}

static void pairs_are_straight_while_there_is_time(void **state)
{
    (void)state;
    gather(true);
    work(100);
    rig_until(straight_ports() == PEERS);
    work(340);
    stay(PEERS);
    work(460);
    rig_until(straight_ports() == 0);
    rig_until(all_hear());
    work(310);
    stay(0);
    rig_until(all_hear());
    work(200);
    rig_until(straight_ports() == PEERS);
    rig_until(all_hear());
    for (int i = 0; i < PEERS; i++)
        assert_int_equal(peers[i]->gaps, 0);
    part();
}

static void pairs_are_never_straight_where_they_shall_not_be(void **state)
{
    (void)state;
    gather(false);
    work(100);
    stay(0);
    part();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_straight_while_there_is_time),
        cmocka_unit_test(pairs_are_never_straight_where_they_shall_not_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
