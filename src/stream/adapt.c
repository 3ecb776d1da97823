/* adapt.c: how much is in hand. What a packet is ahead of the tick that needs it is its slack.
 * Packets late by more than nothing twice in five seconds ask for as much more delay; a least
 * slack that nobody needed for seconds is given back in whole ticks; one that shrinks steadily
 * towards nothing is a clock that runs slower than ours, and gets a tick more before it is late.
 * What is queued beyond that and never needed goes too.
 *
 * The margin that stays when a tick is given back is as large as packets came later than the mean
 * of late. What one packet alone took is given back after two windows; what is taken again soon
 * after, each time twice as long after. */
#include "audio/resample.h"
#include "stream/playout_private.h"

#include <string.h>

enum {
    WINDOW = 100,        /* [frames] */
    ABSURD = 1000000,    /* [us] of slack: a clock was set */
    PAUSE = 3,           /* [frames] of one, at least */
    FEW = 10,            /* packets in a window that tell nothing */
    HASTE = 50,          /* [frames] after which much in hand is looked at */
    DEEP = 80000,        /* [us] much */
    DEEP_LEFT = 40000,   /* [us] what stays of it */
    LEAST_MARGIN = 1000, /* [us] of slack that stays, of a network without jitter */
    MOST_MARGIN = 4000,  /* and with it: least slacks differ by less then */
    STEADY = 10000,      /* [us] slacks of a network without jitter differ by less */
    STRAY = 2,           /* windows without a late packet before the delay shrinks after one, */
    CALM = 5,            /* after more, */
    STUBBORN = 16,       /* after the delay shrank again and again in vain, */
    PEACE = 30,          /* and before nothing of them is remembered */
    WARIEST = 10000,     /* [us] more is no use */
    SETTLED = 25,        /* packets that tell how early they are */
    FALL = 1000,         /* [us] in all, of a clock that is slower, */
    SINKING = 20000,     /* [us] the spread that it counts as */
    EVIDENCE = 2,        /* ticks with late packets that make the ring deeper */
    LATE_SPAN = 250,     /* [frames] after which they are forgotten */
    LOSSES = 3,          /* in LOSS_SPAN that make waiting for the next packet worth it, */
    LOSS_SPAN = 250,     /* [frames] */
    LOSS_HOLD = 1500,    /* [frames] until it is given up when none is lost any more, */
    MUTE = 5             /* holes of which it told nothing until it never does */
};

static int32_t samples_of(const struct playout *playout, int32_t us)
{
    return us / 1000 * (int32_t)(playout->rate / 1000);
}

static void new_window(struct playout *playout)
{
    playout->watch =
        (struct playout_watch){.least = INT32_MAX, .most = INT32_MIN, .spare = INT32_MAX};
}

void adapt_begin(struct playout *playout)
{
    playout->owe = 0;
    playout->late = playout->trends = 0;
    playout->calm = PEACE;
    playout->wait = CALM;
    playout->known = false;
    new_window(playout);
}

/* [us] */
static int32_t margin_of(const struct playout *playout)
{
    int32_t spread = playout->spread;

    return spread < LEAST_MARGIN ? LEAST_MARGIN : spread > MOST_MARGIN ? MOST_MARGIN : spread;
}

/* Whole ticks, up for what is late, down for what is early. */
static int32_t floor_ticks(int32_t us)
{
    return us >= 0 ? us / TICK : -((-us + TICK - 1) / TICK);
}

int32_t adapt_note(struct playout *playout, uint32_t timestamp, uint32_t arrival)
{
    struct playout_watch *watch = &playout->watch;
    int32_t queued = (int32_t)(playout_queued(playout) * 1000 / (playout->rate / 1000));
    int32_t lead = playout_us(playout, (int32_t)(timestamp - playout->play)) + queued;
    uint32_t deadline = playout->now + (uint32_t)(TICK * (floor_ticks(lead) + 1));
    int32_t slack = (int32_t)(deadline - arrival);

    if (!playout->ticked || slack > ABSURD || slack < -ABSURD)
        return 0;
    if (!playout->decoded || playout->dry >= PAUSE) /* how long it will wait is not settled */
        return slack;
    watch->packets++;
    watch->least = slack < watch->least ? slack : watch->least;
    watch->most = slack > watch->most ? slack : watch->most;
    watch->sum += slack;
    if (playout->known && playout->mean - slack > playout->wary)
        playout->wary = playout->mean - slack < WARIEST ? playout->mean - slack : WARIEST;
    if (slack >= 0) {
        playout->lag = playout->lagged ? playout->lag + (slack - playout->lag) / 8 : slack;
        playout->lagged = true;
    }
    return slack;
}

