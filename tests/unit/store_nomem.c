/* store_nomem.c: each write and question once more with the n-th allocation failing, on
 * whatever thread, for every n: it is refused or it is done, and nothing stays. */
#include "store_kit.h"

#include <stdatomic.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_int countdown; /* 0 and less: none fails */
static atomic_int objects;   /* of JSON */

static bool fails(void)
{
    return atomic_load(&countdown) > 0 && atomic_fetch_sub(&countdown, 1) == 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

static void *take_json(size_t size)
{
    void *memory = __wrap_malloc(size);

    atomic_fetch_add(&objects, memory != NULL);
    return memory;
}

static void give_json(void *memory)
{
    atomic_fetch_sub(&objects, memory != NULL);
    free(memory);
}

static int ask_legs(struct store *store, struct kit_answer *answer)
{
    return store_ask_legs(store, &(struct store_legs_query){.id = "leg"}, kit_take, answer);
}

static int ask_users(struct store *store, struct kit_answer *answer)
{
    struct store_users_query query = {
        .application = "app", .page = {.cursor = true, .limit = 1, .back = true, .key = "x"}};

    return store_ask_users(store, &query, kit_take, answer);
}

static int ask_conversations(struct store *store, struct kit_answer *answer)
{
    struct store_conversations_query query = {.application = "app",
                                              .page = {.limit = 1, .offset = 1}};

    return store_ask_conversations(store, &query, kit_take, answer);
}

static int ask_members(struct store *store, struct kit_answer *answer)
{
    struct store_members_query query = {.conversation = "CON-1", .with_conversation = true};

    return store_ask_members(store, &query, kit_take, answer);
}

static int ask_events(struct store *store, struct kit_answer *answer)
{
    struct store_events_query query = {.conversation = "CON-1"};

    return store_ask_events(store, &query, kit_take, answer);
}

static int ask_log(struct store *store, struct kit_answer *answer)
{
    return store_ask_log(store, &(struct store_log_query){"app", 0, 10}, kit_take, answer);
}

static int ask_reply(struct store *store, struct kit_answer *answer)
{
    return store_ask_reply(store, &(struct store_reply_query){"app", "k"}, kit_take, answer);
}

static int prune(struct store *store, struct kit_answer *answer)
{
    return store_prune(store, &(struct store_prune_query){"app", 0}, kit_take, answer);
}

static const struct {
    int (*ask)(struct store *store, struct kit_answer *answer);
    size_t rows;
} questions[] = {
    {ask_legs, 1},   {ask_users, 1}, {ask_conversations, 1}, {ask_members, 1},
    {ask_events, 1}, {ask_log, 1},   {ask_reply, 1},         {prune, 0},
};

/* All that there is to write. Returns the first refusal. */
static int put_all(struct store *store)
{
    struct store_conversation conversation = {
        .id = "CON-1", .application = "app", .properties = "{}"};
    int err = store_conversation_put(store, &conversation);

    conversation.id = "CON-2";
    if (!err)
        err = store_conversation_put(store, &conversation);
    if (!err)
        err = store_user_put(store, &(struct store_user){"u", "app", "n", "d", "{}", false, 1});
    if (!err)
        err = store_member_put(store,
                               &(struct store_member){"m", "CON-1", "app", "u", "JOINED", "{}", 1});
    if (!err)
        err = store_event_put(
            store, &(struct store_event){"app", "CON-1", 1, "text", "m", "", "{}", false, 1});
    if (!err)
        err = store_leg_put(store, &(struct store_leg){.id = "leg", .application = "app"});
    if (!err)
        err = store_reply_put(store, &(struct store_reply){"app", "k", "f", 201, "{}", 1});
    if (!err)
        err = store_event_delete(store, "CON-1", 1, "{}");
    if (!err)
        err = store_number_drop(store, "1");
    return err;
}

/* False: the n-th allocation was never made. */
static bool ask_short_of(struct kit *kit, int n, size_t which)
{
    struct kit_answer answer = {0};
    bool reached;
    int err;

    atomic_store(&countdown, n);
    err = questions[which].ask(kit->store, &answer);
    if (err)
        assert_int_equal(err, ENOMEM);
    else
        kit_wait(kit, &answer.came);
    reached = atomic_load(&countdown) <= 0;
    atomic_store(&countdown, 0);
    if (!err && !answer.err)
        assert_int_equal(json_array_size(answer.rows), questions[which].rows);
    else if (!err)
        assert_null(answer.rows);
    if (!reached)
        assert_int_equal(err + answer.err, 0);
    json_decref(answer.rows);
    assert_int_equal(atomic_load(&objects), 0);
    return reached;
}

static void questions_are_answered_or_refused(void **state)
{
    struct kit *kit = *state;

    kit_open(kit);
    assert_int_equal(put_all(kit->store), 0);
    kit_fence(kit);
    for (size_t which = 0; which < sizeof questions / sizeof *questions; which++) {
        int n = 1;

        while (ask_short_of(kit, n, which))
            n++;
        assert_true(n > 3);
    }
}

static void writes_are_done_or_refused(void **state)
{
    struct kit *kit = *state;
    bool reached = true;

    kit_open(kit);
    for (int n = 1; reached; n++) {
        int err;

        kit_fence(kit);
        atomic_store(&countdown, n);
        err = put_all(kit->store);
        reached = atomic_load(&countdown) <= 0;
        atomic_store(&countdown, 0);
        assert_true(err == 0 || err == ENOMEM);
        assert_true(reached || !err);
        assert_true(store_healthy(kit->store));
    }
    assert_true(ask_short_of(kit, 1, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(questions_are_answered_or_refused),
        TEST(writes_are_done_or_refused),
    };

    json_set_alloc_funcs(take_json, give_json);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
