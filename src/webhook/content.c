/* content.c: a row of the outbox, kept in memory in one block. */
#include "webhook/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 1;
}

static const char *copy(char **next, const char *text)
{
    size_t size = size_of(text);
    char *at = *next;

    memcpy(at, text ? text : "", size);
    *next += size;
    return at;
}

int content_alloc(struct content **contentp, const struct store_outbox *row)
{
    size_t bytes = sizeof(struct content) + size_of(row->application) + size_of(row->url) +
                   size_of(row->method) + size_of(row->body);
    struct content *content = mem_alloc(bytes, NULL);
    char *next;

    if (!content)
        return ENOMEM;
    next = (char *)(content + 1);
    content->application = copy(&next, row->application);
    content->url = copy(&next, row->url);
    content->method = copy(&next, row->method);
    content->body = copy(&next, row->body);
    content->trusted = row->trusted;
    content->is_signed = row->is_signed;
    content->connect_timeout = row->connect_timeout;
    content->timeout = row->timeout;
    content->bytes = bytes;
    *contentp = content;
    return 0;
}

int content_of_json(struct content **content, const json_t *json)
{
    struct store_outbox row = {
        .application = json_string_value(json_object_get(json, "application")),
        .url = json_string_value(json_object_get(json, "url")),
        .method = json_string_value(json_object_get(json, "method")),
        .body = json_string_value(json_object_get(json, "body")),
        .trusted = json_is_true(json_object_get(json, "trusted")),
        .is_signed = json_is_true(json_object_get(json, "is_signed")),
        .connect_timeout = (unsigned)json_integer_value(json_object_get(json, "connect_timeout")),
        .timeout = (unsigned)json_integer_value(json_object_get(json, "timeout")),
    };

    return content_alloc(content, &row);
}
