/* sphinx.c: the engine in this process: one thread, one utterance at a time, English. It is
 * less urgent than sound, so its thread yields to the media workers. */
#include "base/mem.h"
#include "recogniser/decoder.h"
#include "recogniser/private.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 10 };

struct sphinx {
    struct loop *loop;
    struct sphinx_decoder *decoder; /* its thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *job; /* lock: to be taken by the thread */
    atomic_bool stopping;
};

/* One utterance: the thread's, then the loop's. */
struct job {
    struct ask *ask;
    struct sphinx *sphinx;
    const char *error;
    char *text; /* NULL: nothing understood */
    double confidence;
};

static void job_destroy(void *obj)
{
    struct job *job = obj;

    mem_unref(job->text);
}

static void finish(void *arg)
{
    struct job *job = arg;
    struct recogniser_result result = {job->confidence, job->text};
    struct ask *ask = job->ask;

    ask_tell(ask, job->text ? &result : NULL, job->text ? 1 : 0, job->error);
    mem_unref(job);
    ask_end(ask);
}

static bool is_over(void *arg)
{
    const struct job *job = arg;

    return job->ask->told || job->sphinx->stopping;
}

static const char *error_of(int err)
{
    switch (err) {
    case 0:
        return NULL;
    case ENOENT:
        return RECOGNISER_UNREADABLE;
    case EINVAL:
        return RECOGNISER_UNREADABLE ": it is not a WAV file, mono, 16-bit, 16 kHz";
    case ECANCELED:
        return RECOGNISER_ENDED;
    case ENOMEM:
        return RECOGNISER_FAILED ": out of memory";
    default:
        return RECOGNISER_FAILED;
    }
}

static void recognise(struct sphinx *sphinx, struct job *job)
{
    struct wave wave;
    struct sphinx_decoder_ask ask = {
        .wave = &wave,
        .hints = job->ask->context,
        .hint_count = job->ask->context_count,
        .over = is_over,
        .arg = job,
    };
    int err = is_over(job) ? ECANCELED : 0;

    memset(&wave, 0, sizeof wave);
    if (!err)
        err = wave_read(&wave, job->ask->path);
    if (!err)
        err = sphinx_decoder_hear(sphinx->decoder, &ask, &job->text, &job->confidence);
    job->error = error_of(err);
    wave_free(&wave);
    while (loop_post(sphinx->loop, finish, job))
        usleep(1000); /* out of memory: the promise to call back holds */
}

static void *run(void *arg)
{
    struct sphinx *sphinx = arg;

    pthread_setname_np(pthread_self(), "sphinx");
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&sphinx->lock);
    for (;;) {
        struct job *job;

        while (!sphinx->job && !sphinx->stopping)
            pthread_cond_wait(&sphinx->changed, &sphinx->lock);
        job = sphinx->job;
        if (!job)
            break;
        sphinx->job = NULL;
        pthread_mutex_unlock(&sphinx->lock);
        recognise(sphinx, job);
        pthread_mutex_lock(&sphinx->lock);
    }
    pthread_mutex_unlock(&sphinx->lock);
    return NULL;
}

static int begin(void *self, struct ask *ask)
{
    struct sphinx *sphinx = self;
    struct job *job = mem_alloc(sizeof *job, job_destroy);

    if (!job)
        return ENOMEM;
    job->ask = ask;
    job->sphinx = sphinx;
    pthread_mutex_lock(&sphinx->lock);
    assert(!sphinx->job);
    sphinx->job = job;
    pthread_cond_signal(&sphinx->changed);
    pthread_mutex_unlock(&sphinx->lock);
    return 0;
}

static const char *refuses(const char *language)
{
    return strncasecmp(language, "en", 2) == 0 && (language[2] == '-' || !language[2])
               ? NULL
               : RECOGNISER_UNKNOWN_LANGUAGE;
}

static void destroy(void *obj)
{
    struct sphinx *sphinx = obj;

    mem_unref(sphinx->decoder);
    pthread_cond_destroy(&sphinx->changed);
    pthread_mutex_destroy(&sphinx->lock);
}

static int start(void **self, const struct recogniser_conf *conf)
{
    struct sphinx *sphinx = mem_alloc(sizeof *sphinx, destroy);
    int err;

    if (!sphinx)
        return ENOMEM;
    sphinx->loop = conf->loop;
    pthread_mutex_init(&sphinx->lock, NULL);
    pthread_cond_init(&sphinx->changed, NULL);
    err = sphinx_decoder_alloc(&sphinx->decoder, conf->conf->model);
    if (!err)
        err = pthread_create(&sphinx->thread, NULL, run, sphinx);
    if (err)
        mem_unref(sphinx);
    else
        *self = sphinx;
    return err;
}

static void stop(void *self)
{
    struct sphinx *sphinx = self;

    sphinx->stopping = true;
    pthread_mutex_lock(&sphinx->lock);
    pthread_cond_signal(&sphinx->changed);
    pthread_mutex_unlock(&sphinx->lock);
    pthread_join(sphinx->thread, NULL);
    mem_unref(sphinx);
}

const struct engine engine_sphinx = {
    .at_once = 1, .start = start, .stop = stop, .refuses = refuses, .begin = begin};
