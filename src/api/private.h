/* private.h: a request on its way through the REST door; for this room's files only.
 *
 *   HTTP thread: route -> token -> body -> shapes -> check ──post──> control: run ──fence──> answer
 *
 * A request has one reference, which api_answer() and the refusals take; it answers
 * once, wherever it is. When the api stops, what is open is answered for it, and what
 * comes back for it later only lets go. */
#ifndef OFFHOOK_API_PRIVATE_H
#define OFFHOOK_API_PRIVATE_H

#include "api/api.h"
#include "api/cache.h"
#include "api/idempotency.h"
#include "api/log.h"
#include "api/shape.h"
#include "base/list.h"
#include "http/jwt_cache.h"
#include "http/rest.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum { API_MAGIC = 0x61706900, API_REQUEST_MAGIC = 0x61707271, API_CLASSES = 6, API_IDS = 3 };

/* Which way of writing things: shapes, status, errors, paging. */
enum api_family {
    API_BETA,        /* /beta, /v0.1: record_index pages, bare arrays, {id, href} */
    API_BETA2,       /* /beta2, /v0.2: cursor lists in _embedded.data; single reads as beta */
    API_V03,         /* /v0.3: as v1 but for the list of events */
    API_V1,          /* /v1 of conversations, users, legs, knocking, events */
    API_VOICE,       /* /v1/calls, /v1/files */
    API_APPLICATION, /* /v2/applications, and the Numbers API beside it */
    API_SERVICE      /* health, metrics, openapi: no API of the vendor's */
};

enum api_auth { AUTH_TOKEN, AUTH_SECRET, AUTH_NONE };

enum api_route_flags {
    API_CREATES = 1, /* takes an Idempotency-Key */
    API_CLOSED = 2,  /* unknown members of the body are refused (Conversation API) */
    API_FORM = 4,    /* the body may be form encoded */
    API_CACHED = 8,  /* GET of a conversation (ids[0]): answered out of the cache if it is there */
    API_BINARY = 16  /* the reply is bytes: application/octet-stream */
};

/* Errors. A row of error.c each: status, titles, type, code, sentence. */
enum api_error {
    API_INVALID,
    API_DUPLICATE_CONVERSATION,
    API_DUPLICATE_USER,
    API_INVALID_ACTION,
    API_INVALID_CHANNEL,
    API_INVALID_EVENT,
    API_INVALID_MEMBER_STATE,
    API_ALREADY_MEMBER,
    API_ALREADY_JOINED,
    API_TOO_MANY_MEMBERS,
    API_LEG_INVALID_ACTION,
    API_LEG_NOT_ANSWERED,
    API_LEG_COMPLETE,
    API_UNKNOWN_EVENT,
    API_EVENT_NOT_JOINED,
    API_NO_AUDIO,
    API_NO_ACT, /* nothing sounds that could be stopped */
    API_UNAUTHORIZED,
    API_EXPIRED,
    API_FORBIDDEN,
    API_EVENT_DENIED,
    API_CONFIGURED, /* 403: the thing is in the configuration file */
    API_NO_ROUTE,
    API_NO_CONVERSATION,
    API_NO_MEMBER,
    API_NO_USER,
    API_NO_EVENT,
    API_NO_LEG,
    API_NO_CALL,
    API_NO_KNOCK,
    API_NO_RECORDING,
    API_NO_FILE,
    API_NO_APPLICATION,
    API_NO_WEBHOOK,
    API_NO_TRUNK,
    API_METHOD,
    API_CONFLICT, /* 409: the same Idempotency-Key is being worked on */
    API_TOO_LARGE,
    API_MEDIA_TYPE,
    API_KEY_REUSED, /* 422: the Idempotency-Key came with another request */
    API_THROTTLED,  /* 429: too many legs are dialled */
    API_INTERNAL,
    API_UNAVAILABLE,
    API_ERRORS
};

struct api_request;

struct api_route {
    const char *method;
    const char *pattern; /* "/beta|v0.1/conversations/{conversation_id}" */
    const char *name;    /* operationId without the version: "listConversations" */
    const char *summary; /* one sentence */
    enum api_family family;
    enum api_auth auth;
    int success;
    unsigned flags;
    const struct shape *query;    /* what of the query is looked at; NULL: nothing */
    const struct shape *body;     /* NULL: none is taken */
    const struct shape *reply;    /* members of the success's object; NULL: no body, or not JSON */
    bool reply_array;             /* an array of such objects */
    const enum api_error *errors; /* beyond those any route has; ended by API_ERRORS */
    /* HTTP thread: what shapes cannot say; notes faults. False: it answered. May be NULL.
     * Called only when the shapes found no fault. */
    bool (*check)(struct api_request *request);
    void (*run)(struct api_request *request); /* control; NULL: check() answers all itself */
};

