/* page_links.c: the reply of a list, with links that carry all that was asked for. */
#include "api/page_cursor.h"
#include "api/private.h"
#include "base/mem.h"
#include "http/fetch.h"

#include <string.h>

/* Appends NAME=VALUE; both are taken over where they are mem. NULL stays NULL. */
static char *append(char *text, const char *name, const char *value)
{
    char *left = text ? fetch_escape(name) : NULL, *right = left ? fetch_escape(value) : NULL;
    char *more = right ? mem_printf("%s%s%s=%s", text, *text ? "&" : "", left, right) : NULL;

    mem_unref(left);
    mem_unref(right);
    mem_unref(text);
    return more;
}

/* What was sent, but for what tells the page, and secrets; then order and size. */
static char *filters(const struct api_request *request, const struct api_page *page)
{
    static const char *const ours[] = {"page_size", "record_index", "cursor", "order",
                                       "api_key",   "api_secret",   NULL};
    const char *order = api_query(request, "order"), *name;
    char *text = mem_strdup(""), size[24];
    json_t *value;

    json_object_foreach (request->query, name, value) {
        size_t i = 0;

        while (ours[i] && strcmp(ours[i], name) != 0)
            i++;
        if (!ours[i])
            text = append(text, name, json_string_value(value));
    }
    if (page->store.cursor || order)
        text = append(text, "order", order ? order : "asc");
    snprintf(size, sizeof size, "%lld", (long long)page->store.limit);
    return append(text, "page_size", size);
}

static void add_link(json_t *links, const char *rel, const struct api_request *request,
                     const char *query, const char *name, const char *value)
{
    char *href = name ? mem_printf("%s%s?%s&%s=%s", request->origin, request->path, query, name,
                                   value ? value : "")
                      : mem_printf("%s%s?%s", request->origin, request->path, query);

    json_object_set_new(links, rel, json_pack("{s:s}", "href", href ? href : ""));
    mem_unref(href);
}

static void add_index(json_t *links, const char *rel, const struct api_request *request,
                      const char *query, int64_t index)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)index);
    add_link(links, rel, request, query, "record_index", text);
}

static json_t *numbered_links(const struct api_request *request, const struct api_page *page,
                              const char *query, int64_t count)
{
    json_t *links = json_object();
    int64_t last = count ? (count - 1) / page->store.limit : 0;

    add_index(links, "self", request, query, page->index);
    add_index(links, "first", request, query, 0);
    add_index(links, "last", request, query, last);
    if (page->index < last)
        add_index(links, "next", request, query, page->index + 1);
    if (page->index > 0)
        add_index(links, "prev", request, query, page->index - 1 < last ? page->index - 1 : last);
    return links;
}

static void add_cursor(json_t *links, const char *rel, const struct api_request *request,
                       const char *query, bool back, const char *key)
{
    char *cursor = key ? page_cursor(back, key) : NULL;

    if (cursor)
        add_link(links, rel, request, query, "cursor", cursor);
    mem_unref(cursor);
}

/* Where rows went since, a page may be empty with others around it: there the cursor that
 * was sent leads on. */
static json_t *cursor_links(const struct api_request *request, const struct api_page *page,
                            const char *query, const char *first, const char *last, int64_t more)
{
    const char *sent = api_query(request, "cursor");
    json_t *links = json_object();

    add_link(links, "first", request, query, NULL, NULL);
    add_link(links, "self", request, query, sent ? "cursor" : NULL, sent);
    if (more & STORE_NEXT)
        add_cursor(links, "next", request, query, false, last ? last : page->store.key);
    if (more & STORE_PREV)
        add_cursor(links, "prev", request, query, true, first ? first : page->store.key);
    return links;
}

static json_t *embedded(const struct api_request *request, const char *name, json_t *items)
{
    if (request->family == API_V1 && !strcmp(name, "events"))
        return items;
    if (request->family == API_BETA2)
        return json_pack("{s:{s:o}}", "data", name, items);
    return json_pack("{s:o}", name, items);
}

/* The place of this page as a cursor: its first row, or what was sent. */
static json_t *page_at(const struct api_request *request)
{
    const char *sent = api_query(request, "cursor");

    return json_string(sent ? sent : "");
}

json_t *api_page_reply(struct api_request *request, const struct api_page *page,
                       enum api_list_style style, const char *name, json_t *items,
                       const char *first_id, const char *last_id, int64_t count)
{
    json_t *reply;
    char *query;

    if (style == LIST_BARE)
        return items;
    query = filters(request, page);
    if (!query) {
        json_decref(items);
        return NULL;
    }
    if (style == LIST_NUMBERED) {
        reply = json_pack("{s:I,s:I,s:I,s:o,s:{s:o}}", "count", (json_int_t)count, "page_size",
                          (json_int_t)page->store.limit, "record_index", (json_int_t)page->index,
                          "_links", numbered_links(request, page, query, count), "_embedded", name,
                          items);
    } else {
        reply = json_pack("{s:I,s:o,s:o}", "page_size", (json_int_t)page->store.limit, "_embedded",
                          embedded(request, name, items), "_links",
                          cursor_links(request, page, query, first_id, last_id, count));
        if (request->family == API_BETA2)
            json_object_set_new(reply, "cursor", page_at(request));
    }
    mem_unref(query);
    return reply;
}

void api_answer_page(struct api_request *request, const struct api_page *page,
                     enum api_list_style style, const char *name, int err, json_t *items,
                     const char *first_id, const char *last_id, int64_t count)
{
    json_t *reply = NULL;

    if (err)
        json_decref(items);
    else
        reply = api_page_reply(request, page, style, name, items, first_id, last_id, count);
    if (reply)
        api_answer(request, 200, reply);
    else
        api_refuse(request, API_INTERNAL, NULL);
}
