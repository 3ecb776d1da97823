/* phone_private.h: the insides of a phone and its lines. */
#ifndef OFFHOOK_CLI_PHONE_PRIVATE_H
#define OFFHOOK_CLI_PHONE_PRIVATE_H

#include "base/list.h"
#include "cli/phone.h"

enum { PHONE_MAGIC = 0x70686f6e, LINE_MAGIC = 0x6c696e65, LINES_OVER = 100 };

struct phone {
    unsigned magic; /* control thread */
    struct ua *ua;
    struct loop *loop;
    struct phone_rtp *engine;
    struct phone_handlers on;
    char *address, *where; /* "127.0.0.1", "127.0.0.1:40001" */
    struct list lines;     /* oldest first; each our reference */
    unsigned over, incoming;
    struct phone_policy policy;
    struct list policies; /* for one user each */
    bool stopping;
};

enum line_state {
    LINE_CALLING, /* we called */
    LINE_RINGING, /* we are called */
    LINE_UP,
    LINE_OVER
};

/*  calling ─ 2xx ──────┐
 *                      ├─> up ─┐
 *  ringing ─ answered ─┘       ├─> over
 *     └── any end ─────────────┘            */
struct line {
    unsigned magic; /* control thread */
    struct list node;
    struct phone *phone; /* borrowed; outlives us */
    char *name;
    enum line_state state;
    struct dialog *dialog; /* our reference until it is over */
    struct phone_port *port;
    struct offer_ability can;
    struct offer_local local;
    struct offer_agreed agreed;
    bool has_agreed, late_offer; /* late: the first SDP was, or will be, the callee's */
    char *invite_answer;         /* SDP of an answer already made for early media */
    struct phone_policy policy;
    struct timer timer; /* of the policy's delay */
    bool send, receive; /* as told by `held` last */
};

int line_alloc(struct line **line, struct phone *phone, const char *name,
               const struct offer_ability *can, unsigned tone, unsigned amplitude);
/* A call came in on the line: does as its policy says. */
void line_ring(struct line *line, struct dialog *dialog);
/* Calls. */
int line_call(struct line *line, const struct phone_call *call);
/* The phone is told that a line is over. */
void phone_over(struct phone *phone);

#endif
