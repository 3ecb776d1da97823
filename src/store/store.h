/* store.h: what must survive. One thread owns the database; control posts writes,
 * which are grouped into transactions (after 64 rows or 5 ms), and asks, in the
 * same order, so that an answer always contains what was written before it.
 *
 * Every write copies what it is given. `synchronous=FULL`: what was committed is
 * kept through a power loss. Callbacks come on the control loop.
 *
 * The tables hide behind this header: SQLite today, another engine beside it later. */
#ifndef OFFHOOK_STORE_STORE_H
#define OFFHOOK_STORE_STORE_H

#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* url: "sqlite:/path/file.db" or "sqlite::memory:". Makes or migrates the tables. Errors
 * with a sentence in *reason (static or mem-owned by the store room until the next call). */
int store_open(struct store **store, const char *url, struct loop *control, const char **reason);
/* Commits what is queued, closes. */
void store_close(struct store *store);
/* False after a write that failed (disk full …) until one works again: /readyz. */
bool store_healthy(const struct store *store);

/* Calls done once everything written before is durable. Cheap: one per group. */
int store_fence(struct store *store, loop_h *done, void *arg);

/* What is put and dropped between the two becomes durable together, or not at all: the
 * end of a leg and the news of it. A fence within waits for all of it. May be nested.
 * Control thread. */
void store_together(struct store *store);
void store_together_end(struct store *store);

/* Writes wait in memory while the disk refuses them (the store is not healthy then and
 * tries again); beyond STORE_QUEUE bytes each further put is refused with ENOSPC. */
enum { STORE_QUEUE = 64 << 20 };

/* Rows: NULL text is SQL NULL; times are wall [ms], 0: none. */

struct store_application {
    const char *id, *name;
    const char *data; /* JSON object: keys, capabilities, privacy */
    int64_t created, updated;
};
/* A telephone number that is linked to an application over the API. */
struct store_number {
    const char *msisdn, *country;
    const char *application; /* NULL: not linked */
    const char *data;        /* JSON object: voiceCallbackType … */
    int64_t created;
};
struct store_conversation {
    const char *id, *application, *name, *display_name, *image_url;
    const char *state;      /* ACTIVE, INACTIVE, DELETED */
    const char *properties; /* JSON object */
    const char *data;       /* JSON object: numbers, callback; NULL: nothing */
    bool transient;
    int64_t created, updated, sequence;
};
struct store_user {
    const char *id, *application, *name, *display_name;
    const char *data; /* JSON object: image_url, properties, channels */
    bool system;      /* made for a call: never listed, goes after its last member row */
    int64_t created;
};
struct store_member {
    const char *id, *conversation, *application, *user, *state; /* INVITED, JOINED, LEFT */
    const char *data; /* JSON object: channel, timestamp, initiator, media … */
    int64_t created;
};
struct store_event {
    const char *application, *conversation;
    int64_t id; /* in its conversation, from 1 */
    const char *type, *from, *to;
    const char *body; /* JSON object */
    bool deleted;
    int64_t timestamp;
};
struct store_leg {
    const char *id, *application, *conversation, *type, *direction, *status;
    const char *from, *to; /* endpoint objects as JSON */
    const char *detail;    /* JSON object: whatever else replies and recovery need */
    const char *rate, *price, *network;
    int64_t created, start, end, duration; /* duration [s]; -1: not known */
    bool live;                             /* not ended: what recovery looks for */
};
/* What was answered to a request with an Idempotency-Key. */
struct store_reply {
    const char *application, *key;
    const char *fingerprint; /* of the method, path and body */
    int64_t status;          /* HTTP */
    const char *body;        /* JSON text or NULL */
    int64_t created;
};

/* A recording whose file is not finished, or not told of. */
struct store_recording {
    const char *id, *application, *conversation;
    const char *data; /* JSON object: its file, and who is told */
    int64_t created;
};

/* A contact at which a user's phone said it can be reached. */
struct store_registration {
    const char *id, *application, *user;
    const char *data; /* JSON object: what the phone said, and where from */
    int64_t created, expires;
};

/* Insert or replace by id. `created` of an application, conversation, user or leg stays as it
 * was put first, and so does whose a conversation, user, member or leg is. 0, ENOMEM or ENOSPC.
 * Drops are taken however much waits. */
int store_application_put(struct store *store, const struct store_application *row);
/* With its numbers' links, users, conversations and members; events, legs and replies stay
 * until they are pruned. */
