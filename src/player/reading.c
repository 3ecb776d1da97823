/* reading.c: reads recorded sound by libsndfile, makes it mono and converts its rate
 * piece by piece, so what is held is only what is kept. A file may say anything:
 * nothing its header claims is trusted but rate and channels, within bounds. */
#include "player/reading.h"

#include "audio/convert.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHANNELS_MAX = 16,
    PIECE = 1024, /* [samples of each channel] read at once */
};

/* Bytes in memory as a file. */
struct bytes {
    const char *data;
    sf_count_t size, at;
};

struct reading {
    struct bytes bytes;
    int fd; /* -1: none */
    SNDFILE *file;
    SF_INFO info;
    struct convert *convert;
    struct sound *sound; /* our reference */
};

static void reading_destroy(void *obj)
{
    struct reading *reading = obj;

    if (reading->sound)
        sound_end(reading->sound, false);
    mem_unref(reading->sound);
    mem_unref(reading->convert);
    if (reading->file)
        sf_close(reading->file);
    if (reading->fd >= 0)
        close(reading->fd);
}

static sf_count_t bytes_length(void *arg)
{
    return ((struct bytes *)arg)->size;
}

static sf_count_t bytes_tell(void *arg)
{
    return ((struct bytes *)arg)->at;
}

static sf_count_t bytes_seek(sf_count_t offset, int whence, void *arg)
{
    struct bytes *bytes = arg;
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? bytes->at : bytes->size;
    if (offset < -base || offset > bytes->size - base)
        return -1;
    return bytes->at = base + offset;
}

static sf_count_t bytes_read(void *out, sf_count_t count, void *arg)
{
    struct bytes *bytes = arg;
    sf_count_t left = bytes->size - bytes->at;
    sf_count_t n = count < left ? count : left;
    if (n <= 0)
        return 0;
    memcpy(out, bytes->data + bytes->at, (size_t)n);
    bytes->at += n;
    return n;
}

/* The descriptor of a plain file; never waits for one that is a pipe or device. */
static int open_file(int *file, const char *path, const char **reason)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        int err = errno;
        *reason = strerrordesc_np(err);
        if (fd >= 0)
            close(fd);
        return err;
    }
    if (!S_ISREG(status.st_mode)) {
        *reason = "not a file";
        close(fd);
        return EINVAL;
    }
    *file = fd;
    return 0;
}

/* The mean of the channels on the 16-bit scale. A float file may hold no numbers. */
static float mono(const float *sample, int channels)
{
    float sum = 0;
    for (int i = 0; i < channels; i++)
        sum += isfinite(sample[i]) ? fminf(1, fmaxf(-1, sample[i])) : 0;
    return sum * 32768 / (float)channels;
}

/* NULL when we take such a file, or else why not. */
static const char *refuse(const SF_INFO *info)
{
    int type = info->format & SF_FORMAT_TYPEMASK;
    if (type != SF_FORMAT_WAV && type != SF_FORMAT_WAVEX && type != SF_FORMAT_RF64 &&
        type != SF_FORMAT_MPEG)
        return "not a WAV or MP3 file";
    if (info->samplerate < CONVERT_RATE_MIN || info->samplerate > CONVERT_RATE_MAX)
        return "its sample rate is not between 4000 and 192000 Hz";
    if (info->channels < 1 || info->channels > CHANNELS_MAX)
        return "it has more than 16 channels";
    if (type != SF_FORMAT_MPEG && info->frames / info->samplerate > SOUND_SECONDS_MAX)
        return "longer than an hour"; /* of an MP3 file that is only a guess */
    return NULL;
}

const char *reading_reason(int err)
{
    return err == EFBIG    ? "longer than an hour"
           : err == ENOMEM ? "out of memory"
                           : "the rate asked for is not between 4000 and 192000 Hz";
}

static int keep(const int16_t *samples, size_t n, void *arg)
{
    struct reading *reading = arg;

    return sound_add(reading->sound, samples, n);
}

static struct reading *new_reading(void)
{
    struct reading *reading = mem_alloc(sizeof *reading, reading_destroy);

    if (reading)
        reading->fd = -1;
    return reading;
}

/* Behind libsndfile's opening, which may have failed. */
static int begin(struct reading *reading, unsigned rate, const char **reason)
{
    int err;

    *reason = reading->file ? refuse(&reading->info) : "not a WAV or MP3 file";
    if (*reason)
        return EINVAL;
    err = convert_alloc(&reading->convert, (unsigned)reading->info.samplerate, rate, keep, reading);
    if (!err)
        err = sound_grow(&reading->sound, rate, (size_t)rate * SOUND_SECONDS_MAX);
    if (err)
        *reason = reading_reason(err);
    return err;
}

int reading_open_file(struct reading **readingp, const char *path, unsigned rate,
                      const char **reason)
{
    struct reading *reading = new_reading();
    int err;

    if (!reading) {
        *reason = reading_reason(ENOMEM);
        return ENOMEM;
    }
    err = open_file(&reading->fd, path, reason);
    if (!err) {
        reading->file = sf_open_fd(reading->fd, SFM_READ, &reading->info, SF_FALSE);
        err = begin(reading, rate, reason);
    }
    if (err)
        mem_unref(reading);
    else
        *readingp = reading;
    return err;
}

int reading_open_memory(struct reading **readingp, const void *data, size_t size, unsigned rate,
                        const char **reason)
{
    static SF_VIRTUAL_IO io = {
        .get_filelen = bytes_length, .seek = bytes_seek, .read = bytes_read, .tell = bytes_tell};
    struct reading *reading = new_reading();
    int err;

    if (!reading) {
        *reason = reading_reason(ENOMEM);
        return ENOMEM;
    }
    reading->bytes = (struct bytes){.data = data, .size = (sf_count_t)size};
    if (size > 0)
        reading->file = sf_open_virtual(&io, SFM_READ, &reading->info, &reading->bytes);
    err = begin(reading, rate, reason);
    if (err)
        mem_unref(reading);
    else
        *readingp = reading;
    return err;
}

struct sound *reading_sound(const struct reading *reading)
{
    return reading->sound;
}

/* One piece; *end: there is no more. */
static int read_piece(struct reading *reading, bool *end)
{
    float piece[PIECE * CHANNELS_MAX], line[PIECE];
    sf_count_t got = sf_readf_float(reading->file, piece, PIECE);

    *end = got <= 0;
    for (sf_count_t i = 0; i < got; i++)
        line[i] = mono(piece + i * reading->info.channels, reading->info.channels);
    return *end ? convert_end(reading->convert) : convert_run(reading->convert, line, (size_t)got);
}

int reading_go_on(struct reading *reading, size_t samples, const char **reason)
{
    size_t until = sound_length(reading->sound) + samples;
    bool end = false;
    int err = 0;

    while (!err && !end && sound_length(reading->sound) < until)
        err = read_piece(reading, &end);
    if (err) {
        *reason = reading_reason(err);
    } else if (!end) {
        return EAGAIN;
    } else if (sound_length(reading->sound) == 0) {
        *reason = "there is no sound in it";
        err = EINVAL;
    }
    sound_end(reading->sound, !err);
    return err == EFBIG ? EINVAL : err;
}
