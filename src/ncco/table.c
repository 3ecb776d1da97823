/* table.c: the actions an NCCO may hold, and the check of one against their rows. */
#include "ncco/private.h"
#include "leg/text.h"

#include <stdio.h>
#include <string.h>

const struct action *const ncco_actions[] = {
    &action_talk,  &action_stream, &action_record, &action_conversation, &action_connect,
    &action_input, &action_notify, &action_wait,   &action_transfer,     NULL,
};

const struct action *action_find(const char *name)
{
    for (const struct action *const *action = ncco_actions; *action; action++) {
        if (strcmp((*action)->name, name) == 0)
            return *action;
    }
    return NULL;
}

/* The reason may quote what was given: it becomes one line. */
static bool check_action(const struct action *action, const json_t *object, size_t index,
                         char reason[NCCO_REASON])
{
    struct option_fault fault = {"", ""};
    char text[NCCO_REASON];

    if (options_check(action->options, object, &fault) &&
        (!action->check || action->check(object, &fault)))
        return true;
    snprintf(text, sizeof text, "action %zu (%s): \"%s\" %s", index + 1, action->name, fault.path,
             fault.reason);
    text_keep(reason, NCCO_REASON, text);
    return false;
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
        char shown[48];

        if (!name) {
            snprintf(reason, NCCO_REASON, "action %zu: \"action\" is required", index + 1);
            return false;
        }
        if (!action) {
            snprintf(reason, NCCO_REASON, "action %zu: \"%s\" is not an action served here",
                     index + 1, text_keep(shown, sizeof shown, name));
            return false;
        }
        if (!check_action(action, object, index, reason))
            return false;
    }
    return true;
}
