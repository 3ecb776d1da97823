/* worker_record.c: what is said and heard, in files, and who speaks: with real threads,
 * sockets and files. */
#include "record_kit.h"
#include "worker_rig.h"

#include <errno.h>

enum {
    LEVEL = 2500, /* of a peer's tone */
    SLACK = 400,  /* of it, by G.711 and the edges of lost time */
    WITHIN = 40,  /* [ms] a file may differ from the clock */
    LATE = 260    /* [ms] by which sound has come, or ended, through jitter and concealment */
};

static struct heard heard;

static int start(void **state)
{
    struct workers_conf conf = rig_conf(2);

    (void)state;
    rig_start(&conf);
    kit_start(rig_loop);
    return 0;
}

static int stop(void **state)
{
    struct loop *loop = mem_ref(rig_loop);

    (void)state;
    rig_stop();
    kit_stop(loop);
    mem_unref(loop);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static struct media_room *room_alloc(void)
{
    struct media_room *room;

    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return room;
}

static void record_port(struct take *take, struct peer *peer, bool split)
{
    kit_open(take, RECORDING_WAV, split);
    take->begun[0] = clock_mono_ms();
    assert_int_equal(media_port_record(peer->port, take->recording), 0);
    take->begun[1] = clock_mono_ms();
}

static void record_room(struct take *take, struct media_room *room)
{
    kit_open(take, RECORDING_WAV, false);
    take->begun[0] = clock_mono_ms();
    assert_int_equal(media_room_record(room, take->recording), 0);
    take->begun[1] = clock_mono_ms();
}

static void stop_port(struct take *take, struct peer *peer)
{
    take->ended[0] = clock_mono_ms();
    media_port_record_stop(peer->port);
    take->ended[1] = clock_mono_ms();
}

static void stop_room(struct take *take, struct media_room *room)
{
    take->ended[0] = clock_mono_ms();
    media_room_record_stop(room);
    take->ended[1] = clock_mono_ms();
}

static void is_as_long_as_it_took(const struct take *take)
{
    assert_in_range(take->result.duration, take->ended[0] - take->begun[1] - WITHIN,
                    take->ended[1] - take->begun[0] + WITHIN);
}

/* [ms] in the file of what happens now: at the earliest, at the latest. */
static int64_t early(const struct take *take)
{
    return clock_mono_ms() - take->begun[1] - WITHIN;
}

static int64_t late(const struct take *take)
{
    return clock_mono_ms() - take->begun[0] + LATE;
}

/* Waits until the file is there, reads it and lets go. */
static void finished(struct take *take, int channels)
{
    rig_until(take->done);
    take->recording = mem_unref(take->recording);
    kit_check(&heard, take, channels);
    assert_int_equal(take->result.lost, 0);
    assert_int_equal(take->result.duration * RECORDING_RATE / 1000, heard.count);
}

static bool has(unsigned channel, int64_t ms, const struct peer *peer)
{
    return kit_amplitude(&heard, channel, ms, peer->hz) > LEVEL - SLACK &&
           kit_amplitude(&heard, channel, ms, peer->hz) < LEVEL + SLACK;
}

static bool lacks(unsigned channel, int64_t ms, const struct peer *peer)
{
    return kit_amplitude(&heard, channel, ms, peer->hz) < 60;
}

/* Whether the frames from `from` to `to` [ms] have it at its level: enough of them, for a
 * busy machine makes our peers stutter. */
static bool holds(unsigned channel, int64_t from, int64_t to, const struct peer *peer)
{
    unsigned with = 0, all = 0;

    for (int64_t ms = from; ms + 20 <= to; ms += 20, all++)
        with += has(channel, ms, peer);
    return all > 0 && with * 10 >= all * 4;
}

static bool all_lack(unsigned channel, int64_t from, int64_t to, const struct peer *peer)
{
    for (int64_t ms = from; ms + 20 <= to; ms += 20)
        if (!lacks(channel, ms, peer))
            return false;
    return true;
}

static void wait_ms(int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;

    rig_until(clock_mono_ms() >= end);
}

static void a_leg_is_what_it_says_and_hears(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc();
    struct take mono, split;

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    record_port(&mono, a, false);
    record_port(&split, b, true); /* two at once */
    rig_packets(a, 60);
    stop_port(&mono, a);
    stop_port(&split, b);
    finished(&mono, 1);
    is_as_long_as_it_took(&mono);
    assert_true(holds(0, 40, mono.result.duration - 40, a));
    assert_true(holds(0, 40, mono.result.duration - 40, b));
    finished(&split, 2);
    is_as_long_as_it_took(&split);
    assert_true(holds(0, 40, split.result.duration - 40, b));
    assert_true(holds(1, 40, split.result.duration - 40, a));
    assert_true(all_lack(0, 40, split.result.duration, a));
    assert_true(all_lack(1, 40, split.result.duration, b));
    mem_unref(room);
}

/* Silence before, between and after the sound is in the file, as long as it was. */
static void silence_is_kept(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    int64_t on[2], off[2];
    struct take take;

    (void)state;
    a->talks = false;
    record_port(&take, a, false);
    for (int i = 0; i < 2; i++) {
        wait_ms(400);
        on[i] = early(&take);
        a->talks = true;
        wait_ms(500);
        a->talks = false;
        off[i] = late(&take);
    }
    wait_ms(500);
    stop_port(&take, a);
    finished(&take, 1);
    is_as_long_as_it_took(&take);
    assert_true(all_lack(0, 0, on[0], a));
    assert_true(holds(0, on[0] + LATE, off[0] - LATE - WITHIN, a));
    assert_true(all_lack(0, off[0], on[1], a));
    assert_true(holds(0, on[1] + LATE, off[1] - LATE - WITHIN, a));
    assert_true(off[1] + 200 < take.result.duration);
    assert_true(all_lack(0, off[1], take.result.duration, a));
}

static void a_room_is_all_who_are_not_muted(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000),
                *c = rig_peer(CODEC_PCMU, 1600);
    struct media_room *room = room_alloc();
    struct take take, alone;

    (void)state;
    media_port_mute(c->port, true);
    media_port_earmuff(a->port, true); /* hears nothing, is heard */
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    media_port_join(c->port, room);
    rig_until(rig_hears(c, a) && rig_hears(c, b));
    record_room(&take, room);
    record_port(&alone, c, true);
    rig_packets(a, 40);
    media_room_record_stop(room);
    media_port_record_stop(c->port);
    finished(&take, 1);
    assert_true(take.result.duration >= 700);
    assert_true(holds(0, 40, 700, a));
    assert_true(holds(0, 40, 700, b));
    assert_true(all_lack(0, 0, 700, c));
    finished(&alone, 2);
    assert_true(all_lack(0, 0, 700, c)); /* nobody was to hear it */
    assert_true(holds(1, 40, 700, a));
    mem_unref(room);
}

