/* conversation.c: offhook conversation: shows a conversation and its events. */
#include "cli/command.h"
#include "cli/remote.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void print_member(const json_t *member)
{
    const json_t *channel = json_object_get(member, "channel");

    printf("  %-40s  %-8s  %s → %s  leg %s\n", remote_text(member, "member_id", NULL),
           remote_text(member, "state", NULL), remote_endpoint(json_object_get(channel, "from")),
           remote_endpoint(json_object_get(channel, "to")), remote_text(channel, "id", NULL));
}

static void print_conversation(const json_t *conversation)
{
    const json_t *sequence = json_object_get(conversation, "sequence_number"), *member;
    size_t i;

    printf("%s  %s\ncreated %s, %" JSON_INTEGER_FORMAT " events\n",
           remote_text(conversation, "uuid", NULL), remote_text(conversation, "name", NULL),
           remote_text(conversation, "timestamp", "created"), json_integer_value(sequence));
    json_array_foreach (json_object_get(conversation, "members"), i, member)
        print_member(member);
}

static void print_event(const json_t *event)
{
    printf("%6" JSON_INTEGER_FORMAT "  %-24s  %-20s  %s\n",
           json_integer_value(json_object_get(event, "id")), remote_text(event, "timestamp", NULL),
           remote_text(event, "type", NULL), remote_text(event, "from", NULL));
}

static int run(int argc, char **argv)
{
    struct remote remote;
    int status = remote_open(&remote, &argc, argv);
    bool events = strcmp(argv[0], "events") == 0;
    json_t *reply = NULL, *event;
    char *path;
    size_t i;

    if (status)
        return status;
    if (argc != 2 || !remote_is_id(argv[1])) {
        remote_close(&remote);
        return command_fail(COMMAND_USAGE, "conversation %s needs the id of one conversation",
                            argv[0]);
    }
    path = mem_printf("/beta/conversations/%s%s", argv[1], events ? "/events" : "");
    status = remote_ask(&remote, "GET", path, NULL, &reply);
    if (!status && !remote.json && !events)
        print_conversation(reply);
    if (!status && !remote.json && events)
        json_array_foreach (reply, i, event)
            print_event(event);
    json_decref(reply);
    mem_unref(path);
    remote_close(&remote);
    return status;
}

static const struct command rows[] = {
    {"show", run, "ID", "who is in it"}, {"events", run, "ID", "what happened in it"}, {0}};

int command_conversation(int argc, char **argv)
{
    return command_dispatch(rows, "offhook conversation", NULL, argc - 1, argv + 1);
}
