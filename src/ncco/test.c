/* test.c: the numbers of the application `test`: taken without a webhook, for who
 * loads or measures us. */
#include "ncco/private.h"

#include <string.h>

static const char *const flows[] = {
    [CONF_TEST_ECHO] = "[{\"action\":\"wait\",\"timeout\":7200}]",
    [CONF_TEST_TONE] = "[{\"action\":\"stream\",\"streamUrl\":[\"sound:tone\"],\"loop\":0}]",
    [CONF_TEST_MILLIWATT] =
        "[{\"action\":\"stream\",\"streamUrl\":[\"sound:milliwatt\"],\"loop\":0}]",
    [CONF_TEST_SILENCE] = "[{\"action\":\"wait\",\"timeout\":7200}]",
    [CONF_TEST_RINGING] = "[{\"action\":\"wait\",\"timeout\":180}]",
};

bool test_run(struct call *call)
{
    const struct conf *conf = bridge_config(call->calls->bridge);
    enum conf_test test;
    json_t *ncco;

    if (strcmp(application_id(call->application), CONF_TEST_ID) != 0 ||
        !conf_test_of(conf, leg_to(call->leg)->address, &test))
        return false;
    ncco = json_loads(flows[test], 0, NULL);
    if (!ncco || (test == CONF_TEST_ECHO && leg_echo(call->leg, true))) {
        leg_hangup(call->leg, leg_cause_sip(500));
    } else {
        if (test != CONF_TEST_RINGING)
            leg_answer(call->leg);
        call_run(call, ncco);
    }
    json_decref(ncco);
    return true;
}
