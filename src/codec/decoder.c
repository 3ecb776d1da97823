/* decoder.c: payloads to sound, by the codec's own operations; and what is the same for
 * all: bounds, and the concealment of those that have none. */
#include "codec/private.h"

#include "audio/conceal.h"
#include "base/mem.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

static const struct decoder_kind *const kinds[CODEC_COUNT] = {
    [CODEC_PCMU] = &g711_ulaw_decoder, [CODEC_PCMA] = &g711_alaw_decoder,
    [CODEC_G722] = &g722_decoder,      [CODEC_G729] = &g729_decoder,
    [CODEC_GSM] = &gsm_decoder,        [CODEC_SPEEX] = &speex_decoder,
    [CODEC_L16] = &l16_decoder,        [CODEC_OPUS] = &opus_kind_decoder,
};

static void decoder_destroy(void *obj)
{
    struct decoder *decoder = obj;

    if (decoder->kind->close)
        decoder->kind->close(decoder);
}

/* The decoder, its state and the history of the concealment are one piece of memory. */
static struct decoder *make(const struct decoder_kind *kind, const struct codec_format *format)
{
    unsigned rate = codec_rate(format);
    size_t align = alignof(struct conceal), size = kind->size ? kind->size(format) : 0, behind;
    struct decoder *decoder;

    behind = (sizeof *decoder + size + align - 1) / align * align;
    decoder = mem_alloc(behind + (kind->conceal ? 0 : conceal_size(rate)), decoder_destroy);
    if (!decoder)
        return NULL;
    decoder->kind = kind;
    decoder->format = *format;
    decoder->format.rate = rate;
    decoder->state = size ? decoder + 1 : NULL;
    if (!kind->conceal) {
        decoder->conceal = (void *)((char *)decoder + behind);
        conceal_init(decoder->conceal, rate);
    }
    return decoder;
}

int decoder_alloc(struct decoder **decoderp, const struct codec_format *format)
{
    struct decoder *decoder;
    int err;

    if (!codec_known(format))
        return EINVAL;
    decoder = make(kinds[format->codec], format);
    if (!decoder)
        return ENOMEM;
    err = decoder->kind->open ? decoder->kind->open(decoder) : 0;
    if (err) {
        mem_unref(decoder);
        return err;
    }
    *decoderp = decoder;
    return 0;
}

size_t decoder_length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    size_t n = size > 0 ? decoder->kind->length(decoder, payload, size) : 0;

    return n <= codec_most(&decoder->format) ? n : 0;
}

/* A payload of more than the caller has room for. */
static size_t run_part(struct decoder *decoder, int16_t *samples, size_t most,
                       const uint8_t *payload, size_t size)
{
    int16_t all[CODEC_RATE_MAX * CODEC_MS_MAX / 1000];

    if (!decoder->kind->run(decoder, all, payload, size))
        return 0;
    memcpy(samples, all, most * sizeof *samples);
    return most;
}

size_t decoder_run(struct decoder *decoder, int16_t *samples, size_t most, const uint8_t *payload,
                   size_t size)
{
    size_t n = decoder_length(decoder, payload, size);

    if (n > most)
        n = run_part(decoder, samples, most, payload, size);
    else if (n > 0 && !decoder->kind->run(decoder, samples, payload, size))
        n = 0;
    if (n > 0 && decoder->conceal)
        conceal_good(decoder->conceal, samples, n);
    return n;
}

bool decoder_conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                     size_t next_size)
{
    if (decoder->kind->conceal)
        return decoder->kind->conceal(decoder, samples, n, next, next_size);
    conceal_lost(decoder->conceal, samples, n);
    return false;
}

void decoder_reset(struct decoder *decoder)
{
    if (decoder->kind->reset)
        decoder->kind->reset(decoder);
    if (decoder->conceal)
        conceal_init(decoder->conceal, decoder->format.rate);
}

void rest_fill(struct rest *rest, int16_t *samples, size_t n, size_t frame,
               void (*make_up)(struct decoder *decoder, int16_t *samples), struct decoder *decoder)
{
    while (n > 0) {
        size_t part;

        if (rest->count == 0) {
            make_up(decoder, rest->samples);
            rest->count = (unsigned)frame;
        }
        part = n < rest->count ? n : rest->count;
        memcpy(samples, rest->samples + frame - rest->count, part * sizeof *samples);
        rest->count -= (unsigned)part;
        samples += part;
        n -= part;
    }
}