static void a_muted_port_in_no_room_is_silent(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    struct take take;

    (void)state;
    rig_until(a->latched);
    media_port_mute(a->port, true);
    record_port(&take, a, false);
    rig_packets(a, 25);
    media_port_record_stop(a->port);
    finished(&take, 1);
    assert_true(take.result.duration >= 300);
    assert_true(all_lack(0, 0, 300, a));
}

/* An empty room is silent for as long as it is recorded; members come, go and move on to
 * another worker, where their own recordings go with them. */
static void members_come_and_go(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc(), *other = room_alloc();
    int64_t came, joined, going, left, back;
    struct take take, trip;

    (void)state;
    rig_until(a->latched && b->latched);
    record_port(&trip, a, true);
    record_room(&take, room);
    wait_ms(200);
    came = early(&take);
    media_port_join(a->port, room);
    wait_ms(500);
    joined = early(&take);
    media_port_join(b->port, room);
    wait_ms(500);
    going = early(&take);
    media_port_join(a->port, other);
    media_port_leave(b->port);
    left = late(&take);
    wait_ms(500);
    back = early(&take);
    media_port_join(b->port, room);
    wait_ms(500);
    stop_room(&take, room);
    stop_port(&trip, a);
    finished(&take, 1);
    is_as_long_as_it_took(&take);
    assert_true(all_lack(0, 0, came, a));
    assert_true(holds(0, came + LATE, going, a));
    assert_true(all_lack(0, 0, joined, b));
    assert_true(holds(0, joined + LATE, going, b));
    assert_true(all_lack(0, left, take.result.duration, a));
    assert_true(all_lack(0, left, back, b));
    assert_true(holds(0, back + LATE, take.result.duration, b));
    finished(&trip, 2);
    is_as_long_as_it_took(&trip);
    assert_true(holds(0, 40, trip.result.duration, a));
    assert_true(all_lack(1, 0, joined, b));
    assert_true(holds(1, joined + LATE, going, b));
    assert_true(all_lack(1, left, trip.result.duration, b));
    mem_unref(room);
    mem_unref(other);
}

