/* private.h: a call and its running flow; for the files of this room only. */
#ifndef OFFHOOK_NCCO_PRIVATE_H
#define OFFHOOK_NCCO_PRIVATE_H

#include "ncco/call.h"
#include "ncco/option.h"

#include "base/list.h"
#include "base/mem.h"

#include <assert.h>

enum { CALL_MAGIC = 0x63616c31, CALL_LINE = 400, PRICE = 32 /* bytes of an amount */ };

struct calls {
    struct bridge *bridge;
    struct webhook *webhook;
    struct loader *loader;
    struct speech *speech; /* the plane of sound; as calls_conf has it */
    struct recorder *recorder;
    struct recogniser *recogniser;
    char *recordings;
    struct list knocks;         /* of struct knock; holds their references */
    struct list transcriptions; /* in order; the first one is at work */
    struct limiter *outgoing;   /* of limits.outgoing_per_second as it was last; NULL: none */
    unsigned outgoing_rate;
    struct registrar *registrar;
    struct caller_rate *rates; /* of applications with calls_per_minute: fraud.c */
    struct calls_refused refused;
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

    int64_t flows_since;         /* mono [ms]: the second that flows are counted in */
    unsigned flows;              /* that replies began in it */
    json_t *ncco;                /* the flow; NULL: none runs */
    json_t *forwarding;          /* that of a call that only goes on elsewhere; NULL: it does not */
    size_t next;                 /* index of the action after the running one */
    const struct action *action; /* the running one; NULL: none */
    bool at_end;                 /* all were run; a task keeps the call up */
    struct list tasks;           /* what goes on, in order of start */
    uint64_t tasks_begun;        /* of all flows */
    unsigned speech_watchers;    /* tasks that want `speaking` */
    unsigned turn;               /* grows with each action: late replies see they are late */
    bool stepping, again;        /* call_next() runs; and was called once more from within */
    const struct leg_cause *cause; /* what an unanswered caller is told at the end */

    /* connect */
    struct call *parent;   /* whose connect dialled us; borrowed, cleared by the parent */
    struct list sibling;   /* in the parent's children */
    struct list children;  /* what our connects dialled and what has not left; borrowed */
    struct call *dialling; /* the one of the running connect; NULL: it failed or left */
    bool synchronous;
    unsigned asking; /* outcomes of a synchronous connect whose replies may bring another flow */
    bool hums;       /* we had it hear a ring-back tone */
    json_t *connect; /* the action that dialled us; NULL: none did */
    bool early;      /* the early media of its network is heard */
    bool greeted;    /* we answered, and our own flow (onAnswer) runs before we are connected */
    char *keys;      /* sent when we answer, or NULL */
    struct call *referrer; /* whose REFER had us dialled; borrowed, NULL: nobody's, or decided */
    struct call *referred; /* whom ours had dialled, likewise */
    struct call_detection detection;
    bool ends_all;        /* its leaving ends the conversation it is in */
    bool entering;        /* it moves by call_enter(), which tells the parent later */
    struct list watchers; /* who is told of each key: digits.c */
    bool barge;           /* prompts do not hold up the flow, until an input is met */
    char ahead[21];       /* keys that were pressed for that input */
    bool prompting;       /* prompts are being begun */
};

/* An action of the NCCO: a row of the table. Its options drive the check, the defaults and
 * the documentation. */
struct action {
    const char *name, *help;
    const struct option *options; /* ended by a NULL name */
    bool answers;                 /* an unanswered caller is answered first */
    /* Starts. When it is done, at once or later, call_next(); or it leaves a task that is
     * `blocking` behind, whose task_done() does that; or call_next() at once, and a task goes
     * on beside the flow. object: borrowed, but lives as long as the flow. */
    void (*start)(struct call *call, json_t *object);
    /* Something else takes over: stop what runs, tell nobody. May be NULL. */
    void (*stop)(struct call *call);
    /* A check beyond the rows; false with a fault. May be NULL. */
    bool (*check)(const json_t *object, struct option_fault *fault);
};
extern const struct action action_connect, action_conversation, action_input, action_notify,
    action_record, action_stream, action_talk, action_transfer, action_wait;
extern const struct action *const ncco_actions[]; /* ended by NULL */
const struct action *action_find(const char *name);
extern const struct option transcription_options[]; /* of record and conversation */
extern const struct option machine_options[];       /* of connect and REST */

/* task.c: what an action does that takes time. The flow waits for a blocking one; others go on
 * beside it, and beside the flows after it, until they are done or stopped. */
enum task_stop {
    TASK_REPLACED, /* another flow, of a webhook's reply: playing and input stop */
    TASK_MOVED,    /* the leg leaves its flow (transfer, members API): all stops */
    TASK_ENDED     /* the leg has ended: its member may be gone */
};
struct task {
    const struct task_kind *kind;
    struct list node;  /* of the call's tasks */
    struct call *call; /* borrowed; NULL: it is over */
    uint64_t number;   /* of the call's, by start */
    bool blocking;
};
/* What happens to the call goes to its tasks, the youngest first. All may be NULL, and any may
 * end its task or the flow. */
