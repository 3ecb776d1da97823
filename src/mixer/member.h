/* member.h: what a mixer is made of. Private to src/mixer. */
#ifndef OFFHOOK_MIXER_MEMBER_H
#define OFFHOOK_MIXER_MEMBER_H

#include "audio/activity.h"
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
    unsigned next;   /* [Hz] the rate it shall have */
    struct fade dip; /* of all sound, around a change of the rate */
    int dipped;      /* where it was at the end of the last mixer_sum() */
    bool gated;
    bool distant;    /* others were added to the total */
    bool clipped;    /* `common` is of this tick */
    int32_t *total;  /* of the last mixer_sum() */
    int32_t *work;   /* one listener's sum while it is made */
    int16_t *scaled; /* one speaker's frame on its way in or out of it */
    int16_t *common; /* the total, as who is not in it hears it */
};

struct mixer_member {
    struct mixer *mixer;
    struct list node;
    struct list rules;    /* as listener */
    struct list heard_by; /* as speaker */
    struct fade voice;    /* closed by mute */
    struct fade ear;      /* closed by earmuff */
    struct fade gate;     /* closed by noise, in a gated mixer */
    struct activity activity;
    bool put;      /* a frame came for the coming sum */
    bool sound;    /* and it is no silence */
    bool summed;   /* own is part of the total */
    uint8_t apart; /* enum mixer_apart: how other parts hear it, */
    uint64_t who;  /* and as whom */
    int16_t *own;  /* as it was put, faded when summed */
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

/* gate.c: a frame (NULL: none came) on its way in; false: it is not to be heard. */
bool gate_pass(struct mixer_member *member, const int16_t *frame);

#endif
