/* freshness.c: Cache-Control, Age and Expires (RFC 9111, 4.2 and 5.2.2). A directive that is no
 * number where one is wanted makes a reply stale, and so does one that is there twice. */
#include "player/freshness.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { YEAR = 31536000 /* [s] */, NONE = -1 };

/* The directives of a Cache-Control that matter to us. */
struct control {
    bool no_store, no_cache;
    int64_t max_age, s_maxage; /* [s]; NONE: absent */
};

/* Digits, perhaps in quotes; what is no number: 0. */
static int64_t read_seconds(const char *at, size_t size)
{
    int64_t seconds = 0;

    if (size >= 2 && *at == '"' && at[size - 1] == '"')
        at++, size -= 2;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (!isdigit((unsigned char)at[i]))
            return 0;
        if (seconds < YEAR)
            seconds = seconds * 10 + (at[i] - '0');
    }
    return seconds < YEAR ? seconds : YEAR;
}

static bool is_name(const char *at, size_t size, const char *name)
{
    return strlen(name) == size && strncasecmp(at, name, size) == 0;
}

static void set_seconds(int64_t *seconds, const char *value, size_t size)
{
    *seconds = *seconds == NONE ? read_seconds(value, size) : 0;
}

/* One directive, NAME or NAME=VALUE, without white space around it. */
static void take_directive(struct control *control, const char *at, size_t size)
{
    const char *equals = memchr(at, '=', size);
    size_t name = equals ? (size_t)(equals - at) : size;
    const char *value = equals ? equals + 1 : "";
    size_t value_size = equals ? size - name - 1 : 0;

    if (is_name(at, name, "no-store"))
        control->no_store = true;
    else if (is_name(at, name, "no-cache"))
        control->no_cache = true;
    else if (is_name(at, name, "max-age"))
        set_seconds(&control->max_age, value, value_size);
    else if (is_name(at, name, "s-maxage"))
        set_seconds(&control->s_maxage, value, value_size);
}

/* Where the directive at `at` ends: a comma within quotes is part of it. */
static size_t directive_size(const char *at)
{
    bool quoted = false;
    size_t size = 0;

    for (; at[size] && (quoted || at[size] != ','); size++) {
        if (at[size] == '"')
            quoted = !quoted;
        else if (at[size] == '\\' && quoted && at[size + 1])
            size++;
    }
    return size;
}

static struct control read_control(const char *at)
{
    struct control control = {.max_age = NONE, .s_maxage = NONE};

    while (*at) {
        size_t size = directive_size(at), bare = size;

        while (bare > 0 && isspace((unsigned char)*at))
            at++, bare--, size--;
        while (bare > 0 && isspace((unsigned char)at[bare - 1]))
            bare--;
        take_directive(&control, at, bare);
        at += size;
        at += *at == ',';
    }
    return control;
}

/* A date in the form of today or one of the two of old (RFC 9110, 5.6.7); -1: it is none. */
static time_t read_date(const char *text)
{
    static const char *const forms[] = {"%a, %d %b %Y %T GMT", "%A, %d-%b-%y %T GMT",
                                        "%a %b %d %T %Y"};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);

        if (end && *end == '\0')
            return timegm(&tm);
    }
    return -1;
}

/* [s] from when it was sent; what is no date has passed. */
static int64_t lifetime_of_dates(const struct freshness_fields *fields, int64_t now)
{
    time_t expires = read_date(fields->expires);
    time_t date = fields->date && *fields->date ? read_date(fields->date) : -1;
    int64_t from = date == -1 ? now / 1000 : (int64_t)date;

    return expires == -1 || expires < from ? 0 : (int64_t)expires - from;
}

static int64_t lifetime_of(const struct control *control, const struct freshness_fields *fields,
                           int64_t now)
{
    if (control->no_cache)
        return 0;
    if (control->s_maxage != NONE)
        return control->s_maxage;
    if (control->max_age != NONE)
        return control->max_age;
    if (fields->expires && *fields->expires)
        return lifetime_of_dates(fields, now);
    return FRESHNESS_GUESS;
}

struct freshness freshness_of(const struct freshness_fields *fields, int64_t now)
{
    struct control control = read_control(fields->cache_control ? fields->cache_control : "");
    int64_t age = fields->age ? read_seconds(fields->age, strlen(fields->age)) : 0;
    int64_t left = lifetime_of(&control, fields, now);

    left = (left < YEAR ? left : YEAR) - age;
    return (struct freshness){.store = !control.no_store,
                              .left = control.no_store || left < 0 ? 0 : left * 1000};
}
