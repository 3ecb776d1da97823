/* call.h: the Voice API's call: one leg, its control flow (NCCO) and what the
 * application is told of it. Both doors, answer webhook and REST, lead to the verbs
 * here. Control thread. */
#ifndef OFFHOOK_NCCO_CALL_H
#define OFFHOOK_NCCO_CALL_H

#include "conversation/audio.h"
#include "conversation/conversation.h"
#include "http/fetch.h"
#include "player/loader.h"
#include "webhook/webhook.h"

#include <jansson.h>
#include <stdio.h>

struct calls;
struct call;
struct speech;
struct recorder;
struct recogniser;
struct registrar;

struct calls_conf {
    struct bridge *bridge;
    struct webhook *webhook;
    struct loader *loader;
    struct speech *speech;
    struct recorder *recorder;
    struct recogniser *recogniser; /* NULL: nobody understands speech */
    const char *recordings;        /* folder; copied. NULL: none */
    struct registrar *registrar;   /* of users' phones. NULL: there are none */
};
/* Legs that were not dialled: the number is not for the application (allow_prefixes,
 * deny_prefixes); it had max_calls; it had calls_per_minute. */
struct calls_refused {
    uint64_t number, calls, rate;
};
struct calls_refused calls_refused(const struct calls *calls);

/* Hooks itself into the bridge. Released after the last leg has ended, and calls_end(). */
int calls_alloc(struct calls **calls, const struct calls_conf *conf);
/* When the recorder has stopped and the recogniser has not: transcriptions that are not done
 * are left to the next run. */
void calls_end(struct calls *calls);

/* A new inbound dialog: finds the application, or refuses. */
void call_incoming(struct calls *calls, struct dialog *dialog);

enum { NCCO_REASON = 400 };

/* Checks an NCCO against the table of actions (any thread). False: reason says which action
 * and option is wrong, and how: `action 2 (connect): "timeout" must be a number`. */
bool ncco_check(const json_t *ncco, char reason[NCCO_REASON]);
/* All actions and their options, as Markdown. */
void ncco_describe(FILE *out);

/* Whether a call finds out who answers it, and what it does then. */
struct call_detection {
    bool on, hangs_up; /* hangs_up: on a machine */
    struct detect_conf conf;
};
/* Of `machineDetection` and `advancedMachineDetection` (or as REST names them), as they were
 * checked; the second goes first; NULL: absent. */
struct call_detection call_detection_of(const char *behavior, const json_t *advanced);

/* What POST /v1/calls asks for; texts and JSON are copied or referenced as needed. */
struct call_request {
    struct application *application;
    struct conversation *conversation; /* into this one, and then no flow; NULL: one of its own */
    const json_t *endpoint;            /* one `to` object: phone or sip */
    const char *from;                  /* digits or NULL */
    bool random_from;                  /* any number of the application's, instead */
    json_t *ncco;                      /* or NULL: answer_url */
    const char *answer_url, *answer_method;
    const char *event_url, *event_method; /* or NULL: the application's */
    unsigned length_timer, ringing_timer; /* [s] */
    struct call_detection detection;
};
/* Dials. 0, or EINVAL/ENOENT/EAGAIN/EDQUOT with a reason; the call is the room's own. */
int call_create(struct calls *calls, const struct call_request *request, struct call **call,
                const char **reason);

/* A member that REST invites (or joins) with a phone or sip channel: dials; it joins when it
 * answers. Its call has no flow; its statuses are told as those of any call. */
struct call_invitation {
    struct conversation *conversation;
    struct member_asked asked; /* leg NULL; user NULL: one of its own; channel: {type, to, from?,
                                  ring_timeout? …} */
    const char *replaces;      /* value of a Replaces header (RFC 3891), or NULL */
};
/* 0; EINVAL, ENOENT, EAGAIN, EDQUOT with a reason; or as member_add(). */
int call_invite(struct calls *calls, const struct call_invitation *invitation,
                struct member **member, const char **reason);

/* A leg that is up goes to a conversation, of the same application; its flow, if it has one,
 * ends, and a caller that was not answered yet is. ENOENT: it is about to end; EPERM: the
 * conversation is inactive; or as member_move(). */
int call_enter(struct member *member, struct conversation *conversation,
               const struct member_rules *rules, struct member **moved);

/* A caller that knocks: an inbound call to an application with an rtc event_url and neither
 * answer_url nor NCCO. It hears ringing until a member is made for it, or it is refused, or
 * `limits` of a ring pass (60 s). */
struct knock;
/* By its own id or by that of its leg. */
struct knock *knock_find(struct calls *calls, const struct application *application,
                         const char *id);
/* The caller becomes a member (asked.leg NULL; user, media … as asked) and is answered. The
 * knock is gone afterwards. ENOENT: the caller is about to go; or as member_add(). */
int knock_accept(struct knock *knock, struct conversation *conversation,
                 const struct member_asked *asked, struct member **member);
/* A knock made by REST (POST /knocking): of an app channel, it has no leg. user NULL: nobody
 * known. channel is copied. EAGAIN: 1000 knock already, with a leg or without. */
int knock_make(struct calls *calls, struct application *application, struct user *user,
               const json_t *channel, struct knock **knock);
void knock_refuse(struct knock *knock); /* 480; app:knocking:cancel is told */
/* Of an application, or (NULL) all of them, before the end. */
void knock_refuse_all(struct calls *calls, const char *application);
const char *knock_id(const struct knock *knock);

/* The call of a leg that is up; NULL: none, or it is about to end. */
struct call *call_find(struct calls *calls, const struct application *application,
                       const char *leg_id);
struct member *call_member(const struct call *call);
/* One line for the log and the console. */
void call_debug(const struct call *call, char *out, size_t size);

/* Takes another flow, in a conversation of its own; the array is referenced. */
int call_transfer(struct call *call, json_t *ncco);
/* The same, with the NCCO fetched (GET); a fetch that fails is told as an error event. */
int call_transfer_url(struct call *call, const char *url);
void call_hangup(struct call *call);
/* Errors as leg_refer(). Its flow goes on, until the peer has gone elsewhere and is hung up. */
int call_refer(struct call *call, const char *uri);
/* Each key of the call is told to this URL from now on, in place of the one before; NULL: to
 * nobody, asynchronous inputs of the flow included. Copied. ENOMEM. */
int call_watch_digits(struct call *call, const char *url, const char *method);
/* For struct audio_plane, with the calls as its arg: the `record` webhook. */
void calls_recorded(const struct audio_recorded *recorded, void *arg);
/* The same, for its record_ended: a flow that waited for that recording goes on. */
void calls_record_ended(struct member *member, const char *recording_id, void *arg);

/* Restores the bridge; then legs that were up when the last run ended are told as ended:
 * `completed`, or `failed` for one that was dialled and never answered. Before the first
 * call. */
int calls_recover(struct calls *calls);

#endif
