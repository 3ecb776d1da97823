/* keys.c: the keys of a leg, both ways, as its trunk has it (conf.h): telephone-events and
 * tones are the port's business, INFO is ours. A press that comes in two ways is told once.
 *
 * Keys go out by INFO one at a time: the next one when the last was answered and its time is
 * over. What waits is forgotten when the peer refuses one. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
    DIALLING = 1024, /* keys that may wait */
    GAP = 90,        /* [ms] between two of them */
    PAUSE = 500,     /* [ms] of a `p` */
    SOON = 100       /* [ms] until the dialog is asked again whether it is up */
};

void keys_agree(struct leg *leg, enum conf_dtmf dtmf)
{
    leg->dtmf = dtmf;
    leg->can.no_events = dtmf == CONF_DTMF_INBAND;
}

void keys_connect(struct leg *leg, bool events)
{
    media_port_inband(leg->port,
                      leg->dtmf == CONF_DTMF_INBAND || (leg->dtmf == CONF_DTMF_AUTO && !events));
}

void keys_told(struct leg *leg, enum key_way way, char digit, unsigned ms)
{
    int64_t now = clock_mono_ms();

    if (!once_take(&leg->once, way, digit, now - ms, now))
        return;
    if (leg->handlers && leg->handlers->digit)
        leg->handlers->digit(leg, digit, ms, leg->arg);
}

int keys_on_info(const char *content_type, const char *body, void *arg)
{
    struct leg *leg = arg;
    unsigned ms;
    char digit;
    int err;

    (void)content_type;
    MAGIC_CHECK(leg, LEG_MAGIC);
    err = body ? relay_read(body, &digit, &ms) : EINVAL;
    if (!err && digit)
        keys_told(leg, KEY_INFO, digit, ms);
    return err;
}

static void forget(struct leg *leg)
{
    leg->dialling = mem_unref(leg->dialling);
    leg->dialled = 0;
}

void keys_stop(struct leg *leg)
{
    loop_cancel(leg->plane->loop, &leg->keying);
    forget(leg);
}

static void next(void *arg);

static void wait(struct leg *leg, unsigned ms)
{
    if (loop_start(leg->plane->loop, &leg->keying, ms, next, leg))
        forget(leg);
}

static void send_one(struct leg *leg, char digit)
{
    char body[RELAY_TEXT];
    int err;

    relay_write(body, (char)toupper((unsigned char)digit), RELAY_USUAL);
    err = dialog_info(leg->dialog, RELAY_TYPE, body);
    if (err) { /* our 200 was not acknowledged yet */
        wait(leg, SOON);
        return;
    }
    leg->informing = true;
    leg->dialled++;
    wait(leg, RELAY_USUAL + GAP);
}

/* Whatever it waited for is there: the time of the last key, or the peer's answer. */
static void next(void *arg)
{
    struct leg *leg = arg;
    char digit;

    if (!leg->dialling || leg->informing || timer_running(&leg->keying))
        return;
    digit = leg->dialling[leg->dialled];
    if (digit == '\0' || !leg->dialog) {
        forget(leg);
    } else if (digit == 'p') {
        leg->dialled++;
        wait(leg, PAUSE);
    } else {
        send_one(leg, digit);
    }
}

void keys_on_informed(int status, void *arg)
{
    struct leg *leg = arg;

    MAGIC_CHECK(leg, LEG_MAGIC);
    leg->informing = false;
    if (status >= 300) {
        log_info("leg", "the peer refused a key by INFO id=%s status=%d", leg->id, status);
        leg->info_refused = status == 405 || status == 415 || status == 501;
        forget(leg);
    }
    next(leg);
}

static int dial(struct leg *leg, const char *digits)
{
    const char *waiting = leg->dialling ? leg->dialling + leg->dialled : "";
    char *all;

    if (!*digits || strspn(digits, "0123456789ABCDabcd*#p") != strlen(digits))
        return EINVAL;
    if (leg->info_refused)
        return ENOTSUP;
    if (strlen(waiting) + strlen(digits) > DIALLING)
        return ENOSPC;
    all = mem_printf("%s%s", waiting, digits);
    if (!all)
        return ENOMEM;
    forget(leg);
    leg->dialling = all;
    next(leg);
    return 0;
}

/* As messages to a WebSocket server, at once. */
static int tell_all(struct leg *leg, const char *digits)
{
    int err = 0;

    if (!*digits || strspn(digits, "0123456789ABCDabcd*#p") != strlen(digits))
        return EINVAL;
    for (; *digits && !err; digits++) {
        if (*digits != 'p')
            err = socket_digit(leg->socket, (char)toupper((unsigned char)*digits), RELAY_USUAL);
    }
    return err;
}

void leg_hear_digit(struct leg *leg, char digit, unsigned duration_ms)
{
    if (leg->socket && socket_digit(leg->socket, digit, duration_ms))
        log_error("leg", "no memory to tell of a key id=%s", leg->id);
}

int leg_send_digits(struct leg *leg, const char *digits)
{
    if (leg->socket)
        return tell_all(leg, digits);
    if (!leg->port || !leg->dialog)
        return ENOTCONN;
    return leg->dtmf == CONF_DTMF_INFO ? dial(leg, digits) : media_port_dial(leg->port, digits);
}
