/* files.c: GET and HEAD /v1/files/{id}: a recording, or a part of it, to tokens of its
 * application. It is looked for and opened on the HTTP thread: the folder of the application is
 * all there is to ask. A file never changes; its tag is made of its size and time. */
#include "api/legs.h"
#include "api/range.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct file {
    int fd;
    uint64_t size;
    char tag[48], changed[32]; /* of the headers ETag, Last-Modified */
};

static bool open_file(struct file *file, const char *path)
{
    struct stat status;
    struct tm tm;

    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0)
        return false;
    if (fstat(file->fd, &status) || !S_ISREG(status.st_mode)) {
        close(file->fd);
        errno = ENOENT;
        return false;
    }
    file->size = (uint64_t)status.st_size;
    snprintf(file->tag, sizeof file->tag, "\"%" PRIx64 "-%" PRIx64 "\"", file->size,
             (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec);
    gmtime_r(&status.st_mtim.tv_sec, &tm);
    strftime(file->changed, sizeof file->changed, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return true;
}

/* Is one of a list of tags ours, or "*"? */
static bool has_tag(const char *list, const char *tag)
{
    return list && (strcmp(list, "*") == 0 || strstr(list, tag));
}

/* The part that is asked for, of the file as the asker knows it. */
static int part_of(struct api_request *request, const struct file *file, uint64_t *offset,
                   uint64_t *length)
{
    const char *as = rest_header(request->rest, "If-Range");
    bool whole = strcmp(rest_method(request->rest), "GET") != 0 ||
                 (as && strcmp(as, file->tag) != 0 && strcmp(as, file->changed) != 0);

    return range_parse(whole ? NULL : rest_header(request->rest, "Range"), file->size, offset,
                       length);
}

static void answer(struct api_request *request, const struct file *file)
{
    uint64_t offset, length;
    int status = part_of(request, file, &offset, &length);
    char place[80];
    const char *const headers[] = {"Accept-Ranges",
                                   "bytes",
                                   "ETag",
                                   file->tag,
                                   "Last-Modified",
                                   file->changed,
                                   status == 200 ? NULL : "Content-Range",
                                   place,
                                   NULL};

    if (status == 206)
        snprintf(place, sizeof place, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, offset,
                 offset + length - 1, file->size);
    else
        snprintf(place, sizeof place, "bytes */%" PRIu64, file->size);
    if (has_tag(rest_header(request->rest, "If-None-Match"), file->tag))
        status = 304;
    if (status == 200 || status == 206) {
        api_answer_file(request, status, "application/octet-stream", file->fd, (size_t)offset,
                        (size_t)length, headers);
        return;
    }
    close(file->fd);
    api_answer_text(request, status, NULL, NULL, headers);
}

bool files_check(struct api_request *request)
{
    char *path = audio_file(request->api->recordings, request->application, request->ids[0],
                            request->api->kept);
    struct file file;
    bool found = path && open_file(&file, path);
    bool busy = path && !found && (errno == EMFILE || errno == ENFILE);

    mem_unref(path);
    if (found)
        answer(request, &file);
    else
        api_refuse(request, busy ? API_UNAVAILABLE : API_NO_FILE, NULL);
    return false;
}
