/* page.c: query parameters that several resources have, and record_index paging. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SIZE_DEFAULT = 10, SIZE_MAX_ROWS = 100, INDEX_MAX = 1000000000 };

int64_t api_query_number(struct api_request *request, const char *name, int64_t low, int64_t high,
                         int64_t otherwise)
{
    const char *text = rest_query(request->rest, name);
    long long number;

    if (!text)
        return otherwise;
    number = strtoll(text, NULL, 10);
    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18) {
        api_fault(request, name, "must be a number");
        return otherwise;
    }
    if (number < low)
        api_fault(request, name, "must be greater than or equal to %lld", (long long)low);
    else if (number > high)
        api_fault(request, name, "must be less than or equal to %lld", (long long)high);
    return number;
}

int64_t api_query_time(struct api_request *request, const char *name, bool is_end)
{
    const char *text = rest_query(request->rest, name);
    char whole[CLOCK_ISO];
    int64_t time;

    if (!text)
        return 0;
    if (strlen(text) == 10)
        snprintf(whole, sizeof whole, "%.10sT%s", text, is_end ? "23:59:59.999Z" : "00:00:00.000Z");
    time = clock_parse_iso(strlen(text) == 10 ? whole : text);
    if (time < 0)
        api_fault(request, name, "must be a valid ISO 8601 date");
    return time;
}

void api_page_read(struct api_request *request, struct api_page *page)
{
    const char *order = rest_query(request->rest, "order");

    page->size = (unsigned)api_query_number(request, "page_size", 1, SIZE_MAX_ROWS, SIZE_DEFAULT);
    page->index = api_query_number(request, "record_index", 0, INDEX_MAX, 0);
    page->descending = order && !strcasecmp(order, "desc");
    if (order && !page->descending && strcasecmp(order, "asc") != 0)
        api_fault(request, "order", "must be one of [asc, desc]");
}

static void add_link(json_t *links, const char *name, const struct api_request *request,
                     const struct api_page *page, const char *filters, int64_t index)
{
    char *href = mem_printf("%s%s?%spage_size=%u&record_index=%lld", request->origin, request->path,
                            filters, page->size, (long long)index);

    json_object_set_new(links, name, json_pack("{s:s}", "href", href ? href : ""));
    mem_unref(href);
}

json_t *api_page_links(const struct api_request *request, const struct api_page *page,
                       int64_t count, const char *filters)
{
    json_t *links = json_object();
    int64_t last = count ? (count - 1) / page->size : 0;

    add_link(links, "self", request, page, filters, page->index);
    add_link(links, "first", request, page, filters, 0);
    add_link(links, "last", request, page, filters, last);
    if (page->index < last)
        add_link(links, "next", request, page, filters, page->index + 1);
    if (page->index > 0)
        add_link(links, "prev", request, page, filters,
                 page->index - 1 < last ? page->index - 1 : last);
    return links;
}
