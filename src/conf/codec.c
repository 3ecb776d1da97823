/* codec.c: codecs by their names, and how they are chosen and packed. A name may be followed by
 * the rate of its samples. */
#include "conf/row.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *kept; /* as it is written, and kept; kept NULL: the same */
} known[] = {
    {"PCMU", NULL}, {"PCMA", NULL},         {"G722", NULL},           {"G729", NULL},
    {"GSM", NULL},  {"speex", NULL},        {"speex/16000", "speex"}, {"speex/8000", NULL},
    {"L16", NULL},  {"L16/16000", "L16"},   {"L16/8000", NULL},       {"L16/48000", NULL},
    {"opus", NULL}, {"opus/48000", "opus"}, {"opus/16000", NULL},     {"opus/8000", NULL},
};

static const char *take_codec(struct reader *reader, const struct row *row,
                              const config_setting_t *setting, const char *text)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(text, known[i].name) == 0)
            return known[i].kept ? known[i].kept : known[i].name;
    }
    reader_tell(reader, setting,
                "%s: no codec \"%.40s\" here; known are PCMU, PCMA, G722, G729, GSM, speex, "
                "speex/8000, L16, L16/8000, L16/48000, opus, opus/16000 and opus/8000",
                row->path, text);
    return "";
}

/* Two that SDP could not tell apart: it says opus/48000/2 of Opus at any rate. */
static bool is_same(const char *one, const char *other)
{
    return strcmp(one, other) == 0 ||
           (strncmp(one, "opus", 4) == 0 && strncmp(other, "opus", 4) == 0);
}

static void read_any_codecs(struct reader *reader, const struct row *row,
                            const config_setting_t *setting, void *field)
{
    size_t count;
    const char **names;

    reader_texts(reader, row, setting, field, take_codec);
    names = *(const char ***)field;
    count = *(size_t *)(void *)((char *)field - row->field + row->count);
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (*names[i] && is_same(names[k], names[i]))
                reader_tell(reader, config_setting_get_elem(setting, (unsigned)i),
                            "%s: %s and %s cannot be told apart by a peer", row->path, names[k],
                            names[i]);
}

static void read_codecs(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    read_any_codecs(reader, row, setting, field);
    if (!*(const char ***)field)
        reader_tell(reader, setting, "%s names no codec", row->path);
}

static void read_prefer(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"theirs", "ours", NULL};
    const char *word = words[0];

    reader_word(reader, row, setting, &word, words, "theirs or ours");
    *(bool *)field = word == words[1];
}

static void read_ptime(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    long long value = config_setting_get_int64(setting);

    if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value % 10 != 0 ||
        (value && (value < row->low || value > row->high)))
        reader_tell(reader, setting, "%s must be 0, or %ld to %ld in steps of 10", row->path,
                    row->low, row->high);
    else
        *(unsigned *)field = (unsigned)value;
}

const struct row_type type_codecs = {"list", read_codecs};
const struct row_type type_own_codecs = {"list", read_any_codecs};
const struct row_type type_prefer = {"word", read_prefer};
const struct row_type type_ptime = {"number", read_ptime};
