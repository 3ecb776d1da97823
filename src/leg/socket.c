/* socket.c: an outbound leg to a WebSocket server: answered when the server has taken the
 * upgrade, heard and told of keys from leg_confirm() on. What the server ends is disconnected. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>

enum { WAIT = 60 /* [s] for a server, when no other time is asked for */ };

static void on_opened(void *arg)
{
    struct leg *leg = arg;

    MAGIC_CHECK(leg, LEG_MAGIC);
    if (!leg->over && !leg->hung_up)
        leg_tell(leg, LEG_ANSWERED, clock_wall_ms());
}

/* Why it ended, as it is told of a leg. */
static const struct leg_cause *cause_of(const struct leg *leg, const struct socket_end *end)
{
    if (leg->failure)
        return leg->failure;
    if (leg->answered)
        return leg->hung_up ? leg_cause_sip(200) : leg_cause_disconnected();
    switch (end->kind) {
    case SOCKET_UNREACHED:
        return leg_cause_transport();
    case SOCKET_TIMEOUT:
        return leg_cause_sip(408);
    case SOCKET_ENDED:
        return leg_cause_sip(487);
    default:
        return leg_cause_sip(480);
    }
}

static void on_closed(const struct socket_end *end, void *arg)
{
    struct leg *leg = arg;
    const struct leg_cause *cause;

    MAGIC_CHECK(leg, LEG_MAGIC);
    cause = cause_of(leg, end);
    if (end->dropped_out || end->dropped_in || end->strange)
        log_info("leg", "frames lost id=%s slow_server=%llu too_many=%llu wrong_size=%llu", leg->id,
                 (unsigned long long)end->dropped_out, (unsigned long long)end->dropped_in,
                 (unsigned long long)end->strange);
    log_info("leg", "WebSocket ended id=%s code=%u: %s", leg->id, end->code, end->text);
    leg_finish(leg, cause, cause->sip, end->text, !leg->hung_up && end->kind != SOCKET_ENDED);
}

int socket_leg_dial(struct leg *leg, const struct leg_dial *dial)
{
    static const struct socket_events events = {on_opened, on_closed};
    struct socket_request request = *dial->socket;
    int err;

    if (!leg->plane->sockets)
        return ENOTSUP;
    request.timeout = (dial->ring_timeout ? dial->ring_timeout : WAIT) * 1000;
    err = socket_dial(leg->plane->sockets, &request, &events, leg, &leg->socket);
    if (err)
        return err;
    err = leg_open_wire(leg, socket_wire(leg->socket));
    if (err) { /* the socket tells of its end */
        log_warning("leg", "no media port id=%s", leg->id);
        leg->failure = leg_cause_sip(503);
        leg_hangup(leg, leg->failure);
    }
    return 0;
}
