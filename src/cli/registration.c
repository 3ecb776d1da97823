/* registration.c: offhook registrations: which phones of users are registered, and where. */
#include "cli/command.h"
#include "cli/remote.h"

#include <stdio.h>

static void print(const json_t *row)
{
    printf("%-24s %-24s %-44s %s\n", remote_text(row, "user", "name"),
           remote_text(row, "source", NULL), remote_text(row, "contact", NULL),
           remote_text(row, "expires", NULL));
}

int command_registrations(int argc, char **argv)
{
    struct remote remote;
    json_t *reply = NULL, *row;
    int status = remote_open(&remote, &argc, argv);
    size_t i;

    if (status)
        return status;
    if (argc != 1)
        status = command_fail(COMMAND_USAGE, "registrations takes no arguments");
    else
        status = remote_ask(&remote, "GET", "/v1/registrations", NULL, &reply);
    if (!status && !remote.json)
        json_array_foreach (json_object_get(json_object_get(reply, "_embedded"), "registrations"),
                            i, row)
            print(row);
    json_decref(reply);
    remote_close(&remote);
    return status;
}
