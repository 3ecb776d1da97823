/* conversation.h: where people meet: application, user, conversation, member, channel
 * and event, and the rule who hears whom. Control thread; no locks.
 *
 *   bridge ── application ─┬─ user ──────────┐
 *                          └─ conversation ── member ── leg (its channel), or none: text
 *                                        └── events, numbered from 1 in commit order
 *
 * A plain call makes a transient conversation that vanishes with its last leg; one made by
 * REST or named by an NCCO persists. Members that have left are not kept in memory: the
 * store has them. What happens to a leg becomes events here first, then goes up through
 * the hooks. A `row` is a JSON object with the fields of the store's row, as its answers
 * have it: what is alive and what was stored are written by the same serializers. */
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
struct user;
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
    /* It begins or ends to speak, while leg_watch() of its leg is on. */
    void (*speaking)(struct member *member, bool on, void *arg);
    /* Who answered, while leg_detect() of its leg is on; see detect/detect.h. */
    void (*detected)(struct member *member, enum detect_verdict verdict, void *arg);
    /* Its peer hands it on; as in leg.h. */
    int (*refer)(struct member *member, const struct leg_refer *refer, void *arg);
    /* It waited for its conversation to begin (MEMBER_WAITS), which it does now. */
    void (*begun)(struct member *member, void *arg);
    /* The leg left `from` (which may vanish afterwards) and is `member` now. */
    void (*moved)(struct member *member, struct conversation *from, void *arg);
    /* Somebody with a leg left: who is alone now? Not called for a conversation that
     * vanishes. */
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
/* Reads applications, numbers, users and conversations; members whose legs the last run
 * left joined are out now, those without a leg go on. */
int bridge_restore(struct bridge *bridge);
struct loop *bridge_loop(const struct bridge *bridge);
struct store *bridge_store(const struct bridge *bridge);
const struct conf *bridge_config(const struct bridge *bridge);
struct leg_plane *bridge_plane(struct bridge *bridge);

/* An event just written (id > 0), or one that is told but not stored (id 0). All borrowed. */
struct bridge_event {
    struct application *application;
    struct conversation *conversation; /* NULL: of none (knocking) */
    const char *conversation_id;       /* "" when NULL */
    int64_t id;
    const char *type, *from, *to; /* member ids, "knocker:…" or "" */
    const struct member *member;  /* of from; NULL: none that is alive */
    json_t *body;
    int64_t at; /* wall [ms] */
};
/* Who watches is told in the order of watching, within store_together() with the event's
 * row: what a watcher writes becomes durable with it. */
struct bridge_watch {
    void (*event)(const struct bridge_event *event, void *arg); /* may be NULL */
    /* A conversation, or a member of it, is not what it was, or is gone; may be NULL.
     * Called before the change can be seen by anyone. */
    void (*changed)(const char *conversation_id, void *arg);
    /* An application was made, changed or is gone. May be NULL. */
    void (*application)(const char *application_id, void *arg);
    void *arg;
};
/* ENOSPC: too many watch. */
int bridge_watch(struct bridge *bridge, const struct bridge_watch *watch);
void bridge_unwatch(struct bridge *bridge, const void *arg); /* the one with this arg */

/* Ends every leg. */
void bridge_hangup_all(struct bridge *bridge);
/* Writes every conversation with members, and each member with its leg, to the log. */
void bridge_debug(const struct bridge *bridge, enum log_level level);

struct bridge_counts {
    unsigned conversations, members, legs, users;
    uint64_t legs_total, events_total;
    uint64_t ended[LEG_DISCONNECTED + 1]; /* legs by final status */
};
void bridge_counts(const struct bridge *bridge, struct bridge_counts *counts);
/* Legs of the application that were dialled to numbers, SIP addresses or extensions and have not
 * ended. */
unsigned application_dialled(const struct application *application);

/* Application. Those of the configuration file cannot be changed over the API. */

struct application *application_find(struct bridge *bridge, const char *id);
struct application *application_of_number(struct bridge *bridge, const char *digits);
const char *application_id(const struct application *application);
/* What it is set to, from the file or made of the API's data; NULL: it has gone. Valid until
 * the application changes: do not keep. */
