/* body.c: the JSON of a request, and what its members may be. */
#include "api/private.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { DEPTH = 64, URL_LENGTH = 2048 };

static bool is_json(const char *type)
{
    size_t length;

    if (!type) /* nothing was said of the body: its syntax tells */
        return true;
    length = strcspn(type, "; \t");
    return length == 16 && !strncasecmp(type, "application/json", 16);
}

/* Brackets within brackets, outside of strings. */
static bool is_too_deep(const char *text, size_t size)
{
    unsigned depth = 0;
    bool string = false;

    for (size_t i = 0; i < size; i++) {
        if (string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            string = !string;
        else if (!string && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!string && (text[i] == '}' || text[i] == ']') && depth)
            depth--;
        if (depth > DEPTH)
            return true;
    }
    return false;
}

static void refuse_syntax(struct api_request *request, const json_error_t *error)
{
    api_fault(request, "body", "is not valid JSON: %s at line %d column %d", error->text,
              error->line, error->column);
    api_refuse_faults(request);
}

bool api_read_body(struct api_request *request)
{
    size_t size;
    const char *text = rest_body(request->rest, &size);
    json_error_t error;

    if (size && !is_json(rest_header(request->rest, "Content-Type"))) {
        api_refuse(request, API_MEDIA_TYPE, NULL);
        return false;
    }
    if (is_too_deep(text, size)) {
        api_fault(request, "body", "is nested deeper than %d levels", DEPTH);
        api_refuse_faults(request);
        return false;
    }
    request->body = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!request->body) {
        refuse_syntax(request, &error);
        return false;
    }
    if (!json_is_object(request->body)) {
        api_fault(request, "body", "must be an object");
        api_refuse_faults(request);
        return false;
    }
    return true;
}

const char *api_body_url(struct api_request *request, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *url;

    if (!value)
        return NULL;
    if (json_is_array(value) && json_array_size(value) != 1) {
        api_fault(request, name, "must hold exactly one URL");
        return NULL;
    }
    url = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
    if (!url || strlen(url) > URL_LENGTH || !fetch_is_url(url)) {
        api_fault(request, name, "must be a valid http or https URL");
        return NULL;
    }
    return url;
}

const char *api_body_word(struct api_request *request, const char *name, const char *const *words)
{
    const json_t *value = json_object_get(request->body, name);
    const char *text = json_string_value(value);
    char *list = NULL;

    if (!value)
        return NULL;
    for (size_t i = 0; words[i]; i++) {
        char *more = mem_printf("%s%s%s", list ? list : "", list ? ", " : "", words[i]);

        if (text && !strcasecmp(text, words[i])) {
            mem_unref(list);
            mem_unref(more);
            return words[i];
        }
        mem_unref(list);
        list = more;
    }
    api_fault(request, name, "must be one of [%s]", list);
    mem_unref(list);
    return NULL;
}

unsigned api_body_number(struct api_request *request, const char *name, unsigned low, unsigned high,
                         unsigned otherwise)
{
    const json_t *value = json_object_get(request->body, name);

    if (!value)
        return otherwise;
    if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)low ||
        json_integer_value(value) > (json_int_t)high) {
        api_fault(request, name, "must be an integer from %u to %u", low, high);
        return otherwise;
    }
    return (unsigned)json_integer_value(value);
}
