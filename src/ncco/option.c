/* option.c: values against the rows that describe them. */
#include "ncco/option.h"
#include "http/fetch.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *option_value(const json_t *object, const char *path)
{
    char name[OPTION_PATH];
    const char *dot;
    json_t *value = (json_t *)object;

    for (; value && path; path = dot ? dot + 1 : NULL) {
        dot = strchr(path, '.');
        snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - path : (long)strlen(path)), path);
        value = json_object_get(value, name);
    }
    return json_is_null(value) ? NULL : value;
}

static const struct option *row_of(const struct option *options, const char *path)
{
    const char *dot = strchr(path, '.');
    size_t length = dot ? (size_t)(dot - path) : strlen(path);

    for (; options && options->name; options++) {
        if (strncmp(options->name, path, length) == 0 && !options->name[length])
            return dot ? row_of(options->inside, dot + 1) : options;
    }
    return NULL;
}

/* A number, or a text that is one and nothing else. */
static bool is_number(const json_t *value, double *number)
{
    const char *text = json_string_value(value);
    char *end;

    if (json_is_number(value)) {
        *number = json_number_value(value);
        return true;
    }
    if (!text || !*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

/* Characters of a text, which is UTF-8. */
static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; *at; at += strcspn(at, "|"), at += *at == '|') {
        if (length && !strchr(word, '|') && strncmp(at, word, length) == 0 &&
            (at[length] == '|' || !at[length]))
            return true;
    }
    return false;
}

const char *option_words(const char *words, char *out, size_t size)
{
    size_t at = 0;

    for (; *words && at + 3 < size; words++) {
        out[at++] = *words == '|' ? ',' : *words;
        if (*words == '|')
            out[at++] = ' ';
    }
    out[at] = '\0';
    return out;
}

/* Each says why a value does not fit; "" when it does. */

static void check_text(const struct option *row, const json_t *value, char *why)
{
    const char *text = json_string_value(value);
    double length = text ? (double)characters(text) : 0;

    if (!text)
        snprintf(why, OPTION_REASON, "must be a string");
    else if (length < row->low || (row->high > 0 && length > row->high))
        snprintf(why, OPTION_REASON, "must have from %g to %g characters", row->low, row->high);
}

static void check_number(const struct option *row, const json_t *value, char *why)
{
    double number = 0;

    if (!is_number(value, &number))
        snprintf(why, OPTION_REASON, "must be a number");
    else if (row->type == OPTION_INTEGER && number != floor(number))
        snprintf(why, OPTION_REASON, "must be a whole number");
    else if (!row->clamped && (number < row->low || number > row->high))
        snprintf(why, OPTION_REASON, "must be from %g to %g", row->low, row->high);
}

static void check_word(const struct option *row, const json_t *value, char *why)
{
    char list[120];

    if (!json_is_string(value))
        snprintf(why, OPTION_REASON, "must be a string");
    else if (!is_word(row->values, json_string_value(value)))
        snprintf(why, OPTION_REASON, "must be one of [%s]",
                 option_words(row->values, list, sizeof list));
}

static void check_words(const struct option *row, const json_t *value, char *why)
{
    size_t i;
    json_t *word;
    char list[120];

    if (!json_is_array(value) || json_array_size(value) == 0) {
        snprintf(why, OPTION_REASON, "must be an array of one or more");
        return;
    }
    json_array_foreach (value, i, word) {
        if (!json_is_string(word) || !is_word(row->values, json_string_value(word)))
            snprintf(why, OPTION_REASON, "must hold only [%s]",
                     option_words(row->values, list, sizeof list));
    }
}

