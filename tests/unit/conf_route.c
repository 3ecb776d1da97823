/* conf_route.c: which application rings, which trunk carries, who is in a network. */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void digits_lose_what_people_write(void **state)
{
    char out[32], tight[4];

    (void)state;
    assert_true(conf_digits("+1 (555) 010-0002", out, sizeof out));
    assert_string_equal(out, "15550100002");
    assert_true(conf_digits("123", tight, sizeof tight));
    assert_false(conf_digits("1234", tight, sizeof tight));
    assert_false(conf_digits("alice", out, sizeof out));
    assert_false(conf_digits("", out, sizeof out));
    assert_false(conf_digits("+", out, sizeof out));
}

static void longest_number_wins(void **state)
{
    const char *exact[] = {"15550200002"}, *wide[] = {"1555*", "20"}, *narrow[] = {"1555020*"};
    const char *all[] = {"*"};
    struct conf_application applications[] = {
        {.id = "wide", .numbers = wide, .number_count = 2},
        {.id = "narrow", .numbers = narrow, .number_count = 1},
        {.id = "exact", .numbers = exact, .number_count = 1},
        {.id = "all", .numbers = all, .number_count = 1},
    };
    struct conf conf = {.applications = applications, .application_count = 3};

    (void)state;
    assert_string_equal(conf_application_of(&conf, "15550200002")->id, "exact");
    assert_string_equal(conf_application_of(&conf, "15550200003")->id, "narrow");
    assert_string_equal(conf_application_of(&conf, "1555020")->id, "narrow");
    assert_string_equal(conf_application_of(&conf, "15559")->id, "wide");
    assert_string_equal(conf_application_of(&conf, "20")->id, "wide");
    assert_null(conf_application_of(&conf, "200"));
    assert_null(conf_application_of(&conf, "155"));
    conf.application_count = 4;
    assert_string_equal(conf_application_of(&conf, "200")->id, "all");
    assert_string_equal(conf_application_of(&conf, "15550200002")->id, "exact");
    assert_string_equal(conf_application_find(&conf, "exact")->id, "exact");
    assert_null(conf_application_find(&conf, "other"));
}

static void longest_prefix_wins(void **state)
{
    const char *any[] = {""}, *uk[] = {"44", "4420"}, *mobile[] = {"447"};
    struct conf_trunk trunks[] = {
        {.name = "none"},
        {.name = "any", .prefixes = any, .prefix_count = 1},
        {.name = "uk", .prefixes = uk, .prefix_count = 2},
        {.name = "mobile", .prefixes = mobile, .prefix_count = 1},
    };
    struct conf conf = {.trunks = trunks, .trunk_count = 4};

    (void)state;
    assert_string_equal(conf_trunk_of(&conf, "1555")->name, "any");
    assert_string_equal(conf_trunk_of(&conf, "4479")->name, "mobile");
    assert_string_equal(conf_trunk_of(&conf, "44201")->name, "uk");
    assert_string_equal(conf_trunk_of(&conf, "4")->name, "any");
    conf.trunk_count = 1;
    assert_null(conf_trunk_of(&conf, "1555"));
}

static struct sockaddr_storage address_of(const char *text)
{
    struct conf_network network;

    assert_true(conf_network_parse(text, &network));
    return network.address;
}

static void smallest_network_wins(void **state)
{
    struct conf_network all[2], site[1], host[1];
    struct conf_trunk trunks[] = {
        {.name = "none"},
        {.name = "all", .allow = all, .allow_count = 2},
        {.name = "host", .allow = host, .allow_count = 1},
        {.name = "site", .allow = site, .allow_count = 1},
    };
    struct conf conf = {.trunks = trunks, .trunk_count = 4};
    struct sockaddr_storage nowhere = {0}, at = address_of("10.1.2.3");

    (void)state;
    assert_true(conf_network_parse("0.0.0.0/0", &all[0]));
    assert_true(conf_network_parse("::1", &all[1]));
    assert_true(conf_network_parse("10.1.0.0/16", &site[0]));
    assert_true(conf_network_parse("10.1.2.3", &host[0]));
    assert_string_equal(conf_trunk_from(&conf, &at)->name, "host");
    at = address_of("10.1.2.4");
    assert_string_equal(conf_trunk_from(&conf, &at)->name, "site");
    at = address_of("192.0.2.1");
    assert_string_equal(conf_trunk_from(&conf, &at)->name, "all");
    at = address_of("::1");
    assert_string_equal(conf_trunk_from(&conf, &at)->name, "all");
    at = address_of("::2");
    assert_null(conf_trunk_from(&conf, &at));
    assert_null(conf_trunk_from(&conf, &nowhere));
}

static void networks_hold_their_addresses(void **state)
{
    static const struct {
        const char *network, *address;
        bool in;
    } cases[] = {
        {"127.0.0.0/8", "127.255.1.2", true},
        {"127.0.0.0/8", "128.0.0.1", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.4", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"fd00::/8", "fd12::1", true},
        {"fd00::/8", "fe80::1", false},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
        {"10.0.0.0/8", "::ffff:127.0.0.1", false},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
        {"::ffff:10.0.0.0/104", "11.9.9.9", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conf_network network;
        struct sockaddr_storage address = address_of(cases[i].address);

        assert_true(conf_network_parse(cases[i].network, &network));
        if (conf_network_has(&network, 1, &address) != cases[i].in)
            fail_msg("%s in %s", cases[i].address, cases[i].network);
    }
    assert_false(conf_network_has(NULL, 0, &(struct sockaddr_storage){.ss_family = AF_INET}));
}

static void other_texts_are_no_networks(void **state)
{
    static const char *const bad[] = {"",           "x",           "10.0.0", "10.0.0.0/33",
                                      "10.0.0.0/",  "10.0.0.0/-1", "::/129", "10.0.0.0/8 ",
                                      "10.0.0.0/8x"};
    struct conf_network network;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (conf_network_parse(bad[i], &network))
            fail_msg("\"%s\" passed", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_lose_what_people_write),
        cmocka_unit_test(longest_number_wins),
        cmocka_unit_test(longest_prefix_wins),
        cmocka_unit_test(smallest_network_wins),
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(other_texts_are_no_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
