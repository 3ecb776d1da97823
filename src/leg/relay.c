/* relay.c: see relay.h. */
#include "leg/relay.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Behind `name =` where a line begins so; NULL: none does. */
static const char *find(const char *body, const char *name)
{
    size_t length = strlen(name);

    while (*body) {
        body += strspn(body, " \t\r\n");
        if (!strncasecmp(body, name, length)) {
            const char *value = body + length + strspn(body + length, " \t");

            if (*value == '=')
                return value + 1 + strspn(value + 1, " \t");
        }
        body += strcspn(body, "\r\n");
    }
    return NULL;
}

/* The first word: a key, or its number. */
static int read_key(const char *text, char *digit)
{
    size_t length = strcspn(text, " \t\r\n");
    int number;

    if (length == 1 && strchr("0123456789*#ABCDabcd!", *text)) {
        *digit = *text == '!' ? '\0' : (char)toupper((unsigned char)*text);
        return 0;
    }
    if (length != 2 || text[0] != '1' || !isdigit((unsigned char)text[1]))
        return EINVAL;
    number = text[1] - '0'; /* less ten */
    if (number > 6)
        return EINVAL;
    *digit = "*#ABCD"[number]; /* 16, a flash, has the NUL */
    return 0;
}

static unsigned read_duration(const char *text)
{
    unsigned long ms = text && isdigit((unsigned char)*text) ? strtoul(text, NULL, 10) : 0;

    return !ms ? RELAY_USUAL : ms < RELAY_LONGEST ? (unsigned)ms : RELAY_LONGEST;
}

int relay_read(const char *body, char *digit, unsigned *duration_ms)
{
    const char *signal = find(body, "signal");

    *duration_ms = read_duration(find(body, "duration"));
    return read_key(signal ? signal : body + strspn(body, " \t\r\n"), digit);
}

void relay_write(char body[RELAY_TEXT], char digit, unsigned duration_ms)
{
    snprintf(body, RELAY_TEXT, "Signal=%c\r\nDuration=%u\r\n", digit, duration_ms);
}
