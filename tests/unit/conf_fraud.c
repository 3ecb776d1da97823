/* conf_fraud.c: which numbers an application may dial; and whose caller somebody is. */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool may(const char **allow, size_t allowed, const char **deny, size_t denied,
                const char *digits)
{
    struct conf_application application = {
        .dial = {.allow = allow, .allow_count = allowed, .deny = deny, .deny_count = denied}};

    return conf_application_may_dial(&application, digits);
}

static void without_lists_all_are_allowed(void **state)
{
    (void)state;
    assert_true(may(NULL, 0, NULL, 0, "15550100002"));
    assert_true(may(NULL, 0, NULL, 0, ""));
}

static void the_longest_match_decides(void **state)
{
    const char *allow[] = {"1", "4930"}, *deny[] = {"49", "1900", "19001"};
    const char *exception[] = {"1900123", "1"};

    (void)state;
    assert_true(may(allow, 2, deny, 3, "15550100002"));
    assert_false(may(allow, 2, deny, 3, "19005550100"));
    assert_false(may(allow, 2, deny, 3, "4940100200"));
    assert_true(may(allow, 2, deny, 3, "4930100200"));
    assert_false(may(allow, 2, deny, 3, "3315550100")); /* neither: there is an allow list */
    assert_true(may(NULL, 0, deny, 3, "3315550100"));
    assert_true(may(exception, 2, deny, 3, "1900123456"));
    assert_false(may(exception, 2, deny, 3, "1900124456"));
}

static void of_two_alike_denying_wins(void **state)
{
    const char *same[] = {"44"}, *all[] = {""};

    (void)state;
    assert_false(may(same, 1, same, 1, "44201234"));
    assert_false(may(all, 1, all, 1, "44201234"));
    assert_true(may(same, 1, all, 1, "44201234"));
}

static void an_access_code_hides_nothing(void **state)
{
    const char *deny[] = {"1900", "882"}, *allow[] = {"0", "4"};

    (void)state;
    assert_false(may(NULL, 0, deny, 2, "0019005550100"));
    assert_false(may(NULL, 0, deny, 2, "01119005550100"));
    assert_false(may(NULL, 0, deny, 2, "0088216555"));
    assert_true(may(NULL, 0, deny, 2, "0044201234"));
    assert_true(may(allow, 2, deny, 2, "0044201234"));
    assert_false(may(allow, 2, deny, 2, "0088216555"));
    assert_false(may(allow + 1, 1, NULL, 0, "0044201234")); /* allowed is what is written */
}

static void callers_of_a_trunk_prove_who_they_are(void **state)
{
    struct conf_network near, far;
    struct conf_trunk trunks[] = {
        {.name = "open", .inbound_user = "", .allow = &near, .allow_count = 1},
        {.name = "one", .inbound_user = "key", .allow = &near, .allow_count = 1},
        {.name = "two", .inbound_user = "other", .allow = &near, .allow_count = 1},
        {.name = "away", .inbound_user = "key", .allow = &far, .allow_count = 1},
        {.name = "made", .allow = &near, .allow_count = 1},
    };
    struct conf conf = {.trunks = trunks, .trunk_count = 5};
    struct sockaddr_in here = {.sin_family = AF_INET};
    struct sockaddr_storage from = {0};

    (void)state;
    assert_true(conf_network_parse("192.0.2.0/24", &near));
    assert_true(conf_network_parse("198.51.100.0/24", &far));
    inet_pton(AF_INET, "192.0.2.9", &here.sin_addr);
    memcpy(&from, &here, sizeof here);
    assert_string_equal(conf_trunk_of_caller(&conf, &from, "key")->name, "one");
    assert_string_equal(conf_trunk_of_caller(&conf, &from, "other")->name, "two");
    assert_null(conf_trunk_of_caller(&conf, &from, ""));
    assert_null(conf_trunk_of_caller(&conf, &from, "nobody"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_lists_all_are_allowed),
        cmocka_unit_test(the_longest_match_decides),
        cmocka_unit_test(of_two_alike_denying_wins),
        cmocka_unit_test(an_access_code_hides_nothing),
        cmocka_unit_test(callers_of_a_trunk_prove_who_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
