/* remote.h: what the commands that speak to a daemon share: its options, one
 * request at a time, and printing. */
#ifndef OFFHOOK_CLI_REMOTE_H
#define OFFHOOK_CLI_REMOTE_H

#include "cli/client.h"

#include <stdbool.h>

struct remote {
    struct loop *loop;
    struct client *client;
    bool json; /* print replies as they came */
};

/* Takes --url, --app, --key and --json out of the arguments. 0 or an exit status. */
int remote_open(struct remote *remote, int *argc, char **argv);
/* The same for the applications API: --url, --api-key, --api-secret and --json. */
int remote_open_basic(struct remote *remote, int *argc, char **argv);
void remote_close(struct remote *remote);

/* Asks; with --json the reply is printed. 0, and *reply (json_decref(), may be NULL);
 * or an exit status once the refusal was told. */
int remote_ask(struct remote *remote, const char *method, const char *path, const json_t *body,
               json_t **reply);

/* The text under keys a, b (b may be NULL) of an object, or "". */
const char *remote_text(const json_t *json, const char *a, const char *b);
/* number, uri, user or extension of an endpoint, or "". */
const char *remote_endpoint(const json_t *json);

/* An identifier fit to stand in a path: letters, digits and -_:@ only. */
bool remote_is_id(const char *text);

#endif
