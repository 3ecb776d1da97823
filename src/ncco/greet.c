/* greet.c: onAnswer of a phone endpoint: the callee answers, and has a flow of its own before it
 * is connected: it is a member of the caller's conversation, but apart. The caller hears the
 * ring-back tone meanwhile, and is answered when they are connected.
 *
 *   answered ──> NCCO of onAnswer.url ──end──> connected
 *                   └── no NCCO, a bad one, hang-up ──> the callee's leg ends: not connected */
#include "ncco/private.h"

#include <stdio.h>
#include <string.h>

static const json_t *wish(const struct call *child)
{
    const json_t *endpoint = json_array_get(json_object_get(child->connect, "endpoint"), 0);

    return option_value(endpoint, "onAnswer");
}

bool greet_wanted(const struct call *child)
{
    return wish(child) != NULL;
}

static const char *url_of(const json_t *value)
{
    return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

void greet_start(struct call *child)
{
    const json_t *wanted = wish(child);
    const char *tone = url_of(option_value(wanted, "ringbackTone"));

    child->greeted = true;
    if (!tone)
        tone = url_of(option_value(wanted, "ringback"));
    if (tone)
        ringback_start(child->parent, tone);
    call_ask_url(child, url_of(option_value(wanted, "url")), "GET", false);
}

bool greet_check(const json_t *ncco, char reason[NCCO_REASON])
{
    size_t i;
    json_t *action;

    json_array_foreach (ncco, i, action) {
        const char *name = json_string_value(json_object_get(action, "action"));

        if (strcmp(name, "connect") == 0 || strcmp(name, "conversation") == 0) {
            snprintf(reason, NCCO_REASON, "action %zu (%s): may not be in an NCCO of onAnswer",
                     i + 1, name);
            return false;
        }
    }
    return true;
}
