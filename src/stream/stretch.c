/* stretch.c: what adapt.c owes is put in or cut out of what is queued, a period at a time, where
 * the sound is most like itself. */
#include "stream/playout_private.h"
#include "stream/scale.h"

enum {
    CHOOSY = 5,       /* [frames] only a very good place will do, */
    ALIKE = 85,       /* [%] which is this like the one a period on; */
    ALIKE_LATER = 50, /* [%] later */
    HASTY = 15        /* [frames] after which any will, or none */
};

/* Is this as good a place as may be had? */
static bool good_place(const struct playout *playout, struct scale scale)
{
    if (!scale.period)
        return false;
    if (scale.likeness < ALIKE && playout->patience <= CHOOSY)
        return false;
    return scale.likeness >= ALIKE_LATER || (playout->owe > 0 && playout->patience > HASTY);
}

static void done(struct playout *playout, size_t period)
{
    size_t frame = playout->rate / 50;

    playout->patience = 0;
    adapt_changed(playout);
    playout->adjusted += (unsigned)period;
    playout->counts->adjusted += playout->adjusted / frame;
    playout->adjusted %= (unsigned)frame;
    if (playout->owe > 0)
        playout->owe = playout->owe > (int32_t)period ? playout->owe - (int32_t)period : 0;
    else
        playout->owe += (int32_t)period;
    if (playout->owe < 0 && (size_t)-playout->owe < playout->rate / 400)
        playout->owe = 0;
}

/* Where no place is good for long, there is no hurry either. */
static void cut_out(struct playout *playout, size_t most)
{
    size_t frame = playout->rate / 50, queued = playout_queued(playout);
    int16_t *next = playout->samples + playout->head;
    struct scale scale;

    most = queued - frame < most ? queued - frame : most;
    scale = scale_look_drop(next, queued, playout->rate, most);
    if (good_place(playout, scale)) {
        scale_drop(next, queued, scale.period);
        playout->end -= scale.period;
        done(playout, scale.period);
    } else if (playout->patience > HASTY) {
        playout->owe = 0;
    }
}

/* Rather more than is owed than too little: then it was for nothing. */
static void put_in(struct playout *playout, size_t least)
{
    size_t queued = playout_queued(playout), free = playout->capacity - playout->end;
    int16_t *next = playout->samples + playout->head;
    struct scale scale = scale_look_insert(next, queued, playout->rate, least);

    if (!good_place(playout, scale) || scale.period > free)
        return;
    scale_insert(next, queued, scale.period);
    playout->end += scale.period;
    done(playout, scale.period);
}

void adapt_stretch(struct playout *playout)
{
    playout->patience++;
    if (playout->patience > CHOOSY && playout->patience % 2 == 0) /* half of the looks will do */
        return;
    if (playout->owe > 0)
        put_in(playout, (size_t)playout->owe);
    else
        cut_out(playout, (size_t)-playout->owe);
}
