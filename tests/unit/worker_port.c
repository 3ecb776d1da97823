/* worker_port.c: the life of a port, with real threads and sockets. */
#include "worker_rig.h"

#include <dirent.h>
#include <errno.h>

static struct workers_conf conf;

static int start(void **state)
{
    (void)state;
    conf = rig_conf(1);
    rig_start(&conf);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_stop();
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static struct sound *make_sound(double hz, size_t length)
{
    static int16_t samples[16000];
    uint8_t wav[44 + sizeof samples];
    static const uint8_t head[44] = {'R', 'I', 'F', 'F', 0,    0,    0,   0,   'W',  'A',
                                     'V', 'E', 'f', 'm', 't',  ' ',  16,  0,   0,    0,
                                     1,   0,   1,   0,   0x40, 0x1f, 0,   0,   0x80, 0x3e,
                                     0,   0,   2,   0,   16,   0,    'd', 'a', 't',  'a'};
    uint32_t size = (uint32_t)(length * 2), whole = size + 36;
    struct sound *sound;
    const char *reason;
    struct tone tone;

    tone_start(&tone, 8000, hz, 3000);
    tone_fill(&tone, samples, length);
    memcpy(wav, head, sizeof head);
    memcpy(wav + 4, &whole, 4);
    memcpy(wav + 40, &size, 4);
    memcpy(wav + 44, samples, size);
    assert_int_equal(sound_read_memory(&sound, wav, 44 + size, 8000, &reason), 0);
    return sound;
}

static void an_idle_port_sends_silence_and_echoes_nothing(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400);

    (void)state;
    rig_packets(a, 30);
    assert_int_equal(a->latched, 1);
    assert_int_equal(a->gaps, 0);
    for (int i = 0; i < 10; i++) {
        rig_packets(a, 1);
        assert_true(rig_amplitude(a, 400) < 50);
    }
}

/* Alone, in a room alone, and beside another one, who does not hear it twice. */
static void an_echo_sends_back_what_comes(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMA, 1000);
    struct media_room *room;

    (void)state;
    assert_int_equal(media_port_echo(a->port, true), 0);
    rig_until(rig_hears(a, a));
    rig_packets(b, 5);
    assert_true(rig_deaf_to(b, a) && rig_deaf_to(b, b));
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_join(a->port, room);
    rig_packets(a, 5);
    rig_until(rig_hears(a, a));
    media_port_join(b->port, room);
    rig_until(rig_hears(a, a) && rig_hears(a, b) && rig_hears(b, a));
    assert_true(rig_amplitude(b, 400) < 3000);
    rig_packets(a, 80); /* two who say enough for the mixer to be left out, were it not for that */
    assert_true(rig_hears(a, a) && rig_hears(a, b));
    assert_int_equal(media_port_echo(a->port, false), 0);
    rig_until(rig_deaf_to(a, a) && rig_hears(a, b));
    assert_int_equal(media_port_echo(a->port, true), 0); /* goes with the port */
    media_port_close(a->port);
    assert_int_equal(media_port_echo(a->port, true), ENOTCONN);
    rig_until(a->closed);
    mem_unref(room);
}

static void hold_stops_each_direction(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMA, 1000);
    struct stream_params params = rig_params(a);
    struct media_room *room;
    unsigned packets;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    params.receive = false; /* a is on hold: it hears, and is not heard */
    media_port_connect(a->port, &params);
    rig_until(rig_deaf_to(b, a));
    rig_packets(a, 5);
    assert_true(rig_hears(a, b));
    assert_true(rig_deaf_to(b, a));
    params.send = false;
    media_port_connect(a->port, &params);
    rig_packets(b, 10); /* by now it was done */
    packets = a->packets;
    rig_packets(b, 20);
    assert_int_equal(a->packets, packets);
    params.send = params.receive = true;
    media_port_connect(a->port, &params);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    assert_int_equal(a->latched, 1);
    mem_unref(room);
}

static void a_sound_is_played_to_the_end(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000);
    struct sound *sound = make_sound(1500, 3200);
    struct peer tone = {.hz = 1500};
    struct media_room *room;
    uint32_t play;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b));
    play = media_port_play(a->port, sound, 2, 0);
    assert_int_not_equal(play, 0);
    mem_unref(sound);
    rig_until(rig_hears(a, &tone));
    assert_true(rig_hears(a, b)); /* on top of what it hears */
    assert_true(rig_deaf_to(b, &tone));
    rig_until(a->played);
    assert_int_equal(a->completed, 1);
    assert_int_equal(a->last_play, play);
    rig_until(rig_deaf_to(a, &tone));
    mem_unref(room);
}

