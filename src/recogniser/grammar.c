/* grammar.c: each hint as a phrase of words in small letters with a space between them, which is
 * also how the engine writes what it recognised. Only letters, digits and apostrophes get into
 * a grammar, so no hint can say more than words. */
#include "recogniser/grammar.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { WORD_MAX = 64, DIGIT_MAX = 6 /* "seven " */ };

struct grammar {
    char *text;
    char **phrases; /* of the hints, "" when nothing is left */
    char *const *hints;
    unsigned count;
};

/* Where words go, and what they are checked with. */
struct writer {
    char *at;
    bool first;
    grammar_knows_h *knows;
    void *arg;
    unsigned unknown;
};

static void destroy(void *obj)
{
    struct grammar *grammar = obj;

    for (unsigned i = 0; grammar->phrases && i < grammar->count; i++)
        mem_unref(grammar->phrases[i]);
    mem_unref(grammar->phrases);
    mem_unref(grammar->text);
}

static void write_word(struct writer *writer, const char *word)
{
    size_t length = strlen(word);

    if (!writer->knows(word, writer->arg)) {
        writer->unknown++;
        return;
    }
    if (!writer->first)
        *writer->at++ = ' ';
    writer->first = false;
    memcpy(writer->at, word, length);
    writer->at += length;
}

static void write_digit(struct writer *writer, char digit)
{
    static const char *const words[] = {"zero", "one", "two",   "three", "four",
                                        "five", "six", "seven", "eight", "nine"};

    write_word(writer, words[digit - '0']);
}

static bool is_word(char c)
{
    return isalpha((unsigned char)c) || c == '\'' || (unsigned char)c >= 0x80;
}

/* Bytes of the word at text; one that is too long, or not ASCII, is no word we know. */
static size_t take_word(struct writer *writer, const char *text)
{
    char word[WORD_MAX];
    size_t length = 0;
    bool good = true;

    for (; is_word(text[length]); length++) {
        good = good && length < WORD_MAX - 1 && (unsigned char)text[length] < 0x80;
        if (good)
            word[length] = (char)tolower((unsigned char)text[length]);
    }
    if (good) {
        word[length] = '\0';
        write_word(writer, word);
    } else {
        writer->unknown++;
    }
    return length;
}

static char *phrase_of(struct writer *writer, const char *hint)
{
    char *phrase = mem_alloc(strlen(hint) * (DIGIT_MAX + 1) + 1, NULL);

    if (!phrase)
        return NULL;
    writer->at = phrase;
    writer->first = true;
    while (*hint) {
        if (is_word(*hint))
            hint += take_word(writer, hint);
        else if (isdigit((unsigned char)*hint))
            write_digit(writer, *hint++);
        else
            hint++;
    }
    *writer->at = '\0';
    return phrase;
}

static int write_phrases(struct grammar *grammar, struct writer *writer, size_t *size)
{
    for (unsigned i = 0; i < grammar->count; i++) {
        grammar->phrases[i] = phrase_of(writer, grammar->hints[i]);
        if (!grammar->phrases[i])
            return ENOMEM;
        *size += strlen(grammar->phrases[i]) + sizeof " | ";
    }
    return 0;
}

static int write_text(struct grammar *grammar, size_t size)
{
    static const char head[] = "#JSGF V1.0;\ngrammar hints;\npublic <hint> = ";
    char *at;

    grammar->text = mem_alloc(sizeof head + size + 1, NULL);
    if (!grammar->text)
        return ENOMEM;
    at = stpcpy(grammar->text, head);
    for (unsigned i = 0; i < grammar->count; i++) {
        if (!*grammar->phrases[i])
            continue;
        if (at > grammar->text + sizeof head - 1)
            at = stpcpy(at, " | ");
        at = stpcpy(at, grammar->phrases[i]);
    }
    if (at == grammar->text + sizeof head - 1)
        grammar->text = mem_unref(grammar->text);
    else
        stpcpy(at, ";");
    return 0;
}

int grammar_alloc(struct grammar **grammarp, char *const *hints, unsigned count,
                  grammar_knows_h *knows, void *arg, unsigned *unknown)
{
    struct writer writer = {.knows = knows, .arg = arg};
    struct grammar *grammar = mem_alloc(sizeof *grammar, destroy);
    size_t size = 0;
    int err = ENOMEM;

    if (!grammar)
        return ENOMEM;
    grammar->hints = hints;
    grammar->count = count < GRAMMAR_PHRASES_MAX ? count : GRAMMAR_PHRASES_MAX;
    grammar->phrases = mem_alloc((grammar->count + 1) * sizeof *grammar->phrases, NULL);
    if (grammar->phrases)
        err = write_phrases(grammar, &writer, &size);
    if (!err)
        err = write_text(grammar, size);
    if (err) {
        mem_unref(grammar);
        return err;
    }
    *unknown = writer.unknown;
    *grammarp = grammar;
    return 0;
}

const char *grammar_text(const struct grammar *grammar)
{
    return grammar->text;
}

const char *grammar_hint(const struct grammar *grammar, const char *recognised)
{
    for (unsigned i = 0; i < grammar->count; i++) {
        if (*grammar->phrases[i] && strcmp(grammar->phrases[i], recognised) == 0)
            return grammar->hints[i];
    }
    return NULL;
}
