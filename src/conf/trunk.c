/* trunk.c: what only trunks have: rules that rewrite numbers, who is told as the caller, lists of
 * statuses and of hops. */
#include "conf/row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char separators[] = " -.()/";

/* Rewriting. */

bool conf_rewrite(const struct conf_rewrite *rules, size_t count, const char *number, char *out,
                  size_t size)
{
    char plain[64];
    size_t length = 0;

    for (; *number && length + 1 < sizeof plain; number++) {
        if (!strchr(separators, *number))
            plain[length++] = *number;
    }
    plain[length] = '\0';
    if (*number)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct conf_rewrite *rule = &rules[i];
        size_t head = strlen(rule->from);

        if (strncmp(plain, rule->from, head) != 0 || (!rule->any_rest && plain[head]))
            continue;
        return (size_t)snprintf(out, size, "%s%s", rule->to, rule->keeps_rest ? plain + head : "") <
               size;
    }
    return (size_t)snprintf(out, size, "%s", plain) < size;
}

/* Copies one side of a rule without the spaces around it and the '*' at its end, which *star
 * tells. False: it has something else. */
static bool take_side(const char *text, size_t length, char out[64], bool *star)
{
    while (length && *text == ' ') {
        text++;
        length--;
    }
    while (length && text[length - 1] == ' ')
        length--;
    *star = length && text[length - 1] == '*';
    if (*star)
        length--;
    if (length >= 64)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return strspn(out, "+0123456789#") == length && (!length || !strchr(out + 1, '+'));
}

static void read_rule(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      struct conf_rewrite *rule)
{
    const char *text = config_setting_get_string(setting);
    const char *arrow = text ? strstr(text, "->") : NULL;
    char from[64], to[64];

    if (!arrow || !take_side(text, (size_t)(arrow - text), from, &rule->any_rest) ||
        !take_side(arrow + 2, strlen(arrow + 2), to, &rule->keeps_rest) ||
        (rule->keeps_rest && !rule->any_rest) || (!*from && !rule->any_rest) ||
        (!*to && !rule->keeps_rest)) {
        reader_tell(reader, setting, "%s: \"%s\" is no rule such as \"00* -> +*\"", row->path,
                    text ? text : "");
        rule->from = rule->to = "";
        return;
    }
    rule->from = reader_keep_text(reader, from, strlen(from));
    rule->to = reader_keep_text(reader, to, strlen(to));
}

/* The elements of a list, or what stands alone. */
static unsigned length_of(const config_setting_t *setting)
{
    return config_setting_is_aggregate(setting) ? (unsigned)config_setting_length(setting) : 1;
}

static const config_setting_t *element(const config_setting_t *setting, unsigned i)
{
    return config_setting_is_aggregate(setting) ? config_setting_get_elem(setting, i) : setting;
}

static size_t *count_at(const struct row *row, void *field)
{
    return (size_t *)(void *)((char *)field - row->field + row->count);
}

static void read_rewrite(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    unsigned length = length_of(setting);
    struct conf_rewrite *rules = reader_keep(reader, length * sizeof *rules);

    *(struct conf_rewrite **)field = rules;
    *count_at(row, field) = rules ? length : 0;
    for (unsigned i = 0; rules && i < length; i++)
        read_rule(reader, row, element(setting, i), &rules[i]);
}

/* Words. */

/* The place of a word in the list; -1: it is none. */
static int word_of(const config_setting_t *setting, const char *const *words)
{
    const char *text = config_setting_get_string(setting);

    for (int i = 0; text && words[i]; i++) {
        if (strcasecmp(text, words[i]) == 0)
            return i;
    }
    return -1;
}

static void read_identity(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"from", "pai", "ppi", "rpid", NULL};
    unsigned all = 0;

    for (unsigned i = 0; i < length_of(setting); i++) {
        int word = word_of(element(setting, i), words);

        if (word < 0)
            reader_tell(reader, setting, "%s must be a list of from, pai, ppi and rpid", row->path);
        else
            all |= 1u << word;
    }
    *(unsigned *)field = all;
}