static void a_sound_ends_by_stop_replacement_and_close(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400);
    struct sound *one = make_sound(1500, 16000), *two = make_sound(2000, 16000);
    struct peer first = {.hz = 1500}, second = {.hz = 2000};
    uint32_t play;

    (void)state;
    play = media_port_play(a->port, one, 0, 0);
    rig_until(rig_hears(a, &first));
    assert_int_not_equal(media_port_play(a->port, two, 0, 0), play);
    rig_until(a->played == 1);
    assert_int_equal(a->last_play, play);
    rig_until(rig_hears(a, &second) && rig_deaf_to(a, &first));
    media_port_stop(a->port);
    rig_until(a->played == 2 && rig_deaf_to(a, &second));
    media_port_stop(a->port); /* nothing plays: nothing ends */
    play = media_port_play(a->port, one, 0, 0);
    rig_until(rig_hears(a, &first));
    assert_int_equal(a->played, 2);
    media_port_close(a->port);
    rig_until(a->closed);
    assert_int_equal(a->played, 3);
    assert_int_equal(a->last_play, play);
    assert_int_equal(a->completed, 0);
    mem_unref(one);
    mem_unref(two);
}

/* It runs by the clock, whether or not anybody can hear it. */
static void a_sound_waits_for_nobody(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 0), *deaf = rig_peer(CODEC_PCMU, 0);
    struct sound *sound = make_sound(1500, 16000), *brief = make_sound(1500, 800);
    struct peer tone = {.hz = 1500};
    struct stream_params params = rig_params(a);

    (void)state;
    media_port_close(a->port);
    rig_until(a->closed);
    a->closed = 0;
    assert_int_equal(media_port_open(rig_workers, &rig_events, a, &a->port), 0);
    media_port_play(a->port, brief, 1, 0); /* before it is connected: into the void */
    rig_until(a->played);
    assert_int_equal(a->completed, 1);
    media_port_play(deaf->port, sound, 0, 0); /* to a peer that has sent nothing yet */
    rig_until(rig_hears(deaf, &tone));
    assert_int_equal(deaf->latched, 0);
    media_port_connect(a->port, &params);
    mem_unref(sound);
    mem_unref(brief);
}

static void digits_cross_from_port_to_port(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 0), *b = rig_peer(CODEC_PCMU, 0);
    struct stream_params params;
    struct sockaddr_storage at;

    (void)state;
    /* the two ports call each other */
    params = rig_params(a);
    assert_int_equal(addr_parse(&at, "127.0.0.1", media_port_number(b->port)), 0);
    params.remote = at;
    media_port_connect(a->port, &params);
    assert_int_equal(addr_parse(&at, "127.0.0.1", media_port_number(a->port)), 0);
    params.remote = at;
    media_port_connect(b->port, &params);
    rig_until(a->latched && b->latched);
    assert_int_equal(media_port_dial(a->port, "12p#"), 0);
    assert_int_equal(media_port_dial(a->port, "9A"), 0);
    rig_until(a->dialled && b->digit_count == 5);
    assert_memory_equal(b->digits, "12#9A", 5);
    assert_int_equal(a->digit_count, 0);
    assert_int_equal(media_port_dial(a->port, "1x"), EINVAL);
    assert_int_equal(media_port_dial(a->port, ""), EINVAL);
    params.event_payload_type = 0;
    media_port_connect(a->port, &params);
    assert_int_equal(media_port_dial(a->port, "1"), ENOTSUP);
}

static void statistics_come_with_the_end(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400);

    (void)state;
    rig_until(a->latched);
    rig_packets(a, 20);
    a->sequence = (uint16_t)(a->sequence + 3); /* three are lost */
    a->timestamp += 3 * RIG_FRAME;
    rig_packets(a, 20);
    media_port_close(a->port);
    rig_until(a->closed);
    assert_in_range(a->stats.packets_in, 20, 10000);
    assert_int_equal(a->stats.bytes_in, a->stats.packets_in * RIG_FRAME);
    assert_in_range(a->stats.packets_out, 40, 10000);
    assert_int_equal(a->stats.bytes_out, a->stats.packets_out * RIG_FRAME);
    assert_int_equal(a->stats.lost, 3);
    assert_true(a->stats.frames_in > 0);
    assert_true(a->stats.jitter_max >= a->stats.jitter);
}

static void commands_to_an_ended_port_are_dropped(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b;
    struct stream_params params = rig_params(a);
    struct media_port *stale = a->port;
    struct media_room *room;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_close(stale);
    for (int turn = 0; turn < 2; turn++) {
        media_port_connect(stale, &params);
        media_port_join(stale, room);
        media_port_leave(stale);
        media_port_mute(stale, true);
        media_port_earmuff(stale, true);
        media_port_audible(stale, stale, true);
        assert_int_equal(media_port_play(stale, NULL, 1, 0), 0);
        media_port_stop(stale);
        assert_int_equal(media_port_dial(stale, "1"), 0);
        media_port_close(stale);
        assert_int_equal(media_port_number(stale), 0);
        rig_until(a->closed);
        b = rig_peer(CODEC_PCMU, 1000); /* takes the place of a, and is another */
        assert_ptr_not_equal(b->port, stale);
    }
    assert_int_equal(a->closed, 1);
    mem_unref(room);
}

