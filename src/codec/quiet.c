/* quiet.c: silence, which half of all legs hear at any time, encoded only until the codec has
 * settled. From then on its last payload goes out again: to the far decoder it is more of the
 * same, and the encoder stands where that one stands when sound comes again. */
#include "codec/private.h"

#include <string.h>

enum {
    SETTLE = 25,    /* runs of silence */
    PAUSE_MAX = 20, /* of them without a payload, as libopus has it (400 ms) */
};

static size_t encode(struct encoder *encoder, uint8_t *out, size_t n)
{
    struct quiet *quiet = encoder->quiet;
    size_t size = encoder->kind->run(encoder, out, codec_silence, n);

    quiet->runs++;
    quiet->pause = size ? 0 : quiet->pause + 1;
    if (size && size <= sizeof quiet->payload) {
        memcpy(quiet->payload, out, size);
        quiet->size = size;
    }
    return size;
}

size_t quiet_run(struct encoder *encoder, uint8_t *out, size_t n)
{
    struct quiet *quiet = encoder->quiet;

    if (quiet->n != n)
        quiet_end(encoder);
    quiet->n = n;
    if (quiet->runs < SETTLE || !quiet->size)
        return encode(encoder, out, n);
    if (quiet->pause && quiet->pause++ < PAUSE_MAX)
        return 0;
    quiet->pause = quiet->pause ? 1 : 0;
    memcpy(out, quiet->payload, quiet->size);
    return quiet->size;
}

void quiet_end(struct encoder *encoder)
{
    struct quiet *quiet = encoder->quiet;

    if (!quiet)
        return;
    quiet->runs = quiet->pause = 0;
    quiet->size = 0;
}
