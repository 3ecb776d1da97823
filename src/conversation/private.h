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
    CONVERSATION_MAGIC = 0x636f6e31,
    MEMBER_MAGIC = 0x6d656d31,
    NAME_MAX_BYTES = 401 /* 100 characters of UTF-8 and the NUL */
};

struct application {
    char id[ID_UUID];
    const struct conf_application *conf; /* of the newest configuration that has it */
    struct conversation *by_name;        /* hash of the named ones */
    UT_hash_handle hh;
};

struct bridge {
    unsigned magic; /* control thread */
    struct loop *loop;
    struct store *store;
    const struct conf *conf;
    struct leg_plane plane;
    struct bridge_hooks hooks;
    struct application *applications;   /* hash by id */
    struct conversation *conversations; /* hash by id */
    struct member *by_leg;              /* hash by leg id */
    struct bridge_counts counts;
};

struct conversation {
    unsigned magic; /* control thread */
    char id[ID_PREFIXED];
    char name[NAME_MAX_BYTES];
    struct bridge *bridge;
    struct application *application;
    bool transient, listed; /* in the registry, which holds a reference then */
    int64_t created, sequence;
    json_t *properties;
    struct media_room *room; /* made when the first member joins */
    struct list members;     /* of struct member; each holds a reference to us */
    unsigned count;          /* members */
    struct timer ttl;        /* runs while it is empty */
    UT_hash_handle hh;       /* by id */
    UT_hash_handle hh_name;  /* by name, in its application */
};

struct member {
    unsigned magic; /* control thread */
    char id[ID_PREFIXED];
    char user_id[ID_PREFIXED], user_name[64];
    char leg_id[ID_MAX];
    struct conversation *conversation; /* our reference */
    struct leg *leg;                   /* our reference */
    enum member_state state;
    int64_t invited, joined;
    bool by_us; /* invited by NCCO or API */
    bool muted, earmuffed;
    bool lifted; /* it had a pair rule that the mixer still knows */
    json_t *channel;
    json_t *can_hear, *can_speak; /* NULL: no rule */
    unsigned digits;              /* heard so far */
    void *call;
    struct list node;  /* in the conversation */
    UT_hash_handle hh; /* by leg id */
};

/* bridge.c */
int application_make(struct bridge *bridge, const char *id, struct application **application);

/* conversation.c */
void conversation_check(struct conversation *conversation); /* empty? vanish or start the ttl */
/* Takes up a row of the last run; writes nothing. */
int conversation_revive(struct bridge *bridge, struct application *application,
                        const struct store_conversation *row);
int conversation_room(struct conversation *conversation);
void conversation_save(const struct conversation *conversation);

/* member.c */
void member_attach(struct member *member);
void member_join_room(struct member *member);
void member_detach(struct member *member);
void member_save(const struct member *member);
void member_media_event(struct member *member, int64_t at);
void member_joined_event(struct member *member, int64_t at);
void member_left_event(struct member *member, int64_t at, const char *code, const char *text);

/* channel.c */
json_t *channel_inbound(const struct leg *leg);
json_t *channel_outbound(const struct leg *leg, const struct member_invitation *invitation);

/* audibility.c */
int audibility_set(struct member *member, const struct member_rules *rules);
/* Tells the mixer who may hear the member and whom it may hear. */
void audibility_apply(struct member *member);

/* leg_events.c */
void member_own_leg(struct member *member);

/* json_t builders never fail short of memory; then an event has a smaller body */
json_t *iso_time(int64_t wall_ms);

#endif
