/* reply.c: what a reply that should have been an NCCO is instead, for people. */
#include "webhook/inside.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

static const char *type_name(const json_t *json)
{
    return json_is_object(json)    ? "an object"
           : json_is_string(json)  ? "a text"
           : json_is_number(json)  ? "a number"
           : json_is_boolean(json) ? "a boolean"
                                   : "null";
}

static bool is_html(const struct fetch_reply *reply)
{
    const char *text = reply->body + strspn(reply->body, " \t\r\n");

    return *text == '<' || strncasecmp(reply->content_type, "text/html", 9) == 0;
}

char *reply_fault(const struct fetch_reply *reply, const json_t *json, const json_error_t *error)
{
    char mark = error->position > 0 && (size_t)error->position <= reply->size
                    ? reply->body[error->position - 1]
                    : '\0';

    if (json)
        return mem_printf("not a JSON array but %s", type_name(json));
    if (reply->size == 0)
        return mem_strdup("the reply is empty");
    if (is_html(reply))
        return mem_strdup("HTML, not JSON");
    if (mark > ' ' && mark < 0x7f)
        return mem_printf("not JSON: '%c' at %d:%d", mark, error->line, error->column);
    return mem_printf("not JSON: line %d, column %d", error->line, error->column);
}
