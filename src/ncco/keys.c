/* keys.c: dtmfAnswer of a phone endpoint: keys that are sent as soon as it has answered. Who
 * waits to be connected with it is so at the same time. */
#include "ncco/private.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

int keys_keep(struct call *call, const json_t *endpoint)
{
    char number[OPTION_NUMBER_TEXT];
    const char *keys = option_keys(endpoint, "dtmfAnswer", number);

    call->keys = mem_strdup(keys);
    return keys && !call->keys ? ENOMEM : 0;
}

void keys_send(struct call *call)
{
    int err = call->keys ? leg_send_digits(call->leg, call->keys) : 0;

    if (err)
        log_warning("ncco", "dtmfAnswer was not sent id=%s: %s", leg_id(call->leg), strerror(err));
    call->keys = mem_unref(call->keys);
}
