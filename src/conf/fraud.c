/* fraud.c: which numbers an application may dial, and who calls by a trunk that asks for a
 * password. */
#include "conf/conf.h"

#include <string.h>

/* The bytes of the longest prefix that matches, and one; 0: none does. */
static size_t longest(const char *const *prefixes, size_t count, const char *digits)
{
    size_t best = 0;

    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(prefixes[i]);

        if (size + 1 > best && strncmp(prefixes[i], digits, size) == 0)
            best = size + 1;
    }
    return best;
}

static bool may_dial(const struct conf_application *application, const char *digits, bool plain)
{
    size_t allowed = longest((const char *const *)application->dial.allow,
                             application->dial.allow_count, digits);
    size_t denied =
        longest((const char *const *)application->dial.deny, application->dial.deny_count, digits);

    if (denied && denied >= allowed)
        return false;
    return allowed || !plain || !application->dial.allow_count;
}

bool conf_application_may_dial(const struct conf_application *application, const char *digits)
{
    static const char *const codes[] = {"011", "00", NULL};

    if (!may_dial(application, digits, true))
        return false;
    for (const char *const *code = codes; *code; code++) {
        size_t size = strlen(*code);

        if (!strncmp(digits, *code, size) && !may_dial(application, digits + size, false))
            return false;
    }
    return true;
}

const struct conf_trunk *conf_trunk_of_caller(const struct conf *conf,
                                              const struct sockaddr_storage *address,
                                              const char *user)
{
    for (size_t i = 0; i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        if (trunk->inbound_user && *trunk->inbound_user && !strcmp(trunk->inbound_user, user) &&
            conf_network_has(trunk->allow, trunk->allow_count, address))
            return trunk;
    }
    return NULL;
}