static void read_privacy(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    static const char *const words[] = {[CONF_PRIVACY_OFF] = "off",
                                        [CONF_PRIVACY_WITHHELD] = "withheld",
                                        [CONF_PRIVACY_ALWAYS] = "always",
                                        NULL};
    int word = word_of(setting, words);

    if (word < 0)
        reader_tell(reader, setting, "%s must be off, withheld or always", row->path);
    else
        *(enum conf_privacy *)field = (enum conf_privacy)word;
}

/* 486, 600 and 603 are a person's own word: another try would ring him twice. */
static bool may_go_on_after(long long status)
{
    return status >= 400 && status < 700 && status != 486 && status != 487 && status != 600 &&
           status != 603;
}

static void read_statuses(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    unsigned length = length_of(setting);
    unsigned *statuses = reader_keep(reader, length * sizeof *statuses);

    *(unsigned **)field = statuses;
    *count_at(row, field) = statuses ? length : 0;
    for (unsigned i = 0; statuses && i < length; i++) {
        const config_setting_t *one = element(setting, i);

        if (config_setting_type(one) != CONFIG_TYPE_INT ||
            !may_go_on_after(config_setting_get_int(one)))
            reader_tell(reader, setting,
                        "%s must be a list of statuses from 400 to 699, but never 486, 487, 600 "
                        "or 603: nobody is rung twice",
                        row->path);
        else
            statuses[i] = (unsigned)config_setting_get_int(one);
    }
}

/* A user part as it stands in From. */
static void read_sip_user(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    const char *text = config_setting_get_string(setting);

    if (!text || strlen(text) > (size_t)row->high || strpbrk(text, " <>\"@;,\r\n\t"))
        reader_tell(reader, setting, "%s must be a user name or a number, without @", row->path);
    else
        *(const char **)field = reader_keep_text(reader, text, strlen(text));
}

/* Forwarding. */

/* SIP URIs between commas, without the spaces. "": it is none. */
static const char *take_uris(struct reader *reader, const char *text)
{
    char uris[256];
    size_t at = 0;

    for (; *text && at + 1 < sizeof uris; text++) {
        if (*text != ' ')
            uris[at++] = *text;
    }
    uris[at] = '\0';
    if (*text || strpbrk(uris, "<>\"\t\r\n"))
        return "";
    for (const char *uri = uris; uri; uri = strstr(uri, ",sip") ? strstr(uri, ",sip") + 1 : NULL) {
        if ((strncasecmp(uri, "sip:", 4) != 0 && strncasecmp(uri, "sips:", 5) != 0) ||
            !strchr(uri, ':')[1] || strchr(uri, ':')[1] == ',')
            return "";
    }
    return reader_keep_text(reader, uris, at);
}

static void read_forward(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, struct conf_forward *forward)
{
    const char *text = config_setting_get_string(setting);
    const char *arrow = text ? strstr(text, "->") : NULL;
    char number[64], digits[32];

    forward->number = forward->uris = "";
    if (arrow && (size_t)(arrow - text) < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)(arrow - text), text);
        if (conf_digits(number, digits, sizeof digits)) {
            forward->number = reader_keep_text(reader, digits, strlen(digits));
            forward->uris = take_uris(reader, arrow + 2);
        }
    }
    if (!*forward->uris)
        reader_tell(reader, setting,
                    "%s: \"%.200s\" is no \"NUMBER -> sip:URI, sip:URI\" of up to 255 characters",
                    row->path, text ? text : "");
}

static void read_forwards(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    unsigned length = length_of(setting);
    struct conf_forward *forwards = reader_keep(reader, length * sizeof *forwards);

    *(struct conf_forward **)field = forwards;
    *count_at(row, field) = forwards ? length : 0;
    for (unsigned i = 0; forwards && i < length; i++)
        read_forward(reader, row, element(setting, i), &forwards[i]);
}

const struct row_type type_forwards = {"list of forwardings", read_forwards};
const struct row_type type_rewrite = {"list of rules", read_rewrite};
const struct row_type type_identity = {"list of words", read_identity};
const struct row_type type_privacy = {"word", read_privacy};
const struct row_type type_statuses = {"list of statuses", read_statuses};
const struct row_type type_sip_user = {"text", read_sip_user};
