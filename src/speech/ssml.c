/* ssml.c: a document of SSML checked and measured. What is refused here never reaches the
 * engine, whose own reading of SSML takes anything. */
#include "speech/ssml.h"
#include "speech/piece.h"
#include "speech/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PAUSE_MAX = 3600 * 1000 }; /* [ms] */

static const char *const elements[] = {"speak",   "break",   "emphasis", "lang",   "p",
                                       "phoneme", "prosody", "s",        "say-as", "sub"};

/* The name of a tag as it stands in the table, or NULL. */
static const char *find_element(const struct piece *piece)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (piece_is(piece, elements[i]))
            return elements[i];
    }
    return NULL;
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

bool ssml_is(const char *text)
{
    text = skip_space(text);
    return strncmp(text, "<speak", 6) == 0 && !isalnum((unsigned char)text[6]) &&
           (text[6] == '\0' || !strchr("-_.:", text[6]));
}

/* "1.5s" or "500ms" as [ms]. */
static bool read_time(const char *at, const char *end, unsigned *ms)
{
    double value = 0, unit = 1;

    if (at == end || !isdigit((unsigned char)*at))
        return false;
    for (; at < end && isdigit((unsigned char)*at); at++)
        value = value * 10 + (*at - '0');
    if (at < end && *at == '.') {
        for (at++; at < end && isdigit((unsigned char)*at); at++)
            value += (*at - '0') * (unit /= 10);
    }
    if (end - at == 1 && *at == 's')
        value *= 1000;
    else if (end - at != 2 || strncmp(at, "ms", 2) != 0)
        return false;
    *ms = value < PAUSE_MAX ? (unsigned)value : PAUSE_MAX;
    return true;
}

static bool read_strength(const char *value, size_t size, unsigned *ms)
{
    static const struct {
        const char *word;
        unsigned ms;
    } strengths[] = {{"none", 0},     {"x-weak", 100}, {"weak", 250},
                     {"medium", 400}, {"strong", 700}, {"x-strong", 1000}};

    for (size_t i = 0; i < sizeof strengths / sizeof *strengths; i++) {
        if (strlen(strengths[i].word) == size && strncmp(strengths[i].word, value, size) == 0) {
            *ms = strengths[i].ms;
            return true;
        }
    }
    return false;
}

bool ssml_pause(const struct piece *piece, unsigned *ms)
{
    size_t size = 0;
    const char *value = piece_attribute(piece, "time", &size);

    if (value)
        return read_time(value, value + size, ms);
    value = piece_attribute(piece, "strength", &size);
    return value ? read_strength(value, size, ms) : read_strength("medium", 6, ms);
}

/* The elements that are open. */
struct nest {
    const char *open[SSML_DEPTH_MAX];
    unsigned depth;
    bool closed; /* the document has come to its end */
};

static const char *enter(struct nest *nest, const struct piece *piece)
{
    const char *element = find_element(piece);
    unsigned pause;

    if (!element)
        return "a tag that is not taken";
    if (nest->closed)
        return "a tag behind </speak>";
    if ((element == elements[0]) != (nest->depth == 0))
        return nest->depth ? "<speak> within <speak>" : "it does not begin with <speak>";
    if (nest->depth == SSML_DEPTH_MAX)
        return "more than 16 tags deep";
    if (piece_is(piece, "break") && !ssml_pause(piece, &pause))
        return "a time or strength we do not know, not like 500ms or 2s";
    if (piece->kind == PIECE_OPEN)
        nest->open[nest->depth++] = element;
    else if (nest->depth == 0)
        nest->closed = true;
    return NULL;
}

static const char *leave(struct nest *nest, const struct piece *piece)
{
    if (nest->depth == 0 || find_element(piece) != nest->open[nest->depth - 1])
        return "it closes what is not open";
    nest->depth--;
    nest->closed = nest->depth == 0;
    return NULL;
}

static const char *place(struct nest *nest, const struct piece *piece)
{
    switch (piece->kind) {
    case PIECE_OPEN:
    case PIECE_EMPTY:
        return enter(nest, piece);
    case PIECE_CLOSE:
        return leave(nest, piece);
    case PIECE_TEXT:
        if (nest->depth == 0 && strspn(piece->text, " \t\r\n") < piece->size)
            return nest->closed ? "text behind </speak>" : "it does not begin with <speak>";
        return NULL;
    case PIECE_ENTITY:
        return nest->depth ? NULL : "an entity outside of <speak>";
    case PIECE_COMMENT:
        return NULL;
    case PIECE_END:
        break;
    }
    return nest->closed ? NULL : nest->depth ? "a tag is not closed" : "it has no <speak>";
}

static int refuse(const struct piece *piece, const char *fault, char *reason, size_t size)
{
    int shown = piece->name ? (int)(piece->name_size < 40 ? piece->name_size : 40) : 0;

    if (shown)
        snprintf(reason, size, "SSML: %s (%.*s)", fault, shown, piece->name);
    else
        snprintf(reason, size, "SSML: %s", fault);
    return EINVAL;
}

int ssml_check(const char *text, char *reason, size_t size)
{
    struct nest nest = {.depth = 0};
    struct piece piece;

    do {
        const char *fault = piece_read(&text, &piece);

        if (!fault)
            fault = place(&nest, &piece);
        if (fault)
            return refuse(&piece, fault, reason, size);
    } while (piece.kind != PIECE_END);
    return 0;
}

size_t ssml_length(const char *text)
{
    struct piece piece;
    size_t count = 0;

    do {
        const char *fault = piece_read(&text, &piece);

        if (fault) /* no SSML: the rest counts as it stands */
            return count + text_count(piece.text, strlen(piece.text));
        if (piece.kind == PIECE_TEXT)
            count += text_count(piece.text, piece.size);
        else
            count += piece.kind == PIECE_ENTITY;
    } while (piece.kind != PIECE_END);
    return count;
}
