/* phone.h: a SIP phone with sound of its own, for the demo and for the tests: a user
 * agent (ua.h) with any number of lines, each a call with a port (phone_rtp.h).
 * Control thread, but for what phone_rtp.h says.
 *
 * A line lives from its call or its INVITE until the phone is stopped or a hundred
 * newer ones have ended, so that what it heard can still be asked for. */
#ifndef OFFHOOK_CLI_PHONE_H
#define OFFHOOK_CLI_PHONE_H

#include "base/loop.h"
#include "cli/phone_rtp.h"
#include "offer/offer.h"
#include "ua/ua.h"

struct phone;
struct line;

/* Each may be NULL. */
struct phone_handlers {
    void (*incoming)(struct line *line, void *arg);
    void (*progress)(struct line *line, int status, bool early, void *arg);
    void (*answered)(struct line *line, void *arg);
    void (*ended)(struct line *line, int status, const char *phrase, bool remote, void *arg);
    void (*digit)(struct line *line, char digit, unsigned duration, void *arg);
    /* The peer, or we, changed who sends. */
    void (*held)(struct line *line, bool send, bool receive, void *arg);
    void (*info)(struct line *line, const char *type, const char *body, void *arg);
    /* The peer's answer to line_info(). */
    void (*informed)(struct line *line, int status, void *arg);
    void *arg;
};

struct phone_conf {
    const char *address;   /* numeric */
    const char *transport; /* "udp" or "tcp" */
    unsigned port;         /* 0: any free one */
};

/* `root` is the su_root_t that `loop` hangs in. */
int phone_start(struct phone **phone, void *root, struct loop *loop, const struct phone_conf *conf,
                const struct phone_handlers *handlers);
/* Hangs everything up, then calls done; then mem_unref(). */
void phone_stop(struct phone *phone, loop_h *done, void *arg);
const char *phone_address(const struct phone *phone); /* "127.0.0.1:40001" */

/* What is done with a call that comes in. */
enum phone_action {
    PHONE_ANSWER, /* 180, then 200 after the delay */
    PHONE_RING,   /* 180, and no more until line_answer() or line_reject() */
    PHONE_EARLY,  /* 183 with sound; 200 after the delay if there is one */
    PHONE_REFUSE, /* `status` after the delay */
    PHONE_IGNORE  /* nothing at all */
};

struct phone_policy {
    enum phone_action action;
    unsigned delay; /* [ms] */
    int status;
    unsigned tone, amplitude;
    struct offer_ability can;
};

/* For one called user from now on, or for all others (user NULL). */
int phone_accept(struct phone *phone, const char *user, const struct phone_policy *policy);

struct phone_call {
    const char *name; /* of the line; not one in use */
    const char *uri, *from;
    unsigned tone, amplitude;
    struct offer_ability can;
    bool late_offer;
    const struct ua_header *headers;
    unsigned header_count;
};

/* The line is the phone's. EEXIST, EINVAL … */
int phone_call(struct phone *phone, const struct phone_call *call, struct line **line);
struct line *phone_line(struct phone *phone, const char *name); /* NULL: none */

const char *line_name(const struct line *line);
const struct dialog_invite *line_invite(const struct line *line); /* of an incoming call */
struct phone_port *line_port(struct line *line);
const char *line_codec(const struct line *line); /* "PCMU", or "" */
unsigned line_ptime(const struct line *line);    /* [ms] of what we send; 0: nothing agreed */
bool line_is_up(const struct line *line);
bool line_is_over(const struct line *line);

/* EALREADY or ENOTCONN when the line is in no state for it. */
int line_answer(struct line *line);
int line_reject(struct line *line, int status);
int line_hangup(struct line *line);
/* Sends an INFO; EBUSY until the last one is answered. */
int line_info(struct line *line, const char *type, const char *body);
/* A new offer that puts the peer on hold or takes it back; on hold it is sent silence. */
int line_hold(struct line *line, bool hold);
/* A new offer of the same, or of what we can from now on, from a new port or the same one. */
int line_reinvite(struct line *line, bool new_port, const struct offer_ability *can);

#endif
