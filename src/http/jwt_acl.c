/* jwt_acl.c: what the `acl` claim of a token lets through:
 * a map of path patterns, each with an object of optional methods. */
#include "http/jwt.h"

#include <string.h>
#include <strings.h>

/* The segment at text: its length; *next is the segment behind it or NULL. */
static size_t segment(const char *text, const char **next)
{
    size_t length = strcspn(text, "/");

    *next = text[length] ? text + length + 1 : NULL;
    return length;
}

/* Segment by segment; after a `**` the last one is tried again further on, so the
 * work is at most the product of the lengths. */
static bool matches(const char *pattern, const char *path)
{
    const char *again_pattern = NULL, *again_path = NULL, *pattern_next, *path_next;

    pattern += *pattern == '/';
    path += *path == '/';
    for (;;) {
        size_t length = pattern ? segment(pattern, &pattern_next) : 0;

        if (pattern && length == 2 && !memcmp(pattern, "**", 2)) {
            if (!pattern_next)
                return true;
            again_pattern = pattern = pattern_next;
            again_path = path;
            continue;
        }
        if (path) {
            size_t n = segment(path, &path_next);

            if (pattern && ((length == 1 && *pattern == '*' && n > 0) ||
                            (length == n && !memcmp(pattern, path, n)))) {
                pattern = pattern_next;
                path = path_next;
                continue;
            }
        } else if (!pattern) {
            return true;
        }
        if (!again_pattern || !again_path)
            return false;
        segment(again_path, &again_path);
        pattern = again_pattern;
        path = again_path;
        if (!path)
            return false;
    }
}

static bool has_method(const json_t *rule, const char *method)
{
    const json_t *methods = json_object_get(rule, "methods"), *each;
    size_t i;

    if (!json_is_object(rule))
        return false;
    if (!methods)
        return true;
    json_array_foreach (methods, i, each)
        if (json_is_string(each) && !strcasecmp(json_string_value(each), method))
            return true;
    return false;
}

bool jwt_allows(const json_t *acl, const char *method, const char *path)
{
    json_t *paths = json_object_get(acl, "paths"), *rule;
    const char *pattern;

    if (!acl)
        return true;
    json_object_foreach (paths, pattern, rule)
        if (has_method(rule, method) && matches(pattern, path))
            return true;
    return false;
}
