/* decoder.c: payloads to sound. */
#include "audio/g711.h"
#include "audio/plc.h"
#include "base/mem.h"
#include "codec/codec.h"

#include <errno.h>
#include <string.h>

struct decoder {
    struct codec_format format;
    struct plc plc;
};

int decoder_alloc(struct decoder **decoderp, const struct codec_format *format)
{
    struct decoder *decoder;

    if (format->codec != CODEC_PCMU && format->codec != CODEC_PCMA)
        return EINVAL;
    decoder = mem_alloc(sizeof *decoder, NULL);
    if (!decoder)
        return ENOMEM;
    decoder->format = *format;
    *decoderp = decoder;
    return 0;
}

size_t decoder_length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    (void)decoder;
    (void)payload;
    return size <= 8 * CODEC_MS_MAX ? size : 0;
}

size_t decoder_run(struct decoder *decoder, int16_t *samples, size_t most, const uint8_t *payload,
                   size_t size)
{
    size_t n = decoder_length(decoder, payload, size);

    n = n < most ? n : most;
    if (decoder->format.codec == CODEC_PCMU)
        g711_ulaw_decode(samples, payload, n);
    else
        g711_alaw_decode(samples, payload, n);
    plc_good(&decoder->plc, samples, n);
    return n;
}

bool decoder_conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                     size_t next_size)
{
    (void)next;
    (void)next_size;
    plc_lost(&decoder->plc, samples, n);
    return false;
}

void decoder_reset(struct decoder *decoder)
{
    memset(&decoder->plc, 0, sizeof decoder->plc);
}
