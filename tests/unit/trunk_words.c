/* trunk_words.c: what a carrier is told of who calls, and what its refusals mean. */
#include "trunk_rig.h"

#include "trunk/advice.h"

#include <errno.h>

static struct trunk_words words;

/* `From | header | header` of a call at the trunk with these settings. */
static const char *say(const char *settings, const struct trunk_caller *caller)
{
    static char text[2048];
    struct dialog_target target = {.uri = NULL};
    struct trunk_route *route;
    char trunk[512];
    int at;

    snprintf(trunk, sizeof trunk, "{ name = \"t\"; proxy = \"sip:gw.example:5070\"; %s }",
             settings);
    rig_start(trunk);
    assert_int_equal(trunk_route_phone(rig, "4930", &route), 0);
    trunk_address(&route->attempts[0], caller, &words, &target);
    at = snprintf(text, sizeof text, "%s%s%s", target.from_user, target.from_host ? "@" : "",
                  target.from_host ? target.from_host : "");
    for (unsigned i = 0; i < words.header_count; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, " | %s: %s", words.headers[i].name,
                       words.headers[i].value);
    if (target.route)
        snprintf(text + at, sizeof text - (size_t)at, " | route %s", target.route);
    mem_unref(route);
    rig_end();
    return text;
}

static void who_calls(void **state)
{
    static const struct trunk_caller known = {.number = "15550100002"}, withheld = {.number = NULL},
                                     named = {.name = "alice"},
                                     passed = {.number = "1", .diverted = "15550100002"};
    static const struct {
        const char *settings;
        const struct trunk_caller *caller;
        const char *said;
    } cases[] = {
        {"", &known, "15550100002"},
        {"", &withheld, " | Privacy: id"},
        {"", &named, "alice"},
        {"privacy = \"off\";", &withheld, ""},
        {"privacy = \"always\"; identity = [ \"from\", \"pai\" ];", &known,
         " | P-Asserted-Identity: <sip:15550100002@gw.example> | Privacy: id"},
        {"from_user = \"account\"; from_domain = \"c.example\";", &known, "account@c.example"},
        {"from_user = \"account\"; identity = [ \"pai\" ]; from_domain = \"c.example\"; "
         "caller = [ \"* -> +*\" ];",
         &known, "account@c.example | P-Asserted-Identity: <sip:+15550100002@c.example>"},
        {"username = \"u\"; identity = [ \"ppi\", \"rpid\" ];", &known,
         "u | P-Preferred-Identity: <sip:15550100002@gw.example> | Remote-Party-ID: "
         "<sip:15550100002@gw.example>;party=calling;screen=yes;privacy=off"},
        {"from_user = \"49301\"; identity = [ \"from\", \"pai\", \"rpid\" ];", &withheld,
         " | P-Asserted-Identity: <sip:49301@gw.example> | Remote-Party-ID: "
         "<sip:49301@gw.example>;party=calling;screen=yes;privacy=full | Privacy: id"},
        {"", &passed, "1"},
        {"diversion = true; caller = [ \"* -> +*\" ];", &passed,
         "+1 | Diversion: <sip:+15550100002@gw.example>;reason=unconditional"},
        {"outbound_proxy = \"sip:p.example;lr\";", &known, "15550100002 | route sip:p.example;lr"},
        {"outbound_proxy = [ \"sip:p.example\", \"sip:q.example\" ];", &known,
         "15550100002 | route sip:p.example, sip:q.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(say(cases[i].settings, cases[i].caller), cases[i].said);
}

static void by_no_trunk(void **state)
{
    struct trunk_attempt alone = {.uri = (char *)(uintptr_t) "sip:a@b.example"};
    struct dialog_target target = {.uri = NULL};

    (void)state;
    trunk_address(&alone, &(struct trunk_caller){.number = "1"}, &words, &target);
    assert_string_equal(target.uri, "sip:a@b.example");
    assert_string_equal(target.from_user, "1");
    assert_null(target.credentials.user);
    assert_int_equal(words.header_count, 0);
}

static void every_refusal_has_a_word(void **state)
{
    struct conf_trunk open = {.username = "", .srtp = "off"}, known = {.username = "u"};
    struct conf_trunk sealed = {.username = "", .srtp = "required"};

    (void)state;
    for (int status = 300; status < 700; status++) {
        struct advice advice = advice_on(&open, ADVICE_CALL, status, 0);

        assert_true(strlen(advice.text) > 10 && strchr(".?", advice.text[strlen(advice.text) - 1]));
        assert_non_null(advice.setting);
    }
    assert_string_equal(advice_on(&open, ADVICE_CALL, 407, 0).setting, "username, password");
    assert_non_null(strstr(advice_on(&known, ADVICE_CALL, 407, 0).setting, "from_user"));
    assert_non_null(strstr(advice_on(&known, ADVICE_CALL, 403, 0).setting, "register"));
    assert_null(strstr(advice_on(&open, ADVICE_CALL, 403, 0).setting, "register"));
    assert_non_null(strstr(advice_on(&sealed, ADVICE_CALL, 403, 0).setting, "srtp"));
    assert_string_equal(advice_on(&open, ADVICE_CALL, 484, 0).setting, "outbound");
    assert_string_equal(advice_on(&known, ADVICE_REGISTRATION, 423, 0).setting, "expires");
    assert_non_null(strstr(advice_on(&open, ADVICE_PING, 0, EPROTO).text, "TLS"));
    assert_non_null(strstr(advice_on(&open, ADVICE_CALL, 0, ETIMEDOUT).text, "firewall"));
    assert_non_null(strstr(advice_on(&open, ADVICE_CALL, 408, ECONNREFUSED).text, "listens"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_calls),
        cmocka_unit_test(by_no_trunk),
        cmocka_unit_test(every_refusal_has_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
