/* number.c: offhook number: which number is whose. */
#include "cli/command.h"
#include "cli/remote.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 100 };

static int list(struct remote *remote)
{
    long count = 1;
    json_t *reply, *number;
    int status = 0;
    size_t i;

    for (long page = 1; (page - 1) * SIZE < count && !status; page++) {
        char *path = mem_printf("/account/numbers?size=%d&index=%ld", SIZE, page);

        status = remote_ask(remote, "GET", path, NULL, &reply);
        mem_unref(path);
        if (status)
            break;
        count = (long)json_integer_value(json_object_get(reply, "count"));
        json_array_foreach (json_object_get(reply, "numbers"), i, number)
            if (!remote->json)
                printf("%-18s %s\n", remote_text(number, "msisdn", NULL),
                       remote_text(number, "app_id", NULL));
        json_decref(reply);
    }
    return status;
}

static bool is_number(const char *text)
{
    return *text && strlen(text) <= 20 && strspn(text, "+0123456789") == strlen(text);
}

static int link_number(struct remote *remote, const char *number, const char *application)
{
    json_t *body = json_pack("{s:s,s:s}", "msisdn", number, "app_id", application), *reply = NULL;
    int status = remote_ask(remote, "POST", "/number/update", body, &reply);

    json_decref(body);
    json_decref(reply);
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
    else if (!strcmp(argv[0], "link") && argc == 3 && is_number(argv[1]) && remote_is_id(argv[2]))
        status = link_number(&remote, argv[1], argv[2]);
    else if (!strcmp(argv[0], "unlink") && argc == 2 && is_number(argv[1]))
        status = link_number(&remote, argv[1], "");
    else
        status = command_fail(COMMAND_USAGE, "number %s: see `offhook number help`", argv[0]);
    remote_close(&remote);
    return status;
}

static const struct command rows[] = {
    {"list", run, "", "all numbers, with their applications"},
    {"link", run, "NUMBER APPLICATION", "calls to the number are the application's from now on"},
    {"unlink", run, "NUMBER", "they are nobody's any more, or those of the configuration file"},
    {0}};

int command_number(int argc, char **argv)
{
    return command_dispatch(rows, "offhook number",
                            "It asks with --api-key and --api-secret, as `offhook app` does.\n",
                            argc - 1, argv + 1);
}
