/* salvage.c: what a crash leaves, made whole: the header of a WAV or an MP3 tells of all that
 * was written, and the file gets its name. An Ogg needs nothing. */
#include "record/private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RIFF = 12 /* [bytes] before the first chunk */, CHUNK = 8 };

static uint32_t number_at(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void set_number(uint8_t *at, uint64_t number)
{
    uint32_t n = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;

    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(n >> 8 * i);
}

/* Where the sound of a WAV begins, from its first bytes; 0: it is none. */
static size_t data_of(const uint8_t *bytes, size_t size)
{
    size_t at = RIFF;

    if (size < RIFF || memcmp(bytes, "RIFF", 4) != 0)
        return 0;
    while (at + CHUNK <= size) {
        if (!memcmp(bytes + at, "data", 4))
            return at + CHUNK;
        at += CHUNK + (size_t)number_at(bytes + at + 4);
    }
    return 0;
}

static int repair_wav(int fd, int64_t size)
{
    uint8_t head[512];
    ssize_t got = pread(fd, head, sizeof head, 0);
    size_t data = got > 0 ? data_of(head, (size_t)got) : 0;

    if (!data)
        return ENOENT;
    set_number(head + 4, (uint64_t)size - CHUNK);
    set_number(head + data - 4, (uint64_t)size - data);
    return pwrite(fd, head, data, 0) == (ssize_t)data ? 0 : errno;
}

/* How many channels its first frame is of; 0: it is none of ours. */
static unsigned mp3_channels(int fd)
{
    uint8_t head[4] = {0};

    if (pread(fd, head, sizeof head, 0) != sizeof head || head[0] != 0xff || head[1] != 0xf3)
        return 0;
    return head[3] >> 6 == 3 ? 1 : 2;
}

static int repair_mp3(int fd, int64_t size)
{
    uint8_t head[2 * MP3_FRAME];
    unsigned channels = mp3_channels(fd);
    int64_t frame = (int64_t)channels * MP3_FRAME;

    if (!channels || size < 2 * frame)
        return ENOENT;
    size -= size % frame;
    mp3_head(head, channels, size, size / frame * MP3_SAMPLES);
    if (ftruncate(fd, size) || pwrite(fd, head, (size_t)frame, 0) != frame)
        return errno;
    return 0;
}

static int repair(const char *path, enum recording_format format)
{
    int fd = open(path, O_RDWR | O_CLOEXEC), err = 0;
    struct stat about;

    if (fd < 0)
        return errno;
    if (fstat(fd, &about))
        err = errno;
    else if (format == RECORDING_WAV)
        err = repair_wav(fd, about.st_size);
    else if (format == RECORDING_MP3)
        err = repair_mp3(fd, about.st_size);
    if (!err && fdatasync(fd))
        err = errno;
    close(fd);
    return err;
}

static int measure(const char *path, int64_t *duration, int64_t *size)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    struct stat about;

    if (!file)
        return ENOENT;
    sf_close(file);
    if (stat(path, &about))
        return errno;
    *duration = info.frames * 1000 / RECORDING_RATE;
    *size = about.st_size;
    return 0;
}

int salvage(const char *path, enum recording_format format, int64_t *duration, int64_t *size)
{
    char *part = mem_printf("%s.part", path);
    int err;

    if (!part)
        return ENOMEM;
    err = repair(part, format);
    if (!err)
        err = measure(part, duration, size);
    if (!err && rename(part, path))
        err = errno;
    if (err == ENOENT) {
        unlink(part);
        err = measure(path, duration, size);
    }
    mem_unref(part);
    return err;
}
