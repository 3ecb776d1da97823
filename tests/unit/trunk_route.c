/* trunk_route.c: where a number is tried, in which order, in which form; and how many calls a trunk
 * takes. */
#include "trunk_rig.h"

#include <errno.h>

#define A "sip:10.0.0.1"
#define B "sip:10.0.0.2"
#define TRUNK(name, proxies, more) "{ name = \"" name "\"; proxies = [ " proxies " ]; " more " }"
#define Q(text) "\"" text "\""

static void longest_prefix_first_then_its_equals(void **state)
{
    (void)state;
    rig_start(TRUNK("any", Q(A), "") "," TRUNK(
        "one", Q("sip:10.0.1.1") "," Q("sip:10.0.1.2"),
        "prefixes = [ \"44\", \"4420\" ];") "," TRUNK("two", Q("sip:10.0.2.1"),
                                                      "prefixes = [ \"44\" ];") "," TRUNK("in",
                                                                                          Q("sip:"
                                                                                            "10.0."
                                                                                            "3.1"),
                                                                                          "prefixes"
                                                                                          " = [ "
                                                                                          "];"));
    assert_string_equal(rig_phone("15550100003"), "sip:15550100003@10.0.0.1");
    assert_string_equal(rig_phone("4479"), "sip:4479@10.0.1.1 sip:4479@10.0.1.2 sip:4479@10.0.2.1");
    assert_string_equal(rig_phone("44201"), "sip:44201@10.0.1.1 sip:44201@10.0.1.2");
    rig_end();
    rig_start(TRUNK("in", Q(A), "prefixes = [ ];"));
    assert_string_equal(rig_phone("1555"), strerror(ENOENT));
    rig_end();
}

static void numbers_as_the_carrier_wants_them(void **state)
{
    static const struct {
        const char *rules, *digits, *user;
    } cases[] = {
        {"[ ]", "4930123", "4930123"},
        {"[ \"* -> +*\" ]", "4930123", "+4930123"},
        {"[ \"49* -> 0*\", \"* -> 00*\" ]", "4930123", "030123"},
        {"[ \"49* -> 0*\", \"* -> 00*\" ]", "33123", "0033123"},
        {"[ \"110 -> 49110\" ]", "110", "49110"},
        {"[ \"110 -> 49110\" ]", "1101", "1101"},
        {"[ \"49* -> *\" ]", "49301", "301"},
        {"[ \"* -> 99#*\" ]", "301", "99%23301"},
    };
    char text[256], want[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text,
                 "{ name = \"t\"; proxy = \"sip:gw@10.0.0.1:5070;transport=tcp\"; outbound = %s; }",
                 cases[i].rules);
        snprintf(want, sizeof want, "sip:%s@10.0.0.1:5070;transport=tcp", cases[i].user);
        rig_start(text);
        assert_string_equal(rig_phone(cases[i].digits), want);
        rig_end();
    }
}

static void numbers_that_come_in(void **state)
{
    char out[64];

    (void)state;
    rig_start(TRUNK("t", Q(A), "inbound = [ \"+* -> *\", \"00* -> *\", \"0* -> 49*\" ];"));
    trunk_read_number(trunk_find(rig, "t"), "+49 (30) 123", out, sizeof out);
    assert_string_equal(out, "4930123");
    trunk_read_number(trunk_find(rig, "t"), "004930123", out, sizeof out);
    assert_string_equal(out, "4930123");
    trunk_read_number(trunk_find(rig, "t"), "030-123", out, sizeof out);
    assert_string_equal(out, "4930123");
    trunk_read_number(trunk_find(rig, "t"), "alice", out, sizeof out);
    assert_string_equal(out, "alice");
    trunk_read_number(NULL, "+49", out, sizeof out);
    assert_string_equal(out, "+49");
    rig_end();
}

static void what_is_shut_is_left_out_while_there_is_another(void **state)
{
    struct trunk_outcome busy = {.status = 503, .retry_after = 100};
    struct trunk_route *route;

    (void)state;
    rig_start(TRUNK("one", Q(A) "," Q(B), "") "," TRUNK("two", Q("sip:10.0.0.3"), ""));
    assert_int_equal(trunk_route_phone(rig, "1", &route), 0);
    assert_string_equal(rig_uris(route), "sip:1@10.0.0.1 sip:1@10.0.0.2 sip:1@10.0.0.3");
    trunk_told(&route->attempts[0], &(struct trunk_outcome){.status = 503});
    assert_string_equal(rig_phone("1"), "sip:1@10.0.0.1 sip:1@10.0.0.2 sip:1@10.0.0.3");
    trunk_told(&route->attempts[0], &busy);
    assert_string_equal(rig_phone("1"), "sip:1@10.0.0.2 sip:1@10.0.0.3");
    assert_string_equal(trunk_state(trunk_find(rig, "one")), "degraded");
    trunk_told(&route->attempts[1], &busy);
    assert_string_equal(rig_phone("1"), "sip:1@10.0.0.3");
    trunk_told(&route->attempts[2], &busy);
    assert_string_equal(rig_phone("1"), "sip:1@10.0.0.1 sip:1@10.0.0.2 sip:1@10.0.0.3");
    mem_unref(route);
    rig_end();
}

