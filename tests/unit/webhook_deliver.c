/* webhook_deliver.c: events arrive: in order, at least once, whatever the server does. */
#include "webhook_kit.h"

#include "http/jwt.h"
#include "webhook/inside.h"

#include <signal.h>
#include <sys/resource.h>

static int n_of(const struct asked *asked)
{
    json_t *body = json_loads(asked->body, 0, NULL);
    int n = body ? (int)json_integer_value(json_object_get(body, "n")) : -1;

    json_decref(body);
    return n;
}

/* Each lane's numbers must come as 1, 2, 3 …, a repetition of the last one allowed. */
static void check_order(struct server *server, const char *lane, int count)
{
    char mark[64];
    int last = 0;

    snprintf(mark, sizeof mark, "\"lane\":\"%s\"", lane);
    for (unsigned i = 0; i < server->count; i++) {
        int n;

        if (!strstr(server->asked[i].body, mark))
            continue;
        n = n_of(&server->asked[i]);
        if (n != last && n != last + 1)
            fail_msg("lane %s: %d after %d", lane, n, last);
        last = n;
    }
    assert_int_equal(last, count);
}

static void count_rows(const struct store_outbox *row, void *arg)
{
    (void)row;
    ++*(int *)arg;
}

static void check_outbox_is_empty(struct kit *kit)
{
    const char *reason;
    int rows = 0;

    kit_stop(kit);
    assert_int_equal(store_open(&kit->store, kit->store_url, kit->control, &reason), 0);
    assert_int_equal(store_each_outbox(kit->store, count_rows, &rows), 0);
    assert_int_equal(rows, 0);
}

static void events_of_a_lane_arrive_in_order(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);

    kit_start(kit);
    for (int n = 1; n <= 100; n++) {
        assert_int_equal(kit_emit(kit, server, "/event", "a", n), 0);
        assert_int_equal(kit_emit(kit, server, "/event", "b", n), 0);
    }
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).emitted, 200);
    assert_int_equal(kit_counts(kit).delivered, 200);
    assert_int_equal(kit_counts(kit).held, 0);
    assert_int_equal(server->count, 200);
    check_order(server, "a", 100);
    check_order(server, "b", 100);
    assert_string_equal(server->asked[0].method, "POST");
    assert_string_equal(server->asked[0].path, "/event");
    assert_string_equal(server->asked[0].content_type, "application/json");
    assert_string_equal(server->asked[0].authorization, "");
    assert_string_equal(server->asked[0].body, "{\"n\":1,\"lane\":\"a\"}");
    check_outbox_is_empty(kit);
    server_free(server);
}

static void get_puts_fields_in_the_query(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    char url[128];
    struct webhook_event event = {
        .application = "app", .lane = "a", .url = url, .method = "GET", .trusted = true};

    kit_start(kit);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/event?key=1#end", server->port);
    event.fields = json_pack("{s:s, s:s, s:n, s:i, s:{s:s}}", "to", "1 555&", "from", "h\u00e9",
                             "rate", "n", 5, "dtmf", "digits", "1#");
    assert_int_equal(webhook_emit(kit->webhook, &event), 0);
    json_decref(event.fields);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_string_equal(server->asked[0].method, "GET");
    assert_string_equal(server->asked[0].query, "key=1&to=1%20555%26&from=h%C3%A9&rate=null&n=5&"
                                                "dtmf=%7B%22digits%22%3A%221%23%22%7D");
    assert_string_equal(server->asked[0].body, "");
    server_free(server);
}

static void token_is_that_of_the_known_vector(void **state)
{
    const char *secret = "not-a-real-secret-0123456789";
    const char *body = "{\"status\":\"started\",\"uuid\":\"5d41402a-bc4b-4a76-b971-9d911017c592\"}";
    struct jwt_key *key;
    char *token;

    (void)state;
    assert_int_equal(jwt_key_secret(&key, secret, strlen(secret)), 0);
    token = request_token(key, "abcd1234", "7c9e6679-7425-40de-944b-e07fc1f90ae7", body, 1709634019,
                          "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5");
    assert_string_equal(
        token, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
               "eyJpYXQiOjE3MDk2MzQwMTksImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFi"
               "NSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjkxNTM1ZThkNWMwZjQ4M2YxOTJmMGNkZmU1"
               "ZDNkZDBjZTViNTgzMTVkOTFkMzI0MzkxYzhhOWY0YWI1ZTY1MzEiLCJhcGlfa2V5IjoiYWJjZDEyMzQi"
               "LCJhcHBsaWNhdGlvbl9pZCI6IjdjOWU2Njc5LTc0MjUtNDBkZS05NDRiLWUwN2ZjMWY5MGFlNyJ9."
               "46wPoAMiW1QF2cBLT9FaPrYie-a-ES9S96L6AE1rxFs");
    mem_unref(token);
    mem_unref(key);
}

