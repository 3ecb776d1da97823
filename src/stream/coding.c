/* coding.c: what one format needs of memory. */
#include "base/mem.h"
#include "stream/private.h"

#include <errno.h>

struct stream_coding {
    char nothing; /* G.711 needs none */
};

int stream_coding_alloc(struct stream_coding **coding, const struct stream_params *params)
{
    if (params->format.codec != CODEC_PCMU && params->format.codec != CODEC_PCMA)
        return EINVAL;
    *coding = mem_alloc(sizeof **coding, NULL);
    return *coding ? 0 : ENOMEM;
}
