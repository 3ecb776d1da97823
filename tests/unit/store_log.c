/* store_log.c: the log of an application's events, read while events of two applications are
 * put; and replies that are kept. */
#include "store_kit.h"

enum { EVENTS = 5000, LIMIT = 50 };

/* What a reader of one application's log has seen. */
struct reader {
    struct kit *kit;
    const char *application;
    int64_t cursor, seen; /* seq; events, numbered from 1 in each application */
    bool waiting, caught_up;
};

static void read_on(int err, json_t *rows, int64_t count, void *arg)
{
    struct reader *reader = arg;
    const json_t *row;
    size_t i;

    assert_int_equal(err, 0);
    json_array_foreach (rows, i, row) {
        int64_t seq = json_integer_value(json_object_get(row, "seq"));

        assert_true(seq > reader->cursor);
        reader->cursor = seq;
        reader->seen++;
        assert_int_equal(json_integer_value(json_object_get(row, "timestamp")), reader->seen);
    }
    reader->caught_up = i < LIMIT;
    if (reader->caught_up) {
        assert_true(count >= reader->cursor);
        reader->cursor = count;
    }
    reader->waiting = false;
    json_decref(rows);
}

static void ask_on(struct reader *reader)
{
    struct store_log_query query = {
        .application = reader->application, .after = reader->cursor, .limit = LIMIT};

    if (reader->waiting)
        return;
    reader->waiting = true;
    assert_int_equal(store_ask_log(reader->kit->store, &query, read_on, reader), 0);
}

/* The n-th event of an application. */
static void put_event(struct kit *kit, const char *application, int64_t n)
{
    char conversation[16];
    struct store_event row = {.application = application,
                              .conversation = conversation,
                              .id = n / 10 + 1,
                              .type = "text",
                              .body = "{}",
                              .timestamp = n};

    sprintf(conversation, "%s-%d", application, (int)(n % 10));
    assert_int_equal(store_event_put(kit->store, &row), 0);
}

static void nothing_is_skipped_or_told_twice(void **state)
{
    struct kit *kit = *state;
    struct reader readers[] = {{.kit = kit, .application = "one"},
                               {.kit = kit, .application = "two"}};
    int64_t put[2] = {0, 0};
    int64_t until = clock_mono_ms() + 60000;

    kit_open(kit);
    for (unsigned turn = 1; put[0] < EVENTS || put[1] < EVENTS; turn++) {
        for (unsigned i = turn * 7919 % 37; i > 0; i--) {
            int which = (int)(turn * i / 3 % 2);

            if (put[which] < EVENTS)
                put_event(kit, readers[which].application, ++put[which]);
        }
        ask_on(&readers[0]);
        ask_on(&readers[1]);
        loop_wait(kit->control, turn % 3 == 0);
    }
    for (int i = 0; i < 2; i++) {
        while (readers[i].seen < EVENTS && clock_mono_ms() < until) {
            ask_on(&readers[i]);
            loop_wait(kit->control, 100);
        }
        while (readers[i].waiting) /* a question from before the last put says nothing */
            loop_wait(kit->control, 100);
        readers[i].caught_up = false;
        while (readers[i].waiting || (!readers[i].caught_up && clock_mono_ms() < until)) {
            ask_on(&readers[i]);
            loop_wait(kit->control, 100);
        }
        assert_int_equal(readers[i].seen, EVENTS);
    }
    assert_int_equal(readers[0].cursor, readers[1].cursor); /* the end of the log is one */
}

static int64_t ask(struct kit *kit, const char *application, int64_t after, int64_t limit,
                   size_t rows)
{
    struct store_log_query query = {.application = application, .after = after, .limit = limit};
    struct kit_answer answer = {0};

    assert_int_equal(store_ask_log(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(json_array_size(answer.rows), rows);
    json_decref(answer.rows);
    return answer.count;
}

static void no_number_comes_again(void **state)
{
    struct kit *kit = *state;
    struct store_prune_query all = {.before = 1000};
    struct kit_answer answer = {0};
    int64_t last;

    kit_open(kit);
    assert_int_equal(ask(kit, "one", 0, 10, 0), 0);
    for (int64_t n = 1; n <= 20; n++)
        put_event(kit, n % 2 ? "one" : "two", n);
    last = ask(kit, "one", 0, 0, 0);
    assert_int_equal(ask(kit, "one", 0, 100, 10), last);
    assert_int_equal(ask(kit, "one", last, 100, 0), last);
    assert_int_equal(ask(kit, "none", 0, 100, 0), last);
    /* put again: it stays where it was */
    put_event(kit, "two", 20);
    ask(kit, "two", last, 100, 0);

    assert_int_equal(store_prune(kit->store, &all, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.count, 20);
    json_decref(answer.rows);
    last = ask(kit, "one", 0, 10, 0);
    assert_true(last >= 20);
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(ask(kit, "one", 0, 0, 0), last);
    put_event(kit, "one", 21);
    assert_int_equal(ask(kit, "one", last, 10, 1), last + 1);
}

/* Replies. */

static json_t *reply_of(struct kit *kit, const char *application, const char *key)
{
    struct store_reply_query query = {application, key};
    struct kit_answer answer = {0};
    json_t *row;

    assert_int_equal(store_ask_reply(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_true(json_array_size(answer.rows) <= 1);
    row = json_incref(json_array_get(answer.rows, 0));
    json_decref(answer.rows);
    return row;
}

static void a_reply_is_kept_by_application_and_key(void **state)
{
    struct kit *kit = *state;
    struct store_reply row = {.application = "one",
                              .key = "k",
                              .fingerprint = "f",
                              .status = 201,
                              .body = "{\"id\":\"CON-1\"}",
                              .created = 5};
    json_t *reply;

    kit_open(kit);
    assert_int_equal(store_reply_put(kit->store, &row), 0);
    row.application = "two";
    row.status = 204;
    row.body = NULL;
    assert_int_equal(store_reply_put(kit->store, &row), 0);
    kit_close(kit);
    kit_open(kit);
    reply = reply_of(kit, "one", "k");
    assert_string_equal(json_string_value(json_object_get(reply, "fingerprint")), "f");
    assert_string_equal(json_string_value(json_object_get(reply, "body")), "{\"id\":\"CON-1\"}");
    assert_int_equal(json_integer_value(json_object_get(reply, "status")), 201);
    assert_int_equal(json_integer_value(json_object_get(reply, "created")), 5);
    json_decref(reply);
    reply = reply_of(kit, "two", "k");
    assert_int_equal(json_integer_value(json_object_get(reply, "status")), 204);
    assert_null(json_object_get(reply, "body"));
    json_decref(reply);
    assert_null(reply_of(kit, "one", "l"));
    assert_null(reply_of(kit, "three", "k"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_skipped_or_told_twice),
        TEST(no_number_comes_again),
        TEST(a_reply_is_kept_by_application_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
