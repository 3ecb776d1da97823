/* voice.c: languages, styles and old names as the engine's voices. A language the engine does
 * not speak has its nearest relative's voice. */
#include "speech/voice.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct {
    const char *tag, *file;
} languages[] = {
    {"af-ZA", "gmw/af"},     {"ar", "sem/ar"},
    {"bg-BG", "zls/bg"},     {"bn-IN", "inc/bn"},
    {"ca-ES", "roa/ca"},     {"cmn-CN", "sit/cmn"},
    {"cmn-TW", "sit/cmn"},   {"cs-CZ", "zlw/cs"},
    {"cy-GB", "cel/cy"},     {"da-DK", "gmq/da"},
    {"de-AT", "gmw/de"},     {"de-DE", "gmw/de"},
    {"el-GR", "grk/el"},     {"en-AU", "gmw/en"},
    {"en-GB", "gmw/en"},     {"en-GB-SCT", "gmw/en-GB-scotland"},
    {"en-GB-WLS", "gmw/en"}, {"en-IE", "gmw/en"},
    {"en-IN", "gmw/en"},     {"en-NZ", "gmw/en"},
    {"en-US", "gmw/en-US"},  {"en-ZA", "gmw/en"},
    {"es-CO", "roa/es-419"}, {"es-ES", "roa/es"},
    {"es-MX", "roa/es-419"}, {"es-US", "roa/es-419"},
    {"eu-ES", "eu"},         {"fi-FI", "urj/fi"},
    {"fil-PH", "poz/id"}, /* no Filipino */
    {"fr-CA", "roa/fr"},     {"fr-FR", "roa/fr"},
    {"gl-ES", "roa/pt"}, /* no Galician */
    {"gu-IN", "inc/gu"},     {"he-IL", "sem/he"},
    {"hi-IN", "inc/hi"},     {"hu-HU", "urj/hu"},
    {"id-ID", "poz/id"},     {"is-IS", "gmq/is"},
    {"it-IT", "roa/it"},     {"ja-JP", "jpx/ja"},
    {"kn-IN", "dra/kn"},     {"ko-KR", "ko"},
    {"lv-LV", "bat/lv"},     {"ml-IN", "dra/ml"},
    {"ms-MY", "poz/ms"},     {"nb-NO", "gmq/nb"},
    {"nl-BE", "gmw/nl"},     {"nl-NL", "gmw/nl"},
    {"no-NO", "gmq/nb"},     {"pa-IN", "inc/pa"},
    {"pl-PL", "zlw/pl"},     {"pt-BR", "roa/pt-BR"},
    {"pt-PT", "roa/pt"},     {"ro-RO", "roa/ro"},
    {"ru-RU", "zle/ru"},     {"sk-SK", "zlw/sk"},
    {"sr-RS", "zls/sr"},     {"sv-SE", "gmq/sv"},
    {"ta-IN", "dra/ta"},     {"te-IN", "dra/te"},
    {"th-TH", "tai/th"},     {"tr-TR", "trk/tr"},
    {"uk-UA", "zle/uk"},     {"vi-VN", "aav/vi"},
    {"yue-CN", "sit/yue"},
};

/* By style; after the last it begins again. Women and men take turns. */
static const char *const variants[] = {"f2", "m3", "f1", "m1", "f3", "m2",
                                       "f4", "m4", "f5", "m5", "m6", "m7"};

