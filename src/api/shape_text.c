/* shape_text.c: length in characters, words, patterns and formats of texts. */
#include "api/shape_text.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "http/fetch.h"

#include <ctype.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URI_LENGTH = 2048, PHONE_LOW = 3, PHONE_HIGH = 15, DATE = 10 };

/* Patterns: a list under a lock; rows come at its head and never go. */
struct pattern {
    struct pattern *next;
    const char *text;
    bool broken;
    regex_t regex;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pattern *patterns;

static struct pattern *compile(const char *text)
{
    struct pattern *pattern = calloc(1, sizeof *pattern);
    char *whole = NULL;

    if (!pattern || asprintf(&whole, "^(%s)$", text) < 0) {
        free(pattern);
        return NULL;
    }
    pattern->text = text;
    pattern->broken = regcomp(&pattern->regex, whole, REG_EXTENDED | REG_NOSUB) != 0;
    pattern->next = patterns;
    patterns = pattern;
    free(whole);
    return pattern;
}

static bool matches(const char *text, const char *value)
{
    struct pattern *pattern;

    pthread_mutex_lock(&lock);
    for (pattern = patterns; pattern; pattern = pattern->next)
        if (!strcmp(pattern->text, text))
            break;
    if (!pattern)
        pattern = compile(text);
    pthread_mutex_unlock(&lock);
    return pattern && !pattern->broken && !regexec(&pattern->regex, value, 0, NULL, 0);
}

static size_t characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static bool is_one_of(const struct shape *shape, const char *text, char reason[SHAPE_REASON])
{
    bool any_case = shape->flags & SHAPE_ANY_CASE;
    size_t n;

    for (const char *const *word = shape->words; *word; word++)
        if (any_case ? !strcasecmp(*word, text) : !strcmp(*word, text))
            return true;
    n = (size_t)snprintf(reason, SHAPE_REASON, "must be one of [");
    for (const char *const *word = shape->words; *word && n < SHAPE_REASON; word++)
        n += (size_t)snprintf(reason + n, SHAPE_REASON - n, "%s%s",
                              word == shape->words ? "" : ", ", *word);
    if (n < SHAPE_REASON)
        snprintf(reason + n, SHAPE_REASON - n, "]");
    return false;
}

/* scheme ":" something, without blanks and what never stands in a URI. */
static bool is_uri(const char *text)
{
    const char *c = text;

    if (!isalpha((unsigned char)*c) || strlen(text) > URI_LENGTH)
        return false;
    while (isalnum((unsigned char)*c) || (*c && strchr("+-.", *c)))
        c++;
    if (*c++ != ':' || !*c)
        return false;
    for (; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127 || strchr("<>\"{}|\\^`", *c))
            return false;
    return true;
}

static bool is_sip(const char *text)
{
    size_t scheme = !strncasecmp(text, "sip:", 4) ? 4 : !strncasecmp(text, "sips:", 5) ? 5 : 0;

    return scheme && text[scheme] && is_uri(text);
}

static bool is_url(const char *text)
{
    return strlen(text) <= URI_LENGTH && fetch_is_url(text);
}

static bool is_time(const char *text)
{
    char whole[CLOCK_ISO];

    if (strlen(text) != DATE)
        return clock_parse_iso(text) >= 0;
    snprintf(whole, sizeof whole, "%.10sT00:00:00Z", text);
    return clock_parse_iso(whole) >= 0;
}

static bool is_phone(const char *text)
{
    char digits[64];

    return conf_digits(text, digits, sizeof digits) && strlen(digits) >= PHONE_LOW &&
           strlen(digits) <= PHONE_HIGH;
}

static const struct {
    bool (*is)(const char *text);
    const char *reason;
} formats[] = {
    [FORMAT_URI] = {is_uri, "must be a valid uri"},
    [FORMAT_URL] = {is_url, "must be a valid uri with a scheme matching the http|https pattern"},
    [FORMAT_SIP] = {is_sip, "must be a valid uri with a scheme matching the sip|sips pattern"},
    [FORMAT_TIME] = {is_time, "must be a valid ISO 8601 date"},
    [FORMAT_PHONE] = {is_phone, "must be a valid phone number"},
};

static bool refuse(char reason[SHAPE_REASON], const char *text)
{
    snprintf(reason, SHAPE_REASON, "%s", text);
    return false;
}

bool shape_text(const struct shape *shape, const char *text, char reason[SHAPE_REASON])
{
    size_t length = characters(text);

    if (!length)
        return shape->flags & SHAPE_EMPTY ? true : refuse(reason, "is not allowed to be empty");
    if (shape->words)
        return is_one_of(shape, text, reason);
    if ((double)length < shape->low) {
        snprintf(reason, SHAPE_REASON, "length must be at least %.0f characters long", shape->low);
        return false;
    }
    if (shape->high > 0 && (double)length > shape->high) {
        snprintf(reason, SHAPE_REASON, "length must be less than or equal to %.0f characters long",
                 shape->high);
        return false;
    }
    if (shape->format != FORMAT_NONE && !formats[shape->format].is(text))
        return refuse(reason, formats[shape->format].reason);
    if (shape->pattern && !matches(shape->pattern, text)) {
        snprintf(reason, SHAPE_REASON, "fails to match the required pattern: %s", shape->pattern);
        return false;
    }
    return true;
}
