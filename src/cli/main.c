/* main.c: the offhook command: tells and steers a running daemon over REST, makes
 * tokens, and plays the demo. */
#include "cli/command.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"demo", command_demo, "[--once]",
     "starts a daemon and two phones, plays a call and tells what happens"},
    {"jwt", command_jwt, "--app ID --key FILE [--exp SECONDS] [--sub USER] [--acl JSON]",
     "prints a token"},
    {"call", command_call, "", "makes, shows and steers calls (`offhook call help`)"},
    {"conversation", command_conversation, "",
     "shows conversations and their events (`offhook conversation help`)"},
    {"tail", command_tail, "[--after CURSOR | --all] [--type TYPE] [--count N]",
     "prints the events of an application as they happen"},
    {"app", command_app, "", "makes, shows and changes applications (`offhook app help`)"},
    {"number", command_number, "", "links numbers to applications (`offhook number help`)"},
    {"registrations", command_registrations, "", "the phones that users have registered"},
    {"trunk", command_trunk, "",
     "shows the trunks, and what carriers refuse (`offhook trunk help`)"},
    {"webhook", command_webhook, "",
     "shows and replays webhooks that were given up (`offhook webhook help`)"},
    {0}};

static const char about[] =
    "A daemon is found by --url, --app and --key, or by OFFHOOK_URL, OFFHOOK_APP and OFFHOOK_KEY:\n"
    "its HTTP address, the id of an application and the application's private key (PEM file).\n"
    "--json prints replies as they came. Exit status: 0 done, 1 refused, 2 usage.\n";

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        puts("offhook " PACKAGE_VERSION);
        return COMMAND_DONE;
    }
    return command_dispatch(commands, "offhook", about, argc - 1, argv + 1);
}
