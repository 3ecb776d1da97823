/* private.h: a call and its running flow; for the files of this room only. */
#ifndef OFFHOOK_NCCO_PRIVATE_H
#define OFFHOOK_NCCO_PRIVATE_H

#include "ncco/call.h"

#include "base/list.h"
#include "base/mem.h"

#include <assert.h>

enum { CALL_MAGIC = 0x63616c31, CALL_LINE = 400, PRICE = 32 /* bytes of an amount */ };

struct calls {
    struct bridge *bridge;
    struct webhook *webhook;
    struct loader *loader;
    struct list knocks; /* of struct knock; holds their references */
};

struct action;

struct call {
    unsigned magic; /* control thread */
    struct calls *calls;
    struct application *application; /* our reference */
    struct member *member;           /* NULL once the leg has ended */
    struct leg *leg;                 /* our reference */

    char *event_url, *event_method; /* of this call; NULL: the application's */
    char *answer_url, *answer_method;
    json_t *answer_ncco; /* of a created call, until it answers */
    bool started_told;
    json_t *headers; /* custom ones, as webhooks echo them; NULL: none */

    json_t *ncco;                  /* the flow; NULL: none runs */
    size_t next;                   /* index of the action after the running one */
    const struct action *action;   /* the running one; NULL: none */
    unsigned turn;                 /* grows with each action: late replies see they are late */
    bool stepping, again;          /* call_next() runs; and was called once more from within */
    const struct leg_cause *cause; /* what an unanswered caller is told at the end */

    /* connect */
    struct call *parent;   /* whose connect dialled us; borrowed, cleared by the parent */
    struct list sibling;   /* in the parent's children */
    struct list children;  /* what our connects dialled and what has not left; borrowed */
    struct call *dialling; /* the one of the running connect; NULL: it failed or left */
    bool synchronous;
    bool entering; /* it moves by call_enter(), which tells the parent later */
    /* stream */
    uint32_t play;
    /* who is told of each key; NULL: nobody */
    char *digits_url, *digits_method;
};

/* An action of the NCCO: a row of the table. */
enum option_type {
    OPTION_STRING,
    OPTION_BOOL,
    OPTION_NUMBER,
    OPTION_ARRAY,
    OPTION_OBJECT,
    OPTION_URL
};
struct option {
    const char *name;
    enum option_type type;
    bool required;
    double low, high; /* numbers: range; arrays: count */
    const char *help;
};
struct action {
    const char *name;
    const struct option *options; /* ended by a NULL name */
    bool answers;                 /* an unanswered caller is answered first */
    /* Starts; call_next() when done, at once or later. */
    void (*start)(struct call *call, json_t *options);
    /* Something else takes over: stop what runs, tell nobody. May be NULL. */
    void (*stop)(struct call *call);
    void (*played)(struct call *call, uint32_t play, bool completed);
    /* A check beyond the options' types; false with a reason. May be NULL. */
    bool (*check)(const json_t *options, const char **reason);
};
extern const struct action action_connect, action_conversation, action_stream;
const struct action *action_find(const char *name);
/* A number option, which may be a numeric text; checked already. */
double option_number(const json_t *action, const char *name, double otherwise);
/* A URL option: a text or an array of one; NULL: absent. */
const char *option_url(const json_t *action, const char *name);

/* call.c */
int call_alloc(struct calls *calls, struct application *application, struct leg *leg,
               struct call **call);
/* Has act done when all that was written so far is durable. */
void call_after_commit(struct call *call, void (*act)(struct call *call));

/* invite.c */
/* Answers an inbound caller on the next turn of the loop: not within what is written together. */
void call_answer_soon(struct call *call);

/* knock.c */
/* An inbound dialog for an application that only watches; it is refused when it cannot knock. */
void knock_incoming(struct calls *calls, struct application *application, struct dialog *dialog);

/* run.c */
void call_run(struct call *call, json_t *ncco);
void call_next(struct call *call);
void call_stop(struct call *call);
void call_fail(struct call *call, const char *reason);

/* answer.c */
void call_ask(struct call *call);
/* Fills in what is the application's and the call's: fallback, limits, token, lane. type and url
 * are set already. */
void call_prepare_question(const struct call *call, struct webhook_question *question);
/* trusted: the URL is the operator's own. */
void call_ask_url(struct call *call, const char *url, const char *method, bool trusted);
json_t *call_fill(const char *ncco, const struct leg *leg);

/* connect.c */
void connect_child_status(struct call *child, const struct leg_news *news);
void connect_child_early(struct call *child);
/* The flow ended: whom its connects dialled is no business of it any more. */
void connect_release(struct call *call);
/* The call left its parent's conversation by another way than its end. */
void connect_child_moved(struct call *child);

/* dial.c */
/* False: *reason says what of the endpoint is wrong. */
bool dial_check(const json_t *endpoint, const char **reason);
struct dial_reason {
    char text[160];
};
int call_dial(struct calls *calls, struct application *application, const json_t *endpoint,
              const char *from, unsigned ring_timeout, unsigned length, struct leg **leg,
              struct dial_reason *reason);

/* fields.c */
struct facts {
    const char *conversation, *direction, *from, *to, *uuid;
    int64_t start, end;             /* wall [ms], whole seconds; start 0: never answered */
    int64_t duration;               /* [s] */
    char rate[PRICE], price[PRICE]; /* of an ended leg, after facts_price() */
    const char *network;
    json_t *headers;  /* borrowed; NULL: none */
    bool is_extended; /* webhook.extended */
};
void facts_end(struct facts *facts, int64_t answered, int64_t end);
/* Of an ended leg; the row borrows from facts. */
void facts_row(const struct facts *facts, struct store_leg *row);
json_t *fields_status(const struct facts *facts, const char *status, const char *detail,
                      int64_t at);
json_t *fields_answered(const struct facts *facts, int64_t at);
json_t *fields_completed(const struct facts *facts, int64_t at);
void fields_time(json_t *fields, const char *name, int64_t at);
/* What newer Voice APIs add to a final status; nothing unless facts are extended. code 0, by and
 * detail NULL: not known. */
void fields_extend(json_t *fields, const struct facts *facts, const char *by, int code,
                   const char *detail);

/* price.c: rate, price and network, after facts_end(). number: of the far party, NULL: none. */
void facts_price(struct facts *facts, const struct conf *conf, const char *number);

/* digits.c */
void digits_told(struct call *call, char digit);

/* notice.c: webhooks and the leg's row */
/* To event->url, or the application's; takes event->fields. NULL: it has gone. */
void notice_send(struct calls *calls, const struct application *application,
                 struct webhook_event *event);
void notice_started(struct call *call, int64_t at);
void notice_ringing(struct call *call, int64_t at);
void notice_answered(struct call *call, int64_t at);
void notice_final(struct call *call, const struct leg_news *news);
void notice_error(struct call *call, const char *reason);
void notice_moved(struct call *call, struct conversation *from);
const char *notice_name(const struct endpoint *end);
/* The far party: who calls, or is called. */
const struct endpoint *notice_far(const struct leg *leg);
/* Statuses of an outbound call echo the headers of its endpoint. */
void notice_keep_headers(struct call *call, const json_t *endpoint);
/* Is it one of the INVITE's that the application is told: X-, but not the vendor's own? */
bool notice_is_custom(const struct ua_header *header);

#endif
