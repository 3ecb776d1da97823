/* private.h: the nouns of this room; for its own files only. */
#ifndef OFFHOOK_CONVERSATION_PRIVATE_H
#define OFFHOOK_CONVERSATION_PRIVATE_H

#include "conversation/conversation.h"
#include "base/id.h"
#include "base/list.h"

#include "base/mem.h"

#include <assert.h>

/* An entry that found no memory for its place has hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    BRIDGE_MAGIC = 0x62726731,
    APPLICATION_MAGIC = 0x61707031,
    USER_MAGIC = 0x75737231,
    CONVERSATION_MAGIC = 0x636f6e31,
    MEMBER_MAGIC = 0x6d656d31,
    NAME_MAX_BYTES = 401, /* 100 characters of UTF-8 and the NUL */
    TEXT_MEMBERS = 100,   /* of a conversation, without a leg */
    WATCHES = 4
};

/* One of the file or of the API; the bridge holds a reference, and so does each
 * conversation and call. */
struct application {
    unsigned magic; /* control thread */
    char id[ID_UUID];
    struct bridge *bridge;
    const struct conf_application *conf; /* of the file, or `made`; NULL: it has gone */
    struct conf_application made;        /* of the API; its texts are those of data */
    char *name;
    json_t *data; /* as the API has it; NULL: of the file */
    int64_t created, updated;
    struct conversation *by_name; /* hash of the persistent ones */
    struct user *users;           /* hash by id; holds the references of those it made */
    struct user *users_by_name;   /* no system users */
    UT_hash_handle hh;
};

struct number {
    char msisdn[32], country[8];
    struct application *application; /* NULL: not linked */
    json_t *data;
    int64_t created;
    UT_hash_handle hh;
};

/* The name and password by which a phone of a user's speaks for it. */
struct login {
    char *name, *password;
    char *address; /* user of its SIP URI at our domain; "": the name itself */
    struct user *user;
    struct list node; /* in the user */
    UT_hash_handle hh;
};

struct bridge {
    unsigned magic; /* control thread */
    struct loop *loop;
    struct store *store;
    const struct conf *conf;
    struct leg_plane plane;
    struct bridge_hooks hooks;
    struct bridge_watch watches[WATCHES];
    unsigned watch_count;
    struct application *applications;   /* hash by id */
    struct number *numbers;             /* hash by msisdn */
    struct conversation *conversations; /* hash by id */
    struct member *by_leg;              /* hash by leg id */
    struct member *by_id;               /* hash of members by id */
    struct login *logins;               /* hash by name, of all applications */
    struct audio *audio;                /* acts on sound; NULL: none are done */
    struct bridge_counts counts;
};

/* Members hold a reference each; the application one of those made by REST. */
struct user {
    unsigned magic; /* control thread */
    char id[ID_PREFIXED];
    char *name, *display_name;       /* the second may be NULL */
    json_t *data;                    /* {image_url, properties, channels}, each if set */
    bool system;                     /* made for a call */
    int64_t created;                 /* wall [ms] */
    struct application *application; /* NULL: deleted */
    struct list members;             /* of struct member */
    struct list logins;              /* of struct login, which are its own */
    UT_hash_handle hh;               /* by id */
    UT_hash_handle hh_name;
};

struct conversation {
    unsigned magic; /* control thread */
    char id[ID_PREFIXED];
    char name[NAME_MAX_BYTES];
    struct bridge *bridge;
    struct application *application; /* our reference */
    bool transient, listed;          /* in the registry, which holds a reference then */
    bool inactive;
    bool beginning; /* conversation_begin() runs */
    int64_t created, updated, sequence;
    char *display_name, *image_url; /* or NULL */
    json_t *properties;
    json_t *numbers, *callback; /* or NULL */
    struct media_room *room;    /* made when the first member joins with a leg */
    struct list members;        /* of struct member; each holds a reference to us */
    unsigned count, legs;       /* members, and those of them with a leg */
    struct timer ttl;           /* runs while it is empty */
    struct timer active;        /* until it becomes inactive */
    UT_hash_handle hh;          /* by id */
    UT_hash_handle hh_name;     /* by name, in its application */
};

struct member {
    unsigned magic; /* control thread */
    char id[ID_PREFIXED];
    char leg_id[ID_MAX];               /* "": none */
    struct user *user;                 /* our reference */
    struct conversation *conversation; /* our reference */
    struct leg *leg;                   /* our reference; NULL: text only */
    enum member_state state;           /* LEFT while the leg that hangs up is not over */
    int64_t invited, joined, left;
    bool by_us; /* invited by NCCO or API with a leg of its own */
    bool audio; /* its leg is to be heard and to hear */
    enum member_apart apart;
    bool legs_told; /* leg:status:update and sip:status are written */
    bool muted, earmuffed;
    bool lifted;                     /* it had a pair rule that the mixer still knows */
    json_t *channel;                 /* NULL: none */
    json_t *initiator;               /* {invited?, joined?, left?} */
    json_t *history;                 /* of leg:status:update; NULL: none is told */
    char *invited_by, *knocking_id;  /* or NULL */
    char *reason_code, *reason_text; /* why it was made to leave */
    json_t *can_hear, *can_speak;    /* NULL: no rule */
    unsigned digits;                 /* heard so far */
    void *call;
    struct list node;      /* in the conversation */
    struct list user_node; /* in the user */
    UT_hash_handle hh;     /* by leg id */
    UT_hash_handle hh_id;
};

