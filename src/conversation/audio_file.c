/* audio_file.c: the files of recordings: {recordings}/{application}/{id}.{wav,mp3,ogg}. They
 * are kept for 30 days; a thread of its own looks for older ones once an hour, since a folder
 * may be long and a disk slow. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 30 * 86400, EVERY = 3600 }; /* [s] */

static const char *const endings[] = {"wav", "mp3", "ogg"};

char *audio_file(const char *recordings, const char *application, const char *id)
{
    if (!id_is_uuid(id) || !id_is_uuid(application))
        return NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *path = mem_printf("%s/%s/%s.%s", recordings, application, id, endings[i]);
        struct stat status;

        if (path && !stat(path, &status) && S_ISREG(status.st_mode))
            return path;
        mem_unref(path);
    }
    return NULL;
}

struct retention {
    char *recordings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* lock */
};

/* The names that recordings have, finished or not; nothing else is touched. */
static bool is_ours(const char *name)
{
    char id[ID_UUID];

    snprintf(id, sizeof id, "%.*s", ID_UUID - 1, name);
    return id_is_uuid(id) && name[ID_UUID - 1] == '.';
}

static void prune_folder(int folder, time_t before)
{
    DIR *files = fdopendir(folder);
    const struct dirent *file;
    struct stat status;

    if (!files) {
        close(folder);
        return;
    }
    while ((file = readdir(files))) {
        if (!is_ours(file->d_name) || fstatat(folder, file->d_name, &status, AT_SYMLINK_NOFOLLOW))
            continue;
        if (S_ISREG(status.st_mode) && status.st_mtime < before)
            unlinkat(folder, file->d_name, 0);
    }
    closedir(files);
}

void retention_prune(const char *recordings, int64_t now)
{
    DIR *folders = opendir(recordings);
    const struct dirent *folder;

    if (!folders)
        return; /* nothing was recorded yet */
    while ((folder = readdir(folders))) {
        int fd = id_is_uuid(folder->d_name)
                     ? openat(dirfd(folders), folder->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                     : -1;

        if (fd >= 0)
            prune_folder(fd, (time_t)(now / 1000) - KEPT);
    }
    closedir(folders);
}

static void *run(void *arg)
{
    struct retention *retention = arg;
    struct timespec until;

    pthread_mutex_lock(&retention->lock);
    while (!retention->stopping) {
        pthread_mutex_unlock(&retention->lock);
        retention_prune(retention->recordings, clock_wall_ms());
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += EVERY;
        pthread_mutex_lock(&retention->lock);
        if (!retention->stopping)
            pthread_cond_timedwait(&retention->wake, &retention->lock, &until);
    }
    pthread_mutex_unlock(&retention->lock);
    return NULL;
}

int retention_start(struct retention **retentionp, const char *recordings)
{
    struct retention *retention = mem_alloc(sizeof *retention, NULL);
    int err;

    if (!retention)
        return ENOMEM;
    retention->recordings = mem_strdup(recordings);
    pthread_mutex_init(&retention->lock, NULL);
    pthread_cond_init(&retention->wake, NULL);
    err = retention->recordings ? pthread_create(&retention->thread, NULL, run, retention) : ENOMEM;
    if (err) {
        mem_unref(retention->recordings);
        mem_unref(retention);
        return err;
    }
    pthread_setname_np(retention->thread, "retention");
    *retentionp = retention;
    return 0;
}

void retention_stop(struct retention *retention)
{
    if (!retention)
        return;
    pthread_mutex_lock(&retention->lock);
    retention->stopping = true;
    pthread_cond_signal(&retention->wake);
    pthread_mutex_unlock(&retention->lock);
    pthread_join(retention->thread, NULL);
    pthread_cond_destroy(&retention->wake);
    pthread_mutex_destroy(&retention->lock);
    mem_unref(retention->recordings);
    mem_unref(retention);
}
