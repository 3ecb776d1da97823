/* phone_line.c: one line of a phone: its dialog, what was agreed, and its port. */
#include "cli/phone_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct line *line = obj;

    loop_cancel(line->phone->loop, &line->timer);
    if (line->dialog) {
        dialog_handle(line->dialog, NULL, NULL);
        mem_unref(line->dialog);
    }
    if (line->port) {
        phone_port_close(line->port);
        mem_unref(line->port);
    }
    mem_unref(line->name);
    mem_unref(line->invite_answer);
}

static void on_digit(char digit, unsigned duration, void *arg)
{
    struct line *line = arg;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->phone->on.digit)
        line->phone->on.digit(line, digit, duration, line->phone->on.arg);
}

int line_alloc(struct line **linep, struct phone *phone, const char *name,
               const struct offer_ability *can, unsigned tone, unsigned amplitude)
{
    struct line *line = mem_alloc(sizeof *line, destroy);
    int err;

    if (!line)
        return ENOMEM;
    line->magic = LINE_MAGIC;
    line->phone = phone;
    line->can = *can;
    line->local.address = phone->address;
    line->local.session = (uint64_t)clock_wall_ms();
    line->name = mem_strdup(name);
    err = line->name ? phone_port_open(&line->port, phone->engine, phone->address, phone->loop,
                                       on_digit, line)
                     : ENOMEM;
    if (err) {
        mem_unref(line);
        return err;
    }
    line->local.port = phone_port_number(line->port);
    phone_port_tone(line->port, tone, amplitude ? amplitude : PHONE_AMPLITUDE);
    *linep = line;
    return 0;
}

/* What was agreed counts from now on. */
static int settle(struct line *line, const struct offer_agreed *agreed)
{
    int err = phone_port_direct(line->port, agreed);

    if (err)
        return err;
    line->agreed = *agreed;
    line->has_agreed = true;
    if (line->state != LINE_UP || (line->send == agreed->send && line->receive == agreed->receive))
        return 0;
    line->send = agreed->send;
    line->receive = agreed->receive;
    if (line->phone->on.held)
        line->phone->on.held(line, agreed->send, agreed->receive, line->phone->on.arg);
    return 0;
}

static void up(struct line *line)
{
    line->state = LINE_UP;
    line->send = line->agreed.send;
    line->receive = line->agreed.receive;
    if (line->phone->on.answered)
        line->phone->on.answered(line, line->phone->on.arg);
}

/* The peer's answer to our offer. */
static int take_answer(struct line *line, const char *sdp)
{
    char reason[OFFER_REASON];
    struct offer_agreed agreed;
    int err = offer_accept(&line->can, &line->local, sdp, &agreed, reason);

    return err ? err : settle(line, &agreed);
}

/* The peer's offer; writes our answer. */
static int take_offer(struct line *line, const char *offer, char sdp[OFFER_SDP],
                      char reason[OFFER_REASON])
{
    struct offer_agreed agreed;
    int err = offer_answer(&line->can, &line->local, offer, &agreed, sdp, reason);

    if (!err)
        err = settle(line, &agreed);
    if (!err)
        line->local.version++;
    return err;
}

static void on_progress(int status, const char *sdp, const char *branch, void *arg)
{
    struct line *line = arg;

    (void)branch;
    MAGIC_CHECK(line, LINE_MAGIC);
    if (sdp && !line->late_offer && take_answer(line, sdp))
        sdp = NULL;
    if (line->phone->on.progress)
        line->phone->on.progress(line, status, sdp != NULL, line->phone->on.arg);
}

static void answer_late_offer(struct line *line, const char *offer)
{
    char sdp[OFFER_SDP], reason[OFFER_REASON];
    int err = offer ? take_offer(line, offer, sdp, reason) : EINVAL;

    dialog_ack(line->dialog, err ? NULL : sdp);
    if (err)
        dialog_hangup(line->dialog, 0, 0);
    else if (line->state != LINE_UP)
        up(line);
}

