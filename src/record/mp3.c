/* mp3.c: the frame of metadata ("Info" and what LAME added to it) in front of an MP3 of a
 * constant rate. It is a frame of silence to players that do not know it. The encoder's own
 * has a table of places to seek to and does not fit into a frame of 32 kbit/s; at a constant
 * rate nobody needs one. Layer III of MPEG-2: ISO 13818-3. */
#include "record/private.h"

#include <string.h>

enum {
    DELAY = 576, /* [samples] the encoder is late */
    HAS_FRAMES_AND_BYTES = 3,
    CONSTANT = 1 /* rate */
};

static uint8_t *write_number(uint8_t *at, uint64_t number, unsigned bytes)
{
    while (bytes--)
        *at++ = (uint8_t)(number >> 8 * bytes);
    return at;
}

/* CRC-16 of polynomial 0x8005, the lowest bit first. */
static uint16_t checksum(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
    }
    return crc;
}

/* What the last frame has too much, in the 12 bits there are. */
static uint64_t padding(int64_t frames, int64_t samples)
{
    int64_t more = frames * MP3_SAMPLES - DELAY - samples;

    return more < 0 ? 0 : more > 4095 ? 4095 : (uint64_t)more;
}

void mp3_head(uint8_t frame[2 * MP3_FRAME], unsigned channels, int64_t bytes, int64_t samples)
{
    static const uint8_t mono[] = {0xff, 0xf3, 0x48, 0xc4}, stereo[] = {0xff, 0xf3, 0x88, 0x64};
    unsigned size = channels * MP3_FRAME, side = channels == 1 ? 9 : 17;
    int64_t frames = bytes / size - 1;
    uint8_t *at = frame;

    memset(frame, 0, size);
    memcpy(at, channels == 1 ? mono : stereo, sizeof mono);
    at += sizeof mono + side;
    memcpy(at, "Info", 4);
    at = write_number(at + 4, HAS_FRAMES_AND_BYTES, 4);
    at = write_number(at, (uint64_t)frames, 4);
    at = write_number(at, (uint64_t)bytes, 4);
    memcpy(at, "LAME     ", 9);
    at = write_number(at + 9, CONSTANT, 1);
    at = write_number(at + 1 + 8 + 1, 32 * channels, 1); /* lowpass, gains, flags: not told */
    at = write_number(at, (uint64_t)DELAY << 12 | padding(frames, samples), 3);
    at = write_number(at + 4, (uint64_t)bytes, 4);
    at += 2; /* of the music: nobody looks */
    write_number(at, checksum(frame, (size_t)(at - frame)), 2);
}
