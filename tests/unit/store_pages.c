/* store_pages.c: pages against a model: each kind of rows is walked in both directions by
 * cursor and by number, while rows go and others come. */
#include "store_kit.h"

enum { ROWS = 1000, ROWS_MOST = 1200, PAGE = 7 };

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"

/* A kind of rows. Row i has the i-th id; other applications' rows lie between. */
struct noun {
    const char *prefix;
    int (*put)(struct kit *kit, const char *id, const char *other, int i);
    int (*drop)(struct kit *kit, const char *id, int i); /* out of what the question matches */
    int (*ask)(struct kit *kit, const struct store_page *page, struct kit_answer *answer);
};

static struct {
    bool is_there[ROWS_MOST];
    int count; /* rows ever put */
    char ids[ROWS_MOST][48];
} model;

static unsigned dice(unsigned sides)
{
    static unsigned state = 12345;

    state = state * 1103515245u + 12345u;
    return (state >> 16) % sides;
}

static int put_conversation(struct kit *kit, const char *id, const char *other, int i)
{
    struct store_conversation row = {.id = id, .application = APP, .state = "ACTIVE", .created = i};
    int err = store_conversation_put(kit->store, &row);

    row.id = other;
    row.application = "other";
    return err ? err : store_conversation_put(kit->store, &row);
}

static int drop_conversation(struct kit *kit, const char *id, int i)
{
    (void)i;
    return store_conversation_drop(kit->store, id);
}

static int ask_conversations(struct kit *kit, const struct store_page *page,
                             struct kit_answer *answer)
{
    struct store_conversations_query query = {.application = APP, .page = *page};

    return store_ask_conversations(kit->store, &query, kit_take, answer);
}

static int put_user(struct kit *kit, const char *id, const char *other, int i)
{
    struct store_user row = {.id = id, .application = APP, .name = id, .data = "{}", .created = i};
    int err = store_user_put(kit->store, &row);

    row.id = other;
    row.system = true;
    return err ? err : store_user_put(kit->store, &row);
}

static int drop_user(struct kit *kit, const char *id, int i)
{
    (void)i;
    return store_user_drop(kit->store, id);
}

static int ask_users(struct kit *kit, const struct store_page *page, struct kit_answer *answer)
{
    struct store_users_query query = {.application = APP, .page = *page};

    return store_ask_users(kit->store, &query, kit_take, answer);
}

static int put_member(struct kit *kit, const char *id, const char *other, int i)
{
    struct store_member row = {.id = id,
                               .conversation = "CON-1",
                               .application = APP,
                               .user = "USR-1",
                               .state = "JOINED",
                               .data = "{}",
                               .created = i};
    int err = store_member_put(kit->store, &row);

    row.id = other;
    row.conversation = "CON-2";
    return err ? err : store_member_put(kit->store, &row);
}

static int drop_member(struct kit *kit, const char *id, int i)
{
    struct store_member row = {.id = id,
                               .conversation = "CON-1",
                               .application = APP,
                               .user = "USR-1",
                               .state = "LEFT",
                               .created = i};

    return store_member_put(kit->store, &row);
}

static int ask_members(struct kit *kit, const struct store_page *page, struct kit_answer *answer)
{
    struct store_members_query query = {
        .application = APP, .conversation = "CON-1", .state = "JOINED", .page = *page};

    return store_ask_members(kit->store, &query, kit_take, answer);
}

static int put_leg(struct kit *kit, const char *id, const char *other, int i)
{
    struct store_leg row = {
        .id = id, .application = APP, .created = i + 1, .end = i + 1, .live = true};
    int err = store_leg_put(kit->store, &row);

    row.id = other;
    row.application = "other";
    return err ? err : store_leg_put(kit->store, &row);
}

static int drop_leg(struct kit *kit, const char *id, int i)
{
    struct store_leg row = {.id = id, .application = APP, .created = i + 1, .end = i + 1};
    struct store_prune_query query = {.application = APP, .before = i + 2};
    struct kit_answer answer = {0};
    int err = store_leg_put(kit->store, &row);

    if (!err)
        err = store_prune(kit->store, &query, kit_take, &answer);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(answer.count, 1);
    json_decref(answer.rows);
    return err;
}

static int ask_legs(struct kit *kit, const struct store_page *page, struct kit_answer *answer)
{
    struct store_legs_query query = {.application = APP, .page = *page};

    return store_ask_legs(kit->store, &query, kit_take, answer);
}

