/* stream_secret.c: a stream under SRTP: what it sends can be read by who has its key only, what it
 * hears is the peer's only; keys that change in mid-call, and what is told of keys that are wrong.
 */
#include "stream_rig.h"

#include <errno.h>

enum { SECOND = 50, LOUD = 3000 };

static struct rig rig;
static struct srtp_key ours, theirs;
static struct srtp *ear, *mouth; /* the peer's */
static unsigned number;          /* of the peer's last sound */

static void take_key(struct srtp **srtp, const struct srtp_key *key)
{
    mem_unref(*srtp);
    assert_int_equal(srtp_alloc(srtp, key), 0);
}

static void connect_keys(const struct srtp_key *send, const struct srtp_key *receive)
{
    rig_connect_as(
        &rig, &rig.peer_at,
        (struct stream_params){.format = {CODEC_PCMU}, .send_key = *send, .receive_key = *receive});
}

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    number = 32700;
    srtp_key_make(&ours, SRTP_GCM_128);
    srtp_key_make(&theirs, SRTP_CM_128_80);
    take_key(&ear, &ours);
    take_key(&mouth, &theirs);
    connect_keys(&ours, &theirs);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    ear = mem_unref(ear);
    mouth = mem_unref(mouth);
    return 0;
}

static size_t write_sound(uint8_t bytes[SRTP_PACKET], unsigned n, int level)
{
    int16_t samples[STREAM_FRAME];
    uint8_t payload[STREAM_FRAME];

    for (int i = 0; i < STREAM_FRAME; i++)
        samples[i] = (int16_t)level;
    g711_ulaw_encode(payload, samples, STREAM_FRAME);
    return rig_build(bytes, 0, (uint16_t)n, n * STREAM_FRAME, RIG_SSRC, payload, STREAM_FRAME);
}

static void send_bytes(const uint8_t *bytes, size_t size)
{
    rig_send_raw(&rig, rig.peer, bytes, size);
    assert_true(rig_readable(rig.rtp, 5000));
    rig_swallow(&rig);
}

/* A frame of the peer's, under its key. What is heard of it. */
static int sound(struct srtp *key)
{
    uint8_t bytes[SRTP_PACKET];
    size_t size = write_sound(bytes, ++number, LOUD);

    if (key)
        size = srtp_protect(key, bytes, size);
    assert_true(size > 0);
    send_bytes(bytes, size);
    return rig_hear(&rig);
}

static bool is_loud(int level)
{
    return level > LOUD / 2;
}

static void is_heard_under_its_key_only(void **state)
{
    struct srtp *wrong = NULL;
    struct srtp_key key;

    (void)state;
    srtp_key_make(&key, SRTP_CM_128_80);
    take_key(&wrong, &key);
    for (int i = 0; i < 20; i++) {
        assert_false(is_loud(sound(NULL)));
        assert_false(is_loud(sound(wrong)));
    }
    assert_int_equal(rig.latched_count, 0);
    for (int i = 0; i < 20; i++)
        assert_true(is_loud(sound(mouth)));
    assert_int_equal(rig.latched_count, 1);
    mem_unref(wrong);
}

static struct rig_packet say(void)
{
    int16_t frame[STREAM_FRAME];
    struct rig_packet packet;

    for (int i = 0; i < STREAM_FRAME; i++)
        frame[i] = LOUD;
    assert_true(stream_put(rig.stream, 8000, frame, 1));
    packet = rig_receive(rig.peer, 5000);
    assert_true(packet.size > 0);
    return packet;
}

static bool reads(struct srtp *key, struct rig_packet packet)
{
    size_t size = packet.size;
    uint8_t payload[STREAM_FRAME];
    int16_t samples[STREAM_FRAME];

    if (srtp_open(key, packet.bytes, &size))
        return false;
    assert_int_equal(size, 12 + STREAM_FRAME);
    memcpy(payload, packet.bytes + 12, sizeof payload);
    g711_ulaw_decode(samples, payload, STREAM_FRAME);
    return is_loud(samples[0]) && is_loud(samples[STREAM_FRAME - 1]);
}

static void speaks_under_our_key(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct rig_packet packet = say();

        assert_int_equal(packet.size, 12 + STREAM_FRAME + 16);
        assert_true(reads(ear, packet));
    }
}

static void begins_far_from_a_wrap(void **state)
{
    (void)state;
    assert_true(say().sequence < 32768);
}

