/* body.c: query and body of a request, read and held against the route's shapes. */
#include "api/private.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH = 64 };

static bool is_type(struct rest_request *rest, const char *wanted)
{
    const char *type = rest_header(rest, "Content-Type");

    return type && strcspn(type, "; \t") == strlen(wanted) &&
           !strncasecmp(type, wanted, strlen(wanted));
}

bool api_is_form(struct rest_request *rest)
{
    return is_type(rest, "application/x-www-form-urlencoded");
}

/* Nothing was said of the body: its syntax tells. */
static bool is_json(struct rest_request *rest)
{
    return !rest_header(rest, "Content-Type") || is_type(rest, "application/json");
}

/* Texts: queries and forms. */

static int hex(int c)
{
    if (isdigit(c))
        return c - '0';
    return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Decodes, + is a blank; new reference. NULL: a broken escape, a NUL, or no UTF-8. */
static json_t *decode(const char *text, size_t size)
{
    char *out = mem_alloc(size + 1, NULL);
    json_t *value = NULL;
    bool good = out;
    size_t n = 0;

    for (size_t i = 0; good && i < size; i++) {
        int c = text[i] == '+' ? ' ' : (unsigned char)text[i];

        if (c == '%') {
            int high = i + 2 < size ? hex((unsigned char)text[i + 1]) : -1;
            int low = i + 2 < size ? hex((unsigned char)text[i + 2]) : -1;

            c = high < 0 || low < 0 ? 0 : high * 16 + low;
            i += 2;
        }
        out[n++] = (char)c;
        good = c != 0;
    }
    if (good)
        value = json_stringn(out, n);
    mem_unref(out);
    return value;
}

static bool add_text(json_t *object, const char *pair, size_t size)
{
    const char *equals = memchr(pair, '=', size);
    size_t length = equals ? (size_t)(equals - pair) : size;
    json_t *name = decode(pair, length);
    json_t *value = equals ? decode(equals + 1, size - length - 1) : json_string("");
    bool good = name && value && !json_object_set(object, json_string_value(name), value);

    json_decref(name);
    json_decref(value);
    return good;
}

json_t *api_texts(const char *text, size_t size)
{
    json_t *object = json_object();
    const char *end = text + size;
    bool good = object;

    while (good && text < end) {
        const char *next = memchr(text, '&', (size_t)(end - text));
        size_t length = (size_t)((next ? next : end) - text);

        if (length)
            good = add_text(object, text, length);
        text += length + 1;
    }
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static void on_fault(const char *name, const char *reason, void *arg)
{
    api_fault(arg, name, "%s", reason);
}

bool api_read_query(struct api_request *request)
{
    const char *text = rest_query_text(request->rest);

    if (!*text)
        return true;
    request->query = api_texts(text, strlen(text));
    if (!request->query) {
        api_fault(request, "query", "cannot be decoded");
        return !api_refuse_faults(request);
    }
    return true;
}

/* The body. */

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

static void read_json(struct api_request *request, const char *text, size_t size)
{
    json_error_t error;

    if (is_too_deep(text, size)) {
        api_fault(request, "body", "is nested deeper than %d levels", DEPTH);
        return;
    }
    request->body = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!request->body)
        api_fault(request, "body", "is not valid JSON: %s at line %d column %d", error.text,
                  error.line, error.column);
    else if (!json_is_object(request->body))
        api_fault(request, "body", "must be an object");
}

bool api_read_body(struct api_request *request)
{
    bool form = api_is_form(request->rest);
    size_t size;
    const char *text = rest_body(request->rest, &size);

    if (size && !is_json(request->rest) && !(form && (request->route->flags & API_FORM))) {
        api_refuse(request, API_MEDIA_TYPE, NULL);
        return false;
    }
    if (!size)
        request->body = json_object(); /* nothing is as much as {} */
    else if (form)
        request->body = api_texts(text, size);
    else
        read_json(request, text, size);
    if (!request->body && !request->faults)
        api_fault(request, "body", "cannot be decoded");
    if (api_refuse_faults(request))
        return false;
    return true;
}

bool api_check_shapes(struct api_request *request)
{
    const struct api_route *route = request->route;

    shape_check_texts(route->query, request->query, on_fault, request);
    if (route->body && api_is_form(request->rest))
        shape_check_texts(route->body, request->body, on_fault, request);
    else if (route->body)
        shape_check(route->body, !(route->flags & API_CLOSED), request->body, on_fault, request);
    return !api_refuse_faults(request);
}

/* What was read. */

const char *api_query(const struct api_request *request, const char *name)
{
    return json_string_value(json_object_get(request->query, name));
}

int64_t api_query_number(const struct api_request *request, const char *name, int64_t otherwise)
{
    const char *text = api_query(request, name);
    int64_t number;

    return text && shape_integer(text, &number) ? number : otherwise;
}

const char *api_text(const struct api_request *request, const char *name)
{
    return json_string_value(json_object_get(request->body, name));
}

json_t *api_member(const struct api_request *request, const char *name)
{
    return json_object_get(request->body, name);
}

int64_t api_number(const struct api_request *request, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(request->body, name);
    int64_t number;

    if (json_is_integer(value))
        return json_integer_value(value);
    return json_is_string(value) && shape_integer(json_string_value(value), &number) ? number
                                                                                     : otherwise;
}

const char *api_url(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}
