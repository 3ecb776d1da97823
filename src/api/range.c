/* range.c: one part of a file: "bytes=0-99", "bytes=100-", "bytes=-100". */
#include "api/range.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digits(const char *text, size_t length)
{
    return strspn(text, "0123456789") >= length;
}

/* Digits only; what is too large is as large as there can be. */
static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static int part(uint64_t first, uint64_t last, uint64_t size, uint64_t *offset, uint64_t *length)
{
    if (first >= size)
        return 416;
    if (last >= size)
        last = size - 1;
    *offset = first;
    *length = last - first + 1;
    return 206;
}

static int suffix(uint64_t count, uint64_t size, uint64_t *offset, uint64_t *length)
{
    if (!count || !size)
        return 416;
    return part(count < size ? size - count : 0, size - 1, size, offset, length);
}

int range_parse(const char *header, uint64_t size, uint64_t *offset, uint64_t *length)
{
    static const char unit[] = "bytes=";
    const char *dash, *last;

    *offset = 0;
    *length = size;
    if (!header || strncasecmp(header, unit, sizeof unit - 1) != 0)
        return 200;
    header += sizeof unit - 1;
    header += strspn(header, " \t");
    dash = strchr(header, '-');
    if (!dash || !is_digits(header, (size_t)(dash - header)))
        return 200;
    last = dash + 1;
    if (!is_digits(last, strcspn(last, " \t")) || last[strcspn(last, " \t")] != '\0')
        return 200;
    if (dash == header)
        return *last ? suffix(number(last), size, offset, length) : 200;
    if (*last && number(last) < number(header))
        return 200;
    return part(number(header), *last ? number(last) : UINT64_MAX, size, offset, length);
}
