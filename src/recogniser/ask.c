/* ask.c: the copy of a request. */
#include "recogniser/private.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

static void destroy(void *obj)
{
    struct ask *ask = obj;

    mem_unref(ask->recogniser);
    mem_unref(ask->path);
    mem_unref(ask->language);
    mem_unref(ask->leg);
    mem_unref(ask->application);
    mem_unref(ask->context);
    ask->magic = 0;
}

/* Pointers and texts in one block. */
static char **copy_texts(const char *const *texts, unsigned count)
{
    size_t size = count * sizeof *texts;
    char **copy, *at;

    for (unsigned i = 0; i < count; i++)
        size += strlen(texts[i]) + 1;
    copy = mem_alloc(size, NULL);
    if (!copy)
        return NULL;
    at = (char *)(copy + count);
    for (unsigned i = 0; i < count; i++) {
        size = strlen(texts[i]) + 1;
        copy[i] = memcpy(at, texts[i], size);
        at += size;
    }
    return copy;
}

struct ask *ask_alloc(const struct recogniser_request *request)
{
    const char *language = request->language;
    struct ask *ask = mem_alloc(sizeof *ask, destroy);

    if (!ask)
        return NULL;
    ask->magic = ASK_MAGIC;
    ask->path = mem_strdup(request->path);
    ask->language = mem_strdup(language && *language ? language : "en-US");
    ask->leg = mem_strdup(request->leg ? request->leg : "");
    ask->application = mem_strdup(request->application ? request->application : "");
    ask->context = copy_texts(request->context, request->context_count);
    ask->context_count = request->context_count;
    ask->sensitivity = request->sensitivity;
    if (ask->path && ask->language && ask->leg && ask->application && ask->context)
        return ask;
    return mem_unref(ask);
}

/* Subtags of 1 to 8 letters and digits, the first of letters (RFC 5646 2.1). */
bool ask_is_tag(const char *tag)
{
    size_t length = 0;
    bool first = true;

    if (strlen(tag) > RECOGNISER_LANGUAGE_MAX)
        return false;
    for (;; tag++) {
        if (*tag == '-' || !*tag) {
            if (length == 0 || length > 8 || (first && length < 2))
                return false;
            if (!*tag)
                return true;
            first = false;
            length = 0;
        } else if (!isalnum((unsigned char)*tag) || (first && isdigit((unsigned char)*tag))) {
            return false;
        } else {
            length++;
        }
    }
}
