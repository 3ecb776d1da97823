/* rest_parameter.c: "name=value&..." in a query or in the body of a form. What was
 * decoded for the handler lives as long as its request. */
#include "base/mem.h"
#include "http/rest_request.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

struct value {
    struct list node;
    const char *source; /* the text it was read from */
    char *name, *text;
};

struct pair { /* one parameter as sent */
    const char *name, *value;
    size_t name_length, value_length;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0, EINVAL or ENOMEM. */
static int decode(char **outp, const char *text, size_t length, bool plus_is_space)
{
    char *out = mem_alloc(length + 1, NULL);
    size_t n = 0;

    if (!out)
        return ENOMEM;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = length - i < 3 ? -1 : hex(text[i + 1]);
            int low = high < 0 ? -1 : hex(text[i + 2]);

            c = low < 0 ? '\0' : (char)(high << 4 | low);
            i += 2;
        }
        if (!c) {
            mem_unref(out);
            return EINVAL;
        }
        out[n++] = c;
    }
    *outp = out;
    return 0;
}

char *rest_decode(const char *text, size_t length, bool plus_is_space)
{
    char *out = NULL;

    decode(&out, text, length, plus_is_space);
    return out;
}

static void value_destroy(void *obj)
{
    struct value *value = obj;

    mem_unref(value->name);
    mem_unref(value->text);
}

void rest_values_free(struct list *values)
{
    list_each (node, values)
        mem_unref(list_entry(node, struct value, node));
    list_init(values);
}

/* The next one of *text. False: there is none. */
static bool next_pair(const char **text, struct pair *pair)
{
    size_t length = strcspn(*text, "&");
    const char *equals = memchr(*text, '=', length);

    if (!**text)
        return false;
    pair->name = *text;
    pair->name_length = equals ? (size_t)(equals - *text) : length;
    pair->value = equals ? equals + 1 : *text + length;
    pair->value_length = (size_t)(*text + length - pair->value);
    *text += length + ((*text)[length] == '&');
    return true;
}

/* The first parameter of that name, decoded; NULL: none. */
static char *find_parameter(const char *text, const char *name)
{
    struct pair pair;

    while (next_pair(&text, &pair)) {
        char *key = rest_decode(pair.name, pair.name_length, true);
        bool found = key && !strcmp(key, name);

        mem_unref(key);
        if (found)
            return rest_decode(pair.value, pair.value_length, true);
    }
    return NULL;
}

static const char *parameter(struct rest_request *request, const char *source, const char *name)
{
    struct value *value;

    if (!*source)
        return NULL;
    list_each (node, &request->values) {
        value = list_entry(node, struct value, node);
        if (value->source == source && !strcmp(value->name, name))
            return value->text;
    }
    value = mem_alloc(sizeof *value, value_destroy);
    if (!value)
        return NULL;
    value->source = source;
    value->name = mem_strdup(name);
    value->text = find_parameter(source, name);
    if (!value->name || !value->text) {
        mem_unref(value);
        return NULL;
    }
    list_append(&request->values, &value->node);
    return value->text;
}

const char *rest_query(struct rest_request *request, const char *name)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    return parameter(request, request->query, name);
}

int rest_query_each(struct rest_request *request,
                    bool (*each)(const char *name, const char *value, void *arg), void *arg)
{
    const char *text;
    struct pair pair;
    bool more = true;
    int err = 0;

    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    text = request->query;
    while (more && err != ENOMEM && next_pair(&text, &pair)) {
        char *name = NULL, *value = NULL;

        if (!pair.name_length && !pair.value_length)
            continue; /* "a=1&&b=2" */
        err = decode(&name, pair.name, pair.name_length, true);
        if (!err)
            err = decode(&value, pair.value, pair.value_length, true);
        if (!err)
            more = each(name, value, arg);
        mem_unref(name);
        mem_unref(value);
    }
    return err == ENOMEM ? ENOMEM : 0;
}

static bool is_form(const char *type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    size_t length = sizeof form - 1;

    if (!type || strncasecmp(type, form, length) != 0)
        return false;
    type += length;
    type += strspn(type, " \t");
    return !*type || *type == ';';
}

const char *rest_form(struct rest_request *request, const char *name)
{
    MAGIC_CHECK(request, REST_REQUEST_MAGIC);
    if (!request->body || strlen(request->body) != request->size ||
        !is_form(rest_header(request, MHD_HTTP_HEADER_CONTENT_TYPE)))
        return NULL;
    return parameter(request, request->body, name);
}
