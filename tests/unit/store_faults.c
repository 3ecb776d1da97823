/* store_faults.c: a killed process, a full disk, a second daemon, a file that is none. */
#include "store_kit.h"

#include "base/log.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char body[256];

static struct store_outbox outbox_row(void)
{
    memset(body, 'x', sizeof body - 1);
    return (struct store_outbox){.lane = "leg", .url = "http://127.0.0.1/", .body = body};
}

/* A process that writes, tells what is durable, and is killed. */

struct writer {
    int pipe;
    int64_t told;
};

static void tell(void *arg)
{
    struct writer *writer = arg;

    writer->told += 10;
    if (write(writer->pipe, &writer->told, sizeof writer->told) < 0)
        _exit(2);
}

static void write_for_ever(struct kit *kit, int pipe)
{
    static struct writer writer;

    writer.pipe = pipe;
    if (loop_alloc(&kit->control)) /* the parent's descriptors stay the parent's */
        _exit(4);
    kit_open(kit);
    for (;;) {
        for (int i = 0; i < 10; i++) {
            struct store_outbox row = outbox_row();

            if (store_outbox_put(kit->store, &row))
                usleep(1000);
        }
        if (store_fence(kit->store, tell, &writer))
            _exit(3);
        loop_run(kit->control);
    }
}

static void check_in_order(const struct store_outbox *row, void *arg)
{
    int64_t *count = arg;

    if (row->seq == *count + 1 && strlen(row->body) == sizeof body - 1)
        ++*count;
}

static void what_was_fenced_survives_kill(void **state)
{
    struct kit *kit = *state;

    for (int round = 0; round < 5; round++) {
        int64_t told = 0, more, count = 0;
        int ends[2];
        pid_t child;
        char command[96];

        assert_int_equal(pipe(ends), 0);
        child = fork();
        if (child == 0) {
            close(ends[0]);
            write_for_ever(kit, ends[1]);
        }
        close(ends[1]);
        while (told < 300 * (round + 1) && read(ends[0], &told, sizeof told) > 0)
            ;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &more, sizeof more) > 0)
            told = more;
        close(ends[0]);
        assert_true(told >= 300);
        kit_open(kit);
        assert_int_equal(store_each_outbox(kit->store, check_in_order, &count), 0);
        assert_true(count >= told);
        kit_close(kit);
        snprintf(command, sizeof command, "rm %s/*", kit->folder);
        assert_int_equal(system(command), 0);
    }
}

/* Rows that belong together, cut anywhere. */

static void write_pairs_for_ever(struct kit *kit, int pipe)
{
    static struct writer writer;

    writer.pipe = pipe;
    if (loop_alloc(&kit->control))
        _exit(4);
    kit_open(kit);
    for (int n = 1;; n++) {
        struct store_outbox row = outbox_row();
        struct store_user user = {.application = "app", .name = "n"};
        char id[16];

        snprintf(id, sizeof id, "USR-%d", n);
        user.id = id;
        store_together(kit->store);
        if (store_user_put(kit->store, &user))
            _exit(5);
        snprintf(id, sizeof id, "USR+%d", n); /* three rows: no divisor of a group */
        if (store_user_put(kit->store, &user) || store_outbox_put(kit->store, &row))
            _exit(5);
        store_together_end(kit->store);
        if (n % 7 == 0 && store_fence(kit->store, tell, &writer))
            _exit(3);
        if (n % 50 == 0)
            usleep(2000);
        loop_run(kit->control);
    }
}

static void count_users(const struct store_user *row, void *arg)
{
    (void)row;
    ++*(int64_t *)arg;
}

static void what_belongs_together_is_never_cut(void **state)
{
    struct kit *kit = *state;
    int64_t told = 0;

    for (int round = 0; round < 10; round++) {
        int64_t users = 0, count = 0;
        char command[96];
        int ends[2];
        pid_t child;

        assert_int_equal(pipe(ends), 0);
        child = fork();
        if (child == 0) {
            close(ends[0]);
            write_pairs_for_ever(kit, ends[1]);
        }
        close(ends[1]);
        for (told = 0; told < 40 * (round + 1);)
            assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(ends[0]);
        kit_open(kit);
        assert_int_equal(store_each_user(kit->store, count_users, &users), 0);
        assert_int_equal(store_each_outbox(kit->store, check_in_order, &count), 0);
        assert_true(count > 0);
        assert_int_equal(users, 2 * count);
        kit_close(kit);
        snprintf(command, sizeof command, "rm %s/*", kit->folder);
        assert_int_equal(system(command), 0);
    }
}

/* A disk that is full for a while. */

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void wait_for_health(struct kit *kit, bool healthy)
{
    for (int i = 0; i < 4000 && store_healthy(kit->store) != healthy; i++)
        usleep(5000);
    assert_int_equal(store_healthy(kit->store), healthy);
}

