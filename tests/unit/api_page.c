/* api_page.c: pages that are asked for, and replies of lists, in each family's style. */
#include "api/page_cursor.h"
#include "api/private.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct shape numbered[] = {PAGE_NUMBERED_ROWS, PAGE_DATE_ROWS, {.name = NULL}};
static const struct shape cursored[] = {PAGE_CURSOR_ROWS, {.name = NULL}};
static const struct api_route by_number = {.query = numbered}, by_cursor = {.query = cursored};
static const struct api_route unchecked = {.query = NULL};

static struct api_request request;
static struct api_page page;

static void ask(const struct api_route *route, enum api_family family, const char *query)
{
    json_decref(request.query);
    json_decref(request.faults);
    api_page_clear(&page);
    memset(&page, 0, sizeof page);
    request = (struct api_request){.magic = API_REQUEST_MAGIC, .route = route, .family = family};
    request.origin = (char *)(uintptr_t) "https://h.example";
    request.path = (char *)(uintptr_t) "/v1/things";
    request.query = api_texts(query, strlen(query));
    assert_non_null(request.query);
    api_page_read(&request, &page);
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(request.query);
    json_decref(request.faults);
    request.query = request.faults = NULL;
    api_page_clear(&page);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static const char *fault(void)
{
    static char out[256];
    json_t *first = json_array_get(request.faults, 0);

    snprintf(out, sizeof out, "%s %s",
             first ? json_string_value(json_object_get(first, "name")) : "-",
             first ? json_string_value(json_object_get(first, "reason")) : "-");
    return out;
}

static void reads_numbers(void **state)
{
    (void)state;
    ask(&by_number, API_VOICE, "");
    assert_int_equal(page.store.limit, 10);
    assert_int_equal(page.store.offset, 0);
    assert_false(page.store.descending || page.store.cursor);
    ask(&by_number, API_VOICE, "page_size=7&record_index=3&order=DESC&x=y");
    assert_int_equal(page.store.limit, 7);
    assert_int_equal(page.store.offset, 21);
    assert_int_equal(page.index, 3);
    assert_true(page.store.descending);
    assert_null(request.faults);
    ask(&unchecked, API_BETA, "page_size=101");
    assert_string_equal(fault(), "page_size must be less than or equal to 100");
    ask(&unchecked, API_BETA, "page_size=0");
    assert_string_equal(fault(), "page_size must be greater than or equal to 1");
    ask(&unchecked, API_BETA, "record_index=-1");
    assert_string_equal(fault(), "record_index must be greater than or equal to 0");
    ask(&unchecked, API_BETA, "record_index=x");
    assert_string_equal(fault(), "record_index must be a number");
    ask(&unchecked, API_BETA, "order=up");
    assert_string_equal(fault(), "order must be one of [asc, desc]");
}

static void reads_times(void **state)
{
    (void)state;
    ask(&by_number, API_VOICE, "date_start=2024-03-05&date_end=2024-03-06");
    assert_int_equal(api_query_time(&request, "date_start", false), 1709596800000);
    assert_int_equal(api_query_time(&request, "date_end", true), 1709769599999);
    assert_int_equal(api_query_time(&request, "none", true), 0);
    assert_null(request.faults);
}

static void cursors_are_ours_or_refused(void **state)
{
    static const char *const bad[] = {"x", "abcdefgh", "AAAAAAAA", "====", "\xc3\xa4", "7EjDNQ"};
    char *cursor = page_cursor(true, "CON-1"), *key, *broken;
    bool back = false;

    (void)state;
    key = page_cursor_key(cursor, &back);
    assert_string_equal(key, "CON-1");
    assert_true(back);
    mem_unref(key);
    for (size_t i = 0; i < strlen(cursor); i++) {
        broken = mem_strdup(cursor);
        broken[i] = broken[i] == 'A' ? 'B' : 'A';
        key = page_cursor_key(broken, &back);
        if (key)
            fail_msg("%s is taken for %s", broken, cursor);
        mem_unref(broken);
    }
    mem_unref(cursor);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *query = mem_printf("cursor=%s", bad[i]);

        ask(&by_cursor, API_V1, query);
        assert_string_equal(fault(), "cursor is not one of ours");
        mem_unref(query);
    }
    ask(&by_cursor, API_V1, "cursor=");
    assert_null(request.faults);
    assert_true(page.store.cursor && !page.store.key);
    assert_null(page_cursor(false, "0123456789012345678901234567890123456789012345678901234567890"
                                   "0123456789012345678901234567890123456789012345678901234567890"
                                   "0123456789012345678901234567890123456789012345678901234567890"
                                   "0123456789012345678901234567890123456789012345678901234567890"
                                   "01234567890123456789"));
}

