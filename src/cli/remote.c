/* remote.c: see remote.h. */
#include "cli/remote.h"
#include "cli/command.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void turn(void *arg)
{
    loop_wait(arg, 1000);
}

static const char *given(const char *option, const char *variable, const char *otherwise)
{
    const char *value = option ? option : getenv(variable);

    return value && *value ? value : otherwise;
}

static int begin(struct remote *remote, struct client_conf *conf, int *argc, char **argv)
{
    memset(remote, 0, sizeof *remote);
    remote->json = command_flag(argc, argv, "--json");
    conf->url = given(command_option(argc, argv, "--url"), "OFFHOOK_URL", "http://127.0.0.1:8080");
    return *argc < 0 ? COMMAND_USAGE : 0;
}

static int finish(struct remote *remote, const struct client_conf *conf)
{
    char error[256] = "out of memory";

    if (loop_alloc(&remote->loop))
        return command_fail(COMMAND_REFUSED, "%s", error);
    if (!client_open(&remote->client, conf, remote->loop, turn, remote->loop, error))
        return 0;
    remote_close(remote);
    return command_fail(COMMAND_USAGE, "%s", error);
}

int remote_open(struct remote *remote, int *argc, char **argv)
{
    struct client_conf conf = {0};
    int status = begin(remote, &conf, argc, argv);

    if (status)
        return status;
    conf.app = given(command_option(argc, argv, "--app"), "OFFHOOK_APP", NULL);
    conf.key = given(command_option(argc, argv, "--key"), "OFFHOOK_KEY", NULL);
    if (*argc < 0)
        return COMMAND_USAGE;
    if (!conf.app || !conf.key)
        return command_fail(COMMAND_USAGE,
                            "needs --app and --key (or OFFHOOK_APP and OFFHOOK_KEY)");
    return finish(remote, &conf);
}

int remote_open_basic(struct remote *remote, int *argc, char **argv)
{
    struct client_conf conf = {0};
    int status = begin(remote, &conf, argc, argv);

    if (status)
        return status;
    conf.api_key = given(command_option(argc, argv, "--api-key"), "OFFHOOK_API_KEY", NULL);
    conf.api_secret = given(command_option(argc, argv, "--api-secret"), "OFFHOOK_API_SECRET", NULL);
    if (*argc < 0)
        return COMMAND_USAGE;
    if (!conf.api_key || !conf.api_secret)
        return command_fail(COMMAND_USAGE, "needs --api-key and --api-secret (or OFFHOOK_API_KEY "
                                           "and OFFHOOK_API_SECRET), as http.api_key and "
                                           "http.api_secret of the daemon");
    return finish(remote, &conf);
}

void remote_close(struct remote *remote)
{
    mem_unref(remote->client);
    mem_unref(remote->loop);
}

int remote_ask(struct remote *remote, const char *method, const char *path, const json_t *body,
               json_t **replyp)
{
    struct client_reply reply;
    int err = client_ask(remote->client, method, path, body, &reply);

    *replyp = NULL;
    if (!err && remote->json && reply.json) {
        json_dumpf(reply.json, stdout, JSON_INDENT(1) | JSON_ENCODE_ANY);
        putchar('\n');
    }
    if (err || reply.status >= 400) {
        client_reply_free(&reply);
        return command_fail(COMMAND_REFUSED, "%s", reply.reason);
    }
    *replyp = reply.json;
    return 0;
}

const char *remote_text(const json_t *json, const char *a, const char *b)
{
    const json_t *value = json_object_get(json, a);
    const char *text = json_string_value(b ? json_object_get(value, b) : value);

    return text ? text : "";
}

const char *remote_endpoint(const json_t *json)
{
    static const char *const keys[] = {"number", "uri", "user", "extension"};

    if (json_is_string(json))
        return json_string_value(json);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json_is_string(json_object_get(json, keys[i])))
            return json_string_value(json_object_get(json, keys[i]));
    }
    return "";
}

bool remote_is_id(const char *text)
{
    static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:@";

    return *text && strlen(text) <= 64 && strspn(text, fit) == strlen(text);
}
