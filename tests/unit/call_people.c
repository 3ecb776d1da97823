/* call_people.c: users, conversations made by REST, members with and without a leg,
 * applications and numbers of the API. */
#include "call_paper.h"

#include "base/clock.h"
#include "rtc/rtc.h"

static const struct initiator application = {NULL, NULL};

static struct user *make_user(struct house *house, const char *name)
{
    struct user_facts facts = {.name = name ? json_string(name) : NULL};
    struct user *user = NULL;

    assert_int_equal(user_make(demo(house), &facts, &user), 0);
    json_decref(facts.name);
    return user;
}

static struct conversation *make(struct house *house, const char *name)
{
    struct conversation_facts facts = {.name = json_string(name)};
    struct conversation *conversation = NULL;

    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    json_decref(facts.name);
    return conversation;
}

static struct member *add(struct conversation *conversation, struct user *user, bool join)
{
    struct member_asked asked = {.user = user, .join = join};
    struct member *member = NULL;

    assert_int_equal(member_add(conversation, &asked, &member), 0);
    return member;
}

static const char *text_of(json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

/* The conversation that an NCCO named "room". */
static struct conversation *room_of(struct house *house)
{
    struct conversation *conversation = NULL;

    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &conversation),
                     0);
    return conversation;
}

/* Users. */

static void test_a_name_is_taken_once(void **state)
{
    struct house *house = *state;
    struct user *alice = make_user(house, "alice"), *bob = make_user(house, "bob"), *third;
    struct user_facts same = {.name = json_string("alice")};

    assert_int_equal(user_make(demo(house), &same, &third), EEXIST);
    assert_int_equal(user_update(bob, &same), EEXIST);
    assert_int_equal(user_update(alice, &same), 0);
    assert_ptr_equal(user_named(demo(house), "alice"), alice);
    json_decref(same.name);
    same.name = json_string("carol");
    assert_int_equal(user_update(alice, &same), 0);
    assert_null(user_named(demo(house), "alice"));
    assert_ptr_equal(user_find(demo(house), user_id(alice)), alice);
    json_decref(same.name);
    user_delete(alice);
    assert_null(user_named(demo(house), "carol"));
}

static void test_facts_are_set_and_cleared(void **state)
{
    struct house *house = *state;
    struct user *user = make_user(house, NULL);
    struct user_facts facts = {.display_name = json_string("A"),
                               .properties = json_pack("{s:{s:i}}", "custom_data", "a", 1)};
    json_t *row;

    assert_int_equal(strncmp(user_name(user), "NAM-", 4), 0);
    assert_int_equal(user_update(user, &facts), 0);
    row = user_row(user);
    assert_string_equal(text_of(row, "display_name"), "A");
    json_decref(row);
    json_decref(facts.display_name);
    facts.display_name = json_null();
    assert_int_equal(user_update(user, &facts), 0);
    row = user_row(user);
    assert_null(json_object_get(row, "display_name"));
    assert_non_null(json_object_get(json_object_get(row, "data"), "properties"));
    json_decref(row);
    json_decref(facts.properties);
}

/* Members without a leg. */

static void test_invited_joined_left(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house, "chat");
    struct member *member = add(conversation, make_user(house, "alice"), false);
    char id[64];

    snprintf(id, sizeof id, "%s", member_id(member));
    assert_ptr_equal(member_find(conversation, id), member);
    assert_int_equal(member_state_of(member), MEMBER_INVITED);
    assert_int_equal(member_join(member, &application), 0);
    assert_int_equal(member_join(member, &application), EALREADY);
    assert_int_equal(member_state_of(member), MEMBER_JOINED);
    member_mute(member, true, NULL); /* there is nothing to mute */
    member_leave(member, &application, "1", "enough");
    assert_null(member_find(conversation, id));
    assert_string_equal(events_text(house, conversation_id(conversation)),
                        "member:invited, member:joined, member:left");
    conversation_delete(conversation);
}