static void signed_events_carry_a_token_of_their_body(void **state)
{
    static const struct canned replies[] = {{500, NULL, NULL}, {200, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(replies, 2);
    char url[128];
    struct webhook_event event = {.application = "app-1",
                                  .lane = "a",
                                  .url = url,
                                  .trusted = true,
                                  .is_signed = true,
                                  .fields = json_object()};
    struct jwt_key *key;
    json_t *claims = NULL;

    kit->conf.signature_secret = "hush-hush";
    kit->conf.api_key = "abcd1234";
    kit_start(kit);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server->port);
    assert_int_equal(webhook_emit(kit->webhook, &event), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(server->count, 2);
    assert_int_equal(jwt_key_secret(&key, "hush-hush", 9), 0);
    for (int i = 0; i < 2; i++) {
        const char *bearer = server->asked[i].authorization;

        assert_int_equal(strncmp(bearer, "Bearer ", 7), 0);
        assert_int_equal(jwt_verify(key, bearer + 7, clock_wall_ms() / 1000, &claims), JWT_OK);
        assert_string_equal(json_string_value(json_object_get(claims, "payload_hash")),
                            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_string_equal(json_string_value(json_object_get(claims, "application_id")), "app-1");
        assert_string_equal(json_string_value(json_object_get(claims, "api_key")), "abcd1234");
        json_decref(claims);
    }
    mem_unref(key);
    json_decref(event.fields);
    server_free(server);
}

static void refused_events_are_tried_again_with_the_same_bytes(void **state)
{
    static const struct canned replies[] = {{500, "text/html", "<html>no</html>"},
                                            {404, NULL, NULL},
                                            {302, NULL, NULL},
                                            {205, NULL, NULL}};
    struct kit *kit = *state;
    struct server *server = server_start(replies, 4);

    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/", "a", 1), 0);
    assert_int_equal(kit_emit(kit, server, "/", "a", 2), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).failed_tries, 3);
    assert_int_equal(server->count, 5);
    for (int i = 0; i < 4; i++)
        assert_string_equal(server->asked[i].body, "{\"n\":1,\"lane\":\"a\"}");
    assert_int_equal(n_of(&server->asked[4]), 2);
    server_free(server);
}

/* One server is not there, one never answers, one refuses one lane; the fourth is fine. */
static void a_dead_server_blocks_its_own_lanes_only(void **state)
{
    struct kit *kit = *state;
    struct server *gone = server_start(kit_fine, 1), *mute = server_start(kit_fine, 1);
    struct server *rude = server_start(kit_fine, 1), *fine = server_start(kit_fine, 1);
    char lane[32];

    server_close(gone);
    mute->hold = true;
    rude->bad_path = "/bad";
    kit->conf.lanes_at_once = 8;
    kit_start(kit);
    for (int n = 1; n <= 5; n++) {
        for (int i = 0; i < 40; i++) {
            snprintf(lane, sizeof lane, "gone-%d", i);
            assert_int_equal(kit_emit(kit, gone, "/", lane, n), 0);
            snprintf(lane, sizeof lane, "mute-%d", i);
            assert_int_equal(kit_emit(kit, mute, "/", lane, n), 0);
        }
        assert_int_equal(kit_emit(kit, rude, "/bad", "bad", n), 0);
        assert_int_equal(kit_emit(kit, rude, "/good", "good", n), 0);
        assert_int_equal(kit_emit(kit, fine, "/", "fine", n), 0);
    }
    KIT_UNTIL(kit, server_count(fine) == 5 && kit_counts(kit).delivered >= 10);
    check_order(fine, "fine", 5);
    KIT_UNTIL(kit, server_count(mute) == 8); /* as many as may be busy */
    assert_int_equal(kit_counts(kit).delivered, 10);

    server_listen(gone);
    server_release(mute);
    pthread_mutex_lock(&rude->lock);
    rude->bad_path = NULL;
    pthread_mutex_unlock(&rude->lock);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    for (int i = 0; i < 40; i++) {
        snprintf(lane, sizeof lane, "gone-%d", i);
        check_order(gone, lane, 5);
        snprintf(lane, sizeof lane, "mute-%d", i);
        check_order(mute, lane, 5);
    }
    check_order(rude, "good", 5);
    check_order(rude, "bad", 5);
    check_outbox_is_empty(kit);
    server_free(gone);
    server_free(mute);
    server_free(rude);
    server_free(fine);
}

static void what_was_not_delivered_goes_on_at_the_next_start(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);

    server_close(server);
    kit_start(kit);
    for (int n = 1; n <= 30; n++) {
        assert_int_equal(kit_emit(kit, server, "/", "a", n), 0);
        assert_int_equal(kit_emit(kit, server, "/", n % 2 ? "odd" : "even", (n + 1) / 2), 0);
    }
    KIT_UNTIL(kit, kit_counts(kit).failed_tries >= 3);
    kit_stop(kit);
    server_listen(server);
    kit_start(kit);
    assert_int_equal(kit_counts(kit).waiting, 60);
    assert_int_equal(kit_emit(kit, server, "/", "a", 31), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    check_order(server, "a", 31);
    check_order(server, "odd", 15);
    check_order(server, "even", 15);
    check_outbox_is_empty(kit);
    server_free(server);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_is_not_durable_is_not_sent(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    int sent = 0;
    unsigned before;

    signal(SIGXFSZ, SIG_IGN);
    kit_start(kit);
    limit_files(150000);
    while (store_healthy(kit->store)) {
        assert_int_equal(kit_emit(kit, server, "/", "a", ++sent), 0);
        loop_run(kit->control);
        usleep(200);
    }
    /* events that were durable before may still arrive; those from here on may not */
    for (int i = 0; i < 5; i++)
        assert_int_equal(kit_emit(kit, server, "/", "late", i + 1), 0);
    KIT_UNTIL(kit, kit_counts(kit).emitted == (uint64_t)sent + 5);
    do {
        before = server_count(server);
        for (int i = 0; i < 20; i++)
            loop_wait(kit->control, 20);
    } while (server_count(server) != before);
    check_order(server, "late", 0);
    assert_false(store_healthy(kit->store));
    limit_files(RLIM_INFINITY);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    check_order(server, "a", sent);
    check_order(server, "late", 5);
    server_free(server);
}

static void an_event_too_old_is_given_up_alone(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);

    server->bad_path = "/bad";
    kit->conf.give_up = 600;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/bad", "a", 1), 0);
    assert_int_equal(kit_emit(kit, server, "/good", "a", 2), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).given_up, 1);
    assert_int_equal(kit_counts(kit).delivered, 1);
    assert_string_equal(server->asked[server->count - 1].path, "/good");
    check_outbox_is_empty(kit);
    server_free(server);
}

static void addresses_that_are_not_allowed_get_nothing(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    char url[128];
    struct webhook_event event = {.lane = "a", .url = url, .fields = json_object()};

    kit_start(kit);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server->port);
    assert_int_equal(webhook_emit(kit->webhook, &event), 0);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).given_up, 1);
    event.url = "ftp://x/";
    assert_int_equal(webhook_emit(kit->webhook, &event), EINVAL);
    assert_int_equal(server->count, 0);
    json_decref(event.fields);
    server_free(server);
}

