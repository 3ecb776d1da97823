/* store_rows.c: what is written is read, in order, through a reopening; fences; asks. */
#include "store_kit.h"

#include <sqlite3.h>
#include <time.h>

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static struct store_event event_row(int64_t id, const char *body)
{
    return (struct store_event){.application = APP,
                                .conversation = "CON-1",
                                .id = id,
                                .type = id % 2 ? "leg:status:update" : "member:joined",
                                .from = "MEM-1",
                                .body = body,
                                .timestamp = 1000 + id};
}

static struct store_leg leg_row(const char *id, int64_t created)
{
    return (struct store_leg){.id = id,
                              .application = APP,
                              .conversation = "CON-1",
                              .type = "phone",
                              .direction = "inbound",
                              .status = "started",
                              .from = "{\"type\":\"phone\",\"number\":\"15550100001\"}",
                              .created = created,
                              .duration = -1,
                              .live = true};
}

static void legs_of(const struct store_leg *row, void *arg)
{
    char *text = arg;

    sprintf(text + strlen(text), "%s %s %s %s %lld;", row->id, row->status, row->from,
            row->to ? row->to : "-", (long long)row->duration);
}

static void conversations_of(const struct store_conversation *row, void *arg)
{
    sprintf(arg, "%s %s %s %d %lld", row->id, row->name, row->display_name ? "x" : "NULL",
            row->transient, (long long)row->sequence);
}

static void members_of(const struct store_member *row, void *arg)
{
    strcat(strcat(arg, row->id), " ");
}

static void users_of(const struct store_user *row, void *arg)
{
    strcat(strcat(strcat(arg, row->name), " "), row->data);
}

static void rows_come_back_after_reopening(void **state)
{
    struct kit *kit = *state;
    struct store_conversation conversation = {.id = "CON-1",
                                              .application = APP,
                                              .name = "NAM-1",
                                              .state = "ACTIVE",
                                              .transient = true,
                                              .sequence = 7};
    struct store_member member = {.id = "MEM-1", .conversation = "CON-1", .application = APP};
    struct store_user user = {.id = "USR-1", .application = APP, .name = "alice", .data = "{}"};
    struct store_leg leg = leg_row("leg-1", 5), ended = leg_row("leg-2", 6);
    char text[1024] = "";

    kit_open(kit);
    assert_int_equal(store_conversation_put(kit->store, &conversation), 0);
    conversation.sequence = 8;
    assert_int_equal(store_conversation_put(kit->store, &conversation), 0);
    assert_int_equal(store_member_put(kit->store, &member), 0);
    assert_int_equal(store_user_put(kit->store, &user), 0);
    assert_int_equal(store_leg_put(kit->store, &leg), 0);
    leg.status = "answered";
    assert_int_equal(store_leg_put(kit->store, &leg), 0);
    ended.live = false;
    assert_int_equal(store_leg_put(kit->store, &ended), 0);
    kit_close(kit);

    kit_open(kit);
    assert_int_equal(store_each_live_leg(kit->store, legs_of, text), 0);
    assert_string_equal(text,
                        "leg-1 answered {\"type\":\"phone\",\"number\":\"15550100001\"} - -1;");
    assert_int_equal(store_each_conversation(kit->store, conversations_of, text), 0);
    assert_string_equal(text, "CON-1 NAM-1 NULL 1 8");
    text[0] = '\0';
    assert_int_equal(store_each_user(kit->store, users_of, text), 0);
    assert_string_equal(text, "alice {}");
    text[0] = '\0';
    assert_int_equal(store_each_member(kit->store, members_of, text), 0);
    assert_string_equal(text, "MEM-1 ");
    assert_int_equal(store_conversation_drop(kit->store, "CON-1"), 0);
    /* reading comes after what was just written */
    text[0] = '\0';
    assert_int_equal(store_each_member(kit->store, members_of, text), 0);
    assert_string_equal(text, "");
    assert_int_equal(store_each_user(kit->store, users_of, text), 0);
    assert_string_equal(text, "alice {}");
    kit_close(kit);

    kit_open(kit);
    text[0] = '\0';
    assert_int_equal(store_each_member(kit->store, members_of, text), 0);
    assert_int_equal(store_each_conversation(kit->store, conversations_of, text), 0);
    assert_string_equal(text, "");
}

