/* quality.c: how the sound of a leg is: for who asks while it is up, and in sums when it ends. */
#include "leg/private.h"

#include <errno.h>
#include <stdlib.h>

struct leg_ask {
    struct leg_ask *next;
    struct leg *leg;
    media_stats_h *done;
    void *arg;
};

const double leg_mos_bounds[LEG_MOS - 1] = {1.5, 2, 2.5, 3, 3.5, 4, 4.3};
const double leg_loss_bounds[LEG_LOSS - 1] = {0, 0.1, 0.5, 1, 2, 5, 10, 20};
const double leg_jitter_bounds[LEG_JITTER - 1] = {1, 2, 5, 10, 20, 30, 50, 100};

static void answer(struct leg_ask *ask, const struct stream_stats *stats)
{
    struct leg_ask **at = &ask->leg->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    ask->done(stats, ask->arg);
    free(ask);
}

static void on_stats(const struct stream_stats *stats, void *arg)
{
    answer(arg, stats);
}

int leg_quality(struct leg *leg, media_stats_h *done, void *arg)
{
    struct leg_ask *ask;
    int err;

    if (!leg->port)
        return ENOTCONN;
    ask = malloc(sizeof *ask);
    if (!ask)
        return ENOMEM;
    *ask = (struct leg_ask){leg->asks, leg, done, arg};
    leg->asks = ask;
    err = media_port_stats(leg->port, on_stats, ask);
    if (err) {
        leg->asks = ask->next;
        free(ask);
    }
    return err;
}

static unsigned class_of(const double *bounds, unsigned classes, double value)
{
    unsigned class = 0;

    while (class < classes - 1 && value > bounds[class])
        class ++;
    return class;
}

static void sum_up(struct leg_sums *sums, const struct stream_stats *stats)
{
    double expected = (double)(stats->packets_in + stats->lost);
    double loss = expected > 0 ? 100 * (double)stats->lost / expected : 0;

    if (stats->mos <= 0)
        return;
    sums->mos[class_of(leg_mos_bounds, LEG_MOS, stats->mos)]++;
    sums->loss[class_of(leg_loss_bounds, LEG_LOSS, loss)]++;
    sums->jitter[class_of(leg_jitter_bounds, LEG_JITTER, stats->jitter_max)]++;
    sums->mos_sum += stats->mos;
    sums->loss_sum += loss;
    sums->jitter_sum += stats->jitter_max;
}

void quality_closed(struct leg *leg)
{
    while (leg->asks)
        answer(leg->asks, &leg->stats);
    sum_up(&leg->plane->sums, &leg->stats);
}
