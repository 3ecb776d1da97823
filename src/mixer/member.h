/* member.h: what a mixer is made of. Private to src/mixer. */
#ifndef OFFHOOK_MIXER_MEMBER_H
#define OFFHOOK_MIXER_MEMBER_H

#include "base/list.h"
#include "mixer/mixer.h"

/* A gain of 0 or 1 and the one it is on its way from (Q12). */
struct fade {
    int now, to;
};

struct mixer {
    struct list members;
    struct list spare; /* rules nobody needs now */
    size_t count, frame;
    int32_t *work;   /* one listener's sum while it is made */
    int16_t *scaled; /* one speaker's frame on its way in or out of it */
    int32_t total[]; /* of the last mixer_sum() */
};

struct mixer_member {
    struct mixer *mixer;
    struct list node;
    struct list rules;    /* as listener */
    struct list heard_by; /* as speaker */
    struct fade voice;    /* closed by mute */
    struct fade ear;      /* closed by earmuff */
    bool put;             /* has sound for the coming sum */
    bool summed;          /* own is part of the total */
    int16_t own[];        /* as it was put, faded when summed */
};

/* A pair that does not simply hear each other: denied, or on its way to or from. */
struct rule {
    struct list by_listener, by_speaker;
    struct mixer_member *speaker;
    struct fade hears;
};

/* Takes out of `sum` those whom the listener may not hear. */
void rules_apply(struct mixer_member *listener, int32_t *sum);

/* Forgets all rules of a member that leaves. */
void rules_forget(struct mixer_member *member);

#endif
