/* table.c: the actions an NCCO may hold, and the check of one against their options.
 * Unknown options are ignored (the schemas are not closed); a numeric string passes for
 * a number and a single URL for a list of one, since clients send them. */
#include "ncco/private.h"
#include "leg/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct action *const actions[] = {&action_connect, &action_conversation,
                                               &action_stream};

const struct action *action_find(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i]->name, name) == 0)
            return actions[i];
    }
    return NULL;
}

static bool is_number(const json_t *value, double *number)
{
    const char *text = json_string_value(value);
    char *end;

    if (json_is_number(value)) {
        *number = json_number_value(value);
        return true;
    }
    if (!text || !*text)
        return false;
    *number = strtod(text, &end);
    return *end == '\0';
}

double option_number(const json_t *action, const char *name, double otherwise)
{
    double number = otherwise;

    is_number(json_object_get(action, name), &number);
    return number;
}

const char *option_url(const json_t *action, const char *name)
{
    const json_t *url = json_object_get(action, name);

    return json_string_value(json_is_array(url) ? json_array_get(url, 0) : url);
}

/* What is wrong with a value; NULL: nothing. */
static const char *fault(const struct option *option, const json_t *value, char *text, size_t size)
{
    double number;
    const char *url;

    switch (option->type) {
    case OPTION_STRING:
        return json_is_string(value) ? NULL : "must be a string";
    case OPTION_BOOL:
        return json_is_boolean(value) ? NULL : "must be a boolean";
    case OPTION_OBJECT:
        return json_is_object(value) ? NULL : "must be an object";
    case OPTION_NUMBER:
        if (!is_number(value, &number))
            return "must be a number";
        if (number >= option->low && number <= option->high)
            return NULL;
        snprintf(text, size, "must be from %g to %g", option->low, option->high);
        return text;
    case OPTION_ARRAY:
        if (!json_is_array(value))
            return "must be an array";
        if ((double)json_array_size(value) >= option->low &&
            (double)json_array_size(value) <= option->high)
            return NULL;
        snprintf(text, size, "must have from %g to %g elements", option->low, option->high);
        return text;
    case OPTION_URL:
        if (json_is_array(value) && json_array_size(value) != 1)
            return "must hold exactly one URL";
        url = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
        if (!url)
            return "must be an array of one URL";
        return fetch_is_url(url) || strncmp(url, "sound:", 6) == 0 ? NULL
                                                                   : "must be a valid http(s) URL";
    }
    return NULL;
}

static bool check_options(const struct action *action, const json_t *object, size_t index,
                          char reason[NCCO_REASON])
{
    const char *why = NULL;
    char text[80];

    for (const struct option *option = action->options; option->name; option++) {
        const json_t *value = json_object_get(object, option->name);

        if (!value && option->required)
            why = "is required";
        else if (value)
            why = fault(option, value, text, sizeof text);
        if (why) {
            snprintf(reason, NCCO_REASON, "action %zu (%s): \"%s\" %s", index + 1, action->name,
                     option->name, why);
            return false;
        }
    }
    if (action->check && !action->check(object, &why)) {
        snprintf(reason, NCCO_REASON, "action %zu (%s): %s", index + 1, action->name, why);
        return false;
    }
    return true;
}

bool ncco_check(const json_t *ncco, char reason[NCCO_REASON])
{
    size_t index;
    json_t *object;

    if (!json_is_array(ncco)) {
        snprintf(reason, NCCO_REASON, "an NCCO is an array of actions");
        return false;
    }
    json_array_foreach (ncco, index, object) {
        const char *name = json_string_value(json_object_get(object, "action"));
        const struct action *action = name ? action_find(name) : NULL;

        if (!name) {
            snprintf(reason, NCCO_REASON, "action %zu: \"action\" is required", index + 1);
            return false;
        }
        if (!action) {
            char shown[48];

            snprintf(reason, NCCO_REASON, "action %zu: \"%s\" is not an action served here",
                     index + 1, text_keep(shown, sizeof shown, name));
            return false;
        }
        if (!check_options(action, object, index, reason))
            return false;
    }
    return true;
}