static void test_one_user_is_in_once(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house, "chat");
    struct user *alice = make_user(house, "alice");
    struct member_asked asked = {.user = alice, .join = true};
    struct member *member;

    add(conversation, alice, false);
    assert_int_equal(member_add(conversation, &asked, &member), EEXIST);
    member_leave(member_of_user(conversation, alice), &application, NULL, NULL);
    assert_int_equal(member_add(conversation, &asked, &member), 0);
    conversation_delete(conversation);
}

static void test_a_hundred_and_no_more(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house, "crowd");
    struct member_asked asked = {.join = true};
    struct member *member;

    for (int i = 0; i < 100; i++)
        add(conversation, make_user(house, NULL), true);
    asked.user = make_user(house, NULL);
    assert_int_equal(member_add(conversation, &asked, &member), EUSERS);
    assert_int_equal(conversation_members(conversation), 100);
    conversation_delete(conversation);
}

static void test_an_inactive_conversation_takes_nobody(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house, "closed");
    struct conversation_facts facts = {.state = json_string("INACTIVE")};
    struct member *invited = add(conversation, make_user(house, "a"), false), *member;
    struct member_asked asked = {.user = make_user(house, "b")};
    struct dialog *in;

    assert_int_equal(conversation_update(conversation, &facts), 0);
    assert_int_equal(member_add(conversation, &asked, &member), EPERM);
    assert_int_equal(member_join(invited, &application), EPERM);
    json_decref(facts.state);
    in = ring_in(house, "[" JOIN("closed") "]");
    assert_int_equal(conversation_legs(conversation), 0);
    assert_non_null(strstr(told_text(), "inactive"));
    assert_true(in->hung_up);
    over(house, in, 200, false);
    mem_unref(in);
    conversation_delete(conversation);
}

static void test_a_deleted_user_leaves(void **state)
{
    struct house *house = *state;
    struct conversation *one = make(house, "one"), *two = make(house, "two");
    struct user *alice = make_user(house, "alice");

    add(one, alice, true);
    add(two, alice, true);
    user_delete(alice);
    assert_int_equal(conversation_members(one), 0);
    assert_int_equal(conversation_members(two), 0);
    conversation_delete(one);
    conversation_delete(two);
}

/* Conversations. */

static void test_names_of_conversations(void **state)
{
    struct house *house = *state;
    struct conversation *one = make(house, "one"), *two = make(house, "two"), *other;
    struct conversation_facts facts = {.name = json_string("one")};

    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &other), EEXIST);
    assert_int_equal(conversation_update(two, &facts), EEXIST);
    conversation_delete(one);
    assert_int_equal(conversation_update(two, &facts), 0);
    assert_string_equal(conversation_name(two), "one");
    json_decref(facts.name);
    conversation_delete(two);
}

static void test_deletion_hangs_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *conversation = room_of(house);
    char id[64];

    snprintf(id, sizeof id, "%s", conversation_id(conversation));
    add(conversation, make_user(house, "alice"), true);
    conversation_delete(conversation);
    settle(house);
    assert_true(in->hung_up);
    assert_null(conversation_find(house->bridge, demo(house), id));
    over(house, in, 200, false);
    assert_non_null(strstr(events_text(house, id), "sip:hangup, member:left"));
    mem_unref(in);
}

static void test_a_call_takes_its_texters_along(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");
    struct conversation *conversation = conversation_of_first(house);
    char id[64];

    snprintf(id, sizeof id, "%s", conversation_id(conversation));
    add(conversation, make_user(house, "alice"), true);
    callee_answers(house, 0);
    over(house, paper.dialled[0], 200, true);
    assert_true(in->hung_up); /* the texter keeps no caller waiting */
    over(house, in, 200, true);
    assert_null(conversation_find(house->bridge, demo(house), id));
    mem_unref(in);
}

