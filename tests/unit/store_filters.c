/* store_filters.c: each question with each of its filters, and what its rows look like. */
#include "store_kit.h"

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"

/* The ids of an answer, one after the other: "a b c", for numbers "1 2". */
static const char *ids_of(const struct kit_answer *answer)
{
    static char text[512];
    const json_t *row;
    size_t i;

    text[0] = '\0';
    json_array_foreach (answer->rows, i, row) {
        const json_t *id = json_object_get(row, "id");

        if (json_is_string(id))
            sprintf(text + strlen(text), "%s%s", i ? " " : "", json_string_value(id));
        else
            sprintf(text + strlen(text), "%s%lld", i ? " " : "", (long long)json_integer_value(id));
    }
    return text;
}

static const char *text_at(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static int64_t number_at(const json_t *row, const char *name)
{
    assert_true(json_is_integer(json_object_get(row, name)));
    return json_integer_value(json_object_get(row, name));
}

/* Asks, compares the ids with what is expected, and keeps the rows in `answer`. */
#define ASK(kit, noun, expected, ...)                                                   \
    do {                                                                                \
        struct store_##noun##_query query = {__VA_ARGS__};                              \
        json_decref(answer.rows);                                                       \
        answer = (struct kit_answer){0};                                                \
        assert_int_equal(store_ask_##noun((kit)->store, &query, kit_take, &answer), 0); \
        kit_wait(kit, &answer.came);                                                    \
        assert_int_equal(answer.err, 0);                                                \
        assert_string_equal(ids_of(&answer), expected);                                 \
    } while (0)

static void put_legs(struct kit *kit)
{
    for (int i = 0; i < 8; i++) {
        char id[2] = {(char)('a' + i), '\0'};
        struct store_leg leg = {.id = id,
                                .application = i < 7 ? APP : "other",
                                .conversation = i < 3 ? "CON-1" : "CON-2",
                                .type = "phone",
                                .direction = "inbound",
                                .status = i % 2 ? "completed" : "answered",
                                .from = "{\"type\":\"phone\",\"number\":\"15550100001\"}",
                                .created = 100 + i / 2,
                                .duration = -1,
                                .live = true};

        assert_int_equal(store_leg_put(kit->store, &leg), 0);
    }
}

static void legs_are_found(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    const json_t *row;

    kit_open(kit);
    put_legs(kit);
    ASK(kit, legs, "a b c d e f g", .application = APP);
    ASK(kit, legs, "g f e", .application = APP, .page = {.descending = true, .limit = 3});
    assert_int_equal(answer.count, 7);
    ASK(kit, legs, "f g", .application = APP, .page = {.offset = 5, .limit = 3});
    assert_int_equal(answer.count, 7);
    ASK(kit, legs, "", .application = APP, .page = {.offset = 50});
    assert_int_equal(answer.count, 7);
    ASK(kit, legs, "b d f", .application = APP, .status = "completed");
    ASK(kit, legs, "a b c", .application = APP, .conversation = "CON-1");
    ASK(kit, legs, "b", .application = APP, .conversation = "CON-1", .status = "completed");
    ASK(kit, legs, "c d e f", .application = APP, .created_from = 101, .created_to = 102);
    ASK(kit, legs, "", .application = "other", .id = "a");
    ASK(kit, legs, "a b c d e f g h", .page = {.limit = 0});
    ASK(kit, legs, "c", .application = APP, .id = "c");
    row = json_array_get(answer.rows, 0);
    assert_string_equal(text_at(json_object_get(row, "from"), "number"), "15550100001");
    assert_null(json_object_get(row, "to"));
    assert_null(json_object_get(row, "rate"));
    assert_true(json_is_true(json_object_get(row, "live")));
    assert_int_equal(number_at(row, "duration"), -1);
    json_decref(answer.rows);
}

static void conversations_are_found(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    const json_t *row;

    kit_open(kit);
    for (int i = 0; i < 6; i++) {
        char id[2] = {(char)('a' + i), '\0'}, name[8];
        struct store_conversation row_put = {.id = id,
                                             .application = i < 5 ? APP : "other",
                                             .name = i < 4 ? name : NULL,
                                             .state = i == 2 ? "INACTIVE" : "ACTIVE",
                                             .properties = "{\"ttl\":60}",
                                             .data = i == 1 ? "{\"callback\":{}}" : NULL,
                                             .transient = i == 3,
                                             .created = 100 + i,
                                             .sequence = 7};

        sprintf(name, "NAM-%d", i / 2);
        assert_int_equal(store_conversation_put(kit->store, &row_put), 0);
    }
    ASK(kit, conversations, "a b c d e", .application = APP);
    ASK(kit, conversations, "a b", .application = APP, .name = "NAM-0");
    ASK(kit, conversations, "", .application = "other", .name = "NAM-0");
    ASK(kit, conversations, "c", .application = APP, .state = "INACTIVE");
    ASK(kit, conversations, "a b d e", .application = APP, .state = "ACTIVE");
    ASK(kit, conversations, "d e", .application = APP, .created_from = 103);
    ASK(kit, conversations, "a b", .application = APP, .created_to = 101);
    ASK(kit, conversations, "", .application = APP, .id = "f");
    ASK(kit, conversations, "d", .application = APP, .id = "d");
    row = json_array_get(answer.rows, 0);
    assert_true(json_is_true(json_object_get(row, "transient")));
    assert_null(json_object_get(row, "data"));
    ASK(kit, conversations, "b", .application = APP, .id = "b");
    row = json_array_get(answer.rows, 0);
    assert_int_equal(number_at(json_object_get(row, "properties"), "ttl"), 60);
    assert_non_null(json_object_get(json_object_get(row, "data"), "callback"));
    assert_int_equal(number_at(row, "sequence"), 7);
    assert_string_equal(text_at(row, "application"), APP);
    json_decref(answer.rows);
}

static void put_users(struct kit *kit)
{
    for (int i = 0; i < 5; i++) {
        char id[2] = {(char)('a' + i), '\0'}, name[8];
        struct store_user row = {.id = id,
                                 .application = i < 4 ? APP : "other",
                                 .name = name,
                                 .data = "{\"properties\":{\"x\":1}}",
                                 .system = i == 1,
                                 .created = 100 + i};

        sprintf(name, "name%d", i / 2);
        assert_int_equal(store_user_put(kit->store, &row), 0);
    }
}

static void users_are_found_but_not_the_systems(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    struct store_user again = {.id = "c", .application = "other", .name = "new", .created = 9};

    kit_open(kit);
    put_users(kit);
    ASK(kit, users, "a c d", .application = APP);
    ASK(kit, users, "a", .application = APP, .name = "name0");
    ASK(kit, users, "c d", .application = APP, .name = "name1");
    ASK(kit, users, "c d", .application = APP, .created_from = 101);
    ASK(kit, users, "a", .application = APP, .created_to = 101);
    ASK(kit, users, "", .application = APP, .id = "e");
    ASK(kit, users, "b", .application = APP, .id = "b");
    assert_true(json_is_true(json_object_get(json_array_get(answer.rows, 0), "system")));
    /* whose it is and when it was made stay */
    assert_int_equal(store_user_put(kit->store, &again), 0);
    ASK(kit, users, "c", .application = APP, .id = "c", .name = "new");
    assert_int_equal(number_at(json_array_get(answer.rows, 0), "created"), 102);
    json_decref(answer.rows);
}

static void put_members(struct kit *kit)
{
    struct store_conversation conversation = {
        .id = "CON-1", .application = APP, .name = "NAM-1", .state = "ACTIVE"};

    put_users(kit);
    assert_int_equal(store_conversation_put(kit->store, &conversation), 0);
    for (int i = 0; i < 6; i++) {
        char id[2] = {(char)('k' + i), '\0'};
        struct store_member row = {.id = id,
                                   .conversation = i < 4 ? "CON-1" : "CON-2",
                                   .application = i < 5 ? APP : "other",
                                   .user = i == 3  ? "gone"
                                           : i % 2 ? "b"
                                                   : "a",
                                   .state = i % 2 ? "LEFT" : "JOINED",
                                   .data = "{\"channel\":{\"type\":\"app\"}}",
                                   .created = 100 + i};

        assert_int_equal(store_member_put(kit->store, &row), 0);
    }
}

static void members_are_found_with_users_and_conversations(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    const json_t *row;

    kit_open(kit);
    put_members(kit);
    ASK(kit, members, "k l m n", .application = APP, .conversation = "CON-1");
    row = json_array_get(answer.rows, 0);
    assert_string_equal(text_at(row, "user"), "a");
    assert_string_equal(text_at(json_object_get(row, "user_row"), "name"), "name0");
    assert_string_equal(text_at(json_object_get(json_object_get(row, "data"), "channel"), "type"),
                        "app");
    assert_null(json_object_get(row, "conversation_row"));
    assert_null(json_object_get(json_array_get(answer.rows, 3), "user_row"));
    ASK(kit, members, "k m", .application = APP, .conversation = "CON-1", .state = "JOINED");
    ASK(kit, members, "l", .application = APP, .conversation = "CON-1", .user = "b");
    ASK(kit, members, "m n", .application = APP, .conversation = "CON-1", .created_from = 102);
    ASK(kit, members, "k", .application = APP, .conversation = "CON-1", .created_to = 100);
    ASK(kit, members, "", .application = "other", .conversation = "CON-1");
    ASK(kit, members, "m", .application = APP, .conversation = "CON-1", .id = "m");
    ASK(kit, members, "", .application = APP, .conversation = "CON-1", .id = "o");
    ASK(kit, members, "k m o", .application = APP, .user = "a", .with_conversation = true);
    row = json_array_get(answer.rows, 0);
    assert_string_equal(text_at(json_object_get(row, "conversation_row"), "name"), "NAM-1");
    assert_string_equal(text_at(json_object_get(row, "user_row"), "id"), "a");
    assert_null(json_object_get(json_array_get(answer.rows, 2), "conversation_row"));
    assert_int_equal(store_user_drop(kit->store, "a"), 0); /* its members stay */
    ASK(kit, members, "k m", .application = APP, .conversation = "CON-1", .user = "a");
    assert_null(json_object_get(json_array_get(answer.rows, 0), "user_row"));
    json_decref(answer.rows);
}

static void put_events(struct kit *kit)
{
    put_members(kit);
    for (int64_t id = 1; id <= 20; id++) {
        struct store_event row = {.application = APP,
                                  .conversation = id <= 10 ? "CON-1" : "CON-2",
                                  .id = id <= 10 ? id : id - 10,
                                  .type = id % 2 ? "leg:status:update" : "member:joined",
                                  .from = id == 1   ? "k"
                                          : id == 2 ? "n"
                                                    : "",
                                  .body = "{\"text\":\"h\\u00e9\"}",
                                  .timestamp = 1000 + id};

        assert_int_equal(store_event_put(kit->store, &row), 0);
    }
}

static void events_are_found_by_range_and_type(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    const json_t *row;

    kit_open(kit);
    put_events(kit);
    ASK(kit, events, "1 2 3 4 5 6 7 8 9 10", .application = APP, .conversation = "CON-1");
    row = json_array_get(answer.rows, 0);
    assert_string_equal(text_at(json_object_get(row, "body"), "text"), "h\u00e9");
    assert_string_equal(text_at(row, "conversation"), "CON-1");
    assert_string_equal(text_at(row, "type"), "leg:status:update");
    assert_string_equal(text_at(json_object_get(row, "from_user"), "name"), "name0");
    assert_true(json_is_false(json_object_get(row, "deleted")));
    assert_int_equal(number_at(row, "timestamp"), 1001);
    assert_true(number_at(row, "seq") > 0);
    assert_null(json_object_get(row, "application"));
    assert_null(json_object_get(row, "to"));
    /* of a user who is gone, and of nobody */
    assert_null(json_object_get(json_array_get(answer.rows, 1), "from_user"));
    assert_null(json_object_get(json_array_get(answer.rows, 2), "from_user"));

    ASK(kit, events, "3 4 5 6 7 8 9 10", .application = APP, .conversation = "CON-1",
        .start_id = 3);
    ASK(kit, events, "1 2 3", .application = APP, .conversation = "CON-1", .end_id = 3);
    ASK(kit, events, "5 4 3", .application = APP, .conversation = "CON-1", .start_id = 3,
        .end_id = 5, .page = {.descending = true});
    ASK(kit, events, "2 4 6 8 10", .application = APP, .conversation = "CON-1",
        .type = "member:joined");
    ASK(kit, events, "3 4 5 6", .application = APP, .conversation = "CON-1",
        .page = {.limit = 4, .offset = 2});
    assert_int_equal(answer.count, 10);
    ASK(kit, events, "6 8", .application = APP, .conversation = "CON-1", .type = "member:joined",
        .end_id = 9, .page = {.limit = 2, .cursor = true, .key = "5"});
    assert_int_equal(answer.count, STORE_PREV);
    ASK(kit, events, "", .application = "other", .conversation = "CON-1");
    json_decref(answer.rows);
}

static void a_deleted_event_keeps_its_place(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    const json_t *row;
    int64_t seq;

    kit_open(kit);
    put_events(kit);
    ASK(kit, events, "2", .application = APP, .conversation = "CON-1", .start_id = 2, .end_id = 2);
    seq = number_at(json_array_get(answer.rows, 0), "seq");
    assert_int_equal(
        store_event_delete(kit->store, "CON-1", 2, "{\"timestamp\":{\"deleted\":\"now\"}}"), 0);
    assert_int_equal(store_event_delete(kit->store, "CON-1", 99, "{}"), 0);
    ASK(kit, events, "1 2 3", .application = APP, .conversation = "CON-1", .end_id = 3);
    row = json_array_get(answer.rows, 1);
    assert_true(json_is_true(json_object_get(row, "deleted")));
    assert_int_equal(number_at(row, "seq"), seq);
    assert_string_equal(text_at(row, "type"), "member:joined");
    assert_string_equal(text_at(row, "from"), "n");
    assert_int_equal(number_at(row, "timestamp"), 1002);
    assert_string_equal(
        text_at(json_object_get(json_object_get(row, "body"), "timestamp"), "deleted"), "now");
    assert_null(json_object_get(json_object_get(row, "body"), "text"));
    ASK(kit, events, "1 3", .application = APP, .conversation = "CON-1", .end_id = 3,
        .exclude_deleted = true);
    ASK(kit, events, "1 2 3", .application = APP, .conversation = "CON-2", .end_id = 3,
        .exclude_deleted = true);
    json_decref(answer.rows);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(legs_are_found),
        TEST(conversations_are_found),
        TEST(users_are_found_but_not_the_systems),
        TEST(members_are_found_with_users_and_conversations),
        TEST(events_are_found_by_range_and_type),
        TEST(a_deleted_event_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
