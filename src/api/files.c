/* files.c: GET /v1/files/{id}: a recording, to tokens of its application. It is looked for and
 * opened on the HTTP thread: the folder of the application is all there is to ask. */
#include "api/legs.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &status) || !S_ISREG(status.st_mode))) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        *size = (size_t)status.st_size;
    return fd;
}

bool files_check(struct api_request *request)
{
    char *path = audio_file(request->api->recordings, request->application, request->ids[0],
                            request->api->kept);
    size_t size = 0;
    int fd = path ? open_file(path, &size) : -1;
    bool busy = path && fd < 0 && (errno == EMFILE || errno == ENFILE);

    mem_unref(path);
    if (fd < 0)
        api_refuse(request, busy ? API_UNAVAILABLE : API_NO_FILE, NULL);
    else
        api_answer_file(request, 200, "application/octet-stream", fd, size);
    return false;
}
