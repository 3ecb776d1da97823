/* once.h: a press of a key that is told in two ways (telephone-event, tones, SIP INFO) is
 * one press. A press told in one way waits to be met by the same key of another way at
 * about the same time; two presses of one way never meet. Pure; a zeroed struct is ready. */
#ifndef OFFHOOK_STREAM_ONCE_H
#define OFFHOOK_STREAM_ONCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ONCE_KEPT = 16,  /* presses that wait */
    ONCE_SLACK = 400 /* [ms] that two ways may disagree */
};

struct once {
    struct {
        int64_t from, to; /* [ms] */
        unsigned way;
        char digit; /* 0: nothing waits here */
    } kept[ONCE_KEPT];
    unsigned next;
};

/* A press was told by `way`, held from `from` to `to` [ms, any one clock]. False: it has
 * been told by another way. */
bool once_take(struct once *once, unsigned way, char digit, int64_t from, int64_t to);

#endif