static void a_port_that_closes_ends_its_recordings(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    struct take one, two, late;

    (void)state;
    rig_until(a->latched);
    record_port(&one, a, false);
    record_port(&two, a, true);
    rig_packets(a, 20);
    media_port_close(a->port);
    finished(&one, 1);
    assert_true(one.result.duration >= 300 && holds(0, 40, 300, a));
    finished(&two, 2);
    assert_int_equal(two.result.duration, one.result.duration);
    kit_open(&late, RECORDING_WAV, false);
    assert_int_equal(media_port_record(a->port, late.recording), ENOTCONN);
    recording_end(late.recording);
    finished(&late, 1);
    assert_int_equal(late.result.duration, 0);
}

static void a_room_that_ends_ends_its_recordings(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    struct media_room *room = room_alloc(), *empty = room_alloc();
    struct workers_load load;
    struct take one, two, none;

    (void)state;
    record_room(&none, empty);
    mem_unref(empty);
    finished(&none, 1);
    record_room(&one, room);
    record_room(&two, room);
    media_port_join(a->port, room);
    rig_packets(a, 20);
    mem_unref(room); /* it still has a member */
    rig_packets(a, 20);
    assert_int_equal(one.done + two.done, 0);
    media_port_leave(a->port);
    finished(&one, 1);
    assert_true(one.result.duration >= 600 && holds(0, 100, 600, a));
    finished(&two, 1);
    assert_true(holds(0, 100, 600, a));
    rig_until((workers_load(rig_workers, &load), load.rooms == 0));
}

static void one_of_two_can_be_ended(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    struct media_room *room = room_alloc();
    struct take one, two, three;

    (void)state;
    media_port_join(a->port, room);
    rig_until(a->latched);
    record_port(&one, a, false);
    record_port(&two, a, false);
    record_room(&three, room);
    rig_packets(a, 10);
    recording_end(one.recording);
    finished(&one, 1);
    assert_int_equal(two.done + three.done, 0);
    rig_packets(a, 10);
    recording_end(three.recording);
    finished(&three, 1);
    assert_int_equal(two.done, 0);
    media_port_record_stop(a->port);
    finished(&two, 1);
    assert_true(two.result.duration > one.result.duration);
    mem_unref(room);
}

static void record_voices(struct take *take, unsigned channels)
{
    kit_open_as(take, &(struct recording_conf){
                          .format = RECORDING_WAV, .split = true, .channels = channels});
    take->begun[0] = clock_mono_ms();
}

/* Nobody but `peer` (NULL: nobody at all) is in the channel from `from` to `to` [ms]. */
static bool only(unsigned channel, int64_t from, int64_t to, const struct peer *peer)
{
    bool alone = true;

    for (unsigned i = 0; i < rig_count; i++)
        alone = alone && (rig_peers[i] == peer || all_lack(channel, from, to, rig_peers[i]));
    return alone && (!peer || holds(channel, from, to, peer));
}

