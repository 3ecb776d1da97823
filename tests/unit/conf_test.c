/* conf_test.c: the application `test`, made of the numbers of test.*. */
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
    char path[] = "/tmp/offhook-test-XXXXXX";
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

static void without_numbers_it_is_not_there(void **state)
{
    struct conf *conf = must_read("applications = ( { id = \"" A "\"; } );");
    enum conf_test test;

    (void)state;
    assert_int_equal(conf->application_count, 1);
    assert_null(conf_application_find(conf, CONF_TEST_ID));
    assert_false(conf_test_of(conf, "15550100002", &test));
    mem_unref(conf);
}

static void each_number_has_its_test(void **state)
{
    static const struct {
        const char *digits;
        enum conf_test test;
    } rows[] = {{"15550190001", CONF_TEST_ECHO},    {"15550191234", CONF_TEST_ECHO},
                {"15550190002", CONF_TEST_TONE},    {"15550190003", CONF_TEST_MILLIWATT},
                {"15550190004", CONF_TEST_SILENCE}, {"15550190005", CONF_TEST_RINGING}};
    struct conf *conf =
        must_read("test: { echo = [ \"+1 555 019 0001\", \"1555019*\" ];"
                  " tone = [ \"15550190002\" ]; milliwatt = [ \"15550190003\" ];"
                  " silence = [ \"15550190004\" ]; ringing = [ \"15550190005\" ]; };"
                  "applications = ( { id = \"" A "\"; numbers = [ \"15550100002\" ]; } );");
    const struct conf_application *application;
    enum conf_test test;

    (void)state;
    assert_int_equal(conf->application_count, 2);
    application = conf_application_find(conf, CONF_TEST_ID);
    assert_non_null(application);
    assert_string_equal(application->name, "test");
    assert_string_equal(application->voice.event_url, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ptr_equal(conf_application_of(conf, rows[i].digits), application);
        assert_true(conf_test_of(conf, rows[i].digits, &test));
        assert_int_equal(test, rows[i].test);
    }
    assert_string_equal(conf_application_of(conf, "15550100002")->id, A);
    assert_false(conf_test_of(conf, "15550100002", &test));
    mem_unref(conf);
}

static void a_number_is_given_once(void **state)
{
    static const char *const texts[] = {
        "test: { echo = [ \"15550190001\" ]; tone = [ \"15550190001\" ]; };",
        "test: { echo = [ \"15550190001\" ]; };"
        "applications = ( { id = \"" A "\"; numbers = [ \"15550190001\" ]; } );",
    };
    struct conf *conf;
    char error[CONF_ERROR];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_text(&conf, texts[i], error), EINVAL);
        assert_non_null(strstr(error, "number 15550190001 is given twice"));
    }
    assert_int_equal(read_text(&conf, "test: { echo = [ \"none\" ]; };", error), EINVAL);
    assert_non_null(strstr(error, "test.echo: \"none\" is no number"));
    assert_int_equal(read_text(&conf,
                               "applications = ( { id = \"" CONF_TEST_ID "\"; } );"
                               "test: { echo = [ \"1\" ]; };",
                               error),
                     EINVAL);
    assert_non_null(strstr(error, "is given twice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_numbers_it_is_not_there),
        cmocka_unit_test(each_number_has_its_test),
        cmocka_unit_test(a_number_is_given_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
