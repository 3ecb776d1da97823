/* rest_basic.c: user and password of HTTP Basic (RFC 7617): base64 (RFC 4648 section 4) of
 * "user:password". Nothing of it stays behind in our memory. */
#include "http/rest.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

enum { CREDENTIALS = 1024 /* [bytes] decoded, at most */ };

static int value_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* With its padding or without. False: not base64, or too long. */
static bool decode(char out[CREDENTIALS], size_t *size, const char *text)
{
    size_t length = strlen(text), n = 0;
    unsigned count = 0;
    uint32_t bits = 0;

    if (length && length % 4 == 0 && text[length - 1] == '=')
        length -= text[length - 2] == '=' ? 2 : 1;
    if (length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);

        if (value < 0 || n == CREDENTIALS)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[n++] = (char)(bits >> count);
        }
    }
    *size = n;
    return true;
}

static bool copy(char *out, size_t room, const char *text, size_t length)
{
    if (length >= room || memchr(text, '\0', length))
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

bool rest_basic(struct rest_request *request, char *user, size_t user_size, char *password,
                size_t password_size)
{
    const char *header = rest_header(request, "Authorization"), *colon;
    char text[CREDENTIALS];
    size_t size = 0;
    bool taken;

    *user = *password = '\0';
    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    header += 6;
    taken = decode(text, &size, header + strspn(header, " "));
    colon = taken ? memchr(text, ':', size) : NULL;
    taken = colon && copy(user, user_size, text, (size_t)(colon - text)) &&
            copy(password, password_size, colon + 1, size - (size_t)(colon - text) - 1);
    if (!taken)
        *user = *password = '\0';
    OPENSSL_cleanse(text, sizeof text);
    return taken;
}