/* A room of three: each has a channel in the order they came, and has it again. */
static void a_split_room_is_a_channel_each(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000),
                *c = rig_peer(CODEC_PCMU, 1600);
    struct media_room *room = room_alloc();
    int64_t joined, back;
    struct take take;
    unsigned first; /* a's channel: the two may come in either order */

    (void)state;
    rig_until(a->latched && b->latched && c->latched);
    record_voices(&take, 3);
    assert_int_equal(media_room_record(room, take.recording), 0);
    take.begun[1] = clock_mono_ms();
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    wait_ms(500);
    media_port_leave(a->port);
    joined = early(&take);
    media_port_join(c->port, room);
    wait_ms(700);
    back = early(&take);
    media_port_join(a->port, room);
    wait_ms(700);
    stop_room(&take, room);
    finished(&take, 3);
    is_as_long_as_it_took(&take);
    first = holds(0, LATE, joined, a) ? 0 : 1;
    assert_true(only(first, LATE, joined, a));
    assert_true(only(first, joined + LATE + WITHIN, back, NULL));
    assert_true(only(first, back + LATE, take.result.duration, a));
    assert_true(only(!first, LATE, take.result.duration, b));
    assert_true(only(2, 0, joined, NULL));
    assert_true(only(2, joined + LATE, take.result.duration, c));
    mem_unref(room);
}

/* It meets b, then c, then moves to where d and e are, which is on another worker; e is one
 * too many. What is played to it is in no channel. */
static void voices_are_those_that_a_port_meets(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000),
                *c = rig_peer(CODEC_PCMU, 1600), *d = rig_peer(CODEC_PCMU, 2200),
                *e = rig_peer(CODEC_PCMA, 2800);
    struct media_room *room = room_alloc(), *other = room_alloc();
    int64_t met, moving, moved;
    struct take take;

    (void)state;
    media_port_join(b->port, room);
    media_port_join(d->port, other);
    media_port_join(e->port, other);
    rig_until(a->latched && c->latched && rig_hears(e, d));
    record_voices(&take, 4);
    assert_int_equal(media_port_record(a->port, take.recording), 0);
    take.begun[1] = clock_mono_ms();
    media_port_join(a->port, room);
    wait_ms(400);
    met = early(&take);
    media_port_join(c->port, room);
    wait_ms(600);
    moving = early(&take);
    media_port_join(a->port, other);
    moved = late(&take);
    wait_ms(700);
    stop_port(&take, a);
    finished(&take, 4);
    is_as_long_as_it_took(&take);
    assert_true(only(0, 60, take.result.duration, a));
    assert_true(only(1, LATE, moving, b));
    assert_true(only(1, moved, take.result.duration, NULL));
    assert_true(only(2, 0, met, NULL));
    assert_true(only(2, met + LATE, moving, c));
    assert_true(only(2, moved, take.result.duration, NULL));
    assert_true(only(3, 0, moving, NULL));
    assert_true(holds(3, moved, take.result.duration, d));
    assert_true(holds(3, moved, take.result.duration, e));
    mem_unref(room);
    mem_unref(other);
}

/* The beginning and the end of one sound in two channels: a peer that is heard by two ports
 * in one room is at the same place in both recordings of them, to a frame. */
static void recordings_of_one_room_agree(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc();
    struct take takes[2];
    int64_t starts[2];

    (void)state;
    b->talks = false;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(b, a));
    for (int i = 0; i < 2; i++) {
        record_voices(&takes[i], 3);
        assert_int_equal(media_port_record((i ? b : a)->port, takes[i].recording), 0);
        takes[i].begun[1] = clock_mono_ms();
    }
    wait_ms(300);
    b->talks = true;
    wait_ms(300);
    media_port_leave(b->port); /* it is recorded in two rooms */
    wait_ms(300);
    media_port_join(b->port, room);
    wait_ms(300);
    b->talks = false;
    wait_ms(300);
    stop_port(&takes[0], a);
    stop_port(&takes[1], b);
    for (int i = 0; i < 2; i++) {
        unsigned channel = i ? 0 : 1; /* b is the anchor of the second */
        int64_t ms = takes[i].begun[0] - takes[0].begun[0], end;

        finished(&takes[i], 3);
        is_as_long_as_it_took(&takes[i]);
        starts[i] = 0;
        for (end = 0; end + 20 < takes[i].result.duration; end += 20)
            if (!lacks(channel, end, b)) {
                starts[i] = end + ms;
                break;
            }
    }
    assert_true(starts[0] > 200 && starts[1] > 200);
    assert_in_range(starts[0] - starts[1] + WITHIN, 0, 2 * WITHIN);
    mem_unref(room);
}

