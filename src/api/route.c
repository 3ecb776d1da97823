/* route.c: the table of routes; what is served is what is listed here. */
#include "api/private.h"
#include "base/mem.h"

#include <string.h>

static const struct api_route routes[] = {
    {"GET", "/beta|v0.1/conversations/{}", API_BETA, .run = conversation_get},
    {"GET", "/beta|v0.1/conversations/{}/events", API_BETA, .check = events_list_check,
     .run = events_list},
    {"POST", "/v1/calls", API_VOICE, .body = true, .check = calls_create_check,
     .run = calls_create},
    {"GET", "/v1/calls", API_VOICE, .check = calls_list_check, .run = calls_list},
    {"GET", "/v1/calls/{}", API_VOICE, .run = calls_get},
    {"PUT", "/v1/calls/{}", API_VOICE, .body = true, .check = calls_steer_check,
     .run = calls_steer},
    {"GET", "/healthz", API_VOICE, .open = true, .run = health_get},
    {"GET", "/readyz", API_VOICE, .open = true, .run = ready_get},
    {"GET", "/metrics", API_VOICE, .open = true, .run = metrics_get},
};

/* Is the segment one of "a|b"? */
static bool is_one_of(const char *words, size_t words_length, const char *segment, size_t length)
{
    const char *end = words + words_length;

    while (words <= end) {
        const char *bar = memchr(words, '|', (size_t)(end - words));
        size_t n = (size_t)((bar ? bar : end) - words);

        if (n == length && !memcmp(words, segment, n))
            return true;
        if (!bar)
            break;
        words = bar + 1;
    }
    return false;
}

static bool matches(const char *pattern, const char *path, const char **id, size_t *id_length)
{
    *id = NULL;
    while (*pattern == '/' && *path == '/') {
        size_t pattern_length = strcspn(++pattern, "/"), length = strcspn(++path, "/");

        if (pattern_length == 2 && !memcmp(pattern, "{}", 2)) {
            if (!length)
                return false;
            *id = path;
            *id_length = length;
        } else if (!is_one_of(pattern, pattern_length, path, length)) {
            return false;
        }
        pattern += pattern_length;
        path += length;
    }
    return !*pattern && !*path;
}

static bool takes(const struct api_route *route, const char *method)
{
    return !strcmp(route->method, method) ||
           (route->open && !strcmp(method, "HEAD")); /* what probes like to send */
}

static char *copy(const char *text, size_t length)
{
    char *out = mem_alloc(length + 1, NULL);

    if (out)
        memcpy(out, text, length);
    return out;
}

const struct api_route *api_route_find(const char *method, const char *path, char **id,
                                       char **allow)
{
    *id = *allow = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct api_route *route = &routes[i];
        const char *named;
        size_t length = 0;
        char *more;

        if (!matches(route->pattern, path, &named, &length))
            continue;
        if (takes(route, method)) {
            *allow = mem_unref(*allow);
            *id = named ? copy(named, length) : NULL;
            return route;
        }
        more = *allow ? mem_printf("%s, %s", *allow, route->method) : mem_strdup(route->method);
        mem_unref(*allow);
        *allow = more;
    }
    return NULL;
}
