/* api_route.c: finding a route, of a table of its own and of all that are served; the
 * document of them. */
#include "api/private.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct api_route one[] = {
    {"GET", "/beta|v0.1/things", "list", "", API_BETA},
    {"POST", "/beta|v0.1/things", "make", "", API_BETA},
    {"GET", "/beta|v0.1/things/{id}", "get", "", API_BETA},
    {"GET", "/beta|v0.1/things/{id}/parts/me", "mine", "", API_BETA},
    {"GET", "/beta|v0.1/things/{id}/parts/{part}", "part", "", API_BETA},
    {"PUT", "/beta|v0.1/things/{id}/parts/{part}", "put", "", API_BETA},
    {"GET", "/v1/things/{id}/talk|stream", "sound", "", API_V1},
    {.method = NULL},
};
static const struct api_route two[] = {
    {"GET", "/healthz", "health", "", API_SERVICE, AUTH_NONE},
    {.method = NULL},
};
static const struct api_route *const tables[] = {one, two, NULL};

/* "name id id …", or the Allow header in brackets, or "-". */
static const char *find(const struct routes *routes, const char *method, const char *path)
{
    static char out[256];
    char *ids[API_IDS] = {NULL}, *allow = NULL;
    const struct api_route *route = routes_find(routes, method, path, ids, &allow);

    if (route)
        snprintf(out, sizeof out, "%s", route->name);
    else
        snprintf(out, sizeof out, allow ? "[%s]" : "-", allow);
    for (size_t i = 0; i < API_IDS; i++) {
        size_t n = strlen(out);

        if (route && ids[i])
            snprintf(out + n, sizeof out - n, " %s", ids[i]);
        mem_unref(route ? ids[i] : NULL);
    }
    mem_unref(allow);
    return out;
}