/* A leg without a flow, as POST /legs dials it. */
static void test_a_texter_that_leaves_hangs_up_nobody(void **state)
{
    struct house *house = *state;
    json_t *phone = json_pack("{s:s,s:s}", "type", "phone", "number", "15550100003");
    struct call_request request = {
        .application = demo(house), .endpoint = phone, .length_timer = 60, .ringing_timer = 60};
    const char *reason;
    struct call *call;
    struct member *texter;

    assert_int_equal(call_create(house->calls, &request, &call, &reason), 0);
    json_decref(phone);
    callee_answers(house, 0);
    texter = add(member_conversation(call_member(call)), make_user(house, "alice"), true);
    member_leave(texter, &application, NULL, NULL);
    settle(house);
    assert_false(paper.dialled[0]->hung_up);
    over(house, paper.dialled[0], 200, true);
}

static void test_one_with_a_leg_leaves_at_once(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *conversation = room_of(house);
    struct member *member = member_at(conversation, 0);
    json_t *rows, *last;

    member_leave(member, &application, "42", "enough");
    assert_int_equal(member_state_of(member), MEMBER_LEFT);
    member_leave(member, &application, "43", "twice");
    settle(house);
    assert_true(in->hung_up);
    over(house, in, 200, false);
    assert_int_equal(conversation_members(conversation), 0);
    rows = events_of(house, conversation_id(conversation));
    last = json_array_get(rows, json_array_size(rows) - 1);
    assert_string_equal(text_of(last, "type"), "member:left");
    assert_string_equal(text_of(json_object_get(json_object_get(last, "body"), "reason"), "code"),
                        "42");
    json_decref(rows);
    mem_unref(in);
    conversation_delete(conversation);
}

/* What survives. */

static void test_text_members_survive_and_legs_do_not(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *conversation = room_of(house);
    char room[64], text[64];

    snprintf(room, sizeof room, "%s", conversation_id(conversation));
    snprintf(text, sizeof text, "%s",
             member_id(add(conversation, make_user(house, "alice"), true)));
    restart_killed(house, &in, 1);
    mem_unref(in);
    conversation = conversation_find(house->bridge, demo(house), room);
    assert_non_null(conversation);
    assert_int_equal(conversation_members(conversation), 1);
    assert_non_null(user_named(demo(house), "alice"));
    assert_int_equal(member_state_of(member_find(conversation, text)), MEMBER_JOINED);
    settle(house);
    assert_non_null(strstr(events_text(house, room), "member:left"));
    conversation_delete(conversation);
}

/* What a client writes into its channel is no leg of ours. */
static void test_a_text_member_has_no_legs(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house, "chat");
    struct member_asked asked = {
        .user = make_user(house, "alice"),
        .join = true,
        .channel = json_pack("{s:s,s:[s]}", "type", "app", "leg_ids", "a"),
    };
    struct member *member;
    char chat[64];

    snprintf(chat, sizeof chat, "%s", conversation_id(conversation));
    assert_int_equal(member_add(conversation, &asked, &member), 0);
    json_decref(asked.channel);
    restart(house);
    conversation = conversation_find(house->bridge, demo(house), chat);
    assert_int_equal(conversation_members(conversation), 1);
    conversation_delete(conversation);
}

