/* reception.c: packets that came and packets that should have. */
#include "stream/reception.h"

enum {
    JUMP = 3000, /* [packets] a step further ahead than this is a new beginning */
    BACK = 100,  /* [packets] or one further back than this */
    LOST_MOST = 0x7fffff
};

static void begin(struct reception *reception, uint32_t ssrc, uint16_t sequence)
{
    *reception = (struct reception){
        .any = true, .ssrc = ssrc, .first = sequence, .highest = sequence, .received = 1};
}

void reception_take(struct reception *reception, uint32_t ssrc, uint16_t sequence)
{
    int ahead = (int16_t)(uint16_t)(sequence - reception->highest);

    if (!reception->any || reception->ssrc != ssrc || ahead > JUMP || ahead < -BACK) {
        begin(reception, ssrc, sequence);
        return;
    }
    reception->received++;
    if (ahead > 0)
        reception->highest += (uint32_t)ahead;
}

static uint8_t fraction_of(uint32_t expected, uint32_t received)
{
    if (received >= expected)
        return 0;
    return (uint8_t)((expected - received) * UINT64_C(256) / expected); /* something came: < 256 */
}

static int32_t limit(int32_t lost)
{
    return lost > LOST_MOST ? LOST_MOST : lost < -LOST_MOST - 1 ? -LOST_MOST - 1 : lost;
}

bool reception_report(struct reception *reception, struct report_heard *heard)
{
    uint32_t expected = reception->highest - reception->first + 1;
    uint32_t received = reception->received - reception->received_before;

    if (!reception->any || !received)
        return false;
    heard->ssrc = reception->ssrc;
    heard->highest = reception->highest;
    heard->lost = limit((int32_t)(expected - reception->received));
    heard->fraction = fraction_of(expected - reception->expected_before, received);
    reception->expected_before = expected;
    reception->received_before = reception->received;
    return true;
}
