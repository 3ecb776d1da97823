/* text.c: JSON as text. The library's own writer keeps a table of what it is inside
 * of, to find circles, and that costs it most of its time; what we write has none. */
#include "json/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024 /* [bytes] to begin with */, NUMBER = 64, WHOLE = 1000000 };

struct text {
    char *at; /* malloced; NULL: out of memory */
    size_t size, room;
};

/* Where `size` more bytes go, or NULL. */
static char *make_room(struct text *text, size_t size)
{
    size_t room = text->room;
    char *at;

    while (room - text->size < size)
        room *= 2;
    if (room != text->room && text->at) {
        at = realloc(text->at, room);
        if (!at)
            free(text->at);
        text->at = at;
        text->room = room;
    }
    return text->at ? text->at + text->size : NULL;
}

static void put(struct text *text, const char *from, size_t size)
{
    char *at = make_room(text, size);

    if (at)
        memcpy(at, from, size);
    if (at)
        text->size += size;
}

static void put_escaped(struct text *text, unsigned char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *name = names;
    char escape[8];

    while (*name && (unsigned char)*name != c)
        name += 2;
    if (*name)
        put(text, (const char[]){'\\', name[1]}, 2);
    else
        put(text, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04X", c));
}

static void put_string(struct text *text, const char *from, size_t size)
{
    const char *end = from + size;

    put(text, "\"", 1);
    while (from < end) {
        const char *clean = from;

        while (clean < end && (unsigned char)*clean >= ' ' && *clean != '"' && *clean != '\\')
            clean++;
        put(text, from, (size_t)(clean - from));
        if (clean < end)
            put_escaped(text, (unsigned char)*clean++);
        from = clean;
    }
    put(text, "\"", 1);
}

static void put_integer(struct text *text, json_int_t value)
{
    char digits[NUMBER], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        *--at = '-';
    put(text, at, (size_t)(digits + sizeof digits - at));
}

/* Whole ones, as most are that are counted, without the library's way through printf(). */
static void put_real(struct text *text, const json_t *value)
{
    double real = json_real_value(value);
    char number[NUMBER];

    if (fabs(real) < WHOLE && real == (json_int_t)real && !(real == 0 && signbit(real))) {
        put_integer(text, (json_int_t)real);
        put(text, ".0", 2);
    } else {
        put(text, number, json_dumpb(value, number, sizeof number, JSON_ENCODE_ANY));
    }
}

static void put_value(struct text *text, const json_t *value);

static void put_array(struct text *text, const json_t *array)
{
    const json_t *value;
    size_t i;

    put(text, "[", 1);
    json_array_foreach (array, i, value) {
        if (i)
            put(text, ",", 1);
        put_value(text, value);
    }
    put(text, "]", 1);
}

static void put_object(struct text *text, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value; /* the library walks in what it may change */
    void *at = json_object_iter(object);

    put(text, "{", 1);
    while (at) {
        const char *key = json_object_iter_key(at);

        put_string(text, key, strlen(key));
        put(text, ":", 1);
        put_value(text, json_object_iter_value(at));
        at = json_object_iter_next(object, at);
        if (at)
            put(text, ",", 1);
    }
    put(text, "}", 1);
}

static void put_value(struct text *text, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(text, value);
        break;
    case JSON_ARRAY:
        put_array(text, value);
        break;
    case JSON_STRING:
        put_string(text, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put_integer(text, json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(text, value);
        break;
    case JSON_TRUE:
        put(text, "true", 4);
        break;
    case JSON_FALSE:
        put(text, "false", 5);
        break;
    case JSON_NULL:
        put(text, "null", 4);
        break;
    }
}

/* It may be kept for long. */
static char *trim(struct text *text)
{
    char *at = text->at ? realloc(text->at, text->size) : NULL;

    return at ? at : text->at;
}

char *json_text(const json_t *value)
{
    struct text text = {.at = value ? malloc(ROOM) : NULL, .room = ROOM};

    if (!text.at)
        return NULL;
    put_value(&text, value);
    put(&text, "", 1);
    return trim(&text);
}
