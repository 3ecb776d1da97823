/* cutter.c: the thread that cuts a recording, and what it tells. What is posted to the loop holds
 * a reference; after cutter_stop() it finds that nobody wants to know. */
#include "record/cutter.h"
#include "record/private.h"
#include "audio/activity.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CUTTER_MAGIC = 0x63757431,
    PIECE_MS = 20,
    PIECE_FRAME = RECORDING_RATE / 50,            /* [samples] */
    BEFORE = 15,                                  /* [frames] of sound before it is speech */
    AFTER = 10,                                   /* [frames] of the silence that ends it */
    LONGEST = CUTTER_LONGEST / PIECE_MS + BEFORE, /* [frames] */
    REASON = 120
};

struct cutter {
    unsigned magic;
    struct loop *control, *work;
    pthread_t thread;
    atomic_bool stopping;
    struct cutter_handlers handlers; /* control */
    void *arg;
    bool stopped;
    char *path, *scratch;
    /* its thread, and control while that waits for it */
    SNDFILE *file;
    SF_INFO info;
    struct activity activity;
    unsigned channel;
    int64_t frame;  /* [frames] read of this channel */
    int16_t *read;  /* one frame of all channels */
    int16_t *kept;  /* LONGEST frames of one channel: those before, and the piece */
    unsigned count; /* [frames] kept */
    bool speaks;
    struct utterance utterance;
    char *target, *text; /* of cutter_write() */
    int64_t time;        /* [s] that file is kept */
    char error[REASON];  /* "": none */
};

static void destroy(void *obj)
{
    struct cutter *cutter = obj;

    if (cutter->file)
        sf_close(cutter->file);
    free(cutter->read);
    free(cutter->kept);
    mem_unref(cutter->target);
    mem_unref(cutter->text);
    mem_unref(cutter->path);
    mem_unref(cutter->scratch);
    mem_unref(cutter->work);
    cutter->magic = 0;
}

/* Telling: the thread posts, control calls. */

static const char *error_of(const struct cutter *cutter)
{
    return *cutter->error ? cutter->error : NULL;
}

static void tell_piece(void *arg)
{
    struct cutter *cutter = arg;

    if (!cutter->stopped)
        cutter->handlers.piece(&cutter->utterance, cutter->arg);
    mem_unref(cutter);
}

static void tell_over(void *arg)
{
    struct cutter *cutter = arg;

    if (!cutter->stopped)
        cutter->handlers.over((unsigned)cutter->info.channels,
                              cutter->info.frames * 1000 / RECORDING_RATE, error_of(cutter),
                              cutter->arg);
    mem_unref(cutter);
}

static void tell_written(void *arg)
{
    struct cutter *cutter = arg;

    if (!cutter->stopped)
        cutter->handlers.written(error_of(cutter), cutter->arg);
    mem_unref(cutter);
}

static void tell(struct cutter *cutter, loop_h *what)
{
    mem_ref(cutter);
    while (loop_post(cutter->control, what, cutter)) /* who waits for it must hear of it */
        usleep(1000);
}

static void fail(struct cutter *cutter, const char *why)
{
    snprintf(cutter->error, sizeof cutter->error, "%s", why);
}

/* Cutting. */

static bool open_file(struct cutter *cutter)
{
    cutter->file = sf_open(cutter->path, SFM_READ, &cutter->info);
    if (!cutter->file || cutter->info.samplerate != RECORDING_RATE) {
        fail(cutter, "the recording cannot be read");
        return false;
    }
    cutter->read = calloc((size_t)cutter->info.channels * PIECE_FRAME, sizeof *cutter->read);
    cutter->kept = calloc((size_t)LONGEST * PIECE_FRAME, sizeof *cutter->kept);
    if (!cutter->read || !cutter->kept)
        fail(cutter, "out of memory");
    return !*cutter->error;
}

static int16_t *kept_at(struct cutter *cutter, unsigned frame)
{
    return cutter->kept + (size_t)frame * PIECE_FRAME;
}

/* Before somebody speaks only the last frames are kept. */
static void keep(struct cutter *cutter)
{
    int16_t *to;

    if (!cutter->speaks && cutter->count == BEFORE) {
        memmove(cutter->kept, kept_at(cutter, 1), (BEFORE - 1) * PIECE_FRAME * sizeof *to);
        cutter->count--;
    }
    to = kept_at(cutter, cutter->count++);
    for (int i = 0; i < PIECE_FRAME; i++)
        to[i] = cutter->read[i * cutter->info.channels + (int)cutter->channel];
}

/* One more frame of the channel; what is missing of its last one is silence. False: its end. */
static bool read_frame(struct cutter *cutter)
{
    sf_count_t got = sf_readf_short(cutter->file, cutter->read, PIECE_FRAME);
    size_t had = (size_t)(got < 0 ? 0 : got) * (size_t)cutter->info.channels;
    size_t all = (size_t)cutter->info.channels * PIECE_FRAME;

    memset(cutter->read + had, 0, (all - had) * sizeof *cutter->read);
    if (!had)
        return false;
    cutter->frame++;
    keep(cutter);
    return true;
}

