/* sound.c: reads recorded sound by libsndfile, makes it mono and converts its rate
 * piece by piece, so what is held is only what is kept. A file may say anything:
 * nothing its header claims is trusted but rate and channels, within bounds. */
#include "player/sound.h"

#include "audio/convert.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LONGEST = SOUND_SECONDS_MAX,
    CHANNELS_MAX = 16,
    PIECE = 1024, /* [samples of each channel] read at once */
};

/* A sound while it is made. */
struct making {
    struct sound *sound;
    size_t room;  /* [samples] */
    size_t limit; /* [samples] */
};

static void sound_destroy(void *obj)
{
    struct sound *sound = obj;
    free(sound->samples);
}

static int make_room(struct making *making, size_t n)
{
    size_t need = making->sound->length + n, room = making->room ? making->room : 8192;
    if (need <= making->room)
        return 0;
    while (room < need)
        room *= 2;
    int16_t *samples = realloc(making->sound->samples, room * sizeof *samples);
    if (!samples)
        return ENOMEM;
    making->sound->samples = samples;
    making->room = room;
    return 0;
}

static int keep(const int16_t *samples, size_t n, void *arg)
{
    struct making *making = arg;
    if (making->sound->length + n > making->limit)
        return EFBIG;
    int err = make_room(making, n);
    if (err)
        return err;
    memcpy(making->sound->samples + making->sound->length, samples, n * sizeof *samples);
    making->sound->length += n;
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

static int read_all(SNDFILE *file, const SF_INFO *info, struct convert *convert)
{
    float piece[PIECE * CHANNELS_MAX], line[PIECE];
    int err = 0;
    sf_count_t got;
    while (!err && (got = sf_readf_float(file, piece, PIECE)) > 0) {
        for (sf_count_t i = 0; i < got; i++)
            line[i] = mono(piece + i * info->channels, info->channels);
        err = convert_run(convert, line, (size_t)got);
    }
    return err ? err : convert_end(convert);
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
    if (type != SF_FORMAT_MPEG && info->frames / info->samplerate > LONGEST)
        return "longer than an hour"; /* of an MP3 file that is only a guess */
    return NULL;
}

static const char *reason_of(int err)
{
    return err == EFBIG    ? "longer than an hour"
           : err == ENOMEM ? "out of memory"
                           : "the rate asked for is not between 4000 and 192000 Hz";
}

/* What is made so far is all: nothing but it is held. */
static int finish(struct sound *sound, int err, const char **reason)
{
    if (err) {
        *reason = reason_of(err);
        return err == ENOMEM ? ENOMEM : EINVAL;
    }
    if (sound->length == 0) {
        *reason = "there is no sound in it";
        return EINVAL;
    }
    int16_t *samples = realloc(sound->samples, sound->length * sizeof *samples);
    sound->samples = samples ? samples : sound->samples;
    return 0;
}

static int make(struct sound *sound, SNDFILE *file, const SF_INFO *info, const char **reason)
{
    struct making making = {.sound = sound, .limit = (size_t)sound->rate * LONGEST};
    struct convert *convert = NULL;
    int err = convert_alloc(&convert, (unsigned)info->samplerate, sound->rate, keep, &making);
    if (!err)
        err = read_all(file, info, convert);
    mem_unref(convert);
    return finish(sound, err, reason);
}

/* Takes the file, which may be NULL, and closes it. */
static int read_sound(struct sound **sound, SNDFILE *file, const SF_INFO *info, unsigned rate,
                      const char **reason)
{
    struct sound *new = NULL;
    int err = EINVAL;
    *reason = file ? refuse(info) : "not a WAV or MP3 file";
    if (*reason)
        goto out;
    new = mem_alloc(sizeof *new, sound_destroy);
    if (!new) {
        *reason = reason_of(ENOMEM);
        err = ENOMEM;
        goto out;
    }
    new->rate = rate;
    err = make(new, file, info, reason);
    if (err)
        goto out;
    *sound = new;
    new = NULL;
out:
    mem_unref(new);
    if (file)
        sf_close(file);
    return err;
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

int sound_read_file(struct sound **sound, const char *path, unsigned rate, const char **reason)
{
    SF_INFO info = {0};
    int fd = -1;
    int err = open_file(&fd, path, reason);
    if (err)
        return err;
    err = read_sound(sound, sf_open_fd(fd, SFM_READ, &info, SF_FALSE), &info, rate, reason);
    close(fd);
    return err;
}

/* Bytes in memory as a file. */
struct bytes {
    const char *data;
    sf_count_t size, at;
};

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

int sound_read_memory(struct sound **sound, const void *data, size_t size, unsigned rate,
                      const char **reason)
{
    static SF_VIRTUAL_IO io = {
        .get_filelen = bytes_length, .seek = bytes_seek, .read = bytes_read, .tell = bytes_tell};
    struct bytes bytes = {.data = data, .size = (sf_count_t)size};
    SF_INFO info = {0};
    SNDFILE *file = size > 0 ? sf_open_virtual(&io, SFM_READ, &info, &bytes) : NULL;
    return read_sound(sound, file, &info, rate, reason);
}

static int convert_all(struct convert *convert, const int16_t *samples, size_t n)
{
    float piece[PIECE];
    int err = 0;
    for (size_t at = 0, count; !err && at < n; at += count) {
        count = n - at < PIECE ? n - at : PIECE;
        for (size_t i = 0; i < count; i++)
            piece[i] = samples[at + i];
        err = convert_run(convert, piece, count);
    }
    return err ? err : convert_end(convert);
}

int sound_from_samples(struct sound **sound, const int16_t *samples, size_t n, unsigned from,
                       unsigned rate, const char **reason)
{
    struct sound *new = mem_alloc(sizeof *new, sound_destroy);
    struct making making = {.sound = new, .limit = (size_t)rate *LONGEST};
    struct convert *convert = NULL;
    int err = new ? convert_alloc(&convert, from, rate, keep, &making) : ENOMEM;
    *reason = NULL;
    if (!err) {
        new->rate = rate;
        err = convert_all(convert, samples, n);
    }
    mem_unref(convert);
    if (!new)
        *reason = reason_of(err);
    else
        err = finish(new, err, reason);
    if (err)
        mem_unref(new);
    else
        *sound = new;
    return err;
}