static json_t *at(json_t *json, const char *first, const char *second)
{
    json_t *part = json_object_get(json, first);

    return second ? json_object_get(part, second) : part;
}

static const char *link_of(json_t *reply, const char *name)
{
    const char *href = json_string_value(json_object_get(at(reply, "_links", name), "href"));

    return href ? href : "-";
}

static json_t *reply_of(enum api_list_style style, const char *name, size_t items,
                        const char *first, const char *last, int64_t count)
{
    json_t *list = json_array();

    while (items--)
        json_array_append_new(list, json_object());
    return api_page_reply(&request, &page, style, name, list, first, last, count);
}

static void numbered_lists(void **state)
{
    json_t *reply;

    (void)state;
    ask(&by_number, API_BETA, "b=x%20%26y&record_index=1&page_size=5&a=1&order=DESC");
    reply = reply_of(LIST_NUMBERED, "things", 5, NULL, NULL, 23);
    assert_int_equal(json_integer_value(at(reply, "count", NULL)), 23);
    assert_int_equal(json_integer_value(at(reply, "page_size", NULL)), 5);
    assert_int_equal(json_integer_value(at(reply, "record_index", NULL)), 1);
    assert_int_equal(json_array_size(at(reply, "_embedded", "things")), 5);
#define BASE "https://h.example/v1/things?b=x%20%26y&a=1&order=DESC&page_size=5&record_index="
    assert_string_equal(link_of(reply, "self"), BASE "1");
    assert_string_equal(link_of(reply, "first"), BASE "0");
    assert_string_equal(link_of(reply, "last"), BASE "4");
    assert_string_equal(link_of(reply, "next"), BASE "2");
    assert_string_equal(link_of(reply, "prev"), BASE "0");
    json_decref(reply);
    ask(&by_number, API_BETA, "");
    reply = reply_of(LIST_NUMBERED, "things", 0, NULL, NULL, 0);
    assert_string_equal(link_of(reply, "last"),
                        "https://h.example/v1/things?page_size=10&record_index=0");
    assert_string_equal(link_of(reply, "next"), "-");
    assert_string_equal(link_of(reply, "prev"), "-");
    json_decref(reply);
    ask(&by_number, API_BETA, "record_index=9");
    reply = reply_of(LIST_NUMBERED, "things", 0, NULL, NULL, 11);
    assert_string_equal(link_of(reply, "prev"),
                        "https://h.example/v1/things?page_size=10&record_index=1");
    json_decref(reply);
    reply = reply_of(LIST_BARE, "things", 3, NULL, NULL, 3);
    assert_int_equal(json_array_size(reply), 3);
    json_decref(reply);
}

