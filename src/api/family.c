/* family.c: which API a path belongs to, and so how its errors are written. */
#include "api/private.h"

#include <string.h>

static bool begins(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    return !strncmp(path, prefix, length) && (path[length] == '/' || !path[length]);
}

enum api_family api_family_of(const char *path)
{
    static const struct {
        const char *prefix;
        enum api_family family;
    } prefixes[] = {
        {"/beta", API_BETA},
        {"/v0.1", API_BETA},
        {"/beta2", API_BETA2},
        {"/v0.2", API_BETA2},
        {"/v0.3", API_V03},
        {"/v1/conversations", API_V1},
        {"/v1/users", API_V1},
        {"/v1/legs", API_V1},
        {"/v1/events", API_V1},
        {"/v1/sessions", API_V1},
        {"/v1/knocking", API_V1},
        {"/v2/applications", API_APPLICATION},
        {"/v1/webhooks", API_V1},
        {"/v1/trunks", API_V1},
        {"/v1/registrations", API_V1},
        {"/number", API_APPLICATION},
        {"/account", API_APPLICATION},
    };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (begins(path, prefixes[i].prefix))
            return prefixes[i].family;
    return API_VOICE;
}