static void fifty_calls_leave_nothing_behind(void **state)
{
    unsigned before = descriptors();
    size_t alive = mem_alive();

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMA, 800);
        struct media_room *room;

        assert_int_equal(media_room_alloc(rig_workers, &room), 0);
        media_port_join(a->port, room);
        media_port_join(b->port, room);
        media_port_audible(a->port, b->port, false);
        mem_unref(room);
        if (i % 10 == 0)
            rig_until(rig_hears(b, a));
        media_port_close(a->port);
        media_port_close(b->port);
        rig_until(a->closed && b->closed);
        rig_free_peers();
    }
    rig_until(descriptors() == before); /* the ports have rested */
    rig_until(mem_alive() == alive);
}

static void silence_is_told_once(void **state)
{
    struct peer *a;

    (void)state;
    rig_stop();
    conf.silence_timeout = 1;
    rig_start(&conf);
    a = rig_peer(CODEC_PCMU, 400);
    rig_until(a->latched);
    assert_int_equal(a->silent, 0);
    a->talks = false;
    rig_until(a->silent == 1);
    rig_packets(a, 75); /* longer than the timeout */
    assert_int_equal(a->silent, 1);
    a->talks = true;
    rig_packets(a, 20);
    a->talks = false;
    rig_until(a->silent == 2);
}

static void stop_ends_what_is_open(void **state)
{
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 800);
    struct sound *sound = make_sound(1500, 16000);
    struct media_room *room;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    media_port_play(a->port, sound, 0, 0);
    rig_until(rig_hears(b, a));
    media_port_play(a->port, sound, 0, 0);
    media_port_join(rig_peer(CODEC_PCMU, 1200)->port, room); /* may not even have begun */
    mem_unref(sound);
    mem_unref(room);
    workers_stop(rig_workers);
    loop_run(rig_loop);
    assert_int_equal(a->closed, 1);
    assert_int_equal(a->played, 2);
    assert_int_equal(b->closed, 1);
    rig_free_peers();
    mem_unref(rig_loop);
    assert_int_equal(mem_alive(), 0);
    rig_start(&conf);
}

static void open_at(struct workers *workers, int family, int expected)
{
    struct peer *told = calloc(1, sizeof *told);
    struct media_port *port;

    assert_int_equal(media_port_open_at(workers, family, &rig_events, told, &port), expected);
    if (!expected) {
        media_port_close(port);
        rig_until(told->closed);
    }
    free(told);
}

static void a_port_is_of_the_family_that_is_asked_for(void **state)
{
    struct workers_conf both = conf;
    struct workers *workers;

    (void)state;
    open_at(rig_workers, AF_INET6, EAFNOSUPPORT);
    open_at(rig_workers, AF_INET, 0);
    assert_int_equal(addr_parse(&both.other, "::1", 0), 0);
    assert_int_equal(workers_start(&workers, &both, rig_loop), 0);
    for (int i = 0; i < 3; i++) {
        open_at(workers, AF_INET6, 0);
        open_at(workers, AF_INET, 0);
        open_at(workers, AF_UNSPEC, 0);
    }
    workers_stop(workers);
    loop_run(rig_loop);
}

static void nonsense_is_refused(void **state)
{
    struct workers_conf bad = conf;
    struct workers *workers;

    (void)state;
    bad.port_low = bad.port_high;
    assert_int_equal(workers_start(&workers, &bad, rig_loop), EINVAL);
    bad = conf;
    bad.workers = 100000;
    assert_int_equal(workers_start(&workers, &bad, rig_loop), EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(an_idle_port_sends_silence_and_echoes_nothing),
        TEST(an_echo_sends_back_what_comes),
        TEST(hold_stops_each_direction),
        TEST(a_sound_is_played_to_the_end),
        TEST(a_sound_ends_by_stop_replacement_and_close),
        TEST(a_sound_waits_for_nobody),
        TEST(digits_cross_from_port_to_port),
        TEST(statistics_come_with_the_end),
        TEST(commands_to_an_ended_port_are_dropped),
        TEST(fifty_calls_leave_nothing_behind),
        TEST(silence_is_told_once),
        TEST(stop_ends_what_is_open),
        TEST(a_port_is_of_the_family_that_is_asked_for),
        TEST(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
