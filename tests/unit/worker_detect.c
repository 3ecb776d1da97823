/* worker_detect.c: who answers is found out from real RTP, wherever the port goes. The
 * peers repeat themselves, so that no pause of the machine makes them something else. */
#include "worker_rig.h"

#include "voice.h"

#include <errno.h>

static const struct detect_conf usual = {.mode = DETECT_BEEP};

static struct workers_conf conf;
static struct voice voice;

static int start(void **state)
{
    (void)state;
    conf = rig_conf(2);
    voice = (struct voice){0};
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

static struct peer *peer_that(void (*sing)(struct peer *, int16_t *))
{
    struct peer *peer = rig_peer(CODEC_PCMA, 1000); /* tone 1000: of the beep */

    peer->sing = sing;
    return peer;
}

static void be_silent(struct peer *peer, int16_t *frame)
{
    (void)peer;
    memset(frame, 0, RIG_FRAME * sizeof *frame);
}

/* Half a second in four. */
static void say_hello(struct peer *peer, int16_t *frame)
{
    if (peer->sung % 200 < 25)
        voice_fill(&voice, frame, RIG_FRAME);
    else
        be_silent(peer, frame);
}

/* The tone of a fax: a machine, whatever was missed of it. */
static void be_a_fax(struct peer *peer, int16_t *frame)
{
    (void)peer;
    for (int i = 0; i < RIG_FRAME; i++)
        frame[i] = (int16_t)(4000 * sin(2 * M_PI * 2100 * i / 8000)); /* 42 periods */
}

/* Speech, a beep, and quiet for a while. */
static void say_and_beep(struct peer *peer, int16_t *frame)
{
    unsigned at = peer->sung % 120;

    if (at < 50)
        voice_fill(&voice, frame, RIG_FRAME);
    else if (at >= 70 && at < 90)
        tone_fill(&peer->tone, frame, RIG_FRAME);
    else
        be_silent(peer, frame);
}

static void detect(struct peer *peer, const struct detect_conf *how)
{
    assert_int_equal(media_port_detect(peer->port, how), 0);
}

static void a_person_answers(void **state)
{
    struct peer *a = peer_that(say_hello), *b = peer_that(say_hello);

    (void)state;
    detect(a, &usual);
    media_port_mute(a->port, true); /* is listened to all the same */
    rig_until(a->verdict_count);
    assert_int_equal(a->verdicts[0], DETECT_HUMAN);
    assert_int_equal(a->reason, DETECT_BY_GREETING);
    rig_packets(a, 50);
    assert_int_equal(a->verdict_count, 1);
    assert_int_equal(b->verdict_count, 0); /* nobody asked */
}

static void a_machine_answers_and_beeps(void **state)
{
    struct peer *a = peer_that(be_a_fax);
    struct media_room *room;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    detect(a, &usual);
    rig_until(a->verdict_count);
    assert_int_equal(a->verdicts[0], DETECT_MACHINE);
    assert_int_equal(a->reason, DETECT_BY_FAX);
    media_port_join(a->port, room);
    a->sing = say_and_beep;
    rig_until(a->verdict_count == 2);
    assert_int_equal(a->verdicts[1], DETECT_BEEP_START);
    rig_packets(a, 130);
    assert_int_equal(a->verdict_count, 2);
    mem_unref(room);
}

/* Rooms are spread over the workers: it goes from one to another, and takes its
 * detection with it. */
static void a_detection_moves_with_its_port(void **state)
{
    static const struct detect_conf quick = {.mode = DETECT_DETECT, .window_ms = 2000};
    struct peer *peers[4];
    struct media_room *rooms[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(media_room_alloc(rig_workers, &rooms[i]), 0);
        peers[i] = peer_that(be_silent);
        detect(peers[i], &quick);
    }
    for (int turn = 0; turn < 12; turn++) {
        for (int i = 0; i < 4; i++)
            media_port_join(peers[i]->port, rooms[(i + turn) % 4]);
        rig_packets(peers[0], 4);
    }
    for (int i = 0; i < 4; i++) {
        rig_until(peers[i]->verdict_count);
        assert_int_equal(peers[i]->verdicts[0], DETECT_HUMAN);
        assert_int_equal(peers[i]->reason, DETECT_BY_SILENCE);
        mem_unref(rooms[i]);
    }
}

static void one_that_was_stopped_tells_nothing(void **state)
{
    static const struct detect_conf quick = {.window_ms = 1000};
    struct peer *a = peer_that(be_a_fax), *b = peer_that(be_silent);

    (void)state;
    detect(a, &usual);
    detect(a, NULL);
    detect(b, &quick);
    rig_until(b->verdict_count); /* by now the other would have been told */
    assert_int_equal(a->verdict_count, 0);
    detect(a, NULL); /* none goes on: no harm */
    detect(b, &quick);
    rig_until(b->verdict_count == 2); /* begins anew */
    assert_int_equal(b->verdicts[1], DETECT_HUMAN);
}

static void a_new_one_takes_the_place_of_the_old(void **state)
{
    static const struct detect_conf quick = {.window_ms = 3000};
    struct peer *a = peer_that(be_silent);

    (void)state;
    for (int i = 0; i < 35; i++) {
        detect(a, &quick);
        rig_packets(a, 5);
    }
    assert_int_equal(a->verdict_count, 0);
    rig_until(a->verdict_count);
    rig_packets(a, 60);
    assert_int_equal(a->verdict_count, 1);
}

/* Nobody is there who could have answered before media flows. */
static void it_waits_for_media(void **state)
{
    static const struct detect_conf quick = {.window_ms = 1000};
    struct peer *a = peer_that(be_silent), *b = peer_that(be_silent);
    struct stream_params params = rig_params(a);
    struct media_port *port;
    struct peer late = {.speaks = false};

    (void)state;
    assert_int_equal(media_port_open(rig_workers, &rig_events, &late, &port), 0);
    assert_int_equal(media_port_detect(port, &quick), 0);
    detect(b, &quick);
    rig_until(b->verdict_count);
    rig_packets(b, 20);
    assert_int_equal(late.verdict_count, 0);
    media_port_connect(port, &params);
    rig_until(late.verdict_count);
    media_port_close(port);
    rig_until(late.closed);
}

static void it_ends_with_its_port(void **state)
{
    struct peer *a = peer_that(say_hello), *b = peer_that(be_silent);
    struct media_port *port = a->port;

    (void)state;
    detect(a, &usual);
    detect(b, &usual); /* ends when the workers stop */
    rig_packets(a, 10);
    media_port_close(port);
    rig_until(a->closed);
    assert_int_equal(a->verdict_count, 0);
    assert_int_equal(media_port_detect(port, &usual), ENOTCONN);
}

static void a_bad_conf_changes_nothing(void **state)
{
    static const struct detect_conf quick = {.window_ms = 1000}, bad = {.window_ms = 600001};
    struct peer *a = peer_that(be_silent);

    (void)state;
    detect(a, &quick);
    assert_int_equal(media_port_detect(a->port, &bad), EINVAL);
    rig_until(a->verdict_count);
    assert_int_equal(a->verdicts[0], DETECT_HUMAN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_person_answers),
        TEST(a_machine_answers_and_beeps),
        TEST(a_detection_moves_with_its_port),
        TEST(one_that_was_stopped_tells_nothing),
        TEST(a_new_one_takes_the_place_of_the_old),
        TEST(it_waits_for_media),
        TEST(it_ends_with_its_port),
        TEST(a_bad_conf_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
