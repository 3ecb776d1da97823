/* openapi.c: the routes as an OpenAPI 3.1 document, made once. A pattern with versions
 * "/a|b/…" is an operation for each. */
#include "api/openapi.h"
#include "api/private.h"
#include "base/mem.h"
#include "config.h"
#include "json/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 256, WORD = 64 };

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

/* Parameters. */

static json_t *parameter(const char *name, const char *in, bool required, const char *help,
                         json_t *schema)
{
    json_t *object = json_pack("{s:s,s:s,s:o}", "name", name, "in", in, "schema", schema);

    if (required)
        set(object, "required", json_true());
    if (help)
        set(object, "description", json_string(help));
    return object;
}

static void add_names(json_t *list, const char *path)
{
    char name[WORD];

    while ((path = strchr(path, '{'))) {
        size_t length = strcspn(++path, "}");

        snprintf(name, sizeof name, "%.*s", (int)length, path);
        json_array_append_new(
            list, parameter(name, "path", true, NULL, json_pack("{s:s}", "type", "string")));
    }
}

static json_t *parameters_of(const struct api_route *route, const char *path)
{
    json_t *list = json_array();

    add_names(list, path);
    for (const struct shape *shape = route->query; shape && shape->name; shape++) {
        json_t *schema = shape_schema_of(shape);

        json_object_del(schema, "description");
        json_array_append_new(list, parameter(shape->name, "query", shape->flags & SHAPE_REQUIRED,
                                              shape->help, schema));
    }
    if (route->flags & API_CREATES)
        json_array_append_new(
            list, parameter("Idempotency-Key", "header", false,
                            "The same request with the same key is answered with the first reply.",
                            json_pack("{s:s,s:i,s:i}", "type", "string", "minLength", 1,
                                      "maxLength", IDEMPOTENCY_LENGTH)));
    return list;
}

/* Body and replies. */

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *body_of(const struct api_route *route)
{
    json_t *schema = shape_schema(route->body, !(route->flags & API_CLOSED));
    json_t *types = content("application/json", schema);
    bool required = false;

    for (const struct shape *shape = route->body; shape->name; shape++)
        required = required || (shape->flags & SHAPE_REQUIRED);
    if (route->flags & API_FORM)
        set(types, "application/x-www-form-urlencoded", json_pack("{s:O}", "schema", schema));
    return json_pack("{s:b,s:o}", "required", required, "content", types);
}

static json_t *success_of(const struct api_route *route)
{
    json_t *reply = json_pack("{s:s}", "description", "Done."), *schema;

    if (route->success == 204)
        return reply;
    if (route->flags & API_BINARY) {
        set(reply, "content", content("application/octet-stream", json_object()));
        return reply;
    }
    schema = shape_schema(route->reply, !route->reply);
    if (route->reply_array)
        schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
    set(reply, "content",
        route->reply || route->reply_array || route->family != API_SERVICE
            ? content("application/json", schema)
            : content("*/*", schema));
    return reply;
}

static json_t *responses_of(const struct api_route *route)
{
    json_t *object = json_object();
    char status[8];

    snprintf(status, sizeof status, "%d", route->success);
    set(object, status, success_of(route));
    openapi_add_errors(object, route);
    return object;
}

/* Names. */

/* "beta", "v0.1"… */
static bool is_version(const char *segment)
{
    return !strcmp(segment, "beta") || !strcmp(segment, "beta2") ||
           (*segment == 'v' && isdigit((unsigned char)segment[1]));
}

static void segment_of(char out[WORD], const char *path)
{
    path += *path == '/';
    snprintf(out, WORD, "%.*s", (int)strcspn(path, "/"), path);
}

static json_t *operation_id(const struct api_route *route, const char *path)
{
    char version[WORD], text[2 * WORD];

    segment_of(version, path);
    for (char *c = version; *c && is_version(version); c++)
        if (*c == '.')
            *c = '_';
    snprintf(text, sizeof text, "%s%s%s", route->name, is_version(version) ? "_" : "",
             is_version(version) ? version : "");
    return json_string(text);
}

/* The last noun of the path. */
static const char *tag_of(const char *path)
{
    static const char *const nouns[] = {"conversations", "users",    "members",     "events",
                                        "legs",          "sessions", "calls",       "knocking",
                                        "files",         "number",   "applications"};
    const char *tag = "service";
    char word[WORD];

    for (; path; path = strchr(path + 1, '/')) {
        segment_of(word, path);
        for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
            if (!strcmp(nouns[i], word))
                tag = nouns[i];
    }
    return tag;
}

static json_t *security_of(const struct api_route *route)
{
    switch (route->auth) {
    case AUTH_TOKEN:
        return json_pack("[{s:[]}]", "token");
    case AUTH_SECRET:
        return json_pack("[{s:[]}]", "secret");
    case AUTH_NONE:
        break;
    }
    return json_array();
}

/* Operations. */

static void add_operation(json_t *paths, const struct api_route *route, const char *path)
{
    json_t *operation =
        json_pack("{s:o,s:s,s:[s],s:o,s:o}", "operationId", operation_id(route, path), "summary",
                  route->summary, "tags", tag_of(path), "parameters", parameters_of(route, path),
                  "security", security_of(route));
    json_t *item = json_object_get(paths, path);
    char method[8];
    size_t n = 0;

    for (; route->method[n] && n + 1 < sizeof method; n++)
        method[n] = (char)tolower((unsigned char)route->method[n]);
    method[n] = '\0';
    if (route->body)
        set(operation, "requestBody", body_of(route));
    set(operation, "responses", responses_of(route));
    if (!item) {
        item = json_object();
        set(paths, path, item);
    }
    set(item, method, operation);
}

/* Spells out the first "a|b" that is left in the pattern, and so on. */
static void expand(json_t *paths, const struct api_route *route, const char *pattern)
{
    const char *bar = strchr(pattern, '|'), *begin = bar, *end;
    char path[PATH];

    if (!bar) {
        add_operation(paths, route, pattern);
        return;
    }
    while (begin[-1] != '/')
        begin--;
    end = bar + strcspn(bar, "/");
    for (const char *word = begin; word < end;) {
        size_t n = strcspn(word, "|/");

        snprintf(path, sizeof path, "%.*s%.*s%s", (int)(begin - pattern), pattern, (int)n, word,
                 end);
        expand(paths, route, path);
        word += n + 1;
    }
}

char *openapi_text(const struct api_route *const *tables)
{
    json_t *paths = json_object(), *document;
    char *text, *copy;

    for (; *tables; tables++)
        for (const struct api_route *route = *tables; route->method; route++)
            expand(paths, route, route->pattern);
    document =
        json_pack("{s:s,s:{s:s,s:s,s:s},s:o,s:{s:{s:{s:s,s:s,s:s},s:{s:s,s:s}},s:o,s:o}}",
                  "openapi", "3.1.0", "info", "title", "offhook", "version", PACKAGE_VERSION,
                  "description", "The Conversation and Voice API as it is served here.", "paths",
                  paths, "components", "securitySchemes", "token", "type", "http", "scheme",
                  "bearer", "bearerFormat", "JWT", "secret", "type", "http", "scheme", "basic",
                  "schemas", openapi_error_schemas(), "responses", openapi_error_responses());
    text = document ? json_text(document) : NULL;
    copy = mem_strdup(text);
    free(text);
    json_decref(document);
    return copy;
}
