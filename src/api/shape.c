/* shape.c: values held against rows. The words are those of the API's own validator. */
#include "api/shape.h"
#include "api/shape_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME = 256 };

struct check {
    shape_fault_h *fault;
    void *arg;
    bool texts; /* numbers and booleans come as texts */
};

static void check_value(const struct check *check, const struct shape *shape, bool open,
                        const json_t *value, const char *name);

const struct shape *shape_find(const struct shape *members, const char *name)
{
    for (; members && members->name; members++)
        if (!strcmp(members->name, name))
            return members;
    return NULL;
}

const char *shape_word(const char *const *words, const char *text)
{
    for (; text && *words; words++)
        if (!strcasecmp(*words, text))
            return *words;
    return NULL;
}

bool shape_integer(const char *text, int64_t *number)
{
    const char *digits = text + (*text == '-');
    char *end;

    if (!*digits || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return !errno;
}

/* A finite decimal number as it is written in JSON (and with a + or a bare point). */
static bool parse_number(const char *text, double *number)
{
    char *end;

    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *number = strtod(text, &end);
    return !*end && isfinite(*number);
}

static void fail(const struct check *check, const char *name, const char *reason)
{
    check->fault(name, reason, check->arg);
}

static void check_range(const struct check *check, const struct shape *shape, double number,
                        const char *name)
{
    char reason[SHAPE_REASON];

    if (number < shape->low)
        snprintf(reason, sizeof reason, "must be greater than or equal to %.15g", shape->low);
    else if (shape->high != 0 && number > shape->high)
        snprintf(reason, sizeof reason, "must be less than or equal to %.15g", shape->high);
    else
        return;
    fail(check, name, reason);
}

static void check_number(const struct check *check, const struct shape *shape, const json_t *value,
                         const char *name)
{
    const char *text =
        check->texts || (shape->flags & SHAPE_NUMERIC_TEXT) ? json_string_value(value) : NULL;
    double number = json_number_value(value);
    bool whole = json_is_integer(value);
    int64_t integer;

    if (text) {
        whole = shape_integer(text, &integer);
        if (!parse_number(text, &number)) {
            fail(check, name, "must be a number");
            return;
        }
    } else if (!json_is_number(value)) {
        fail(check, name, "must be a number");
        return;
    }
    if (!isfinite(number))
        fail(check, name, "must be a number");
    else if (shape->type == SHAPE_INTEGER && !whole)
        fail(check, name, fabs(number) >= 0x1p63 ? "must be a safe number" : "must be an integer");
    else
        check_range(check, shape, number, name);
}

static void check_string(const struct check *check, const struct shape *shape, const json_t *value,
                         const char *name)
{
    const char *text = json_string_value(value);
    char reason[SHAPE_REASON];

    if (!text)
        fail(check, name, "must be a string");
    else if (strlen(text) != json_string_length(value))
        fail(check, name, "must not hold a NUL character");
    else if (!shape_text(shape, text, reason))
        fail(check, name, reason);
}

static void check_bool(const struct check *check, const json_t *value, const char *name)
{
    const char *text = check->texts ? json_string_value(value) : NULL;

    if (!json_is_boolean(value) &&
        (!text || (strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0)))
        fail(check, name, "must be a boolean");
}

static void check_array(const struct check *check, const struct shape *shape, bool open,
                        const json_t *array, const char *name)
{
    size_t count = json_array_size(array);
    char text[NAME];

    if (!json_is_array(array)) {
        if (shape->flags & SHAPE_ONE && shape->members)
            check_value(check, shape->members, open, array, name);
        else
            fail(check, name, "must be an array");
        return;
    }
    if ((double)count < shape->low) {
        snprintf(text, sizeof text, "must contain at least %.0f items", shape->low);
        fail(check, name, text);
    } else if (shape->high > 0 && (double)count > shape->high) {
        snprintf(text, sizeof text, "must contain less than or equal to %.0f items", shape->high);
        fail(check, name, text);
    }
    for (size_t i = 0; shape->members && i < count; i++) {
        snprintf(text, sizeof text, "%s[%zu]", name, i);
        check_value(check, shape->members, open, json_array_get(array, i), text);
    }
}

static void path(char out[NAME], const char *name, const char *member)
{
    snprintf(out, NAME, "%s%s%s", name, *name ? "." : "", member);
}

static void check_members(const struct check *check, const struct shape *members, bool open,
                          const json_t *object, const char *name)
{
    const char *key;
    json_t *value;
    char text[NAME];

    for (const struct shape *shape = members; shape && shape->name; shape++) {
        value = json_object_get(object, shape->name);
        path(text, name, shape->name);
        if (value)
            check_value(check, shape, open, value, text);
        else if (shape->flags & SHAPE_REQUIRED)
            fail(check, text, "is required");
    }
    if (open)
        return;
    json_object_foreach ((json_t *)object, key, value) {
        path(text, name, key);
        if (!shape_find(members, key))
            fail(check, text, "is not allowed");
    }
}

static void check_value(const struct check *check, const struct shape *shape, bool open,
                        const json_t *value, const char *name)
{
    if (json_is_null(value) && (shape->flags & SHAPE_NULL))
        return;
    switch (shape->type) {
    case SHAPE_STRING:
        check_string(check, shape, value, name);
        break;
    case SHAPE_INTEGER:
    case SHAPE_NUMBER:
        check_number(check, shape, value, name);
        break;
    case SHAPE_BOOL:
        check_bool(check, value, name);
        break;
    case SHAPE_ARRAY:
        check_array(check, shape, open, value, name);
        break;
    case SHAPE_OBJECT:
        if (json_is_object(value))
            check_members(check, shape->members,
                          open || !shape->members || (shape->flags & SHAPE_OPEN), value, name);
        else
            fail(check, name, "must be an object");
        break;
    case SHAPE_ANY:
        break;
    }
}

void shape_check(const struct shape *members, bool open, const json_t *object, shape_fault_h *fault,
                 void *arg)
{
    const struct check check = {fault, arg, false};

    check_members(&check, members, open, object, "");
}

void shape_check_texts(const struct shape *members, const json_t *object, shape_fault_h *fault,
                       void *arg)
{
    const struct check check = {fault, arg, true};

    check_members(&check, members, true, object, "");
}
