/* webhook_dead.c: servers that are gone cost little, and what is given up is not lost. */
#include "webhook_kit.h"

#include "webhook/inside.h"

struct asking_dead {
    bool came;
    json_t *rows;
};

static void take_rows(int err, json_t *rows, int64_t count, void *arg)
{
    (void)count;
    assert_int_equal(err, 0);
    *(struct asking_dead *)arg = (struct asking_dead){true, rows};
}

/* All dead of the application "app": decref. */
static json_t *dead_rows(struct kit *kit)
{
    struct store_dead_query query = {.application = "app"};
    struct asking_dead asking = {0};

    assert_int_equal(store_ask_dead(kit->store, &query, take_rows, &asking), 0);
    KIT_UNTIL(kit, asking.came);
    return asking.rows;
}

static size_t count_dead(struct kit *kit)
{
    json_t *rows = dead_rows(kit);
    size_t count = json_array_size(rows);

    json_decref(rows);
    return count;
}

static const char *text_in(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

struct replayed {
    bool came;
    int err;
};

static void take_replayed(int err, void *arg)
{
    *(struct replayed *)arg = (struct replayed){true, err};
}

static int replay(struct kit *kit, const char *application, int64_t seq)
{
    struct replayed replayed = {0};
    int err = webhook_replay(kit->webhook, application, seq, take_replayed, &replayed);

    if (err)
        return err;
    assert_false(replayed.came);
    KIT_UNTIL(kit, replayed.came);
    return replayed.err;
}

static void set_bad_path(struct server *server, const char *path)
{
    pthread_mutex_lock(&server->lock);
    server->bad_path = path;
    pthread_mutex_unlock(&server->lock);
}

static void what_is_given_up_is_kept_and_can_be_replayed(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    json_t *rows, *row;

    set_bad_path(server, "/bad");
    kit->conf.give_up = 300;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/bad", "a", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).given_up == 1);
    assert_int_equal(kit_counts(kit).waiting, 0);
    rows = dead_rows(kit);
    assert_int_equal(json_array_size(rows), 1);
    row = json_array_get(rows, 0);
    assert_string_equal(text_in(row, "lane"), "a");
    assert_string_equal(text_in(row, "body"), "{\"n\":1,\"lane\":\"a\"}");
    assert_string_equal(text_in(row, "method"), "POST");
    assert_non_null(strstr(text_in(row, "reason"), "HTTP 500"));
    assert_int_equal(json_integer_value(json_object_get(row, "attempts")), server_count(server));
    assert_int_equal(replay(kit, "another", 1), ENOENT);
    assert_int_equal(replay(kit, "app", 2), ENOENT);
    json_decref(rows);

    set_bad_path(server, NULL);
    assert_int_equal(replay(kit, "app", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, 1);
    assert_int_equal(kit_counts(kit).replayed, 1);
    assert_string_equal(server->asked[server->count - 1].body, "{\"n\":1,\"lane\":\"a\"}");
    assert_string_equal(server->asked[server->count - 1].path, "/bad");
    assert_int_equal(count_dead(kit), 0);
    assert_int_equal(replay(kit, "app", 1), ENOENT);
    server_free(server);
}

/* Who asks twice at once gets it once. */
static void a_webhook_is_replayed_once(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    struct replayed replayed = {0};

    set_bad_path(server, "/");
    kit->conf.give_up = 100;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/", "a", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).given_up == 1);
    set_bad_path(server, NULL);
    assert_int_equal(webhook_replay(kit->webhook, "app", 1, take_replayed, &replayed), 0);
    assert_int_equal(webhook_replay(kit->webhook, "app", 1, take_replayed, &replayed), EBUSY);
    KIT_UNTIL(kit, replayed.came);
    assert_int_equal(replayed.err, 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, 1);
    server_free(server);
}

static void a_replayed_webhook_goes_to_the_end_of_its_lane(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);

    set_bad_path(server, "/bad");
    kit->conf.give_up = 200;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/bad", "a", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).given_up == 1);
    set_bad_path(server, NULL);
    pthread_mutex_lock(&server->lock);
    server->hold = true;
    pthread_mutex_unlock(&server->lock);
    for (int n = 2; n <= 4; n++)
        assert_int_equal(kit_emit(kit, server, "/good", "a", n), 0);
    assert_int_equal(replay(kit, "app", 1), 0);
    server_release(server);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_string_equal(server->asked[server->count - 1].path, "/bad");
    assert_string_equal(server->asked[server->count - 2].body, "{\"n\":4,\"lane\":\"a\"}");
    server_free(server);
}

/* A replay that a run did not live to see is still dead, or waits: never both, never lost. */
static void a_replay_outlives_a_stop(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    struct replayed replayed = {0};

    set_bad_path(server, "/");
    kit->conf.give_up = 100;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/", "a", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).given_up == 1);
    assert_int_equal(webhook_replay(kit->webhook, "app", 1, take_replayed, &replayed), 0);
    kit_stop(kit);
    assert_true(replayed.came);
    assert_int_equal(replayed.err, ECANCELED);
    set_bad_path(server, NULL);
    kit_start(kit);
    assert_int_equal(count_dead(kit), 1);
    assert_int_equal(replay(kit, "app", 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(count_dead(kit), 0);
    server_free(server);
}

/* Tries of a dead server come in rounds, however many lanes wait for it. */
static void a_dead_server_costs_the_same_for_many_lanes(void **state)
{
    enum { LANES = 600, ROUNDS = 3, SHORTEST = FIRST_RETRY * 3 / 4 /* [ms] of a pause */ };
    struct kit *kit = *state;
    struct server *gone = server_start(kit_fine, 1);
    int64_t start = clock_mono_ms();
    uint64_t first;
    char lane[32];

    server_close(gone);
    kit_start(kit);
    for (int i = 0; i < LANES; i++) {
        snprintf(lane, sizeof lane, "lane-%d", i);
        assert_int_equal(kit_emit(kit, gone, "/", lane, 1), 0);
    }
    KIT_UNTIL(kit, kit->webhook->destinations->dead);
    first = kit_counts(kit).failed_tries;
    KIT_UNTIL(kit, kit_counts(kit).failed_tries >= first + ROUNDS * PROBES);
    /* nobody knows that it is dead while the first ones are under way */
    assert_true((int64_t)kit_counts(kit).failed_tries <=
                2 * LANES_AT_ONCE + PROBES * ((clock_mono_ms() - start) / SHORTEST + 1));
    server_listen(gone);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, LANES);
    server_free(gone);
}

static void take_nothing(json_t *ncco, const char *reason, void *arg)
{
    (void)reason;
    json_decref(ncco);
    *(bool *)arg = true;
}

/* A question that is answered tells that the server is back. */
static void an_answer_lets_the_lanes_of_a_dead_server_go(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    char url[128];
    struct webhook_question question = {
        .type = "event", .url = url, .trusted = true, .connect_timeout = 5000, .timeout = 20000};
    bool came = false;

    server_close(server);
    kit_start(kit);
    for (int n = 1; n <= 3; n++)
        assert_int_equal(kit_emit(kit, server, "/", n == 1 ? "a" : n == 2 ? "b" : "c", n), 0);
    KIT_UNTIL(kit, kit->webhook->destinations && kit->webhook->destinations->dead);
    server_listen(server);
    /* no round comes any more */
    loop_cancel(kit->control, &kit->webhook->destinations->timer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ask", server->port);
    question.fields = json_object();
    assert_int_equal(webhook_ask(kit->webhook, &question, take_nothing, &came), 0);
    json_decref(question.fields);
    KIT_UNTIL(kit, came && kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, 3);
    server_free(server);
}

/* "Later" is said for all: the lanes of such a server wait together too. */
static void a_server_that_says_later_is_dead_for_a_while(void **state)
{
    enum { LANES = 200 };
    static const struct canned replies[] = {{503, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(replies, 1);
    int64_t start = clock_mono_ms();
    char lane[32];

    kit->conf.lanes_at_once = 8;
    kit_start(kit);
    for (int i = 0; i < LANES; i++) {
        snprintf(lane, sizeof lane, "lane-%d", i);
        assert_int_equal(kit_emit(kit, server, "/", lane, 1), 0);
    }
    KIT_UNTIL(kit, kit_counts(kit).failed_tries >= 8 + 2 * PROBES);
    assert_true((int64_t)kit_counts(kit).failed_tries <=
                2 * 8 + PROBES * ((clock_mono_ms() - start) / (FIRST_RETRY * 3 / 4) + 1));
    pthread_mutex_lock(&server->lock);
    server->replies = kit_fine;
    pthread_mutex_unlock(&server->lock);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, LANES);
    server_free(server);
}

/* Most of these lanes were never tried. */
static void lanes_of_a_dead_server_are_given_up_in_time(void **state)
{
    enum { LANES = 600 }; /* more than go in one turn of the loop */
    struct kit *kit = *state;
    struct server *gone = server_start(kit_fine, 1);
    char lane[32];

    server_close(gone);
    kit->conf.give_up = 700;
    kit->conf.lanes_at_once = 4;
    kit_start(kit);
    for (int n = 1; n <= 2; n++) {
        for (int i = 0; i < LANES; i++) {
            snprintf(lane, sizeof lane, "lane-%d", i);
            assert_int_equal(kit_emit(kit, gone, "/", lane, n), 0);
        }
    }
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).given_up, 2 * LANES);
    assert_int_equal(kit_counts(kit).held, 0);
    assert_int_equal(count_dead(kit), 2 * LANES);
    server_free(gone);
}

static unsigned give_up(struct kit *kit, const char *application, const char *lane, const char *url)
{
    unsigned count = 0;
    bool more = true;

    while (more)
        count += webhook_give_up(kit->webhook, application, lane, url, &more);
    return count;
}

static void what_nobody_wants_is_given_up_on_request(void **state)
{
    struct kit *kit = *state;
    struct server *rude = server_start(kit_fine, 1), *gone = server_start(kit_fine, 1);
    char url[128];

    set_bad_path(rude, "/bad");
    server_close(gone);
    kit_start(kit);
    for (int n = 1; n <= 3; n++) {
        assert_int_equal(kit_emit(kit, rude, "/bad", "a", n), 0);
        assert_int_equal(kit_emit(kit, rude, "/bad", "b", n), 0);
        assert_int_equal(kit_emit(kit, gone, "/", "c", n), 0);
    }
    KIT_UNTIL(kit, kit_counts(kit).failed_tries >= 6);
    assert_int_equal(give_up(kit, "another", NULL, NULL), 0);
    assert_int_equal(give_up(kit, "app", "z", NULL), 0);
    assert_true(give_up(kit, "app", "a", NULL) >= 1);
    KIT_UNTIL(kit, kit_counts(kit).given_up >= 1);
    while (kit_counts(kit).given_up < 3) { /* one that was under way took two requests */
        give_up(kit, "app", "a", NULL);
        loop_wait(kit->control, 20);
    }
    assert_int_equal(kit_counts(kit).waiting, 6);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/any?x", gone->port);
    while (kit_counts(kit).given_up < 6) {
        give_up(kit, "app", NULL, url);
        loop_wait(kit->control, 20);
    }
    assert_int_equal(kit_counts(kit).waiting, 3);
    assert_int_equal(count_dead(kit), 6);
    set_bad_path(rude, NULL);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).delivered, 3);
    server_free(rude);
    server_free(gone);
}

