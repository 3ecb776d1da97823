/* ssml.c: a document of SSML checked, measured and made ready for the engine. What is refused
 * here never reaches the engine, whose own reading of SSML takes anything. */
#include "speech/ssml.h"
#include "speech/piece.h"
#include "speech/text.h"
#include "speech/voice.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* the engine's own stack holds 20 */

/* How a tag comes to the engine. */
enum rendering {
    AS_IT_IS,
    BARE,     /* without its attributes: the voice was chosen by the request */
    AS_VOICE, /* its language by the engine's name */
    NOT,      /* what it holds is spoken, the tag is not told */
};

static const struct element {
    const char *name;
    enum rendering rendering;
} elements[] = {
    {"speak", BARE},      {"break", AS_IT_IS}, {"emphasis", AS_IT_IS}, {"lang", AS_VOICE},
    {"p", BARE},          {"phoneme", NOT},    {"prosody", AS_IT_IS},  {"s", BARE},
    {"say-as", AS_IT_IS}, {"sub", AS_IT_IS},
};

static const struct element *find_element(const struct piece *piece)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (piece_is(piece, elements[i].name))
            return &elements[i];
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

/* The elements that are open. */
struct nest {
    const struct element *open[DEPTH_MAX];
    unsigned depth;
    bool closed; /* the document has come to its end */
};

static const char *enter(struct nest *nest, const struct piece *piece)
{
    const struct element *element = find_element(piece);

    if (!element)
        return "a tag that is not taken";
    if (nest->closed)
        return "a tag behind </speak>";
    if ((element == &elements[0]) != (nest->depth == 0))
        return nest->depth ? "<speak> within <speak>" : "it does not begin with <speak>";
    if (nest->depth == DEPTH_MAX)
        return "more than 16 tags deep";
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

/* "gmw/en-US" is the language en-us to the engine. */
static void write_voice(FILE *out, const struct piece *piece)
{
    char tag[36] = "";
    size_t size = 0;
    const char *value = piece_attribute(piece, "xml:lang", &size), *file = NULL, *word;

    if (value && size < sizeof tag) {
        memcpy(tag, value, size);
        file = voice_of_language(tag);
    }
    fputs("<voice", out);
    if (file) {
        word = strrchr(file, '/');
        fputs(" xml:lang=\"", out);
        for (word = word ? word + 1 : file; *word; word++)
            fputc(tolower((unsigned char)*word), out);
        fputc('"', out);
    }
    fputc('>', out);
}

static void write_open(FILE *out, const struct piece *piece, const struct element *element)
{
    if (element->rendering == AS_IT_IS)
        fprintf(out, "%.*s", (int)piece->size, piece->text);
    else if (element->rendering == BARE)
        fprintf(out, "<%s>", element->name);
    else if (element->rendering == AS_VOICE)
        write_voice(out, piece);
}

static void write_close(FILE *out, const struct element *element)
{
    if (element->rendering != NOT)
        fprintf(out, "</%s>", element->rendering == AS_VOICE ? "voice" : element->name);
}

static void write_entity(FILE *out, const struct piece *piece)
{
    char bytes[4];

    if (piece->character == '<' || piece->character == '>' || piece->character == '&')
        fputs(piece->character == '<' ? "&lt;" : piece->character == '>' ? "&gt;" : "&amp;", out);
    else
        fwrite(bytes, 1, text_put(bytes, piece->character), out);
}

static void write_piece(FILE *out, const struct piece *piece)
{
    const struct element *element = piece->name ? find_element(piece) : NULL;

    if (piece->kind == PIECE_TEXT)
        fwrite(piece->text, 1, piece->size, out);
    else if (piece->kind == PIECE_ENTITY)
        write_entity(out, piece);
    if (!element)
        return;
    if (piece->kind != PIECE_CLOSE)
        write_open(out, piece, element);
    if (piece->kind == PIECE_CLOSE ||
        (piece->kind == PIECE_EMPTY && element->rendering != AS_IT_IS))
        write_close(out, element);
}

char *ssml_render(const char *text)
{
    char *rendered = NULL;
    size_t size;
    FILE *out = open_memstream(&rendered, &size);
    struct piece piece;
    bool whole;

    if (!out)
        return NULL;
    do {
        if (piece_read(&text, &piece))
            break;
        write_piece(out, &piece);
    } while (piece.kind != PIECE_END);
    whole = !ferror(out);
    if (fclose(out) == 0 && whole)
        return rendered;
    free(rendered);
    return NULL;
}
