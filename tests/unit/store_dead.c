/* store_dead.c: webhooks that were given up: buried, listed by pages, thrown away, pruned. */
#include "store_kit.h"

#include <sqlite3.h>

enum { ROWS = 25 };

static struct store_outbox row_of(int i)
{
    static char lane[32], url[64], body[64];

    snprintf(lane, sizeof lane, "lane-%d", i % 3);
    snprintf(url, sizeof url, "http://%s.example/event?n=%d", i % 2 ? "odd" : "even", i);
    snprintf(body, sizeof body, "{\"n\":%d}", i);
    return (struct store_outbox){.lane = lane,
                                 .application = i % 5 ? "app" : "other",
                                 .url = url,
                                 .method = "POST",
                                 .body = body,
                                 .is_signed = i % 2,
                                 .created = 1000 + i,
                                 .connect_timeout = 300,
                                 .timeout = 1000 + (unsigned)i};
}

static void bury(struct kit *kit, int count)
{
    for (int i = 1; i <= count; i++) {
        struct store_outbox row = row_of(i);

        assert_int_equal(store_outbox_put(kit->store, &row), 0);
        assert_int_equal(store_outbox_bury(kit->store, row.seq, (unsigned)i, "HTTP 500"), 0);
    }
    kit_fence(kit);
}

static struct kit_answer ask(struct kit *kit, const struct store_dead_query *query)
{
    struct kit_answer answer = {0};