static void finds_routes(void **state)
{
    static const struct {
        const char *method, *path, *found;
    } cases[] = {
        {"GET", "/beta/things", "list"},
        {"GET", "/v0.1/things", "list"},
        {"POST", "/v0.1/things", "make"},
        {"PUT", "/beta/things", "[GET, POST]"},
        {"HEAD", "/beta/things", "[GET, POST]"},
        {"OPTIONS", "/beta/things", "[GET, POST]"},
        {"TRACE", "/beta/things", "[GET, POST]"},
        {"GET", "/beta2/things", "-"},
        {"GET", "/bet/things", "-"},
        {"GET", "/beta|v0.1/things", "-"},
        {"GET", "/beta/things/", "-"},
        {"GET", "/beta/things/5", "get 5"},
        {"GET", "/beta/things//parts/x", "-"},
        {"GET", "/beta/things/5/", "-"},
        {"GET", "/beta/things/5/parts", "-"},
        {"GET", "/beta/things/5/parts/me", "mine 5"},
        {"PUT", "/beta/things/5/parts/me", "[GET]"},
        {"GET", "/beta/things/5/parts/mee", "part 5 mee"},
        {"PUT", "/beta/things/5/parts/7", "put 5 7"},
        {"DELETE", "/beta/things/5/parts/7", "[GET, PUT]"},
        {"GET", "/v1/things/5/talk", "sound 5"},
        {"GET", "/v1/things/5/stream", "sound 5"},
        {"GET", "/v1/things/5/record", "-"},
        {"GET", "/v1/things", "-"},
        {"HEAD", "/healthz", "health"},
        {"POST", "/healthz", "[GET]"},
        {"GET", "/", "-"},
        {"GET", "", "-"},
        {"GET", "things", "-"},
        {"GET", "/beta/things/5/parts/7/8/9/10/11/12", "-"},
    };
    struct routes *routes;

    (void)state;
    assert_int_equal(routes_alloc(&routes, tables), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(find(routes, cases[i].method, cases[i].path), cases[i].found);
    mem_unref(routes);
    assert_int_equal(mem_alive(), 0);
}

/* Each name of a path becomes "x"; each word of a segment its first one. */
static void example_of(const char *pattern, char out[256])
{
    size_t n = 0;

    while (*pattern) {
        size_t length = strcspn(++pattern, "/"), word = strcspn(pattern, "|/");

        n += (size_t)snprintf(out + n, 256 - n, "/%.*s", *pattern == '{' ? 1 : (int)word,
                              *pattern == '{' ? "x" : pattern);
        pattern += length;
    }
}

static struct routes *served;

static bool is_found(const struct api_route *route, void *arg)
{
    char path[256], *ids[API_IDS] = {NULL}, *allow = NULL;
    const struct api_route *found;

    example_of(route->pattern, path);
    found = routes_find(served, route->method, path, ids, &allow);
    if (found != route)
        fail_msg("%s %s is not found, or is there twice", route->method, route->pattern);
    assert_non_null(route->name);
    assert_non_null(route->summary);
    assert_true(route->run || route->check); /* of the HTTP thread alone, or not */
    assert_true(route->success >= 200 && route->success < 300);
    for (size_t i = 0; i < API_IDS; i++)
        mem_unref(ids[i]);
    mem_unref(allow);
    ++*(unsigned *)arg;
    return false;
}

static void all_that_are_served_are_found(void **state)
{
    unsigned count = 0;

    (void)state;
    assert_int_equal(routes_alloc(&served, api_tables), 0);
    api_route_each(is_found, &count);
    assert_true(count > 5);
    mem_unref(served);
    assert_int_equal(mem_alive(), 0);
}

static json_t *at(json_t *json, const char *first, const char *second)
{
    return json_object_get(json_object_get(json, first), second);
}

/* Every reference leads somewhere. */
static void check_refs(json_t *document, json_t *part)
{
    const char *key, *ref = json_string_value(json_object_get(part, "$ref"));
    json_t *value, *responses = at(document, "components", "responses");
    json_t *schemas = at(document, "components", "schemas");
    size_t i;

    if (ref && !strncmp(ref, "#/components/responses/", 23))
        assert_non_null(json_object_get(responses, ref + 23));
    else if (ref)
        assert_non_null(json_object_get(schemas, ref + strlen("#/components/schemas/")));
    if (json_is_array(part))
        json_array_foreach (part, i, value)
            check_refs(document, value);
    else if (json_is_object(part))
        json_object_foreach (part, key, value)
            check_refs(document, value);
}

static void check_operation(json_t *ids, const char *path, json_t *operation)
{
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    json_t *responses = json_object_get(operation, "responses"), *parameter;
    size_t names = 0, given = 0, i;

    assert_non_null(id);
    if (json_object_get(ids, id))
        fail_msg("operationId %s is there twice, also for %s", id, path);
    json_object_set_new(ids, id, json_true());
    assert_true(json_object_size(responses) >= 5);
    assert_non_null(json_object_get(responses, "405"));
    assert_non_null(json_object_get(responses, "500"));
    for (const char *c = path; *c; c++)
        names += *c == '{';
    json_array_foreach (json_object_get(operation, "parameters"), i, parameter)
        given += !strcmp(json_string_value(json_object_get(parameter, "in")), "path");
    assert_int_equal(given, names);
}

static void documents_all_that_is_served(void **state)
{
    char *text = openapi_text(api_tables);
    json_t *document = json_loads(text, 0, NULL), *ids = json_object(), *item, *operation;
    const char *path, *method;

    (void)state;
    assert_non_null(document);
    assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.1.0");
    json_object_foreach (json_object_get(document, "paths"), path, item) {
        assert_null(strchr(path, '|'));
        json_object_foreach (item, method, operation)
            check_operation(ids, path, operation);
    }
    assert_non_null(json_object_get(ids, "getConversation_v0_1"));
    assert_non_null(json_object_get(ids, "getHealth"));
    check_refs(document, document);
    json_decref(ids);
    json_decref(document);
    mem_unref(text);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_routes),
        cmocka_unit_test(all_that_are_served_are_found),
        cmocka_unit_test(documents_all_that_is_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
