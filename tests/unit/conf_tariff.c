/* conf_tariff.c: what a minute costs, and how long an application's webhooks may take. */
#include "conf/conf.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define A "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static int read_text(struct conf **conf, const char *text, char error[CONF_ERROR])
{
    char path[] = "/tmp/offhook-tariff-XXXXXX";
    int fd = mkstemp(path), err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    err = conf_read(conf, path, error);
    unlink(path);
    return err;
}

static struct conf *must_read(const char *text)
{
    char error[CONF_ERROR];
    struct conf *conf = NULL;

    if (read_text(&conf, text, error))
        fail_msg("%s", error);
    return conf;
}

static void rates_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t rate;
    } rates[] = {{"0", 0},
                 {"1", 100000000},
                 {"0.0045", 450000},
                 {"0.00450000", 450000},
                 {"0.00000001", 1},
                 {"9999.99999999", 999999999999},
                 {"12.5", 1250000000},
                 {"0007", 700000000}};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        char text[128];
        struct conf *conf;

        snprintf(text, sizeof text, "tariff = ( { rate = \"%s\"; } );", rates[i].text);
        conf = must_read(text);
        assert_int_equal(conf->tariff_count, 1);
        assert_int_equal(conf->tariff[0].rate, rates[i].rate);
        assert_string_equal(conf->tariff[0].prefix, "");
        assert_string_equal(conf->tariff[0].network, "");
        assert_string_equal(conf->tariff[0].direction, "");
        mem_unref(conf);
    }
}

static void bad_rows_are_told(void **state)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"tariff = ( { prefix = \"1\"; } );", "rate is missing"},
        {"tariff = ( { rate = \"\"; } );", "rate is missing"},
        {"tariff = ( { rate = 0.0045; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"-1\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \".5\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"5.\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"1,5\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"10000\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"0.123456789\"; } );", "must be a decimal in quotes"},
        {"tariff = ( { rate = \"1\"; prefix = \"abc\"; } );", "prefix must be digits"},
        {"tariff = ( { rate = \"1\"; prefix = 44; } );", "prefix must be digits"},
        {"tariff = ( { rate = \"1\"; direction = \"up\"; } );", "direction must be inbound"},
        {"tariff = ( { rate = \"1\"; price = \"2\"; } );", "unknown key price"},
        {"tariff = ( { rate = \"1\"; prefix = \"1\"; }, { rate = \"2\"; prefix = \"+1\"; } );",
         "has prefix \"1\" twice"},
        {"tariff = { rate = \"1\"; };", "tariff must be a list of groups"},
        {"applications = ( { id = \"" A "\"; voice: { event_connect_timeout = 299; }; } );",
         "voice.event_connect_timeout must be 0, or 300 to 1000"},
        {"applications = ( { id = \"" A "\"; voice: { answer_timeout = 5001; }; } );",
         "voice.answer_timeout must be 0 to 5000"},
        {"applications = ( { id = \"" A "\"; voice: { fallback_answer_timeout = 999; }; } );",
         "voice.fallback_answer_timeout must be 0, or 1000 to 5000"},
        {"applications = ( { id = \"" A "\"; voice: { fallback_answer_method = \"PUT\"; }; } );",
         "voice.fallback_answer_method must be GET or POST"},
        {"applications = ( { id = \"" A "\"; rtc: { event_timeout = 10001; }; } );",
         "rtc.event_timeout must be 0 to 10000"},
        {"applications = ( { id = \"" A "\"; rtc: { signed = true; }; } );",
         "rtc.signed needs signature_secret or http.signature_secret"},
        {"webhook: { give_up = 0; };", "webhook.give_up must be 1 to 2592000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[CONF_ERROR];
        struct conf *conf = NULL;

        assert_int_equal(read_text(&conf, cases[i].text, error), EINVAL);
        if (!strstr(error, cases[i].told))
            fail_msg("%s\n  told: %s\n  not:  %s", cases[i].text, error, cases[i].told);
    }
}

