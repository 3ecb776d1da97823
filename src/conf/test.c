/* test.c: the application `test`, which answers the numbers of test.* by itself. */
#include "conf/row.h"

#include <string.h>

static const char application_text[] =
    "id = \"" CONF_TEST_ID "\"; name = \"test\"; "
    "voice: { ncco = \"[{\\\"action\\\":\\\"wait\\\",\\\"timeout\\\":7200}]\"; };";

static size_t count_numbers(const struct conf *conf)
{
    size_t count = 0;

    for (unsigned i = 0; i < CONF_TESTS; i++)
        count += conf->test[i].count;
    return count;
}

static void give_numbers(struct reader *reader, struct conf_application *test)
{
    const struct conf *conf = &reader->whole->conf;

    test->numbers = reader_keep(reader, count_numbers(conf) * sizeof *test->numbers);
    for (unsigned i = 0; i < CONF_TESTS && test->numbers; i++)
        for (size_t k = 0; k < conf->test[i].count; k++)
            test->numbers[test->number_count++] = conf->test[i].numbers[k];
}

void reader_add_test(struct reader *reader)
{
    struct conf *conf = &reader->whole->conf;
    struct conf_application *applications;
    config_t config;

    if (!count_numbers(conf))
        return;
    applications = reader_keep(reader, (conf->application_count + 1) * sizeof *conf->applications);
    if (!applications)
        return;
    if (conf->application_count)
        memcpy(applications, conf->applications,
               conf->application_count * sizeof *conf->applications);
    conf->applications = applications;
    config_init(&config);
    if (config_read_string(&config, application_text) == CONFIG_TRUE) {
        struct conf_application *test = &applications[conf->application_count++];

        reader_rows(reader, application_rows, config_root_setting(&config), test);
        give_numbers(reader, test);
    }
    config_destroy(&config);
}