static void on_answered(const char *sdp, void *arg)
{
    struct line *line = arg;
    bool was_up = line->state == LINE_UP, refused;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (!was_up && line->late_offer) {
        answer_late_offer(line, sdp);
        return;
    }
    dialog_ack(line->dialog, NULL);
    refused = sdp && take_answer(line, sdp);
    if (refused || (!was_up && !line->has_agreed)) /* or a 200 without any answer */
        dialog_hangup(line->dialog, 0, 0);
    else if (!was_up)
        up(line);
}

static void on_acked(const char *sdp, void *arg)
{
    struct line *line = arg;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state == LINE_UP)
        return;
    if (line->late_offer && (!sdp || take_answer(line, sdp)))
        dialog_hangup(line->dialog, 0, 0);
    else
        up(line);
}

static void on_reoffer(const char *offer, void *arg)
{
    struct line *line = arg;
    char sdp[OFFER_SDP], reason[OFFER_REASON];
    int err;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (offer) {
        err = take_offer(line, offer, sdp, reason);
    } else {
        line->local.version++;
        err = offer_make(&line->can, &line->local, sdp);
    }
    if (err)
        dialog_reoffer_reject(line->dialog, 488, "Not Acceptable Here", 305, reason);
    else
        dialog_reoffer_answer(line->dialog, sdp);
}

static int on_info(const char *content_type, const char *body, void *arg)
{
    struct line *line = arg;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->phone->on.info)
        line->phone->on.info(line, content_type, body, line->phone->on.arg);
    return 0;
}

static void on_informed(int status, void *arg)
{
    struct line *line = arg;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->phone->on.informed)
        line->phone->on.informed(line, status, line->phone->on.arg);
}

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct line *line = arg;
    struct phone *phone = line->phone;

    (void)q850;
    MAGIC_CHECK(line, LINE_MAGIC);
    line->state = LINE_OVER;
    loop_cancel(phone->loop, &line->timer);
    phone_port_close(line->port);
    line->dialog = mem_unref(line->dialog);
    mem_ref(line);
    if (phone->on.ended)
        phone->on.ended(line, status, phrase, remote, phone->on.arg);
    mem_unref(line);
    phone_over(phone);
}

static const struct dialog_handlers handlers = {.progress = on_progress,
                                                .answered = on_answered,
                                                .acked = on_acked,
                                                .reoffer = on_reoffer,
                                                .info = on_info,
                                                .informed = on_informed,
                                                .ended = on_ended};

int line_call(struct line *line, const struct phone_call *call)
{
    char sdp[OFFER_SDP];
    struct dialog_target target = {.uri = call->uri,
                                   .from_user = call->from,
                                   .headers = call->headers,
                                   .header_count = call->header_count};
    int err = 0;

    line->state = LINE_CALLING;
    line->late_offer = call->late_offer;
    if (!call->late_offer) {
        err = offer_make(&line->can, &line->local, sdp);
        target.sdp = sdp;
    }
    if (!err)
        err = dialog_invite(line->phone->ua, &target, &handlers, line, &line->dialog);
    return err;
}

/* Our SDP for a 183 or 200: an answer, made once, or our own offer. */
static int ringing_sdp(struct line *line)
{
    const char *offer = dialog_invite_of(line->dialog)->sdp;
    char sdp[OFFER_SDP], reason[OFFER_REASON] = "";
    int err;

    if (line->invite_answer)
        return 0;
    line->late_offer = !offer;
    if (offer)
        err = take_offer(line, offer, sdp, reason);
    else
        err = offer_make(&line->can, &line->local, sdp);
    if (err == EINVAL || err == ENOTSUP) {
        dialog_reject(line->dialog, 488, "Not Acceptable Here", 305, reason);
        return err;
    }
    line->invite_answer = err ? NULL : mem_strdup(sdp);
    return line->invite_answer ? 0 : ENOMEM;
}

int line_answer(struct line *line)
{
    int err;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state != LINE_RINGING)
        return EALREADY;
    loop_cancel(line->phone->loop, &line->timer);
    err = ringing_sdp(line);
    return err ? err : dialog_answer(line->dialog, line->invite_answer);
}

