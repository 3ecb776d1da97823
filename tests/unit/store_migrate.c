/* store_migrate.c: a database of the first version, with rows in it, is brought to this one. */
#include "store_kit.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The tables as they were. */
static const char version_1[] =
    "CREATE TABLE conversation (id TEXT PRIMARY KEY, application TEXT NOT NULL, name TEXT,"
    " display_name TEXT, image_url TEXT, state TEXT, properties TEXT, transient INTEGER,"
    " created INTEGER, updated INTEGER, sequence INTEGER) WITHOUT ROWID;"
    "CREATE TABLE user (id TEXT PRIMARY KEY, application TEXT NOT NULL, name TEXT,"
    " display_name TEXT, data TEXT, created INTEGER) WITHOUT ROWID;"
    "CREATE TABLE member (id TEXT PRIMARY KEY, conversation TEXT NOT NULL,"
    " application TEXT NOT NULL, \"user\" TEXT, state TEXT, data TEXT, created INTEGER)"
    " WITHOUT ROWID;"
    "CREATE INDEX member_by_conversation ON member (conversation);"
    "CREATE TABLE event (application TEXT NOT NULL, conversation TEXT NOT NULL,"
    " id INTEGER NOT NULL, type TEXT NOT NULL, \"from\" TEXT, \"to\" TEXT, body TEXT,"
    " timestamp INTEGER NOT NULL, PRIMARY KEY (conversation, id));"
    "CREATE INDEX event_by_time ON event (timestamp);"
    "CREATE TABLE leg (id TEXT PRIMARY KEY, application TEXT NOT NULL, conversation TEXT,"
    " type TEXT, direction TEXT, status TEXT, \"from\" TEXT, \"to\" TEXT, detail TEXT, rate TEXT,"
    " price TEXT, network TEXT, created INTEGER NOT NULL, start INTEGER, \"end\" INTEGER,"
    " duration INTEGER, live INTEGER NOT NULL);"
    "CREATE INDEX leg_by_application ON leg (application, created);"
    "CREATE INDEX leg_by_time ON leg (created);"
    "CREATE INDEX leg_by_conversation ON leg (conversation);"
    "CREATE INDEX leg_live ON leg (id) WHERE live;"
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL,"
    " application TEXT, url TEXT NOT NULL, method TEXT, body TEXT, trusted INTEGER,"
    " is_signed INTEGER, created INTEGER, attempts INTEGER);"
    "PRAGMA user_version = 1;"
    "INSERT INTO conversation VALUES ('CON-1', 'app', 'NAM-1', 'Shown', 'http://i', 'ACTIVE',"
    " '{\"ttl\":60}', 0, 5, 6, 2);"
    "INSERT INTO user VALUES ('USR-1', 'app', 'vapi-user-1', NULL, '{}', 7);"
    "INSERT INTO member VALUES ('MEM-1', 'CON-1', 'app', 'USR-1', 'JOINED', '{\"muted\":true}', 8);"
    "INSERT INTO leg VALUES ('leg-1', 'app', 'CON-1', 'phone', 'inbound', 'answered',"
    " '{\"number\":\"1\"}', NULL, '{}', NULL, NULL, NULL, 9, 10, 0, -1, 1);"
    "INSERT INTO outbox VALUES (41, 'leg-1', 'app', 'http://u', 'POST', '{}', 0, 1, 11, 2);"
    "DELETE FROM outbox; INSERT INTO outbox (lane, url, body) VALUES ('l', 'u', 'b');"
    /* one conversation after the other had its events put, by turns */
    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)"
    " INSERT INTO event SELECT 'app', CASE n % 3 WHEN 0 THEN 'CON-1' ELSE 'CON-0' END,"
    " CASE n % 3 WHEN 0 THEN n / 3 ELSE n END, 'text', 'MEM-1', '', '{\"n\":' || n || '}',"
    " 1000 - n FROM n;"
    "DELETE FROM event WHERE conversation = 'CON-0' AND id = 4;";

static const char *path_of(const struct kit *kit)
{
    return strchr(kit->url, ':') + 1;
}