/* Of very many some go at a time; what is under way is not among them. */
static void many_are_given_up_by_and_by(void **state)
{
    enum { LANES = 30, EVENTS = 40 };
    struct kit *kit = *state;
    struct server *gone = server_start(kit_fine, 1);
    char lane[32];
    bool more = false;
    unsigned count;

    server_close(gone);
    kit->conf.lanes_at_once = 4;
    kit_start(kit);
    for (int n = 1; n <= EVENTS; n++) {
        for (int i = 0; i < LANES; i++) {
            snprintf(lane, sizeof lane, "lane-%d", i);
            assert_int_equal(kit_emit(kit, gone, "/", lane, n), 0);
        }
    }
    /* what is not durable yet is not given up */
    KIT_UNTIL(kit, kit->webhook->destinations->dead && kit->webhook->destinations->busy == 0 &&
                       atomic_load(&kit->webhook->committed) >= LANES * EVENTS);
    loop_cancel(kit->control, &kit->webhook->destinations->timer);
    count = webhook_give_up(kit->webhook, "app", NULL, NULL, &more);
    assert_true(more);
    assert_true(count < LANES * EVENTS / 2);
    KIT_UNTIL(kit, give_up(kit, "app", NULL, NULL) == 0);
    assert_int_equal(kit_counts(kit).given_up, LANES * EVENTS);
    assert_int_equal(kit_counts(kit).waiting, 0);
    assert_int_equal(count_dead(kit), LANES * EVENTS);
    server_free(gone);
}

