/* private.h: what is asked, and the two engines behind the contract. All of it on the loop,
 * but for what says otherwise.
 *
 * An ask ends twice: it is told once, by its result, its deadline or the stop, whichever comes
 * first; and its engine ends with it, once. Only then its turn is free for the next. The list
 * of the recogniser holds one reference until it is told, the engine one until it ends. */
#ifndef OFFHOOK_RECOGNISER_PRIVATE_H
#define OFFHOOK_RECOGNISER_PRIVATE_H

#include "base/list.h"
#include "recogniser/recogniser.h"

#include <stdatomic.h>

enum { ASK_MAGIC = 0x61736b20, RECOGNISER_MAGIC = 0x7265636f };

struct ask {
    unsigned magic;
    struct list node; /* of the recogniser, until told */
    struct recogniser *recogniser;
    struct timer deadline;
    int64_t until; /* monotonic [ms] */
    char *path, *language, *leg, *application;
    char **context; /* one block with its texts */
    unsigned context_count;
    unsigned sensitivity;
    recogniser_h *done;
    void *arg;
    const char *refused; /* no engine will see it, for this reason */
    bool begun;          /* an engine has it */
    atomic_bool told;    /* any thread: whoever works for it may stop */
};

/* A copy of the request, with one reference; NULL when out of memory. (ask.c) */
struct ask *ask_alloc(const struct recogniser_request *request);
/* Is the tag one of BCP-47, by its form? */
bool ask_is_tag(const char *tag);

/* Tells whoever asked, unless that was done. */
void ask_tell(struct ask *ask, const struct recogniser_result *results, unsigned count,
              const char *error);
/* The engine ends with it: drops its reference, and the next may begin. */
void ask_end(struct ask *ask);
/* What is left until the deadline [ms], at least 1. */
unsigned ask_left(const struct ask *ask);

struct engine {
    unsigned at_once; /* asks it takes at once; 0: as configured */
    int (*start)(void **self, const struct recogniser_conf *conf);
    /* What is under way may be dropped without a word, but ends. */
    void (*stop)(void *self);
    /* May it be asked in this language? NULL, or why not. */
    const char *(*refuses)(const char *language);
    /* 0: it will ask_tell() and ask_end(), later; or an errno, and neither. */
    int (*begin)(void *self, struct ask *ask);
};

extern const struct engine engine_remote, engine_sphinx;

#endif