struct task_kind {
    const char *name;
    size_t size;   /* of the object that begins with the struct task */
    bool keeps;    /* the call is not over while it goes on, though all actions are done */
    bool survives; /* a flow that is only TASK_REPLACED */
    void (*destroy)(void *task);
    /* True: it was for this task, and is for no other. */
    bool (*digit)(struct task *task, char digit, unsigned duration_ms);
    bool (*played)(struct task *task, uint32_t play, bool completed);
    /* While the task has call_watch_speech() on. */
    void (*speaking)(struct task *task, bool on);
    /* Out of the list already; the last that it hears. Frees nothing: destroy does. */
    void (*stop)(struct task *task, enum task_stop why);
};
/* A new one of the kind's size, zeroed, at the end of the list, which holds the reference; NULL:
 * out of memory. */
void *task_start(struct call *call, const struct task_kind *kind, bool blocking);
/* It is over by itself: out of the list; a flow that waited for it goes on. */
void task_done(struct task *task);
/* Is one of a kind there? The youngest, or NULL. */
struct task *task_find(const struct call *call, const struct task_kind *kind);
/* Counted: each task that switches it on switches it off, in stop() or before task_done(). */
void call_watch_speech(struct call *call, bool on);
bool tasks_digit(struct call *call, char digit, unsigned duration_ms);
bool tasks_played(struct call *call, uint32_t play, bool completed);
void tasks_speaking(struct call *call, bool on);
void tasks_stop(struct call *call, enum task_stop why);

/* socket.c: of a websocket endpoint that was checked. ENOENT: it wants a token, and there is no
 * secret. To be ended also after an error; url is the endpoint's. */
int socket_ask_for(struct calls *calls, struct application *application, const json_t *endpoint,
                   struct socket_request *request);
void socket_ask_end(struct socket_request *request);

/* question.c: an event whose reply may be an NCCO (input, notify, disconnected, connect's
 * outcome when it is synchronous), told after the earlier ones of its leg. url NULL: the
 * call's event_url, or the application's. Takes event->fields. What comes back: another flow;
 * or `none` is called (the URL gave no NCCO, or nobody answered), unless the flow has gone on to
 * something else in the meantime (its turn has passed) or the leg ended. A reply that is meant
 * as an NCCO and is none, and a fallback that answers with an error, end the call. */
void call_question(struct call *call, struct webhook_event *event, void (*none)(struct call *call));
/* The same, of the end of another call, whose row is settled when this is over. */
void call_question_about(struct call *call, struct webhook_event *event,
                         void (*none)(struct call *call), struct call *about);

/* {from, to, uuid, conversation_uuid, timestamp} behind what fields has: what the events of an
 * action end with. */
void fields_of_call(struct call *call, json_t *fields);

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
void call_stop(struct call *call, enum task_stop why);
void call_fail(struct call *call, const char *reason);

/* pace.c: a reply's flow takes the place of the running one: now, or a moment later when they
 * follow each other too fast, unless that one has gone on by then. */
void call_follow(struct call *call, json_t *ncco);

/* answer.c */
/* There is no flow: the application hears why, and the call ends. */
void call_refuse(struct call *call, const char *reason);
void call_ask(struct call *call);

/* test.c: the flow of a number of the application `test`. False: it is none. */
bool test_run(struct call *call);
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
/* Its own flow is over: it is connected with its parent. */
void connect_child_greeted(struct call *child);
/* The option of the action that dialled it ("eventUrl"); NULL: absent. */
const char *connect_option(const struct call *child, const char *name);
/* The parent's flow, which waited for a reply, goes on without one. */
void connect_unanswered(struct call *parent);

/* outcome.c: eventType synchronous: is this status of the call asked of its parent's flow, in
 * place of being told? And asks, or tells it when the parent wants no reply any more; takes
 * fields. */
bool outcome_is_asked(const struct call *child, enum leg_status status);
void outcome_ask(struct call *child, json_t *fields);

/* refer.c */
int refer_taken(struct member *member, const struct leg_refer *refer, void *arg);
void refer_status(struct call *call, const struct leg_news *news);

/* greet.c: onAnswer: what a callee hears before it is connected. */
bool greet_wanted(const struct call *child);
void greet_start(struct call *child);
/* May this NCCO run meanwhile? False with a reason. */
bool greet_check(const json_t *ncco, char reason[NCCO_REASON]);

/* ringback.c: what a caller hears while another is dialled. */
void ringback_start(struct call *call, const char *url);
void ringback_stop(struct call *call);

/* machine.c */
void machine_start(struct call *call); /* it was answered */
void machine_detected(struct call *call, enum detect_verdict verdict);