static void test_transient_rows_go_at_start(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");
    char id[64];

    snprintf(id, sizeof id, "%s", conversation_id(conversation_of_first(house)));
    restart_killed(house, (struct dialog *const[]){in, paper.dialled[0]}, 2);
    mem_unref(in);
    assert_null(conversation_find(house->bridge, demo(house), id));
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

/* Who watches. */

struct seen {
    unsigned stored, told, changed;
    char last[64];
};

static void on_event(const struct bridge_event *event, void *arg)
{
    struct seen *seen = arg;

    if (event->id)
        seen->stored++;
    else
        seen->told++;
    snprintf(seen->last, sizeof seen->last, "%s", event->type);
}

static void on_changed(const char *id, void *arg)
{
    (void)id;
    ((struct seen *)arg)->changed++;
}

static void test_watchers_see_everything(void **state)
{
    struct house *house = *state;
    struct seen seen = {0};
    struct bridge_watch watch = {.event = on_event, .changed = on_changed, .arg = &seen};
    struct conversation *conversation;
    unsigned changed;

    assert_int_equal(bridge_watch(house->bridge, &watch), 0);
    conversation = make(house, "chat");
    assert_string_equal(seen.last, "conversation:created");
    assert_int_equal(seen.stored, 0);
    changed = seen.changed;
    add(conversation, make_user(house, "a"), true);
    assert_string_equal(seen.last, "member:joined");
    assert_int_equal(seen.stored, 1);
    assert_true(seen.changed > changed);
    conversation_tell(conversation, "text:typing:on", NULL, NULL, NULL);
    assert_int_equal(seen.stored, 1);
    conversation_delete(conversation);
    assert_string_equal(seen.last, "conversation:deleted");
    bridge_unwatch(house->bridge, &seen);
    changed = seen.changed;
    conversation_delete(make(house, "other"));
    assert_int_equal(seen.changed, changed);
}

static void test_events_are_told_to_the_rtc_url(void **state)
{
    struct house *house = *state;
    struct conversation_facts facts = {
        .callback = json_pack("{s:s,s:s}", "url", "http://c.example/", "event_mask", "member:*")};
    struct conversation *conversation;
    struct rtc *rtc;
    json_t *first;

    house->application.rtc.event_url = "http://r.example/";
    assert_int_equal(rtc_start(&rtc, house->bridge, NULL), 0);
    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    first = json_array_get(paper.told, 0);
    assert_int_equal(json_array_size(paper.told), 1);
    assert_string_equal(text_of(first, "type"), "conversation:created");
    assert_null(json_object_get(first, "id"));
    add(conversation, make_user(house, "a"), true); /* to the url and to the callback */
    assert_int_equal(json_array_size(paper.told), 3);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(paper.told, 1), "id")), 1);
    assert_string_equal(paper.url, "http://c.example/");
    conversation_delete(conversation);
    rtc_stop(rtc);
    json_decref(facts.callback);
}

static void test_masks(void **state)
{
    (void)state;
    assert_true(rtc_mask_has(NULL, "text"));
    assert_true(rtc_mask_has("", "text"));
    assert_true(rtc_mask_has("member:*, text", "text"));
    assert_true(rtc_mask_has("member:* text", "member:joined"));
    assert_false(rtc_mask_has("member:*,text", "text:seen"));
    assert_false(rtc_mask_has("tex", "text"));
    assert_true(rtc_mask_has("*", "anything"));
    assert_false(rtc_mask_has(", ,", "text"));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_name_is_taken_once),
        CASE(test_facts_are_set_and_cleared),
        CASE(test_invited_joined_left),
        CASE(test_one_user_is_in_once),
        CASE(test_a_hundred_and_no_more),
        CASE(test_an_inactive_conversation_takes_nobody),
        CASE(test_a_deleted_user_leaves),
        CASE(test_names_of_conversations),
        CASE(test_deletion_hangs_up),
        CASE(test_a_call_takes_its_texters_along),
        CASE(test_a_texter_that_leaves_hangs_up_nobody),
        CASE(test_one_with_a_leg_leaves_at_once),
        ON_DISK(test_text_members_survive_and_legs_do_not),
        ON_DISK(test_a_text_member_has_no_legs),
        ON_DISK(test_transient_rows_go_at_start),
        ON_DISK(test_applications_of_the_api),
        ON_DISK(test_conversations_become_inactive),
        CASE(test_an_application_goes_with_its_calls),
        CASE(test_who_knocks_goes_with_the_application),
        CASE(test_watchers_see_everything),
        CASE(test_events_are_told_to_the_rtc_url),
        cmocka_unit_test(test_masks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
