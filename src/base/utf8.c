/* utf8.c: see utf8.h. */
#include "base/utf8.h"

size_t utf8_character(const uint8_t *text, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t size;

    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    size = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    if (size > left)
        return 0;
    if (text[0] == 0xe0)
        low = 0xa0;
    else if (text[0] == 0xed)
        high = 0x9f; /* no surrogates */
    else if (text[0] == 0xf0)
        low = 0x90;
    else if (text[0] == 0xf4)
        high = 0x8f;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}