static const char *network_of(const struct conf *conf, const char *digits, const char *direction)
{
    const struct conf_tariff *row = conf_tariff_of(conf, digits, direction);

    return row ? row->network : "none";
}

static void the_longest_prefix_wins(void **state)
{
    struct conf *conf = must_read(
        "tariff = ( { prefix = \"1\"; rate = \"1\"; network = \"us\"; },"
        " { prefix = \"1555\"; rate = \"2\"; network = \"test\"; },"
        " { prefix = \"1555\"; rate = \"3\"; network = \"test-in\"; direction = \"Inbound\"; },"
        " { prefix = \"+44 20\"; rate = \"4\"; network = \"gb\"; direction = \"outbound\"; } );");
    struct conf *all = must_read("tariff = ( { rate = \"1\"; network = \"any\"; },"
                                 " { prefix = \"1\"; rate = \"1\"; network = \"us\"; } );");
    static const struct conf empty;

    (void)state;
    assert_string_equal(network_of(conf, "15550100002", "outbound"), "test");
    assert_string_equal(network_of(conf, "15550100002", "inbound"), "test-in");
    assert_string_equal(network_of(conf, "1555", "outbound"), "test");
    assert_string_equal(network_of(conf, "155", "inbound"), "us");
    assert_string_equal(network_of(conf, "442071838750", "outbound"), "gb");
    assert_string_equal(network_of(conf, "442071838750", "inbound"), "none");
    assert_string_equal(network_of(conf, "", "inbound"), "none");
    assert_string_equal(network_of(all, "", "inbound"), "any");
    assert_string_equal(network_of(all, "49", "outbound"), "any");
    assert_string_equal(network_of(all, "15", "outbound"), "us");
    assert_null(conf_tariff_of(&empty, "1", "inbound"));
    mem_unref(conf);
    mem_unref(all);
}

static void an_application_has_its_own(void **state)
{
    struct conf *conf = must_read(
        "http: { signature_secret = \"common\"; }; webhook: { give_up = 60; extended = true; };"
        "applications = ( { id = \"" A "\"; signature_secret = \"own\";"
        " voice: { answer_connect_timeout = 300; answer_timeout = 1000;"
        " fallback_answer_method = \"post\"; fallback_answer_connect_timeout = 1000;"
        " fallback_answer_timeout = 5000; event_connect_timeout = 500; event_timeout = 10000; };"
        " rtc: { event_method = \"GET\"; event_connect_timeout = 600; event_timeout = 2000;"
        " signed = true; }; } );");
    const struct conf_application *own = &conf->applications[0];
    struct conf *plain = must_read("applications = ( { id = \"" A "\"; } );");

    (void)state;
    assert_int_equal(conf->webhook.give_up, 60);
    assert_true(conf->webhook.is_extended);
    assert_string_equal(own->signature_secret, "own");
    assert_int_equal(own->voice.answer_wait.connect, 300);
    assert_int_equal(own->voice.answer_wait.reply, 1000);
    assert_string_equal(own->voice.fallback_answer_method, "POST");
    assert_int_equal(own->voice.fallback_answer_wait.connect, 1000);
    assert_int_equal(own->voice.fallback_answer_wait.reply, 5000);
    assert_int_equal(own->voice.event_wait.connect, 500);
    assert_int_equal(own->voice.event_wait.reply, 10000);
    assert_string_equal(own->rtc.event_method, "GET");
    assert_int_equal(own->rtc.event_wait.connect, 600);
    assert_int_equal(own->rtc.event_wait.reply, 2000);
    assert_true(own->rtc.is_signed);
    assert_int_equal(plain->webhook.give_up, 86400);
    assert_false(plain->webhook.is_extended);
    assert_string_equal(plain->applications[0].signature_secret, "");
    assert_int_equal(plain->applications[0].voice.answer_wait.reply, 0);
    assert_string_equal(plain->applications[0].voice.fallback_answer_method, "GET");
    mem_unref(conf);
    mem_unref(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_exact),
        cmocka_unit_test(bad_rows_are_told),
        cmocka_unit_test(the_longest_prefix_wins),
        cmocka_unit_test(an_application_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
