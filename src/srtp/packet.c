/* packet.c: what a context must know of the packets: where they stop being in clear. */
#include "srtp/private.h"

uint32_t packet_word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void packet_put_word(uint8_t *at, uint32_t word)
{
    at[0] = (uint8_t)(word >> 24);
    at[1] = (uint8_t)(word >> 16);
    at[2] = (uint8_t)(word >> 8);
    at[3] = (uint8_t)word;
}

uint16_t packet_number(const uint8_t *packet)
{
    return (uint16_t)(packet[2] << 8 | packet[3]);
}

size_t packet_header(const uint8_t *packet, size_t size)
{
    size_t header;

    if (size < RTP_HEADER || packet[0] >> 6 != 2)
        return 0;
    header = RTP_HEADER + 4 * (size_t)(packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (size < header + 4)
            return 0;
        header += 4 + 4 * (size_t)(packet[header + 2] << 8 | packet[header + 3]);
    }
    return header <= size ? header : 0;
}