static void write_piece(struct cutter *cutter, unsigned frames)
{
    SF_INFO info = {
        .samplerate = RECORDING_RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *out = sf_open(cutter->scratch, SFM_WRITE, &info);
    sf_count_t samples = (sf_count_t)frames * PIECE_FRAME;
    bool good = out && sf_write_short(out, cutter->kept, samples) == samples;

    if (out && sf_close(out))
        good = false;
    if (!good)
        fail(cutter, "what was said cannot be written to the disk");
}

/* What is kept is a piece; the silence at its end is left out. */
static void give_piece(struct cutter *cutter, bool at_silence)
{
    unsigned silence = at_silence ? ACTIVITY_ENDS - AFTER : 0;
    unsigned frames = cutter->count > silence ? cutter->count - silence : cutter->count;

    write_piece(cutter, frames);
    cutter->utterance = (struct utterance){
        .channel = cutter->channel,
        .at = (cutter->frame - cutter->count) * PIECE_MS,
        .duration = (int64_t)frames * PIECE_MS,
        .path = cutter->scratch,
    };
    cutter->count = 0;
}

/* False: there is none any more in this channel. */
static bool next_piece(struct cutter *cutter)
{
    while (!atomic_load_explicit(&cutter->stopping, memory_order_acquire) && read_frame(cutter)) {
        const int16_t *frame = kept_at(cutter, cutter->count - 1);
        bool on = activity_run(&cutter->activity, frame, PIECE_FRAME),
             ended = cutter->speaks && !on;

        cutter->speaks = on;
        if (!ended && cutter->count < LONGEST)
            continue;
        give_piece(cutter, ended);
        return true;
    }
    if (!cutter->speaks)
        return false;
    cutter->speaks = false;
    give_piece(cutter, false);
    return true;
}

/* The next channel, from its beginning. */
static bool next_channel(struct cutter *cutter)
{
    if (++cutter->channel >= (unsigned)cutter->info.channels)
        return false;
    cutter->activity = (struct activity){0};
    cutter->frame = 0;
    cutter->count = 0;
    if (sf_seek(cutter->file, 0, SEEK_SET) == 0)
        return true;
    fail(cutter, "the recording cannot be read again");
    return false;
}

/* Its thread. */

static void go_on(void *arg)
{
    struct cutter *cutter = arg;
    bool found = false;

    if (cutter->file || open_file(cutter)) {
        do
            found = next_piece(cutter);
        while (!found && next_channel(cutter));
    }
    tell(cutter, found && !*cutter->error ? tell_piece : tell_over);
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size) {
        ssize_t n = write(fd, text, size);

        if (n < 0 && errno != EINTR)
            return errno;
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return fdatasync(fd) ? errno : 0;
}

static int write_file(const char *path, const char *text)
{
    char *part = mem_printf("%s.part", path);
    int fd = part ? open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : -1;
    int err = fd >= 0 ? write_all(fd, text, strlen(text)) : part ? errno : ENOMEM;

    if (fd >= 0)
        close(fd);
    if (!err && rename(part, path))
        err = errno;
    mem_unref(part);
    return err;
}

static void write_text(void *arg)
{
    struct cutter *cutter = arg;

    if (cutter->time)
        until_write(cutter->target, cutter->time);
    if (write_file(cutter->target, cutter->text))
        fail(cutter, "the text cannot be written to the disk");
    tell(cutter, tell_written);
}

static void wake(void *arg)
{
    (void)arg;
}

static void *run(void *arg)
{
    struct cutter *cutter = arg;

    while (!atomic_load_explicit(&cutter->stopping, memory_order_acquire))
        loop_wait(cutter->work, -1);
    unlink(cutter->scratch);
    return NULL;
}

/* Control. */

int cutter_start(struct cutter **cutterp, const char *path, const char *scratch, struct loop *loop,
                 const struct cutter_handlers *handlers, void *arg)
{
    struct cutter *cutter = mem_alloc(sizeof *cutter, destroy);
    int err;

    if (!cutter)
        return ENOMEM;
    cutter->magic = CUTTER_MAGIC;
    cutter->control = loop;
    cutter->handlers = *handlers;
    cutter->arg = arg;
    cutter->path = mem_strdup(path);
    cutter->scratch = mem_strdup(scratch);
    err = cutter->path && cutter->scratch ? loop_alloc(&cutter->work) : ENOMEM;
    if (!err)
        err = loop_post(cutter->work, go_on, cutter);
    if (!err)
        err = pthread_create(&cutter->thread, NULL, run, cutter);
    if (err) {
        mem_unref(cutter);
        return err;
    }
    pthread_setname_np(cutter->thread, "cutter");
    *cutterp = cutter;
    return 0;
}

/* What cannot be posted would never be heard of: it is tried until it can. */
static void post(struct cutter *cutter, loop_h *what)
{
    while (loop_post(cutter->work, what, cutter))
        usleep(1000);
}

void cutter_next(struct cutter *cutter)
{
    MAGIC_CHECK(cutter, CUTTER_MAGIC);
    post(cutter, go_on);
}

int cutter_write(struct cutter *cutter, const char *path, const char *text, int64_t kept)
{
    MAGIC_CHECK(cutter, CUTTER_MAGIC);
    cutter->target = mem_strdup(path);
    cutter->text = mem_strdup(text);
    cutter->time = kept;
    if (!cutter->target || !cutter->text)
        return ENOMEM;
    post(cutter, write_text);
    return 0;
}

void cutter_stop(struct cutter *cutter)
{
    MAGIC_CHECK(cutter, CUTTER_MAGIC);
    cutter->stopped = true;
    atomic_store_explicit(&cutter->stopping, true, memory_order_release);
    post(cutter, wake);
    pthread_join(cutter->thread, NULL);
    mem_unref(cutter);
}
