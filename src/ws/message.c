/* message.c: what a server asks for in JSON: `clear` drops what it sent and was not played,
 * with the marks that wait in it; `notify` sets a mark, which is told when all before it was
 * played. Anything else is passed over. */
#include "ws/private.h"
#include "json/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void message_forget(struct socket_line *line)
{
    list_each (node, &line->marks) {
        struct socket_mark *mark = list_entry(node, struct socket_mark, node);

        list_remove(node);
        free(mark->text);
        free(mark);
    }
    line->mark_count = 0;
}

static void clear(struct socket_line *line)
{
    wire_clear(line->wire);
    message_forget(line);
    line->cleared++;
    if (line->begun)
        message_begun(line);
}

/* Nothing is told before the first message. */
void message_begun(struct socket_line *line)
{
    for (; line->cleared && line->state == LINE_UP; line->cleared--)
        send_text(line, "{\"event\":\"websocket:cleared\"}");
}

static void notify(struct socket_line *line, json_t *payload)
{
    struct socket_mark *mark = line->mark_count < SOCKET_MARKS ? calloc(1, sizeof *mark) : NULL;
    json_t *told = mark ? json_pack("{s:s}", "event", "websocket:notify") : NULL;

    if (told && payload)
        json_object_set(told, "payload", payload);
    if (told)
        mark->text = json_text(told);
    json_decref(told);
    if (!mark || !mark->text) {
        free(mark);
        return;
    }
    mark->place = wire_mark(line->wire);
    list_append(&line->marks, &mark->node);
    line->mark_count++;
}

void message_take(struct socket_line *line, const char *text, size_t size)
{
    json_t *message = json_loadb(text, size, 0, NULL);
    const char *action = json_string_value(json_object_get(message, "action"));

    if (action && !strcmp(action, "clear"))
        clear(line);
    else if (action && !strcmp(action, "notify"))
        notify(line, json_object_get(message, "payload"));
    json_decref(message);
    if (line->state == LINE_UP && line->begun)
        message_marks(line);
}

void message_marks(struct socket_line *line)
{
    list_each (node, &line->marks) {
        struct socket_mark *mark = list_entry(node, struct socket_mark, node);

        if (!wire_reached(line->wire, mark->place))
            return;
        list_remove(node);
        line->mark_count--;
        if (line->state == LINE_UP)
            send_text(line, mark->text);
        free(mark->text);
        free(mark);
    }
}
