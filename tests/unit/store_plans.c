/* store_plans.c: no question reads a whole table or sorts, however many rows there are. What
 * SQLite counted for each statement tells. */
#include "store_kit.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum { MANY = 20000, EVENTS = 10000, MEMBERS = 100 };

/* What the statements did that were run since the last look. */
static struct {
    atomic_int statements, scans, sorts;
    char worst[1024]; /* the store's thread; read after its answer */
} done;

static int note_statement(unsigned kind, void *context, void *statement, void *ns)
{
    int scans = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    int sorts = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 1);
    const char *sql = sqlite3_sql(statement);

    (void)kind, (void)context, (void)ns;
    if (!sql || strstr(sql, "sqlite_")) /* the schema itself, a row or two */
        return 0;
    atomic_fetch_add(&done.statements, 1);
    if (scans || sorts)
        snprintf(done.worst, sizeof done.worst, "%s", sql);
    atomic_fetch_add(&done.scans, scans);
    atomic_fetch_add(&done.sorts, sorts);
    return 0;
}

static int watch(sqlite3 *db, const char **error, const void *api)
{
    (void)error, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, note_statement, NULL);
}

static void forget(void)
{
    atomic_store(&done.statements, 0);
    atomic_store(&done.scans, 0);
    atomic_store(&done.sorts, 0);
    done.worst[0] = '\0';
}

static void check_done(const char *what)
{
    if (done.scans || done.sorts)
        fail_msg("%s: %d rows scanned, %d sorts: %s", what, done.scans, done.sorts, done.worst);
    assert_true(done.statements > 0);
    forget();
}

static char *name_of(const char *prefix, int n)
{
    static char text[4][64];
    static unsigned turn;
    char *to = text[turn++ % 4];

    snprintf(to, sizeof text[0], "%s-01234567-89ab-7cde-8f01-%012d", prefix, n);
    return to;
}

static void fill(struct kit *kit)
{
    for (int n = 0; n < MANY; n++) {
        const char *app = n % 4 ? "app" : "other";
        struct store_conversation conversation = {.id = name_of("CON", n),
                                                  .application = app,
                                                  .name = name_of("NAM", n),
                                                  .state = "ACTIVE",
                                                  .properties = "{}",
                                                  .created = n};
        struct store_user user = {.id = name_of("USR", n),
                                  .application = app,
                                  .name = name_of("NAM", n),
                                  .data = "{\"properties\":{}}",
                                  .system = n % 2,
                                  .created = n};
        struct store_leg leg = {.id = name_of("LEG", n),
                                .application = app,
                                .conversation = name_of("CON", n / 2),
                                .type = "phone",
                                .status = n % 100 ? "completed" : "answered",
                                .detail = "{}",
                                .created = n,
                                .end = n + 10};

        assert_int_equal(store_conversation_put(kit->store, &conversation), 0);
        assert_int_equal(store_user_put(kit->store, &user), 0);
        assert_int_equal(store_leg_put(kit->store, &leg), 0);
    }
    for (int n = 0; n < MANY; n++) {
        struct store_member member = {.id = name_of("MEM", n),
                                      .conversation = name_of("CON", 1 + (n / MEMBERS) * 4),
                                      .application = "app",
                                      .user = name_of("USR", n),
                                      .state = n % 2 ? "JOINED" : "LEFT",
                                      .data = "{\"channel\":{\"type\":\"app\"}}",
                                      .created = n};

        assert_int_equal(store_member_put(kit->store, &member), 0);
    }
    for (int n = 0; n < 3 * EVENTS; n++) {
        struct store_event event = {.application = n % 3 == 2 ? "other" : "app",
                                    .conversation = name_of("CON", 1 + n % 3),
                                    .id = n / 3 + 1,
                                    .type = n % 8 ? "text" : "member:joined",
                                    .from = name_of("MEM", n % MEMBERS),
                                    .body = "{\"text\":\"hello, is this the right place?\"}",
                                    .timestamp = n};

        assert_int_equal(store_event_put(kit->store, &event), 0);
    }
    kit_fence(kit);
}

static int64_t page_ns;

static json_t *wait_for(struct kit *kit, int err, struct kit_answer *answer)
{
    assert_int_equal(err, 0);
    kit_wait(kit, &answer->came);
    assert_int_equal(answer->err, 0);
    return answer->rows;
}

