/* socket.c: what a websocket endpoint asks for: how its server is asked, and what it is told
 * first. */
#include "ncco/private.h"
#include "base/mem.h"
#include "json/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *content_type(const json_t *endpoint)
{
    const char *text = json_string_value(option_value(endpoint, "content-type"));

    return text ? text : json_string_value(option_value(endpoint, "contentType"));
}

/* The headers stand beside our own two members, and take the place of none. */
static char *first_message(const json_t *endpoint)
{
    json_t *message = json_pack("{s:s,s:s}", "event", "websocket:connected", "content-type",
                                content_type(endpoint));
    json_t *value;
    const char *name;
    char *text;

    json_object_foreach (option_value(endpoint, "headers"), name, value) {
        if (!json_object_get(message, name))
            json_object_set(message, name, value);
    }
    text = json_text(message);
    json_decref(message);
    return text;
}

/* NULL and 0: none is asked for. ENOENT: nothing to sign with. */
static int authorization(struct calls *calls, struct application *application,
                         const json_t *endpoint, char **value)
{
    const char *type = json_string_value(option_value(endpoint, "authorization.type"));
    int err;

    *value = NULL;
    if (!type)
        return 0;
    if (strcmp(type, "custom") == 0) {
        *value = mem_strdup(json_string_value(option_value(endpoint, "authorization.value")));
        return *value ? 0 : ENOMEM;
    }
    err = webhook_bearer(calls->webhook, application_id(application), value);
    return err ? err : *value ? 0 : ENOENT;
}

int socket_ask_for(struct calls *calls, struct application *application, const json_t *endpoint,
                   struct socket_request *request)
{
    int err = authorization(calls, application, endpoint, (char **)&request->authorization);

    if (err)
        return err;
    request->url = json_string_value(option_value(endpoint, "uri"));
    request->rate = (unsigned)strtoul(strchr(content_type(endpoint), '=') + 1, NULL, 10);
    request->first = first_message(endpoint);
    return request->first ? 0 : ENOMEM;
}

void socket_ask_end(struct socket_request *request)
{
    mem_unref((char *)request->authorization);
    free((char *)request->first);
}
