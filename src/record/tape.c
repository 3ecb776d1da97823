/* tape.c: a file of sound that grows. The library writes through our own calls, so that
 * the system's errors are ours to see, whatever an encoder makes of them. */
#include "record/private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

    return fstat(tape->fd, &about) ? -1 : about.st_size - (sf_count_t)tape->head;
}

static sf_count_t seek(sf_count_t offset, int whence, void *arg)
{
    const struct tape *tape = arg;
    sf_count_t head = (sf_count_t)tape->head;
    sf_count_t place = lseek(tape->fd, whence == SEEK_SET ? offset + head : offset, whence);

    return place < 0 ? place : place - head;
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

static int make_buffers(struct tape *tape)
{
    size_t samples = (size_t)tape->channels * BATCH * RECORDING_FRAME;
    int err = 0;

    tape->batch = calloc(samples, sizeof *tape->batch);
    tape->woven = calloc(samples * RECORDING_UP, sizeof *tape->woven);
    if (!tape->batch || !tape->woven)
        return ENOMEM;
    for (unsigned i = 0; i < tape->channels && !err; i++)
        err = resample_alloc(&tape->resample[i], 8000, RECORDING_RATE);
    return err;
}

/* 32 kbit/s a channel; the library counts 160 … 8 kbit/s as 0 … 1. */
static void set_bitrate(struct tape *tape)
{
    double level = (160 - 32.0 * tape->channels) / (160 - 8);
    int mode = SF_BITRATE_MODE_CONSTANT;

    sf_command(tape->file, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    sf_command(tape->file, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
}

/* Of two channels the library writes such a frame itself, and ours over it. */
static void write_mp3_head(struct tape *tape)
{
    uint8_t frame[2 * MP3_FRAME];
    size_t size = (size_t)tape->channels * MP3_FRAME;
    int64_t bytes = length_of(tape) + (int64_t)tape->head;

    if (!tape->head && bytes < (int64_t)size)
        return; /* it has not yet */
    if (bytes < (int64_t)size)
        bytes = (int64_t)size;
    mp3_head(frame, tape->channels, bytes, tape->written * RECORDING_FRAME * RECORDING_UP);
    if (pwrite(tape->fd, frame, size, 0) != (ssize_t)size)
        fail(tape, errno ? errno : EIO, NULL);
    tape->headed = tape->written;
}

/* Room for the frame of ours, which the library's come after. */
static void begin_mp3(struct tape *tape)
{
    tape->head = tape->channels == 1 ? MP3_FRAME : 0;
    if (!tape->head)
        return;
    write_mp3_head(tape);
    lseek(tape->fd, 0, SEEK_END);
}

void tape_open(struct tape *tape, const char *path, enum recording_format format, unsigned channels)
{
    SF_VIRTUAL_IO io = {length_of, seek, get, put, tell};
    SF_INFO info = {
        .samplerate = RECORDING_RATE, .channels = (int)channels, .format = format_code(format)};
    int err;

    tape->format = format;
    tape->channels = channels;
    err = make_buffers(tape);
    if (!err)
        err = make_file(tape, path);
    if (err) {
        fail(tape, err, NULL);
        return;
    }
    if (format == RECORDING_MP3)
        begin_mp3(tape);
    tape->file = sf_open_virtual(&io, SFM_WRITE, &info, tape);
    if (!tape->file)
        fail(tape, EINVAL, sf_strerror(NULL));
    else if (format == RECORDING_MP3)
        set_bitrate(tape);
}

/* One channel's samples between each other's, at the rate of the file. In floats: of two
 * channels of integers the library's MP3 encoder (of 1.2) takes only half. */
static void weave(struct tape *tape, unsigned channel)
{
    int16_t line[BATCH * RECORDING_FRAME * RECORDING_UP];
    size_t n = resample_run(tape->resample[channel], line,
                            tape->batch + (size_t)channel * BATCH * RECORDING_FRAME,
                            (size_t)tape->frames * RECORDING_FRAME);

    for (size_t i = 0; i < n; i++)
        tape->woven[i * tape->channels + channel] = (float)line[i] / 32768;
}

static void encode(struct tape *tape)
{
    sf_count_t n = (sf_count_t)tape->frames * RECORDING_FRAME * RECORDING_UP;

    for (unsigned i = 0; i < tape->channels; i++)
        weave(tape, i);
    if (sf_writef_float(tape->file, tape->woven, n) != n)
        fail(tape, EIO, sf_strerror(tape->file));
    if (!tape->error)
        tape->written += tape->frames;
    tape->frames = 0;
}

static void add(struct tape *tape, unsigned channel, const int16_t *sound)
{
    int16_t *at = tape->batch + ((size_t)channel * BATCH + tape->frames) * RECORDING_FRAME;

    if (sound)
        memcpy(at, sound, RECORDING_FRAME * sizeof *at);
    else
        memset(at, 0, RECORDING_FRAME * sizeof *at);
}

void tape_put(struct tape *tape, const int16_t *const *lines)
{
    if (tape->error)
        return;
    for (unsigned i = 0; i < tape->channels; i++)
        add(tape, i, lines[i]);
    if (++tape->frames == BATCH)
        encode(tape);
}

void tape_pass(struct tape *tape, uint64_t frames)
{
    static const int16_t *const silence[RECORDING_CHANNELS];

    while (frames-- && !tape->error)
        tape_put(tape, silence);
}

void tape_flush(struct tape *tape)
{
    if (tape->frames && !tape->error)
        encode(tape);
    if (tape->written - tape->headed < HEADER || tape->error)
        return;
    if (tape->format == RECORDING_MP3)
        write_mp3_head(tape);
    if (tape->format == RECORDING_WAV)
        sf_command(tape->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    tape->headed = tape->written;
}

/* On disk, then by its name. */
static bool publish(struct tape *tape, const char *path)
{
    if (fdatasync(tape->fd))
        fail(tape, errno, NULL);
    if (!rename(tape->part, path))
        return true;
    fail(tape, errno, NULL);
    return false;
}

int64_t tape_close(struct tape *tape, const char *path, bool *named)
{
    int64_t size;

    *named = false;
    if (tape->fd < 0)
        return -1;
    tape_flush(tape);
    if (tape->file && sf_close(tape->file))
        fail(tape, EIO, "the encoder could not finish the file");
    tape->file = NULL;
    if (tape->format == RECORDING_MP3)
        write_mp3_head(tape);
    if (!tape->error || tape->written)
        *named = publish(tape, path);
    else
        unlink(tape->part);
    size = length_of(tape) + (int64_t)tape->head;
    close(tape->fd);
    tape->fd = -1;
    return tape->error && !tape->written ? -1 : size;
}

void tape_free(struct tape *tape)
{
    if (tape->file)
        sf_close(tape->file);
    if (tape->fd >= 0)
        close(tape->fd);
    for (unsigned i = 0; i < RECORDING_CHANNELS; i++)
        mem_unref(tape->resample[i]);
    free(tape->batch);
    free(tape->woven);
    mem_unref(tape->part);
}
