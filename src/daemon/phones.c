/* phones.c: a phone that has proved to speak for a user registers: for that user, at our domain,
 * and under an address that is the user's own. Anything else is forbidden, in one and the same
 * way: who asks learns nothing about other users. */
#include "daemon/private.h"
#include "base/log.h"

#include <string.h>
#include <strings.h>

void daemon_registering(const struct ua_registering *request, struct ua_registered *answer,
                        void *arg)
{
    struct daemon *daemon = arg;
    const char *password;
    struct user *user = user_of_login(daemon->bridge, request->user, &password);
    struct application *application = user ? user_application(user) : NULL;

    if (!application || !application_conf(application) ||
        strcasecmp(request->to_host, daemon->conf->sip.domain) != 0 ||
        !user_has_address(user, request->to_user)) {
        log_info("daemon", "REGISTER forbidden login=%.40s to=%.40s@%.60s", request->user,
                 request->to_user, request->to_host);
        answer->status = 403;
        return;
    }
    registrar_take(daemon->registrar, application_id(application), user_id(user), request, answer);
}
