/* render.c: what the engine does badly is done here. It loses breaks at the ends of a text, and
 * after another language it does not find back to the first; so a document is cut at each, with
 * the tags that are open closed before and opened again behind. An alias takes the place of
 * what it stands for. Comments, namespaces and phonetic alphabets, which the engine does not
 * know, are left out. */
#include "speech/render.h"
#include "speech/ssml.h"
#include "speech/text.h"
#include "speech/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct level {
    struct piece tag;
    const char *file; /* of the voice within */
};

struct rendering {
    render_h *take;
    void *arg;
    struct level open[SSML_DEPTH_MAX];
    unsigned depth, quiet; /* quiet: the depth within a <sub> whose alias was said; 0: none */
    const char *file;
    char *document; /* of out */
    size_t size;
    FILE *out;
    bool words; /* there is something to be said in it */
};

static const char *const passed[] = {"speak", "emphasis", "p", "prosody", "s", "say-as"};

static bool is_passed(const struct piece *tag)
{
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        if (piece_is(tag, passed[i]))
            return true;
    }
    return false;
}

/* The voice was chosen by the request, so what carries xml:lang comes without. */
static bool is_bare(const struct piece *tag)
{
    return piece_is(tag, "speak") || piece_is(tag, "p") || piece_is(tag, "s");
}

static void write_open(FILE *out, const struct piece *tag)
{
    if (is_bare(tag))
        fprintf(out, "<%.*s>", (int)tag->name_size, tag->name);
    else if (is_passed(tag))
        fprintf(out, "%.*s", (int)tag->size, tag->text);
}

static void write_close(FILE *out, const struct piece *tag)
{
    if (is_passed(tag))
        fprintf(out, "</%.*s>", (int)tag->name_size, tag->name);
}

static int begin(struct rendering *r)
{
    r->words = false;
    r->out = open_memstream(&r->document, &r->size);
    if (!r->out)
        return ENOMEM;
    for (unsigned i = 0; i < r->depth; i++)
        write_open(r->out, &r->open[i].tag);
    return 0;
}

/* Ends the document that was begun; it is told when there are words in it. */
static int end(struct rendering *r)
{
    int err = 0;

    for (unsigned i = r->depth; i > 0; i--)
        write_close(r->out, &r->open[i - 1].tag);
    if (ferror(r->out))
        err = ENOMEM;
    if (fclose(r->out))
        err = ENOMEM;
    r->out = NULL;
    if (!err && r->words)
        err = r->take(&(struct render_step){.document = r->document, .file = r->file}, r->arg);
    free(r->document);
    r->document = NULL;
    return err;
}

/* To another voice; where the voice stays, nothing is cut. */
static int change(struct rendering *r, const char *file)
{
    int err;

    if (file == r->file)
        return 0;
    err = end(r);
    r->file = file;
    return err ? err : begin(r);
}

static int pause_for(struct rendering *r, const struct piece *tag)
{
    struct render_step step = {.document = NULL};
    int err;

    ssml_pause(tag, &step.silence);
    if (step.silence == 0)
        return 0;
    err = end(r);
    if (!err)
        err = r->take(&step, r->arg);
    return err ? err : begin(r);
}

static const char *voice_within(const struct rendering *r, const struct piece *tag)
{
    char language[36] = "";
    size_t size = 0;
    const char *value = piece_is(tag, "lang") ? piece_attribute(tag, "xml:lang", &size) : NULL;
    const char *file = NULL;

    if (value && size < sizeof language) {
        memcpy(language, value, size);
        file = voice_of_language(language);
    }
    return file ? file : r->file;
}

/* False: there is no alias, what the tag holds is said. */
static bool say_alias(struct rendering *r, const struct piece *tag)
{
    size_t size = 0;
    const char *value = piece_is(tag, "sub") ? piece_attribute(tag, "alias", &size) : NULL;

    if (!value)
        return false;
    for (const char *at = value; at < value + size; at++) {
        if (*at == '>')
            fputs("&gt;", r->out);
        else
            fputc(*at, r->out);
    }
    r->words = true;
    return true;
}

static int enter(struct rendering *r, const struct piece *tag)
{
    int err = change(r, voice_within(r, tag));

    if (err)
        return err;
    write_open(r->out, tag);
    r->open[r->depth++] = (struct level){*tag, r->file};
    if (say_alias(r, tag))
        r->quiet = r->depth;
    return piece_is(tag, "break") ? pause_for(r, tag) : 0;
}

static int leave(struct rendering *r)
{
    write_close(r->out, &r->open[--r->depth].tag);
    return change(r, r->depth ? r->open[r->depth - 1].file : NULL);
}

static void say_character(FILE *out, uint32_t character)
{
    char bytes[4] = {0};
    size_t size = text_put(bytes, character);

    fwrite(bytes, 1, size, out);
}

static void say(struct rendering *r, const struct piece *piece)
{
    if (piece->kind == PIECE_TEXT)
        fwrite(piece->text, 1, piece->size, r->out);
    else if (piece->character == '<' || piece->character == '&')
        fputs(piece->character == '<' ? "&lt;" : "&amp;", r->out);
    else
        say_character(r->out, piece->character);
    if (piece->kind == PIECE_ENTITY || strspn(piece->text, " \t\r\n") < piece->size)
        r->words = true;
}

/* Within a <sub> whose alias was said only its end counts. */
static void pass(struct rendering *r, const struct piece *piece)
{
    if (piece->kind == PIECE_OPEN)
        r->depth++;
    else if (piece->kind == PIECE_CLOSE && --r->depth < r->quiet)
        r->quiet = 0;
}

static int take_piece(struct rendering *r, const struct piece *piece)
{
    int err;

    if (r->quiet) {
        pass(r, piece);
        return 0;
    }
    switch (piece->kind) {
    case PIECE_OPEN:
        return enter(r, piece);
    case PIECE_EMPTY:
        err = enter(r, piece);
        r->quiet = 0;
        return err ? err : leave(r);
    case PIECE_CLOSE:
        return leave(r);
    case PIECE_TEXT:
    case PIECE_ENTITY:
        if (r->depth)
            say(r, piece);
        return 0;
    case PIECE_COMMENT:
    case PIECE_END:
        break;
    }
    return 0;
}

int render(const char *text, render_h *take, void *arg)
{
    struct rendering r = {.take = take, .arg = arg};
    struct piece piece = {.kind = PIECE_TEXT};
    int err = begin(&r);

    while (!err && piece.kind != PIECE_END)
        err = piece_read(&text, &piece) ? EINVAL : take_piece(&r, &piece);
    if (!r.out)
        return err;
    if (!err)
        return end(&r);
    fclose(r.out);
    free(r.document);
    return err;
}