static void styles_of_families(void **state)
{
    json_t *reply;

    (void)state;
    ask(&by_cursor, API_V03, "");
    reply = reply_of(LIST_CURSOR, "events", 2, "1", "2", 0);
    assert_int_equal(json_array_size(at(reply, "_embedded", "events")), 2);
    assert_null(at(reply, "cursor", NULL));
    assert_string_equal(link_of(reply, "first"),
                        "https://h.example/v1/things?order=asc&page_size=10");
    assert_string_equal(link_of(reply, "self"), link_of(reply, "first"));
    assert_string_equal(link_of(reply, "next"), "-");
    assert_string_equal(link_of(reply, "prev"), "-");
    json_decref(reply);
    ask(&by_cursor, API_V1, "");
    reply = reply_of(LIST_CURSOR, "events", 2, "1", "2", 0);
    assert_int_equal(json_array_size(at(reply, "_embedded", NULL)), 2);
    json_decref(reply);
    reply = reply_of(LIST_CURSOR, "members", 2, "1", "2", 0);
    assert_int_equal(json_array_size(at(reply, "_embedded", "members")), 2);
    json_decref(reply);
    ask(&by_cursor, API_BETA2, "");
    reply = reply_of(LIST_CURSOR, "users", 2, "1", "2", STORE_NEXT);
    assert_int_equal(json_array_size(json_object_get(at(reply, "_embedded", "data"), "users")), 2);
    assert_string_equal(json_string_value(at(reply, "cursor", NULL)), "");
    json_decref(reply);
}

/* The query of a link, as the next request sends it. */
static void follow(json_t *reply, const char *name)
{
    char *query = mem_strdup(strchr(link_of(reply, name), '?') + 1);

    ask(&by_cursor, API_V1, query);
    mem_unref(query);
}

static void links_lead_on_and_back(void **state)
{
    json_t *reply, *back;

    (void)state;
    ask(&by_cursor, API_V1, "name=a&page_size=2&order=desc");
    reply = reply_of(LIST_CURSOR, "things", 2, "CON-9", "CON-8", STORE_NEXT);
    assert_string_equal(link_of(reply, "prev"), "-");
    follow(reply, "next");
    assert_string_equal(page.store.key, "CON-8");
    assert_false(page.store.back);
    assert_true(page.store.descending);
    assert_int_equal(page.store.limit, 2);
    assert_string_equal(api_query(&request, "name"), "a");
    json_decref(reply);
    reply = reply_of(LIST_CURSOR, "things", 2, "CON-7", "CON-6", STORE_PREV);
    assert_string_equal(link_of(reply, "next"), "-");
    assert_non_null(strstr(link_of(reply, "self"), api_query(&request, "cursor")));
    follow(reply, "prev");
    assert_string_equal(page.store.key, "CON-7");
    assert_true(page.store.back);
    json_decref(reply);
    /* all of the page went meanwhile: the cursor that was sent leads on */
    back = reply_of(LIST_CURSOR, "things", 0, NULL, NULL, STORE_NEXT);
    follow(back, "next");
    assert_string_equal(page.store.key, "CON-7");
    assert_false(page.store.back);
    json_decref(back);
}

static void texts_are_decoded(void **state)
{
    static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%=a", "a=1&b=%C3"};
    json_t *texts =
        api_texts("a=1+2&b=%C3%A4&c&a=x%3D%26&&=e", strlen("a=1+2&b=%C3%A4&c&a=x%3D%26&&=e"));

    (void)state;
    assert_string_equal(json_string_value(json_object_get(texts, "a")), "x=&");
    assert_string_equal(json_string_value(json_object_get(texts, "b")), "ä");
    assert_string_equal(json_string_value(json_object_get(texts, "c")), "");
    assert_string_equal(json_string_value(json_object_get(texts, "")), "e");
    json_decref(texts);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(api_texts(bad[i], strlen(bad[i])));
}

int main(void)
{
#define PAGED(test) cmocka_unit_test_teardown(test, tear_down)
    const struct CMUnitTest tests[] = {
        PAGED(reads_numbers),      PAGED(reads_times),
        PAGED(numbered_lists),     PAGED(cursors_are_ours_or_refused),
        PAGED(styles_of_families), PAGED(links_lead_on_and_back),
        PAGED(texts_are_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
