/* worker_keys.c: keys as tones and as telephone-events through a port, both ways. */
#include "worker_rig.h"

#include "audio/dtmf.h"
#include "stream/once.h"

#include <errno.h>
#include <stdio.h>

static int start(void **state)
{
    struct workers_conf conf = rig_conf(1);

    (void)state;
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

static void send_packet(struct peer *peer, uint8_t type, uint32_t timestamp, const uint8_t *payload,
                        size_t size)
{
    uint8_t bytes[12 + RIG_FRAME] = {0x80, type};

    bytes[2] = (uint8_t)(peer->sequence >> 8);
    bytes[3] = (uint8_t)peer->sequence++;
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
        bytes[8 + i] = (uint8_t)(peer->ssrc >> (24 - 8 * i));
    }
    memcpy(bytes + 12, payload, size);
    send(peer->fd, bytes, 12 + size, 0);
}

/* A peer that says what it is told, by the clock: tones, events, or both at once. */
struct speaker {
    struct peer *peer;
    const char *digits;
    bool tones, events;
    struct dtmf_sender sender;
    unsigned step; /* [frames] of this digit */
    uint32_t begun;
    int64_t due;
};

enum { ON = 4, ENDS = 3, OFF = 4 }; /* [frames] */

static void say_event(struct speaker *s)
{
    static const char names[] = "0123456789*#ABCD";
    unsigned frames = s->step < ON ? s->step + 1 : ON;
    uint8_t payload[4] = {(uint8_t)(strchr(names, *s->digits) - names), s->step < ON ? 0x0a : 0x8a,
                          (uint8_t)(frames * RIG_FRAME >> 8), (uint8_t)(frames * RIG_FRAME)};

    if (s->step < ON + ENDS)
        send_packet(s->peer, RIG_EVENT_TYPE, s->begun, payload, sizeof payload);
}

static void say_sound(struct speaker *s)
{
    int16_t frame[RIG_FRAME] = {0};
    uint8_t payload[RIG_FRAME];

    if (*s->digits && s->tones && s->step < ON)
        dtmf_fill(&s->sender, frame, RIG_FRAME);
    g711_ulaw_encode(payload, frame, RIG_FRAME);
    send_packet(s->peer, 0, s->peer->timestamp, payload, sizeof payload);
}

static void say(struct speaker *s)
{
    int64_t now = clock_mono_ms();

    if (!s->due)
        s->due = now;
    if (now < s->due)
        return;
    s->due += 20;
    if (*s->digits && !s->step) {
        s->begun = s->peer->timestamp;
        assert_true(dtmf_send(&s->sender, *s->digits));
    }
    say_sound(s);
    if (*s->digits && s->events)
        say_event(s);
    s->peer->timestamp += RIG_FRAME;
    if (*s->digits && ++s->step == ON + OFF) {
        s->step = 0;
        s->digits++;
    }
}

/* Says the digits, and half a second of nothing. */
static void say_all(struct peer *peer, const char *digits, bool tones, bool events)
{
    struct speaker speaker = {.peer = peer, .digits = digits, .tones = tones, .events = events};
    int64_t over = 0;

    while (!over || clock_mono_ms() < over) {
        say(&speaker);
        rig_turn();
        if (!*speaker.digits && !over)
            over = clock_mono_ms() + 500;
    }
}

static void check_told(const struct peer *peer, const char *digits)
{
    char told[sizeof peer->digits + 1] = "";

    memcpy(told, peer->digits, peer->digit_count < 64 ? peer->digit_count : 64);
    assert_string_equal(told, digits);
}

static void keys_are_heard_as_tones_when_told_to(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 0);

    (void)state;
    say_all(peer, "123", true, false);
    check_told(peer, "");
    media_port_inband(peer->port, true);
    say_all(peer, "0123456789*#ABCD", true, false);
    rig_until(peer->digit_count >= 16);
    check_told(peer, "0123456789*#ABCD");
    media_port_inband(peer->port, false);
    say_all(peer, "7", true, false);
    check_told(peer, "0123456789*#ABCD");
}

static void keys_are_heard_in_a_room_and_while_muted(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 0);
    struct media_room *room;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    media_port_join(peer->port, room);
    media_port_inband(peer->port, true);
    say_all(peer, "19", true, false);
    media_port_mute(peer->port, true);
    say_all(peer, "8#", true, false);
    rig_until(peer->digit_count >= 4);
    check_told(peer, "198#");
    mem_unref(room);
}

static void a_key_that_comes_both_ways_is_told_once(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 0);

    (void)state;
    media_port_inband(peer->port, true);
    say_all(peer, "1122#*550", true, true);
    check_told(peer, "1122#*550");
    say_all(peer, "77", false, true);
    say_all(peer, "77", true, false);
    check_told(peer, "1122#*5507777");
}

