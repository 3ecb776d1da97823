/* ask.c: questions, answered on the store thread once what was written before them
 * is durable. Each noun's are in a file of its own. */
#include "store/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

static const char **text_of(void *query, size_t offset)
{
    return (const char **)(void *)((char *)query + offset);
}

int ask_post(struct store *store, const struct question *question, const void *query,
             store_answer_h *answer, void *arg)
{
    size_t size = question->size;
    struct op *op;
    char *next;

    MAGIC_CHECK(store, STORE_MAGIC);
    for (size_t i = 0; i < question->count; i++) {
        const char *text = *text_of((void *)query, question->texts[i]);

        size += text ? strlen(text) + 1 : 0;
    }
    op = op_alloc(store, OP_ASK, size);
    if (!op)
        return ENOMEM;
    op->ask = question->run;
    op->answer = answer;
    op->arg = arg;
    memcpy(op->data, query, question->size);
    next = op->data + question->size;
    for (size_t i = 0; i < question->count; i++) {
        const char **text = text_of(op->data, question->texts[i]);

        if (!*text)
            continue;
        size = strlen(*text) + 1;
        *text = memcpy(next, *text, size);
        next += size;
    }
    return store_post(store, op);
}
