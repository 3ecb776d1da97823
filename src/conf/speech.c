/* speech.c: values of the engine that speaks. */
#include "conf/row.h"

#include <ctype.h>
#include <string.h>

enum { TAG_MAX = 35 };

/* A tag, perhaps with /STYLE, or *; then = and a name. */
static bool is_voice(const char *text)
{
    const char *equals = strchr(text, '='), *slash = strchr(text, '/'), *end;

    if (!equals || equals == text || !equals[1])
        return false;
    end = slash && slash < equals ? slash : equals;
    if (end - text > TAG_MAX)
        return false;
    if (*text == '*')
        return end == text + 1 && end == equals;
    for (const char *c = text; c < end; c++) {
        if (!isalnum((unsigned char)*c) && *c != '-')
            return false;
    }
    for (const char *c = end + 1; c < equals; c++) {
        if (!isdigit((unsigned char)*c))
            return false;
    }
    return end == equals || end + 1 < equals;
}

static const char *take_voice(struct reader *reader, const struct row *row,
                              const config_setting_t *setting, const char *text)
{
    if (!is_voice(text))
        reader_tell(reader, setting, "%s: \"%s\" is not like en-US/1=NAME, en-US=NAME or *=NAME",
                    row->path, text);
    return reader_keep_text(reader, text, strlen(text));
}

static void read_voices(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    reader_texts(reader, row, setting, field, take_voice);
}

static void read_scope(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"all", "premium", NULL};

    reader_word(reader, row, setting, field, words, "all or premium");
}

static void read_method(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"POST", "PUT", NULL};

    reader_word(reader, row, setting, field, words, "POST or PUT");
}

const struct row_type type_voices = {"list of voices", read_voices};
const struct row_type type_speech_scope = {"word", read_scope};
const struct row_type type_speech_method = {"word", read_method};