/* keys.c: dtmfAnswer of an endpoint is kept, and sent once it is answered. ENOMEM. */
int keys_keep(struct call *call, const json_t *endpoint);
void keys_send(struct call *call);

/* conversation.c: a call that was in one is about to leave it: by its end, or by a move. */
void conversation_left(struct call *call, struct conversation *conversation);
void conversation_begun(struct call *call); /* it waited for that */

/* rate.c: may another leg be dialled in this second? Counts it. */
bool calls_admit(struct calls *calls);

/* dial.c. EDQUOT: not in this second. */
struct dial_reason {
    char text[160];
};
/* fraud.c: may the application dial one more leg, to this number (NULL: those that the URIs of the
 * route name)? EACCES: not that one; EDQUOT: not now. With a reason. Logs and counts. */
int fraud_check(struct calls *calls, struct application *application, const char *number,
                const struct trunk_route *route, struct dial_reason *reason);
void fraud_free(struct calls *calls);
struct dial_request {
    struct application *application;
    const json_t *endpoint; /* as endpoint_check() has it */
    const char *from;       /* digits, or NULL; shown only when it is the application's own */
    bool random_from;       /* any number of the application's, instead */
    const char *diverted;   /* digits of who was called first, or NULL */
    const char *replaces;   /* value of a Replaces header, or NULL */
    const struct endpoint *caller; /* instead of from: told as it is; or NULL */
    unsigned ring_timeout, length; /* [s] */
    bool refuse; /* ENOENT for whom no way leads to; else the leg fails at once, and is told */
};
/* 0; EINVAL (the endpoint), ENOENT, EAGAIN, ENOMEM … with a reason. */
int call_dial(struct calls *calls, const struct dial_request *request, struct leg **leg,
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
/* human or machine. */
json_t *fields_detected(const struct facts *facts, const char *status, const char *sub_state,
                        int64_t at);
json_t *fields_answered(const struct facts *facts, int64_t at);
json_t *fields_completed(const struct facts *facts, int64_t at);
void fields_time(json_t *fields, const char *name, int64_t at);
/* What newer Voice APIs add to a final status; nothing unless facts are extended. code 0, by and
 * detail NULL: not known. */
void fields_extend(json_t *fields, const struct facts *facts, const char *by, int code,
                   const char *detail);
/* Likewise how its sound was (quality_report()); NULL, or nothing came: nothing. */
void fields_quality(json_t *fields, const struct facts *facts, const struct stream_stats *stats);

/* price.c: rate, price and network, after facts_end(). number: of the far party, NULL: none. */
void facts_price(struct facts *facts, const struct conf *conf, const char *number);

/* record.c */
/* `record: true` of a conversation action: all of it, in one channel, until the last has left;
 * whoever is told of the file (eventUrl, eventMethod, transcription of `object`) is as for the
 * record action. There must be somebody with audio in it. Nothing when it is recorded already.
 * Errors as of audio_record(), with a reason (static) or NULL. */
int record_conversation(struct call *call, struct conversation *conversation, const json_t *object,
                        const char **reason);
/* beep.c: a beep at the leg; blocking: the flow goes on after it. */
void call_beep(struct call *call, bool blocking);

/* transcription.c: what was asked for with a recording, whose file is there. */
void transcription_begin(struct calls *calls, const struct audio_recorded *recorded);

/* digits.c: who is told of each key, without a question: REST's one (call_watch_digits), and
 * those of the flow's asynchronous inputs, which last as long as flows follow each other. The
 * same URL is told once. url and method as of a webhook_event; copied. Keys that wait for an
 * input are told, too. ENOMEM. */
int digits_watch(struct call *call, const char *url, const char *method);
void digits_told(struct call *call, char digit);
void digits_stop(struct call *call, enum task_stop why);
void digits_free(struct call *call);

/* prompt.c: talk and stream. Done when it is over; at once with barge, or when an earlier one
 * had that and no input came in between. Texts are the flow's. */
void prompt_say(struct call *call, const struct audio_say *say, bool barge);
void prompt_play(struct call *call, const struct audio_play *play, bool barge);
bool prompts_run(const struct call *call);
void prompts_end(struct call *call); /* those that the flow did not wait for */

/* input.c: a prompt is over; a key that no task has taken. */
void input_prompted(struct call *call);
void input_ahead(struct call *call, char digit);

/* notice.c: webhooks and the leg's row */
/* To event->url, or the application's; takes event->fields. NULL: it has gone. */
void notice_send(struct calls *calls, const struct application *application,
                 struct webhook_event *event);
/* An event of the call, to where its statuses go; takes fields. */
void notice_told(struct call *call, json_t *fields);
void notice_started(struct call *call, int64_t at);
void notice_ringing(struct call *call, int64_t at);
void notice_answered(struct call *call, int64_t at);
void notice_final(struct call *call, const struct leg_news *news);
/* human or machine, which is the leg's status now; or how a machine's beep came (sub_state). */
void notice_detected(struct call *call, enum leg_status status, const char *sub_state);
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
