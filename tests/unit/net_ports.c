/* net_ports.c: pairs are even and odd, rest before they come again, and longer
 * when an old peer goes on sending. */
#include "base/mem.h"
#include "net/addr.h"
#include "net/ports.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { REST = 1000 };

static struct sockaddr_storage loopback(uint16_t port)
{
    struct sockaddr_storage addr;

    assert_int_equal(addr_parse(&addr, "127.0.0.1", port), 0);
    return addr;
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

/* A range of `pairs` pairs that no other program uses at this moment. */
static struct ports *make(unsigned pairs, uint16_t *low)
{
    struct sockaddr_storage address = loopback(0);

    for (uint16_t first = (uint16_t)(20000 + getpid() % 5000 * 2); first > 1024; first += 100) {
        struct ports_pair got[8];
        struct ports *ports;
        unsigned count = 0;

        assert_int_equal(
            ports_alloc(&ports, &address, first, (uint16_t)(first + 2 * pairs - 1), REST), 0);
        while (count < pairs && !ports_open(ports, &got[count]))
            count++;
        for (unsigned i = 0; i < count; i++)
            ports_close(ports, &got[i], 0);
        ports_sweep(ports, REST);
        *low = first;
        if (count == pairs)
            return ports;
        mem_unref(ports);
    }
    fail_msg("no free range");
    return NULL;
}

static void pairs_are_even_and_odd_and_run_out(void **state)
{
    uint16_t low;
    struct ports *ports = make(4, &low);
    struct ports_pair pair[5];
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct sockaddr_storage at = {0};
        socklen_t size = sizeof at;

        assert_int_equal(ports_open(ports, &pair[i]), 0);
        assert_int_equal(pair[i].number % 2, 0);
        assert_in_range(pair[i].number, low, low + 6);
        seen |= 1u << (pair[i].number - low) / 2;
        assert_int_equal(getsockname(pair[i].rtcp, (struct sockaddr *)&at, &size), 0);
        assert_int_equal(addr_port(&at), pair[i].number + 1);
    }
    assert_int_equal(seen, 15);
    assert_int_equal(ports_open(ports, &pair[4]), EAGAIN);
    for (unsigned i = 0; i < 4; i++)
        ports_close(ports, &pair[i], 0);
    mem_unref(ports);
}

static void a_pair_rests_before_it_comes_again(void **state)
{
    uint16_t low;
    struct ports *ports = make(1, &low);
    struct ports_pair pair;

    (void)state;
    assert_int_equal(ports_open(ports, &pair), 0);
    ports_close(ports, &pair, 5000);
    assert_int_equal(ports_open(ports, &pair), EAGAIN);
    ports_sweep(ports, 5000 + REST - 1);
    assert_int_equal(ports_open(ports, &pair), EAGAIN);
    ports_sweep(ports, 5000 + REST);
    assert_int_equal(ports_busy(ports), 0);
    assert_int_equal(ports_open(ports, &pair), 0);
    ports_close(ports, &pair, 0);
    mem_unref(ports);
}

static void an_old_peer_keeps_a_pair_away(void **state)
{
    uint16_t low;
    struct ports *ports = make(1, &low);
    struct sockaddr_storage to = loopback(low);
    struct ports_pair pair;
    int peer = socket(AF_INET, SOCK_DGRAM, 0);
    char byte;

    (void)state;
    assert_int_equal(ports_open(ports, &pair), 0);
    ports_close(ports, &pair, 0);
    assert_int_equal(sendto(peer, "late", 4, 0, (struct sockaddr *)&to, addr_size(&to)), 4);
    ports_sweep(ports, REST);
    assert_int_equal(ports_open(ports, &pair), EAGAIN);
    ports_sweep(ports, 2 * REST); /* quiet since */
    assert_int_equal(ports_open(ports, &pair), 0);
    assert_int_equal(recv(pair.rtp, &byte, 1, MSG_DONTWAIT), -1);
    ports_close(ports, &pair, 0);
    mem_unref(ports);
    close(peer);
}

static void numbers_of_others_are_passed_over(void **state)
{
    uint16_t low;
    struct ports *ports = make(2, &low);
    struct sockaddr_storage taken = loopback((uint16_t)(low + 1));
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    struct ports_pair pair;

    (void)state;
    assert_int_equal(bind(other, (struct sockaddr *)&taken, addr_size(&taken)), 0);
    assert_int_equal(ports_open(ports, &pair), 0);
    assert_int_equal(pair.number, low + 2);
    ports_close(ports, &pair, 0);
    mem_unref(ports);
    close(other);
}

static void nothing_stays_open(void **state)
{
    unsigned before = descriptors();
    size_t alive = mem_alive();
    uint16_t low;
    struct ports *ports = make(2, &low);
    struct ports_pair pair;

    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ports_open(ports, &pair), 0);
        ports_close(ports, &pair, i * REST);
        ports_sweep(ports, (i + 1) * REST);
    }
    assert_int_equal(descriptors(), before);
    assert_int_equal(ports_open(ports, &pair), 0);
    ports_close(ports, &pair, 0);
    mem_unref(ports); /* closes what rests */
    assert_int_equal(descriptors(), before);
    assert_int_equal(mem_alive(), alive);
}

static void a_range_without_a_pair_is_refused(void **state)
{
    struct sockaddr_storage address = loopback(0);
    struct ports *ports;

    (void)state;
    assert_int_equal(ports_alloc(&ports, &address, 0, 100, REST), EINVAL);
    assert_int_equal(ports_alloc(&ports, &address, 2000, 2000, REST), EINVAL);
    assert_int_equal(ports_alloc(&ports, &address, 2001, 2002, REST), EINVAL);
    assert_int_equal(ports_alloc(&ports, &address, 2001, 2000, REST), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_even_and_odd_and_run_out),
        cmocka_unit_test(a_pair_rests_before_it_comes_again),
        cmocka_unit_test(an_old_peer_keeps_a_pair_away),
        cmocka_unit_test(numbers_of_others_are_passed_over),
        cmocka_unit_test(nothing_stays_open),
        cmocka_unit_test(a_range_without_a_pair_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
