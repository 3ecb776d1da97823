/* manner.c: the words for how a trunk's dialogs are held: rel100, redirect, refer. */
#include "conf/row.h"

/* The number of the word in the list. */
static unsigned read_choice(struct reader *reader, const struct row *row,
                            const config_setting_t *setting, const char *const *words,
                            const char *list)
{
    const char *word = words[0];
    unsigned i = 0;

    reader_word(reader, row, setting, &word, words, list);
    while (words[i] && words[i] != word)
        i++;
    return words[i] ? i : 0;
}

static void read_rel100(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"off", "supported", "required", NULL};

    *(enum conf_rel100 *)field =
        (enum conf_rel100)read_choice(reader, row, setting, words, "off, supported or required");
}

static void read_redirect(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"refuse", "follow", NULL};

    *(bool *)field = read_choice(reader, row, setting, words, "refuse or follow") == 1;
}

static void read_refer(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"refuse", "accept", NULL};

    *(bool *)field = read_choice(reader, row, setting, words, "refuse or accept") == 1;
}

const struct row_type type_rel100 = {"word", read_rel100};
const struct row_type type_redirect = {"word", read_redirect};
const struct row_type type_refer = {"word", read_refer};