/* What the peer hears, as a peer that listens for tones does. */
static unsigned listen_to(struct peer *peer, unsigned *seen, struct dtmf_detector *detector,
                          char *heard, unsigned count)
{
    struct dtmf_key key;

    for (; *seen < peer->packets - peer->events; (*seen)++)
        if (dtmf_run(detector, peer->frames[*seen % RIG_KEPT], RIG_FRAME, &key))
            heard[count++] = key.digit;
    return count;
}

static void digits_go_out_as_tones(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 0), *other = rig_peer(CODEC_PCMU, 400);
    struct stream_params params = rig_params(peer);
    struct dtmf_detector detector;
    struct media_room *room;
    char heard[64] = "";
    unsigned seen = 0, count = 0;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    params.event_payload_type = 0;
    media_port_connect(peer->port, &params);
    media_port_join(peer->port, room);
    media_port_join(other->port, room);
    assert_int_equal(media_port_dial(peer->port, "1"), ENOTSUP);
    media_port_inband(peer->port, true);
    dtmf_start(&detector);
    assert_int_equal(media_port_dial(peer->port, "159Dp*0#A557d"), 0);
    rig_until((count = listen_to(peer, &seen, &detector, heard, count)) >= 12 && peer->dialled);
    assert_string_equal(heard, "159D*0#A557D");
    assert_int_equal(peer->events, 0);
    rig_until(rig_hears(peer, other)); /* the sound comes back */
    mem_unref(room);
}

/* A line that sends back what it hears, 12 dB fainter. */
static void echo(struct peer *peer, unsigned *seen)
{
    for (; *seen < peer->packets - peer->events; (*seen)++) {
        int16_t frame[RIG_FRAME];
        uint8_t payload[RIG_FRAME];

        for (int i = 0; i < RIG_FRAME; i++)
            frame[i] = peer->frames[*seen % RIG_KEPT][i] / 4;
        g711_ulaw_encode(payload, frame, RIG_FRAME);
        send_packet(peer, 0, peer->timestamp, payload, sizeof payload);
        peer->timestamp += RIG_FRAME;
    }
}

static void an_echo_of_our_tones_is_no_key(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 0);
    struct stream_params params = rig_params(peer);
    unsigned seen = 0;
    int64_t end;

    (void)state;
    params.event_payload_type = 0;
    media_port_connect(peer->port, &params);
    media_port_inband(peer->port, true);
    rig_packets(peer, 1);
    seen = peer->packets;
    assert_int_equal(media_port_dial(peer->port, "1559"), 0);
    while (!peer->dialled) {
        rig_turn();
        echo(peer, &seen);
    }
    for (end = clock_mono_ms() + 500; clock_mono_ms() < end; echo(peer, &seen))
        rig_turn();
    check_told(peer, "");
    say_all(peer, "1559", true, false); /* the same keys, pressed */
    check_told(peer, "1559");
}

static void more_digits_than_fit_are_refused_whole(void **state)
{
    struct peer *peer = rig_peer(CODEC_PCMU, 400);
    char many[1001];

    (void)state;
    memset(many, '5', 1000);
    many[1000] = '\0';
    assert_int_equal(media_port_dial(peer->port, many), 0);
    assert_int_equal(media_port_dial(peer->port, many), ENOSPC);
    assert_int_equal(media_port_dial(peer->port, "123456789012345678901234"), 0);
    rig_until(peer->events > 0); /* the first one goes out: there is room for another */
    assert_int_equal(media_port_dial(peer->port, "1"), 0);
    assert_int_equal(media_port_dial(peer->port, "12345678901234567890"), ENOSPC);
}

static void presses_meet_only_by_another_way(void **state)
{
    struct once once = {0};

    (void)state;
    assert_true(once_take(&once, 0, '5', 0, 100));
    assert_true(once_take(&once, 0, '5', 200, 300)); /* pressed again */
    assert_false(once_take(&once, 1, '5', 60, 120));
    assert_false(once_take(&once, 1, '5', 260, 320));
    assert_true(once_take(&once, 1, '5', 400, 450)); /* the others were met */
    assert_true(once_take(&once, 0, '6', 400, 450));
    assert_true(once_take(&once, 0, '5', 2000, 2100)); /* too late for it */
    assert_false(once_take(&once, 1, '5', 2100 + ONCE_SLACK, 2600));
    for (int i = 0; i < 100; i++)
        assert_true(once_take(&once, 0, '1', 3000 + i, 3000 + i));
    for (int i = 0; i < ONCE_KEPT; i++)
        assert_false(once_take(&once, 1, '1', 3000, 3100));
    assert_true(once_take(&once, 1, '1', 3000, 3100));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_heard_as_tones_when_told_to),
        TEST(keys_are_heard_in_a_room_and_while_muted),
        TEST(a_key_that_comes_both_ways_is_told_once),
        TEST(digits_go_out_as_tones),
        TEST(an_echo_of_our_tones_is_no_key),
        TEST(more_digits_than_fit_are_refused_whole),
        cmocka_unit_test(presses_meet_only_by_another_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