/* Each resource has its table, ended by a row without a method; tables.c lists the tables. */
extern const struct api_route routes_conversations[], routes_users[], routes_members[],
    routes_events[], routes_log[], routes_legs[], routes_calls[], routes_media[], routes_knocking[],
    routes_dead[], routes_applications[], routes_numbers[], routes_service[], routes_trunks[],
    routes_registrations[];
extern const struct api_route *const api_tables[]; /* ended by NULL */

struct api {
    unsigned magic;
    struct api_conf conf; /* control */
    bool draining;        /* control */
    struct rest *rest;
    struct api_access *access;
    struct jwt_cache *tokens; /* HTTP thread */
    atomic_size_t token_count;
    struct routes *routes;           /* read-only after the start */
    struct api_cache *cache;         /* any thread */
    struct idempotency *idempotency; /* any thread */
    struct api_log *log;             /* control */
    struct jwt_pairs *pairs;         /* control */
    char *openapi;                   /* text, read-only after the start */
    char *recordings;                /* folder; read-only after the start */
    int64_t kept;                    /* [s] a recording is; read-only after the start */
    struct event_seen *seen;         /* control: an event that is looked for, or NULL */
    int64_t deletions;               /* control: events taken back so far */
    pthread_mutex_t lock;
    struct list open;                           /* lock: requests that control has */
    bool stopping;                              /* lock */
    atomic_uint_fast64_t answered[API_CLASSES]; /* by the first digit of the status */
};

struct api_request {
    unsigned magic;
    struct list node; /* api's lock; on no list while the HTTP thread has it */
    struct api *api;
    struct rest_request *rest; /* NULL: answered; api's lock once it was handed over */
    const struct api_route *route;
    enum api_family family;
    char *path, *origin; /* "http://host:port" */
    char *version;       /* first segment: "beta", "v0.1" … */
    char *ids[API_IDS];  /* what the path names, in order, or NULL */
    char *application;   /* of the token; NULL: AUTH_SECRET, AUTH_NONE */
    char *sub;           /* the user the token is for; NULL: none */
    bool is_client;      /* the token has a sub or an acl: no administrator */
    int64_t expires;     /* of the token: wall [s] it is good up to */
    json_t *query;       /* object of texts, the last of a name counts */
    json_t *body;        /* what was sent, or NULL */
    json_t *faults;      /* array of {reason, name}, or NULL */
    void *input;         /* mem: what check() made of the query */
    int status;          /* of the reply that waits for the fence */
    json_t *reply;
    bool together;               /* within store_together(): the fence comes after it */
    bool waits;                  /* an answer was given within it */
    struct idempotency_key *key; /* mem; NULL: no Idempotency-Key was sent */
    struct api_ticket *ticket;   /* mem: the reply may be kept in the cache; or NULL */
};

/* answer.c: answering; all take the request's reference; body's too. Any thread. */

void api_answer(struct api_request *request, int status, json_t *body);
void api_answer_text(struct api_request *request, int status, const char *type, const char *text,
                     const char *const *headers);
/* fd is closed for the caller. */
void api_answer_file(struct api_request *request, int status, const char *type, int fd,
                     size_t offset, size_t size, const char *const *headers);
/* Control: when all that was written so far is durable. What a creating route answers so is
 * kept under its Idempotency-Key in the same transaction as what it wrote. */
void api_answer_committed(struct api_request *request, int status, json_t *body);
/* The same with the route's own status. */
void api_answer_done(struct api_request *request, json_t *body);
/* A refusal with headers of its own: NULL-ended pairs. detail as with api_refuse(). */
void api_refuse_with(struct api_request *request, enum api_error error, const char *detail,
                     const char *const *headers);
/* Takes it off the list of the open ones; NULL: it was answered for us. */
struct rest_request *api_take_rest(struct api_request *request);
void api_send(struct api *api, struct rest_request *rest, int status, const char *type,
              const char *text, const char *const *headers);
/* Control: runs the handler; that of a creating route within store_together(), so that it
 * writes all or nothing, with the reply that is kept for its Idempotency-Key. Such a handler
 * writes and answers before it returns. */
void api_run(struct api_request *request);
/* False: it was answered while it waited (we have stopped), and was let go. */
bool api_still_open(struct api_request *request);

/* rows.c: a page that the store answered is written on the HTTP thread: it takes 10 us an event,
 * which control has calls to see to. Control; `write` is called with the rest, and answers. It
 * touches nothing of control's. */