/* login.c */
/* Those of its channels take the place of those it had. EEXIST, and nothing is changed: another
 * user has one of that name; ENOMEM: it has none. */
int logins_take(struct user *user, const json_t *channels);
/* Would they be taken? user NULL: of a new one. */
int logins_check(struct bridge *bridge, const struct user *user, const json_t *channels);
void logins_forget(struct user *user);

/* application.c */
int application_make(struct bridge *bridge, const char *id, struct application **application);
int application_revive(struct bridge *bridge, const struct store_application *row);
void applications_free(struct bridge *bridge);

/* number.c */
struct application *number_owner(const struct bridge *bridge, const char *digits);
int number_revive(struct bridge *bridge, const struct store_number *row);
void numbers_unlink(struct bridge *bridge, const struct application *application);
void numbers_free(struct bridge *bridge);

/* user.c */
/* The application holds it; the caller has the reference of a system user. */
int user_revive(struct application *application, const struct store_user *row);
int user_save(const struct user *user); /* what fails is logged */
void users_free(struct application *application);

/* conversation.c */
void conversation_check(struct conversation *conversation); /* empty? vanish or start the ttl */
/* With an id of its own; name NULL: and such a name. EINVAL: it is empty or too long. */
int conversation_alloc(struct bridge *bridge, struct application *application, const char *name,
                       bool transient, struct conversation **conversation);
/* The registry takes the caller's reference, also when it fails. */
int conversation_enlist(struct conversation *conversation);
void conversation_vanish(struct conversation *conversation, const char *reason);
/* Off the registry, whose reference goes; nobody finds it any more. */
void conversation_delist(struct conversation *conversation);
int conversation_room(struct conversation *conversation);
int conversation_save(struct conversation *conversation); /* what fails is logged */
/* Starts the times to live; since: wall [ms] of its becoming empty. */
void conversation_start_ttl(struct conversation *conversation, int64_t since);
void conversation_start_active(struct conversation *conversation);

/* facts.c: what REST says of one */
/* Takes up a row of the last run; writes nothing. */
int conversation_revive(struct bridge *bridge, struct application *application,
                        const struct store_conversation *row);
json_t *conversation_told(const struct conversation *conversation, const char *time_name,
                          int64_t at); /* body of conversation:created … */
/* A text of facts: NULL: as it was, null: none. */
int fact_text(char **place, const json_t *fact);
int fact_json(json_t **place, json_t *fact);

/* event.c */
void conversation_touch(const struct conversation *conversation);
void application_touch(const struct application *application);

/* member.c */
int member_alloc(struct conversation *conversation, struct user *user, struct leg *leg,
                 struct member **member);
void member_attach(struct member *member);
void member_detach(struct member *member);
void member_unlist(struct member *member);     /* off the conversation and the user */
void member_forget_leg(struct member *member); /* not found by its leg any more */
void member_save(const struct member *member);

/* join.c */
void member_join_room(struct member *member);

/* begin.c: somebody is in the sound who does not wait: nobody does any more. */
void conversation_begin(struct conversation *conversation);

/* member_events.c */
json_t *member_data(const struct member *member); /* of its row */
json_t *initiator_json(const struct initiator *initiator);
void member_invited_event(struct member *member, const struct member *inviting, int64_t at);
void member_media_event(struct member *member, int64_t at);
void member_joined_event(struct member *member, int64_t at);
void member_left_event(struct member *member, int64_t at, const char *code, const char *text);

/* channel.c */
json_t *channel_inbound(const struct leg *leg);
json_t *channel_outbound(const struct leg *leg, const struct member_invitation *invitation);
/* As asked, with the leg's own facts over it. */
json_t *channel_asked(const json_t *asked, const struct leg *leg,
                      const struct member_invitation *invitation);

/* audibility.c */
int audibility_set(struct member *member, const struct member_rules *rules);
/* Tells the mixer who may hear the member and whom it may hear. */
void audibility_apply(struct member *member);

/* quality.c: body of media:problem, without whose it is */
json_t *trouble_json(const struct leg_trouble *trouble);

/* leg_events.c */
void member_own_leg(struct member *member);
/* A key of the member's, pressed or taken so; its event. */
int64_t member_digit(struct member *member, char digit, unsigned duration_ms);
/* audio.c: it leaves, or its leg does: what was for it ends. Did an act end its playing? */
void audio_left(const struct member *member);
bool audio_played(const struct member *member, uint32_t play);
/* leg_history.c: leg:status:update and sip:status of members whose legs are told */
void history_note(struct member *member, enum leg_status status, int64_t at);
void history_event(struct member *member, const struct leg_news *news);
void history_charge(struct member *member, const struct leg_news *news);

/* json_t builders never fail short of memory; then an event has a smaller body */
json_t *iso_time(int64_t wall_ms);

#endif
