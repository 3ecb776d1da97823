/* coding.c: what one format needs of memory: made on control, so the worker need not allocate. */
#include "base/mem.h"
#include "stream/private.h"

#include <errno.h>

static void destroy(void *obj)
{
    struct stream_coding *coding = obj;

    mem_unref(coding->sending);
    mem_unref(coding->decoder);
    mem_unref(coding->other);
    secret_release(&coding->secrets);
}

/* For a peer that sends G.711 where another codec was agreed. */
static int make_other(struct stream_coding *coding)
{
    static const struct codec_format ulaw = {.codec = CODEC_PCMU};

    if (coding->format.codec == CODEC_PCMU || coding->format.codec == CODEC_PCMA)
        return 0;
    return decoder_alloc(&coding->other, &ulaw);
}

static int fill(struct stream_coding *coding, const struct stream_params *params)
{
    unsigned rate = codec_rate(&coding->format);
    int err = decoder_alloc(&coding->decoder, &coding->format);

    if (!err)
        err = sending_alloc(&coding->sending, params);
    if (!err)
        err = make_other(coding);
    if (!err)
        err = secret_alloc(&coding->secrets, params);
    if (!err && rate != 8000)
        err = resample_init(&coding->lift, 8000, rate);
    if (!err)
        playout_init(&coding->playout, &coding->format, coding->memory, coding->decoder,
                     coding->other, rate == 8000 ? NULL : &coding->lift);
    return err;
}

int stream_coding_alloc(struct stream_coding **codingp, const struct stream_params *params)
{
    struct stream_coding *coding;
    int err;

    if (!codec_has_rate(params->format.codec, codec_rate(&params->format)))
        return EINVAL;
    coding = mem_alloc(sizeof *coding + playout_memory(&params->format), destroy);
    if (!coding)
        return ENOMEM;
    coding->format = params->format;
    coding->ptime = params->ptime;
    err = fill(coding, params);
    if (err)
        mem_unref(coding);
    else
        *codingp = coding;
    return err;
}
