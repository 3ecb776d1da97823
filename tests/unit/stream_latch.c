/* stream_latch.c: whom a stream listens and talks to. */
#include "stream_rig.h"

static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct stream_stats stats(void)
{
    struct stream_stats now;

    stream_stats(rig.stream, &now);
    return now;
}

static void the_signalled_address_is_taken_at_once(void **state)
{
    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    assert_int_equal(rig.latched_count, 1);
    assert_true(addr_same(&rig.latched_to, &rig.peer_at));
    assert_in_range(rig_hear(&rig), 7500, 8500);
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    assert_int_equal(rig_receive(rig.peer, 5000).payload_size, STREAM_FRAME);
}

static void another_address_is_on_probation(void **state)
{
    struct sockaddr_storage nat_at;
    int nat = rig_socket(&nat_at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(rig.peer, 5000).size > 0); /* as signalled, until latched */
    for (unsigned n = 1; n < 5; n++) {
        rig_send_sound(&rig, nat, n, RIG_SSRC, 8000);
        assert_int_equal(rig_hear(&rig), 0);
    }
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(stats().strange, 4);
    rig_send_sound(&rig, nat, 5, RIG_SSRC, 8000);
    assert_int_equal(rig.latched_count, 1);
    assert_true(addr_same(&rig.latched_to, &nat_at));
    assert_in_range(rig_hear(&rig), 7500, 8500);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(nat, 5000).size > 0);
    assert_false(rig_readable(rig.peer, 0));
    close(nat);
}

static void packets_out_of_step_never_pass_probation(void **state)
{
    struct sockaddr_storage at;
    int nat = rig_socket(&at), other = rig_socket(&at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, nat, n * 7, RIG_SSRC, 8000); /* guessed numbers */
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, nat, n, n, 8000); /* a new SSRC each */
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, n % 2 ? nat : other, n, RIG_SSRC, 8000); /* two in turn */
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(rig_hear(&rig), 0);
    close(nat);
    close(other);
}

static void a_stranger_is_never_heard_nor_answered(void **state)
{
    struct sockaddr_storage at;
    int stranger = rig_socket(&at);
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 1000);
    assert_in_range(rig_hear(&rig), 900, 1100);
    for (unsigned n = 2; n < 50; n++) {
        size_t size =
            rig_build(bytes, 0, (uint16_t)n, n * STREAM_FRAME, RIG_SSRC, loud, sizeof loud);

        rig_send_raw(&rig, stranger, bytes, size);
        rig_send_sound(&rig, rig.peer, n, RIG_SSRC, 1000);
        assert_in_range(rig_hear(&rig), 900, 1100);
        stream_put(rig.stream, 8000, NULL, 1);
        assert_true(rig_receive(rig.peer, 5000).size > 0);
    }
    assert_false(rig_readable(stranger, 0));
    assert_int_equal(rig.latched_count, 1);
    close(stranger);
}

static void what_was_queued_before_the_lock_is_strange(void **state)
{
    struct sockaddr_storage at;
    int stranger = rig_socket(&at);
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};
    size_t size;

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    size = rig_build(bytes, 0, 1, 160, RIG_SSRC, loud, sizeof loud);
    rig_send_raw(&rig, rig.peer, bytes, size);
    rig_send_raw(&rig, stranger, bytes, size);
    assert_true(rig_readable(rig.rtp, 5000));
    for (int i = 0; i < 500 && stats().strange < 1; i++) {
        rig_swallow(&rig);
        usleep(1000);
    }
    assert_int_equal(stats().strange, 1);
    assert_int_equal(stats().packets_in, 1);
    close(stranger);
}

static void a_new_answer_unlocks_and_the_same_one_does_not(void **state)
{
    struct sockaddr_storage new_at;
    int new_peer = rig_socket(&new_at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 2, RIG_SSRC, 8000);
    assert_int_equal(rig.latched_count, 1);
    rig_connect(&rig, &new_at);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(new_peer, 5000).size > 0);
    rig_send_sound(&rig, new_peer, 77, 99, 4000);
    assert_int_equal(rig.latched_count, 2);
    assert_true(addr_same(&rig.latched_to, &new_at));
    assert_in_range(rig_hear(&rig), 3800, 4200);
    close(new_peer);
}

static void what_came_before_the_answer_is_dropped(void **state)
{
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};

    (void)state;
    for (unsigned n = 1; n < 20; n++)
        rig_send_raw(&rig, rig.peer, bytes,
                     rig_build(bytes, 0, (uint16_t)n, n * 160, RIG_SSRC, loud, sizeof loud));
    assert_true(rig_readable(rig.rtp, 5000));
    usleep(20000);
    rig_connect(&rig, &rig.peer_at);
    rig_swallow(&rig);
    assert_int_equal(rig_hear(&rig), 0);
    assert_int_equal(stats().packets_in, 0);
}

static void a_port_that_is_shut_does_no_harm(void **state)
{
    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    close(rig.peer);
    for (int i = 0; i < 20; i++) {
        stream_put(rig.stream, 8000, NULL, 1); /* ICMP: port unreachable */
        rig_swallow(&rig);
    }
    assert_int_equal(stats().packets_out, 20);
    rig.peer = rig_socket(&rig.peer_at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(the_signalled_address_is_taken_at_once),
        TEST(another_address_is_on_probation),
        TEST(packets_out_of_step_never_pass_probation),
        TEST(a_stranger_is_never_heard_nor_answered),
        TEST(what_was_queued_before_the_lock_is_strange),
        TEST(a_new_answer_unlocks_and_the_same_one_does_not),
        TEST(what_came_before_the_answer_is_dropped),
        TEST(a_port_that_is_shut_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
