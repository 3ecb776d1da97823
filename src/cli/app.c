/* app.c: offhook app: makes, lists, shows, changes and deletes applications. */
#include "cli/command.h"
#include "cli/file.h"
#include "cli/remote.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wish {
    const char *name, *answer_url, *event_url, *rtc_url, *public_key, *save_key;
};

static int read_wish(struct wish *wish, int *argc, char **argv)
{
    wish->name = command_option(argc, argv, "--name");
    wish->answer_url = command_option(argc, argv, "--answer-url");
    wish->event_url = command_option(argc, argv, "--event-url");
    wish->rtc_url = command_option(argc, argv, "--rtc-url");
    wish->public_key = command_option(argc, argv, "--public-key");
    wish->save_key = command_option(argc, argv, "--save-key");
    return *argc < 0 ? COMMAND_USAGE : 0;
}

/* Puts a webhook into body.capabilities.KIND.webhooks. */
static void set_hook(json_t *body, const char *kind, const char *name, const char *url,
                     const char *method)
{
    static const char *const path[] = {"capabilities", NULL, "webhooks"};
    json_t *at = body;

    if (!url)
        return;
    for (int i = 0; i < 3; i++) {
        const char *key = path[i] ? path[i] : kind;
        json_t *next = json_object_get(at, key);

        if (!next)
            json_object_set_new(at, key, next = json_object());
        at = next;
    }
    json_object_set_new(at, name, json_pack("{s:s,s:s}", "address", url, "http_method", method));
}

static int fill(json_t *body, const struct wish *wish)
{
    char *pem;
    int err;

    if (wish->name)
        json_object_set_new(body, "name", json_string(wish->name));
    set_hook(body, "voice", "answer_url", wish->answer_url, "GET");
    set_hook(body, "voice", "event_url", wish->event_url, "POST");
    set_hook(body, "rtc", "event_url", wish->rtc_url, "POST");
    if (!wish->public_key)
        return 0;
    err = file_read(&pem, wish->public_key);
    if (err)
        return command_fail(COMMAND_USAGE, "%s: %s", wish->public_key, strerror(err));
    json_object_set_new(body, "keys", json_pack("{s:s}", "public_key", pem));
    mem_unref(pem);
    return 0;
}

/* Readable by its owner only, and never over a file that is there. */
static int save_key(const char *path, const char *pem)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

    if (!out || fputs(pem, out) < 0 || fclose(out))
        return command_fail(COMMAND_REFUSED,
                            "%s: %s; the application was made, and its key is:\n%s", path,
                            strerror(errno), pem);
    return 0;
}

static const char *hook_of(const json_t *application, const char *kind, const char *name)
{
    const json_t *object = json_object_get(json_object_get(application, "capabilities"), kind);

    return remote_text(json_object_get(object, "webhooks"), name, "address");
}

static void print(const json_t *application)
{
    printf("%s  %s\n  answer_url  %s\n  event_url   %s\n  rtc         %s\n",
           remote_text(application, "id", NULL), remote_text(application, "name", NULL),
           hook_of(application, "voice", "answer_url"), hook_of(application, "voice", "event_url"),
           hook_of(application, "rtc", "event_url"));
}

static int create(struct remote *remote, const struct wish *wish)
{
    json_t *body = json_object(), *reply = NULL;
    const char *key;
    int status = fill(body, wish);

    if (!status && !wish->name)
        status = command_fail(COMMAND_USAGE, "app create needs a --name");
    if (!status)
        status = remote_ask(remote, "POST", "/v2/applications", body, &reply);
    if (!status) {
        key = remote_text(reply, "keys", "private_key");
        if (!remote->json)
            print(reply);
        if (wish->save_key && *key)
            status = save_key(wish->save_key, key);
        else if (*key && !remote->json)
            printf("its private key, which is kept nowhere else:\n%s", key);
    }
    json_decref(body);
    json_decref(reply);
    return status;
}

/* What is not named stays: the application is read first. */
static int update(struct remote *remote, const char *path, const struct wish *wish)
{
    bool json = remote->json;
    json_t *body = NULL, *reply = NULL;
    int status;

    remote->json = false;
    status = remote_ask(remote, "GET", path, NULL, &body);
    remote->json = json;
    if (!status)
        status = fill(body, wish);
    if (!status)
        status = remote_ask(remote, "PUT", path, body, &reply);
    if (!status && !remote->json)
        print(reply);
    json_decref(body);
    json_decref(reply);
    return status;
}

static int list(struct remote *remote)
{
    json_t *reply, *application;
    int status = 0;
    long pages = 1;
    size_t i;

    for (long page = 1; page <= pages && !status; page++) {
        char *path = mem_printf("/v2/applications?page_size=100&page=%ld", page);

        status = remote_ask(remote, "GET", path, NULL, &reply);
        mem_unref(path);
        if (status)
            break;
        pages = (long)json_integer_value(json_object_get(reply, "total_pages"));
        json_array_foreach (json_object_get(json_object_get(reply, "_embedded"), "applications"), i,
                            application)
            if (!remote->json)
                print(application);
        json_decref(reply);
    }
    return status;
}

static int on_one(struct remote *remote, const char *verb, const char *id, const struct wish *wish)
{
    char *path = mem_printf("/v2/applications/%s", id);
    json_t *reply = NULL;
    int status;

    if (!strcmp(verb, "update")) {
        status = update(remote, path, wish);
    } else {
        status = remote_ask(remote, strcmp(verb, "delete") ? "GET" : "DELETE", path, NULL, &reply);
        if (!status && reply && !remote->json)
            print(reply);
    }
    json_decref(reply);
    mem_unref(path);
    return status;
}

static int run(int argc, char **argv)
{
    bool one = strcmp(argv[0], "create") && strcmp(argv[0], "list");
    struct remote remote;
    struct wish wish;
    int status = remote_open_basic(&remote, &argc, argv);

    if (status)
        return status;
    status = read_wish(&wish, &argc, argv);
    if (!status && (argc != (one ? 2 : 1) || (one && !remote_is_id(argv[1]))))
        status = command_fail(
            COMMAND_USAGE,
            one ? "app %s needs the id of one application" : "app %s takes options only", argv[0]);
    if (status)
        ;
    else if (one)
        status = on_one(&remote, argv[0], argv[1], &wish);
    else if (!strcmp(argv[0], "create"))
        status = create(&remote, &wish);
    else
        status = list(&remote);
    remote_close(&remote);
    return status;
}

static const struct command rows[] = {
    {"create", run,
     "--name NAME [--answer-url URL] [--event-url URL] [--rtc-url URL] [--public-key FILE] "
     "[--save-key FILE]",
     "makes one, and its key pair unless a public key is given"},
    {"list", run, "", "all of them"},
    {"show", run, "ID", "one of them"},
    {"update", run, "ID [--name NAME] [--answer-url URL] …", "changes what is named"},
    {"delete", run, "ID", "deletes it with all it has; its calls end"},
    {0}};

int command_app(int argc, char **argv)
{
    return command_dispatch(rows, "offhook app",
                            "It asks with --api-key and --api-secret (or OFFHOOK_API_KEY and "
                            "OFFHOOK_API_SECRET),\nwhich are http.api_key and http.api_secret of "
                            "the daemon.\n",
                            argc - 1, argv + 1);
}
