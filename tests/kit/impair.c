/* impair.c: see impair.h. Gilbert's model of losses in runs: in the bad state all is lost; it
 * is left with probability 1/burst, and entered so often that `loss` comes true. */
#include "impair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE = 30 /* [ms] */ };

/* SplitMix64 (Steele, Lea and Flood, 2014): 0 … 1, 1 never. */
static double chance(struct impair *impair)
{
    uint64_t z = impair->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

void impair_start(struct impair *impair, const struct impair_conf *conf)
{
    *impair = (struct impair){.conf = *conf, .state = conf->seed};
}

static bool is_lost(struct impair *impair)
{
    const struct impair_conf *conf = &impair->conf;
    double leave, enter;

    if (conf->loss <= 0)
        return false;
    if (conf->burst <= 1 || conf->loss >= 1)
        return chance(impair) < conf->loss;
    leave = 1 / conf->burst;
    enter = leave * conf->loss / (1 - conf->loss);
    impair->bad = impair->bad ? chance(impair) >= leave : chance(impair) < enter;
    return impair->bad;
}

unsigned impair_packet(struct impair *impair, double now, double arrivals[2])
{
    const struct impair_conf *conf = &impair->conf;
    double at = now + conf->delay + conf->jitter * chance(impair);
    bool lost = is_lost(impair), held = chance(impair) < conf->reorder;
    bool twice = chance(impair) < conf->duplicate;

    impair->packets++;
    impair->lost += lost;
    if (at < impair->last)
        at = impair->last;
    if (lost)
        return 0;
    if (held)
        at += conf->late > 0 ? conf->late : LATE;
    else
        impair->last = at;
    arrivals[0] = arrivals[1] = at;
    return twice ? 2 : 1;
}

static double *field(struct impair_conf *conf, const char *name, size_t length)
{
    const struct {
        const char *name;
        double *at;
    } fields[] = {{"loss", &conf->loss},          {"burst", &conf->burst},
                  {"delay", &conf->delay},        {"jitter", &conf->jitter},
                  {"reorder", &conf->reorder},    {"late", &conf->late},
                  {"duplicate", &conf->duplicate}};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strlen(fields[i].name) == length && !strncmp(fields[i].name, name, length))
            return fields[i].at;
    return NULL;
}

static bool is_share(double value)
{
    return value >= 0 && value <= 1;
}

bool impair_parse(struct impair_conf *conf, const char *text)
{
    *conf = (struct impair_conf){.seed = 1};
    while (*(text += strspn(text, " "))) {
        const char *equals = strchr(text, '=');
        double *at, value;
        char *end;

        if (!equals)
            return false;
        at = field(conf, text, (size_t)(equals - text));
        value = strtod(equals + 1, &end);
        if (end == equals + 1 || (*end && *end != ' ') || !(value >= 0 && value <= 1e9))
            return false;
        if (at)
            *at = value;
        else if (equals - text == 4 && !strncmp(text, "seed", 4))
            conf->seed = (uint64_t)value;
        else
            return false;
        text = end;
    }
    return is_share(conf->loss) && is_share(conf->reorder) && is_share(conf->duplicate);
}