static void what_is_said_alone(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc();
    struct take take;

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    kit_open_as(&take, &(struct recording_conf){.format = RECORDING_WAV, .said_only = true});
    assert_int_equal(media_port_record(a->port, take.recording), 0);
    rig_packets(a, 30);
    media_port_record_stop(a->port);
    finished(&take, 1);
    assert_true(only(0, 40, take.result.duration - 40, a));
    mem_unref(room);
}

/* The call goes on, and does not even notice. */
static void a_file_that_cannot_be_written_ends_no_call(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc();
    char path[192];
    struct take bad, good;

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    record_port(&good, a, false);
    assert_true(snprintf(path, sizeof path, "%s.part/a", good.path) < (int)sizeof path);
    rig_until(({
        char part[192];
        snprintf(part, sizeof part, "%s.part", good.path);
        access(part, F_OK) == 0;
    }));
    assert_int_equal(kit_try(&bad, path, RECORDING_WAV, false), 0);
    assert_int_equal(media_port_record(a->port, bad.recording), 0);
    rig_until(bad.done);
    assert_string_equal(bad.result.error, "Not a directory");
    mem_unref(bad.recording);
    rig_packets(a, 20);
    assert_true(rig_hears(a, b) && rig_hears(b, a));
    assert_int_equal(a->gaps, 0);
    media_port_record_stop(a->port);
    finished(&good, 1);
    assert_int_equal(bad.done, 1);
    mem_unref(room);
}

static void what_is_on_disk_can_be_played_meanwhile(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    char part[192], copy[80], command[400];
    struct take take;

    (void)state;
    rig_until(a->latched);
    record_port(&take, a, true);
    snprintf(part, sizeof part, "%s.part", take.path);
    snprintf(copy, sizeof copy, "%s/copy", kit_folder);
    snprintf(command, sizeof command, "cp %s %s 2>/dev/null", part, copy);
    do
        wait_ms(200);
    while (system(command) != 0 || !kit_read(&heard, copy) || heard.count < RECORDING_RATE);
    assert_true(holds(0, 60, 900, a));
    unlink(copy);
    media_port_record_stop(a->port);
    finished(&take, 2);
}

static void played_sound_is_in_the_file(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), tone = {.hz = 1000};
    struct sound *sound = mem_alloc(sizeof *sound, NULL);
    struct take take;
    struct tone sine;

    (void)state;
    *sound = (struct sound){.rate = 8000, .length = 800, .samples = calloc(800, 2)};
    tone_start(&sine, 8000, tone.hz, LEVEL);
    tone_fill(&sine, sound->samples, 800);
    record_port(&take, a, true);
    media_port_play(a->port, sound, 1, 0); /* a beep: from the first frame on */
    rig_until(a->played);
    rig_packets(a, 10);
    media_port_record_stop(a->port);
    finished(&take, 2);
    assert_true(has(1, 20, &tone) && has(1, 60, &tone));
    assert_true(lacks(1, 140, &tone));
    free(sound->samples);
    mem_unref(sound);
}

/* Everything at once, without waiting: whatever order the threads take it in, each
 * recording is done once. */
static void a_storm_ends_well(void **state)
{
    struct media_room *rooms[2] = {room_alloc(), room_alloc()};
    struct peer *peers[4];
    struct take takes[24];
    unsigned count = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        peers[i] = rig_peer(CODEC_PCMU, 400 + 400 * i);
    srand(5);
    for (int i = 0; i < 400; i++) {
        struct peer *peer = peers[rand() % 4];
        struct media_room *room = rooms[rand() % 2];

        switch (rand() % 9) {
        case 0:
            media_port_leave(peer->port);
            break;
        case 1:
            media_port_record_stop(peer->port);
            break;
        case 2:
            media_room_record_stop(room);
            break;
        case 3:
            media_port_watch(peer->port, rand() % 2);
            peer->speaks = false;
            break;
        case 4:
            if (count < 24)
                record_port(&takes[count++], peer, rand() % 2);
            break;
        case 5:
            if (count < 24)
                record_room(&takes[count++], room);
            break;
        case 6:
            if (count < 24) {
                record_voices(&takes[count], 2 + (unsigned)rand() % 4);
                if (i % 2)
                    media_port_record(peer->port, takes[count++].recording);
                else
                    media_room_record(room, takes[count++].recording);
            }
            break;
        default:
            media_port_join(peer->port, room);
            break;
        }
        if (i % 10 == 0)
            loop_wait(rig_loop, 1);
    }
    for (int i = 0; i < 4; i++)
        media_port_close(peers[i]->port);
    mem_unref(rooms[0]);
    mem_unref(rooms[1]);
    for (unsigned i = 0; i < count; i++) {
        rig_until(takes[i].done);
        assert_null(takes[i].result.error);
        mem_unref(takes[i].recording);
        unlink(takes[i].path);
    }
    rig_until(peers[0]->closed && peers[1]->closed && peers[2]->closed && peers[3]->closed);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(takes[i].done, 1);
}

