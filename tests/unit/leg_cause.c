/* leg_cause.c: the one table of causes and the table of leg states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "leg/cause.h"

struct expected {
    int sip;
    enum leg_status status;
    const char *detail, *reason;
};

/* The rows the API documents. */
static const struct expected documented[] = {
    {200, LEG_COMPLETED, NULL, "ok"},
    {486, LEG_BUSY, NULL, "busy_here"},
    {600, LEG_BUSY, NULL, "busy"},
    {480, LEG_UNANSWERED, "unavailable", "temporarily_unavailable"},
    {408, LEG_UNANSWERED, "timeout", "request_timeout"},
    {487, LEG_CANCELLED, NULL, "request_terminated"},
    {603, LEG_REJECTED, "declined", "rejected"},
    {401, LEG_REJECTED, "restricted", "forbidden"},
    {403, LEG_REJECTED, "restricted", "forbidden"},
    {407, LEG_REJECTED, "restricted", "forbidden"},
    {484, LEG_REJECTED, "invalid_number", "address_incomplete"},
    {485, LEG_REJECTED, "invalid_number", "address_incomplete"},
    {416, LEG_REJECTED, "invalid_number", "address_incomplete"},
    {604, LEG_REJECTED, "invalid_number", "address_incomplete"},
    {404, LEG_FAILED, "cannot_route", "not_found"},
    {410, LEG_FAILED, "number_out_of_service", "gone"},
    {402, LEG_FAILED, "internal_error", "payment_required"},
    {500, LEG_FAILED, "internal_error", "server_internal_error"},
    {501, LEG_FAILED, "internal_error", "not_implemented"},
    {502, LEG_FAILED, "internal_error", "bad_gateway"},
    {503, LEG_FAILED, "internal_error", "service_unavailable"},
    {504, LEG_FAILED, "internal_error", "server_timeout"},
    {505, LEG_FAILED, "internal_error", "version_not_supported"},
};

static void test_documented_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documented / sizeof *documented; i++) {
        const struct leg_cause *cause = leg_cause_sip(documented[i].sip);

        assert_int_equal(cause->sip, documented[i].sip);
        assert_int_equal(cause->status, documented[i].status);
        assert_string_equal(cause->reason, documented[i].reason);
        if (documented[i].detail)
            assert_string_equal(cause->detail, documented[i].detail);
        else
            assert_null(cause->detail);
    }
}

static void test_every_status_has_a_row(void **state)
{
    (void)state;
    for (int sip = 200; sip < 700; sip++) {
        const struct leg_cause *cause = leg_cause_sip(sip);

        assert_non_null(cause);
        assert_true(leg_status_final(cause->status));
        assert_true(cause->relay >= 400 && cause->relay < 700);
        assert_non_null(cause->phrase);
        assert_true(cause->q850 > 0 && cause->q850 < 128);
    }
    assert_int_equal(leg_cause_timeout()->status, LEG_TIMEOUT);
    assert_string_equal(leg_cause_transport()->detail, "cannot_route");
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i <= LEG_DISCONNECTED; i++)
        assert_int_equal(leg_status_parse(leg_status_text((enum leg_status)i)), i);
    assert_int_equal(leg_status_parse("asleep"), -1);
}

static void test_states(void **state)
{
    (void)state;
    assert_true(leg_status_may(LEG_STARTED, LEG_RINGING));
    assert_true(leg_status_may(LEG_STARTED, LEG_ANSWERED));
    assert_true(leg_status_may(LEG_RINGING, LEG_BUSY));
    assert_true(leg_status_may(LEG_ANSWERED, LEG_COMPLETED));
    assert_true(leg_status_may(LEG_ANSWERED, LEG_MACHINE));
    assert_true(leg_status_may(LEG_MACHINE, LEG_COMPLETED));
    assert_false(leg_status_may(LEG_RINGING, LEG_RINGING));
    assert_false(leg_status_may(LEG_ANSWERED, LEG_BUSY));
    assert_false(leg_status_may(LEG_ANSWERED, LEG_RINGING));
    assert_false(leg_status_may(LEG_RINGING, LEG_MACHINE));
    for (int from = LEG_COMPLETED; from <= LEG_DISCONNECTED; from++) {
        for (int to = 0; to <= LEG_DISCONNECTED; to++)
            assert_false(leg_status_may((enum leg_status)from, (enum leg_status)to));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_rows),
        cmocka_unit_test(test_every_status_has_a_row),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_states),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