static void an_event_may_have_limits_of_its_own(void **state)
{
    struct kit *kit = *state;
    struct server *slow = server_start(kit_fine, 1);
    char url[128];
    struct webhook_event event = {
        .application = "app", .lane = "a", .url = url, .trusted = true, .timeout = 150};

    slow->hold = true;
    kit_start(kit);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", slow->port);
    event.fields = json_object();
    assert_int_equal(webhook_emit(kit->webhook, &event), 0);
    json_decref(event.fields);
    /* that of all is 20 s */
    KIT_UNTIL(kit, kit_counts(kit).failed_tries == 1);
    kit_stop(kit);
    kit_start(kit); /* it is in the outbox too */
    KIT_UNTIL(kit, kit_counts(kit).failed_tries == 1);
    server_release(slow);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    server_free(slow);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_given_up_is_kept_and_can_be_replayed),
        TEST(a_webhook_is_replayed_once),
        TEST(a_replayed_webhook_goes_to_the_end_of_its_lane),
        TEST(a_replay_outlives_a_stop),
        TEST(a_dead_server_costs_the_same_for_many_lanes),
        TEST(an_answer_lets_the_lanes_of_a_dead_server_go),
        TEST(a_server_that_says_later_is_dead_for_a_while),
        TEST(lanes_of_a_dead_server_are_given_up_in_time),
        TEST(what_nobody_wants_is_given_up_on_request),
        TEST(many_are_given_up_by_and_by),
        TEST(an_event_may_have_limits_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