    assert_int_equal(store_ask_dead(kit->store, query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    return answer;
}

static size_t count_of(struct kit *kit, const struct store_dead_query *query)
{
    struct kit_answer answer = ask(kit, query);
    size_t count = json_array_size(answer.rows);

    json_decref(answer.rows);
    return count;
}

static int64_t number_at(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static const char *text_at(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static void count_outbox(const struct store_outbox *row, void *arg)
{
    (void)row;
    ++*(int *)arg;
}

static void the_whole_row_is_kept(void **state)
{
    struct kit *kit = *state;
    struct store_dead_query query = {.application = "app", .seq = 7};
    int64_t before = clock_wall_ms();
    struct kit_answer answer;
    const json_t *row;
    int waiting = 0;

    kit_open(kit);
    bury(kit, 7);
    assert_int_equal(store_outbox_bury(kit->store, 99, 1, "there is none"), 0);
    assert_int_equal(store_each_outbox(kit->store, count_outbox, &waiting), 0);
    assert_int_equal(waiting, 0);
    kit_close(kit);
    kit_open(kit);
    answer = ask(kit, &query);
    assert_int_equal(json_array_size(answer.rows), 1);
    row = json_array_get(answer.rows, 0);
    assert_int_equal(number_at(row, "seq"), 7);
    assert_string_equal(text_at(row, "lane"), "lane-1");
    assert_string_equal(text_at(row, "application"), "app");
    assert_string_equal(text_at(row, "url"), "http://odd.example/event?n=7");
    assert_string_equal(text_at(row, "method"), "POST");
    assert_string_equal(text_at(row, "body"), "{\"n\":7}");
    assert_string_equal(text_at(row, "reason"), "HTTP 500");
    assert_true(json_is_true(json_object_get(row, "is_signed")));
    assert_false(json_is_true(json_object_get(row, "trusted")));
    assert_int_equal(number_at(row, "created"), 1007);
    assert_int_equal(number_at(row, "attempts"), 7);
    assert_int_equal(number_at(row, "connect_timeout"), 300);
    assert_int_equal(number_at(row, "timeout"), 1007);
    assert_true(number_at(row, "died") >= before && number_at(row, "died") <= clock_wall_ms());
    json_decref(answer.rows);
}

/* No seq of the outbox comes twice, though its row has moved. */
static void a_seq_is_given_once(void **state)
{
    struct kit *kit = *state;
    struct store_outbox row = row_of(1);

    kit_open(kit);
    bury(kit, 3);
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_outbox_put(kit->store, &row), 0);
    assert_int_equal(row.seq, 4);
}

static void filters_and_pages(void **state)
{
    struct kit *kit = *state;
    struct store_dead_query all = {.application = "app"}, query = all;
    struct kit_answer answer;
    char key[24] = "";
    int seen = 0;

    kit_open(kit);
    bury(kit, ROWS);
    assert_int_equal(count_of(kit, &all), 20);
    query.lane = "lane-1";
    assert_int_equal(count_of(kit, &query), 7); /* 1 4 7 13 16 19 22: not 10 and 25 */
    query = (struct store_dead_query){.application = "app", .url = "http://odd.example/"};
    assert_int_equal(count_of(kit, &query), 10);
    query.url = "http://odd.example/event?n=1";
    assert_int_equal(count_of(kit, &query), 5); /* 1 11 13 17 19: 15 is the other's */
    query.url = "odd.example";
    assert_int_equal(count_of(kit, &query), 0);
    query = (struct store_dead_query){.application = "app", .died_from = clock_wall_ms() + 60000};
    assert_int_equal(count_of(kit, &query), 0);
    query.died_from = clock_wall_ms() - 60000;
    assert_int_equal(count_of(kit, &query), 20);

    query = (struct store_dead_query){.application = "app", .page = {.limit = 7, .cursor = true}};
    for (int page = 0; page < 3; page++) {
        query.page.key = *key ? key : NULL;
        answer = ask(kit, &query);
        assert_int_equal(answer.count, (page < 2 ? STORE_NEXT : 0) | (page > 0 ? STORE_PREV : 0));
        seen += (int)json_array_size(answer.rows);
        snprintf(key, sizeof key, "%lld",
                 (long long)number_at(json_array_get(answer.rows, json_array_size(answer.rows) - 1),
                                      "seq"));
        json_decref(answer.rows);
    }
    assert_int_equal(seen, 20);
    assert_string_equal(key, "24");
}

static void what_is_dropped_is_its_applications_own(void **state)
{
    struct kit *kit = *state;
    struct store_dead_query query = {.application = "app"}, other = {.application = "other"};

    kit_open(kit);
    bury(kit, ROWS);
    assert_int_equal(store_dead_drop(kit->store, "other", 1), 0);
    assert_int_equal(count_of(kit, &query), 20);
    assert_int_equal(store_dead_drop(kit->store, "app", 1), 0);
    assert_int_equal(count_of(kit, &query), 19);
    assert_int_equal(store_application_drop(kit->store, "app"), 0);
    assert_int_equal(count_of(kit, &query), 0);
    assert_int_equal(count_of(kit, &other), 5);
}

static int64_t prune(struct kit *kit, const char *application, int64_t before, int64_t most)
{
    struct kit_answer answer = {0};

    assert_int_equal(store_prune_dead(kit->store, application, before, most, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    json_decref(answer.rows);
    return answer.count;
}

static void the_old_and_the_many_go(void **state)
{
    struct kit *kit = *state;
    struct store_dead_query query = {.application = "app"}, other = {.application = "other"};
    struct kit_answer answer;

    kit_open(kit);
    bury(kit, ROWS);
    assert_int_equal(prune(kit, "app", 1, 100), 0);
    assert_int_equal(prune(kit, "app", 1, 8), 12);
    answer = ask(kit, &query);
    assert_int_equal(json_array_size(answer.rows), 8);
    assert_int_equal(number_at(json_array_get(answer.rows, 0), "seq"), 16); /* the newest stay */
    json_decref(answer.rows);
    assert_int_equal(count_of(kit, &other), 5);
    assert_int_equal(prune(kit, NULL, 1, 0), 0);
    assert_int_equal(prune(kit, NULL, clock_wall_ms() + 1, 0), 13);
    assert_int_equal(count_of(kit, &query) + count_of(kit, &other), 0);
}

/* More than a slice, and nobody counts. */
static void pruning_goes_on_by_itself(void **state)
{
    struct kit *kit = *state;
    struct store_dead_query query = {.application = "app"};
    int64_t until = clock_mono_ms() + 20000;

    kit_open(kit);
    for (int i = 0; i < 3500; i++) {
        struct store_outbox row = row_of(1);

        assert_int_equal(store_outbox_put(kit->store, &row), 0);
        assert_int_equal(store_outbox_bury(kit->store, row.seq, 1, "HTTP 500"), 0);
    }
    assert_int_equal(store_prune_dead(kit->store, "app", 1, 100, NULL, NULL), 0);
    while (count_of(kit, &query) > 100 && clock_mono_ms() < until)
        loop_run(kit->control);
    assert_int_equal(count_of(kit, &query), 100);
}

/* Neither the list nor pruning reads what it does not want. */
static void no_question_reads_the_whole_table(void **state)
{
    static const struct {
        const char *sql, *index;
    } plans[] = {
        {"SELECT * FROM dead AS t WHERE t.application = 'a' AND t.seq > 5 ORDER BY t.seq LIMIT 9",
         "dead_by_application"},
        {"SELECT seq FROM dead WHERE died < 5 AND (NULL IS NULL OR application = NULL)"
         " ORDER BY died LIMIT 9",
         "dead_by_time"},
        {"SELECT seq FROM dead WHERE application = 'a' ORDER BY seq DESC LIMIT 9 OFFSET 9",
         "dead_by_application"},
    };
    struct kit *kit = *state;
    sqlite3 *db;

    kit_open(kit);
    kit_close(kit);
    assert_int_equal(sqlite3_open(strchr(kit->url, ':') + 1, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        sqlite3_stmt *statement = NULL;
        char sql[256];
        const char *plan;

        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", plans[i].sql);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        plan = (const char *)sqlite3_column_text(statement, 3);
        if (!strstr(plan, "SEARCH") || !strstr(plan, plans[i].index))
            fail_msg("%s: %s", plans[i].sql, plan);
        assert_int_equal(sqlite3_step(statement), SQLITE_DONE); /* no sorting either */
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    kit_open(kit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_whole_row_is_kept),
        TEST(a_seq_is_given_once),
        TEST(filters_and_pages),
        TEST(what_is_dropped_is_its_applications_own),
        TEST(the_old_and_the_many_go),
        TEST(pruning_goes_on_by_itself),
        TEST(no_question_reads_the_whole_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
