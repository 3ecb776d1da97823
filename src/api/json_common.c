/* json_common.c: what several resources write alike. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

char *api_href(const struct api_request *request, const char *format, ...)
{
    char text[1024];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        return NULL;
    return mem_printf("%s/%s/%s", request->origin, request->version, text);
}

void json_set_time(json_t *object, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    if (!at)
        return;
    clock_iso(text, at);
    json_object_set_new(object, name, json_string(text));
}

const char *api_row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text ? text : "";
}
