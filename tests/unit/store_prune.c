/* store_prune.c: what is dropped by its id with all that belongs to it, and what goes when it
 * has outlived its use. */
#include "store_kit.h"

static void put_conversation(struct kit *kit, const char *id, const char *application)
{
    struct store_conversation row = {.id = id, .application = application, .state = "ACTIVE"};

    assert_int_equal(store_conversation_put(kit->store, &row), 0);
}

static void put_user(struct kit *kit, const char *id, const char *application, bool system,
                     int64_t created)
{
    struct store_user row = {
        .id = id, .application = application, .name = id, .system = system, .created = created};

    assert_int_equal(store_user_put(kit->store, &row), 0);
}

static void put_member(struct kit *kit, const char *id, const char *conversation, const char *user)
{
    struct store_member row = {
        .id = id, .conversation = conversation, .application = "one", .user = user};

    assert_int_equal(store_member_put(kit->store, &row), 0);
}

static void put_number(struct kit *kit, const char *msisdn, const char *application)
{
    struct store_number row = {.msisdn = msisdn, .country = "GB", .application = application};

    assert_int_equal(store_number_put(kit->store, &row), 0);
}

static void put_event(struct kit *kit, const char *application, const char *conversation,
                      int64_t id, int64_t timestamp)
{
    struct store_event row = {.application = application,
                              .conversation = conversation,
                              .id = id,
                              .type = "text",
                              .body = "{}",
                              .timestamp = timestamp};

    assert_int_equal(store_event_put(kit->store, &row), 0);
}

static void put_leg(struct kit *kit, const char *id, const char *application, int64_t created,
                    int64_t end)
{
    struct store_leg row = {
        .id = id, .application = application, .created = created, .end = end, .live = !end};

    assert_int_equal(store_leg_put(kit->store, &row), 0);
}

/* All that is there, as text: "app:… number:…=… conversation:… " */
static char there[1024];

static void note_application(const struct store_application *row, void *arg)
{
    (void)arg;
    sprintf(there + strlen(there), "app:%s ", row->id);
}

static void note_number(const struct store_number *row, void *arg)
{
    (void)arg;
    sprintf(there + strlen(there), "%s=%s ", row->msisdn,
            row->application ? row->application : "-");
}

static void note_conversation(const struct store_conversation *row, void *arg)
{
    (void)arg;
    sprintf(there + strlen(there), "%s ", row->id);
}

static void note_user(const struct store_user *row, void *arg)
{
    (void)arg;
    sprintf(there + strlen(there), "%s ", row->id);
}

static void note_member(const struct store_member *row, void *arg)
{
    (void)arg;
    sprintf(there + strlen(there), "%s ", row->id);
}

static const char *what_is_there(struct kit *kit)
{
    there[0] = '\0';
    assert_int_equal(store_each_application(kit->store, note_application, NULL), 0);
    assert_int_equal(store_each_number(kit->store, note_number, NULL), 0);
    assert_int_equal(store_each_conversation(kit->store, note_conversation, NULL), 0);
    assert_int_equal(store_each_user(kit->store, note_user, NULL), 0);
    assert_int_equal(store_each_member(kit->store, note_member, NULL), 0);
    return there;
}

