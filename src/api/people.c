/* people.c: lists: what was asked for, and the reply made of the store's rows. */
#include "api/people.h"
#include "base/mem.h"

static void destroy(void *obj)
{
    struct people_query *query = obj;

    api_page_clear(&query->page);
}

bool people_list_check(struct api_request *request)
{
    struct people_query *query = mem_alloc(sizeof *query, destroy);

    if (!query) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = query;
    if (shape_find(request->route->query, "page_size"))
        api_page_read(request, &query->page);
    query->from = api_query_time(request, "date_start", false);
    query->to = api_query_time(request, "date_end", true);
    return true;
}

static const char *id_at(const json_t *rows, size_t index)
{
    return json_string_value(json_object_get(json_array_get(rows, index), "id"));
}

void people_answer_list(struct api_request *request, enum api_list_style style, const char *name,
                        json_t *rows, int64_t count,
                        json_t *(*item)(const struct api_request *request, const json_t *row))
{
    const struct people_query *query = request->input;
    json_t *items = json_array(), *row;
    size_t size = json_array_size(rows), i;

    json_array_foreach (rows, i, row)
        json_array_append_new(items, item(request, row));
    api_answer_page(request, &query->page, style, name, 0, items, id_at(rows, 0),
                    size ? id_at(rows, size - 1) : NULL, count);
    json_decref(rows);
}
