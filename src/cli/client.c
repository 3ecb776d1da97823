/* client.c: a request with a fresh token, and the wait for its reply. */
#include "cli/client.h"
#include "cli/file.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "http/fetch.h"
#include "http/jwt.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT = 3000, TIMEOUT = 15000, REPLY_LIMIT = 16 << 20, TOKEN_LIFE = 900 };

struct client {
    char *url, *app;
    struct jwt_key *key; /* NULL: basic */
    char *basic;         /* the Authorization header of the applications API */
    struct fetch *fetch;
    struct loop *loop;
    void (*turn)(void *arg);
    void *arg;
};

/* A request under way. */
struct asking {
    bool done, replied; /* enough; the fetch is over */
    int err;
    struct client_reply *reply;
    /* of a stream: the line that is not whole yet, and who gets the lines */
    bool (*line)(const char *line, void *arg);
    void *line_arg;
    char *rest;
    size_t size, room;
};

static void destroy(void *obj)
{
    struct client *client = obj;

    if (client->fetch)
        fetch_stop(client->fetch); /* and frees it */
    mem_unref(client->key);
    mem_unref(client->url);
    mem_unref(client->app);
    mem_unref(client->basic);
    mem_unref(client->loop);
}

static int read_key(struct client *client, const char *path, char error[256])
{
    char *pem;
    int err = file_read(&pem, path);

    if (err) {
        snprintf(error, 256, "%s: %s", path, strerror(err));
        return err;
    }
    err = jwt_key_private(&client->key, pem);
    mem_unref(pem);
    if (err)
        snprintf(error, 256, "%s: not an RSA private key of 2048 bits or more", path);
    return err;
}

/* "Basic …" of a key and a secret. */
static char *basic_of(const char *key, const char *secret)
{
    char *pair = mem_printf("%s:%s", key, secret), *text, *header = NULL;
    size_t size = pair ? strlen(pair) : 0;

    text = pair ? mem_alloc((size + 2) / 3 * 4 + 1, NULL) : NULL;
    if (text) {
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)pair, (int)size);
        header = mem_printf("Basic %s", text);
    }
    mem_unref(pair);
    mem_unref(text);
    return header;
}

static bool anywhere(const struct sockaddr_storage *address, void *arg)
{
    (void)address;
    (void)arg;
    return true;
}

int client_open(struct client **clientp, const struct client_conf *conf, struct loop *loop,
                void (*turn)(void *arg), void *arg, char error[256])
{
    const struct fetch_conf fetch = {.allowed = anywhere, .user_agent = "offhook"};
    struct client *client;
    int err;

    if (!fetch_is_url(conf->url)) {
        snprintf(error, 256, "%s: not an http or https URL", conf->url);
        return EINVAL;
    }
    client = mem_alloc(sizeof *client, destroy);
    if (!client)
        return ENOMEM;
    client->url = mem_strdup(conf->url);
    client->app = mem_strdup(conf->app ? conf->app : "");
    client->loop = mem_ref(loop);
    client->turn = turn;
    client->arg = arg;
    for (size_t end = strlen(client->url); end && client->url[end - 1] == '/'; end--)
        client->url[end - 1] = '\0';
    if (conf->api_key)
        err = (client->basic = basic_of(conf->api_key, conf->api_secret)) ? 0 : ENOMEM;
    else
        err = read_key(client, conf->key, error);
    if (!err && (err = fetch_start(&client->fetch, &fetch)))
        snprintf(error, 256, "%s", strerror(err));
    if (err)
        mem_unref(client);
    else
        *clientp = client;
    return err;
}

static char *token(struct client *client)
{
    int64_t now = clock_wall_ms() / 1000;
    char jti[ID_UUID], *bearer, *text;
    json_t *claims;

    if (client->basic)
        return mem_ref(client->basic);
    id_uuid(jti);
    claims = json_pack("{ss sI sI ss}", "application_id", client->app, "iat", (json_int_t)now,
                       "exp", (json_int_t)now + TOKEN_LIFE, "jti", jti);
    text = claims ? jwt_sign(client->key, claims) : NULL;
    bearer = text ? mem_printf("Bearer %s", text) : NULL;
    json_decref(claims);
    mem_unref(text);
    return bearer;
}

static const char *word(const json_t *json, const char *const *keys)
{
    for (; *keys; keys++) {
        const char *value = json_string_value(json_object_get(json, *keys));

        if (value && *value)
            return value;
    }
    return "";
}

