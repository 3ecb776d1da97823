/* leg.c: what both directions share: making a leg, telling its owner, ending it. A leg
 * lives until its dialog has ended and its port has closed, whichever comes last; it
 * holds one reference to itself for that long. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "leg/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *leg_direction_text(enum leg_direction direction)
{
    return direction == LEG_INBOUND ? "inbound" : "outbound";
}

/* A leg that has ended counts no more, though somebody may still keep it. */
static void discount(struct leg *leg)
{
    if (leg->counted)
        leg->plane->count--;
    leg->counted = false;
    trunk_end(leg->carrier);
    leg->carrier = NULL;
}

static void destroy(void *obj)
{
    struct leg *leg = obj;

    assert(!leg->port_open && !leg->fork);
    loop_cancel(leg->plane->loop, &leg->length);
    keys_stop(leg);
    trouble_stop(leg);
    secure_wipe(leg);
    mem_unref(leg->dialog);
    mem_unref(leg->socket);
    mem_unref((char *)leg->from.address);
    mem_unref((char *)leg->to.address);
    mem_unref(leg->route);
    for (unsigned i = 0; i < leg->header_count; i++) {
        mem_unref((char *)leg->headers[i].name);
        mem_unref((char *)leg->headers[i].value);
    }
    free(leg->headers);
    mem_unref(leg->diverted);
    mem_unref(leg->sdp);
    discount(leg);
    leg->magic = 0;
}

int leg_alloc(struct leg **legp, struct leg_plane *plane, enum leg_direction direction)
{
    struct leg *leg;

    if (plane->limit && plane->count >= plane->limit)
        return EAGAIN;
    leg = mem_alloc(sizeof *leg, destroy);
    if (!leg)
        return ENOMEM;
    leg->magic = LEG_MAGIC;
    leg->plane = plane;
    plane->count++;
    leg->counted = true;
    leg->direction = direction;
    leg->created = clock_wall_ms();
    id_random(&leg->local.session, sizeof leg->local.session);
    leg->local.session >>= 2; /* fits the 63 bits that peers can read */
    *legp = leg;
    return 0;
}

void leg_own(struct leg *leg, const struct leg_handlers *handlers, void *arg)
{
    MAGIC_CHECK(leg, LEG_MAGIC);
    leg->handlers = handlers;
    leg->arg = arg;
    if (!handlers)
        leg_hangup(leg, NULL);
}

void leg_tell(struct leg *leg, enum leg_status status, int64_t at)
{
    struct leg_news news = {.status = status, .at = at};

    if (!leg_status_may(leg->status, status))
        return;
    leg->status = status;
    if (status == LEG_ANSWERED) {
        leg->answered = at;
        if (leg->length_limit)
            leg_limit(leg, leg->length_limit);
        trouble_answered(leg);
    }
    if (leg->handlers && leg->handlers->status)
        leg->handlers->status(leg, &news, leg->arg);
}

static void end(struct leg *leg)
{
    const struct leg_handlers *handlers = leg->handlers;

    leg->status = leg->final.status;
    leg->handlers = NULL;
    discount(leg);
    if (handlers && handlers->status)
        handlers->status(leg, &leg->final, leg->arg);
    mem_unref(leg); /* its own reference */
}

static enum leg_status final_status(const struct leg *leg, const struct leg_cause *cause)
{
    bool was_up = leg->answered || leg->direction == LEG_INBOUND;

    return was_up && cause->status != LEG_DISCONNECTED ? LEG_COMPLETED : cause->status;
}

void leg_finish(struct leg *leg, const struct leg_cause *cause, int sip_code, const char *phrase,
                bool remote)
{
    if (leg->over)
        return;
    leg->over = true;
    leg->ended = clock_wall_ms();
    loop_cancel(leg->plane->loop, &leg->length);
    keys_stop(leg);
    trouble_stop(leg);
    text_keep(leg->phrase, sizeof leg->phrase, phrase);
    leg->final = (struct leg_news){
        .status = final_status(leg, cause),
        .at = leg->ended,
        .cause = cause,
        .sip_code = sip_code,
        .phrase = leg->phrase,
        .remote = remote,
        .stats = leg->final.stats, /* when the port closed first */
    };
    leg->dialog = mem_unref(leg->dialog);
    leg->socket = mem_unref(leg->socket);
    if (leg->port) {
        struct media_port *port = leg->port;

        leg->port = NULL;
        media_port_close(port); /* on_closed goes on */
    } else if (!leg->port_open) {
        end(leg);
    }
}

static void on_closed(const struct stream_stats *stats, void *arg)
{
    struct leg *leg = arg;

    MAGIC_CHECK(leg, LEG_MAGIC);
    leg->port_open = false;
    leg->port = NULL;
    leg->stats = *stats;
    leg->final.stats = &leg->stats;
    quality_closed(leg);
    if (leg->over)
        end(leg);
}

static void on_digit(char digit, unsigned duration_ms, void *arg)
{
    keys_told(arg, KEY_MEDIA, digit, duration_ms);
}

static void on_played(uint32_t play, bool completed, void *arg)
{
    struct leg *leg = arg;

    if (leg->handlers && leg->handlers->played)
        leg->handlers->played(leg, play, completed, leg->arg);
}

static void on_silent(void *arg)
{
    struct leg *leg = arg;

    if (!leg->answered)
        return; /* who only rings need not speak */
    log_info("leg", "no packets id=%s", leg->id);
    if (leg->handlers && leg->handlers->silent)
        leg->handlers->silent(leg, leg->arg);
}