void api_write_rows(struct api_request *request, int err, json_t *rows, int64_t count,
                    store_answer_h *write);

/* request.c: HTTP thread. */
void api_on_request(struct rest_request *rest, void *arg);
/* Control, before the conversation is read: the reply may be kept for those who ask next. */
void api_cache_reply(struct api_request *request);

/* error.c */

int api_error_status(enum api_error error);
const char *api_error_title(enum api_error error); /* "Bad Request" */
enum api_error api_error_of(int status); /* the nearest for what the HTTP room refuses with */
/* The body of an error; detail NULL: the error's own sentence. */
json_t *api_error_body(enum api_family family, enum api_error error, const char *detail,
                       json_t *faults);
void api_refuse(struct api_request *request, enum api_error error, const char *detail);
/* For errno of a verb: ENOMEM, EIO → internal; EAGAIN, EBUSY, ENOSPC … → unavailable;
 * EDQUOT → throttled; EACCES → forbidden. */
void api_refuse_errno(struct api_request *request, int err, const char *detail);
/* Notes that a parameter is wrong: reason without its name, "must be a number". */
void api_fault(struct api_request *request, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Answers 400 if there are faults. True: it did. */
bool api_refuse_faults(struct api_request *request);

/* route.c: patterns as a tree of segments, made once. A segment that is spelled out goes
 * before one that is a name. */

struct routes;
int routes_alloc(struct routes **routes, const struct api_route *const *tables);
/* NULL: *allow is the text of an Allow header (mem), or NULL for no such path. ids: mem; all
 * NULL though the pattern names some: out of memory. */
const struct api_route *routes_find(const struct routes *routes, const char *method,
                                    const char *path, char *ids[API_IDS], char **allow);
/* tables.c: runs through all tables; stops when each returns true. */
void api_route_each(bool (*each)(const struct api_route *route, void *arg), void *arg);
/* The family a path belongs to, known or not. */
enum api_family api_family_of(const char *path);

/* openapi.c: the document of these tables as JSON text (mem); NULL: out of memory. */
char *openapi_text(const struct api_route *const *tables);

/* access.c: what the HTTP thread needs to know who asks; auth.c: finding it out. */

struct api_access;
int api_access_alloc(struct api_access **access, struct bridge *bridge, const struct conf *conf);
/* Control: secret and origin of another configuration; of its applications the bridge tells. */
int api_access_configure(struct api_access *access, const struct conf *conf);
/* Control: an application was made, changed or is gone. */
int api_access_update(struct api_access *access, struct bridge *bridge, const char *application);
/* Any thread: its key (a reference) and its id as it is written (room for ID_MAX); NULL: no such
 * application, or it has no key. */
struct jwt_key *api_access_key(struct api_access *access, const char *application, char *id);
enum api_secret { SECRET_RIGHT, SECRET_WRONG, SECRET_NOT_SET };
enum api_secret api_access_secret(struct api_access *access, const char *key, const char *secret);
char *api_access_origin(struct api_access *access, const char *host); /* mem */
bool api_authenticate(struct api_request *request);                   /* false: it refused */
char *api_origin(struct api *api, struct rest_request *rest); /* mem: "https://api.example.com" */

/* body.c: reading of the request, after its shapes were checked. */

/* Each false: it refused. */
bool api_read_query(struct api_request *request);
bool api_read_body(struct api_request *request);
bool api_check_shapes(struct api_request *request); /* both against the route's rows */
/* "a=1&b=x%20y" as an object of texts, the last of a name counts; NULL: cannot be decoded. */
json_t *api_texts(const char *text, size_t size);
bool api_is_form(struct rest_request *rest); /* by its Content-Type */
const char *api_query(const struct api_request *request, const char *name); /* or NULL */
/* A text of the body, NULL when absent; an object or array likewise; borrowed. */
const char *api_text(const struct api_request *request, const char *name);
json_t *api_member(const struct api_request *request, const char *name);
/* A whole number of the body (also one that came as a text). */
int64_t api_number(const struct api_request *request, const char *name, int64_t otherwise);
int64_t api_query_number(const struct api_request *request, const char *name, int64_t otherwise);
/* A URL that may come alone or as an array of one. */
const char *api_url(const json_t *object, const char *name);

/* page.c: lists. */

struct api_page {
    struct store_page store; /* for the question; key is ours */
    int64_t index;           /* record_index */
    char *key;               /* mem */
};
/* Members of _links: of one thing, of a page by cursor, of a page by number. */
extern const struct shape shape_href_link[], shape_self_links[], shape_page_links[],
    shape_numbered_links[];
/* Rows of a route's query: by pages with a number, or by a cursor. */
extern const char *const page_orders[];
#define PAGE_ROWS                                                                                \
    {"page_size", SHAPE_INTEGER, .low = 1, .high = 100, .help = "Items of a page; default 10."}, \
    {                                                                                            \
        "order", SHAPE_STRING, SHAPE_ANY_CASE, .words = page_orders,                             \
                                               .help = "By time of creation; default asc."       \
    }
#define PAGE_NUMBERED_ROWS                                                                       \
    PAGE_ROWS,                                                                                   \
    {                                                                                            \
        "record_index", SHAPE_INTEGER, .high = 1000000000, .help = "Number of the page, from 0." \
    }
#define PAGE_CURSOR_ROWS                                                              \
    PAGE_ROWS,                                                                        \
    {                                                                                 \
        "cursor", SHAPE_STRING, SHAPE_EMPTY, .high = 1000,                            \
                                             .help = "Out of a link of another page." \
    }
#define PAGE_DATE_ROWS                                                                  \
    {"date_start", SHAPE_STRING, .format = FORMAT_TIME, .help = "Made then or later."}, \
    {                                                                                   \
        "date_end", SHAPE_STRING, .format = FORMAT_TIME,                                \
                                  .help = "Made then or earlier; a date means its end." \
    }
/* By cursor if the route's query has a row of that name, by number else. Notes faults.
 * HTTP thread. */
void api_page_read(struct api_request *request, struct api_page *page);
void api_page_clear(struct api_page *page);
/* date_start, date_end (checked by their shape): wall [ms], 0: none; a date as end means its last
 * ms. */
int64_t api_query_time(struct api_request *request, const char *name, bool is_end);
/* The reply of a list as the family writes it: beta bare array (users, members, events) or
 * record_index page (conversations, legs, calls), beta2 _embedded.data.NAME, v0.3 and v1
 * _embedded.NAME, v1 events a bare array in _embedded; links absolute, with every query
 * parameter that was sent. items is taken over, in the rows' order; first_id, last_id: of the
 * rows' ids (for cursors), count as the store answered. */
enum api_list_style { LIST_BARE, LIST_NUMBERED, LIST_CURSOR };
json_t *api_page_reply(struct api_request *request, const struct api_page *page,
                       enum api_list_style style, const char *name, json_t *items,
                       const char *first_id, const char *last_id, int64_t count);
/* Answers with it; after an error of the store, and without memory, API_INTERNAL. */
void api_answer_page(struct api_request *request, const struct api_page *page,
                     enum api_list_style style, const char *name, int err, json_t *items,
                     const char *first_id, const char *last_id, int64_t count);

/* Writing: rows (conversation.h) to the family's JSON; new references. json_*.c */

json_t *conversation_json(const struct api_request *request, const json_t *row, json_t *members);
json_t *conversation_item(const struct api_request *request, const json_t *row); /* of a list */
json_t *user_json(const struct api_request *request, const json_t *row);
json_t *user_item(const struct api_request *request, const json_t *row);
json_t *member_json(const struct api_request *request, const json_t *row);
json_t *member_item(const struct api_request *request, const json_t *row);
json_t *event_json(const struct api_request *request, const char *conversation, const json_t *row);
json_t *leg_json(const struct api_request *request, const json_t *row);
/* {origin}/{version}/… ; mem. */
char *api_href(const struct api_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A text of a row; "" when it has none. */
const char *api_row_text(const json_t *row, const char *name);
/* Sets a time [wall ms] as ISO 8601; nothing when 0. */
void json_set_time(json_t *object, const char *name, int64_t at);

/* Of the answer to a question for one row: the row (borrowed), or NULL: it refused, for the
 * store's error or with `missing`. */
const json_t *api_one_row(struct api_request *request, int err, const json_t *rows,
                          enum api_error missing);

/* Finding, on control; each refuses with its own 404 and returns NULL. */

struct application *api_application(const struct api_request *request); /* NULL: gone */
struct conversation *api_conversation(struct api_request *request);     /* ids[0] */
struct member *api_member_of(struct api_request *request, struct conversation *conversation,
                             const char *id);
struct user *api_user(struct api_request *request, const char *id);
/* The user the token is for; NULL: an administrator. False: it names none (it refused, 403). */
bool api_actor(struct api_request *request, struct user **user);
/* May the token act as this member (its own, or any for an administrator)? It refused else. */
bool api_may_act(struct api_request *request, const struct member *member, enum api_error denied);

#endif