/* After a crash the row of a conversation may be behind its events. */
static void a_conversation_catches_up_with_its_events(void **state)
{
    struct kit *kit = *state;
    struct store_conversation conversation = {
        .id = "CON-1", .application = APP, .name = "NAM-1", .sequence = 3};
    char text[256] = "";

    kit_open(kit);
    assert_int_equal(store_conversation_put(kit->store, &conversation), 0);
    for (int64_t id = 1; id <= 9; id++) {
        struct store_event row = event_row(id, "{}");

        assert_int_equal(store_event_put(kit->store, &row), 0);
    }
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_each_conversation(kit->store, conversations_of, text), 0);
    assert_string_equal(text, "CON-1 NAM-1 NULL 0 9");
}

static void a_fence_comes_after_what_was_written(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    struct store_events_query query = {.application = APP, .conversation = "CON-1"};
    bool fenced = false;

    kit_open(kit);
    for (int64_t id = 1; id <= 1000; id++) {
        struct store_event row = event_row(id, "{}");

        assert_int_equal(store_event_put(kit->store, &row), 0);
    }
    assert_int_equal(store_fence(kit->store, kit_set, &fenced), 0);
    assert_int_equal(store_ask_events(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_true(fenced);
    assert_int_equal(answer.err, 0);
    assert_int_equal(answer.count, 1000);
    assert_int_equal(json_array_size(answer.rows), 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(answer.rows, i), "id")),
                         i + 1);
    json_decref(answer.rows);
}