int line_reject(struct line *line, int status)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state != LINE_RINGING)
        return EALREADY;
    loop_cancel(line->phone->loop, &line->timer);
    return dialog_reject(line->dialog, status, NULL, 0, NULL);
}

static void answer_now(void *arg)
{
    line_answer(arg);
}

static void refuse_now(void *arg)
{
    struct line *line = arg;

    line_reject(line, line->policy.status);
}

static void later(struct line *line, timer_h *act)
{
    if (line->policy.delay)
        loop_start(line->phone->loop, &line->timer, line->policy.delay, act, line);
    else
        act(line);
}

/* An offer that it cannot answer is refused before anybody is rung. */
static bool refuses_offer(struct line *line)
{
    const char *offer = dialog_invite_of(line->dialog)->sdp;
    char sdp[OFFER_SDP], reason[OFFER_REASON] = "";
    struct offer_agreed agreed;

    if (!offer || !offer_answer(&line->can, &line->local, offer, &agreed, sdp, reason))
        return false;
    dialog_reject(line->dialog, 488, "Not Acceptable Here", 305, reason);
    return true;
}

static void act(struct line *line)
{
    bool takes = line->policy.action == PHONE_ANSWER || line->policy.action == PHONE_RING;

    if (takes && refuses_offer(line))
        return;
    switch (line->policy.action) {
    case PHONE_ANSWER:
        if (line->policy.delay)
            dialog_ring(line->dialog, NULL);
        later(line, answer_now);
        break;
    case PHONE_RING:
        dialog_ring(line->dialog, NULL);
        break;
    case PHONE_EARLY:
        if (ringing_sdp(line) == 0)
            dialog_ring(line->dialog, line->invite_answer);
        if (line->policy.delay)
            later(line, answer_now);
        break;
    case PHONE_REFUSE:
        later(line, refuse_now);
        break;
    case PHONE_IGNORE:
        break;
    }
}

void line_ring(struct line *line, struct dialog *dialog)
{
    struct phone *phone = line->phone;

    line->state = LINE_RINGING;
    line->dialog = mem_ref(dialog);
    dialog_handle(dialog, &handlers, line);
    if (phone->on.incoming)
        phone->on.incoming(line, phone->on.arg);
    if (line->state == LINE_RINGING)
        act(line);
}

int line_hangup(struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state == LINE_OVER)
        return EALREADY;
    dialog_hangup(line->dialog, 0, 0);
    return 0;
}

int line_info(struct line *line, const char *type, const char *body)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->state == LINE_UP ? dialog_info(line->dialog, type, body) : ENOTCONN;
}

static int reoffer(struct line *line)
{
    char sdp[OFFER_SDP];
    int err;

    line->local.version++;
    err = offer_make(&line->can, &line->local, sdp);
    return err ? err : dialog_reinvite(line->dialog, sdp);
}

int line_hold(struct line *line, bool hold)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state != LINE_UP)
        return ENOTCONN;
    line->local.hold = hold;
    phone_port_hush(line->port, hold);
    return reoffer(line);
}

int line_reinvite(struct line *line, bool new_port, const struct offer_ability *can)
{
    int err = 0;

    MAGIC_CHECK(line, LINE_MAGIC);
    if (line->state != LINE_UP)
        return ENOTCONN;
    if (new_port)
        err = phone_port_move(line->port, line->phone->address);
    if (err)
        return err;
    line->local.port = phone_port_number(line->port);
    if (can)
        line->can = *can;
    return reoffer(line);
}

const char *line_name(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->name;
}

const struct dialog_invite *line_invite(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return dialog_invite_of(line->dialog);
}

struct phone_port *line_port(struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->port;
}

const char *line_codec(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->has_agreed ? codec_name(line->agreed.format.codec) : "";
}

unsigned line_ptime(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->has_agreed ? line->agreed.ptime : 0;
}

bool line_is_up(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->state == LINE_UP;
}

bool line_is_over(const struct line *line)
{
    MAGIC_CHECK(line, LINE_MAGIC);
    return line->state == LINE_OVER;
}
