/* fetch.c: the thread that asks: one curl multi handle, an inbox under a lock. */
#include "http/fetch.h"
#include "base/mem.h"
#include "http/fetch_job.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

enum {
    FETCH_MAGIC = 0x66746368,
    PER_HOST = 64,
    KEPT = 256,
    POLL = 60000 /* [ms] */,
    URL_MAX = 32768
};

struct fetch {
    unsigned magic;
    struct fetch_conf conf;
    char *user_agent;
    CURLM *multi; /* fetch thread, but for the wake-up */
    pthread_t thread;
    pthread_mutex_t lock;
    struct list inbox;  /* lock */
    bool stopping;      /* lock */
    struct list active; /* fetch thread */
};

static void destroy(void *obj)
{
    struct fetch *fetch = obj;

    assert(list_empty(&fetch->active) && list_empty(&fetch->inbox));
    curl_multi_cleanup(fetch->multi);
    pthread_mutex_destroy(&fetch->lock);
    mem_unref(fetch->user_agent);
    fetch->magic = 0;
}

static void finish(struct fetch *fetch, struct fetch_job *job)
{
    list_remove(&job->node);
    curl_multi_remove_handle(fetch->multi, job->easy);
    fetch_job_post(job);
}

static void start(struct fetch *fetch, struct fetch_job *job)
{
    list_append(&fetch->active, &job->node);
    fetch_job_prepare(job);
    if (!job->err && curl_multi_add_handle(fetch->multi, job->easy)) {
        job->err = EIO;
        job->sentence = "The request failed.";
    }
    if (job->err)
        finish(fetch, job);
}

/* What was asked since; false: stop. */
static bool take(struct fetch *fetch)
{
    struct list taken;
    bool stopping;

    list_init(&taken);
    pthread_mutex_lock(&fetch->lock);
    list_each (node, &fetch->inbox) {
        list_remove(node);
        list_append(&taken, node);
    }
    stopping = fetch->stopping;
    pthread_mutex_unlock(&fetch->lock);
    list_each (node, &taken) {
        list_remove(node);
        start(fetch, list_entry(node, struct fetch_job, node));
    }
    return !stopping;
}

static void reap(struct fetch *fetch)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(fetch->multi, &left))) {
        CURLcode result = message->data.result;
        struct fetch_job *job = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        MAGIC_CHECK(job, FETCH_JOB_MAGIC);
        fetch_job_finish(job, result);
        finish(fetch, job);
    }
}

static void *run(void *arg)
{
    struct fetch *fetch = arg;
    sigset_t pipe;
    int running;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE); /* TLS writes to a closed connection */
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while (take(fetch)) {
        curl_multi_perform(fetch->multi, &running);
        reap(fetch);
        curl_multi_poll(fetch->multi, NULL, 0, POLL, NULL);
    }
    list_each (node, &fetch->active) {
        struct fetch_job *job = list_entry(node, struct fetch_job, node);

        job->err = ECANCELED;
        job->sentence = "Given up, since we are stopping.";
        finish(fetch, job);
    }
    return NULL;
}

int fetch_start(struct fetch **fetchp, const struct fetch_conf *conf)
{
    struct fetch *fetch;
    int err = 0;

    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return EIO;
    fetch = mem_alloc(sizeof *fetch, destroy);
    if (!fetch) {
        curl_global_cleanup();
        return ENOMEM;
    }
    fetch->magic = FETCH_MAGIC;
    fetch->conf = *conf;
    fetch->user_agent = mem_strdup(conf->user_agent);
    fetch->conf.user_agent = fetch->user_agent;
    pthread_mutex_init(&fetch->lock, NULL);
    list_init(&fetch->inbox);
    list_init(&fetch->active);
    fetch->multi = curl_multi_init();
    if (!fetch->multi || (conf->user_agent && !fetch->user_agent)) {
        err = ENOMEM;
        goto out;
    }
    curl_multi_setopt(fetch->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)(conf->per_host ? conf->per_host : PER_HOST));
    curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)KEPT);
    err = pthread_create(&fetch->thread, NULL, run, fetch);
out:
    if (err) {
        mem_unref(fetch);
        curl_global_cleanup();
    } else {
        pthread_setname_np(fetch->thread, "fetch");
        *fetchp = fetch;
    }
    return err;
}

void fetch_stop(struct fetch *fetch)
{
    MAGIC_CHECK(fetch, FETCH_MAGIC);
    pthread_mutex_lock(&fetch->lock);
    fetch->stopping = true;
    pthread_mutex_unlock(&fetch->lock);
    curl_multi_wakeup(fetch->multi);
    pthread_join(fetch->thread, NULL);
    mem_unref(fetch);
    curl_global_cleanup();
}

int fetch_ask(struct fetch *fetch, const struct fetch_request *request, struct loop *loop,
              fetch_h *done, void *arg)
{
    struct fetch_job *job;
    int err;

    MAGIC_CHECK(fetch, FETCH_MAGIC);
    err = fetch_job_alloc(&job, &fetch->conf, request);
    if (err)
        return err;
    job->loop = loop;
    job->done = done;
    job->arg = arg;
    pthread_mutex_lock(&fetch->lock);
    list_append(&fetch->inbox, &job->node);
    pthread_mutex_unlock(&fetch->lock);
    curl_multi_wakeup(fetch->multi);
    return 0;
}

bool fetch_is_url(const char *text)
{
    CURLU *url;
    char *scheme = NULL, *host = NULL;
    const char *slashes;
    bool good;

    slashes = text && strlen(text) <= URL_MAX ? strstr(text, "://") : NULL;
    if (!slashes || slashes[3] == '/') /* curl would take http:///h for http://h */
        return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127)
            return false;
    url = curl_url();
    good = url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
           !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
           !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
           (!strcmp(scheme, "http") || !strcmp(scheme, "https")) && *host;
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return good;
}

char *fetch_escape(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = mem_alloc(3 * strlen(text) + 1, NULL);
    size_t n = 0;

    for (; out && *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || strchr("-._~", c)) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    return out;
}