int store_application_drop(struct store *store, const char *id);
int store_number_put(struct store *store, const struct store_number *row);
int store_number_drop(struct store *store, const char *msisdn);
int store_conversation_put(struct store *store, const struct store_conversation *row);
int store_conversation_drop(struct store *store, const char *id); /* with members; events stay */
int store_user_put(struct store *store, const struct store_user *row);
int store_user_drop(struct store *store, const char *id); /* its members stay */
int store_member_put(struct store *store, const struct store_member *row);
int store_event_put(struct store *store, const struct store_event *row);
/* The event keeps its place (also in the log), id, type, from and time; its body becomes
 * `body`. */
int store_event_delete(struct store *store, const char *conversation, int64_t id, const char *body);
int store_leg_put(struct store *store, const struct store_leg *row);
/* Recovery has nothing to do with it any more: its row is live no longer. */
int store_leg_settle(struct store *store, const char *id);
int store_reply_put(struct store *store, const struct store_reply *row);
int store_recording_put(struct store *store, const struct store_recording *row);
int store_recording_drop(struct store *store, const char *id);
int store_registration_put(struct store *store, const struct store_registration *row);
int store_registration_drop(struct store *store, const char *id);

/* The outbox: webhooks that must arrive. */

struct store_outbox {
    int64_t seq;      /* order of commit; given by store_outbox_put() */
    const char *lane; /* deliveries of one lane keep their order: a leg or conversation id */
    const char *application, *url, *method, *body; /* body: JSON object */
    bool trusted, is_signed;
    int64_t created; /* wall [ms] */
    unsigned attempts;
    unsigned connect_timeout, timeout; /* [ms]; 0: as the daemon has it */
};
/* Any store write may come from the control thread only; put returns the seq at once. */
int store_outbox_put(struct store *store, struct store_outbox *row);
/* Any thread: delivered. Not waited for. */
int store_outbox_done(struct store *store, int64_t seq);
/* Any thread: given up. The row becomes one of the dead, with the time and the reason, in one
 * transaction. Not waited for. */
int store_outbox_bury(struct store *store, int64_t seq, unsigned attempts, const char *reason);
/* A row of the dead: as it was in the outbox, under the seq it had there. */
struct store_dead {
    int64_t seq;
    const char *lane, *application, *url, *method, *body;
    bool trusted, is_signed;
    int64_t created;
    unsigned attempts, connect_timeout, timeout;
    int64_t died; /* wall [ms] */
    const char *reason;
};
/* Dead no more: thrown away, or put into the outbox again. */
int store_dead_drop(struct store *store, const char *application, int64_t seq);
/* Called on the store thread after each commit with the rows it made durable, in order.
 * NULL: nobody is told any more, from the return of store_outbox_watch() on. */
typedef void store_outbox_h(const struct store_outbox *row, void *arg);
void store_outbox_watch(struct store *store, store_outbox_h *committed, void *arg);

/* Reading, at start only: synchronous, with what was written before; `each` runs
 * while the caller sleeps, maybe on the store thread.
 * A conversation's sequence is at least the id of its last event. */

typedef void store_application_h(const struct store_application *row, void *arg);
typedef void store_number_h(const struct store_number *row, void *arg);
typedef void store_conversation_h(const struct store_conversation *row, void *arg);
typedef void store_user_h(const struct store_user *row, void *arg);
typedef void store_member_h(const struct store_member *row, void *arg);
typedef void store_leg_h(const struct store_leg *row, void *arg);
typedef void store_recording_h(const struct store_recording *row, void *arg);
typedef void store_registration_h(const struct store_registration *row, void *arg);
int store_each_application(struct store *store, store_application_h *each, void *arg);
int store_each_number(struct store *store, store_number_h *each, void *arg);
int store_each_conversation(struct store *store, store_conversation_h *each, void *arg);
int store_each_user(struct store *store, store_user_h *each, void *arg); /* system ones too */
int store_each_member(struct store *store, store_member_h *each, void *arg);
int store_each_live_leg(struct store *store, store_leg_h *each, void *arg);
int store_each_recording(struct store *store, store_recording_h *each, void *arg);
int store_each_registration(struct store *store, store_registration_h *each, void *arg);
int store_each_outbox(struct store *store, store_outbox_h *each, void *arg); /* in seq order */

/* Asking: the answer comes on the control loop, after the writes before it. */

/* rows: JSON array (owned by the callee after the call: json_decref), NULL when err is
 * not 0 (EIO: the database does not answer; ENOMEM). count: see struct store_page; of a
 * question without a page nothing, unless it says so. */
typedef void store_answer_h(int err, json_t *rows, int64_t count, void *arg);

/* Which rows of those that match. Rows come in the order of their creation, which is the
 * order of their ids; events in that of their ids (numbers). */
