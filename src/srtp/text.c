/* text.c: keys as a=crypto writes them (RFC 4568, 9.1). */
#include "srtp/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE = 256 /* [bytes] of the longest value that is read */ };

static size_t size_of(enum srtp_suite suite)
{
    return (size_t)srtp_suites[suite].key + srtp_suites[suite].salt;
}

void srtp_key_write(const struct srtp_key *key, char out[SRTP_TEXT])
{
    int at = snprintf(out, SRTP_TEXT, "%s inline:", srtp_suite_name(key->suite));

    EVP_EncodeBlock((unsigned char *)out + at, key->bytes, (int)size_of(key->suite));
}

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Exactly as many bytes as the suite wants, with the padding or without it. */
static bool read_base64(const char *text, uint8_t *out, size_t size)
{
    size_t digits = (size * 8 + 5) / 6, length = strlen(text), at = 0;
    unsigned bits = 0, held = 0;

    if (strspn(text + (length < digits ? length : digits), "=") + digits != length ||
        (length != digits && length % 4))
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0)
            return false;
        held = held << 6 | (unsigned)digit;
        bits += 6;
        if (bits >= 8 && at < size)
            out[at++] = (uint8_t)(held >> (bits -= 8));
    }
    return true;
}

/* "1:4": the identifier, and how many bytes it has in a packet. */
static bool read_mki(struct srtp_key *key, const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    unsigned long size;

    if (end == text || *end != ':')
        return false;
    text = end + 1;
    size = strtoul(text, &end, 10);
    if (end == text || *end || !size || size > SRTP_MKI || value >> (8 * size))
        return false;
    for (unsigned long i = 0; i < size; i++)
        key->mki[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    key->mki_size = (uint8_t)size;
    return true;
}

/* "2^31" or "1048576": how long the peer may use it is the peer's care. */
static bool is_lifetime(const char *text)
{
    if (!strncmp(text, "2^", 2))
        text += 2;
    return *text && !text[strspn(text, "0123456789")];
}

/* "inline:KEY|2^31|1:4", of which all but the key may be missing. */
static bool read_inline(struct srtp_key *key, char *text)
{
    char *rest = NULL, *field;

    if (strncasecmp(text, "inline:", 7) != 0 || strchr(text, ';'))
        return false;
    field = strtok_r(text + 7, "|", &rest);
    if (!field || !read_base64(field, key->bytes, size_of(key->suite)))
        return false;
    while ((field = strtok_r(NULL, "|", &rest)) != NULL)
        if (strchr(field, ':') ? !read_mki(key, field) : !is_lifetime(field))
            return false;
    return true;
}

static enum srtp_suite find(const char *name)
{
    unsigned suite = SRTP_GCM_128;

    while (suite < SRTP_SUITES && strcasecmp(srtp_suites[suite].name, name) != 0)
        suite++;
    return suite < SRTP_SUITES ? (enum srtp_suite)suite : SRTP_NONE;
}

/* Of those we know only the hint about the window of replays changes nothing. */
static bool is_harmless(const char *parameter)
{
    return parameter[0] == '-' || !strncasecmp(parameter, "WSH=", 4);
}

static bool read_line(struct srtp_key *key, char *line)
{
    char *rest = NULL, *field = strtok_r(line, " \t", &rest);

    key->suite = field ? find(field) : SRTP_NONE;
    field = strtok_r(NULL, " \t", &rest);
    if (key->suite == SRTP_NONE || !field || !read_inline(key, field))
        return false;
    while ((field = strtok_r(NULL, " \t", &rest)) != NULL)
        if (!is_harmless(field))
            return false;
    return true;
}

bool srtp_key_read(struct srtp_key *key, const char *text)
{
    size_t length = strlen(text);
    char line[LINE];
    bool good;

    memset(key, 0, sizeof *key);
    if (length >= sizeof line)
        return false;
    memcpy(line, text, length + 1);
    good = read_line(key, line);
    OPENSSL_cleanse(line, sizeof line);
    if (!good)
        srtp_key_wipe(key);
    return good;
}