const struct conf_application *application_conf(const struct application *application);
bool application_is_configured(const struct application *application); /* by the file */
/* Is it a number of the application's own (may it call from it)? */
bool application_owns(const struct application *application, const char *digits);
/* A number of its own to call from (not a range); NULL: none. */
const char *application_number(const struct application *application);
/* Any of them, by chance. */
const char *application_any_number(const struct application *application);
/* Makes one (id NULL: a new id) or replaces it; data is copied: {keys:{public_key},
 * capabilities, privacy} as the Application API has it, checked by the caller. EPERM: it is
 * in the file. ENOSPC: the store takes no more, and all is as it was; so of the others here
 * that make something. */
int application_put(struct bridge *bridge, const char *id, const char *name, const json_t *data,
                    struct application **application);
/* Its conversations are deleted (legs hang up), its users, numbers and row go. EPERM. */
int application_drop(struct application *application);
json_t *application_row(const struct application *application);
/* In order of their ids; stops when each returns true. */
void application_each(struct bridge *bridge,
                      bool (*each)(struct application *application, void *arg), void *arg);

/* A number linked over the API: application NULL: known, not linked. data: its other
 * settings (JSON object) or NULL. Digits only. */
int number_put(struct bridge *bridge, const char *msisdn, const char *country,
               struct application *application, const json_t *data);
json_t *number_row(struct bridge *bridge, const char *msisdn); /* NULL: not known */
json_t *number_rows(struct bridge *bridge); /* array, by msisdn; those of the file too */

/* User: who is a member. One made for a call is a system user: never listed. */

struct user_facts { /* each NULL: as it was, or its default; json_null(): none any more */
    json_t *name, *display_name, *image_url, *properties, *channels;
};
/* EEXIST: the name is taken; EADDRINUSE: the username of a sip channel is. The reference belongs
 * to the application. */
int user_make(struct application *application, const struct user_facts *facts, struct user **user);
/* A system user: PREFIX<32 hex>, or named as its own id. It comes with a reference and goes
 * with its last one; each of its members has one. */
int user_make_system(struct application *application, const char *prefix, struct user **user);
int user_update(struct user *user, const struct user_facts *facts); /* as of conversations */
/* Its members leave (their legs hang up); then it is gone. */
void user_delete(struct user *user);
struct user *user_find(struct application *application, const char *id);
struct user *user_named(struct application *application, const char *name);
const char *user_id(const struct user *user);
const char *user_name(const struct user *user);
json_t *user_row(const struct user *user); /* new reference */
/* A phone of a user's speaks for it by a sip channel with username and password whose URI is at
 * sip.domain. Such a username is one user's alone, in all applications: user_make() and
 * user_update() refuse another one (EADDRINUSE). The user of a name, or NULL; its password. */
struct user *user_of_login(struct bridge *bridge, const char *name, const char **password);
/* Whom sip:ADDRESS@sip.domain reaches: a login, the user part of its URI, or the name of a user. */
struct user *user_at(struct application *application, const char *address);
bool user_has_address(const struct user *user, const char *address);
struct application *user_application(const struct user *user); /* NULL: it was deleted */
/* Is the URI at sip.domain? Its user part, then: to be released with mem_unref(). */
bool user_uri_is_ours(const struct bridge *bridge, const char *uri, char **address);
/* {sip: [{uri}], pstn: [{number}] …} as it was given; borrowed, NULL: none. */
const json_t *user_channels(const struct user *user);

/* Conversation. */

/* name NULL: NAM-<uuid>. A named one that exists already is returned as it is. */
int conversation_open(struct bridge *bridge, struct application *application, const char *name,
                      bool transient, struct conversation **conversation);

enum conversation_state { CONVERSATION_ACTIVE, CONVERSATION_INACTIVE };
struct conversation_facts { /* as user_facts */
    json_t *name, *display_name, *image_url, *properties, *numbers, *callback;
    json_t *state; /* "INACTIVE" or "ACTIVE": update only */
};
/* A persistent one, as REST asks for it. EEXIST: the name is taken. Told as
 * conversation:created. */
