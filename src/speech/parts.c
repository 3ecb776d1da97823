/* parts.c: plain text is cut at the ends of clauses (cut.h); SSML by render.h, which does the same
 * within its documents. */
#include "speech/parts.h"
#include "base/mem.h"
#include "speech/cut.h"
#include "speech/render.h"
#include "speech/ssml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct parts *parts = obj;

    for (size_t i = 0; i < parts->count; i++)
        free(parts->part[i].text);
    free(parts->part);
}

/* One more, its text copied; NULL: no memory. */
static struct part *add(struct parts *parts, const char *text, size_t size)
{
    struct part *more = realloc(parts->part, (parts->count + 1) * sizeof *more), *part;

    if (!more)
        return NULL;
    parts->part = more;
    part = more + parts->count;
    *part = (struct part){.text = NULL};
    if (text) {
        part->text = malloc(size + 1);
        if (!part->text)
            return NULL;
        memcpy(part->text, text, size);
        part->text[size] = '\0';
    }
    parts->count++;
    return part;
}

static int cut_plain(struct parts *parts, const char *text, const char *voice)
{
    size_t left = strlen(text), size = left;

    for (unsigned n = 0; left > 0; n++, text += size, left -= size) {
        size_t cut = cut_find(text, left, cut_least(n));
        struct part *part;

        size = cut ? cut : left;
        part = add(parts, text, size);
        if (!part)
            return ENOMEM;
        snprintf(part->voice, sizeof part->voice, "%s", voice);
        part->goes_on = cut != 0;
    }
    return 0;
}

struct taking {
    struct parts *parts;
    const char *voice;
};

/* One step of a document; another language is spoken by the same variant of its voice. */
static int take(const struct render_step *step, void *arg)
{
    const struct taking *taking = arg;
    struct part *part =
        add(taking->parts, step->document, step->document ? strlen(step->document) : 0);

    if (!part)
        return ENOMEM;
    part->ssml = true;
    part->goes_on = step->goes_on;
    part->silence = step->silence;
    if (step->file)
        snprintf(part->voice, sizeof part->voice, "%s%s", step->file, strchr(taking->voice, '+'));
    else
        snprintf(part->voice, sizeof part->voice, "%s", taking->voice);
    return 0;
}

int parts_make(struct parts **partsp, const char *text, const char *voice)
{
    struct parts *parts = mem_alloc(sizeof *parts, destroy);
    struct taking taking = {parts, voice};
    int err;

    if (!parts)
        return ENOMEM;
    err = ssml_is(text) ? render(text, take, &taking) : cut_plain(parts, text, voice);
    if (err)
        mem_unref(parts);
    else
        *partsp = parts;
    return err;
}

unsigned long parts_silence(const struct parts *parts)
{
    unsigned long silence = 0;

    for (size_t i = 0; i < parts->count; i++)
        silence += parts->part[i].silence;
    return silence;
}
