/* trunk.c: offhook trunk: how the trunks are, and the doctor: what a carrier refused and which
 * setting to change. */
#include "cli/command.h"
#include "cli/remote.h"

#include "base/mem.h"
#include "http/fetch.h"

#include <stdio.h>
#include <string.h>

static long long number_of(const json_t *json, const char *a, const char *b)
{
    return (long long)json_integer_value(json_object_get(json_object_get(json, a), b));
}

static void print_target(const json_t *target)
{
    const json_t *ping = json_object_get(target, "ping");

    printf("    %s  %s", remote_text(target, "uri", NULL),
           json_is_true(json_object_get(target, "healthy")) ? "up" : "passed over");
    if (json_object_get(ping, "status"))
        printf("  OPTIONS %lld in %lld ms", number_of(target, "ping", "status"),
               number_of(target, "ping", "ms"));
    else if (ping)
        printf("  OPTIONS: %s", remote_text(ping, "error", NULL));
    putchar('\n');
}

static void print_trunk(const json_t *trunk)
{
    const json_t *proxy, *target;
    size_t i, k;

    printf("%-16s %-9s %lld calls  registration %s  answered %lld of %lld, inbound %lld\n",
           remote_text(trunk, "name", NULL), remote_text(trunk, "state", NULL),
           (long long)json_integer_value(json_object_get(trunk, "calls")),
           remote_text(trunk, "registration", "state"), number_of(trunk, "counts", "answered"),
           number_of(trunk, "counts", "tried"), number_of(trunk, "counts", "inbound"));
    json_array_foreach (json_object_get(trunk, "proxies"), i, proxy)
        json_array_foreach (json_object_get(proxy, "targets"), k, target)
            print_target(target);
}

static int list(struct remote *remote)
{
    json_t *reply, *trunk;
    int status = remote_ask(remote, "GET", "/v1/trunks", NULL, &reply);
    size_t i;

    if (!status && !remote->json)
        json_array_foreach (json_object_get(reply, "trunks"), i, trunk)
            print_trunk(trunk);
    json_decref(reply);
    return status;
}

static void print_finding(const json_t *finding)
{
    const char *level = remote_text(finding, "level", NULL);
    const char *setting = remote_text(finding, "setting", NULL);

    printf("%-8s %s: %s\n", level, remote_text(finding, "subject", NULL),
           remote_text(finding, "text", NULL));
    if (*setting)
        printf("         look at: %s\n", setting);
}

static int check(struct remote *remote, const char *name)
{
    char *escaped = fetch_escape(name), *path = mem_printf("/v1/trunks/%s/check", escaped);
    json_t *reply, *finding;
    int status = remote_ask(remote, "POST", path, NULL, &reply);
    size_t i;

    if (!status && !remote->json)
        json_array_foreach (json_object_get(reply, "findings"), i, finding)
            print_finding(finding);
    if (!status && !json_is_true(json_object_get(reply, "ok")))
        status = COMMAND_REFUSED;
    json_decref(reply);
    mem_unref(path);
    mem_unref(escaped);
    return status;
}

static int run(int argc, char **argv)
{
    struct remote remote;
    int status = remote_open_basic(&remote, &argc, argv);

    if (status)
        return status;
    if (!strcmp(argv[0], "list") && argc == 1)
        status = list(&remote);
    else if (!strcmp(argv[0], "check") && argc == 2 && *argv[1])
        status = check(&remote, argv[1]);
    else
        status = command_fail(COMMAND_USAGE, "trunk %s: see `offhook trunk help`", argv[0]);
    remote_close(&remote);
    return status;
}

static const struct command rows[] = {
    {"list", run, "", "the trunks, their registrations and what their proxies answer"},
    {"check", run, "NAME",
     "asks the carrier, and says what is wrong and which setting to change; exit status 1: "
     "something "
     "is"},
    {0}};

int command_trunk(int argc, char **argv)
{
    return command_dispatch(rows, "offhook trunk",
                            "It asks with --api-key and --api-secret, as `offhook app` does.\n",
                            argc - 1, argv + 1);
}
