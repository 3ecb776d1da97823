/* digest_read.c: header fields of digest.h as values. What is broken is told, never guessed. */
#include "ua/digest.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum digest_algorithm algorithm;
} algorithms[] = {
    {"MD5", DIGEST_MD5}, {"SHA-256", DIGEST_SHA256}, {"SHA-512-256", DIGEST_SHA512_256}};

const char *digest_algorithm_name(enum digest_algorithm algorithm)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].algorithm == algorithm)
            return algorithms[i].name;
    return "";
}

/* "SHA-256-sess"; DIGEST_NONE: not known. */
static enum digest_algorithm read_algorithm(const char *text, bool *session)
{
    size_t size = strlen(text);

    *session = size > 5 && !strcasecmp(text + size - 5, "-sess");
    size -= *session ? 5 : 0;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (strlen(algorithms[i].name) == size && !strncasecmp(text, algorithms[i].name, size))
            return algorithms[i].algorithm;
    return DIGEST_NONE;
}

/* The value of a field by its name; NULL: another one. */
static const char *value_of(const char *field, const char *name)
{
    size_t size = strlen(name);

    if (strncasecmp(field, name, size) != 0)
        return NULL;
    field += size;
    field += strspn(field, " \t");
    if (*field != '=')
        return NULL;
    return field + 1 + strspn(field + 1, " \t");
}

static int unquote(char *out, size_t size, const char *value)
{
    size_t at = 0;
    bool quoted = *value == '"';

    for (value += quoted; *value && !(quoted && *value == '"'); value++) {
        if (quoted && *value == '\\' && !*++value)
            return EINVAL;
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return EINVAL;
        if (at + 1 >= size)
            return EMSGSIZE;
        out[at++] = *value;
    }
    out[at] = '\0';
    return quoted && *value != '"' ? EINVAL : 0;
}

/* The first field of that name, or "" ; *found tells whether there is one. */
static int read_field(char *out, size_t size, digest_fields fields, const char *name, bool *found)
{
    out[0] = '\0';
    *found = false;
    for (; fields && *fields; fields++) {
        const char *value = value_of(*fields, name);

        if (value) {
            *found = true;
            return unquote(out, size, value);
        }
    }
    return 0;
}

static bool is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);

    while (*list) {
        size_t length;

        list += strspn(list, ", \t");
        length = strcspn(list, ", \t");
        if (length == size && !strncasecmp(list, word, size))
            return true;
        list += length;
    }
    return false;
}

static int choose_qop(enum digest_qop *qop, const char *list, bool found)
{
    *qop = !found                        ? DIGEST_QOP_NONE
           : is_listed(list, "auth")     ? DIGEST_AUTH
           : is_listed(list, "auth-int") ? DIGEST_AUTH_INT
                                         : DIGEST_QOP_NONE;
    return found && list[strspn(list, ", \t")] && *qop == DIGEST_QOP_NONE ? ENOTSUP : 0;
}

/* RFC 7616 §3.3: no algorithm is MD5. */
static int read_hashing(digest_fields fields, enum digest_algorithm *algorithm, bool *session,
                        enum digest_qop *qop)
{
    char text[DIGEST_TEXT];
    bool found;
    int err = read_field(text, sizeof text, fields, "algorithm", &found);

    if (err)
        return err;
    *algorithm = read_algorithm(found ? text : "MD5", session);
    err = read_field(text, sizeof text, fields, "qop", &found);
    if (!err)
        err = choose_qop(qop, text, found);
    return err ? err : *algorithm == DIGEST_NONE ? ENOTSUP : 0;
}

int digest_read_challenge(struct digest_challenge *challenge, digest_fields fields)
{
    bool has_realm, has_nonce, found;
    char stale[DIGEST_TEXT];
    int err;

    memset(challenge, 0, sizeof *challenge);
    err = read_field(challenge->realm, DIGEST_TEXT, fields, "realm", &has_realm);
    if (!err)
        err = read_field(challenge->nonce, DIGEST_TEXT, fields, "nonce", &has_nonce);
    if (!err)
        err = read_field(challenge->opaque, DIGEST_TEXT, fields, "opaque", &challenge->has_opaque);
    if (!err)
        err = read_field(stale, sizeof stale, fields, "stale", &found);
    if (err)
        return err;
    challenge->stale = found && !strcasecmp(stale, "true");
    if (!has_realm || !has_nonce || !challenge->nonce[0])
        return EINVAL;
    return read_hashing(fields, &challenge->algorithm, &challenge->session, &challenge->qop);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* username*=UTF-8''J%C3%A4s%C3%B8n (RFC 5987) */
static int decode_extended(char out[DIGEST_TEXT], const char *text)
{
    size_t at = 0;

    if (strncasecmp(text, "UTF-8'", 6) != 0 || !(text = strchr(text + 6, '\'')))
        return EINVAL;
    for (text++; *text; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;

        if ((*text == '%' && low < 0) || at + 1 >= DIGEST_TEXT || (high == 0 && low == 0))
            return EINVAL;
        out[at++] = (char)(low >= 0 ? high * 16 + low : *text);
        text += low >= 0 ? 2 : 0;
    }
    out[at] = '\0';
    return 0;
}

static int read_user(struct digest_answer *answer, digest_fields fields, bool *found)
{
    char text[DIGEST_TEXT];
    int err = read_field(answer->user, DIGEST_TEXT, fields, "username", found);

    if (err || *found)
        return err;
    err = read_field(text, sizeof text, fields, "username*", found);
    return err || !*found ? err : decode_extended(answer->user, text);
}

static int read_count(unsigned *count, const char *text)
{
    *count = 0;
    for (size_t i = 0; text[i]; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0 || i >= 8)
            return EINVAL;
        *count = *count * 16 + (unsigned)digit;
    }
    return 0;
}

int digest_read_answer(struct digest_answer *answer, digest_fields fields)
{
    char text[DIGEST_TEXT];
    bool found[7];
    int err;

    memset(answer, 0, sizeof *answer);
    if ((err = read_user(answer, fields, &found[0])) ||
        (err = read_field(answer->realm, DIGEST_TEXT, fields, "realm", &found[1])) ||
        (err = read_field(answer->nonce, DIGEST_TEXT, fields, "nonce", &found[2])) ||
        (err = read_field(answer->uri, DIGEST_TEXT, fields, "uri", &found[3])) ||
        (err = read_field(answer->response, DIGEST_HEX, fields, "response", &found[4])) ||
        (err = read_field(answer->cnonce, DIGEST_TEXT, fields, "cnonce", &found[5])) ||
        (err = read_field(text, sizeof text, fields, "userhash", &found[6])))
        return err;
    answer->userhash = found[6] && !strcasecmp(text, "true");
    if ((err = read_field(text, sizeof text, fields, "nc", &found[6])) ||
        (err = read_count(&answer->count, text)) ||
        (err = read_hashing(fields, &answer->algorithm, &answer->session, &answer->qop)))
        return err;
    for (size_t i = 0; i < 5; i++)
        if (!found[i])
            return EINVAL;
    return (answer->qop || answer->session) && !answer->cnonce[0] ? EINVAL
           : answer->qop && !answer->count                        ? EINVAL
                                                                  : 0;
}
