/* conversation.h: where people meet: application, user, conversation, member, channel
 * and event, and the rule who hears whom. Control thread; no locks.
 *
 *   bridge ── application ── conversation ── member ── leg (its channel)
 *                                    └── events, numbered from 1 in commit order
 *
 * A plain call makes a transient conversation that vanishes with its last leg; a named
 * one persists. Members that have left are not kept in memory. What happens to a leg
 * becomes events here first, then goes up through the hooks. */
#ifndef OFFHOOK_CONVERSATION_CONVERSATION_H
#define OFFHOOK_CONVERSATION_CONVERSATION_H

#include "conf/conf.h"
#include "base/log.h"
#include "leg/leg.h"
#include "store/store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bridge;
struct application;
struct conversation;
struct member;

/* The bridge: all that control owns. */

/* What the floor above wants to know; each is called after its events were written. */
struct bridge_hooks {
    void (*status)(struct member *member, const struct leg_news *news, void *arg);
    void (*early)(struct member *member, void *arg);
    void (*digit)(struct member *member, char digit, unsigned duration_ms, void *arg);
    void (*played)(struct member *member, uint32_t play, bool completed, void *arg);
    void (*silent)(struct member *member, void *arg);
    /* The leg left `from` (which may vanish afterwards) and is `member` now. */
    void (*moved)(struct member *member, struct conversation *from, void *arg);
    /* Somebody left: who is alone now? Not called for a conversation that vanishes. */
    void (*left)(struct conversation *conversation, void *arg);
    void *arg;
};

struct bridge_conf {
    struct loop *loop;
    struct store *store;
    const struct conf *conf;
    struct leg_plane plane; /* copied */
};

int bridge_alloc(struct bridge **bridge, const struct bridge_conf *conf);
void bridge_hook(struct bridge *bridge, const struct bridge_hooks *hooks);
/* Takes up the applications of a (new) configuration; those gone stay for their calls. */
int bridge_configure(struct bridge *bridge, const struct conf *conf);
/* Reads persistent conversations; members that the last run left joined are out now. */
int bridge_restore(struct bridge *bridge);
struct loop *bridge_loop(const struct bridge *bridge);
struct store *bridge_store(const struct bridge *bridge);
const struct conf *bridge_config(const struct bridge *bridge);
struct leg_plane *bridge_plane(struct bridge *bridge);

/* Ends every leg. */
void bridge_hangup_all(struct bridge *bridge);
/* Writes every conversation with members, and each member with its leg, to the log. */
void bridge_debug(const struct bridge *bridge, enum log_level level);

struct bridge_counts {
    unsigned conversations, members, legs;
    uint64_t legs_total, events_total;
    uint64_t ended[LEG_DISCONNECTED + 1]; /* legs by final status */
};
void bridge_counts(const struct bridge *bridge, struct bridge_counts *counts);

/* Application. */

struct application *application_find(struct bridge *bridge, const char *id);
struct application *application_of_number(struct bridge *bridge, const char *digits);
const char *application_id(const struct application *application);
const struct conf_application *application_conf(const struct application *application);
/* Is it a number of the application's own (may it call from it)? */
bool application_owns(const struct application *application, const char *digits);

/* Conversation. */

/* name NULL: NAM-<uuid>. A named one that exists already is returned as it is. */
int conversation_open(struct bridge *bridge, struct application *application, const char *name,
                      bool transient, struct conversation **conversation);
struct conversation *conversation_find(struct bridge *bridge, const struct application *application,
                                       const char *id);
const char *conversation_id(const struct conversation *conversation);
const char *conversation_name(const struct conversation *conversation);
struct application *conversation_application(const struct conversation *conversation);
struct bridge *conversation_bridge(const struct conversation *conversation);
bool conversation_transient(const struct conversation *conversation);
int64_t conversation_created(const struct conversation *conversation);    /* wall [ms] */
int64_t conversation_sequence(const struct conversation *conversation);   /* last event id */
json_t *conversation_properties(const struct conversation *conversation); /* borrowed */
unsigned conversation_members(const struct conversation *conversation);
/* In order of invitation or joining; stops when each returns true. */
void conversation_each(struct conversation *conversation,
                       bool (*each)(struct member *member, void *arg), void *arg);

/* Appends an event: stored, numbered. body is taken over (NULL: {}). Returns its id; 0: the
 * store takes no more, and the event is lost. */
int64_t conversation_event(struct conversation *conversation, const char *type,
                           const struct member *from, const struct member *to, json_t *body,
                           int64_t at);
/* One line for the log and the console. */
void conversation_debug(const struct conversation *conversation, char *out, size_t size);

/* Member. */

enum member_state { MEMBER_INVITED, MEMBER_JOINED, MEMBER_LEFT };
const char *member_state_text(enum member_state state); /* "INVITED" */

/* Who hears this member and whom it hears: arrays of leg ids, or NULL: no rule. */
struct member_rules {
    json_t *can_hear, *can_speak; /* borrowed; copied */
    bool mute;
};

/* An inbound caller: joined before there is sound (event member:joined). Takes the leg
 * over with the caller's reference. */
int member_enter(struct conversation *conversation, struct leg *leg, struct member **member);
/* A leg dialled for the conversation: invited now, joined when it answers. */
struct member_invitation {
    unsigned ring_timeout; /* [ms], as written in the channel */
    unsigned max_length;   /* [ms] */
};
int member_invite(struct conversation *conversation, struct leg *leg,
                  const struct member_invitation *invitation, struct member **member);
/* The leg goes to another conversation (or takes new rules in the same one). The old
 * member is gone afterwards unless it is the same. rules may be NULL. An empty transient
 * conversation that nobody could enter, be invited to or move to is gone after the
 * failure. */
int member_move(struct member *member, struct conversation *to, const struct member_rules *rules,
                struct member **moved);

/* Puts an inbound member into the sound before the answer (early media). */
void member_listen(struct member *member);

struct member *member_of_leg(struct bridge *bridge, const char *leg_id);
void member_mute(struct member *member, bool on);    /* nobody hears it */
void member_earmuff(struct member *member, bool on); /* it hears nobody */

const char *member_id(const struct member *member);
const char *member_user_id(const struct member *member);
const char *member_user_name(const struct member *member);
enum member_state member_state_of(const struct member *member);
struct conversation *member_conversation(const struct member *member);
struct leg *member_leg(const struct member *member);
json_t *member_channel(const struct member *member); /* borrowed; never changed */
bool member_invited_by_us(const struct member *member);
int64_t member_invited(const struct member *member); /* wall [ms]; 0: never */
int64_t member_joined(const struct member *member);
bool member_muted(const struct member *member);
bool member_earmuffed(const struct member *member);

/* {type, number} or {type, uri}. */
json_t *endpoint_json(const struct endpoint *end);

/* One line for the log and the console. */
void member_debug(const struct member *member, char *out, size_t size);

/* A place for the floor above (the call of this leg); moves with the leg. */
void member_keep(struct member *member, void *call);
void *member_kept(const struct member *member);

#endif