/* Each question is told at once that there is no answer. */
static void check_refused(struct kit *kit)
{
    enum { QUESTIONS = 10 };
    struct kit_answer answers[QUESTIONS] = {0}, *answer = answers;
    struct store *store = kit->store;
    const struct store_prune_query prune = {.before = 1};

    store_ask_legs(store, &(struct store_legs_query){0}, kit_take, answer++);
    store_ask_conversations(store, &(struct store_conversations_query){0}, kit_take, answer++);
    store_ask_users(store, &(struct store_users_query){0}, kit_take, answer++);
    store_ask_members(store, &(struct store_members_query){0}, kit_take, answer++);
    store_ask_events(store, &(struct store_events_query){0}, kit_take, answer++);
    store_ask_log(store, &(struct store_log_query){0}, kit_take, answer++);
    store_ask_reply(store, &(struct store_reply_query){0}, kit_take, answer++);
    store_ask_outbox(store, 1, kit_take, answer++);
    store_prune(store, &prune, kit_take, answer++);
    store_prune_rest(store, 1, kit_take, answer++);
    for (int i = 0; i < QUESTIONS; i++) {
        kit_wait(kit, &answers[i].came);
        assert_int_equal(answers[i].err, EIO);
        assert_null(answers[i].rows);
        assert_int_equal(answers[i].count, 0);
    }
}

static void full_disk_loses_nothing(void **state)
{
    struct kit *kit = *state;
    int64_t posted = 0, count = 0;
    bool fenced = false;
    int err = 0;

    signal(SIGXFSZ, SIG_IGN);
    log_set_level(LOG_ERROR);
    kit_open(kit);
    limit_files(200000);
    while (store_healthy(kit->store)) {
        struct store_outbox row = outbox_row();

        assert_int_equal(store_outbox_put(kit->store, &row), 0);
        posted++;
        if (posted % 64 == 0)
            usleep(100);
        assert_true(posted < 1000000);
    }
    /* asking fails at once, a fence waits, and writing goes on until memory is full */
    check_refused(kit);
    assert_int_equal(store_fence(kit->store, kit_set, &fenced), 0);
    while (!err) {
        struct store_outbox row = outbox_row();

        err = store_outbox_put(kit->store, &row);
        posted += !err;
    }
    assert_int_equal(err, ENOSPC);
    while ((err = store_event_delete(kit->store, "CON-1", 1, body)) == 0)
        ;
    assert_int_equal(err, ENOSPC);
    assert_int_equal(store_user_drop(kit->store, "USR-1"), 0); /* makes room */
    loop_run(kit->control);
    assert_false(fenced);
    assert_false(store_healthy(kit->store));

    limit_files(RLIM_INFINITY);
    wait_for_health(kit, true);
    kit_wait(kit, &fenced);
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_each_outbox(kit->store, check_in_order, &count), 0);
    assert_int_equal(count, posted);
}

static void closing_on_a_full_disk_ends(void **state)
{
    struct kit *kit = *state;

    signal(SIGXFSZ, SIG_IGN);
    kit_open(kit);
    limit_files(150000);
    while (store_healthy(kit->store)) {
        struct store_outbox row = outbox_row();

        assert_int_equal(store_outbox_put(kit->store, &row), 0);
        usleep(10);
    }
    kit_close(kit);
    limit_files(RLIM_INFINITY);
}

/* Files that are not ours. */

static void second_daemon_is_refused(void **state)
{
    struct kit *kit = *state;
    struct store *second = NULL;
    const char *reason = NULL;

    kit_open(kit);
    assert_int_equal(store_open(&second, kit->url, kit->control, &reason), EWOULDBLOCK);
    assert_non_null(strstr(reason, "in use by another offhookd"));
    assert_null(second);
}

static void bad_files_are_told(void **state)
{
    struct kit *kit = *state;
    struct store *store = NULL;
    const char *reason = NULL;
    char path[64];
    FILE *file;
    sqlite3 *db;

    assert_int_equal(store_open(&store, "sqlite:/none/such/s.db", kit->control, &reason), ENOENT);
    assert_string_equal(reason, "sqlite:/none/such/s.db: No such file or directory");
    assert_int_equal(store_open(&store, "mysql:x", kit->control, &reason), EINVAL);

    snprintf(path, sizeof path, "%s/s.db", kit->folder);
    file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        fputs("this is no database\n", file);
    fclose(file);
    assert_int_equal(store_open(&store, kit->url, kit->control, &reason), EIO);
    assert_non_null(strstr(reason, "file is not a database"));

    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open(&store, kit->url, kit->control, &reason), EINVAL);
    assert_non_null(strstr(reason, "newer version"));
}

static void a_bad_row_is_dropped_alone(void **state)
{
    struct kit *kit = *state;
    struct store_outbox good = outbox_row(), bad = good;
    int64_t count = 0;

    bad.url = NULL;
    kit_open(kit);
    assert_int_equal(store_outbox_put(kit->store, &good), 0);
    assert_int_equal(store_outbox_put(kit->store, &good), 0);
    assert_int_equal(store_outbox_put(kit->store, &bad), 0);
    kit_fence(kit);
    assert_true(store_healthy(kit->store));
    kit_close(kit);
    kit_open(kit);
    assert_int_equal(store_each_outbox(kit->store, check_in_order, &count), 0);
    assert_int_equal(count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_fenced_survives_kill), TEST(what_belongs_together_is_never_cut),
        TEST(full_disk_loses_nothing),       TEST(closing_on_a_full_disk_ends),
        TEST(second_daemon_is_refused),      TEST(bad_files_are_told),
        TEST(a_bad_row_is_dropped_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
