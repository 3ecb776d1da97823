/* file.c: see file.h. */
#include "cli/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_MAX_READ = 1 << 20 };

int file_read(char **textp, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
    char *text;
    size_t size = 0;
    ssize_t got;

    if (fd < 0)
        return errno;
    text = mem_alloc(SIZE_MAX_READ + 1, NULL);
    if (!text)
        err = ENOMEM;
    while (!err && (got = read(fd, text + size, SIZE_MAX_READ - size)) != 0) {
        if (got < 0 && errno != EINTR)
            err = errno;
        else if (got > 0)
            size += (size_t)got;
    }
    if (!err && size == SIZE_MAX_READ)
        err = EFBIG;
    close(fd);
    if (err)
        mem_unref(text);
    else
        *textp = text;
    return err;
}

int file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), err = 0;
    size_t size = strlen(text);

    if (fd < 0)
        return errno;
    if (write(fd, text, size) != (ssize_t)size)
        err = errno ? errno : EIO;
    if (close(fd) < 0 && !err)
        err = errno;
    return err;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    remove(path);
    return 0;
}

void file_remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
