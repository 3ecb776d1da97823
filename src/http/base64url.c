/* base64url.c: see base64url.h. */
#include "http/base64url.h"

#include <errno.h>
#include <stdint.h>

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

int base64url_decode(unsigned char *out, size_t *size, const char *text, size_t length)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t n = 0;

    if (length % 4 == 1)
        return EINVAL;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);

        if (value < 0)
            return EINVAL;
        bits = (bits << 6 | (uint32_t)value) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[n++] = (unsigned char)(bits >> count);
        }
    }
    if (bits & ((1u << count) - 1)) /* two spellings of the same bytes */
        return EINVAL;
    *size = n;
    return 0;
}

size_t base64url_encode(char *out, const void *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *bytes = data;
    uint32_t bits = 0;
    unsigned count = 0;
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffffff;
        for (count += 8; count >= 6; count -= 6)
            out[n++] = digits[bits >> (count - 6) & 63];
    }
    if (count)
        out[n++] = digits[bits << (6 - count) & 63];
    out[n] = '\0';
    return n;
}
