/* tail.c: offhook tail: the events of an application as they happen. When the stream breaks
 * it is taken up again behind the last event printed: none is missed, none comes twice. */
#include "cli/command.h"
#include "cli/remote.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_US = 500000, TRIES = 120 };

struct tail {
    const char *type; /* NULL: all; a trailing * is a beginning */
    bool json;
    char cursor[256];
    char id[256]; /* of the message that is coming */
    long left;    /* events to print; -1: no end */
    bool broken;  /* nobody reads what we print */
};

static bool wanted(const struct tail *tail, const char *type)
{
    size_t length = tail->type ? strlen(tail->type) : 0;

    if (!length)
        return true;
    if (tail->type[length - 1] == '*')
        return !strncmp(type, tail->type, length - 1);
    return !strcmp(type, tail->type);
}

static void print(struct tail *tail, const char *data)
{
    json_t *event = json_loads(data, 0, NULL);

    if (!wanted(tail, remote_text(event, "type", NULL))) {
        json_decref(event);
        return;
    }
    if (tail->json)
        puts(data);
    else
        printf("%s  %-40s %6" JSON_INTEGER_FORMAT "  %-22s %s\n",
               remote_text(event, "timestamp", NULL), remote_text(event, "conversation_id", NULL),
               json_integer_value(json_object_get(event, "id")), remote_text(event, "type", NULL),
               remote_text(event, "from", NULL));
    tail->broken = fflush(stdout) != 0;
    if (tail->left > 0)
        tail->left--;
    json_decref(event);
}

static bool on_line(const char *line, void *arg)
{
    struct tail *tail = arg;

    if (!strncmp(line, "id: ", 4)) {
        snprintf(tail->id, sizeof tail->id, "%s", line + 4);
    } else if (!strncmp(line, "data: ", 6)) {
        print(tail, line + 6);
        memcpy(tail->cursor, tail->id, sizeof tail->cursor);
    } else if (!*line && *tail->id) {
        memcpy(tail->cursor, tail->id, sizeof tail->cursor); /* a place without an event */
    }
    return tail->left != 0 && !tail->broken;
}

static int follow(struct remote *remote, struct tail *tail)
{
    struct client_reply reply;
    unsigned tries = 0;

    while (tail->left != 0 && !tail->broken) {
        char *path = mem_printf("/v1/events%s%s", *tail->cursor ? "?after=" : "", tail->cursor);
        char before[sizeof tail->cursor];
        int err;

        memcpy(before, tail->cursor, sizeof before);
        err = client_follow(remote->client, path, NULL, on_line, tail, &reply);
        mem_unref(path);
        if (tail->left == 0 || tail->broken)
            break;
        client_reply_free(&reply);
        if (err == ENOMEM || (reply.status >= 400 && reply.status < 500))
            return command_fail(COMMAND_REFUSED, "%s", reply.reason);
        tries = strcmp(before, tail->cursor) ? 0 : tries + 1;
        if (tries == TRIES)
            return command_fail(COMMAND_REFUSED, "%s",
                                err ? reply.reason : "the stream ends again and again");
        usleep(PAUSE_US);
    }
    return COMMAND_DONE;
}

static long number(const char *text)
{
    char *end;
    long value = text ? strtol(text, &end, 10) : -1;

    return text && (*end || value < 1) ? 0 : value;
}

int command_tail(int argc, char **argv)
{
    struct tail tail = {.cursor = "now"};
    struct remote remote;
    const char *after;
    int status = remote_open(&remote, &argc, argv);

    if (status)
        return status;
    after = command_option(&argc, argv, "--after");
    tail.type = command_option(&argc, argv, "--type");
    tail.left = number(command_option(&argc, argv, "--count"));
    tail.json = remote.json;
    if (command_flag(&argc, argv, "--all"))
        tail.cursor[0] = '\0';
    if (after)
        snprintf(tail.cursor, sizeof tail.cursor, "%s", after);
    if (argc != 1 || !tail.left || (after && !remote_is_id(after)))
        status = command_fail(COMMAND_USAGE, "tail [--after CURSOR | --all] [--type TYPE[*]] "
                                             "[--count N]");
    else
        status = follow(&remote, &tail);
    remote_close(&remote);
    return status;
}
