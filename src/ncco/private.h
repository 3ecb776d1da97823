/* private.h: a call and its running flow; for the files of this room only. */
#ifndef OFFHOOK_NCCO_PRIVATE_H
#define OFFHOOK_NCCO_PRIVATE_H

#include "ncco/call.h"

#include "base/mem.h"

#include <assert.h>

enum { CALL_MAGIC = 0x63616c31 };

struct calls {
    struct bridge *bridge;
    struct webhook *webhook;
    struct loader *loader;
};

struct action;

struct call {
    unsigned magic; /* control thread */
    struct calls *calls;
    struct application *application;
    struct member *member; /* NULL once the leg has ended */
    struct leg *leg;       /* our reference */

    char *event_url, *event_method; /* of this call; NULL: the application's */
    char *answer_url, *answer_method;
    json_t *answer_ncco; /* of a created call, until it answers */
    bool started_told;

    json_t *ncco;                  /* the flow; NULL: none runs */
    size_t next;                   /* index of the action after the running one */
    const struct action *action;   /* the running one; NULL: none */
    unsigned turn;                 /* grows with each action: late replies see they are late */
    const struct leg_cause *cause; /* what an unanswered caller is told at the end */

    /* connect */
    struct call *parent;  /* whose connect dialled us; borrowed, cleared by the parent */
    struct call *waiting; /* the dialled call that the running connect waits for; borrowed */
    bool synchronous;
    /* stream */
    uint32_t play;
    struct sound *sound;
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

/* call.c */
int call_alloc(struct calls *calls, struct application *application, struct leg *leg,
               struct call **call);
void call_after_commit(struct call *call, void (*act)(struct call *call));
void call_confirm_later(struct call *call);

/* run.c */
void call_run(struct call *call, json_t *ncco);
void call_next(struct call *call);
void call_stop(struct call *call);
void call_fail(struct call *call, const char *reason);

/* answer.c */
void call_ask(struct call *call);
json_t *call_fill(const char *ncco, const struct leg *leg);

/* connect.c */
void connect_child_status(struct call *child, const struct leg_news *news);
void connect_child_early(struct call *child);
void connect_parent_gone(struct call *call);
struct dial_reason {
    char text[160];
};
int call_dial(struct calls *calls, struct application *application, const json_t *endpoint,
              const char *from, unsigned ring_timeout, unsigned length, struct leg **leg,
              struct dial_reason *reason);

/* notice.c: webhooks and the leg's row */
void notice_started(struct call *call, int64_t at);
void notice_ringing(struct call *call, int64_t at);
void notice_answered(struct call *call, int64_t at);
void notice_final(struct call *call, const struct leg_news *news);
void notice_error(struct call *call, const char *reason);
void notice_moved(struct call *call, struct conversation *from);
const char *notice_name(const struct endpoint *end);

#endif
