/* shape_schema.c: the same rows as JSON Schema (2020-12). */
#include "api/shape.h"

#include <stdio.h>
#include <string.h>

static const char *const types[] = {
    [SHAPE_STRING] = "string", [SHAPE_INTEGER] = "integer", [SHAPE_NUMBER] = "number",
    [SHAPE_BOOL] = "boolean",  [SHAPE_OBJECT] = "object",   [SHAPE_ARRAY] = "array",
    [SHAPE_ANY] = NULL,
};

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *size(double number)
{
    return number == (double)(json_int_t)number ? json_integer((json_int_t)number)
                                                : json_real(number);
}

static void add_type(json_t *schema, const struct shape *shape)
{
    bool text = shape->flags & SHAPE_NUMERIC_TEXT, null = shape->flags & SHAPE_NULL;
    json_t *list;

    if (!types[shape->type])
        return;
    if (!text && !null) {
        set(schema, "type", json_string(types[shape->type]));
        return;
    }
    list = json_pack("[s]", types[shape->type]);
    if (text)
        json_array_append_new(list, json_string("string"));
    if (null)
        json_array_append_new(list, json_string("null"));
    set(schema, "type", list);
}

/* Words in any case are written as a pattern, which `enum` cannot say. */
static void add_words(json_t *schema, const struct shape *shape)
{
    json_t *list = json_array();

    for (const char *const *word = shape->words; *word; word++)
        json_array_append_new(list, json_string(*word));
    if (shape->flags & SHAPE_NULL)
        json_array_append_new(list, json_null());
    set(schema, shape->flags & SHAPE_ANY_CASE ? "examples" : "enum", list);
}

static void add_text(json_t *schema, const struct shape *shape)
{
    static const char *const formats[] = {
        [FORMAT_NONE] = NULL, [FORMAT_URI] = "uri", [FORMAT_URL] = "uri",
        [FORMAT_SIP] = "uri", [FORMAT_TIME] = NULL, [FORMAT_PHONE] = NULL,
    };
    char pattern[512];

    if (shape->low > 0 || !(shape->flags & SHAPE_EMPTY))
        set(schema, "minLength", size(shape->low > 0 ? shape->low : 1));
    if (shape->high > 0)
        set(schema, "maxLength", size(shape->high));
    if (shape->words)
        add_words(schema, shape);
    if (formats[shape->format])
        set(schema, "format", json_string(formats[shape->format]));
    if (shape->pattern) {
        snprintf(pattern, sizeof pattern, "^(%s)$", shape->pattern);
        set(schema, "pattern", json_string(pattern));
    }
}

/* low 0 and high 0 of an array or text say nothing; of a number: not below 0. */
static void add_range(json_t *schema, const struct shape *shape, const char *low, const char *high)
{
    if (shape->low != 0 || shape->type == SHAPE_INTEGER || shape->type == SHAPE_NUMBER)
        set(schema, low, size(shape->low));
    if (shape->high != 0)
        set(schema, high, size(shape->high));
}

static void add_members(json_t *schema, const struct shape *members, bool open)
{
    json_t *properties = json_object(), *required = json_array();

    for (; members && members->name; members++) {
        set(properties, members->name, shape_schema_of(members));
        if (members->flags & SHAPE_REQUIRED)
            json_array_append_new(required, json_string(members->name));
    }
    if (json_object_size(properties))
        json_object_set(schema, "properties", properties);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(properties);
    json_decref(required);
    if (!open)
        set(schema, "additionalProperties", json_false());
}

static json_t *of_array(const struct shape *shape)
{
    json_t *array = json_object();

    add_type(array, shape);
    add_range(array, shape, "minItems", "maxItems");
    if (shape->members)
        set(array, "items", shape_schema_of(shape->members));
    if (!(shape->flags & SHAPE_ONE) || !shape->members)
        return array;
    return json_pack("{s:[o,o]}", "anyOf", array, shape_schema_of(shape->members));
}

json_t *shape_schema_of(const struct shape *shape)
{
    json_t *schema = shape->type == SHAPE_ARRAY ? of_array(shape) : json_object();

    if (shape->type != SHAPE_ARRAY)
        add_type(schema, shape);
    if (shape->type == SHAPE_STRING)
        add_text(schema, shape);
    else if (shape->type == SHAPE_INTEGER || shape->type == SHAPE_NUMBER)
        add_range(schema, shape, "minimum", "maximum");
    else if (shape->type == SHAPE_OBJECT)
        add_members(schema, shape->members, !shape->members || (shape->flags & SHAPE_OPEN));
    if (shape->help)
        set(schema, "description", json_string(shape->help));
    return schema;
}

json_t *shape_schema(const struct shape *members, bool open)
{
    json_t *schema = json_pack("{s:s}", "type", "object");

    add_members(schema, members, open);
    return schema;
}
