/* cut.c: the ends of clauses where the engine pauses whatever follows. It is asked to keep the
 * pause of a part (engine.h), and then the parts are as long as the whole. Where it would look
 * further than the mark, nothing is cut: at a dot that may belong to an abbreviation or a number,
 * at dots, dashes, brackets and quotation marks, and before an empty line. */
#include "speech/cut.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { ABBREVIATION_MAX = 4 /* [letters] */ };

/* Marks of other scripts. Those of China need no space behind them. */
static const struct {
    const char *mark;
    bool tight;
} marks[] = {
    {"\xe3\x80\x82", true},  /* 。 */ {"\xef\xbc\x8c", true}, /* ， */
    {"\xef\xbc\x81", true},  /* ！ */ {"\xef\xbc\x9f", true}, /* ？ */
    {"\xef\xbc\x9b", true},  /* ； */ {"\xe3\x80\x81", true}, /* 、 */
    {"\xe0\xa5\xa4", false}, /* । */ {"\xd8\x8c", false},     /* ، */
    {"\xd8\x9f", false},     /* ؟ */ {"\xd8\x9b", false},     /* ؛ */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A letter or digit begins here; of other scripts all but the signs that stand by themselves. */
static bool begins_word(const char *at, size_t left)
{
    unsigned char c = left ? (unsigned char)*at : 0;

    if (c < 0x80)
        return isalnum(c);
    if (c < 0xc3 || c == 0xe2 || c == 0xef)
        return false;
    return c != 0xe3 || (left > 1 && (unsigned char)at[1] > 0x80);
}

/* A word ends right before `at`. */
static bool ends_word(const char *text, size_t at)
{
    size_t from = at;

    while (from > 0 && ((unsigned char)text[from - 1] & 0xc0) == 0x80)
        from--;
    return from > 0 && begins_word(text + from - 1, at - from + 1);
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The dot at `at` ends a sentence: a long word before it, a capital behind. */
static bool ends_sentence(const char *text, size_t at, const char *next)
{
    size_t letters = 0;

    while (letters < at && is_letter(text[at - letters - 1]))
        letters++;
    if (letters < at && !is_space(text[at - letters - 1]))
        return false;
    return letters > ABBREVIATION_MAX && (isupper((unsigned char)*next) || *next & 0x80);
}

/* Bytes of the mark at `at` that ends a clause; 0: there is none. */
static size_t mark_at(const char *text, size_t size, size_t at, bool *tight)
{
    *tight = false;
    if (strchr(",;:!?.", text[at]))
        return 1;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t length = strlen(marks[i].mark);

        if (size - at >= length && memcmp(text + at, marks[i].mark, length) == 0) {
            *tight = marks[i].tight;
            return length;
        }
    }
    return 0;
}

/* Where the next part begins when the one before ends with the mark at `at`; 0: not here. */
static size_t cut_behind(const char *text, size_t size, size_t at)
{
    bool tight;
    size_t mark = text[at] ? mark_at(text, size, at, &tight) : 0;
    size_t next = at + mark;
    unsigned lines = 0;

    if (!mark || !ends_word(text, at))
        return 0;
    for (; next < size && is_space(text[next]); next++)
        lines += text[next] == '\n';
    if ((next == at + mark && !tight) || lines > 1 || !begins_word(text + next, size - next))
        return 0;
    return text[at] != '.' || ends_sentence(text, at, text + next) ? next : 0;
}

size_t cut_find(const char *text, size_t size, size_t least)
{
    for (size_t at = 1; at < size; at++) {
        size_t next = cut_behind(text, size, at);

        if (next && next >= least)
            return next;
    }
    return 0;
}

size_t cut_least(unsigned n)
{
    return n == 0 ? 8 : n == 1 ? 40 : n == 2 ? 120 : 300;
}
