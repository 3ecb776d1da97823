/* format.c: the kinds of file there are. */
#include "record/private.h"

#include <string.h>

static const struct {
    const char *name;
    int major, minor;
    unsigned channels;
} formats[] = {
    [RECORDING_WAV] = {"wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16, RECORDING_CHANNELS},
    [RECORDING_MP3] = {"mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III, 2},
    [RECORDING_OGG] = {"ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS, 2},
};

enum { FORMATS = sizeof formats / sizeof *formats };

const char *recording_format_name(enum recording_format format)
{
    return formats[format].name;
}

bool recording_format_parse(const char *name, enum recording_format *format)
{
    for (unsigned i = 0; i < FORMATS; i++)
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum recording_format)i;
            return true;
        }
    return false;
}

/* A library that was built without an encoder does not list its kind of file. */
bool recording_format_can(enum recording_format format)
{
    int count = 0;

    if ((unsigned)format >= FORMATS)
        return false;
    sf_command(NULL, SFC_GET_FORMAT_MAJOR_COUNT, &count, sizeof count);
    for (int i = 0; i < count; i++) {
        SF_FORMAT_INFO info = {.format = i};

        if (!sf_command(NULL, SFC_GET_FORMAT_MAJOR, &info, sizeof info) &&
            info.format == formats[format].major)
            return true;
    }
    return false;
}

unsigned recording_format_channels(enum recording_format format)
{
    return formats[format].channels;
}

int format_code(enum recording_format format)
{
    return formats[format].major | formats[format].minor;
}
