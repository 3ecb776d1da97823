/* api_rig.h: the REST door before the real rooms on SIP and sound of paper (call_paper.h),
 * and a client that shows all of a reply. */
#ifndef OFFHOOK_TESTS_API_RIG_H
#define OFFHOOK_TESTS_API_RIG_H

#include "api/api.h"
#include "call_paper.h"
#include "http/jwt.h"

#define OTHER "11111111-2222-4333-8444-555555555555"

#define TO "\"to\":[{\"type\":\"phone\",\"number\":\"+15550100003\"}]"
#define FROM "\"from\":{\"type\":\"phone\",\"number\":\"15550100002\"}"
#define NCCO "\"ncco\":[" STREAM "]"
#define CALL "{" TO "," FROM "," NCCO "}"

/* An open request, or its reply. */
struct asking {
    int fd;
    char text[1 << 22]; /* what came: head and body */
    size_t size;
    bool over; /* the peer closed */
    int status;
    const char *body;
    json_t *json; /* of the body; NULL: it is none */
};

extern struct rig {
    struct api *api;
    struct conf conf;
    struct conf_application applications[2]; /* APP, OTHER */
    struct jwt_key *key, *other_key;
    char *pem, *other_pem, *bearer; /* of APP: "Bearer …" */
    struct asking reply;            /* of ask() */
} rig;

/* Keys are made once. */
int rig_keys(void **state);
int rig_no_keys(void **state);
/* set_up() and tear_down() with a door. */
int rig_up(void **state);
int rig_down(void **state);

char *token_of(const struct jwt_key *key, const char *application, const char *more); /* mem */

struct ask {
    const char *method, *path, *body;
    const char *token;   /* the Authorization header; NULL: none */
    const char *type;    /* NULL: application/json when there is a body */
    const char *headers; /* more of them, each ended by \r\n, or NULL */
};
void send_ask(struct asking *asking, const struct ask *ask);
/* Runs control meanwhile. */
void wait_reply(struct asking *asking);
/* As above, with control asleep. */
void wait_reply_alone(struct asking *asking);
/* Until the text is part of what came. */
void wait_text(struct asking *asking, const char *text);
void clear(struct asking *asking);

/* As APP, into rig.reply. Each returns the status. */
int ask(const char *method, const char *path, const char *body);
int ask_with(const char *method, const char *path, const char *body, const char *headers);
int ask_as(const char *token, const char *method, const char *path);
int ask_all(const struct ask *ask);
const char *text_at(const char *name);                   /* of the reply's object, "(none)" */
void assert_fault(const char *name, const char *reason); /* of the Voice API */
bool has_header(const struct asking *asking, const char *line);

#endif
