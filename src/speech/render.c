/* render.c: what the engine does badly is done here. It loses breaks at the ends of a text, and
 * after another language it does not find back to the first; so a document is cut at each, with
 * the tags that are open closed before and opened again behind. An alias takes the place of
 * what it stands for. Comments, namespaces and phonetic alphabets, which the engine does not
 * know, are left out.
 *
 * A document is also cut within a text, at the end of a clause (cut.h), so that it begins to be
 * heard early. There nothing is closed, and behind it no paragraph or sentence is opened again:
 * the engine would pause for each of these tags. It does not mind. */
#include "speech/render.h"
#include "speech/cut.h"
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
    bool words;     /* there is something to be said in it */
    bool whole;     /* no text is cut */
    unsigned cuts;  /* within texts */
    size_t written; /* [bytes] of text since the last of them */
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
    r->written = 0;
    r->out = open_memstream(&r->document, &r->size);
    if (!r->out)
        return ENOMEM;
    for (unsigned i = 0; i < r->depth; i++)
        write_open(r->out, &r->open[i].tag);
    return 0;
}

/* Hands over the document that was begun, if there are words in it. */
static int hand_over(struct rendering *r, bool goes_on)
{
    struct render_step step = {.file = r->file, .goes_on = goes_on};
    int err = 0;

    if (ferror(r->out))
        err = ENOMEM;
    if (fclose(r->out))
        err = ENOMEM;
    r->out = NULL;
    step.document = r->document;
    if (!err && r->words)
        err = r->take(&step, r->arg);
    free(r->document);
    r->document = NULL;
    return err;
}

static int end(struct rendering *r)
{
    for (unsigned i = r->depth; i > 0; i--)
        write_close(r->out, &r->open[i - 1].tag);
    return hand_over(r, false);
}

/* Where the engine's prosody changes, clauses before and behind sound as it pleases: that cannot be
 * cut. False: there is none, or one around all there is. */
static bool prosody_changes(const char *text)
{
    struct piece piece = {.kind = PIECE_TEXT};
    unsigned depth = 0, count = 0;
    bool outside = false;

    while (piece.kind != PIECE_END && !piece_read(&text, &piece)) {
        bool is_prosody = piece_is(&piece, "prosody");

        count += is_prosody && piece.kind == PIECE_OPEN;
        depth += is_prosody && piece.kind == PIECE_OPEN;
        depth -= is_prosody && piece.kind == PIECE_CLOSE;
        if (depth == 0 &&
            (piece.kind == PIECE_ENTITY ||
             (piece.kind == PIECE_TEXT && strspn(piece.text, " \t\r\n") < piece.size)))
            outside = true;
    }
    return count > 1 || (count == 1 && outside);
}

/* A cut changes nothing that is heard where no tag but these is open. */
static bool may_cut(const struct rendering *r)
{
    if (r->whole)
        return false;
    for (unsigned i = 0; i < r->depth; i++) {
        if (!is_bare(&r->open[i].tag) && !piece_is(&r->open[i].tag, "prosody"))
            return false;
    }
    return true;
}

/* The document ends here as it is, and goes on as another. */
static int cut(struct rendering *r)
{
    int err = hand_over(r, true);

    r->cuts++;
    r->words = false;
    r->written = 0;
    if (!err)
        r->out = open_memstream(&r->document, &r->size);
    if (!r->out)
        return err ? err : ENOMEM;
    fputs("<speak>", r->out);
    for (unsigned i = 0; i < r->depth; i++) {
        if (piece_is(&r->open[i].tag, "prosody"))
            write_open(r->out, &r->open[i].tag);
    }
    return 0;
}

/* A text, in as many documents as it should be. */
static int write_text(struct rendering *r, const char *text, size_t size)
{
    bool cuts = may_cut(r);
    int err = 0;

    while (!err && size > 0) {
        size_t least = cut_least(r->cuts);
        size_t at = cuts ? cut_find(text, size, least > r->written ? least - r->written : 0) : 0;
        size_t n = at ? at : size;

        fwrite(text, 1, n, r->out);
        r->words = r->words || strspn(text, " \t\r\n") < n;
        r->written += n;
        text += n;
        size -= n;
        if (at)
            err = cut(r);
    }
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

static int say(struct rendering *r, const struct piece *piece)
{
    if (piece->kind == PIECE_TEXT)
        return write_text(r, piece->text, piece->size);
    if (piece->character == '<' || piece->character == '&')
        fputs(piece->character == '<' ? "&lt;" : "&amp;", r->out);
    else
        say_character(r->out, piece->character);
    r->words = true;
    return 0;
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
        return r->depth ? say(r, piece) : 0;
    case PIECE_COMMENT:
    case PIECE_END:
        break;
    }
    return 0;
}

int render(const char *text, render_h *take, void *arg)
{
    struct rendering r = {.take = take, .arg = arg, .whole = prosody_changes(text)};
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