static void sends_digits_under_our_key(void **state)
{
    unsigned events = 0;

    (void)state;
    stream_dial(rig.stream, "5");
    for (int i = 0; i < 10; i++) {
        struct rig_packet packet = say();
        size_t size = packet.size;

        assert_int_equal(srtp_open(ear, packet.bytes, &size), 0);
        if (packet.type == RIG_EVENTS) {
            events++;
            assert_int_equal(size, 16);
            assert_int_equal(packet.bytes[12], 5);
        }
    }
    assert_true(events > 3);
}

/* Reports go both ways, and none in clear. */
static void reports_under_the_keys(void **state)
{
    struct stream_stats stats;
    uint8_t report[SRTP_PACKET] = {0x80, 201, 0, 1, 1, 2, 3, 4};
    struct rig_packet packet;
    size_t size;

    (void)state;
    sound(mouth);
    say();
    stream_bye(rig.stream);
    packet = rig_receive(rig.peer_rtcp, 5000);
    assert_true(packet.size > 0);
    size = packet.size;
    assert_int_equal(srtp_open_report(ear, packet.bytes, &size), 0);
    assert_int_equal(packet.bytes[1], 200);
    rig_send_raw(&rig, rig.peer_rtcp, report, 8);
    sendto(rig.peer_rtcp, report, 8, 0, (struct sockaddr *)&rig.rtcp_at, addr_size(&rig.rtcp_at));
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.invalid, 1);
    size = srtp_protect_report(mouth, report, 8);
    sendto(rig.peer_rtcp, report, size, 0, (struct sockaddr *)&rig.rtcp_at,
           addr_size(&rig.rtcp_at));
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.invalid, 1);
}

static void hears_a_copy_once(void **state)
{
    struct stream_stats stats;
    uint8_t bytes[SRTP_PACKET];
    size_t size;

    (void)state;
    for (int i = 0; i < 10; i++) {
        size = srtp_protect(mouth, bytes, write_sound(bytes, ++number, LOUD));
        for (int copy = 0; copy < 3; copy++)
            send_bytes(bytes, size);
    }
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.duplicate, 20);
    assert_int_equal(stats.packets_in, 10);
}

/* The same keys in another offer change nothing: neither counters nor the window begin anew. */
static void keeps_keys_that_stay(void **state)
{
    struct rig_packet packet = say();
    uint32_t ssrc = packet.ssrc;
    uint8_t bytes[SRTP_PACKET], copy[SRTP_PACKET];
    struct stream_stats stats;
    size_t size = srtp_protect(mouth, bytes, write_sound(bytes, ++number, LOUD));

    (void)state;
    memcpy(copy, bytes, size);
    send_bytes(bytes, size);
    connect_keys(&ours, &theirs);
    send_bytes(copy, size);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.duplicate, 1);
    packet = say();
    assert_int_equal(packet.ssrc, ssrc);
    assert_true(reads(ear, packet));
    assert_true(is_loud(sound(mouth)));
}

/* A new key of the peer's: its old one is good for a moment, then not any more. */
static void takes_a_new_key_of_the_peer(void **state)
{
    struct srtp_key next;
    struct srtp *old = NULL;

    (void)state;
    take_key(&old, &theirs);
    for (int i = 0; i < 10; i++)
        sound(mouth);
    srtp_key_make(&next, SRTP_GCM_128);
    connect_keys(&ours, &next);
    assert_true(is_loud(sound(mouth)));
    mem_unref(old);
    old = mouth;
    mouth = NULL;
    take_key(&mouth, &next);
    assert_true(is_loud(sound(mouth)));
    for (int i = 0; i < 2 * SECOND + 2; i++)
        assert_true(is_loud(sound(mouth)));
    for (int i = 0; i < SECOND; i++)
        sound(old);
    assert_false(is_loud(sound(old)));
    mem_unref(old);
}

