/* fetch_job.h: one request under way, inside the room. Made on the asking thread, then
 * the fetch thread's; after fetch_job_post() the asking loop's, which frees it. */
#ifndef OFFHOOK_HTTP_FETCH_JOB_H
#define OFFHOOK_HTTP_FETCH_JOB_H

#include "base/list.h"
#include "http/fetch.h"
#include "http/fetch_file.h"

#include <curl/curl.h>

enum { FETCH_JOB_MAGIC = 0x66657463 };

struct fetch_job {
    unsigned magic;
    struct list node;              /* of the fetch: waiting, then under way */
    const struct fetch_conf *conf; /* of the fetch, which outlives its jobs' transfers */
    struct loop *loop;
    fetch_h *done;
    void *arg;
    CURL *easy;
    struct curl_slist *headers;
    char *body; /* what we send */
    struct fetch_file file;
    void (*piece)(const char *data, size_t size, void *arg);
    bool trusted;
    size_t limit;

    int err; /* decided by one of our callbacks */
    bool too_large, forbidden;
    char *reply; /* malloc()ed, NUL after size [bytes] */
    size_t size, room, header_size;
    char *content_type, *cache_control;
    long status;
    const char *sentence;
};

/* Copies the request. 0 or ENOMEM; a request that cannot be made is a job with err. */
int fetch_job_alloc(struct fetch_job **job, const struct fetch_conf *conf,
                    const struct fetch_request *request);

/* On the fetch thread, before the transfer: what has to wait for a disk. */
void fetch_job_prepare(struct fetch_job *job);

/* Fills err, sentence and status from curl's result. */
void fetch_job_finish(struct fetch_job *job, CURLcode result);

/* Hands the job to its loop, where done is called and the job freed. */
void fetch_job_post(struct fetch_job *job);

#endif
