/* call_knock.c: who knocks, and how long: time is the test's here. */
#include "call_paper.h"

#include "base/clock.h"
#include "base/id.h"

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);

static int64_t ahead; /* [ms] */

int64_t __wrap_clock_mono_ms(void)
{
    return __real_clock_mono_ms() + ahead;
}

static char told[1024], knocker[ID_MAX];

static void on_event(const struct bridge_event *event, void *arg)
{
    size_t n = strlen(told);

    (void)arg;
    snprintf(told + n, sizeof told - n, "%s%s", n ? ", " : "", event->type);
    if (strcmp(event->type, "app:knocking") == 0)
        snprintf(knocker, sizeof knocker, "%s", event->from + strlen("knocker:"));
}

static int set_up_watched(void **state)
{
    const struct bridge_watch watch = {.event = on_event};
    int err = set_up(state);
    struct house *house = *state;

    if (err)
        return err;
    *told = *knocker = '\0';
    house->application.voice.answer_url = "";
    house->application.rtc.event_url = "http://x.example/r";
    return bridge_watch(house->bridge, &watch);
}

static void pass(struct house *house, int64_t ms)
{
    ahead += ms;
    settle(house);
}

static void test_nobody_comes(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, NULL);

    assert_int_equal(in->rung, 180);
    assert_string_equal(told, "app:knocking, sip:ringing");
    assert_string_equal(told_text(), "inbound started, inbound ringing");
    pass(house, 59000);
    assert_int_equal(in->hung_up, 0);
    assert_non_null(knock_find(house->calls, demo(house), knocker));
    pass(house, 2000);
    assert_int_equal(in->hung_up, 480);
    over(house, in, 480, false);
    assert_string_equal(told, "app:knocking, sip:ringing, app:knocking:cancel");
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound completed");
    assert_null(knock_find(house->calls, demo(house), knocker));
    mem_unref(in);
}

static void test_nobody_comes_for_an_app(void **state)
{
    struct house *house = *state;
    json_t *channel = json_pack("{s:s}", "type", "app");
    struct knock *knock;

    assert_int_equal(knock_make(house->calls, demo(house), NULL, channel, &knock), 0);
    json_decref(channel);
    assert_ptr_equal(knock_find(house->calls, demo(house), knock_id(knock)), knock);
    pass(house, 61000);
    assert_string_equal(told, "app:knocking, app:knocking:cancel");
    assert_null(knock_find(house->calls, demo(house), knocker));
}

static void test_a_thousand_knock_and_no_more(void **state)
{
    struct house *house = *state;
    json_t *channel = json_pack("{s:s}", "type", "app");
    struct knock *knock;

    for (int i = 0; i < 1000; i++)
        assert_int_equal(knock_make(house->calls, demo(house), NULL, channel, &knock), 0);
    assert_int_equal(knock_make(house->calls, demo(house), NULL, channel, &knock), EAGAIN);
    knock_refuse(knock_find(house->calls, demo(house), knocker));
    assert_int_equal(knock_make(house->calls, demo(house), NULL, channel, &knock), 0);
    json_decref(channel);
    knock_refuse_all(house->calls, NULL);
}

static void test_who_was_let_in_knocks_no_more(void **state)
{
    const struct conversation_facts plain = {.name = NULL};
    const struct user_facts nobody = {.name = NULL};
    struct member_asked asked = {.join = true};
    struct house *house = *state;
    struct dialog *in = ring_in(house, NULL);
    struct conversation *room;
    struct member *member;

    assert_int_equal(user_make(demo(house), &nobody, &asked.user), 0);
    assert_int_equal(conversation_make(house->bridge, demo(house), &plain, &room), 0);
    store_together(house->store);
    assert_int_equal(
        knock_accept(knock_find(house->calls, demo(house), knocker), room, &asked, &member), 0);
    store_together_end(house->store);
    assert_int_equal(in->answered, 0);
    settle(house);
    assert_int_equal(in->answered, 1);
    pass(house, 61000);
    assert_int_equal(in->hung_up, 0);
    assert_null(strstr(told, "app:knocking:cancel"));
    assert_string_equal(told_text(), "inbound started, inbound ringing, inbound answered");
    assert_ptr_equal(member_user(member), asked.user);
    over(house, in, 200, true);
    assert_int_equal(conversation_members(room), 0);
    mem_unref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_comes, set_up_watched, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_comes_for_an_app, set_up_watched, tear_down),
        cmocka_unit_test_setup_teardown(test_a_thousand_knock_and_no_more, set_up_watched,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_who_was_let_in_knocks_no_more, set_up_watched,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
