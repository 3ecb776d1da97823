/* tone.c: writes a tone as a sound file for the bench's server, WAV or MP3 by the file's name:
 *
 *     tone FILE HZ SECONDS RATE */
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 512 };
static const double LOUD = 0.25;

static int format_of(const char *file)
{
    const char *dot = strrchr(file, '.');

    if (dot && strcmp(dot, ".mp3") == 0)
        return SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
    return dot && strcmp(dot, ".wav") == 0 ? SF_FORMAT_WAV | SF_FORMAT_PCM_16 : 0;
}

/* 0, or -1 when the disk does not take it. */
static int write_tone(SNDFILE *out, double hz, double seconds, int rate)
{
    long all = lrint(seconds * rate);

    for (long done = 0; done < all; done += CHUNK) {
        float chunk[CHUNK];
        long count = all - done < CHUNK ? all - done : CHUNK;

        for (long i = 0; i < count; i++)
            chunk[i] = (float)(LOUD * sin(2 * M_PI * hz * (double)(done + i) / rate));
        if (sf_writef_float(out, chunk, count) != count)
            return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    SF_INFO info = {.channels = 1};
    SNDFILE *out;
    int err;

    if (argc == 5) {
        info.format = format_of(argv[1]);
        info.samplerate = atoi(argv[4]);
    }
    if (!info.format || info.samplerate <= 0) {
        fprintf(stderr, "usage: tone FILE.wav|FILE.mp3 HZ SECONDS RATE\n");
        return 2;
    }
    out = sf_open(argv[1], SFM_WRITE, &info);
    if (!out) {
        fprintf(stderr, "tone: %s: %s\n", argv[1], sf_strerror(NULL));
        return 2;
    }
    err = write_tone(out, atof(argv[2]), atof(argv[3]), info.samplerate);
    if (sf_close(out) || err) {
        fprintf(stderr, "tone: %s cannot be written\n", argv[1]);
        return 2;
    }
    return 0;
}
