/* client.h: asking a daemon over REST with a token of its application. One thread:
 * whoever asks waits, turning its own loop meanwhile. */
#ifndef OFFHOOK_CLI_CLIENT_H
#define OFFHOOK_CLI_CLIENT_H

#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>

struct client;

struct client_conf {
    const char *url; /* "http://127.0.0.1:8080" */
    const char *app; /* id of the application */
    const char *key; /* PEM file */
    /* instead of app and key: of the applications API */
    const char *api_key, *api_secret;
};

struct client_reply {
    int status;       /* HTTP */
    json_t *json;     /* NULL: no JSON came */
    char reason[256]; /* why it was refused, for people; "" when it was not */
};

/* `turn(arg)` runs the loop once, waiting a little. error tells what is wrong. */
int client_open(struct client **client, const struct client_conf *conf, struct loop *loop,
                void (*turn)(void *arg), void *arg, char error[256]);

/* Asks and waits. body may be NULL and is the caller's. 0 whatever the status;
 * otherwise an errno, and reply->reason says why no reply came. */
int client_ask(struct client *client, const char *method, const char *path, const json_t *body,
               struct client_reply *reply);
/* Asks for a stream of server-sent events and gives each line of it (without its end) to
 * `line` until that returns false, or the stream ends; `headers` as fetch's, or NULL. As
 * client_ask() otherwise. */
int client_follow(struct client *client, const char *path, const char *const *headers,
                  bool (*line)(const char *line, void *arg), void *arg, struct client_reply *reply);
void client_reply_free(struct client_reply *reply);

#endif
