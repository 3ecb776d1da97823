/* shape.h: what JSON and query parameters may be, as rows of tables. The same rows check
 * what comes in, are the schemas of /openapi.json, and tell the tests what to expect. */
#ifndef OFFHOOK_API_SHAPE_H
#define OFFHOOK_API_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Rows leave out what does not matter to them. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum shape_type {
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_OBJECT,
    SHAPE_ARRAY,
    SHAPE_ANY
};

enum shape_flags {
    SHAPE_REQUIRED = 1,
    SHAPE_OPEN = 2,         /* object: other members are allowed */
    SHAPE_NULL = 4,         /* null is allowed */
    SHAPE_NUMERIC_TEXT = 8, /* a number may come as a text */
    SHAPE_ONE = 16,         /* array: one item may come without the array */
    SHAPE_ANY_CASE = 32,    /* words in any case */
    SHAPE_EMPTY = 64        /* a text may be empty (else it may not) */
};

enum shape_format {
    FORMAT_NONE,
    FORMAT_URI,  /* any */
    FORMAT_URL,  /* http or https */
    FORMAT_SIP,  /* sip: or sips: */
    FORMAT_TIME, /* ISO 8601, date or date and time */
    FORMAT_PHONE /* digits, a leading + and separators are stripped */
};

struct shape {
    const char *name; /* of the member; NULL ends a list of members */
    enum shape_type type;
    unsigned flags;
    /* number: range; text: characters; array: items. high 0: none, whatever low is */
    double low, high;
    const char *const *words; /* text: one of, NULL-ended */
    const char *pattern;      /* text: POSIX extended expression; it matches all of the text */
    enum shape_format format;
    const struct shape *members; /* object: its members; array: the item's shape, one row */
    const char *help;            /* one sentence for the description */
};

/* Calls fault(name, reason) for each fault, name as a path ("channel.to.number"), reason in the
 * words of the API without the name: "is required", "must be a number" … `open`: other
 * members are ignored rather than refused. Any thread. */
typedef void shape_fault_h(const char *name, const char *reason, void *arg);
void shape_check(const struct shape *members, bool open, const json_t *object, shape_fault_h *fault,
                 void *arg);
/* The same of query parameters or a form: all values are texts, numbers and booleans are
 * written in them; others are ignored. */
void shape_check_texts(const struct shape *members, const json_t *object, shape_fault_h *fault,
                       void *arg);
/* The member of that name; NULL: none. */
const struct shape *shape_find(const struct shape *members, const char *name);
/* The word as the table has it, in whatever case it came; NULL: none of them. */
const char *shape_word(const char *const *words, const char *text);
/* A decimal whole number; false: it is none, or beyond int64. */
bool shape_integer(const char *text, int64_t *number);
/* JSON Schema of the value of one row; new reference. */
json_t *shape_schema_of(const struct shape *shape);
/* JSON Schema (2020-12) of an object with these members; new reference. */
json_t *shape_schema(const struct shape *members, bool open);

#endif