static void a_fence_among_what_belongs_together_waits_for_all(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    struct store_events_query query = {.application = APP, .conversation = "CON-1"};
    struct store_event first = event_row(1, "{}"), second = event_row(2, "{}");
    bool fenced = false;

    kit_open(kit);
    store_together(kit->store);
    assert_int_equal(store_event_put(kit->store, &first), 0);
    assert_int_equal(store_fence(kit->store, kit_set, &fenced), 0);
    loop_wait(kit->control, 50);
    assert_false(fenced); /* nothing of it has left yet */
    assert_int_equal(store_event_put(kit->store, &second), 0);
    store_together_end(kit->store);
    kit_wait(kit, &fenced);
    assert_int_equal(store_ask_events(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(json_array_size(answer.rows), 2);
    json_decref(answer.rows);
}

static int64_t count_from_outside(const char *path)
{
    sqlite3_stmt *statement = NULL;
    int64_t count = -1;
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM outbox", -1, &statement, NULL),
                     SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static void a_lone_row_is_committed_although_nobody_waits(void **state)
{
    struct kit *kit = *state;
    struct store_outbox row = {.lane = "l", .url = "u"};
    int64_t until = clock_mono_ms() + 20000;
    const char *path;

    kit_open(kit);
    path = strchr(kit->url, ':') + 1;
    assert_int_equal(store_outbox_put(kit->store, &row), 0);
    while (count_from_outside(path) != 1 && clock_mono_ms() < until)
        usleep(2000);
    assert_int_equal(count_from_outside(path), 1);
}

static void note_committed(const struct store_outbox *row, void *arg)
{
    int64_t *last = arg; /* store thread; read after a fence */

    if (row->seq == last[0] + 1 && strcmp(row->body, "{\"n\":1}") == 0) {
        last[0] = row->seq;
        last[1]++;
    }
}

static void outbox_keeps_its_order_and_its_numbers(void **state)
{
    struct kit *kit = *state;
    struct store_outbox row = {.lane = "leg-1",
                               .application = APP,
                               .url = "http://127.0.0.1:1/",
                               .method = "POST",
                               .body = "{\"n\":1}",
                               .is_signed = true,
                               .created = 5};
    struct kit_answer answer = {0};
    int64_t last[2] = {0, 0};

    kit_open(kit);
    store_outbox_watch(kit->store, note_committed, last);
    for (int i = 1; i <= 200; i++) {
        assert_int_equal(store_outbox_put(kit->store, &row), 0);
        assert_int_equal(row.seq, i);
    }
    kit_fence(kit);
    assert_int_equal(last[1], 200);
    assert_int_equal(store_ask_outbox(kit->store, 200, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_string_equal(json_string_value(json_object_get(json_array_get(answer.rows, 0), "body")),
                        "{\"n\":1}");
    assert_true(json_is_true(json_object_get(json_array_get(answer.rows, 0), "is_signed")));
    json_decref(answer.rows);
    for (int64_t seq = 1; seq <= 200; seq++)
        assert_int_equal(store_outbox_done(kit->store, seq), 0);
    kit_close(kit);

    kit_open(kit); /* all are delivered, yet no number comes again */
    assert_int_equal(store_outbox_put(kit->store, &row), 0);
    assert_int_equal(row.seq, 201);
}

static void seqs_of(const struct store_outbox *row, void *arg)
{
    int64_t *seqs = arg;

    seqs[++seqs[0]] = row->seq;
}

static void outbox_gives_what_is_left_in_order(void **state)
{
    struct kit *kit = *state;
    struct store_outbox row = {.lane = "l", .url = "u"};
    int64_t seqs[16] = {0};

    kit_open(kit);
    for (int i = 0; i < 9; i++)
        assert_int_equal(store_outbox_put(kit->store, &row), 0);
    for (int64_t seq = 1; seq < 9; seq += 2)
        assert_int_equal(store_outbox_done(kit->store, seq), 0);
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_each_outbox(kit->store, seqs_of, seqs), 0);
    assert_int_equal(seqs[0], 5);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(seqs[i], 2 * i);
    assert_int_equal(seqs[5], 9);
}

static void memory_database_forgets(void **state)
{
    struct kit *kit = *state;
    struct store_user user = {.id = "USR-1", .application = APP, .name = "alice"};
    char text[64] = "";

    strcpy(kit->url, "sqlite::memory:");
    kit_open(kit);
    assert_int_equal(store_user_put(kit->store, &user), 0);
    kit_fence(kit);
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_each_user(kit->store, users_of, text), 0);
    assert_string_equal(text, "");
}

static int64_t cpu_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Printed, not asserted: the machine is shared. */
static void speed_is_printed(void **state)
{
    struct kit *kit = *state;
    enum { ROWS = 100000 };
    char body[400];
    int64_t wall, cpu, poster;

    memset(body, 'x', sizeof body);
    memcpy(body, "{\"x\":\"", 6);
    strcpy(body + sizeof body - 3, "\"}");
    kit_open(kit);
    wall = clock_mono_ns();
    cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    poster = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < ROWS / 2; i++) {
        struct store_outbox row = {.lane = "leg", .url = "http://127.0.0.1/", .body = body};
        struct store_event event = event_row(i + 1, body);

        while (store_outbox_put(kit->store, &row) == ENOSPC)
            usleep(1000);
        while (store_event_put(kit->store, &event) == ENOSPC)
            usleep(1000);
    }
    poster = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - poster;
    kit_fence(kit);
    printf("# %d rows: %.2f us of CPU each, of them %.2f us in the poster; %.0f rows/s\n", ROWS,
           (double)(cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / ROWS / 1000,
           (double)poster / ROWS / 1000, ROWS * 1e9 / (double)(clock_mono_ns() - wall));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back_after_reopening),
        TEST(a_conversation_catches_up_with_its_events),
        TEST(a_fence_comes_after_what_was_written),
        TEST(a_fence_among_what_belongs_together_waits_for_all),
        TEST(a_lone_row_is_committed_although_nobody_waits),
        TEST(outbox_keeps_its_order_and_its_numbers),
        TEST(outbox_gives_what_is_left_in_order),
        TEST(memory_database_forgets),
        TEST(speed_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
