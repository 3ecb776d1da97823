/* text.c: UTF-8. */
#include "speech/text.h"

size_t text_character(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t size = *c < 0x80 ? *c != 0 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
    unsigned low = *c == 0xe0 ? 0xa0 : *c == 0xf0 ? 0x90 : 0x80;  /* no overlong ones */
    unsigned high = *c == 0xed ? 0x9f : *c == 0xf4 ? 0x8f : 0xbf; /* no surrogates, none beyond */

    if (size < 2)
        return size;
    if (*c > 0xf4 || c[1] < low || c[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}

bool text_is_valid(const char *text)
{
    size_t size;

    while ((size = text_character(text)) > 0)
        text += size;
    return *text == '\0';
}

bool text_has_words(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text > ' ' && *text != 0x7f)
            return true;
    }
    return false;
}

size_t text_count(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

bool text_may_hold(uint32_t character)
{
    if (character < 0x20)
        return character == '\t' || character == '\n' || character == '\r';
    return character != 0x7f && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
}

size_t text_put(char *out, uint32_t character)
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    out[0] = (char)(first[size] | character);
    return size;
}