/* The voices of before there were styles, the default first. */
static const struct {
    const char *name, *language;
    unsigned style;
} names[] = {
    {"Kimberly", "en-US", 0},    {"Aditi", "en-IN", 2},    {"Agnieszka", "pl-PL", 0},
    {"Alva", "sv-SE", 0},        {"Amy", "en-GB", 0},      {"Astrid", "sv-SE", 2},
    {"Bianca", "it-IT", 0},      {"Brian", "en-GB", 1},    {"Carla", "it-IT", 2},
    {"Carmen", "ro-RO", 0},      {"Carmit", "he-IL", 0},   {"Catarina", "pt-PT", 0},
    {"Celine", "fr-FR", 0},      {"Cem", "tr-TR", 1},      {"Chantal", "fr-CA", 0},
    {"Chipmunk", "en-US", 8},    {"Conchita", "es-ES", 0}, {"Cristiano", "pt-PT", 1},
    {"Damayanti", "id-ID", 0},   {"Dora", "is-IS", 0},     {"Emma", "en-GB", 2},
    {"Empar", "ca-ES", 0},       {"Enrique", "es-ES", 1},  {"Eric", "en-US", 7},
    {"Ewa", "pl-PL", 2},         {"Felipe", "pt-BR", 1},   {"Filiz", "tr-TR", 0},
    {"Geraint", "en-GB-WLS", 1}, {"Giorgio", "it-IT", 1},  {"Gwyneth", "cy-GB", 0},
    {"Hans", "de-DE", 1},        {"Henrik", "nb-NO", 1},   {"Ines", "pt-PT", 2},
    {"Ioana", "ro-RO", 2},       {"Iveta", "cs-CZ", 0},    {"Ivy", "en-US", 8},
    {"Jacek", "pl-PL", 1},       {"Jan", "pl-PL", 3},      {"Jennifer", "en-US", 2},
    {"Joana", "pt-PT", 4},       {"Joanna", "en-US", 4},   {"Joey", "en-US", 1},
    {"Jordi", "ca-ES", 1},       {"Justin", "en-US", 3},   {"Kanya", "th-TH", 0},
    {"Karl", "is-IS", 1},        {"Kendra", "en-US", 6},   {"Laila", "ar", 0},
    {"Laura", "sk-SK", 0},       {"Lea", "fr-FR", 2},      {"Lekha", "hi-IN", 0},
    {"Liv", "no-NO", 0},         {"Lotte", "nl-NL", 0},    {"Lucia", "es-ES", 2},
    {"Luciana", "pt-BR", 0},     {"Mads", "da-DK", 1},     {"Maged", "ar", 1},
    {"Maja", "pl-PL", 4},        {"Mariska", "hu-HU", 0},  {"Marlene", "de-DE", 0},
    {"Mathieu", "fr-FR", 1},     {"Matthew", "en-US", 5},  {"Maxim", "ru-RU", 1},
    {"Mei-Jia", "cmn-TW", 0},    {"Melina", "el-GR", 0},   {"Mia", "es-MX", 0},
    {"Miguel", "es-US", 1},      {"Miren", "eu-ES", 0},    {"Mizuki", "ja-JP", 0},
    {"Montserrat", "ca-ES", 2},  {"Naja", "da-DK", 0},     {"Nicole", "en-AU", 0},
    {"Nikos", "el-GR", 1},       {"Nora", "nb-NO", 0},     {"Oskar", "sv-SE", 1},
    {"Penelope", "es-US", 0},    {"Raveena", "en-IN", 0},  {"Ricardo", "pt-BR", 3},
    {"Ruben", "nl-NL", 1},       {"Russell", "en-AU", 1},  {"Salli", "en-US", 2},
    {"Satu", "fi-FI", 0},        {"Seoyeon", "ko-KR", 0},  {"Sin-Ji", "yue-CN", 0},
    {"Sora", "ko-KR", 2},        {"Takumi", "ja-JP", 1},   {"Tarik", "ar", 3},
    {"Tatyana", "ru-RU", 0},     {"Tessa", "en-ZA", 0},    {"Tian-Tian", "cmn-CN", 0},
    {"Vicki", "de-DE", 2},       {"Vitoria", "pt-BR", 2},  {"Yelda", "tr-TR", 2},
    {"Zeina", "ar", 2},          {"Zhiyu", "cmn-CN", 2},   {"Zuzana", "cs-CZ", 2},
};

const char *voice_of_language(const char *tag)
{
    for (size_t i = 0; i < COUNT(languages); i++) {
        if (strcasecmp(languages[i].tag, tag) == 0)
            return languages[i].file;
    }
    return NULL;
}

bool voice_language_at(size_t n, const char **tag, const char **file)
{
    if (n >= COUNT(languages))
        return false;
    *tag = languages[n].tag;
    *file = languages[n].file;
    return true;
}

bool voice_name_at(size_t n, const char **name, const char **language, unsigned *style)
{
    if (n >= COUNT(names))
        return false;
    *name = names[n].name;
    *language = names[n].language;
    *style = names[n].style;
    return true;
}

static size_t find_name(const char *name)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcasecmp(names[i].name, name) == 0)
            return i;
    }
    return 0;
}

void voice_meant(const char **language, unsigned *style, const char *voice_name)
{
    if (!*language && voice_name) {
        size_t i = find_name(voice_name);

        *language = names[i].language;
        *style = names[i].style;
    }
    if (!*language)
        *language = "en-US";
}

int voice_choose(char voice[VOICE_NAME_MAX], const char *language, unsigned style,
                 const char *voice_name)
{
    const char *file;

    voice_meant(&language, &style, voice_name);
    file = voice_of_language(language);
    if (!file)
        return EINVAL;
    snprintf(voice, VOICE_NAME_MAX, "%s+%s", file, variants[style % COUNT(variants)]);
    return 0;
}
