/* api_cache.c: replies that are kept: found again, gone with a change, never older than
 * one that was given. */
#include "api/cache.h"
#include "base/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WHERE "http://h", "/beta/conversations/CON-1"

static struct api_cache *cache;

static int set_up(void **state)
{
    (void)state;
    return api_cache_alloc(&cache, 3);
}

static int tear_down(void **state)
{
    (void)state;
    cache = mem_unref(cache);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static void fill(const char *conversation, const char *text)
{
    struct api_ticket *ticket = api_cache_ticket(cache, "app", conversation, WHERE);

    assert_non_null(ticket);
    api_cache_fill(cache, ticket, text);
    mem_unref(ticket);
}

/* "-" when there is none. */
static const char *found(const char *application, const char *conversation)
{
    static char out[64];
    const char *text = api_cache_find(cache, application, conversation, WHERE);

    snprintf(out, sizeof out, "%s", text ? text : "-");
    mem_unref((void *)(uintptr_t)text);
    return out;
}

static void finds_what_was_filled_in(void **state)
{
    const char *text;

    (void)state;
    assert_string_equal(found("app", "CON-1"), "-");
    fill("CON-1", "one");
    assert_string_equal(found("app", "CON-1"), "one");
    assert_string_equal(found("other", "CON-1"), "-");
    assert_string_equal(found("app", "CON-2"), "-");
    assert_null(
        api_cache_find(cache, "app", "CON-1", "http://elsewhere", "/beta/conversations/CON-1"));
    assert_null(api_cache_find(cache, "app", "CON-1", "http://h", "/v0.1/conversations/CON-1"));
    fill("CON-1", "two");
    assert_string_equal(found("app", "CON-1"), "two");
    assert_int_equal(api_cache_count(cache), 1);
    text = api_cache_find(cache, "app", "CON-1", WHERE);
    api_cache_changed(cache, "CON-1");
    assert_string_equal(text, "two"); /* who has it keeps it */
    mem_unref((void *)(uintptr_t)text);
    assert_string_equal(found("app", "CON-1"), "-");
    assert_int_equal(api_cache_count(cache), 0);
    api_cache_changed(cache, "CON-1"); /* nothing there */
}

static void a_change_takes_all_replies_of_a_conversation(void **state)
{
    struct api_ticket *other =
        api_cache_ticket(cache, "app", "CON-1", "http://h", "/v0.1/conversations/CON-1");

    (void)state;
    api_cache_fill(cache, other, "other version");
    mem_unref(other);
    fill("CON-1", "one");
    fill("CON-2", "another");
    api_cache_changed(cache, "CON-1");
    assert_int_equal(api_cache_count(cache), 1);
    assert_string_equal(found("app", "CON-2"), "another");
}

static void is_bounded(void **state)
{
    char id[16], *big = mem_alloc(CACHE_TEXT + 2, NULL);

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "CON-%d", i);
        fill(id, id);
    }
    assert_int_equal(api_cache_count(cache), 3);
    assert_string_equal(found("app", "CON-6"), "-");
    assert_string_equal(found("app", "CON-7"), "CON-7");
    memset(big, 'x', CACHE_TEXT + 1);
    fill("CON-9", big);
    assert_string_equal(found("app", "CON-9"), "CON-9");
    mem_unref(big);
}

/* Read, changed, then durable: the reply at hand is old. */
static void what_changed_since_it_was_read_is_not_kept(void **state)
{
    struct api_ticket *early = api_cache_ticket(cache, "app", "CON-1", WHERE), *late;

    (void)state;
    api_cache_changed(cache, "CON-1");
    late = api_cache_ticket(cache, "app", "CON-1", WHERE);
    api_cache_fill(cache, early, "old");
    assert_string_equal(found("app", "CON-1"), "-");
    api_cache_fill(cache, late, "new");
    assert_string_equal(found("app", "CON-1"), "new");
    api_cache_fill(cache, early, "old");
    assert_string_equal(found("app", "CON-1"), "new");
    mem_unref(early);
    mem_unref(late);
}

/* One writer counts up as control does: tells of the change, then makes it known; replies
 * are read, "committed" later and filled in by it too. Readers never see less than what was
 * known when they began to look. */

static atomic_int known;
static atomic_bool over;
static atomic_int hits;

static void *read_much(void *arg)
{
    atomic_int *wrong = arg;

    while (!atomic_load(&over)) {
        int before = atomic_load(&known);
        const char *text = api_cache_find(cache, "app", "CON-1", WHERE);

        if (text) {
            atomic_fetch_add(&hits, 1);
            if (atoi(text) < before)
                atomic_fetch_add(wrong, 1);
        }
        mem_unref((void *)(uintptr_t)text);
    }
    return NULL;
}

static void nobody_sees_less_than_what_was_known(void **state)
{
    struct api_ticket *tickets[4] = {NULL};
    int read[4] = {0}, value = 0;
    atomic_int wrong = 0;
    pthread_t readers[2];

    (void)state;
    atomic_store(&over, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_much, &wrong), 0);
    for (int i = 0; i < 200000 || (atomic_load(&hits) < 1000 && i < 20000000); i++) {
        int slot = i % 4;
        char text[16];

        if (tickets[slot]) { /* its fence came back */
            snprintf(text, sizeof text, "%d", read[slot]);
            api_cache_fill(cache, tickets[slot], text);
            mem_unref(tickets[slot]);
        }
        tickets[slot] = api_cache_ticket(cache, "app", "CON-1", WHERE);
        read[slot] = value;
        if (i % 7 == 0) {
            api_cache_changed(cache, "CON-1");
            value++;
            atomic_store(&known, value); /* a reply or a webhook of it has left */
        }
    }
    atomic_store(&over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
    for (int i = 0; i < 4; i++)
        mem_unref(tickets[i]);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_true(atomic_load(&hits) >= 1000); /* else nothing was shown */
}

int main(void)
{
#define CACHED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CACHED(finds_what_was_filled_in),
        CACHED(a_change_takes_all_replies_of_a_conversation),
        CACHED(is_bounded),
        CACHED(what_changed_since_it_was_read_is_not_kept),
        CACHED(nobody_sees_less_than_what_was_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