int conversation_make(struct bridge *bridge, struct application *application,
                      const struct conversation_facts *facts, struct conversation **conversation);
/* EEXIST; EPERM: the name of a call's own. ENOSPC: it is changed, but will be what it was after
 * a restart unless it is written again. */
int conversation_update(struct conversation *conversation, const struct conversation_facts *facts);
/* Everybody leaves (legs hang up), conversation:deleted is told, it is gone. */
void conversation_delete(struct conversation *conversation);
struct conversation *conversation_find(struct bridge *bridge, const struct application *application,
                                       const char *id);
const char *conversation_id(const struct conversation *conversation);
const char *conversation_name(const struct conversation *conversation);
struct application *conversation_application(const struct conversation *conversation);
struct bridge *conversation_bridge(const struct conversation *conversation);
bool conversation_transient(const struct conversation *conversation);
bool conversation_active(const struct conversation *conversation);
int64_t conversation_created(const struct conversation *conversation);    /* wall [ms] */
int64_t conversation_sequence(const struct conversation *conversation);   /* last event id */
json_t *conversation_properties(const struct conversation *conversation); /* borrowed */
json_t *conversation_callback(const struct conversation *conversation);   /* borrowed or NULL */
json_t *conversation_row(const struct conversation *conversation);        /* new reference */
unsigned conversation_members(const struct conversation *conversation);
unsigned conversation_legs(const struct conversation *conversation); /* members with a leg */
/* In order of invitation or joining; stops when each returns true. */
void conversation_each(struct conversation *conversation,
                       bool (*each)(struct member *member, void *arg), void *arg);

/* Appends an event: stored, numbered. body is taken over (NULL: {}). Returns its id; 0: the
 * store takes no more, and the event is lost. */
int64_t conversation_event(struct conversation *conversation, const char *type,
                           const struct member *from, const struct member *to, json_t *body,
                           int64_t at);
/* Tells the watchers of one that is not stored; body is taken over. */
void conversation_tell(struct conversation *conversation, const char *type,
                       const struct member *from, const struct member *to, json_t *body);
/* The same, of no conversation: from is a text ("knocker:…"). */
void application_tell(struct bridge *bridge, struct application *application, const char *type,
                      const char *from, json_t *body);
/* One line for the log and the console. */
void conversation_debug(const struct conversation *conversation, char *out, size_t size);

/* Member. */

enum member_state { MEMBER_INVITED, MEMBER_JOINED, MEMBER_LEFT };
const char *member_state_text(enum member_state state); /* "INVITED" */

/* A member that has joined may be apart: nobody hears it and it hears nobody, but what is played
 * to it alone. */
enum member_apart {
    MEMBER_TOGETHER,
    MEMBER_WAITS, /* for the conversation to begin: until one is in its sound who did not wait */
    MEMBER_ALONE  /* until it is set together */
};

/* Who hears this member and whom it hears: arrays of leg or member ids, or NULL: no rule. */
struct member_rules {
    json_t *can_hear, *can_speak; /* borrowed; copied */
    bool mute;
    enum member_apart apart; /* a conversation that has begun makes nobody wait */
    struct user *user;       /* who the leg is of in another conversation; NULL: who it is of now */
};

/* An inbound caller: joined before there is sound (event member:joined). Takes the leg
 * over with the caller's reference. */
int member_enter(struct conversation *conversation, struct leg *leg, struct member **member);
/* The same of a user's own phone. */
int member_enter_as(struct conversation *conversation, struct leg *leg, struct user *user,
                    struct member **member);
/* A leg dialled for the conversation: invited now, joined when it answers. */
struct member_invitation {
    unsigned ring_timeout; /* [ms], as written in the channel */
    unsigned max_length;   /* [ms] */
};
int member_invite(struct conversation *conversation, struct leg *leg,
                  const struct member_invitation *invitation, struct member **member);

