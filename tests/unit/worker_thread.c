/* worker_thread.c: where media threads run, and with what right of way. */
#include "worker_rig.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

/* The cores of each media thread of ours. */
static unsigned media_threads(cpu_set_t *sets, int *policies, unsigned most)
{
    DIR *dir = opendir("/proc/self/task");
    unsigned count = 0;
    struct dirent *entry;

    while ((entry = readdir(dir)) && count < most) {
        char path[64], name[16] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%.16s/comm", entry->d_name);
        file = fopen(path, "re");
        if (!file)
            continue;
        if (fscanf(file, "%15s", name) == 1 && !strcmp(name, "media")) {
            policies[count] = sched_getscheduler(atoi(entry->d_name));
            assert_int_equal(sched_getaffinity(atoi(entry->d_name), sizeof *sets, &sets[count]), 0);
            count++;
        }
        fclose(file);
    }
    closedir(dir);
    return count;
}

/* A worker has settled before its first tick. */
static void wait_ticks(void)
{
    struct workers_load load;

    rig_until((workers_load(rig_workers, &load), load.ticks > 10 * load.workers));
}

static void check(bool pin, unsigned workers, unsigned cores)
{
    struct workers_conf conf = rig_conf(workers);
    cpu_set_t sets[64], all;
    int policies[64];

    conf.pin = pin;
    rig_start(&conf);
    wait_ticks();
    assert_int_equal(media_threads(sets, policies, 64), workers);
    CPU_ZERO(&all);
    for (unsigned i = 0; i < workers; i++) {
        bool alone = pin && workers == cores && cores > 1 && policies[i] == SCHED_FIFO;

        assert_int_equal(CPU_COUNT(&sets[i]), alone ? 1 : cores);
        CPU_OR(&all, &all, &sets[i]);
    }
    assert_int_equal(CPU_COUNT(&all), cores);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
}

static void each_keeps_to_a_core_when_there_are_as_many(void **state)
{
    cpu_set_t allowed;
    unsigned cores;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    cores = (unsigned)CPU_COUNT(&allowed);
    if (cores <= 64)
        check(true, cores, cores);
    if (cores < 64)
        check(true, cores + 1, cores);
    if (cores <= 64)
        check(false, cores, cores);
}

enum { PEERS = 8 };

static pthread_t test_thread;
static atomic_bool kept; /* who sends from a media thread waits for others, as on a busy machine */

/* In the place of the C library's. */
ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    if (atomic_load(&kept) && !pthread_equal(pthread_self(), test_thread))
        usleep(3000);
    return sendto(fd, bytes, size, flags, NULL, 0);
}

static bool is_real_time(void)
{
    cpu_set_t set;
    int policy = 0;

    assert_int_equal(media_threads(&set, &policy, 1), 1);
    return policy == SCHED_FIFO;
}

/* Four rooms, one in each sub-tick: each of those takes 6 ms then, and is late. */
static void who_is_kept_waiting_keeps_its_right_of_way(void **state)
{
    struct workers_conf conf = rig_conf(1);
    struct media_room *rooms[PEERS / 2];
    struct peer *peers[PEERS];
    struct workers_load load;

    (void)state;
    test_thread = pthread_self();
    rig_start(&conf);
    wait_ticks();
    for (int i = 0; i < PEERS; i++) {
        peers[i] = rig_peer(CODEC_PCMU, 400 + 150 * i);
        if (i % 2 == 0)
            assert_int_equal(media_room_alloc(rig_workers, &rooms[i / 2]), 0);
        media_port_join(peers[i]->port, rooms[i / 2]);
    }
    for (int i = 0; i < PEERS; i++)
        rig_until(rig_hears(peers[i], peers[i ^ 1]));
    if (is_real_time()) {
        atomic_store(&kept, true);
        rig_until((workers_load(rig_workers, &load), load.late_ticks > 100));
        assert_true(is_real_time());
        atomic_store(&kept, false);
    }
    for (int i = 0; i < PEERS; i++)
        rig_until(rig_hears(peers[i], peers[i ^ 1]));
    for (int i = 0; i < PEERS / 2; i++)
        mem_unref(rooms[i]);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keeps_to_a_core_when_there_are_as_many),
        cmocka_unit_test(who_is_kept_waiting_keeps_its_right_of_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