static void on_speaking(bool on, void *arg)
{
    struct leg *leg = arg;

    leg->speaking = on && leg->watchers;
    if (leg->handlers && leg->handlers->speaking)
        leg->handlers->speaking(leg, on, leg->arg);
}

static void on_detected(enum detect_verdict verdict, enum detect_reason reason, void *arg)
{
    struct leg *leg = arg;

    log_info("leg", "detected id=%s: %s, by %s", leg->id, detect_verdict_text(verdict),
             detect_reason_text(reason));
    if (verdict == DETECT_HUMAN || verdict == DETECT_MACHINE)
        leg_tell(leg, verdict == DETECT_HUMAN ? LEG_HUMAN : LEG_MACHINE, clock_wall_ms());
    if (leg->handlers && leg->handlers->detected)
        leg->handlers->detected(leg, verdict, leg->arg);
}

static const struct media_events port_events = {.latched = trouble_latched,
                                                .digit = on_digit,
                                                .played = on_played,
                                                .silent = on_silent,
                                                .speaking = on_speaking,
                                                .detected = on_detected,
                                                .problem = trouble_found,
                                                .closed = on_closed};

int leg_open_wire(struct leg *leg, struct wire *wire)
{
    int err = media_port_open_wire(leg->plane->workers, &port_events, leg, wire, &leg->port);

    leg->port_open = !err;
    return err;
}

/* Without an address of the peer's family it is tried with the other one, which the peer may
 * refuse. */
int leg_open_port(struct leg *leg, int family)
{
    const struct leg_plane *plane = leg->plane;
    bool six = family == AF_INET6 && plane->address6 && *plane->address6;
    int err = media_port_open_at(plane->workers, six ? AF_INET6 : AF_UNSPEC, &port_events, leg,
                                 &leg->port);

    if (err)
        return err;
    leg->port_open = true;
    leg->local.address = six ? plane->address6 : plane->address;
    leg->local.port = media_port_number(leg->port);
    return 0;
}

static void hang_up_at_limit(void *arg)
{
    struct leg *leg = arg;

    log_info("leg", "length limit id=%s", leg->id);
    leg_hangup(leg, NULL);
}

void leg_limit(struct leg *leg, unsigned seconds)
{
    loop_cancel(leg->plane->loop, &leg->length);
    if (seconds)
        loop_start(leg->plane->loop, &leg->length, (int64_t)seconds * 1000, hang_up_at_limit, leg);
}

void leg_hangup(struct leg *leg, const struct leg_cause *cause)
{
    MAGIC_CHECK(leg, LEG_MAGIC);
    if (leg->over || leg->hung_up || (!leg->dialog && !leg->socket && !leg->fork))
        return;
    leg->hung_up = true;
    if (leg->socket) {
        socket_close(leg->socket, 1000);
        return;
    }
    if (leg->fork)
        fork_hangup(leg, cause ? cause->relay : 480, cause ? cause->q850 : 16);
    else
        dialog_hangup(leg->dialog, cause ? cause->relay : 480, cause ? cause->q850 : 16);
}

/* The 200, once there is sound to go with it. */
static void confirm_caller(struct leg *leg)
{
    int err = leg->late ? 0 : leg_connect(leg, &leg->agreed);

    if (err)
        leg_hangup(leg, leg_media_cause(err));
    else if (dialog_answer(leg->dialog, leg->settled ? NULL : leg->sdp))
        leg_hangup(leg, NULL);
}

void leg_confirm(struct leg *leg)
{
    MAGIC_CHECK(leg, LEG_MAGIC);
    if (leg->over || leg->confirmed || !leg->answered)
        return;
    leg->confirmed = true;
    if (leg->socket)
        socket_begin(leg->socket);
    else if (leg->direction == LEG_OUTBOUND)
        dialog_ack(leg->dialog, leg->late ? leg->sdp : NULL);
    else
        confirm_caller(leg);
}

bool leg_confirmed(const struct leg *leg)
{
    return leg->confirmed;
}

const char *leg_id(const struct leg *leg)
{
    return leg->id;
}

enum leg_direction leg_direction_of(const struct leg *leg)
{
    return leg->direction;
}

enum leg_status leg_status_of(const struct leg *leg)
{
    return leg->status;
}

bool leg_ending(const struct leg *leg)
{
    return leg->over || leg->hung_up;
}

const struct endpoint *leg_from(const struct leg *leg)
{
    return &leg->from;
}

const struct endpoint *leg_to(const struct leg *leg)
{
    return &leg->to;
}

int64_t leg_created(const struct leg *leg)
{
    return leg->created;
}

int64_t leg_answered(const struct leg *leg)
{
    return leg->answered;
}

int64_t leg_ended(const struct leg *leg)
{
    return leg->ended;
}

const struct conf_trunk *leg_trunk(const struct leg *leg)
{
    return trunk_conf(leg->carrier);
}

const struct dialog_invite *leg_invite(const struct leg *leg)
{
    return leg->direction == LEG_INBOUND && leg->dialog ? dialog_invite_of(leg->dialog) : NULL;
}

void leg_debug(const struct leg *leg, char *out, size_t size)
{
    snprintf(out, size, "leg id=%s %s %s from=%s to=%s%s%s", leg->id,
             leg_direction_text(leg->direction), leg_status_text(leg->status), leg->from.address,
             leg->to.address, leg->connected ? " media" : "", leg->over ? " over" : "");
}