static size_t events_left(struct kit *kit, const char *conversation)
{
    struct store_events_query query = {.conversation = conversation};
    struct kit_answer answer = {0};
    size_t size;

    assert_int_equal(store_ask_events(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    size = json_array_size(answer.rows);
    assert_int_equal(answer.count, size);
    json_decref(answer.rows);
    return size;
}

static void an_application_goes_with_its_people(void **state)
{
    struct kit *kit = *state;
    struct store_application one = {.id = "one", .name = "first", .data = "{}"}, two = one;

    kit_open(kit);
    two.id = "two";
    assert_int_equal(store_application_put(kit->store, &one), 0);
    assert_int_equal(store_application_put(kit->store, &two), 0);
    put_number(kit, "1555", "one");
    put_number(kit, "1666", "two");
    put_number(kit, "1777", NULL);
    put_conversation(kit, "CON-1", "one");
    put_conversation(kit, "CON-2", "two");
    put_user(kit, "USR-1", "one", false, 1);
    put_user(kit, "USR-2", "one", true, 2);
    put_user(kit, "USR-3", "two", false, 3);
    put_member(kit, "MEM-1", "CON-1", "USR-1");
    put_member(kit, "MEM-2", "CON-1", "USR-2");
    put_member(kit, "MEM-3", "CON-2", "USR-3");
    put_event(kit, "one", "CON-1", 1, 10);
    assert_string_equal(what_is_there(kit),
                        "app:one app:two 1555=one 1666=two 1777=- CON-1 CON-2 USR-1 USR-2 USR-3 "
                        "MEM-1 MEM-2 MEM-3 ");
    assert_int_equal(store_application_drop(kit->store, "one"), 0);
    assert_int_equal(store_application_drop(kit->store, "none"), 0);
    assert_string_equal(what_is_there(kit), "app:two 1555=- 1666=two 1777=- CON-2 USR-3 MEM-3 ");
    assert_int_equal(events_left(kit, "CON-1"), 1);
    kit_close(kit);
    kit_open(kit);
    assert_string_equal(what_is_there(kit), "app:two 1555=- 1666=two 1777=- CON-2 USR-3 MEM-3 ");
}

static void note_data(const struct store_application *row, void *arg)
{
    sprintf(arg, "%s %s %s %lld %lld", row->id, row->name, row->data, (long long)row->created,
            (long long)row->updated);
}

static void rows_go_by_their_id(void **state)
{
    struct kit *kit = *state;
    struct store_application row = {.id = "one", .name = "a", .data = "{}", .created = 1};
    char text[64] = "";

    kit_open(kit);
    assert_int_equal(store_application_put(kit->store, &row), 0);
    row = (struct store_application){"one", "b", "{\"x\":1}", 2, 2};
    assert_int_equal(store_application_put(kit->store, &row), 0);
    assert_int_equal(store_each_application(kit->store, note_data, text), 0);
    assert_string_equal(text, "one b {\"x\":1} 1 2");
    put_number(kit, "1555", "one");
    put_number(kit, "1555", NULL);
    put_number(kit, "1666", "one");
    put_conversation(kit, "CON-1", "one");
    put_conversation(kit, "CON-2", "one");
    put_user(kit, "USR-1", "one", false, 1);
    put_user(kit, "USR-2", "one", false, 2);
    put_member(kit, "MEM-1", "CON-1", "USR-1");
    put_member(kit, "MEM-2", "CON-2", "USR-1");
    assert_int_equal(store_number_drop(kit->store, "1666"), 0);
    assert_int_equal(store_conversation_drop(kit->store, "CON-1"), 0);
    assert_int_equal(store_user_drop(kit->store, "USR-1"), 0);
    assert_string_equal(what_is_there(kit), "app:one 1555=- CON-2 USR-2 MEM-2 ");
}

static int64_t prune(struct kit *kit, const char *application, int64_t before)
{
    struct store_prune_query query = {application, before};
    struct kit_answer answer = {0};

    assert_int_equal(store_prune(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(json_array_size(answer.rows), 0);
    json_decref(answer.rows);
    return answer.count;
}

static const char *legs_left(struct kit *kit)
{
    static char text[64];
    struct store_legs_query query = {0};
    struct kit_answer answer = {0};
    const json_t *row;
    size_t i;

    assert_int_equal(store_ask_legs(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    text[0] = '\0';
    json_array_foreach (answer.rows, i, row)
        strcat(strcat(text, json_string_value(json_object_get(row, "id"))), " ");
    json_decref(answer.rows);
    return text;
}

static void only_legs_that_ended_before_go(void **state)
{
    struct kit *kit = *state;

    kit_open(kit);
    put_leg(kit, "a", "one", 10, 20);
    put_leg(kit, "b", "two", 10, 20);
    put_leg(kit, "c", "one", 10, 0);  /* still up */
    put_leg(kit, "d", "one", 10, 60); /* ended later */
    put_leg(kit, "e", "one", 90, 95);
    assert_int_equal(prune(kit, "none", 50), 0);
    assert_int_equal(prune(kit, "one", 50), 1);
    assert_string_equal(legs_left(kit), "b c d e ");
    assert_int_equal(prune(kit, NULL, 50), 1);
    assert_string_equal(legs_left(kit), "c d e ");
    assert_int_equal(prune(kit, NULL, 60), 0); /* earlier than that */
    assert_int_equal(prune(kit, NULL, 61), 1);
    assert_string_equal(legs_left(kit), "c e ");
}

static void only_events_of_conversations_that_are_gone_go(void **state)
{
    struct kit *kit = *state;

    kit_open(kit);
    put_conversation(kit, "CON-1", "one");
    put_conversation(kit, "CON-2", "one");
    put_conversation(kit, "CON-3", "two");
    for (int64_t id = 1; id <= 4; id++) {
        put_event(kit, "one", "CON-1", id, 10 * id);
        put_event(kit, "one", "CON-2", id, 10 * id);
        put_event(kit, "two", "CON-3", id, 10 * id);
    }
    assert_int_equal(prune(kit, NULL, 1000), 0);
    assert_int_equal(store_conversation_drop(kit->store, "CON-2"), 0);
    assert_int_equal(store_conversation_drop(kit->store, "CON-3"), 0);
    assert_int_equal(prune(kit, "two", 30), 2);
    assert_int_equal(events_left(kit, "CON-3"), 2);
    assert_int_equal(prune(kit, NULL, 40), 4);
    assert_int_equal(events_left(kit, "CON-1"), 4);
    assert_int_equal(events_left(kit, "CON-2"), 1);
    assert_int_equal(events_left(kit, "CON-3"), 1);
}

/* Rows that stay lie before, between and behind those that go; some thousand have one time. */
static void put_many(struct kit *kit)
{
    put_conversation(kit, "CON-stays", "one");
    for (int64_t id = 1; id <= 9000; id++) {
        bool stays = id <= 2500 || (id > 5000 && id <= 6000) || id > 8500;

        put_event(kit, "one", stays ? "CON-stays" : "CON-gone", id,
                  id > 3000 && id <= 5000 ? 3001 : id);
    }
}

static void a_slice_is_bounded_and_none_is_forgotten(void **state)
{
    struct kit *kit = *state;
    int64_t went = 0, count;

    kit_open(kit);
    put_many(kit);
    while ((count = prune(kit, NULL, 8001)) > 0) {
        assert_true(count <= 1000);
        went += count;
    }
    assert_int_equal(went, 2500 + 2000);
    assert_int_equal(events_left(kit, "CON-stays"), 4000);
    assert_int_equal(events_left(kit, "CON-gone"), 500);
}

static void what_nobody_counts_goes_by_itself(void **state)
{
    struct kit *kit = *state;
    struct store_prune_query query = {.before = 8001};
    int64_t until = clock_mono_ms() + 20000;

    kit_open(kit);
    put_many(kit);
    assert_int_equal(store_prune(kit->store, &query, NULL, NULL), 0);
    while (events_left(kit, "CON-gone") > 500 && clock_mono_ms() < until)
        usleep(1000);
    assert_int_equal(events_left(kit, "CON-gone"), 500);
    assert_int_equal(events_left(kit, "CON-stays"), 4000);
}

static int64_t prune_rest(struct kit *kit, int64_t before)
{
    struct kit_answer answer = {0};

    assert_int_equal(store_prune_rest(kit->store, before, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    json_decref(answer.rows);
    return answer.count;
}

static void replies_and_users_of_calls_go(void **state)
{
    struct kit *kit = *state;
    struct store_reply reply = {.application = "one", .status = 201, .body = "{}"};

    kit_open(kit);
    for (int i = 0; i < 5; i++) {
        char key[8];

        sprintf(key, "k%d", i);
        reply.key = key;
        reply.created = 10 * i;
        assert_int_equal(store_reply_put(kit->store, &reply), 0);
    }
    put_conversation(kit, "CON-1", "one");
    put_user(kit, "USR-1", "one", false, 1);
    put_user(kit, "USR-2", "one", true, 2);
    put_user(kit, "USR-3", "one", true, 3);
    put_user(kit, "USR-4", "one", true, 90); /* its member may come yet */
    put_member(kit, "MEM-2", "CON-1", "USR-2");
    assert_int_equal(prune_rest(kit, 30), 3 + 1);
    assert_int_equal(prune_rest(kit, 30), 0);
    assert_string_equal(what_is_there(kit), "CON-1 USR-1 USR-2 USR-4 MEM-2 ");
    assert_int_equal(store_conversation_drop(kit->store, "CON-1"), 0);
    assert_int_equal(prune_rest(kit, 100), 2 + 2);
    assert_string_equal(what_is_there(kit), "USR-1 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_application_goes_with_its_people),
        TEST(rows_go_by_their_id),
        TEST(only_legs_that_ended_before_go),
        TEST(only_events_of_conversations_that_are_gone_go),
        TEST(a_slice_is_bounded_and_none_is_forgotten),
        TEST(what_nobody_counts_goes_by_itself),
        TEST(replies_and_users_of_calls_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