/* A backlog far beyond what is kept in memory is delivered whole all the same. */
static void a_huge_backlog_stays_on_disk(void **state)
{
    enum { EVENTS = 2400, SIZE = 20000, LANES = 20 };
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    char url[128], lane[32], *filler = calloc(1, SIZE + 1);
    struct webhook_event event = {.lane = lane, .url = url, .trusted = true};

    memset(filler, 'x', SIZE);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server->port);
    server_close(server);
    kit_start(kit);
    for (int i = 0; i < EVENTS; i++) {
        snprintf(lane, sizeof lane, "lane-%d", i % LANES);
        event.fields =
            json_pack("{s:i, s:s, s:s}", "n", i / LANES + 1, "lane", lane, "filler", filler);
        while (webhook_emit(kit->webhook, &event) == ENOSPC)
            loop_wait(kit->control, 1);
        json_decref(event.fields);
    }
    assert_true(kit_counts(kit).held <= HELD + SIZE + 1000);
    assert_true(kit_counts(kit).held >= HELD / 2);
    server_listen(server);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    assert_int_equal(kit_counts(kit).held, 0);
    for (int i = 0; i < LANES; i++) {
        snprintf(lane, sizeof lane, "lane-%d", i);
        check_order(server, lane, EVENTS / LANES);
    }
    assert_int_equal(strlen(server->asked[server->count - 1].body) > SIZE, 1);
    free(filler);
    server_free(server);
}

