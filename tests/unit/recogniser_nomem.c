/* recogniser_nomem.c: asking once more with the n-th allocation failing, for every n, first on
 * the loop's thread, then on the one that fetches: who was taken is told, and nothing stays. */
#include "recogniser_rig.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

enum thread { OTHER, LOOP, FETCH };

static _Thread_local enum thread own; /* OTHER: not known yet, or the server's */
static _Thread_local bool known;
static atomic_uint countdown; /* 0: none fails */
static enum thread short_one;

/* The thread that fetches is named by nobody: it is the one that is neither of ours. */
static bool is_short(void)
{
    return known ? own == short_one : short_one == FETCH;
}

static bool fails(void)
{
    return atomic_load(&countdown) && is_short() && atomic_fetch_sub(&countdown, 1) == 1;
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

static void server_thread_is_known(void)
{
    own = OTHER;
    known = true;
}

/* False: the n-th allocation was never made. */
static bool ask_short_of(unsigned n)
{
    static const char *const context[] = {"yes", "no"};
    struct heard one = {0}, two = {0}, after;
    struct recogniser_request request;
    void *state;
    struct room *room;
    int first, second;
    bool reached;

    set_up(&state);
    room = state;
    room->conf.concurrency = 1; /* the second waits */
    request = room_request(room);
    request.context = context;
    request.context_count = 2;
    room_ask_server(room, "/yes");
    atomic_store(&countdown, n);
    first = recogniser_ask(room->recogniser, &request, on_heard, &one);
    second = recogniser_ask(room->recogniser, &request, on_heard, &two);
    for (int i = 0; i < 6000 && (one.times < (first == 0) || two.times < (second == 0)); i++)
        loop_wait(room->loop, 10);
    reached = atomic_exchange(&countdown, 0) == 0;
    assert_true(first == 0 || first == ENOMEM);
    assert_true(second == 0 || second == ENOMEM);
    assert_int_equal(one.times, first == 0);
    assert_int_equal(two.times, second == 0);
    assert_int_equal(one.failed, *one.error != '\0');
    assert_true(one.failed || first || one.count == 1);
    assert_true(two.failed || second || two.count == 1);
    room_hear(room, &request, &after); /* memory again: as ever */
    assert_false(after.failed);
    assert_int_equal(after.count, 1);
    tear_down(&state);
    return reached;
}

static void ask_short_of_each(enum thread thread, unsigned at_least)
{
    unsigned n = 1;

    own = LOOP;
    known = true;
    short_one = thread;
    server_on_thread = server_thread_is_known;
    while (ask_short_of(n))
        n++;
    assert_true(n > at_least);
}

static void no_memory_to_ask(void **state)
{
    (void)state;
    ask_short_of_each(LOOP, 20);
}

static void no_memory_to_fetch(void **state)
{
    (void)state;
    ask_short_of_each(FETCH, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_to_ask),
        cmocka_unit_test(no_memory_to_fetch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