/* Asks all that each page can be asked for, and counts rows. */
#define EACH_PAGE(kit, noun, by, ...)                                                             \
    do {                                                                                          \
        struct store_##noun##_query query = {__VA_ARGS__};                                        \
        for (int form = 0; form < 8; form++) {                                                    \
            struct kit_answer answer = {0};                                                       \
            query.page.limit = 10;                                                                \
            query.page.descending = form & 1;                                                     \
            query.page.cursor = form >> 1 != 3;                                                   \
            query.page.key = form >> 1 == 1 || form >> 1 == 2 ? (by) : NULL;                      \
            query.page.back = form >> 1 == 2;                                                     \
            query.page.offset = form >> 1 == 3 ? 3 : 0;                                           \
            page_ns = clock_mono_ns();                                                            \
            json_decref(                                                                          \
                wait_for(kit, store_ask_##noun(kit->store, &query, kit_take, &answer), &answer)); \
            page_ns = clock_mono_ns() - page_ns;                                                  \
            if (getenv("V"))                                                                      \
                printf("# %s form %d: %lld us\n", #noun " " #__VA_ARGS__, form,                   \
                       (long long)page_ns / 1000);                                                \
            check_done(#noun " " #__VA_ARGS__);                                                   \
        }                                                                                         \
    } while (0)

static void no_question_reads_a_table(void **state)
{
    struct kit *kit = *state;
    const char *con = "CON-01234567-89ab-7cde-8f01-000000000001";
    const char *usr = "USR-01234567-89ab-7cde-8f01-000000000010";
    const char *leg = "LEG-01234567-89ab-7cde-8f01-000000000101";
    const char *mem = "MEM-01234567-89ab-7cde-8f01-000000000050";
    const char *nam = "NAM-01234567-89ab-7cde-8f01-000000000010";

    kit_open(kit);
    fill(kit);
    forget();
    EACH_PAGE(kit, conversations, con, .application = "app");
    EACH_PAGE(kit, conversations, con, .application = "app", .state = "ACTIVE");
    EACH_PAGE(kit, conversations, con, .application = "app", .state = "INACTIVE");
    EACH_PAGE(kit, conversations, con, .application = "app", .name = nam);
    EACH_PAGE(kit, conversations, con, .application = "app", .id = con);
    EACH_PAGE(kit, conversations, con, .application = "app", .created_from = MANY - 50);
    EACH_PAGE(kit, users, usr, .application = "app");
    EACH_PAGE(kit, users, usr, .application = "app", .name = nam);
    EACH_PAGE(kit, users, usr, .application = "app", .id = usr);
    EACH_PAGE(kit, users, usr, .application = "app", .created_from = MANY - 50);
    EACH_PAGE(kit, legs, leg, .application = "app");
    EACH_PAGE(kit, legs, leg, .application = "app", .conversation = con);
    EACH_PAGE(kit, legs, leg, .application = "app", .conversation = con, .status = "completed");
    EACH_PAGE(kit, legs, leg, .application = "app", .status = "answered");
    EACH_PAGE(kit, legs, leg, .application = "app", .id = leg);
    EACH_PAGE(kit, legs, leg, .application = "app", .created_from = MANY - 50);
    EACH_PAGE(kit, members, mem, .application = "app", .conversation = con);
    EACH_PAGE(kit, members, mem, .application = "app", .conversation = con, .state = "JOINED");
    EACH_PAGE(kit, members, mem, .application = "app", .conversation = con, .user = usr);
    EACH_PAGE(kit, members, mem, .application = "app", .user = usr, .with_conversation = true);
    EACH_PAGE(kit, members, mem, .application = "app", .conversation = con, .id = mem);
    EACH_PAGE(kit, events, "5000", .application = "app", .conversation = con);
    EACH_PAGE(kit, events, "5000", .application = "app", .conversation = con, .type = "text");
    EACH_PAGE(kit, events, "5000", .application = "app", .conversation = con, .type = "none");
    EACH_PAGE(kit, events, "5000", .application = "app", .conversation = con, .start_id = 4000,
              .end_id = 6000);
    EACH_PAGE(kit, events, "5000", .application = "app", .conversation = con,
              .exclude_deleted = true);
}

static void take_count(struct kit *kit, int err, struct kit_answer *answer, int64_t *count)
{
    json_decref(wait_for(kit, err, answer));
    *count = answer->count;
    *answer = (struct kit_answer){0};
}

static void neither_does_the_log_or_a_reply(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    struct store_reply_query reply = {"app", "key"};
    struct store_log_query log = {"app", EVENTS, 50};
    int64_t count;

    kit_open(kit);
    fill(kit);
    forget();
    take_count(kit, store_ask_log(kit->store, &log, kit_take, &answer), &answer, &count);
    check_done("log");
    assert_int_equal(count, 3 * EVENTS);
    take_count(kit, store_ask_reply(kit->store, &reply, kit_take, &answer), &answer, &count);
    check_done("reply");
    take_count(kit, store_ask_outbox(kit->store, 1, kit_take, &answer), &answer, &count);
    check_done("outbox");
}

static void neither_do_drops_and_pruning(void **state)
{
    struct kit *kit = *state;
    struct kit_answer answer = {0};
    struct store_prune_query query = {.before = MANY / 2}, app = {"app", MANY / 2};
    int64_t count;

    kit_open(kit);
    fill(kit);
    forget();
    take_count(kit, store_prune(kit->store, &app, kit_take, &answer), &answer, &count);
    check_done("prune of an application");
    assert_true(count > 0);
    take_count(kit, store_prune(kit->store, &query, kit_take, &answer), &answer, &count);
    check_done("prune");
    assert_true(count > 0);
    assert_int_equal(store_conversation_drop(kit->store, name_of("CON", 1)), 0);
    assert_int_equal(store_user_drop(kit->store, name_of("USR", 2)), 0);
    assert_int_equal(store_event_delete(kit->store, name_of("CON", 1), 9, "{}"), 0);
    kit_fence(kit);
    check_done("drops");
    take_count(kit, store_prune_rest(kit->store, MANY, kit_take, &answer), &answer, &count);
    check_done("prune of the rest");
    assert_true(count > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_question_reads_a_table),
        TEST(neither_does_the_log_or_a_reply),
        TEST(neither_do_drops_and_pruning),
    };

    sqlite3_auto_extension((void (*)(void))watch);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