/* The same at a start: more rows than memory may hold. */
static void a_huge_backlog_is_resumed(void **state)
{
    enum { EVENTS = 2000, SIZE = 20000 };
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    char lane[32], url[64], *body = NULL;
    const char *reason;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server->port);
    assert_int_equal(store_open(&kit->store, kit->store_url, kit->control, &reason), 0);
    for (int i = 0; i < EVENTS; i++) {
        struct store_outbox row = {.lane = lane,
                                   .url = url,
                                   .method = "POST",
                                   .trusted = true,
                                   .created = clock_wall_ms()};

        snprintf(lane, sizeof lane, "lane-%d", i % 10);
        assert_true(asprintf(&body, "{\"n\":%d,\"lane\":\"%s\",\"filler\":\"%0*d\"}", i / 10 + 1,
                             lane, SIZE, 0) > 0);
        row.body = body;
        while (store_outbox_put(kit->store, &row) == ENOSPC)
            usleep(1000);
        free(body);
    }
    store_close(kit->store);
    kit_start(kit);
    assert_int_equal(kit_counts(kit).waiting, EVENTS);
    assert_true(kit_counts(kit).held <= HELD + SIZE + 1000);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    for (int i = 0; i < 10; i++) {
        snprintf(lane, sizeof lane, "lane-%d", i);
        check_order(server, lane, EVENTS / 10);
    }
    server_free(server);
}

static void who_waits_for_a_lane_is_called_once(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    bool idle = false, told = false, patient = false;
    int64_t start;

    server->hold = true;
    kit_start(kit);
    assert_int_equal(webhook_when_told(kit->webhook, "none", 20000, kit_set, &idle), 0);
    assert_false(idle);
    KIT_UNTIL(kit, idle);

    assert_int_equal(kit_emit(kit, server, "/", "a", 1), 0);
    assert_int_equal(kit_emit(kit, server, "/", "a", 2), 0);
    assert_int_equal(webhook_when_told(kit->webhook, "a", 20000, kit_set, &told), 0);
    start = clock_mono_ms();
    assert_int_equal(webhook_when_told(kit->webhook, "a", 100, kit_set, &patient), 0);
    KIT_UNTIL(kit, patient);
    assert_true(clock_mono_ms() - start >= 99);
    assert_false(told);
    assert_int_equal(kit_emit(kit, server, "/", "a", 3), 0);
    server_release(server);
    KIT_UNTIL(kit, told);
    assert_true(kit_counts(kit).delivered >= 2);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    server_free(server);
}

static void stopping_calls_who_waits_and_keeps_what_is_under_way(void **state)
{
    struct kit *kit = *state;
    struct server *server = server_start(kit_fine, 1);
    bool told = false;

    server->hold = true;
    kit_start(kit);
    assert_int_equal(kit_emit(kit, server, "/", "a", 1), 0);
    KIT_UNTIL(kit, server_count(server) == 1);
    assert_int_equal(webhook_when_told(kit->webhook, "a", 20000, kit_set, &told), 0);
    kit_stop(kit);
    assert_true(told);
    server_release(server);
    kit_start(kit);
    KIT_UNTIL(kit, kit_counts(kit).waiting == 0);
    check_order(server, "a", 1);
    server_free(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_of_a_lane_arrive_in_order),
        TEST(get_puts_fields_in_the_query),
        TEST(token_is_that_of_the_known_vector),
        TEST(signed_events_carry_a_token_of_their_body),
        TEST(refused_events_are_tried_again_with_the_same_bytes),
        TEST(a_dead_server_blocks_its_own_lanes_only),
        TEST(what_was_not_delivered_goes_on_at_the_next_start),
        TEST(what_is_not_durable_is_not_sent),
        TEST(an_event_too_old_is_given_up_alone),
        TEST(addresses_that_are_not_allowed_get_nothing),
        TEST(a_huge_backlog_stays_on_disk),
        TEST(a_huge_backlog_is_resumed),
        TEST(who_waits_for_a_lane_is_called_once),
        TEST(stopping_calls_who_waits_and_keeps_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
