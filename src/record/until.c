/* until.c: the time until which a file is kept, in a file beside it: text, [s] since 1970. */
#include "record/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void until_write(const char *path, int64_t kept)
{
    const char *ending = strrchr(path, '.');
    int length = (int)(ending ? (size_t)(ending - path) : strlen(path));
    char *until = mem_printf("%.*s.until", length, path);
    int fd = until ? open(until, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : -1;

    if (fd >= 0) {
        dprintf(fd, "%lld\n", (long long)(clock_wall_ms() / 1000 + kept));
        close(fd);
    }
    mem_unref(until);
}
