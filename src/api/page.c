/* page.c: which page of a list is asked for. A cursor is the direction and the id the page
 * begins behind (or ends before), with a check so that garbage is told from it. */
#include "api/page_cursor.h"
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/base64url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SIZE_DEFAULT = 10, DATE = 10, KEY_MAX = 256, CHECK = 4 };

const char *const page_orders[] = {"asc", "desc", NULL};

static const struct shape numbered[] = {PAGE_NUMBERED_ROWS, {.name = NULL}};
static const struct shape cursored[] = {PAGE_CURSOR_ROWS, {.name = NULL}};

static void checksum(unsigned char out[CHECK], const char *text, size_t size)
{
    uint32_t hash = 2166136261u ^ 0x6f66; /* FNV-1a, seeded: no other's cursor is ours */

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    for (size_t i = 0; i < CHECK; i++)
        out[i] = (unsigned char)(hash >> (8 * i));
}

char *page_cursor(bool back, const char *key)
{
    size_t length = strlen(key);
    char plain[CHECK + 1 + KEY_MAX + 1], *text;

    if (length > KEY_MAX)
        return NULL;
    snprintf(plain + CHECK, sizeof plain - CHECK, "%c%s", back ? '<' : '>', key);
    checksum((unsigned char *)plain, plain + CHECK, length + 1);
    text = mem_alloc(BASE64URL_ENCODED(CHECK + 1 + length) + 1, NULL);
    if (text)
        base64url_encode(text, plain, CHECK + 1 + length);
    return text;
}

char *page_cursor_key(const char *cursor, bool *back)
{
    unsigned char plain[BASE64URL_DECODED(BASE64URL_ENCODED(CHECK + 1 + KEY_MAX)) + 4],
        check[CHECK];
    size_t length = strlen(cursor), size = 0;
    char *key;

    if (length > BASE64URL_ENCODED(CHECK + 1 + KEY_MAX) ||
        base64url_decode(plain, &size, cursor, length) || size <= CHECK + 1)
        return NULL;
    checksum(check, (const char *)plain + CHECK, size - CHECK);
    if (memcmp(check, plain, CHECK) != 0 || memchr(plain + CHECK, 0, size - CHECK) ||
        (plain[CHECK] != '<' && plain[CHECK] != '>'))
        return NULL;
    *back = plain[CHECK] == '<';
    key = mem_alloc(size - CHECK, NULL);
    if (key)
        memcpy(key, plain + CHECK + 1, size - CHECK - 1);
    return key;
}

static void on_fault(const char *name, const char *reason, void *arg)
{
    api_fault(arg, name, "%s", reason);
}

static void read_cursor(struct api_request *request, struct api_page *page)
{
    const char *cursor = api_query(request, "cursor");

    page->store.cursor = true;
    if (!cursor || !*cursor)
        return;
    page->key = page_cursor_key(cursor, &page->store.back);
    page->store.key = page->key;
    if (!page->key)
        api_fault(request, "cursor", "is not one of ours");
}

void api_page_read(struct api_request *request, struct api_page *page)
{
    const struct shape *query = request->route->query;
    const char *order = api_query(request, "order");
    bool cursor = shape_find(query, "cursor");
    int64_t size;

    if (!shape_find(query, "page_size")) {
        shape_check_texts(cursor ? cursored : numbered, request->query, on_fault, request);
        if (request->faults)
            return;
    }
    size = api_query_number(request, "page_size", SIZE_DEFAULT);
    page->store.limit = size;
    page->store.descending = order && !strcasecmp(order, "desc");
    if (cursor) {
        read_cursor(request, page);
        return;
    }
    page->index = api_query_number(request, "record_index", 0);
    page->store.offset = page->index * size;
}

void api_page_clear(struct api_page *page)
{
    page->key = mem_unref(page->key);
    page->store.key = NULL;
}

int64_t api_query_time(struct api_request *request, const char *name, bool is_end)
{
    const char *text = api_query(request, name);
    char whole[CLOCK_ISO];
    int64_t time;

    if (!text)
        return 0;
    if (strlen(text) == DATE)
        snprintf(whole, sizeof whole, "%.10sT%s", text, is_end ? "23:59:59.999Z" : "00:00:00.000Z");
    time = clock_parse_iso(strlen(text) == DATE ? whole : text);
    if (time < 0)
        api_fault(request, name, "must be a valid ISO 8601 date");
    return time;
}