static int put_event(struct kit *kit, const char *id, const char *other, int i)
{
    struct store_event row = {.application = APP,
                              .conversation = "CON-1",
                              .id = strtoll(id, NULL, 10),
                              .type = "text",
                              .body = "{}",
                              .timestamp = i};
    int err = store_event_put(kit->store, &row);

    row.conversation = "CON-2";
    row.id = strtoll(other, NULL, 10);
    return err ? err : store_event_put(kit->store, &row);
}

static int drop_event(struct kit *kit, const char *id, int i)
{
    (void)i;
    return store_event_delete(kit->store, "CON-1", strtoll(id, NULL, 10), "{}");
}

static int ask_events(struct kit *kit, const struct store_page *page, struct kit_answer *answer)
{
    struct store_events_query query = {
        .application = APP, .conversation = "CON-1", .exclude_deleted = true, .page = *page};

    return store_ask_events(kit->store, &query, kit_take, answer);
}

static const struct noun nouns[] = {
    {"CON-", put_conversation, drop_conversation, ask_conversations},
    {"USR-", put_user, drop_user, ask_users},
    {"MEM-", put_member, drop_member, ask_members},
    {"", put_leg, drop_leg, ask_legs},
    {NULL, put_event, drop_event, ask_events}, /* numbers: 9 comes before 10 */
};

/* The model: what the page is to be. */

static void add_row(struct kit *kit, const struct noun *noun)
{
    int i = model.count++;
    char other[48];

    if (noun->prefix) {
        sprintf(model.ids[i], "%s01234567-89ab-7cde-8f01-%012d", noun->prefix, 2 * i);
        sprintf(other, "%s01234567-89ab-7cde-8f01-%012d", noun->prefix, 2 * i + 1);
    } else {
        sprintf(model.ids[i], "%d", i + 1);
        sprintf(other, "%d", i + 1);
    }
    model.is_there[i] = true;
    assert_int_equal(noun->put(kit, model.ids[i], other, i), 0);
}

static void drop_row(struct kit *kit, const struct noun *noun, int i)
{
    if (!model.is_there[i])
        return;
    model.is_there[i] = false;
    assert_int_equal(noun->drop(kit, model.ids[i], i), 0);
}

/* Whether there is a row from i on, step by step. */
static bool is_any(int i, int step)
{
    for (; i >= 0 && i < model.count; i += step) {
        if (model.is_there[i])
            return true;
    }
    return false;
}

/* The rows of the page in the order of the walk. Returns how many. key: -1: none. */
static int expect(const struct store_page *page, int key, int rows[PAGE], int64_t *more)
{
    int step = page->descending != page->back ? -1 : 1, count = 0;
    int i = key >= 0 ? key + step : step > 0 ? 0 : model.count - 1;
    bool ahead, behind = key >= 0 && is_any(key, -step);

    for (; count < page->limit && i >= 0 && i < model.count; i += step) {
        if (model.is_there[i])
            rows[count++] = i;
    }
    ahead = is_any(i, step);
    *more = page->back ? ahead * STORE_PREV + behind * STORE_NEXT
                       : ahead * STORE_NEXT + behind * STORE_PREV;
    return count;
}

static int id_at(const json_t *rows, size_t i)
{
    const json_t *id = json_object_get(json_array_get(rows, i), "id");
    char text[48];

    if (json_is_string(id))
        strcpy(text, json_string_value(id));
    else
        sprintf(text, "%lld", (long long)json_integer_value(id));
    for (int n = 0; n < model.count; n++) {
        if (!strcmp(model.ids[n], text))
            return n;
    }
    fail_msg("no row of ours: %s", text);
    return -1;
}

