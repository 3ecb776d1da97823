/* trunk_health.c: how many answers make a target down, and up again; the order of RFC 2782. */
#include "trunk_rig.h"

#include <errno.h>

static void so_many_in_a_row(void **state)
{
    struct trunk_target *target;

    (void)state;
    rig_start(
        "{ name = \"t\"; proxy = \"sip:10.0.0.1\"; ping = 5; ping_fail = 3; ping_recover = 2; }");
    target = trunk_find(rig, "t")->proxies[0]->targets[0];
    target_told(target, 503, 0);
    target_told(target, 0, ETIMEDOUT);
    target_told(target, 200, 0);
    target_told(target, 500, 0);
    target_told(target, 408, 0);
    assert_false(target->down);
    target_told(target, 504, 0);
    assert_true(target->down);
    assert_string_equal(trunk_state(trunk_find(rig, "t")), "down");
    target_told(target, 200, 0);
    target_told(target, 502, 0);
    target_told(target, 404, 0); /* who refuses is there */
    assert_true(target->down);
    target_told(target, 405, 0);
    assert_false(target->down);
    rig_end();
}

static void calls_without_an_answer_count_while_it_is_asked(void **state)
{
    struct trunk_outcome nobody = {.status = 408, .err = ECONNREFUSED};
    struct trunk_route *route;

    (void)state;
    rig_start("{ name = \"t\"; proxy = \"sip:10.0.0.1\"; ping = 5; ping_fail = 2; },"
              "{ name = \"u\"; proxy = \"sip:10.0.0.2\"; }");
    assert_int_equal(trunk_route_phone(rig, "1", &route), 0);
    for (int i = 0; i < 2; i++) {
        trunk_told(&route->attempts[0], &nobody);
        trunk_told(&route->attempts[1], &nobody);
        trunk_told(&route->attempts[0], &(struct trunk_outcome){.status = 500});
    }
    assert_true(route->attempts[0].target->down);
    assert_false(route->attempts[1].target->down); /* nobody would find it up again */
    /* nor is anybody down whom nobody asks any more */
    assert_int_equal(trunks_configure(rig, rig_read("{ name = \"t\"; proxy = \"sip:10.0.0.1\"; }")),
                     0);
    assert_false(route->attempts[0].target->down);
    mem_unref(route);
    rig_end();
}

/* Makes the proxy of a trunk one of many targets, by priority and weight. */
static void set_targets(struct trunk_proxy *proxy, const unsigned (*rows)[2], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct trunk_target *target = i ? mem_alloc(sizeof *target, NULL) : proxy->targets[0];

        assert_non_null(target);
        target->proxy = proxy;
        target->priority = rows[i][0];
        target->weight = rows[i][1];
        proxy->targets[i] = target;
    }
    proxy->count = count;
    proxy->by_srv = true;
}

static void priorities_first_and_weights_by_chance(void **state)
{
    static const unsigned rows[][2] = {{1, 0}, {1, 9}, {2, 0}, {2, 99}};
    struct trunk_target *order[TARGETS];
    struct trunk_proxy *proxy;
    unsigned first[4] = {0};

    (void)state;
    rig_start("{ name = \"t\"; proxy = \"sip:carrier.example\"; }");
    proxy = trunk_find(rig, "t")->proxies[0];
    set_targets(proxy, rows, 4);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(proxy_order(proxy, order), 4);
        assert_int_equal(order[0]->priority, 1);
        assert_int_equal(order[1]->priority, 1);
        assert_ptr_not_equal(order[0], order[1]);
        assert_ptr_not_equal(order[2], order[3]);
        for (unsigned k = 0; k < 4; k++)
            first[k] += order[0] == proxy->targets[k];
    }
    /* 1 of 11 and 10 of 11 are expected; these bounds are missed once in 10^20 runs */
    assert_in_range(first[0], 60, 340);
    assert_in_range(first[1], 1660, 1940);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_in_a_row),
        cmocka_unit_test(calls_without_an_answer_count_while_it_is_asked),
        cmocka_unit_test(priorities_first_and_weights_by_chance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
