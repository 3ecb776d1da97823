/* private.h: a request on its way through the REST door; for this room's files only.
 *
 *   HTTP thread: route -> auth -> body -> check ──post──> control: run ──fence──> answer
 *
 * A request has one reference, which api_answer() and the refusals take; it answers
 * once, wherever it is. When the api stops, what is open is answered for it, and what
 * comes back for it later only lets go. */
#ifndef OFFHOOK_API_PRIVATE_H
#define OFFHOOK_API_PRIVATE_H

#include "api/api.h"
#include "base/list.h"
#include "http/jwt.h"
#include "http/rest.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum { API_MAGIC = 0x61706900, API_REQUEST_MAGIC = 0x61707271, API_CLASSES = 6 };

/* Which body an error has. */
enum api_family { API_BETA, API_CONVERSATION, API_VOICE };

struct api_request;

struct api_route {
    const char *method;
    const char *pattern; /* segments; "{}" is kept, "a|b" is either */
    enum api_family family;
    bool open; /* without a token */
    bool body; /* takes a JSON object */
    /* HTTP thread: reads query and body. False: it refused. */
    bool (*check)(struct api_request *request);
    void (*run)(struct api_request *request); /* control */
};

/* What the HTTP thread needs of a configuration; never changed, replaced whole. */
struct api_access {
    char *public_url; /* without a slash at its end; "": by the Host header */
    bool tls;
    size_t count;
    struct api_key {
        char *application;
        struct jwt_key *key; /* NULL: its public key is none */
    } keys[];
};

struct api {
    unsigned magic;
    struct api_conf conf; /* control */
    bool draining;        /* control */
    struct rest *rest;
    pthread_mutex_t lock;
    struct api_access *access;                  /* lock */
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
    char *id;            /* what the path names, or NULL */
    char *application;
    json_t *body;   /* what was sent, or NULL */
    json_t *faults; /* array of {reason, name}, or NULL */
    void *input;    /* mem: what check() made of the query */
    int status;     /* of the reply that waits for the fence */
    json_t *reply;
};

/* api.c: answering; all take the request's reference; body's too. */

void api_answer(struct api_request *request, int status, json_t *body);
void api_answer_text(struct api_request *request, int status, const char *type, const char *text,
                     const char *const *headers);
/* Control: when all that was written so far is durable. */
void api_answer_committed(struct api_request *request, int status, json_t *body);

/* error.c */

enum api_error {
    API_INVALID,
    API_UNAUTHORIZED,
    API_EXPIRED,
    API_FORBIDDEN,
    API_NO_ROUTE,
    API_NO_CONVERSATION,
    API_NO_CALL,
    API_METHOD,
    API_TOO_LARGE,
    API_MEDIA_TYPE,
    API_INTERNAL,
    API_UNAVAILABLE
};

/* The family a path belongs to, known or not. */
enum api_family api_family_of(const char *path);
/* The body of an error; detail NULL: the error's own sentence. */
json_t *api_error_body(enum api_family family, enum api_error error, const char *detail,
                       json_t *faults);
int api_error_status(enum api_error error);
/* The nearest error for a status the HTTP room refuses with. */
enum api_error api_error_of(int status);
void api_refuse(struct api_request *request, enum api_error error, const char *detail);

/* Notes that a parameter is wrong. */
void api_fault(struct api_request *request, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Answers 400 if there are faults. True: it did. */
bool api_refuse_faults(struct api_request *request);

/* route.c */

/* NULL: *allow is the text of an Allow header, mem_alloc()ed, or NULL for no such path.
 * *id: what the path names (mem) or NULL. */
const struct api_route *api_route_find(const char *method, const char *path, char **id,
                                       char **allow);

/* auth.c */

int api_access_alloc(struct api_access **access, const struct conf *conf);
/* Finds out who asks; false: it refused. */
bool api_authenticate(struct api_request *request, const struct api_access *access);
/* "https://api.example.com" for hrefs; mem_alloc()ed. */
char *api_origin(struct rest_request *rest, const struct api_access *access);

/* body.c */

/* Content type, syntax, depth. False: it refused. */
bool api_read_body(struct api_request *request);
/* A member that is one URL, or an array of one; NULL: absent. Notes a fault. */
const char *api_body_url(struct api_request *request, const json_t *object, const char *name);
/* One of the words (NULL-ended), in any case; NULL: absent. Notes a fault. */
const char *api_body_word(struct api_request *request, const char *name, const char *const *words);
/* An integer in [low, high]; `otherwise` when absent. Notes a fault. */
unsigned api_body_number(struct api_request *request, const char *name, unsigned low, unsigned high,
                         unsigned otherwise);

/* page.c */

struct api_page {
    unsigned size;
    int64_t index; /* of the page, from 0 */
    bool descending;
};
/* page_size, record_index, order. Notes faults. */
void api_page_read(struct api_request *request, struct api_page *page);
/* _links for a page of `count` rows; filters: "a=b&" or "". */
json_t *api_page_links(const struct api_request *request, const struct api_page *page,
                       int64_t count, const char *filters);
/* A query parameter that is an integer of at least `low`; `otherwise` when absent. */
int64_t api_query_number(struct api_request *request, const char *name, int64_t low, int64_t high,
                         int64_t otherwise);
/* ISO 8601 time or date as wall [ms]; 0 when absent. is_end: a date means its last ms. */
int64_t api_query_time(struct api_request *request, const char *name, bool is_end);

/* The resources. */

void conversation_get(struct api_request *request);
bool events_list_check(struct api_request *request);
void events_list(struct api_request *request);
bool calls_create_check(struct api_request *request);
void calls_create(struct api_request *request);
bool calls_list_check(struct api_request *request);
void calls_list(struct api_request *request);
void calls_get(struct api_request *request);
bool calls_steer_check(struct api_request *request);
void calls_steer(struct api_request *request);
void health_get(struct api_request *request);
void ready_get(struct api_request *request);
void metrics_get(struct api_request *request);

/* The application of the request, or NULL: it has gone. Control. */
struct application *api_application(const struct api_request *request);

#endif