/* Our own new key: the source stays while its numbers have not wrapped, else another one speaks. */
static void takes_a_new_key_of_ours(void **state)
{
    struct rig_packet packet = say();
    uint32_t ssrc = packet.ssrc;

    (void)state;
    srtp_key_make(&ours, SRTP_CM_128_80);
    connect_keys(&ours, &theirs);
    take_key(&ear, &ours);
    packet = say();
    assert_int_equal(packet.ssrc, ssrc);
    assert_true(reads(ear, packet));
    for (uint32_t i = packet.sequence; i < 65536 + 5; i++)
        packet = say();
    assert_true(packet.sequence < 32768);
    srtp_key_make(&ours, SRTP_CM_128_80);
    connect_keys(&ours, &theirs);
    take_key(&ear, &ours);
    packet = say();
    assert_int_not_equal(packet.ssrc, ssrc);
    assert_true(reads(ear, packet));
}

static void goes_from_clear_to_secret_and_back(void **state)
{
    static const struct srtp_key none;

    (void)state;
    connect_keys(&none, &none);
    assert_int_equal(say().size, 12 + STREAM_FRAME);
    sound(NULL);
    assert_true(is_loud(sound(NULL)));
    connect_keys(&ours, &theirs);
    take_key(&mouth, &theirs);
    assert_true(reads(ear, say()));
    assert_true(is_loud(sound(mouth)));
    for (int i = 0; i < 10; i++)
        sound(NULL);
    assert_false(is_loud(sound(NULL)));
}

static void look_at(struct srtp *key, unsigned frames)
{
    while (frames--) {
        sound(key);
        stream_look(rig.stream);
    }
}

static void tells_of_a_wrong_key(void **state)
{
    struct srtp *wrong = NULL;
    struct srtp_key key;

    (void)state;
    srtp_key_make(&key, SRTP_CM_128_80);
    take_key(&wrong, &key);
    look_at(wrong, 4 * SECOND);
    assert_int_equal(rig.trouble_count, 1);
    assert_int_equal(rig.troubles[0].problem, STREAM_SRTP_FAILURE);
    assert_true(rig.troubles[0].on);
    assert_true(addr_same(&rig.troubles[0].from, &rig.peer_at));
    look_at(mouth, 4 * SECOND);
    assert_int_equal(rig.trouble_count, 2);
    assert_int_equal(rig.troubles[1].problem, STREAM_SRTP_FAILURE);
    assert_false(rig.troubles[1].on);
    mem_unref(wrong);
}

static void tells_of_sound_in_clear(void **state)
{
    (void)state;
    look_at(NULL, 4 * SECOND);
    assert_int_equal(rig.trouble_count, 1);
    assert_int_equal(rig.troubles[0].problem, STREAM_SRTP_FAILURE);
}

/* Somebody who forges beside the peer neither is heard nor told of. */
static void does_not_mind_forgeries(void **state)
{
    struct srtp *wrong = NULL;
    struct stream_stats stats;
    uint8_t bytes[SRTP_PACKET];
    struct srtp_key key;

    (void)state;
    srtp_key_make(&key, SRTP_CM_128_80);
    take_key(&wrong, &key);
    for (int i = 0; i < 4 * SECOND; i++) {
        send_bytes(bytes, srtp_protect(wrong, bytes, write_sound(bytes, number + 1, LOUD)));
        sound(mouth);
        stream_look(rig.stream);
    }
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.packets_in, 4 * SECOND);
    assert_int_equal(stats.invalid, 4 * SECOND);
    assert_int_equal(stats.lost, 0);
    assert_int_equal(rig.trouble_count, 0);
    mem_unref(wrong);
}

/* What control makes and no stream takes is given back. */
static void gives_back_what_is_not_used(void **state)
{
    struct stream_params params = {.format = {CODEC_PCMU}};
    struct stream_coding *coding;
    size_t before = mem_alive();

    (void)state;
    params.send_key = ours;
    params.receive_key = theirs;
    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    mem_unref(coding);
    assert_int_equal(mem_alive(), before);
}

int main(void)
{
#define RIGGED(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        RIGGED(is_heard_under_its_key_only), RIGGED(speaks_under_our_key),
        RIGGED(begins_far_from_a_wrap),      RIGGED(sends_digits_under_our_key),
        RIGGED(reports_under_the_keys),      RIGGED(hears_a_copy_once),
        RIGGED(keeps_keys_that_stay),        RIGGED(takes_a_new_key_of_the_peer),
        RIGGED(takes_a_new_key_of_ours),     RIGGED(goes_from_clear_to_secret_and_back),
        RIGGED(tells_of_a_wrong_key),        RIGGED(tells_of_sound_in_clear),
        RIGGED(does_not_mind_forgeries),     RIGGED(gives_back_what_is_not_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
