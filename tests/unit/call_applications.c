/* call_applications.c: applications and numbers of the API, and what goes with them. */
#include "call_paper.h"

#include "base/clock.h"

static const char *text_of(json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static json_t *application_data(const char *answer, const char *rtc)
{
    return json_pack("{s:{s:s},s:{s:{s:{s:{s:s}},s:i},s:{s:{s:{s:s}}}}}", "keys", "public_key",
                     "PEM", "capabilities", "voice", "webhooks", "answer_url", "address", answer,
                     "leg_persistence_time", 3, "rtc", "webhooks", "event_url", "address", rtc);
}

static void test_applications_of_the_api(void **state)
{
    struct house *house = *state;
    json_t *data = application_data("http://a.example/", "http://r.example/"), *row;
    struct application *made, *again;
    char id[64];

    assert_int_equal(application_put(house->bridge, NULL, "shop", data, &made), 0);
    snprintf(id, sizeof id, "%s", application_id(made));
    assert_string_equal(application_conf(made)->voice.answer_url, "http://a.example/");
    assert_int_equal(application_conf(made)->leg_persistence, 3);
    assert_int_equal(application_put(house->bridge, APP, "x", data, &again), EPERM);
    assert_int_equal(application_drop(demo(house)), EPERM);
    assert_int_equal(number_put(house->bridge, "15550109999", "US", made, NULL), 0);
    assert_ptr_equal(application_of_number(house->bridge, "15550109999"), made);
    assert_true(application_owns(made, "15550109999"));
    assert_string_equal(application_number(made), "15550109999");
    restart(house);
    made = application_find(house->bridge, id);
    assert_non_null(made);
    assert_ptr_equal(application_of_number(house->bridge, "15550109999"), made);
    row = application_row(made);
    assert_string_equal(text_of(row, "name"), "shop");
    json_decref(row);
    assert_int_equal(application_drop(made), 0);
    assert_null(application_find(house->bridge, id));
    assert_null(application_of_number(house->bridge, "15550109999"));
    restart(house);
    assert_null(application_find(house->bridge, id));
    json_decref(data);
}

static void test_an_application_goes_with_its_calls(void **state)
{
    struct house *house = *state;
    json_t *data = application_data("http://a.example/", "");
    struct application *made;
    struct user_facts facts = {0};
    struct user *user;
    struct dialog *in;

    assert_int_equal(application_put(house->bridge, NULL, "shop", data, &made), 0);
    assert_int_equal(number_put(house->bridge, "15550100002", NULL, made, NULL), 0);
    assert_int_equal(user_make(made, &facts, &user), 0);
    in = ring_in(house, "[" JOIN("room") "]");
    assert_int_equal(application_drop(made), 0);
    settle(house);
    assert_true(in->hung_up);
    over(house, in, 200, false);
    mem_unref(in);
    json_decref(data);
}

/* An application of the API that has an rtc event_url only. */
static void test_who_knocks_goes_with_the_application(void **state)
{
    struct house *house = *state;
    json_t *data = application_data("", "http://r.example/");
    struct dialog *in = mem_alloc(sizeof *in, NULL);
    struct application *made;
    struct knock *knock;
    json_t *channel = json_pack("{s:s}", "type", "app");

    assert_int_equal(application_put(house->bridge, NULL, "door", data, &made), 0);
    assert_int_equal(number_put(house->bridge, "15550100002", NULL, made, NULL), 0);
    in->invite = (struct dialog_invite){.from_user = "1",
                                        .from_host = "h",
                                        .from_display = "",
                                        .to_user = "15550100002",
                                        .to_host = "h",
                                        .call_id = "a",
                                        .sdp = SDP};
    call_incoming(house->calls, in);
    assert_int_equal(knock_make(house->calls, made, NULL, channel, &knock), 0);
    settle(house);
    assert_int_equal(in->rung, 180);
    assert_int_equal(application_drop(made), 0);
    assert_int_equal(in->hung_up, 480);
    over(house, in, 480, false);
    mem_unref(in);
    json_decref(channel);
    json_decref(data);
}

static void test_conversations_become_inactive(void **state)
{
    struct house *house = *state;
    json_t *data = json_pack("{s:{s:{s:i}}}", "capabilities", "voice", "conversations_ttl", 2);
    struct store_conversation row = {.name = "old",
                                     .id = "CON-01a1fe22-0000-7000-8000-000000000001",
                                     .state = "ACTIVE",
                                     .properties = "{}"};
    struct conversation_facts facts = {0};
    struct conversation *young, *old;
    struct application *made;
    char id[64], young_id[64];

    assert_int_equal(application_put(house->bridge, NULL, "shop", data, &made), 0);
    snprintf(id, sizeof id, "%s", application_id(made));
    assert_int_equal(conversation_make(house->bridge, made, &facts, &young), 0);
    snprintf(young_id, sizeof young_id, "%s", conversation_id(young));
    row.application = id;
    row.created = row.updated = clock_wall_ms() - 3 * 3600000;
    assert_int_equal(store_conversation_put(house->store, &row), 0);
    restart(house);
    settle(house);
    made = application_find(house->bridge, id);
    old = conversation_find(house->bridge, made, row.id);
    young = conversation_find(house->bridge, made, young_id);
    assert_false(conversation_active(old));
    assert_true(conversation_active(young));
    assert_int_equal(application_drop(made), 0);
    json_decref(data);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_applications_of_the_api),
        ON_DISK(test_conversations_become_inactive),
        CASE(test_an_application_goes_with_its_calls),
        CASE(test_who_knocks_goes_with_the_application),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
