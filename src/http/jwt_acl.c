/* jwt_acl.c: see jwt_acl.h. */
#include "http/jwt_acl.h"
#include "base/mem.h"
#include "http/jwt.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct rule {
    char *pattern;
    bool any;         /* method */
    unsigned methods; /* a bit each; those we do not know are left out */
};

struct jwt_acl {
    size_t count;
    struct rule rules[];
};

static const char *const methods[] = {"GET",  "POST",    "PUT",   "PATCH",  "DELETE",
                                      "HEAD", "OPTIONS", "TRACE", "CONNECT"};

static unsigned method_bit(const char *name)
{
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strcasecmp(methods[i], name))
            return 1u << i;
    return 0;
}

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

static void destroy(void *obj)
{
    struct jwt_acl *acl = obj;

    for (size_t i = 0; i < acl->count; i++)
        mem_unref(acl->rules[i].pattern);
}

/* 0, ENOMEM; EINVAL: of the wrong shape. */
static int read_rule(struct rule *rule, const char *pattern, const json_t *claim)
{
    const json_t *list = json_object_get(claim, "methods"), *each;
    size_t i;

    if (!json_is_object(claim) || (list && !json_is_array(list)))
        return EINVAL;
    rule->any = !list;
    json_array_foreach (list, i, each) {
        if (!json_is_string(each))
            return EINVAL;
        rule->methods |= method_bit(json_string_value(each));
    }
    rule->pattern = mem_strdup(pattern);
    return rule->pattern ? 0 : ENOMEM;
}

int jwt_acl_read(struct jwt_acl **aclp, const json_t *claim)
{
    json_t *paths = json_object_get(claim, "paths"), *each;
    size_t size = json_object_size(paths);
    struct jwt_acl *acl;
    const char *pattern;
    int err = json_is_object(paths) ? 0 : EINVAL;

    acl = mem_alloc(sizeof *acl + size * sizeof *acl->rules, destroy);
    if (!acl)
        return ENOMEM;
    json_object_foreach (paths, pattern, each) {
        if (!err)
            err = read_rule(&acl->rules[acl->count], pattern, each);
        if (err)
            break;
        acl->count++;
    }
    if (err == ENOMEM) {
        mem_unref(acl);
        return err;
    }
    while (err && acl->count) /* a wrong shape anywhere: nothing is let through */
        mem_unref(acl->rules[--acl->count].pattern);
    *aclp = acl;
    return 0;
}

bool jwt_acl_allows(const struct jwt_acl *acl, const char *method, const char *path)
{
    unsigned bit = method_bit(method);

    if (!acl)
        return true;
    for (size_t i = 0; i < acl->count; i++) {
        const struct rule *rule = &acl->rules[i];

        if ((rule->any || rule->methods & bit) && matches(rule->pattern, path))
            return true;
    }
    return false;
}

bool jwt_allows(const json_t *claim, const char *method, const char *path)
{
    struct jwt_acl *acl = NULL;
    bool allowed;

    if (!claim)
        return true;
    if (jwt_acl_read(&acl, claim))
        return false;
    allowed = jwt_acl_allows(acl, method, path);
    mem_unref(acl);
    return allowed;
}