static void after_which_status_another_is_tried(void **state)
{
    struct trunk_attempt alone = {.timeout = 0}, timed = {.timeout = 5000};
    struct trunk_route *route;

    (void)state;
    rig_start(TRUNK("one", Q(A), "") "," TRUNK("two", Q(B), "failover_on = [ 404 ];"));
    assert_int_equal(trunk_route_phone(rig, "1", &route), 0);
    assert_true(trunk_goes_on(&route->attempts[0], 503));
    assert_false(trunk_goes_on(&route->attempts[0], 404));
    assert_true(trunk_goes_on(&route->attempts[1], 404));
    assert_false(trunk_goes_on(&route->attempts[1], 503));
    assert_true(trunk_goes_on(&alone, 503));
    assert_false(trunk_goes_on(&alone, 505));
    assert_true(trunk_goes_on(&timed, 505));
    for (unsigned i = 0; i < route->count; i++) {
        assert_false(trunk_goes_on(&route->attempts[i], 486));
        assert_false(trunk_goes_on(&route->attempts[i], 600));
        assert_false(trunk_goes_on(&route->attempts[i], 603));
    }
    mem_unref(route);
    rig_end();
}

static void no_more_calls_than_it_may_have(void **state)
{
    struct trunk *trunk;

    (void)state;
    rig_start(TRUNK("t", Q(A), "capacity = 2;"));
    trunk = trunk_find(rig, "t");
    assert_int_equal(trunk_begin(trunk), 0);
    trunk_begin_inbound(trunk);
    assert_int_equal(trunk_begin(trunk), EDQUOT);
    trunk_begin_inbound(trunk); /* who comes is not turned away */
    trunk_end(trunk);
    assert_int_equal(trunk_begin(trunk), EDQUOT);
    trunk_end(trunk);
    assert_int_equal(trunk_begin(trunk), 0);
    /* a call outlives its trunk */
    assert_int_equal(trunks_configure(rig, rig_read(TRUNK("other", Q(A), ""))), 0);
    assert_null(trunk_find(rig, "t"));
    trunk_end(trunk);
    trunk_end(trunk);
    assert_int_equal(trunk_begin(NULL), 0);
    trunk_end(NULL);
    rig_end();
}

static void no_more_a_second_than_it_takes(void **state)
{
    struct trunk *trunk;
    int err = 0;

    (void)state;
    rig_start(TRUNK("t", Q(A), "rate = 3;"));
    trunk = trunk_find(rig, "t");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(trunk_begin(trunk), 0);
        trunk_end(trunk);
    }
    for (int i = 0; i < 100 && !err; i++) { /* some tokens may come meanwhile */
        err = trunk_begin(trunk);
        if (!err)
            trunk_end(trunk);
    }
    assert_int_equal(err, EAGAIN);
    rig_end();
}

static void uris_by_themselves(void **state)
{
    struct trunk_route *route;
    char many[1024] = "sip:a@x";

    (void)state;
    assert_int_equal(trunk_route_uris("sip:a,b@x;transport=tcp", &route), 0);
    assert_string_equal(rig_uris(route), "sip:a,b@x;transport=tcp");
    assert_int_equal(route->attempts[0].timeout, 0);
    mem_unref(route);
    assert_int_equal(trunk_route_uris("sip:a@x;timeout=2500", &route), 0);
    assert_string_equal(rig_uris(route), "sip:a@x");
    assert_int_equal(route->attempts[0].timeout, 2500);
    mem_unref(route);
    assert_int_equal(
        trunk_route_uris(" sip:a@x;timeout=100;transport=tcp , sips:b@y,sip:c@z;timeout=99999",
                         &route),
        0);
    assert_string_equal(rig_uris(route), "sip:a@x;transport=tcp sips:b@y sip:c@z");
    assert_int_equal(route->attempts[0].timeout, 2000);
    assert_int_equal(route->attempts[1].timeout, 5000);
    assert_int_equal(route->attempts[2].timeout, 20000);
    mem_unref(route);
    assert_int_equal(trunk_route_uris("", &route), EINVAL);
    assert_int_equal(trunk_route_uris(" ", &route), EINVAL);
    for (int i = 0; i < 16; i++)
        strcat(many, ",sip:a@x");
    assert_int_equal(trunk_route_uris(many, &route), EINVAL);
}