/* Keys may come without quotes. */
static const char *keys_of(const json_t *value, char number[OPTION_NUMBER_TEXT])
{
    if (!json_is_integer(value))
        return json_string_value(value);
    snprintf(number, OPTION_NUMBER_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return number;
}

static void check_keys(const struct option *row, const json_t *value, char *why)
{
    char number[OPTION_NUMBER_TEXT];
    const char *text = keys_of(value, number);

    if (!text)
        snprintf(why, OPTION_REASON, "must be a string");
    else if (strspn(text, row->values) != strlen(text))
        snprintf(why, OPTION_REASON, "must hold only the characters %s", row->values);
    else if ((double)strlen(text) < row->low || (row->high > 0 && (double)strlen(text) > row->high))
        snprintf(why, OPTION_REASON, "must have from %g to %g characters", row->low, row->high);
}

static const char *url_of(const json_t *value)
{
    return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

static void check_url(const struct option *row, const json_t *value, char *why)
{
    const char *url = url_of(value);

    if (json_is_array(value) && json_array_size(value) != 1)
        snprintf(why, OPTION_REASON, "must hold exactly one URL");
    else if (!url)
        snprintf(why, OPTION_REASON, "must be an array of one URL");
    else if (!fetch_is_url(url) && (row->type == OPTION_URL || strncmp(url, "sound:", 6) != 0))
        snprintf(why, OPTION_REASON, "must be a valid http(s) URL");
    else if (strlen(url) > 2048)
        snprintf(why, OPTION_REASON, "must have at most 2048 characters");
}

static void check_ids(const struct option *row, const json_t *value, char *why)
{
    size_t i;
    json_t *id;

    if (!json_is_array(value)) {
        snprintf(why, OPTION_REASON, "must be an array");
        return;
    }
    if ((double)json_array_size(value) < row->low || (double)json_array_size(value) > row->high)
        snprintf(why, OPTION_REASON, "must have from %g to %g elements", row->low, row->high);
    json_array_foreach (value, i, id) {
        if (!json_is_string(id))
            snprintf(why, OPTION_REASON, "must hold texts only");
    }
}

static void check_object(const struct option *row, const json_t *value, char *why)
{
    if (!json_is_object(value))
        snprintf(why, OPTION_REASON, "must be an object");
    else if ((double)json_object_size(value) < row->low)
        snprintf(why, OPTION_REASON, "must not be empty");
}

static void check_endpoints(const json_t *value, char *why)
{
    if (!json_is_array(value))
        snprintf(why, OPTION_REASON, "must be an array");
    else if (json_array_size(value) != 1)
        snprintf(why, OPTION_REASON, "must have exactly 1 element");
}

static void check_value(const struct option *row, const json_t *value, char *why)
{
    switch (row->type) {
    case OPTION_TEXT:
        check_text(row, value, why);
        break;
    case OPTION_BOOL:
        if (!json_is_boolean(value))
            snprintf(why, OPTION_REASON, "must be a boolean");
        break;
    case OPTION_NUMBER:
    case OPTION_INTEGER:
        check_number(row, value, why);
        break;
    case OPTION_ENUM:
        check_word(row, value, why);
        break;
    case OPTION_KEYS:
        check_keys(row, value, why);
        break;
    case OPTION_URL:
    case OPTION_SOUND:
        check_url(row, value, why);
        break;
    case OPTION_WORDS:
        check_words(row, value, why);
        break;
    case OPTION_IDS:
        check_ids(row, value, why);
        break;
    case OPTION_OBJECT:
        check_object(row, value, why);
        break;
    case OPTION_ENDPOINT:
        check_endpoints(value, why);
        break;
    }
}

/* What two options of one object say of each other. */
static void check_neighbours(const struct option *row, const json_t *object, char *why)
{
    json_t *other = row->without ? option_value(object, row->without) : NULL;

    if (other && !json_is_false(other) && !json_is_false(option_value(object, row->name)))
        snprintf(why, OPTION_REASON, "is not allowed together with \"%s\"", row->without);
    else if (row->with && !option_value(object, row->with))
        snprintf(why, OPTION_REASON, "needs \"%s\"", row->with);
}

/* The fault of something inside is the fault of its path. */
static bool check_inside(const char *name, bool good, struct option_fault *fault)
{
    char path[OPTION_PATH];

    if (good)
        return true;
    snprintf(path, sizeof path, "%s%s%.40s", name, *fault->path ? "." : "", fault->path);
    memcpy(fault->path, path, sizeof path);
    return false;
}

static bool check_row(const struct option *row, const json_t *object, struct option_fault *fault)
{
    const json_t *value = option_value(object, row->name);

    fault->path[0] = fault->reason[0] = '\0';
    if (value)
        check_value(row, value, fault->reason);
    else if (row->required)
        snprintf(fault->reason, OPTION_REASON, "is required");
    if (value && !*fault->reason)
        check_neighbours(row, object, fault->reason);
    if (*fault->reason) {
        snprintf(fault->path, sizeof fault->path, "%s", row->name);
        return false;
    }
    if (value && row->type == OPTION_ENDPOINT)
        return check_inside(row->name, endpoint_check(json_array_get(value, 0), fault), fault);
    if (value && row->inside)
        return check_inside(row->name, options_check(row->inside, value, fault), fault);
    return true;
}

bool options_check(const struct option *options, const json_t *object, struct option_fault *fault)
{
    for (; options->name; options++) {
        if (!check_row(options, object, fault))
            return false;
    }
    return true;
}

double option_number(const struct option *options, const json_t *object, const char *path)
{
    const struct option *row = row_of(options, path);
    double number = 0;

    assert(row && (row->type == OPTION_NUMBER || row->type == OPTION_INTEGER));
    if (!is_number(option_value(object, path), &number) && row->otherwise)
        number = strtod(row->otherwise, NULL);
    if (row->clamped)
        number = fmin(fmax(number, row->low), row->high);
    return number;
}

bool option_bool(const struct option *options, const json_t *object, const char *path)
{
    const struct option *row = row_of(options, path);
    const json_t *value = option_value(object, path);

    assert(row && row->type == OPTION_BOOL);
    return value ? json_is_true(value) : row->otherwise && strcmp(row->otherwise, "true") == 0;
}

const char *option_text(const struct option *options, const json_t *object, const char *path)
{
    const struct option *row = row_of(options, path);
    const char *text = url_of(option_value(object, path));

    assert(row);
    return text ? text : row->otherwise;
}

const char *option_keys(const json_t *object, const char *path, char number[OPTION_NUMBER_TEXT])
{
    return keys_of(option_value(object, path), number);
}
