/* unpack.c: a row of six packets; where one is missing it begins anew. */
#include "bench/load/unpack.h"

#include <opus/opus.h>

enum { RATE = 8000, ROW = 6 };

static bool begin(struct unpack *unpack)
{
    int err = OPUS_OK;

    if (!unpack->decoder)
        unpack->decoder = opus_decoder_create(RATE, 1, &err);
    else
        opus_decoder_ctl(unpack->decoder, OPUS_RESET_STATE);
    unpack->row = 0;
    return unpack->decoder != NULL;
}

bool unpack_take(struct unpack *unpack, const uint8_t *payload, size_t size, uint16_t number,
                 int16_t samples[SONG_FRAME])
{
    if ((unpack->row == 0 || number != unpack->next) && !begin(unpack))
        return false;
    unpack->next = (uint16_t)(number + 1);
    if (opus_decode(unpack->decoder, payload, (opus_int32)size, samples, SONG_FRAME, 0) ==
        SONG_FRAME)
        unpack->row++;
    else
        unpack->row = 0;
    if (unpack->row < ROW)
        return false;
    unpack->row = 0;
    return true;
}

void unpack_close(struct unpack *unpack)
{
    if (unpack->decoder)
        opus_decoder_destroy(unpack->decoder);
    unpack->decoder = NULL;
}
