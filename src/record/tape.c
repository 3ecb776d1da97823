/* tape.c: a file of sound that grows. The library writes through our own calls, so that
 * the system's errors are ours to see, whatever an encoder makes of them. */
#include "record/private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 50 /* [frames] between two updates of the header */ };

static void fail(struct tape *tape, int err, const char *reason)
{
    char text[sizeof tape->reason];

    if (tape->error)
        return;
    tape->error = err;
    snprintf(tape->reason, sizeof tape->reason, "%s",
             reason ? reason : strerror_r(err, text, sizeof text));
}

static sf_count_t length_of(void *arg)
{
    const struct tape *tape = arg;
    struct stat about;

    return fstat(tape->fd, &about) ? -1 : about.st_size;
}

static sf_count_t seek(sf_count_t offset, int whence, void *arg)
{
    const struct tape *tape = arg;

    return lseek(tape->fd, offset, whence);
}

static sf_count_t tell(void *arg)
{
    return seek(0, SEEK_CUR, arg);
}

static sf_count_t get(void *data, sf_count_t size, void *arg)
{
    const struct tape *tape = arg;
    ssize_t got = read(tape->fd, data, (size_t)size);

    return got < 0 ? 0 : got;
}

static sf_count_t put(const void *data, sf_count_t size, void *arg)
{
    struct tape *tape = arg;
    sf_count_t done = 0;

    while (done < size && !tape->error) {
        ssize_t n = write(tape->fd, (const char *)data + done, (size_t)(size - done));

        if (n > 0)
            done += n;
        else if (n == 0 || errno != EINTR)
            fail(tape, n ? errno : EIO, NULL);
    }
    return done;
}

static int make_file(struct tape *tape, const char *path)
{
    tape->part = mem_printf("%s.part", path);
    if (!tape->part)
        return ENOMEM;
    tape->fd = open(tape->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    return tape->fd < 0 ? errno : 0;
}

static int make_resamplers(struct tape *tape)
{
    int err = 0;

    for (unsigned i = 0; i < tape->channels && !err; i++)
        err = resample_alloc(&tape->resample[i], 8000, RECORDING_RATE);
    return err;
}

/* On average 32 kbit/s a channel; the library counts 160 … 8 kbit/s as 0 … 1. (At a constant
 * rate it would not tell players of the encoder's delay, and the file be 0.1 s too long.) */
static void set_bitrate(struct tape *tape)
{
    double level = (160 - 32.0 * tape->channels) / (160 - 8);
    int mode = SF_BITRATE_MODE_AVERAGE;

    sf_command(tape->file, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    sf_command(tape->file, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
}

void tape_open(struct tape *tape, const char *path, enum recording_format format, unsigned channels)
{
    SF_VIRTUAL_IO io = {length_of, seek, get, put, tell};
    SF_INFO info = {
        .samplerate = RECORDING_RATE, .channels = (int)channels, .format = format_code(format)};
    int err;

    tape->channels = channels;
    tape->update = format == RECORDING_WAV; /* the others are streams: they need no length */
    err = make_resamplers(tape);
    if (!err)
        err = make_file(tape, path);
    if (err) {
        fail(tape, err, NULL);
        return;
    }
    tape->file = sf_open_virtual(&io, SFM_WRITE, &info, tape);
    if (!tape->file)
        fail(tape, EINVAL, sf_strerror(NULL));
    else if (format == RECORDING_MP3)
        set_bitrate(tape);
}

/* One channel's samples between each other's, at the rate of the file. In floats: of two
 * channels of integers the library's MP3 encoder (of 1.2) takes only half. */
static void weave(struct tape *tape, unsigned channel, float *out)
{
    int16_t line[BATCH * RECORDING_FRAME * RECORDING_UP];
    size_t n = resample_run(tape->resample[channel], line, tape->batch[channel],
                            (size_t)tape->frames * RECORDING_FRAME);

    for (size_t i = 0; i < n; i++)
        out[i * tape->channels + channel] = (float)line[i] / 32768;
}

static void encode(struct tape *tape)
{
    float out[2 * BATCH * RECORDING_FRAME * RECORDING_UP];
    sf_count_t n = (sf_count_t)tape->frames * RECORDING_FRAME * RECORDING_UP;

    for (unsigned i = 0; i < tape->channels; i++)
        weave(tape, i, out);
    if (sf_writef_float(tape->file, out, n) != n)
        fail(tape, EIO, sf_strerror(tape->file));
    if (!tape->error)
        tape->written += tape->frames;
    tape->frames = 0;
}

static void add(struct tape *tape, unsigned channel, const int16_t *sound)
{
    int16_t *at = tape->batch[channel] + (size_t)tape->frames * RECORDING_FRAME;

    if (sound)
        memcpy(at, sound, RECORDING_FRAME * sizeof *at);
    else
        memset(at, 0, RECORDING_FRAME * sizeof *at);
}

void tape_put(struct tape *tape, const int16_t *left, const int16_t *right)
{
    if (tape->error)
        return;
    add(tape, 0, left);
    if (tape->channels == 2)
        add(tape, 1, right);
    if (++tape->frames == BATCH)
        encode(tape);
}

void tape_pass(struct tape *tape, uint64_t frames)
{
    while (frames-- && !tape->error)
        tape_put(tape, NULL, NULL);
}

void tape_flush(struct tape *tape)
{
    if (tape->frames && !tape->error)
        encode(tape);
    if (!tape->update || tape->written - tape->headed < HEADER || tape->error)
        return;
    sf_command(tape->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    tape->headed = tape->written;
}

/* On disk, then by its name. */
static void publish(struct tape *tape, const char *path)
{
    if (!tape->error && fdatasync(tape->fd))
        fail(tape, errno, NULL);
    if (!tape->error && rename(tape->part, path))
        fail(tape, errno, NULL);
}

int64_t tape_close(struct tape *tape, const char *path)
{
    int64_t size;

    if (tape->fd < 0)
        return -1;
    tape_flush(tape);
    if (tape->file && sf_close(tape->file))
        fail(tape, EIO, "the encoder could not finish the file");
    tape->file = NULL;
    publish(tape, path);
    size = length_of(tape);
    close(tape->fd);
    tape->fd = -1;
    if (!tape->error || tape->written)
        return size;
    unlink(tape->part);
    return -1;
}

void tape_free(struct tape *tape)
{
    if (tape->file)
        sf_close(tape->file);
    if (tape->fd >= 0)
        close(tape->fd);
    for (unsigned i = 0; i < 2; i++)
        mem_unref(tape->resample[i]);
    mem_unref(tape->part);
}
