/* phone_tool.h: the two halves of offhook-phone: its process and its commands. */
#ifndef OFFHOOK_TESTS_KIT_PHONE_TOOL_H
#define OFFHOOK_TESTS_KIT_PHONE_TOOL_H

#include "cli/phone.h"
#include "ua/root.h"

#include <jansson.h>

struct tool { /* control thread */
    struct loop *loop;
    struct ua_root *root;
    struct phone *phone;
    bool stopped;
};

/* Writes an event and drops it. */
void tool_say(json_t *event);

/* Does one command and writes its reply. */
void tool_command(struct tool *tool, const char *text);

#endif
