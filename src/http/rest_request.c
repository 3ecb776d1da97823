/* rest_request.c: the parts of a request and the making of its reply. */
#include "http/rest_request.h"
#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_ROOM = 1024 }; /* [bytes] */

struct value {
    struct list node;
    char *name, *text;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes length characters. NULL: a bad escape or a NUL (or no memory). */
static char *decode(const char *text, size_t length, bool plus_is_space)
{
    char *out = mem_alloc(length + 1, NULL);
    size_t n = 0;

    for (size_t i = 0; out && i < length; i++) {
        char c = text[i];

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = length - i < 3 ? -1 : hex(text[i + 1]);
            int low = high < 0 ? -1 : hex(text[i + 2]);

            if (low < 0)
                return mem_unref(out);
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (!c)
            return mem_unref(out);
        out[n++] = c;
    }
    return out;
}

/* "http://host/path?x" is "/path?x" to us (RFC 9112 section 3.2.2). */
static const char *origin_form(const char *target)
{
    const char *rest = NULL;

    if (!strncasecmp(target, "http://", 7))
        rest = target + 7;
    else if (!strncasecmp(target, "https://", 8))
        rest = target + 8;
    if (!rest)
        return target;
    rest += strcspn(rest, "/?");
    return *rest == '/' ? rest : "/";
}

static void value_destroy(void *obj)
{
    struct value *value = obj;

    mem_unref(value->name);
    mem_unref(value->text);
}

static void destroy(void *obj)
{
    struct rest_request *request = obj;

    list_each (node, &request->values)
        mem_unref(list_entry(node, struct value, node));
    if (request->response)
        MHD_destroy_response(request->response);
    mem_unref(request->kept);
    mem_unref(request->target);
    mem_unref(request->path);
    mem_unref(request->method);
    free(request->body);
    request->magic = 0;
}

struct rest_request *rest_request_alloc(struct rest *rest, struct MHD_Connection *connection,
                                        const char *target)
{
    struct rest_request *request = mem_alloc(sizeof *request, destroy);
    const char *mark;

    if (!request)
        return NULL;
    request->magic = REST_REQUEST_MAGIC;
    request->rest = rest;
    request->connection = connection;
    list_init(&request->values);
    request->target = mem_strdup(origin_form(target));
    if (!request->target)
        return mem_unref(request);
    mark = strchr(request->target, '?');
    request->query = mark ? mark + 1 : "";
    request->path = decode(request->target, strcspn(request->target, "?"), false);
    if (!request->path || (request->path[0] != '/' && strcmp(request->path, "*") != 0))
        request->refused = 400;
    return request;
}

int rest_request_take(struct rest_request *request, const char *data, size_t size, size_t limit)
{
    if (request->size + size > limit) {
        request->swallowed += size;
        return EMSGSIZE;
    }
    if (request->size + size + 1 > request->room) {
        size_t room = request->room ? request->room : BODY_ROOM;
        char *body;

        while (room < request->size + size + 1)
            room *= 2;
        body = realloc(request->body, room);
        if (!body)
            return ENOMEM;
        request->body = body;
        request->room = room;
    }
    memcpy(request->body + request->size, data, size);
    request->size += size;
    request->body[request->size] = '\0';
    return 0;
}

struct MHD_Response *rest_response(const char *content_type, const void *body, size_t size,
                                   const char *const *headers)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

    if (response && content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    for (; response && headers && headers[0]; headers += 2)
        MHD_add_response_header(response, headers[0], headers[1]);
    return response;
}

const char *rest_method(const struct rest_request *request)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return request->method;
}

const char *rest_path(const struct rest_request *request)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return request->path;
}

const char *rest_query_text(struct rest_request *request)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return request->query;
}

/* The first parameter of that name, decoded; NULL: none. */
static char *find_parameter(const char *query, const char *name)
{
    while (*query) {
        size_t length = strcspn(query, "&");
        const char *equals = memchr(query, '=', length);
        size_t name_length = equals ? (size_t)(equals - query) : length;
        char *key = decode(query, name_length, true);
        bool found = key && !strcmp(key, name);

        mem_unref(key);
        if (found)
            return equals ? decode(equals + 1, length - name_length - 1, true) : mem_strdup("");
        query += length + (query[length] == '&');
    }
    return NULL;
}

const char *rest_query(struct rest_request *request, const char *name)
{
    struct value *value;

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    list_each (node, &request->values) {
        value = list_entry(node, struct value, node);
        if (!strcmp(value->name, name))
            return value->text;
    }
    value = mem_alloc(sizeof *value, value_destroy);
    if (!value)
        return NULL;
    value->name = mem_strdup(name);
    value->text = find_parameter(request->query, name);
    if (!value->name || !value->text) {
        mem_unref(value);
        return NULL;
    }
    list_append(&request->values, &value->node);
    return value->text;
}

const char *rest_header(struct rest_request *request, const char *name)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *rest_body(const struct rest_request *request, size_t *size)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    if (size)
        *size = request->size;
    return request->body ? request->body : "";
}

void rest_keep(struct rest_request *request, void *obj)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    mem_unref(request->kept);
    request->kept = obj;
}

void *rest_kept(struct rest_request *request)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return request->kept;
}
