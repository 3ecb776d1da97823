/* jwt_pair.c: see jwt_pair.h. A job goes from the queue to the thread and comes back by
 * the loop; whoever has it then holds its one reference. The thread takes one job after
 * the other, ends when there is none, and is joined by the loop's thread. */
#include "http/jwt_pair.h"
#include "base/list.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum { BITS = 2048, WAITING = 64 };

/* Making one. */

static int text_of(char **textp, BIO *bio, void (*wipe)(void *obj))
{
    char *data = NULL, *text;
    long size = BIO_get_mem_data(bio, &data);

    if (size <= 0)
        return ENOMEM;
    text = mem_alloc((size_t)size + 1, wipe);
    if (!text)
        return ENOMEM;
    memcpy(text, data, (size_t)size);
    *textp = text;
    return 0;
}

static void wipe(void *obj)
{
    OPENSSL_cleanse(obj, strlen(obj));
}

static int write_pair(char **private_pem, char **public_pem, EVP_PKEY *rsa)
{
    BIO *secret = BIO_new(BIO_s_secmem()), *open = BIO_new(BIO_s_mem());
    int err = ENOMEM;

    if (!secret || !open ||
        !PEM_write_bio_PKCS8PrivateKey(secret, rsa, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_PUBKEY(open, rsa))
        goto out;
    err = text_of(private_pem, secret, wipe);
    if (err)
        goto out;
    err = text_of(public_pem, open, NULL);
    if (err)
        *private_pem = mem_unref(*private_pem);
out:
    BIO_free(secret);
    BIO_free(open);
    return err;
}

int jwt_key_pair(char **private_pem, char **public_pem)
{
    EVP_PKEY *rsa = EVP_RSA_gen(BITS);
    int err = rsa ? write_pair(private_pem, public_pem, rsa) : EIO;

    EVP_PKEY_free(rsa);
    ERR_clear_error();
    return err;
}

/* Making them beside the loop. */

struct job {
    struct list node;        /* pairs' lock */
    struct jwt_pairs *pairs; /* the loop's thread; NULL: called */
    jwt_pair_h *done;
    void *arg;
    int err; /* the thread's, then the loop's */
    char *private_pem, *public_pem;
};

struct jwt_pairs { /* the loop's thread */
    struct loop *loop;
    pthread_t thread;
    bool threaded; /* there is a thread to join */
    pthread_mutex_t lock;
    struct list waiting, made; /* lock: jobs; a reference each */
    unsigned count;            /* lock: of waiting */
    bool working;              /* lock: the thread will look at `waiting` again */
};

static void job_destroy(void *obj)
{
    struct job *job = obj;

    mem_unref(job->private_pem);
    mem_unref(job->public_pem);
}

/* The first of a list, whose reference is the caller's; NULL: none. */
static struct job *take(struct jwt_pairs *pairs, struct list *jobs)
{
    struct list *node;

    pthread_mutex_lock(&pairs->lock);
    node = list_first(jobs);
    if (node)
        list_remove(node);
    if (node && jobs == &pairs->waiting)
        pairs->count--;
    else if (jobs == &pairs->waiting)
        pairs->working = false;
    pthread_mutex_unlock(&pairs->lock);
    return node ? list_entry(node, struct job, node) : NULL;
}

static void call(struct job *job)
{
    job->pairs = NULL;
    job->done(job->err, job->err ? NULL : job->private_pem, job->err ? NULL : job->public_pem,
              job->arg);
    mem_unref(job);
}

static void join(struct jwt_pairs *pairs)
{
    if (pairs->threaded)
        pthread_join(pairs->thread, NULL);
    pairs->threaded = false;
}

static bool is_working(struct jwt_pairs *pairs)
{
    bool working;

    pthread_mutex_lock(&pairs->lock);
    working = pairs->working;
    pthread_mutex_unlock(&pairs->lock);
    return working;
}

/* The loop's thread. arg is a job, with a reference. */
static void on_made(void *arg)
{
    struct job *posted = arg, *job;
    struct jwt_pairs *pairs = mem_ref(posted->pairs);

    mem_unref(posted);
    if (!pairs)
        return;
    while ((job = take(pairs, &pairs->made)))
        call(job);
    if (!is_working(pairs))
        join(pairs);
    mem_unref(pairs);
}

static void *make(void *arg)
{
    struct jwt_pairs *pairs = arg;
    struct job *job;

    while ((job = take(pairs, &pairs->waiting))) {
        struct job *posted = mem_ref(job);

        job->err = jwt_key_pair(&job->private_pem, &job->public_pem);
        pthread_mutex_lock(&pairs->lock);
        list_append(&pairs->made, &job->node);
        pthread_mutex_unlock(&pairs->lock);
        if (loop_post(pairs->loop, on_made, posted))
            mem_unref(posted); /* it is called with the next one, or when all is called off */
    }
    return NULL;
}

static void destroy(void *obj)
{
    struct jwt_pairs *pairs = obj;
    struct list waiting;
    struct job *job;

    list_init(&waiting);
    while ((job = take(pairs, &pairs->waiting)))
        list_append(&waiting, &job->node);
    join(pairs);
    while ((job = take(pairs, &pairs->made))) {
        list_append(&waiting, &job->node);
    }
    list_each (node, &waiting) {
        job = list_entry(node, struct job, node);
        job->err = ECANCELED;
        call(job);
    }
    pthread_mutex_destroy(&pairs->lock);
}

int jwt_pairs_alloc(struct jwt_pairs **pairsp, struct loop *loop)
{
    struct jwt_pairs *pairs = mem_alloc(sizeof *pairs, destroy);

    if (!pairs)
        return ENOMEM;
    pairs->loop = loop;
    list_init(&pairs->waiting);
    list_init(&pairs->made);
    pthread_mutex_init(&pairs->lock, NULL);
    *pairsp = pairs;
    return 0;
}

static int start_thread(struct jwt_pairs *pairs)
{
    sigset_t all, old;
    int err;

    join(pairs); /* it has ended, or is about to */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_create(&pairs->thread, NULL, make, pairs);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pairs->threaded = !err;
    if (!err)
        pthread_setname_np(pairs->thread, "key pairs");
    return err;
}

/* Whether the thread must be started for it; EAGAIN: not queued. */
static int queue(struct jwt_pairs *pairs, struct job *job, bool *starts)
{
    int err = 0;

    pthread_mutex_lock(&pairs->lock);
    *starts = !pairs->working;
    if (pairs->count >= WAITING) {
        err = EAGAIN;
    } else {
        list_append(&pairs->waiting, &job->node);
        pairs->count++;
        pairs->working = true;
    }
    pthread_mutex_unlock(&pairs->lock);
    return err;
}

int jwt_key_pair_start(struct jwt_pairs *pairs, jwt_pair_h *done, void *arg)
{
    struct job *job = mem_alloc(sizeof *job, job_destroy);
    bool starts = false;
    int err;

    if (!job)
        return ENOMEM;
    job->pairs = pairs;
    job->done = done;
    job->arg = arg;
    err = queue(pairs, job, &starts);
    if (!err && starts && (err = start_thread(pairs))) {
        take(pairs, &pairs->waiting); /* the only one: there was no thread */
        take(pairs, &pairs->waiting); /* and says that there is none */
    }
    if (err)
        mem_unref(job);
    return err;
}