/* One sentence out of any of the families of error bodies. */
static void explain(struct client_reply *reply)
{
    static const char *const titles[] = {"title", "error_title", "code", NULL};
    static const char *const details[] = {"detail", "description", "reason", NULL};
    const char *title = word(reply->json, titles), *detail = word(reply->json, details);
    const json_t *parameter = json_array_get(json_object_get(reply->json, "invalid_parameters"), 0);

    if (reply->status < 400)
        return;
    if (parameter)
        snprintf(reply->reason, sizeof reply->reason, "%d %s: %s: %s", reply->status, title,
                 json_string_value(json_object_get(parameter, "name")),
                 json_string_value(json_object_get(parameter, "reason")));
    else
        snprintf(reply->reason, sizeof reply->reason, "%d %s%s%s", reply->status, title,
                 *title && *detail ? ": " : "", detail);
}

static void on_reply(const struct fetch_reply *got, void *arg)
{
    struct asking *asking = arg;
    struct client_reply *reply = asking->reply;

    asking->done = asking->replied = true;
    if (!asking->err)
        asking->err = got->err;
    if (got->err) {
        snprintf(reply->reason, sizeof reply->reason, "%s",
                 *got->error ? got->error : strerror(got->err));
        return;
    }
    reply->status = got->status;
    reply->json = json_loadb(got->body, got->size, JSON_DECODE_ANY, NULL);
    explain(reply);
}

int client_ask(struct client *client, const char *method, const char *path, const json_t *body,
               struct client_reply *reply)
{
    char *url = mem_printf("%s%s", client->url, path), *bearer = token(client);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const char *const headers[] = {"Authorization", bearer, NULL};
    const struct fetch_request request = {.method = method,
                                          .url = url,
                                          .trusted = true,
                                          .content_type = text ? "application/json" : NULL,
                                          .body = text,
                                          .size = text ? strlen(text) : 0,
                                          .headers = headers,
                                          .connect_timeout = CONNECT_TIMEOUT,
                                          .timeout = TIMEOUT,
                                          .limit = REPLY_LIMIT};
    struct asking asking = {.reply = reply};
    int err = ENOMEM;

    memset(reply, 0, sizeof *reply);
    if (url && bearer)
        err = fetch_ask(client->fetch, &request, client->loop, on_reply, &asking);
    while (!err && !asking.done)
        client->turn(client->arg);
    if (err)
        snprintf(reply->reason, sizeof reply->reason, "%s", strerror(err));
    mem_unref(url);
    mem_unref(bearer);
    free(text);
    return err ? err : asking.err;
}

/* Whole lines go on; the last, unfinished one stays. */
static void on_piece(const char *data, size_t size, void *arg)
{
    struct asking *asking = arg;

    for (size_t i = 0; i < size && !asking->done; i++) {
        if (asking->size + 1 >= asking->room) {
            size_t room = asking->room ? asking->room * 2 : 1024;
            char *rest = room <= REPLY_LIMIT ? realloc(asking->rest, room) : NULL;

            if (!rest) {
                asking->err = ENOMEM;
                asking->done = true;
                return;
            }
            asking->rest = rest;
            asking->room = room;
        }
        if (data[i] != '\n') {
            asking->rest[asking->size++] = data[i];
            continue;
        }
        asking->rest[asking->size] = '\0';
        asking->size = 0;
        asking->done = !asking->line(asking->rest, asking->line_arg);
    }
}

int client_follow(struct client *client, const char *path, const char *const *more,
                  bool (*line)(const char *line, void *arg), void *arg, struct client_reply *reply)
{
    char *url = mem_printf("%s%s", client->url, path), *bearer = token(client);
    const char *headers[16] = {"Authorization", bearer, "Accept", "text/event-stream"};
    const struct fetch_request request = {.method = "GET",
                                          .url = url,
                                          .trusted = true,
                                          .headers = headers,
                                          .connect_timeout = CONNECT_TIMEOUT,
                                          .limit = REPLY_LIMIT,
                                          .piece = on_piece};
    struct asking asking = {.reply = reply, .line = line, .line_arg = arg};
    int err = ENOMEM;

    for (size_t i = 4; more && *more && i + 2 < sizeof headers / sizeof *headers; i++)
        headers[i] = *more++;
    memset(reply, 0, sizeof *reply);
    if (url && bearer)
        err = client->fetch ? fetch_ask(client->fetch, &request, client->loop, on_reply, &asking)
                            : ECANCELED;
    while (!err && !asking.done)
        client->turn(client->arg);
    if (!err && !asking.replied) {
        fetch_stop(client->fetch); /* whoever had enough ends the stream */
        client->fetch = NULL;
        client->turn(client->arg); /* what it posted still names what is on our stack */
    }
    if (err || asking.err == ENOMEM)
        snprintf(reply->reason, sizeof reply->reason, "%s", strerror(err ? err : asking.err));
    mem_unref(url);
    mem_unref(bearer);
    free(asking.rest);
    return err ? err : asking.err;
}

void client_reply_free(struct client_reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
}