void adapt_changed(struct playout *playout)
{
    playout->known = false;
    new_window(playout);
}

static void restless(struct playout *playout, unsigned wait)
{
    playout->wait = wait;
    playout->calm = playout->trends = 0;
    if (playout->owe < 0)
        playout->owe = 0;
    adapt_changed(playout);
}

bool adapt_absorbs(const struct playout *playout)
{
    return !playout->calm || playout->lag < TICK || playout->spread >= MOST_MARGIN;
}

void adapt_absorbed(struct playout *playout)
{
    bool again = playout->calm < PEACE;
    unsigned longer = playout->wait < STUBBORN / 2 ? 2 * playout->wait : STUBBORN;

    restless(playout, again ? longer : STRAY);
}

static void grow(struct playout *playout, int32_t late)
{
    int32_t more = (late + TICK - 1) / TICK * TICK;
    int32_t most = PLAYOUT_DEEPEST * 1000 - playout->lag;

    more = more < most ? more : most;
    if (more > 0 && samples_of(playout, more) > playout->owe)
        playout->owe = samples_of(playout, more);
    playout->late = 0;
}

/* A burst after a stall is one piece of evidence, however long it is; of two the lesser one says
 * how much is wanted. */
void adapt_late(struct playout *playout, int32_t slack)
{
    int32_t late = -slack;
    bool news = !playout->belated;

    playout->counts->late++;
    playout->belated = true;
    if (!news || late <= 0 || late > PLAYOUT_DEEPEST * 1000)
        return;
    restless(playout, playout->calm < PEACE && playout->wait > CALM ? playout->wait : CALM);
    if (!playout->late++) {
        playout->late_age = 0;
        playout->worst = late;
    } else {
        playout->second_worst = late < playout->worst ? late : playout->worst;
        playout->worst = late > playout->worst ? late : playout->worst;
    }
    if (playout->late >= EVIDENCE)
        grow(playout, playout->second_worst);
}

/* Opus: when packets get lost now and then, it pays to have the next one at hand. */
void adapt_lost(struct playout *playout)
{
    if (playout->format.codec != CODEC_OPUS || playout->mute >= MUTE)
        return;
    if (!playout->losses++)
        playout->loss_age = 0;
    if (playout->behind_one || playout->losses < LOSSES)
        return;
    playout->behind_one = true;
    playout->owe = (int32_t)playout->rate / 50;
    playout->trends = 0;
}

void adapt_told(struct playout *playout, bool told)
{
    playout->mute = told ? 0 : playout->mute + 1;
    if (playout->mute >= MUTE)
        playout->behind_one = false;
}

static void forget_losses(struct playout *playout)
{
    unsigned after = playout->behind_one ? LOSS_HOLD : LOSS_SPAN;

    if (++playout->loss_age < after)
        return;
    playout->behind_one = playout->behind_one && playout->losses;
    playout->losses = playout->loss_age = 0;
}

static void shrink(struct playout *playout, int32_t least, int32_t spare)
{
    playout->owe = -samples_of(playout, (least - margin_of(playout)) / TICK * TICK) - spare;
    playout->trends = 0;
    if (playout->calm < PEACE)
        playout->calm = 0;
}

static void push_trend(struct playout *playout, int32_t least)
{
    memmove(playout->trend + 1, playout->trend, (PLAYOUT_TRENDS - 1) * sizeof *playout->trend);
    playout->trend[0] = least;
    if (playout->trends < PLAYOUT_TRENDS)
        playout->trends++;
}

/* Will packets be late before long, if it goes on like this? */
static bool runs_out(const struct playout *playout)
{
    int32_t windows = (int32_t)playout->trends - 1, fall;

    if (windows < 2)
        return false;
    fall = playout->trend[windows] - playout->trend[0];
    return fall >= FALL && fall < 2 * STEADY && playout->trend[0] - 3 * fall / (2 * windows) < FALL;
}

