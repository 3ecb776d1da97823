/* id.c: identifiers from getrandom(2), read in blocks of one page a thread. */
#include "base/id.h"
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static _Thread_local unsigned char pool[4096];
static _Thread_local size_t left;

void id_random(void *out, size_t size)
{
    unsigned char *to = out;

    while (size > 0) {
        size_t part;

        if (left == 0) {
            if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
                abort(); /* no identifier is better than a guessable one */
            left = sizeof pool;
        }
        part = size < left ? size : left;
        memcpy(to, pool + sizeof pool - left, part);
        memset(pool + sizeof pool - left, 0, part);
        left -= part;
        to += part;
        size -= part;
    }
}

static char *hex(char *out, const unsigned char *bytes, int count)
{
    static const char digit[] = "0123456789abcdef";

    for (int i = 0; i < count; i++) {
        *out++ = digit[bytes[i] >> 4];
        *out++ = digit[bytes[i] & 15];
    }
    return out;
}

/* The time [ms] in the first six bytes, chance in the others. */
static void timely(unsigned char bytes[16])
{
    uint64_t now = (uint64_t)clock_wall_ms();

    id_random(bytes, 16);
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(now >> (40 - 8 * i));
}

void id_uuid(char out[ID_UUID])
{
    static const int group[] = {4, 2, 2, 2, 6};
    unsigned char bytes[16];
    const unsigned char *from = bytes;

    timely(bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0; i < 5; i++) {
        if (i > 0)
            *out++ = '-';
        out = hex(out, from, group[i]);
        from += group[i];
    }
    *out = '\0';
}

void id_hex32(char out[ID_HEX32])
{
    unsigned char bytes[16];

    timely(bytes);
    *hex(out, bytes, 16) = '\0';
}

void id_prefixed(char out[ID_PREFIXED], const char *prefix)
{
    memcpy(out, prefix, 3);
    out[3] = '-';
    id_uuid(out + 4);
}

bool id_is_uuid(const char *text)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return text[36] == '\0';
}
