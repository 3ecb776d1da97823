/* text.c: one place where bytes of unknown origin become text. */
#include "leg/text.h"
#include "leg/leg.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *key;
} endpoints[] = {
    [ENDPOINT_PHONE] = {"phone", "number"}, [ENDPOINT_SIP] = {"sip", "uri"},
    [ENDPOINT_APP] = {"app", "user"},       [ENDPOINT_WEBSOCKET] = {"websocket", "uri"},
    [ENDPOINT_VBC] = {"vbc", "extension"},
};

const char *endpoint_type_text(enum endpoint_type type)
{
    return endpoints[type].name;
}

const char *endpoint_key(enum endpoint_type type)
{
    return endpoints[type].key;
}

static const char REPLACEMENT[] = "\xef\xbf\xbd";

char *text_keep(char *out, size_t size, const char *text)
{
    size_t used = 0;

    while (text && *text) {
        size_t length = utf8_character((const uint8_t *)text, SIZE_MAX);
        const char *from = !length ? REPLACEMENT : iscntrl((unsigned char)*text) ? " " : text;
        size_t room = length ? length : sizeof REPLACEMENT - 1;

        if (used + room >= size)
            break;
        memcpy(out + used, from, room);
        used += room;
        text += length ? length : 1;
    }
    out[used] = '\0';
    return out;
}

char *text_sip_user(const char *user)
{
    static const char plain[] = "-_.!~*'()&=+$,;?/";
    char *out = mem_alloc(3 * strlen(user) + 1, NULL), *to = out;

    if (!out)
        return NULL;
    for (; *user; user++) {
        unsigned char c = (unsigned char)*user;

        if (c < 0x80 && (isalnum(c) || strchr(plain, c)))
            *to++ = (char)c;
        else
            to += sprintf(to, "%%%02X", c);
    }
    return out;
}

char *text_sip_uri(const char *user, const char *host)
{
    char *escaped = text_sip_user(user), *uri;

    if (!escaped)
        return NULL;
    uri = mem_printf("sip:%s@%s", escaped, host);
    mem_unref(escaped);
    return uri;
}