/* Workers stop while all is being recorded, and some not even begun. */
static void workers_that_stop_end_recordings(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450);
    struct media_room *room = room_alloc(), *empty = room_alloc(), *gone = room_alloc();
    struct workers_conf conf = rig_conf(2);
    struct take takes[6];

    (void)state;
    media_port_join(a->port, room);
    record_port(&takes[0], a, false);
    record_room(&takes[1], room);
    record_room(&takes[2], empty);
    rig_packets(a, 10);
    record_port(&takes[3], a, false);
    record_room(&takes[4], room);
    record_room(&takes[5], gone);
    mem_unref(gone);
    mem_unref(room);
    workers_stop(rig_workers);
    mem_unref(empty);
    for (int i = 0; i < 6; i++) {
        int64_t end = clock_mono_ms() + RIG_PATIENCE;

        while (!takes[i].done && clock_mono_ms() < end)
            loop_wait(rig_loop, 10);
        mem_unref(takes[i].recording);
        kit_check(&heard, &takes[i], 1);
    }
    assert_int_equal(a->closed, 1);
    rig_free_peers();
    assert_int_equal(workers_start(&rig_workers, &conf, rig_loop), 0);
}

static void who_speaks_is_told(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 450), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room = room_alloc();
    int64_t since;

    (void)state;
    a->talks = false;
    media_port_watch(a->port, true);
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(b->latched);
    assert_int_equal(a->spoke, 0);
    for (unsigned i = 1; i <= 2; i++) {
        a->talks = true;
        rig_until(a->spoke == i);
        a->talks = false;
        since = clock_mono_ms();
        rig_until(a->hushed == i);
        assert_in_range(clock_mono_ms() - since, 400, 2000);
    }
    assert_int_equal(b->spoke, 0); /* nobody watches b */
    a->talks = true;
    rig_until(a->spoke == 3);
    media_port_mute(a->port, true);
    rig_until(a->hushed == 3); /* at once */
    rig_packets(a, 20);
    media_port_leave(a->port); /* in a room or not */
    rig_packets(a, 20);
    assert_int_equal(a->spoke, 3);
    media_port_mute(a->port, false);
    rig_until(a->spoke == 4);
    media_port_watch(a->port, false);
    rig_packets(a, 10);
    a->talks = false;
    rig_packets(a, 60);
    assert_int_equal(a->hushed, 3);
    a->speaks = false;
    a->talks = true;
    media_port_watch(a->port, true); /* begins anew */
    rig_until(a->spoke == 5);
    mem_unref(room);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_leg_is_what_it_says_and_hears),
        TEST(silence_is_kept),
        TEST(a_room_is_all_who_are_not_muted),
        TEST(a_muted_port_in_no_room_is_silent),
        TEST(members_come_and_go),
        TEST(a_port_that_closes_ends_its_recordings),
        TEST(a_room_that_ends_ends_its_recordings),
        TEST(one_of_two_can_be_ended),
        TEST(a_split_room_is_a_channel_each),
        TEST(voices_are_those_that_a_port_meets),
        TEST(recordings_of_one_room_agree),
        TEST(what_is_said_alone),
        TEST(a_file_that_cannot_be_written_ends_no_call),
        TEST(what_is_on_disk_can_be_played_meanwhile),
        TEST(played_sound_is_in_the_file),
        TEST(a_storm_ends_well),
        TEST(workers_that_stop_end_recordings),
        TEST(who_speaks_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
