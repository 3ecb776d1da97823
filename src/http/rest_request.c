/* rest_request.c: the parts of a request and the making of its reply. */
#include "http/rest_request.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_ROOM = 1024 }; /* [bytes] */

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

static void destroy(void *obj)
{
    struct rest_request *request = obj;

    rest_values_free(&request->values);
    if (request->response)
        MHD_destroy_response(request->response);
    mem_unref(request->stream);
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
    request->path = rest_decode(request->target, strcspn(request->target, "?"), false);
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

int rest_response_headers(struct MHD_Response *response, const char *content_type,
                          const char *const *headers)
{
    if (content_type &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) != MHD_YES)
        return ENOMEM;
    for (; headers && headers[0]; headers += 2)
        if (MHD_add_response_header(response, headers[0], headers[1]) != MHD_YES)
            return ENOMEM;
    return 0;
}

struct MHD_Response *rest_response(const char *content_type, const void *body, size_t size,
                                   const char *const *headers)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

    if (!response || !rest_response_headers(response, content_type, headers))
        return response;
    MHD_destroy_response(response);
    return NULL;
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
