/* utterance.c: the files of what was said to an input. They lie in a folder of their own among the
 * recordings, until they are recognised; one that is to be kept moves to the recordings of its
 * application. What is in the folder at a start, a crash has left: nobody asks for it any more. */
#include "ncco/input.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER ".speech"

char *utterance_path(const char *recordings, const char *file)
{
    char *folder = mem_printf("%s/" FOLDER, recordings);

    if (!folder)
        return NULL;
    mkdir(recordings, 0750);
    mkdir(folder, 0750);
    mem_unref(folder);
    return mem_printf("%s/" FOLDER "/%s.wav", recordings, file);
}

bool utterance_keep(const char *recordings, const char *application, const char *file)
{
    char *from = utterance_path(recordings, file);
    char *folder = mem_printf("%s/%s", recordings, application);
    char *to = mem_printf("%s/%s/%s.wav", recordings, application, file);
    int err = from && folder && to ? 0 : ENOMEM;

    if (!err) {
        mkdir(folder, 0750);
        err = rename(from, to) ? errno : 0;
    }
    mem_unref(from);
    mem_unref(folder);
    mem_unref(to);
    if (err)
        log_error("ncco", "speech is not kept id=%s: %s", file, strerror(err));
    return err == 0;
}

void utterances_drop(const char *recordings)
{
    char *path = mem_printf("%s/" FOLDER, recordings);
    DIR *folder = path ? opendir(path) : NULL;
    const struct dirent *file;
    unsigned count = 0;

    mem_unref(path);
    if (!folder)
        return;
    while ((file = readdir(folder))) {
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
            count += unlinkat(dirfd(folder), file->d_name, 0) == 0;
    }
    closedir(folder);
    if (count)
        log_info("ncco", "speech of the last run that nobody waits for is gone count=%u", count);
}