struct store_page {
    bool descending;
    int64_t limit; /* 0: all */
    /* by number (record_index): `count` is the number of all that match */
    int64_t offset;
    /* by cursor: `count` is a sum of enum store_more */
    bool cursor;
    const char *key; /* the page begins behind the row of this id (which may be gone) in the
                        given order; NULL: at the beginning */
    bool back;       /* it ends before that row instead (NULL: at the end); the order of rows
                        is the same */
};
/* There are rows that match behind the page, before it (the key's own is one of them). */
enum store_more { STORE_NEXT = 1, STORE_PREV = 2 };

/* Each text NULL: any; each time 0: open, both inclusive. Rows are objects with the fields
 * of the table's struct by their names, JSON columns as values, absent when NULL. */

struct store_legs_query {
    const char *application;
    const char *id, *conversation, *status;
    int64_t created_from, created_to;
    struct store_page page;
};
int store_ask_legs(struct store *store, const struct store_legs_query *query,
                   store_answer_h *answer, void *arg);

struct store_conversations_query {
    const char *application;
    const char *id, *name, *state;
    int64_t created_from, created_to;
    struct store_page page;
};
int store_ask_conversations(struct store *store, const struct store_conversations_query *query,
                            store_answer_h *answer, void *arg);

struct store_users_query {
    const char *application;
    const char *id, *name; /* without an id system users are left out */
    int64_t created_from, created_to;
    struct store_page page;
};
int store_ask_users(struct store *store, const struct store_users_query *query,
                    store_answer_h *answer, void *arg);

/* One of conversation, id and user is to be given: there is no index for less.
 * Rows of members, each with `user_row` (object as of a user; absent: it has gone) and, when
 * with_conversation, `conversation_row`. */
struct store_members_query {
    const char *application;
    const char *conversation, *id, *user, *state;
    int64_t created_from, created_to;
    bool with_conversation;
    struct store_page page;
};
int store_ask_members(struct store *store, const struct store_members_query *query,
                      store_answer_h *answer, void *arg);

/* Rows: seq, conversation, id, type, from, to, body (object), deleted, timestamp (ms), and
 * `from_user` (object as of a user row) when the sender is a stored member. */
struct store_events_query {
    const char *application, *conversation; /* the conversation is to be given */
    int64_t start_id, end_id;               /* inclusive; 0: open */
    const char *type;
    bool exclude_deleted;
    struct store_page page; /* key: the decimal event id */
};
int store_ask_events(struct store *store, const struct store_events_query *query,
                     store_answer_h *answer, void *arg);

/* The log of all events of an application in order of commit: rows as of events, those with
 * seq > after, at most `limit`. count: the greatest seq of all (also of other applications,
 * and of what was pruned) when the question was answered. Whoever got fewer rows than `limit`
 * has seen all up to count and may go on from there, otherwise from the last row: whatever is
 * put later gets a greater seq. limit 0: count only. */
struct store_log_query {
    const char *application;
    int64_t after;
    int64_t limit;
};
int store_ask_log(struct store *store, const struct store_log_query *query, store_answer_h *answer,
                  void *arg);

/* The reply kept for a key: one row or none. */
struct store_reply_query {
    const char *application, *key;
};
int store_ask_reply(struct store *store, const struct store_reply_query *query,
                    store_answer_h *answer, void *arg);

/* The row of the outbox with this seq, or an empty array: fields of struct store_outbox
 * by their names, body as the text that was put. */
int store_ask_outbox(struct store *store, int64_t seq, store_answer_h *answer, void *arg);

/* The dead of an application, in the order of their seq: fields of struct store_dead by their
 * names, body as the text that was put. */
struct store_dead_query {
    const char *application;
    int64_t seq;            /* 0: any */
    const char *lane, *url; /* url: what it begins with */
    int64_t died_from;
    struct store_page page; /* key: the decimal seq */
};
int store_ask_dead(struct store *store, const struct store_dead_query *query,
                   store_answer_h *answer, void *arg);

/* Drops what has outlived its use, a bounded slice a call; the answer's count tells how many
 * went, 0: nothing is left to drop. answer NULL: all of it, slice by slice, letting other writes
 * and questions through between. */
struct store_prune_query {
    const char *application; /* NULL: all */
    int64_t before;          /* wall [ms]: legs that ended, and events in conversations without
                                a row any more, earlier than this */
};
int store_prune(struct store *store, const struct store_prune_query *query, store_answer_h *answer,
                void *arg);
/* Kept replies, and system users whom no member row names (any more), older than `before`. */
int store_prune_rest(struct store *store, int64_t before, store_answer_h *answer, void *arg);
/* The dead of an application (NULL: of all, and of none) that were given up before `before`, and
 * of one application the oldest beyond `most`. The answer's count is that of a slice, as with
 * store_prune(). */
int store_prune_dead(struct store *store, const char *application, int64_t before, int64_t most,
                     store_answer_h *answer, void *arg);

#endif