static const char *name_of_source(const char *address)
{
    struct conf_network network;
    const struct conf_trunk *conf;

    assert_true(conf_network_parse(address, &network));
    conf = trunk_conf(trunk_from(rig, &network.address));
    return conf ? conf->name : "none";
}

static void whose_calls_come_from_there(void **state)
{
    (void)state;
    rig_start(TRUNK("near", Q(A), "allow = [ \"10.9.0.0/16\" ];") "," TRUNK(
        "far", Q("sip:gw@10.0.0.2:5070;transport=tcp") "," Q("sip:[2001:db8::1]:5060"),
        "allow_proxies = true;") "," TRUNK("named", Q("sip:carrier.example"),
                                           "allow_proxies = true;"));
    assert_string_equal(name_of_source("10.9.1.1"), "near");
    assert_string_equal(name_of_source("10.0.0.1"), "none");
    assert_string_equal(name_of_source("10.0.0.2"), "far");
    assert_string_equal(name_of_source("2001:db8::1"), "far");
    assert_string_equal(name_of_source("10.0.0.3"), "none");
    snprintf(trunk_find(rig, "named")->proxies[0]->targets[0]->hop, NAMES_HOP, "%s",
             "sip:10.0.0.3:5060;transport=udp"); /* as names.c writes it */
    assert_string_equal(name_of_source("10.0.0.3"), "named");
    rig_end();
}

static void redirections(void **state)
{
    static const char contacts[] =
        "sip:441@10.0.0.1:5070 sip:442@10.9.1.1;transport=tcp sip:+443@[2001:db8::1] "
        "sip:555@10.0.0.1 sip:441@10.8.0.1 sip:441@carrier.example sip:@10.0.0.1";
    struct trunk_route *route, *next;

    (void)state;
    rig_start(TRUNK("t", Q(A),
                    "prefixes = [ \"44\" ]; redirect = \"follow\"; "
                    "allow = [ \"10.9.0.0/16\", \"2001:db8::/32\" ];"));
    assert_int_equal(trunk_route_phone(rig, "441", &route), 0);
    assert_int_equal(trunk_route_redirect(&route->attempts[0], contacts, &next), 0);
    assert_string_equal(rig_uris(next), "sip:441@10.0.0.1:5070 sip:442@10.9.1.1;transport=tcp "
                                        "sip:+443@[2001:db8::1]");
    assert_ptr_equal(next->attempts[0].trunk, trunk_find(rig, "t"));
    mem_unref(next);
    assert_int_equal(trunk_route_redirect(&route->attempts[0], "", &next), EPERM);
    assert_int_equal(trunk_route_redirect(&route->attempts[0], "sip:9@10.9.1.1", &next), EPERM);
    mem_unref(route);
    rig_end();
    rig_start(TRUNK("t", Q(A), ""));
    assert_int_equal(trunk_route_phone(rig, "441", &route), 0);
    assert_int_equal(trunk_route_redirect(&route->attempts[0], "sip:441@10.0.0.1", &next), EPERM);
    mem_unref(route);
    rig_end();
}

static void a_reload_keeps_what_is_the_same(void **state)
{
    struct trunk_route *route;
    struct trunk *trunk;

    (void)state;
    rig_start(TRUNK("one", Q(A) "," Q(B), "") "," TRUNK("two", Q("sip:10.0.0.3"), ""));
    trunk = trunk_find(rig, "one");
    assert_int_equal(trunk_route_phone(rig, "1", &route), 0);
    trunk_told(&route->attempts[0], &(struct trunk_outcome){.status = 503, .retry_after = 100});
    assert_int_equal(trunks_configure(rig, rig_read(TRUNK("one", Q("sip:10.0.0.9") "," Q(A), ""))),
                     0);
    assert_ptr_equal(trunk_find(rig, "one"), trunk);
    assert_string_equal(rig_phone("1"), "sip:1@10.0.0.9");
    /* what goes on by the old route finds all it needs */
    trunk_told(&route->attempts[1], &(struct trunk_outcome){.status = 503, .retry_after = 100});
    trunk_told(&route->attempts[2], &(struct trunk_outcome){.err = ETIMEDOUT});
    mem_unref(route);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_prefix_first_then_its_equals),
        cmocka_unit_test(numbers_as_the_carrier_wants_them),
        cmocka_unit_test(numbers_that_come_in),
        cmocka_unit_test(what_is_shut_is_left_out_while_there_is_another),
        cmocka_unit_test(after_which_status_another_is_tried),
        cmocka_unit_test(no_more_calls_than_it_may_have),
        cmocka_unit_test(no_more_a_second_than_it_takes),
        cmocka_unit_test(uris_by_themselves),
        cmocka_unit_test(whose_calls_come_from_there),
        cmocka_unit_test(redirections),
        cmocka_unit_test(a_reload_keeps_what_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
