/* headers.c: HTTP headers that a request carries, "Name: value". The value may be a secret, so
 * no message shows it. */
#include "conf/row.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Bytes of the name at the start of a header (RFC 9110 5.1); 0: there is none. */
static size_t name_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || (text[n] && strchr("!#$%&'*+-.^_`|~", text[n])))
        n++;
    return text[n] == ':' ? n : 0;
}

static bool is_value(const char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    }
    return true;
}

/* One that the request has of its own. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"Content-Type", "Content-Length", "Transfer-Encoding",
                                       "Host", "Connection"};

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcasecmp(name, ours[i]) == 0)
            return true;
    }
    return false;
}

static void take(struct reader *reader, const struct row *row, const config_setting_t *setting,
                 const char *pair[2])
{
    const char *text = config_setting_get_string(setting), *value;
    size_t n = text ? name_length(text) : 0;

    if (n == 0 || !is_value(text)) {
        reader_tell(reader, setting, "%s must be texts such as \"X-Key: value\"", row->path);
        return;
    }
    value = text + n + 1 + strspn(text + n + 1, " \t");
    pair[0] = reader_keep_text(reader, text, n);
    pair[1] = reader_keep_text(reader, value, strlen(value));
    if (pair[0] && is_ours(pair[0]))
        reader_tell(reader, setting, "%s: %s belongs to the request itself", row->path, pair[0]);
}

static void read_headers(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    size_t length = (size_t)config_setting_length(setting);
    const char **pairs;

    *(const char ***)field = NULL;
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        reader_tell(reader, setting, "%s must be a list: [ ... ]", row->path);
        return;
    }
    pairs = reader_keep(reader, (2 * length + 1) * sizeof *pairs);
    if (!pairs)
        return;
    for (size_t i = 0; i < length; i++)
        take(reader, row, config_setting_get_elem(setting, (unsigned)i), &pairs[2 * i]);
    *(const char ***)field = pairs;
}

const struct row_type type_headers = {"list of headers", read_headers};
