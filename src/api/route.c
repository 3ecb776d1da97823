/* route.c: the tree of segments. A pattern "/a|b/{x}" is two paths through it; a node holds
 * the routes that end there, one a method. */
#include "api/private.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

enum { METHODS = 6 };

struct node {
    struct node *next;    /* its sibling */
    struct node *spelled; /* children by their text */
    struct node *named;   /* the child for any text */
    const char *text;     /* not ended; "" of `named` */
    size_t length;
    const struct api_route *routes[METHODS];
    size_t count;
};

struct routes {
    struct node root;
};

static struct node *drop_node(struct node *node)
{
    while (node) {
        struct node *next = node->next;

        drop_node(node->spelled);
        drop_node(node->named);
        mem_unref(node);
        node = next;
    }
    return NULL;
}

static void destroy(void *obj)
{
    struct routes *routes = obj;

    drop_node(routes->root.spelled);
    drop_node(routes->root.named);
}

static struct node *spelled_of(const struct node *node, const char *text, size_t length)
{
    struct node *child = node->spelled;

    while (child && (child->length != length || memcmp(child->text, text, length) != 0))
        child = child->next;
    return child;
}

static struct node *add_child(struct node *node, const char *text, size_t length)
{
    bool named = *text == '{';
    struct node *child = named ? node->named : spelled_of(node, text, length);

    if (child)
        return child;
    child = mem_alloc(sizeof *child, NULL);
    if (!child)
        return NULL;
    child->text = named ? "" : text;
    child->length = named ? 0 : length;
    if (named) {
        node->named = child;
    } else {
        child->next = node->spelled;
        node->spelled = child;
    }
    return child;
}

/* The rest of the pattern, below the node; each word of "a|b" is a child. */
static int add(struct node *node, const char *pattern, const struct api_route *route)
{
    size_t length;
    int err = 0;

    if (!*pattern) {
        if (node->count == METHODS)
            return EOVERFLOW;
        node->routes[node->count++] = route;
        return 0;
    }
    length = strcspn(++pattern, "/");
    for (const char *word = pattern; !err && word < pattern + length;) {
        size_t n = *word == '{' ? length : strcspn(word, "|/");
        struct node *child = add_child(node, word, n);

        err = child ? add(child, pattern + length, route) : ENOMEM;
        word += n + 1;
    }
    return err;
}

int routes_alloc(struct routes **routesp, const struct api_route *const *tables)
{
    struct routes *routes = mem_alloc(sizeof *routes, destroy);
    int err = 0;

    if (!routes)
        return ENOMEM;
    for (; !err && *tables; tables++)
        for (const struct api_route *route = *tables; !err && route->method; route++)
            err = add(&routes->root, route->pattern, route);
    if (err)
        mem_unref(routes);
    else
        *routesp = routes;
    return err;
}

struct span {
    const char *text;
    size_t length;
};

/* Names are noted in `spans`; what is spelled out goes first. */
static const struct node *walk(const struct node *node, const char *path,
                               struct span spans[API_IDS], size_t count, size_t *found)
{
    const struct node *child, *end = NULL;
    size_t length;

    if (!*path) {
        *found = count;
        return node->count ? node : NULL;
    }
    if (*path++ != '/')
        return NULL;
    length = strcspn(path, "/");
    child = spelled_of(node, path, length);
    if (child)
        end = walk(child, path + length, spans, count, found);
    if (end || !node->named || !length || count == API_IDS)
        return end;
    spans[count] = (struct span){path, length};
    return walk(node->named, path + length, spans, count + 1, found);
}

static bool takes(const struct api_route *route, const char *method)
{
    bool head =
        route->auth == AUTH_NONE /* what probes like to send */ || (route->flags & API_BINARY);

    return !strcmp(route->method, method) ||
           (head && !strcmp(route->method, "GET") && !strcmp(method, "HEAD"));
}

static char *copy(const struct span *span)
{
    char *out = mem_alloc(span->length + 1, NULL);

    if (out)
        memcpy(out, span->text, span->length);
    return out;
}

static char *allow_of(const struct node *node)
{
    bool binary = node->routes[0]->flags & API_BINARY;
    char *allow = mem_printf("%s%s", node->routes[0]->method, binary ? ", HEAD" : "");

    for (size_t i = 1; i < node->count; i++) {
        char *more = allow ? mem_printf("%s, %s", allow, node->routes[i]->method) : NULL;

        mem_unref(allow);
        allow = more;
    }
    return allow;
}

/* All of them or none: out of memory. */
static void copy_ids(char *ids[API_IDS], const struct span *spans, size_t count)
{
    bool failed = false;

    for (size_t i = 0; i < API_IDS; i++) {
        ids[i] = i < count ? copy(&spans[i]) : NULL;
        failed = failed || (i < count && !ids[i]);
    }
    for (size_t i = 0; failed && i < API_IDS; i++)
        ids[i] = mem_unref(ids[i]);
}

const struct api_route *routes_find(const struct routes *routes, const char *method,
                                    const char *path, char *ids[API_IDS], char **allow)
{
    struct span spans[API_IDS];
    size_t count = 0;
    const struct node *node = walk(&routes->root, path, spans, 0, &count);

    *allow = NULL;
    for (size_t i = 0; node && i < node->count; i++) {
        if (!takes(node->routes[i], method))
            continue;
        copy_ids(ids, spans, count);
        return node->routes[i];
    }
    if (node)
        *allow = allow_of(node);
    return NULL;
}
