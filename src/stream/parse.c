/* parse.c: is it RTP? (RFC 3550, 5.1 and A.1) Whether the payload type is one that
 * was agreed is for the caller. */
#include "stream/bytes.h"
#include "stream/private.h"

bool stream_parse(struct packet *packet, const uint8_t *bytes, size_t size)
{
    size_t head = STREAM_HEADER, tail = 0;

    if (size < STREAM_HEADER || bytes[0] >> 6 != 2)
        return false;
    head += 4 * (size_t)(bytes[0] & 15);
    if (bytes[0] & 0x10) { /* extension */
        if (size < head + 4)
            return false;
        head += 4 + 4 * (size_t)get16(bytes + head + 2);
    }
    if (size < head)
        return false;
    if (bytes[0] & 0x20) { /* padding */
        tail = bytes[size - 1];
        if (!tail || tail > size - head)
            return false;
    }
    *packet = (struct packet){
        .bytes = bytes,
        .size = size,
        .payload = bytes + head,
        .payload_size = size - head - tail,
        .type = bytes[1] & 127,
        .sequence = get16(bytes + 2),
        .timestamp = get32(bytes + 4),
        .ssrc = get32(bytes + 8),
    };
    return true;
}
