/* webhook.c: offhook webhook: what the application could not be told: shown, sent again,
 * thrown away; and giving up what waits. */
#include "cli/command.h"
#include "cli/remote.h"

#include "base/mem.h"
#include "http/fetch.h"

#include <stdio.h>
#include <string.h>

static const char root[] = "/v1/webhooks/dead";

struct wish {
    const char *lane, *url, *after;
    int all;
};

static struct wish take_wish(int *argc, char **argv)
{
    return (struct wish){.lane = command_option(argc, argv, "--lane"),
                         .url = command_option(argc, argv, "--to"),
                         .after = command_option(argc, argv, "--after"),
                         .all = command_flag(argc, argv, "--all")};
}

/* path&name=value; path is taken. */
static char *add(char *path, const char *name, const char *value)
{
    char *escaped = value ? fetch_escape(value) : NULL, *more;

    if (!escaped)
        return path;
    more = mem_printf("%s&%s=%s", path, name, escaped);
    mem_unref(path);
    mem_unref(escaped);
    return more;
}

static char *first_page(const struct wish *wish)
{
    char *path = mem_printf("%s?page_size=100", root);

    path = add(path, "lane", wish->lane);
    path = add(path, "url", wish->url);
    return add(path, "after", wish->after);
}

/* The path of the next page; NULL: there is none. */
static char *next_page(const json_t *reply)
{
    const json_t *links = json_object_get(reply, "_links");
    const char *href = remote_text(json_object_get(links, "next"), "href", NULL);

    href = strstr(href, root);
    return mem_strdup(href);
}

/* Calls each for the webhooks of all pages. 0 or an exit status. */
static int walk(struct remote *remote, const struct wish *wish,
                void (*each)(const struct remote *remote, const json_t *webhook, void *arg),
                void *arg)
{
    char *path = first_page(wish), *next;
    json_t *reply, *webhook;
    int status = 0;
    size_t i;

    while (path && !status) {
        status = remote_ask(remote, "GET", path, NULL, &reply);
        json_array_foreach (json_object_get(json_object_get(reply, "_embedded"), "webhooks"), i,
                            webhook)
            each(remote, webhook, arg);
        next = status ? NULL : next_page(reply);
        json_decref(reply);
        mem_unref(path);
        path = next;
    }
    mem_unref(path);
    return status;
}

static long long id_of(const json_t *webhook)
{
    return (long long)json_integer_value(json_object_get(webhook, "id"));
}

static void print_line(const struct remote *remote, const json_t *webhook, void *arg)
{
    const json_t *fields = json_object_get(webhook, "fields");
    const char *what = remote_text(fields, "status", NULL);

    (void)arg;
    if (!remote->json)
        printf("%8lld  %s  %-20s  %s  %s\n", id_of(webhook), remote_text(webhook, "given_up", NULL),
               *what ? what : remote_text(fields, "type", NULL), remote_text(webhook, "url", NULL),
               remote_text(webhook, "reason", NULL));
}

static void print_all(const json_t *webhook)
{
    printf("%lld  %s %s\nlane %s\ncreated %s, given up %s after %lld tries: %s\n", id_of(webhook),
           remote_text(webhook, "method", NULL), remote_text(webhook, "url", NULL),
           remote_text(webhook, "lane", NULL), remote_text(webhook, "created", NULL),
           remote_text(webhook, "given_up", NULL),
           (long long)json_integer_value(json_object_get(webhook, "attempts")),
           remote_text(webhook, "reason", NULL));
    json_dumpf(json_object_get(webhook, "fields"), stdout, JSON_INDENT(2));
    putchar('\n');
}

static bool is_id(const char *text)
{
    return *text && strlen(text) <= 18 && strspn(text, "0123456789") == strlen(text);
}

/* One. */

static int show(struct remote *remote, const char *id)
{
    char *path = mem_printf("%s/%s", root, id);
    json_t *reply;
    int status = remote_ask(remote, "GET", path, NULL, &reply);

    if (!status && !remote->json)
        print_all(reply);
    json_decref(reply);
    mem_unref(path);
    return status;
}

