/* piece.c: as much of XML 1.0 as SSML needs: elements, attributes, comments, the five named
 * entities and numbered characters. No declarations, CDATA or processing instructions. */
#include "speech/piece.h"
#include "speech/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* Behind a name of letters, digits, - _ . and :, or where it should have begun. */
static const char *skip_name(const char *at)
{
    if (!isalpha((unsigned char)*at) && *at != '_')
        return at;
    while (isalnum((unsigned char)*at) || (*at && strchr("-_.:", *at)))
        at++;
    return at;
}

static bool read_number(const char *digits, int base, uint32_t *character, const char **end)
{
    char *behind;
    unsigned long value;

    if (base == 16 ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits))
        return false;
    value = strtoul(digits, &behind, base);
    *end = behind;
    *character = value <= 0x10ffff ? (uint32_t)value : 0;
    return **end == ';' && text_may_hold(*character);
}

/* The entity at `at`, which is an &; where it ends, or NULL. */
static const char *read_entity(const char *at, uint32_t *character)
{
    static const struct {
        const char *text;
        uint32_t character;
    } entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    const char *end;

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t size = strlen(entities[i].text);

        if (strncmp(at, entities[i].text, size) == 0) {
            *character = entities[i].character;
            return at + size;
        }
    }
    if (at[1] != '#')
        return NULL;
    if (at[2] == 'x' ? read_number(at + 3, 16, character, &end)
                     : read_number(at + 2, 10, character, &end))
        return end + 1;
    return NULL;
}

/* A quoted value at `at`; where it ends, or NULL. */
static const char *read_value(const char *at)
{
    char quote = *at;
    uint32_t character;

    if (quote != '"' && quote != '\'')
        return NULL;
    for (at++; *at && *at != quote && *at != '<';) {
        at = *at == '&' ? read_entity(at, &character) : at + 1;
        if (!at)
            return NULL;
    }
    return *at == quote ? at + 1 : NULL;
}

/* One attribute, NAME="VALUE"; where it ends, or NULL. */
static const char *read_attribute(const char *at, struct piece *name, const char **value)
{
    const char *end = skip_name(at);

    name->name = at;
    name->name_size = (size_t)(end - at);
    if (end == at)
        return NULL;
    end = skip_space(end);
    if (*end != '=')
        return NULL;
    *value = skip_space(end + 1);
    return read_value(*value);
}

static const char *read_attributes(const char *at)
{
    for (;;) {
        const char *next = skip_space(at), *value;
        struct piece name;

        if (*next == '>' || *next == '/' || *next == '\0')
            return next;
        if (next == at)
            return NULL; /* nothing between two of them */
        at = read_attribute(next, &name, &value);
        if (!at)
            return NULL;
    }
}

static const char *read_tag(const char **at, struct piece *piece)
{
    const char *end;

    piece->kind = (*at)[1] == '/' ? PIECE_CLOSE : PIECE_OPEN;
    piece->name = *at + 1 + (piece->kind == PIECE_CLOSE);
    end = skip_name(piece->name);
    piece->name_size = (size_t)(end - piece->name);
    if (piece->name_size == 0)
        return "a < that begins no tag: write &lt;";
    end = piece->kind == PIECE_CLOSE ? skip_space(end) : read_attributes(end);
    if (!end)
        return "an attribute that is not NAME=\"VALUE\"";
    if (*end == '/' && piece->kind == PIECE_OPEN) {
        piece->kind = PIECE_EMPTY;
        end++;
    }
    if (*end != '>')
        return "a tag without its >";
    *at = end + 1;
    return NULL;
}

static const char *read_comment(const char **at, struct piece *piece)
{
    const char *end = strstr(*at + 4, "--");

    piece->kind = PIECE_COMMENT;
    if (!end || end[2] != '>')
        return "a comment without its end";
    *at = end + 3;
    return NULL;
}

static const char *read_reference(const char **at, struct piece *piece)
{
    const char *end = read_entity(*at, &piece->character);

    piece->kind = PIECE_ENTITY;
    if (!end)
        return "an & that begins no entity: write &amp;";
    *at = end;
    return NULL;
}

const char *piece_read(const char **at, struct piece *piece)
{
    const char *fault = NULL;

    *piece = (struct piece){.text = *at};
    if (strncmp(*at, "<!--", 4) == 0) {
        fault = read_comment(at, piece);
    } else if (**at == '<') {
        fault = read_tag(at, piece);
    } else if (**at == '&') {
        fault = read_reference(at, piece);
    } else if (**at) {
        piece->kind = PIECE_TEXT;
        *at += strcspn(*at, "<&");
    }
    piece->size = (size_t)(*at - piece->text);
    if (!fault && piece->name && piece->size > PIECE_TAG_MAX)
        fault = "a tag of more than 400 bytes";
    return fault;
}

bool piece_is(const struct piece *piece, const char *name)
{
    return piece->name && piece->name_size == strlen(name) &&
           strncmp(piece->name, name, piece->name_size) == 0;
}

const char *piece_attribute(const struct piece *piece, const char *name, size_t *size)
{
    const char *at = piece->name + piece->name_size;

    for (;;) {
        const char *next = skip_space(at), *value;
        struct piece found;

        if (*next == '>' || *next == '/')
            return NULL;
        at = read_attribute(next, &found, &value);
        if (!at)
            return NULL;
        if (piece_is(&found, name)) {
            *size = (size_t)(at - value) - 2;
            return value + 1;
        }
    }
}
