/* option.h: what an action of an NCCO may be told: rows of a table that drive the check,
 * the defaults and the documentation. Unknown options are ignored (the schemas are not
 * closed); a numeric text passes for a number and a single URL for a list of one, since
 * clients send them; null is the same as absent. */
#ifndef OFFHOOK_NCCO_OPTION_H
#define OFFHOOK_NCCO_OPTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum option_type {
    OPTION_TEXT,     /* low … high: characters (high 0: any number) */
    OPTION_BOOL,     /* true or false */
    OPTION_NUMBER,   /* low … high */
    OPTION_INTEGER,  /* low … high */
    OPTION_ENUM,     /* one of values, "a|b" */
    OPTION_KEYS,     /* a text of these characters: values; low … high of them */
    OPTION_URL,      /* http(s), or an array of exactly one */
    OPTION_SOUND,    /* the same, or sound:NAME of a bundled one */
    OPTION_WORDS,    /* an array of one or more of the words in values */
    OPTION_IDS,      /* an array of low … high texts */
    OPTION_OBJECT,   /* of the options inside; of any when there are none (low: at least) */
    OPTION_ENDPOINT, /* an array of exactly one; see endpoint_check() */
};

struct option {
    const char *name;
    enum option_type type;
    bool required;
    const char *otherwise; /* the default, as it would be written; NULL: none */
    double low, high;
    bool clamped; /* what is beyond the range is taken for its nearer end */
    const char *values;
    const struct option *inside; /* ended by a NULL name */
    const char *without;         /* may not stand beside this option (of the same object) */
    const char *with;            /* needs this option beside it */
    const char *help;
};

enum { OPTION_REASON = 160, OPTION_PATH = 64, OPTION_NUMBER_TEXT = 24 /* [bytes] */ };

/* Why an option is refused, and its path: "dtmf.timeOut". */
struct option_fault {
    char path[OPTION_PATH], reason[OPTION_REASON];
};
/* The options of an object; of what is inside, all. True: they are as the rows have it. */
bool options_check(const struct option *options, const json_t *object, struct option_fault *fault);

/* What an object that was checked says of a row by its path ("dtmf.timeOut"), or the row's
 * default. A row that does not exist is our own error. */
double option_number(const struct option *options, const json_t *object, const char *path);
bool option_bool(const struct option *options, const json_t *object, const char *path);
/* A text, a word of an enum, or a URL; NULL: absent, without default. Borrowed. */
const char *option_text(const struct option *options, const json_t *object, const char *path);
/* OPTION_KEYS as a text, which `number` holds when they came as a number; NULL: absent. */
const char *option_keys(const json_t *object, const char *path, char number[OPTION_NUMBER_TEXT]);
/* The value as it was given; NULL: absent (or null). Borrowed. */
json_t *option_value(const json_t *object, const char *path);

/* Words of an enum, "a|b", as "a, b" in out [size bytes], which it returns. */
const char *option_words(const char *words, char *out, size_t size);

/* An endpoint of `connect` or of POST /v1/calls (endpoint.c). */
bool endpoint_check(const json_t *endpoint, struct option_fault *fault);
/* Its kinds, for the documentation; ended by a NULL name. */
struct endpoint_kind {
    const char *name, *help;
    const struct option *options;
};
extern const struct endpoint_kind endpoint_kinds[];

#endif
