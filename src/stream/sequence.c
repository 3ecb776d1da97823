/* sequence.c: a window of the last 64 numbers tells late packets from copies. */
#include "stream/sequence.h"

#include <stdlib.h>

enum { WINDOW = 64 };

static enum sequence_verdict begin(struct sequence *sequence, uint16_t number)
{
    enum sequence_verdict verdict = sequence->started ? SEQUENCE_RESTART : SEQUENCE_NEXT;

    sequence->started = true;
    sequence->highest = number;
    sequence->seen = 1;
    sequence->timed = false;
    sequence->received++;
    return verdict;
}

static enum sequence_verdict take_old(struct sequence *sequence, unsigned behind)
{
    uint64_t bit = behind < WINDOW ? UINT64_C(1) << behind : 0;

    if (!bit || sequence->seen & bit) {
        sequence->duplicate++;
        return SEQUENCE_DUPLICATE;
    }
    sequence->seen |= bit;
    sequence->received++;
    sequence->reordered++;
    if (sequence->lost)
        sequence->lost--;
    return SEQUENCE_REORDERED;
}

enum sequence_verdict sequence_take(struct sequence *sequence, uint16_t number)
{
    int ahead = (int16_t)(uint16_t)(number - sequence->highest);

    if (!sequence->started || abs(ahead) > SEQUENCE_JUMP)
        return begin(sequence, number);
    if (ahead <= 0)
        return take_old(sequence, (unsigned)-ahead);
    sequence->seen = ahead < WINDOW ? sequence->seen << ahead | 1 : 1;
    sequence->highest = number;
    sequence->received++;
    sequence->lost += (unsigned)ahead - 1;
    return SEQUENCE_NEXT;
}

void sequence_time(struct sequence *sequence, uint32_t timestamp, int64_t arrival)
{
    int64_t transit = (int32_t)((uint32_t)arrival - timestamp);

    if (sequence->timed) {
        double change = (double)llabs((int64_t)(int32_t)(transit - sequence->transit));

        sequence->jitter += (change - sequence->jitter) / 16;
        if (sequence->jitter > sequence->jitter_max)
            sequence->jitter_max = sequence->jitter;
    }
    sequence->timed = true;
    sequence->transit = transit;
}

void sequence_restart(struct sequence *sequence)
{
    sequence->started = false;
    sequence->timed = false;
}