/* Who did it, as `initiator` tells: user NULL: the application itself (isSystem). */
struct initiator {
    const struct user *user;
    const struct member *member;
};
/* A member as the members API asks for it. */
struct member_asked {
    struct user *user;
    bool join;       /* at once; else invited */
    struct leg *leg; /* NULL: text only. Taken over with the caller's reference. */
    json_t *channel; /* as asked, NULL: none; with a leg its own facts are put over it */
    struct member_invitation invitation; /* of an outbound leg */
    json_t *media;                       /* {audio, audio_settings}; NULL: none */
    const struct member *inviting;       /* or NULL */
    const char *knocking_id;             /* or NULL */
    struct initiator initiator;
    bool legs_told; /* leg:status:update is written for its leg */
};
/* EEXIST: the user is a member with that leg already (or a second text member); EUSERS: 100
 * members without a leg; EPERM: the conversation is inactive. The leg stays the caller's
 * then. */
int member_add(struct conversation *conversation, const struct member_asked *asked,
               struct member **member);
/* An invited member joins. EALREADY: it had. */
int member_join(struct member *member, const struct initiator *initiator);
/* It leaves, its leg hangs up; the member is gone. code and text of the reason may be NULL. */
void member_leave(struct member *member, const struct initiator *initiator, const char *code,
                  const char *text);
/* muted, earmuffed, enabled of an audio_settings object, each if it is there. */
void member_set_audio(struct member *member, const json_t *settings);

/* The leg goes to another conversation (or takes new rules in the same one). The old
 * member is gone afterwards unless it is the same. rules may be NULL. An empty transient
 * conversation that nobody could enter, be invited to or move to is gone after the
 * failure. */
int member_move(struct member *member, struct conversation *to, const struct member_rules *rules,
                struct member **moved);

/* Answered or not yet; early media is heard all the same. */
void member_set_apart(struct member *member, enum member_apart apart);
enum member_apart member_apart_of(const struct member *member);
/* Is anybody in its sound? It goes on until the last of them has left, whoever began it. */
bool conversation_has_begun(const struct conversation *conversation);

/* Puts an inbound member into the sound before the answer (early media). */
void member_listen(struct member *member);

struct member *member_of_leg(struct bridge *bridge, const char *leg_id);
struct member *member_find(struct conversation *conversation, const char *id);
/* The joined (else invited) member of a user; NULL: none. */
struct member *member_of_user(struct conversation *conversation, const struct user *user);
/* One act each: one event audio:mute:on …, one member:media, one change of sound. by: who
 * asked, NULL: the member itself. Nothing happens when it is so already, or for a member
 * without a leg. */
void member_mute(struct member *member, bool on, const struct member *by);    /* nobody hears it */
void member_earmuff(struct member *member, bool on, const struct member *by); /* it hears nobody */

const char *member_id(const struct member *member);
struct user *member_user(const struct member *member);
const char *member_user_id(const struct member *member);
const char *member_user_name(const struct member *member);
enum member_state member_state_of(const struct member *member);
struct conversation *member_conversation(const struct member *member);
struct leg *member_leg(const struct member *member); /* NULL: text only */
json_t *member_channel(const struct member *member); /* borrowed; never changed; may be NULL */
bool member_invited_by_us(const struct member *member);
int64_t member_invited(const struct member *member); /* wall [ms]; 0: never */
int64_t member_joined(const struct member *member);
bool member_muted(const struct member *member);
bool member_earmuffed(const struct member *member);
/* As the store's row with user_row: {id, conversation, application, user, state, created,
 * data: {channel?, timestamp: {invited?, joined?, left?} (ISO texts), initiator, media,
 * invited_by?, invited_by_us, knocking_id?}, user_row}. New reference. */
json_t *member_row(const struct member *member);

/* How the sound of a leg was: as sip:hangup tells it; and all that is known. New references. */
json_t *quality_json(const struct stream_stats *stats);
json_t *quality_report(const struct stream_stats *stats);

/* {type, number} or {type, uri}. */
json_t *endpoint_json(const struct endpoint *end);

/* One line for the log and the console. */
void member_debug(const struct member *member, char *out, size_t size);

/* A place for the floor above (the call of this leg); moves with the leg. */
void member_keep(struct member *member, void *call);
void *member_kept(const struct member *member);

#endif