/* Asks for the page and compares. Returns the row the next one starts from; -1: at the end. */
static int check_page(struct kit *kit, const struct noun *noun, struct store_page page, int key,
                      bool *goes_on)
{
    struct kit_answer answer = {0};
    int rows[PAGE], count, last;
    int64_t more;

    page.key = key >= 0 ? model.ids[key] : NULL;
    count = expect(&page, key, rows, &more);
    assert_int_equal(noun->ask(kit, &page, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(json_array_size(answer.rows), count);
    assert_int_equal(answer.count, more);
    for (int i = 0; i < count; i++)
        assert_int_equal(id_at(answer.rows, (size_t)(page.back ? count - 1 - i : i)), rows[i]);
    *goes_on = more & (page.back ? STORE_PREV : STORE_NEXT);
    last = count ? rows[count - 1] : key;
    json_decref(answer.rows);
    return last;
}

static void walk(struct kit *kit, const struct noun *noun, bool descending, bool back, bool stirred)
{
    struct store_page page = {
        .descending = descending, .back = back, .limit = PAGE, .cursor = true};
    bool goes_on = true;
    int key = -1;

    while (goes_on) {
        key = check_page(kit, noun, page, key, &goes_on);
        if (!stirred)
            continue;
        if (dice(2) && key >= 0)
            drop_row(kit, noun, key);
        drop_row(kit, noun, (int)dice((unsigned)model.count));
        if (model.count < ROWS_MOST && dice(3) == 0) {
            add_row(kit, noun);
            goes_on = true; /* it may have come behind the last page */
        }
    }
}

static void check_numbers(struct kit *kit, const struct noun *noun, bool descending)
{
    int there = 0, rows[ROWS_MOST];

    for (int i = 0; i < model.count; i++) {
        if (model.is_there[descending ? model.count - 1 - i : i])
            rows[there++] = descending ? model.count - 1 - i : i;
    }
    for (int64_t offset = 0; offset <= there + 100; offset += 100) {
        struct store_page page = {.descending = descending, .limit = 100, .offset = offset};
        struct kit_answer answer = {0};

        assert_int_equal(noun->ask(kit, &page, &answer), 0);
        kit_wait(kit, &answer.came);
        assert_int_equal(answer.count, there);
        for (size_t i = 0; i < json_array_size(answer.rows); i++)
            assert_int_equal(id_at(answer.rows, i), rows[offset + (int64_t)i]);
        assert_int_equal(json_array_size(answer.rows), offset >= there         ? 0
                                                       : there - offset >= 100 ? 100
                                                                               : there - offset);
        json_decref(answer.rows);
    }
}

static void walk_all(struct kit *kit, const struct noun *noun)
{
    memset(&model, 0, sizeof model);
    for (int i = 0; i < ROWS; i++)
        add_row(kit, noun);
    for (int form = 0; form < 8; form++)
        walk(kit, noun, form & 1, form & 2, form & 4);
    check_numbers(kit, noun, false);
    check_numbers(kit, noun, true);
}

#define WALK(name, place)                \
    static void name(void **state)       \
    {                                    \
        kit_open(*state);                \
        walk_all(*state, &nouns[place]); \
    }

WALK(conversations_are_walked, 0)
WALK(users_are_walked, 1)
WALK(members_are_walked, 2)
WALK(legs_are_walked, 3)
WALK(events_are_walked, 4)

/* Edges. */

static void check_edge(struct kit *kit, const struct store_page *page, size_t count, int64_t more)
{
    struct kit_answer answer = {0};

    assert_int_equal(ask_events(kit, page, &answer), 0);
    kit_wait(kit, &answer.came);
    assert_int_equal(answer.err, 0);
    assert_int_equal(json_array_size(answer.rows), count);
    assert_int_equal(answer.count, more);
    json_decref(answer.rows);
}

static void edges_of_a_list(void **state)
{
    struct kit *kit = *state;
    struct store_page all = {.cursor = true}, back = {.cursor = true, .back = true};

    kit_open(kit);
    check_edge(kit, &all, 0, 0);
    check_edge(kit, &back, 0, 0);
    check_edge(kit, &(struct store_page){0}, 0, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(put_event(kit, i == 0 ? "8" : i == 1 ? "9" : "10", "1", i), 0);
    check_edge(kit, &all, 3, 0);
    check_edge(kit, &back, 3, 0);
    check_edge(kit, &(struct store_page){.cursor = true, .limit = 3}, 3, 0);
    check_edge(kit, &(struct store_page){.cursor = true, .limit = 2}, 2, STORE_NEXT);
    check_edge(kit, &(struct store_page){.cursor = true, .limit = 2, .back = true}, 2, STORE_PREV);
    /* keys that were never there, before all and behind all, and one that is no number */
    check_edge(kit, &(struct store_page){.cursor = true, .key = "0"}, 3, 0);
    check_edge(kit, &(struct store_page){.cursor = true, .key = "0", .back = true}, 0, STORE_NEXT);
    check_edge(kit, &(struct store_page){.cursor = true, .key = "99"}, 0, STORE_PREV);
    check_edge(kit, &(struct store_page){.cursor = true, .key = "99", .back = true}, 3, 0);
    check_edge(kit, &(struct store_page){.cursor = true, .key = "x"}, 3, 0);
    check_edge(kit, &(struct store_page){.cursor = true, .key = "8", .descending = true}, 0,
               STORE_PREV);
    check_edge(kit, &(struct store_page){.limit = -1, .offset = -1}, 3, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(conversations_are_walked), TEST(users_are_walked),  TEST(members_are_walked),
        TEST(legs_are_walked),          TEST(events_are_walked), TEST(edges_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
