/* worker_straight.c: two in a room who are not mixed, and are when they must be. A listener's
 * numbers and times go on over every change, and the tone with them. */
#include "worker_rig.h"

#include <math.h>

enum { SETTLED = 60 /* frames after which two need no mixer */ };

static struct media_room *room;
static struct peer *a, *b;

/* What a listener has had since the last look. */
struct line {
    unsigned packets, broken;
    uint32_t timestamp;
    uint16_t sequence;
};

static int start(void **state)
{
    struct workers_conf conf = rig_conf(1);

    (void)state;
    conf.straight = true;
    rig_start(&conf);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    a = rig_peer(CODEC_PCMU, 400);
    b = rig_peer(CODEC_PCMU, 1000);
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
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

/* Straight, a packet comes back before the next tick: as many packets as were sent are heard
 * when nobody sends any more. */
static bool is_straight(void)
{
    rig_turn();
    return false;
}

static void settle(void)
{
    rig_packets(a, SETTLED);
    rig_packets(b, SETTLED);
}
int main(void)
{
    return cmocka_run_group_tests((struct CMUnitTest[]){{0}}, NULL, NULL);
}