/* verb: "replay" or "drop". */
static int act(struct remote *remote, const char *verb, const char *id)
{
    bool replay = strcmp(verb, "replay") == 0;
    char *path = mem_printf("%s/%s%s", root, id, replay ? "/replay" : "");
    json_t *reply;
    int status = remote_ask(remote, replay ? "POST" : "DELETE", path, NULL, &reply);

    json_decref(reply);
    mem_unref(path);
    return status;
}

/* All: their ids are collected first, so that one that dies again is not met again. */

static void collect(const struct remote *remote, const json_t *webhook, void *arg)
{
    (void)remote;
    json_array_append(arg, json_object_get(webhook, "id"));
}

static int act_all(struct remote *remote, const char *verb, const struct wish *wish)
{
    struct remote quiet = *remote;
    json_t *ids = json_array(), *id;
    size_t i, done = 0;
    int status, failed = 0;

    quiet.json = false;
    status = walk(&quiet, wish, collect, ids);
    json_array_foreach (ids, i, id) {
        char text[24];

        if (status)
            break;
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(id));
        if (act(remote, verb, text))
            failed = COMMAND_REFUSED;
        else
            done++;
    }
    if (!status && !remote->json)
        printf("%zu %s\n", done, strcmp(verb, "replay") == 0 ? "replayed" : "dropped");
    json_decref(ids);
    return status ? status : failed;
}

/* Of very many the daemon gives up some at a time. */
static int give_up(struct remote *remote, const struct wish *wish)
{
    json_t *body = json_object(), *reply;
    bool more = true;
    long long count = 0;
    int status = 0;

    if (wish->lane)
        json_object_set_new(body, "lane", json_string(wish->lane));
    if (wish->url)
        json_object_set_new(body, "url", json_string(wish->url));
    while (more && !status) {
        status = remote_ask(remote, "POST", "/v1/webhooks/give-up", body, &reply);
        count += (long long)json_integer_value(json_object_get(reply, "count"));
        more = json_is_true(json_object_get(reply, "more"));
        json_decref(reply);
    }
    if (!status && !remote->json)
        printf("%lld given up\n", count);
    json_decref(body);
    return status;
}

static int dispatch(struct remote *remote, const struct wish *wish, int argc, char **argv)
{
    const char *verb = argv[0];
    bool chosen = wish->lane || wish->url || wish->after || wish->all;

    if (!strcmp(verb, "list") && argc == 1)
        return walk(remote, wish, print_line, NULL);
    if (!strcmp(verb, "give-up") && argc == 1 && chosen && !wish->after)
        return give_up(remote, wish);
    if (!strcmp(verb, "show") && argc == 2 && is_id(argv[1]) && !chosen)
        return show(remote, argv[1]);
    if ((!strcmp(verb, "replay") || !strcmp(verb, "drop")) && argc == 2 && is_id(argv[1]) &&
        !chosen)
        return act(remote, verb, argv[1]);
    if ((!strcmp(verb, "replay") || !strcmp(verb, "drop")) && argc == 1 && chosen)
        return act_all(remote, verb, wish);
    return command_fail(COMMAND_USAGE, "webhook %s: see `offhook webhook help`", verb);
}

static int run(int argc, char **argv)
{
    struct remote remote;
    int status = remote_open(&remote, &argc, argv);
    struct wish wish;

    if (status)
        return status;
    wish = take_wish(&argc, argv);
    status = argc < 0 ? COMMAND_USAGE : dispatch(&remote, &wish, argc, argv);
    remote_close(&remote);
    return status;
}

#define FILTERS "[--lane ID] [--to PREFIX] [--after TIME]"

static const struct command rows[] = {
    {"list", run, FILTERS, "those that were given up, oldest first"},
    {"show", run, "ID", "one of them, with what it was to tell"},
    {"replay", run, "ID | --all " FILTERS, "sends it, or all that fit, again"},
    {"drop", run, "ID | --all " FILTERS, "throws it, or all that fit, away"},
    {"give-up", run, "--all | --lane ID | --to URL",
     "gives up what still waits: of a leg or conversation, or for a server"},
    {0}};

int command_webhook(int argc, char **argv)
{
    return command_dispatch(rows, "offhook webhook",
                            "A webhook that is not taken for a day is given up and kept 30 days.\n",
                            argc - 1, argv + 1);
}