/* What was never needed [us]: in the window that shows `now` as its least slack, and where packets
 * were late of late, in those before. */
static int32_t never_needed(const struct playout *playout, int32_t now)
{
    int32_t least = now;

    for (unsigned i = 0; i < playout->trends && playout->calm < PEACE; i++)
        least = playout->trend[i] < least ? playout->trend[i] : least;
    return least;
}

/* Seen at once when it grows, and forgotten slowly. */
static int32_t highest(int32_t now, int32_t before, int32_t share)
{
    before -= before / share;
    return now > before ? now : before;
}

static void learn(struct playout *playout, const struct playout_watch *watch)
{
    int32_t mean = watch->sum / (int32_t)watch->packets, spread = mean - watch->least;

    playout->spread = highest(spread, playout->spread, 2);
    playout->wary = highest(spread < WARIEST ? spread : WARIEST, playout->wary, 8);
    playout->mean = mean;
    playout->known = true;
}

/* Do the windows that are remembered tell what is never needed? */
static bool is_known(const struct playout *playout)
{
    return playout->trends >= (playout->wait < CALM ? playout->wait : CALM);
}

static void end_window(struct playout *playout)
{
    const struct playout_watch watch = playout->watch;
    bool quick;
    int32_t least;

    new_window(playout);
    if (watch.packets < FEW)
        return;
    learn(playout, &watch);
    quick = playout->calm >= PEACE && watch.most - watch.least < STEADY;
    if (playout->calm < PEACE)
        playout->calm++;
    push_trend(playout, watch.least);
    if (playout->owe)
        return;
    least = never_needed(playout, watch.least);
    least -= playout->behind_one ? TICK : 0;
    if (playout->calm >= playout->wait && (quick || is_known(playout)) &&
        least >= TICK + margin_of(playout)) {
        shrink(playout, least, watch.spare);
    } else if (runs_out(playout)) {
        playout->owe = (int32_t)(playout->rate / 50) - watch.spare;
        playout->trends = 0;
        playout->spread = SINKING; /* else it is given back at once */
    } else if (watch.spare >= (int32_t)playout->rate / 200) {
        playout->owe = -watch.spare;
    }
}

void adapt_tick(struct playout *playout)
{
    struct playout_watch *watch = &playout->watch;
    int32_t least;

    watch->age++;
    forget_losses(playout);
    if (playout->late && ++playout->late_age >= LATE_SPAN)
        playout->late = 0;
    least = never_needed(playout, watch->least);
    if (watch->age == HASTE && watch->packets >= FEW && least >= DEEP && !playout->owe &&
        playout->calm >= PEACE) {
        shrink(playout, least - DEEP_LEFT, 0);
        new_window(playout);
    } else if (watch->age >= WINDOW) {
        end_window(playout);
    }
}

bool playout_slack(const struct playout *playout, struct slack *slack)
{
    const struct playout_watch *watch = &playout->watch;
    int32_t packets = (int32_t)watch->packets;

    *slack = (struct slack){.any = playout->running};
    if (!playout->running)
        return true;
    if (playout->owe || (!playout->known && packets < SETTLED))
        return false;
    slack->mean = playout->known ? playout->mean : watch->sum / packets;
    slack->spread = playout->wary;
    if (!playout->known && slack->mean - watch->least > slack->spread)
        slack->spread = slack->mean - watch->least;
    slack->most =
        playout->calm + 1 < playout->wait ? ABSURD : TICK + margin_of(playout) + slack->spread;
    return true;
}

void playout_shift(struct playout *playout, int32_t by)
{
    struct playout_watch *watch = &playout->watch;

    playout->now += (uint32_t)by;
    playout->mean += by;
    playout->lag = playout->lag + by > 0 ? playout->lag + by : 0;
    for (unsigned i = 0; i < playout->trends; i++)
        playout->trend[i] += by;
    if (!watch->packets)
        return;
    watch->least += by;
    watch->most += by;
    watch->sum += by * (int32_t)watch->packets;
}