static void make_version_1(struct kit *kit, const char *more)
{
    char *error = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path_of(kit), &db), SQLITE_OK);
    if (sqlite3_exec(db, version_1, NULL, NULL, &error) != SQLITE_OK ||
        sqlite3_exec(db, more, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

static int64_t look(struct kit *kit, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path_of(kit), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static int64_t number_at(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

/* The old order is that of the log, without the hole. */
static void check_log(struct kit *kit)
{
    struct store_log_query query = {.application = "app", .limit = 1000};
    struct kit_answer answer = {0};

    assert_int_equal(store_ask_log(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(json_array_size(answer.rows), 299);
    assert_int_equal(answer.count, 299);
    for (int i = 0; i < 299; i++) {
        const json_t *row = json_array_get(answer.rows, (size_t)i);
        int n = i < 3 ? i + 1 : i + 2;

        assert_int_equal(number_at(row, "seq"), i + 1);
        assert_int_equal(number_at(json_object_get(row, "body"), "n"), n);
        assert_int_equal(number_at(row, "timestamp"), 1000 - n);
        assert_int_equal(number_at(row, "id"), n % 3 ? n : n / 3);
        assert_string_equal(json_string_value(json_object_get(row, "conversation")),
                            n % 3 ? "CON-0" : "CON-1");
        assert_true(json_is_false(json_object_get(row, "deleted")));
    }
    json_decref(answer.rows);
}

static void note_conversation(const struct store_conversation *row, void *arg)
{
    sprintf(arg, "%s %s %s %s %s %s %s %d %lld %lld %lld", row->id, row->name, row->display_name,
            row->image_url, row->state, row->properties, row->data ? row->data : "-",
            row->transient, (long long)row->created, (long long)row->updated,
            (long long)row->sequence);
}

static void note_user(const struct store_user *row, void *arg)
{
    sprintf(arg, "%s %s %d %lld", row->id, row->name, row->system, (long long)row->created);
}

static void note_member(const struct store_member *row, void *arg)
{
    sprintf(arg, "%s %s %s", row->id, row->state, row->data);
}

static void note_leg(const struct store_leg *row, void *arg)
{
    sprintf(arg, "%s %s %s", row->id, row->status, row->from);
}

static void note_outbox(const struct store_outbox *row, void *arg)
{
    sprintf(arg, "%lld %s", (long long)row->seq, row->body);
}

static void check_rows(struct kit *kit)
{
    char text[256];

    assert_int_equal(store_each_conversation(kit->store, note_conversation, text), 0);
    assert_string_equal(text, "CON-1 NAM-1 Shown http://i ACTIVE {\"ttl\":60} - 0 5 6 100");
    assert_int_equal(store_each_user(kit->store, note_user, text), 0);
    assert_string_equal(text, "USR-1 vapi-user-1 1 7"); /* there were none but those of calls */
    assert_int_equal(store_each_member(kit->store, note_member, text), 0);
    assert_string_equal(text, "MEM-1 JOINED {\"muted\":true}");
    assert_int_equal(store_each_live_leg(kit->store, note_leg, text), 0);
    assert_string_equal(text, "leg-1 answered {\"number\":\"1\"}");
    assert_int_equal(store_each_outbox(kit->store, note_outbox, text), 0);
    assert_string_equal(text, "42 b");
}

static void the_first_version_is_brought_here(void **state)
{
    struct kit *kit = *state;
    struct store_event event = {.application = "app",
                                .conversation = "CON-1",
                                .id = 101,
                                .type = "text",
                                .body = "{}",
                                .timestamp = 5};
    struct store_log_query query = {.application = "app", .after = 299, .limit = 10};
    struct kit_answer answer = {0};

    make_version_1(kit, "");
    kit_open(kit);
    check_rows(kit);
    check_log(kit);
    kit_close(kit);
    kit_open(kit); /* and once more: nothing is to be done */
    check_rows(kit);
    check_log(kit);
    assert_int_equal(store_event_put(kit->store, &event), 0);
    assert_int_equal(store_ask_log(kit->store, &query, kit_take, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(number_at(json_array_get(answer.rows, 0), "seq"), 300);
    assert_int_equal(number_at(json_array_get(answer.rows, 0), "id"), 101);
    json_decref(answer.rows);
    kit_close(kit);
    assert_int_equal(look(kit, "SELECT count(*) FROM sqlite_master WHERE name = 'event_2'"), 0);
    assert_int_equal(look(kit, "SELECT count(*) FROM event"), 300);
    assert_int_equal(look(kit, "SELECT count(*) FROM pragma_integrity_check"
                               " WHERE integrity_check = 'ok'"),
                     1);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_it_as_it_was(void **state)
{
    struct kit *kit = *state;
    struct store *store = NULL;
    const char *reason = NULL;

    make_version_1(kit, "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n"
                        " WHERE n < 3000) INSERT INTO event SELECT 'other', 'CON-9', n, 'text',"
                        " '', '', printf('\"%.*c\"', 900, 'x'), n FROM n;");
    signal(SIGXFSZ, SIG_IGN);
    limit_files(2000000);
    assert_int_equal(store_open(&store, kit->url, kit->control, &reason), EIO);
    assert_null(store);
    assert_non_null(reason);
    limit_files(RLIM_INFINITY);
    assert_int_equal(look(kit, "PRAGMA user_version"), 1);
    assert_int_equal(look(kit, "SELECT count(*) FROM event"), 3299);
    assert_int_equal(look(kit, "SELECT count(*) FROM pragma_table_info('user')"), 6);
    kit_open(kit);
    check_rows(kit);
    kit_close(kit);
    assert_int_equal(look(kit, "SELECT count(*) FROM event"), 3299);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_version_is_brought_here),
        TEST(a_full_disk_leaves_it_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
