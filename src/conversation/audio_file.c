/* audio_file.c: the files of recordings: {recordings}/{application}/{id}.{wav,mp3,ogg}, and
 * their transcriptions (json). They
 * are kept for some days from their end, or until the time [s] that is written in {id}.until; a
 * thread of its own looks for older ones once an hour, since a folder may be long and a disk
 * slow. Whoever asks before it does finds no file that is older. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVERY = 3600 /* [s] */ };

static const char *const endings[] = {"wav", "mp3", "ogg", "json"};

/* The wall time [s] when a file's time is over, in its folder. name: of any that belongs to
 * its recording; changed: the file's own time, when nothing else is written. */
static int64_t until_of(int folder, const char *name, int64_t changed, int64_t kept)
{
    char path[ID_UUID + sizeof ".until"], text[24] = "";
    ssize_t got = 0;
    int fd;

    snprintf(path, sizeof path, "%.*s.until", ID_UUID - 1, name);
    fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        got = read(fd, text, sizeof text - 1);
        close(fd);
    }
    return got > 0 ? strtoll(text, NULL, 10) : changed + kept;
}

char *audio_file(const char *recordings, const char *application, const char *id, int64_t kept)
{
    char *path = NULL, name[ID_UUID + 8];
    struct stat status;
    int folder;

    if (!id_is_uuid(id) || !id_is_uuid(application))
        return NULL;
    path = mem_printf("%s/%s", recordings, application);
    folder = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    path = mem_unref(path);
    for (size_t i = 0; folder >= 0 && !path && i < sizeof endings / sizeof *endings; i++) {
        snprintf(name, sizeof name, "%s.%s", id, endings[i]);
        if (!fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) && S_ISREG(status.st_mode) &&
            until_of(folder, name, status.st_mtime, kept) > clock_wall_ms() / 1000)
            path = mem_printf("%s/%s/%s", recordings, application, name);
    }
    if (folder >= 0)
        close(folder);
    return path;
}

struct retention {
    char *recordings;
    int64_t kept; /* [s] */
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

static void prune_file(int folder, const char *name, int64_t kept, int64_t now)
{
    struct stat status;

    if (!is_ours(name) || fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(status.st_mode))
        return;
    /* the time itself goes last, when nothing is left that it is about */
    if (strcmp(name + ID_UUID - 1, ".until") &&
        until_of(folder, name, status.st_mtime, kept) <= now)
        unlinkat(folder, name, 0);
}

/* Times of what has gone. */
static void prune_until(int folder, const char *name, int64_t now)
{
    char path[ID_UUID + 16];

    if (!is_ours(name) || strcmp(name + ID_UUID - 1, ".until") ||
        until_of(folder, name, INT64_MAX / 2, 0) > now)
        return;
    for (size_t i = 0; i < 2 * (sizeof endings / sizeof *endings); i++) {
        snprintf(path, sizeof path, "%.*s.%s%s", ID_UUID - 1, name, endings[i / 2],
                 i % 2 ? ".part" : "");
        if (!faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW))
            return;
    }
    unlinkat(folder, name, 0);
}

static void prune_folder(int folder, int64_t kept, int64_t now)
{
    DIR *files = fdopendir(folder);
    const struct dirent *file;

    if (!files) {
        close(folder);
        return;
    }
    while ((file = readdir(files)))
        prune_file(folder, file->d_name, kept, now);
    rewinddir(files);
    while ((file = readdir(files)))
        prune_until(folder, file->d_name, now);
    closedir(files);
}

void retention_prune(const char *recordings, int64_t kept, int64_t now)
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
            prune_folder(fd, kept, now / 1000);
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
        retention_prune(retention->recordings, retention->kept, clock_wall_ms());
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += EVERY;
        pthread_mutex_lock(&retention->lock);
        if (!retention->stopping)
            pthread_cond_timedwait(&retention->wake, &retention->lock, &until);
    }
    pthread_mutex_unlock(&retention->lock);
    return NULL;
}

int retention_start(struct retention **retentionp, const char *recordings, int64_t kept)
{
    struct retention *retention = mem_alloc(sizeof *retention, NULL);
    int err;

    if (!retention)
        return ENOMEM;
    retention->recordings = mem_strdup(recordings);
    retention->kept = kept;
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
