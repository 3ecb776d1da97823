/* fetch_file.c: a file as the body of a request: read piece by piece as curl sends it, on a
 * connection of its own: one that was kept may die while the file goes out, and then curl cannot
 * tell whether it was heard. */
#include "http/fetch_file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t give(char *data, size_t one, size_t room, void *arg)
{
    struct fetch_file *file = arg;
    size_t want = one * room;
    ssize_t n;

    if ((off_t)want > file->left)
        want = (size_t)file->left;
    if (want == 0)
        return 0;
    do
        n = read(file->fd, data, want);
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        file->bad = true;
        return CURL_READFUNC_ABORT;
    }
    file->left -= n;
    return (size_t)n;
}

static int rewind_to(void *arg, curl_off_t offset, int origin)
{
    struct fetch_file *file = arg;

    if (origin != SEEK_SET || offset > file->size || lseek(file->fd, offset, SEEK_SET) != offset)
        return CURL_SEEKFUNC_FAIL;
    file->left = file->size - offset;
    return CURL_SEEKFUNC_OK;
}

int fetch_file_open(struct fetch_file *file, CURL *easy)
{
    struct stat at;

    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0)
        return errno;
    file->is_open = true;
    if (fstat(file->fd, &at) < 0)
        return errno;
    if (!S_ISREG(at.st_mode))
        return EINVAL;
    file->size = file->left = at.st_size;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)at.st_size);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, file);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_to);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, file);
    return 0;
}

void fetch_file_close(struct fetch_file *file)
{
    if (file->is_open)
        close(file->fd);
    file->is_open = false;
    file->path = mem_unref(file->path);
}
