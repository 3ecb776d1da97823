/* recogniser.c: who asks, in the order they came: some are under way in the engine, the others
 * wait for their turn, all against their deadline. */
#include "recogniser/recogniser.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "recogniser/private.h"

#include <assert.h>
#include <errno.h>

struct recogniser {
    unsigned magic;
    struct recogniser_conf conf;
    const struct engine *engine; /* NULL: none */
    void *self;                  /* the engine's */
    struct list asks;            /* not told yet */
    unsigned under_way;          /* in the engine, though they may have been told */
    unsigned waiting;
    bool stopping;
};

static void destroy(void *obj)
{
    struct recogniser *recogniser = obj;

    assert(list_empty(&recogniser->asks) && recogniser->under_way == 0);
    recogniser->magic = 0;
}

static unsigned at_once(const struct recogniser *recogniser)
{
    unsigned own = recogniser->engine->at_once;

    return own ? own : recogniser->conf.conf->concurrency;
}

static bool is_waiting(const struct ask *ask)
{
    return !ask->begun && !ask->refused;
}

static bool has_turn(const struct recogniser *recogniser)
{
    return !recogniser->stopping && recogniser->under_way < at_once(recogniser);
}

static int begin(struct recogniser *recogniser, struct ask *ask)
{
    int err = recogniser->engine->begin(recogniser->self, ask);

    if (err)
        return err;
    mem_ref(ask);
    ask->begun = true;
    recogniser->waiting--;
    recogniser->under_way++;
    return 0;
}

/* Those who wait begin while there are turns, so that nobody waits beside a free one. */
static void begin_next(struct recogniser *recogniser)
{
    list_each (node, &recogniser->asks) {
        struct ask *ask = list_entry(node, struct ask, node);

        if (!has_turn(recogniser))
            return;
        if (is_waiting(ask) && begin(recogniser, ask))
            ask_tell(ask, NULL, 0, RECOGNISER_FAILED ": out of memory");
    }
}

void ask_tell(struct ask *ask, const struct recogniser_result *results, unsigned count,
              const char *error)
{
    struct recogniser *recogniser = ask->recogniser;

    MAGIC_CHECK(ask, ASK_MAGIC);
    if (atomic_exchange(&ask->told, true))
        return;
    if (is_waiting(ask))
        recogniser->waiting--;
    list_remove(&ask->node);
    loop_cancel(recogniser->conf.loop, &ask->deadline);
    ask->done(results, count, error, ask->arg);
    mem_unref(ask);
}

void ask_end(struct ask *ask)
{
    struct recogniser *recogniser = mem_ref(ask->recogniser);

    MAGIC_CHECK(ask, ASK_MAGIC);
    assert(ask->begun && ask->told);
    recogniser->under_way--;
    mem_unref(ask);
    begin_next(recogniser);
    mem_unref(recogniser);
}

unsigned ask_left(const struct ask *ask)
{
    int64_t left = ask->until - clock_mono_ms();

    return left < 1 ? 1 : (unsigned)left;
}

static void on_deadline(void *arg)
{
    struct ask *ask = arg;

    log_warning("recogniser", "no text in time leg=%s begun=%d", ask->leg, ask->begun);
    ask_tell(ask, NULL, 0, RECOGNISER_SLOW);
}

static void on_refused(void *arg)
{
    struct ask *ask = arg;

    ask_tell(ask, NULL, 0, ask->refused);
    mem_unref(ask);
}

static const char *refusal_of(const struct recogniser *recogniser, const struct ask *ask)
{
    if (!recogniser->engine)
        return RECOGNISER_NONE;
    if (!ask_is_tag(ask->language))
        return RECOGNISER_NO_TAG;
    if (recogniser->under_way >= at_once(recogniser) &&
        recogniser->waiting >= recogniser->conf.conf->queue)
        return RECOGNISER_BUSY;
    return recogniser->engine->refuses ? recogniser->engine->refuses(ask->language) : NULL;
}

/* Waits for its turn, or for the moment it is told that there will be none. */
static int enter(struct recogniser *recogniser, struct ask *ask)
{
    unsigned timeout;
    int err;

    ask->refused = refusal_of(recogniser, ask);
    if (ask->refused) {
        err = loop_post(recogniser->conf.loop, on_refused, ask);
        if (!err)
            mem_ref(ask);
        return err;
    }
    timeout = recogniser->conf.conf->timeout;
    ask->until = clock_mono_ms() + timeout;
    err = loop_start(recogniser->conf.loop, &ask->deadline, timeout, on_deadline, ask);
    if (err)
        return err;
    recogniser->waiting++;
    if (has_turn(recogniser))
        err = begin(recogniser, ask);
    if (err) {
        recogniser->waiting--;
        loop_cancel(recogniser->conf.loop, &ask->deadline);
    }
    return err;
}

int recogniser_ask(struct recogniser *recogniser, const struct recogniser_request *request,
                   recogniser_h *done, void *arg)
{
    struct ask *ask;
    int err;

    MAGIC_CHECK(recogniser, RECOGNISER_MAGIC);
    assert(request->path && done);
    if (recogniser->stopping)
        return ECANCELED;
    ask = ask_alloc(request);
    if (!ask)
        return ENOMEM;
    ask->done = done;
    ask->arg = arg;
    ask->recogniser = mem_ref(recogniser);
    err = enter(recogniser, ask);
    if (err)
        mem_unref(ask);
    else
        list_append(&recogniser->asks, &ask->node);
    return err;
}

bool recogniser_has(const struct recogniser *recogniser)
{
    return recogniser->engine != NULL;
}

static int find_engine(struct recogniser *recogniser)
{
    const struct conf_recogniser *conf = recogniser->conf.conf;

    if (conf && conf->url && *conf->url)
        recogniser->engine = &engine_remote;
    if (conf && conf->model && *conf->model) {
#ifdef HAVE_POCKETSPHINX
        recogniser->engine = &engine_sphinx;
#else
        return ENOSYS;
#endif
    }
    return 0;
}

int recogniser_start(struct recogniser **recogniserp, const struct recogniser_conf *conf)
{
    struct recogniser *recogniser = mem_alloc(sizeof *recogniser, destroy);
    int err;

    if (!recogniser)
        return ENOMEM;
    recogniser->magic = RECOGNISER_MAGIC;
    recogniser->conf = *conf;
    list_init(&recogniser->asks);
    err = find_engine(recogniser);
    if (!err && recogniser->engine)
        err = recogniser->engine->start(&recogniser->self, conf);
    if (err)
        mem_unref(recogniser);
    else
        *recogniserp = recogniser;
    return err;
}

void recogniser_stop(struct recogniser *recogniser)
{
    struct list *node;

    MAGIC_CHECK(recogniser, RECOGNISER_MAGIC);
    recogniser->stopping = true;
    while ((node = list_first(&recogniser->asks)))
        ask_tell(list_entry(node, struct ask, node), NULL, 0, RECOGNISER_ENDED);
    if (recogniser->engine)
        recogniser->engine->stop(recogniser->self);
    mem_unref(recogniser);
}
