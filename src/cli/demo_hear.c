/* demo_hear.c: what the demo's phones hear, measured and put into words. */
#include "cli/demo.h"
#include "cli/phone_tone.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW_MS = 200, PACKETS_AT_LEAST = 8, WORDS = 160, PATIENCE_MS = 3000 };

struct listening {
    struct demo_side *side;
    unsigned hz; /* wanted; 0: silence */
    struct phone_heard heard;
};

static int level(double amplitude)
{
    return (int)lrint(-phone_tone_level(amplitude)); /* below full scale */
}

static void describe(const struct phone_heard *heard, char out[WORDS])
{
    size_t at = 0;

    if (heard->packets == 0)
        snprintf(out, WORDS, "nothing, not even silence: no packets come");
    else if (heard->count == 0)
        snprintf(out, WORDS, "silence");
    for (unsigned i = 0; i < heard->count && i < 4 && at < WORDS - 40; i++)
        at += (size_t)snprintf(out + at, WORDS - at, "%s%u Hz at −%d dB", i ? " and " : "",
                               heard->tones[i].hz, level(heard->tones[i].amplitude));
}

/* The wanted tone as loud as it was sent, and no other. */
static bool as_wanted(void *arg)
{
    struct listening *listening = arg;
    struct phone_heard *heard = &listening->heard;

    phone_port_heard(line_port(listening->side->line), WINDOW_MS, heard);
    if (heard->packets < PACKETS_AT_LEAST)
        return false;
    if (listening->hz == 0)
        return heard->count == 0;
    return heard->count == 1 && heard->tones[0].hz == listening->hz &&
           level(heard->tones[0].amplitude) == level(DEMO_AMPLITUDE);
}

bool demo_hears(struct demo *demo, struct demo_side *side, unsigned hz, const char *why)
{
    struct listening listening = {.side = side, .hz = hz};
    bool ok = demo_wait(demo, as_wanted, &listening, PATIENCE_MS);
    char words[WORDS];

    describe(&listening.heard, words);
    if (ok)
        return demo_check(demo, true, side->name, "hears %s: %s", words, why);
    return demo_check(demo, false, side->name, "hears %s, though %s", words, why);
}

/* When the tone was heard last [ms after since]. */
static double last_heard(struct demo_side *side, unsigned tone, int64_t since)
{
    struct phone_packet *packets;
    size_t count;
    int64_t last = since;

    phone_port_traced(line_port(side->line), &packets, &count);
    for (size_t i = 0; i < count; i++) {
        const struct phone_packet *p = &packets[i];
        int16_t samples[PHONE_PAYLOAD];

        phone_tone_decode(p->payload_type, samples, p->payload, p->size);
        if (phone_tone_amplitude(samples, p->size, tone) > PHONE_AUDIBLE)
            last = p->arrived;
    }
    free(packets);
    return (double)(last - since) / 1e6;
}

bool demo_falls_silent(struct demo *demo, struct demo_side *side, unsigned tone, int64_t since,
                       const char *why)
{
    struct listening listening = {.side = side};
    bool ok = demo_wait(demo, as_wanted, &listening, PATIENCE_MS);
    double after = last_heard(side, tone, since);
    char words[WORDS], when[48] = "at once";

    describe(&listening.heard, words);
    if (!ok)
        return demo_check(demo, false, side->name, "hears %s, though %s", words, why);
    if (after > 0)
        snprintf(when, sizeof when, "within %.0f ms", ceil(after));
    return demo_check(demo, true, side->name, "hears %s %s: %s", words, when, why);
}
