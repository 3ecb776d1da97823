/* coding.c: what one format needs of memory. */
#include "base/mem.h"
#include "stream/private.h"

#include <errno.h>

static void destroy(void *obj)
{
    struct stream_coding *coding = obj;

    mem_unref(coding->sending);
}

int stream_coding_alloc(struct stream_coding **codingp, const struct stream_params *params)
{
    struct stream_coding *coding = mem_alloc(sizeof *coding, destroy);
    int err;

    if (!coding)
        return ENOMEM;
    err = sending_alloc(&coding->sending, params);
    if (err)
        mem_unref(coding);
    else
        *codingp = coding;
    return err;
}
