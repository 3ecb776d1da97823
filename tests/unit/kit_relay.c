/* kit_relay.c: the relay passes on what its network lets through, both ways. */
#include "tests/kit/relay.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { PACKETS = 200, PATIENCE = 5000 /* [ms] */ };

static struct relay *relay;
static int near_end, far_end;
static struct sockaddr_in far_at, in, out;

static int open_end(struct sockaddr_in *at)
{
    socklen_t length = sizeof *at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &length), 0);
    return fd;
}

static void begin(const char *forth, const char *back)
{
    struct impair_conf confs[2];
    struct sockaddr_in at;

    assert_true(impair_parse(&confs[0], forth) && impair_parse(&confs[1], back));
    near_end = open_end(&at);
    far_end = open_end(&far_at);
    assert_int_equal(relay_start(&relay), 0);
    assert_int_equal(relay_add(relay, &far_at, &confs[0], &confs[1], &in, &out), 0);
}

static void end(void)
{
    relay_stop(relay);
    close(near_end);
    close(far_end);
}

/* The number in the next datagram; -1: none comes for `timeout` [ms]. */
static int receive(int fd, int timeout, struct sockaddr_in *from)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    socklen_t length = sizeof *from;
    int number = -1;

    if (poll(&ready, 1, timeout) == 1)
        assert_int_equal(recvfrom(fd, &number, sizeof number, 0, (struct sockaddr *)from, &length),
                         sizeof number);
    return number;
}

static void send_number(int fd, const struct sockaddr_in *to, int number)
{
    assert_int_equal(sendto(fd, &number, sizeof number, 0, (const struct sockaddr *)to, sizeof *to),
                     sizeof number);
}

static void what_is_not_lost_arrives_once_and_in_order(void **state)
{
    struct relay_counts counts;
    struct sockaddr_in from;
    int arrived = 0, last = -1;

    (void)state;
    begin("loss=0.2 seed=3", "");
    for (int i = 0; i < PACKETS; i++) {
        send_number(near_end, &in, i);
        do
            relay_counts(relay, &counts);
        while (counts.forth <= (uint64_t)i);
    }
    assert_true(counts.forth_lost > PACKETS / 10 && counts.forth_lost < PACKETS / 3);
    while (arrived < PACKETS - (int)counts.forth_lost) {
        int number = receive(far_end, PATIENCE, &from);

        if (number <= last)
            fail_msg("%d after %d, %d arrived, %d lost", number, last, arrived,
                     (int)counts.forth_lost);
        last = number;
        arrived++;
        assert_int_equal(from.sin_port, out.sin_port);
    }
    assert_int_equal(receive(far_end, 0, &from), -1);
    assert_int_equal(counts.dropped, 0);
    end();
}

static void answers_come_back_to_who_sent(void **state)
{
    struct sockaddr_in from;

    (void)state;
    begin("delay=5", "duplicate=1");
    send_number(near_end, &in, 7);
    assert_int_equal(receive(far_end, PATIENCE, &from), 7);
    send_number(far_end, &from, 8);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(receive(near_end, PATIENCE, &from), 8);
        assert_int_equal(from.sin_port, in.sin_port);
    }
    end();
}

static void one_that_is_held_is_overtaken(void **state)
{
    struct sockaddr_in from;
    int first;

    (void)state;
    begin("reorder=1 late=40", "");
    send_number(near_end, &in, 1);
    first = receive(far_end, 20, &from);
    assert_int_equal(first, -1);
    assert_int_equal(receive(far_end, PATIENCE, &from), 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_lost_arrives_once_and_in_order),
        cmocka_unit_test(answers_come_back_to_who_sent),
        cmocka_unit_test(one_that_is_held_is_overtaken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
