/* number.c: telephone numbers: which application one rings at, which trunk it goes to. */
#include "conf/conf.h"

#include <string.h>
#include <strings.h>

bool conf_digits(const char *number, char *out, size_t size)
{
    size_t length = 0;

    for (const char *c = number; *c; c++) {
        if (strchr(" +-.()/", *c))
            continue;
        if (*c < '0' || *c > '9' || length + 1 >= size)
            return false;
        out[length++] = *c;
    }
    out[length] = '\0';
    return length > 0;
}

/* How well a number or range ("1555020*") fits: 0 not at all, more is better. */
static size_t fit(const char *number, const char *digits)
{
    size_t length = strlen(number);

    if (length > 0 && number[length - 1] == '*')
        return strncmp(number, digits, length - 1) == 0 ? 2 * length : 0;
    return strcmp(number, digits) == 0 ? 2 * length + 3 : 0; /* before a range as long */
}

/* How well the best of the numbers fits. */
static size_t best_of(const char *const *numbers, size_t count, const char *digits)
{
    size_t best = 0;

    for (size_t i = 0; i < count; i++) {
        size_t how = fit(numbers[i], digits);

        if (how > best)
            best = how;
    }
    return best;
}

static size_t best_fit(const struct conf_application *application, const char *digits)
{
    return best_of(application->numbers, application->number_count, digits);
}

bool conf_test_of(const struct conf *conf, const char *digits, enum conf_test *test)
{
    size_t best = 0;

    for (unsigned i = 0; i < CONF_TESTS; i++) {
        size_t how = best_of(conf->test[i].numbers, conf->test[i].count, digits);

        if (how > best) {
            best = how;
            *test = i;
        }
    }
    return best > 0;
}

bool conf_application_has(const struct conf_application *application, const char *digits)
{
    return best_fit(application, digits) > 0;
}

const char *conf_forward_of(const struct conf_application *application, const char *digits)
{
    for (size_t i = 0; i < application->forward_count; i++) {
        if (strcmp(application->forwards[i].number, digits) == 0)
            return application->forwards[i].uris;
    }
    return NULL;
}

const struct conf_application *conf_application_of(const struct conf *conf, const char *digits)
{
    const struct conf_application *found = NULL;
    size_t best = 0;

    for (size_t i = 0; i < conf->application_count; i++) {
        size_t how = best_fit(&conf->applications[i], digits);

        if (how > best) {
            best = how;
            found = &conf->applications[i];
        }
    }
    return found;
}

const struct conf_application *conf_application_find(const struct conf *conf, const char *id)
{
    for (size_t i = 0; i < conf->application_count; i++) {
        if (strcmp(conf->applications[i].id, id) == 0)
            return &conf->applications[i];
    }
    return NULL;
}

/* Is the URI sip(s):[user@]HOST[:port][;…] at this host, or host:port? */
static bool is_at(const char *uri, const char *host)
{
    const char *rest = strchr(uri, ':'), *at;
    size_t length = strlen(host);

    if (!rest)
        return false;
    rest++;
    at = strchr(rest, '@');
    if (at)
        rest = at + 1;
    if (strncasecmp(rest, host, length) != 0)
        return false;
    return !rest[length] || rest[length] == ';' || rest[length] == '?' ||
           (rest[length] == ':' && (host[0] == '[' || !strchr(host, ':')));
}

const struct conf_trunk *conf_trunk_named(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->trunk_count; i++) {
        if (strcmp(conf->trunks[i].name, name) == 0)
            return &conf->trunks[i];
    }
    for (size_t i = 0; i < conf->trunk_count; i++) {
        for (size_t k = 0; k < conf->trunks[i].proxy_count; k++) {
            if (is_at(conf->trunks[i].proxies[k], name))
                return &conf->trunks[i];
        }
    }
    return NULL;
}

const struct conf_trunk *conf_trunk_of_extensions(const struct conf *conf)
{
    for (size_t i = 0; i < conf->trunk_count; i++) {
        if (conf->trunks[i].takes_extensions)
            return &conf->trunks[i];
    }
    return NULL;
}

const struct conf_trunk *conf_trunk_of(const struct conf *conf, const char *digits)
{
    const struct conf_trunk *found = NULL;
    size_t best = 0;

    for (size_t i = 0; i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        for (size_t k = 0; k < trunk->prefix_count; k++) {
            size_t length = strlen(trunk->prefixes[k]);

            if (strncmp(trunk->prefixes[k], digits, length) == 0 && length + 1 > best) {
                best = length + 1;
                found = trunk;
            }
        }
    }
    return found;
}
