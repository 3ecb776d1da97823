/* ncco_check.c: what is a good NCCO, and how a bad one is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ncco/call.h"

#define PHONE "{\"type\":\"phone\",\"number\":\"15550100003\"}"

static const char *const good[] = {
    "[]",
    "[{\"action\":\"connect\",\"endpoint\":[" PHONE "]}]",
    "[{\"action\":\"connect\",\"endpoint\":[" PHONE "],\"timeout\":\"20\",\"limit\":60,"
    "\"from\":\"15550100002\",\"eventUrl\":[\"https://x.example/e\"],\"eventMethod\":\"GET\"}]",
    "[{\"action\":\"connect\",\"eventType\":\"synchronous\",\"eventUrl\":\"http://x.example/\","
    "\"endpoint\":[{\"type\":\"sip\",\"uri\":\"sip:a@b.example;transport=tcp\"}]}]",
    "[{\"action\":\"conversation\",\"name\":\"room\",\"canHear\":[],\"canSpeak\":[\"a\"]}]",
    "[{\"action\":\"conversation\",\"name\":\"room\",\"mute\":true,\"unknown\":1}]",
    "[{\"action\":\"stream\",\"streamUrl\":[\"http://x.example/a.wav\"],\"level\":\"0.5\"}]",
    "[{\"action\":\"stream\",\"streamUrl\":[\"sound:ringback\"],\"loop\":0,\"level\":-1}]",
};

/* An NCCO and what its refusal must name. */
static const struct {
    const char *ncco, *action, *option;
} bad[] = {
    {"{}", "array", ""},
    {"[1]", "action 1", "\"action\""},
    {"[{}]", "action 1", "\"action\""},
    {"[{\"action\":7}]", "action 1", "\"action\""},
    {"[{\"action\":\"fly\"}]", "action 1", "fly"},
    {"[{\"action\":\"conversation\",\"name\":\"a\"},{\"action\":\"fly\"}]", "action 2", "fly"},
    {"[{\"action\":\"connect\"}]", "(connect)", "\"endpoint\" is required"},
    {"[{\"action\":\"connect\",\"endpoint\":[]}]", "(connect)", "\"endpoint\""},
    {"[{\"action\":\"connect\",\"endpoint\":[" PHONE "," PHONE "]}]", "(connect)", "\"endpoint\""},
    {"[{\"action\":\"connect\",\"endpoint\":" PHONE "}]", "(connect)", "must be an array"},
    {"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"fax\"}]}]", "(connect)", "endpoint.type"},
    {"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"abc\"}]}]",
     "(connect)", "endpoint.number"},
    {"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"1234567890123456\"}]"
     "}]",
     "(connect)", "endpoint.number"},
    {"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"tel:1\"}]}]", "(connect)",
     "endpoint.uri"},
    {"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"sip:a@b\\r\\nX: 1\"}]}]",
     "(connect)", "endpoint.uri"},
    {"[{\"action\":\"connect\",\"timeout\":0,\"endpoint\":[" PHONE "]}]", "(connect)",
     "\"timeout\" must be from 1"},
    {"[{\"action\":\"connect\",\"limit\":7201,\"endpoint\":[" PHONE "]}]", "(connect)",
     "\"limit\" must be from 1 to 7200"},
    {"[{\"action\":\"connect\",\"limit\":\"soon\",\"endpoint\":[" PHONE "]}]", "(connect)",
     "\"limit\" must be a number"},
    {"[{\"action\":\"connect\",\"eventUrl\":[\"ftp://x\"],\"endpoint\":[" PHONE "]}]", "(connect)",
     "\"eventUrl\""},
    {"[{\"action\":\"connect\",\"eventMethod\":\"PUT\",\"endpoint\":[" PHONE "]}]", "(connect)",
     "\"eventMethod\""},
    {"[{\"action\":\"conversation\"}]", "(conversation)", "\"name\" is required"},
    {"[{\"action\":\"conversation\",\"name\":\"\"}]", "(conversation)", "\"name\""},
    {"[{\"action\":\"conversation\",\"name\":5}]", "(conversation)", "must be a string"},
    {"[{\"action\":\"conversation\",\"name\":\"a\",\"mute\":\"yes\"}]", "(conversation)",
     "\"mute\" must be a boolean"},
    {"[{\"action\":\"conversation\",\"name\":\"a\",\"canHear\":[1]}]", "(conversation)",
     "\"canHear\""},
    {"[{\"action\":\"conversation\",\"name\":\"a\",\"mute\":true,\"canSpeak\":[]}]",
     "(conversation)", "\"canSpeak\""},
    {"[{\"action\":\"stream\"}]", "(stream)", "\"streamUrl\" is required"},
    {"[{\"action\":\"stream\",\"streamUrl\":[\"a\",\"b\"]}]", "(stream)", "\"streamUrl\""},
    {"[{\"action\":\"stream\",\"streamUrl\":[\"http://x.example/\"],\"level\":1.5}]", "(stream)",
     "\"level\" must be from -1 to 1"},
    {"[{\"action\":\"talk\",\"text\":\"a\",\"language\":\"\\n-GB\"}]", "(talk)",
     "the language \" -GB\" is not spoken"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char reason[NCCO_REASON] = "";
        json_t *ncco = json_loads(good[i], 0, NULL);

        assert_non_null(ncco);
        if (!ncco_check(ncco, reason))
            fail_msg("%s: %s", good[i], reason);
        json_decref(ncco);
    }
}

static void test_bad_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char reason[NCCO_REASON] = "";
        json_t *ncco = json_loads(bad[i].ncco, 0, NULL);

        assert_non_null(ncco);
        if (ncco_check(ncco, reason))
            fail_msg("taken: %s", bad[i].ncco);
        if (!strstr(reason, bad[i].action) || !strstr(reason, bad[i].option))
            fail_msg("%s: said: %s", bad[i].ncco, reason);
        json_decref(ncco);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
